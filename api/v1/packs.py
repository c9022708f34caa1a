"""Packs that were sold: what is left of each, and why, in the sentences that everybody reads."""

import uuid
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.core import pages, problems
from api.core.declaring import Call, reads, writes
from api.core.fields import Amount, Named, PageAsked, Shown, Taken
from api.core.problems import Problem, kind
from api.core.resources import Resource
from api.v1.rows import one_of
from tenants.clients.models import Client
from tenants.offers.practice import practice
from tenants.packs import ledger, links, removals, selling
from tenants.packs.models import Pack, PackOffer, PackStatus
from tenants.packs.statements import Statement, statements_of

CANNOT_CORRECT = kind("cannot-correct", 409, "This balance cannot be corrected so.")

BALANCE = {
    "left": 7,
    "of": 10,
    "headline": "Balance: 7 of 10 sessions.",
    "bought": "Cleo Client bought 10-session pack on 3 November (paid €405.00 by card).",
    "lines": [{"units": -3, "text": "used: 6, 13 and 20 November"}],
    "sum_line": "10 − 3 = 7.",
    "until": "Valid until 3 May 2027.",
}
EXAMPLE = {
    "object": "pack",
    "id": "019b8c00-5000-7000-8000-000000000001",
    "pack_offer_id": "019b8c00-4000-7000-8000-000000000001",
    "client_id": "019b8c00-3000-7000-8000-000000000001",
    "buyer_id": "019b8c00-3000-7000-8000-000000000001",
    "name": "10-session pack",
    "units": 10,
    "price": {"amount_minor": 40500, "currency": "eur"},
    "is_paid": True,
    "is_frozen": False,
    "balance": BALANCE,
    "page_url": "https://anna.example.com/p/AZuM…/",
    "bought_at": "2026-11-03T12:00:00Z",
    "expires_at": "2027-05-03T22:00:00Z",
}
ENTRIES = {
    "object": "pack_entries",
    "pack_id": EXAMPLE["id"],
    "balance": BALANCE,
    "entries": [
        {
            "at": "2026-11-03T12:00:00Z",
            "sentence": "bought on 3 November",
            "units": 10,
            "balance_after": 10,
        }
    ],
}


class PackBalanceLineShown(Shown):
    units = serializers.IntegerField()
    text = serializers.CharField()


class PackBalanceShown(Shown):
    """Sentences as pages and mails have them; without amounts or names where the scopes lack them."""

    left = serializers.IntegerField()
    of = serializers.IntegerField(help_text="What the pack began with: with the lines' units it is `left`.")
    headline = serializers.CharField()
    bought = serializers.CharField()
    lines = PackBalanceLineShown(many=True, help_text="One per cause.")
    sum_line = serializers.CharField(allow_blank=True)
    until = serializers.CharField()


class PackShown(Shown):
    object = Named("pack")
    id = serializers.UUIDField()
    pack_offer_id = serializers.UUIDField(source="offer_id", help_text="The version that was bought.")
    client_id = serializers.UUIDField(help_text="Who uses it.")
    buyer_id = serializers.UUIDField(help_text="Who pays, or paid.")
    name = serializers.CharField(source="offer.name")
    units = serializers.IntegerField()
    price = Amount("price_minor")
    is_paid = serializers.SerializerMethodField()
    is_frozen = serializers.SerializerMethodField(help_text="Nothing can be booked with it for now.")
    balance = serializers.SerializerMethodField()
    page_url = serializers.SerializerMethodField(help_text="The client's own page of this pack.")
    bought_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True, help_text="The first moment after its last day.")

    def get_is_paid(self, row: Pack) -> bool:
        return row.paid_at is not None

    def get_is_frozen(self, row: Pack) -> bool:
        return row.frozen_at is not None

    @extend_schema_field(PackBalanceShown())
    def get_balance(self, row: Pack) -> Any:
        told = getattr(row, "told", None) or told_of([row], self.context["call"])[0]
        return PackBalanceShown(told.balance, context=self.context).data

    @extend_schema_field({"type": "string", "format": "uri"})
    def get_page_url(self, row: Pack) -> str:
        return links.address_of(row)


class PackEntryShown(Shown):
    at = serializers.DateTimeField()
    sentence = serializers.CharField()
    units = serializers.IntegerField()
    balance_after = serializers.IntegerField()


class PackEntriesShown(Shown):
    object = Named("pack_entries")
    pack_id = serializers.UUIDField()
    balance = PackBalanceShown()
    entries = PackEntryShown(many=True, help_text="Every change, the oldest first.")


class PacksAsked(PageAsked):
    client_id = serializers.UUIDField(required=False, help_text="Only those that this client uses.")


class NewPack(Taken):
    pack_offer_id = serializers.UUIDField()
    client_id = serializers.UUIDField()


class NewPackCorrection(Taken):
    units = serializers.IntegerField(min_value=-500, max_value=500, help_text="More, or below 0 fewer.")
    note = serializers.CharField(max_length=300, help_text="Why; the client reads it.")

    def validate_units(self, units: int) -> int:
        if not units:
            raise serializers.ValidationError("Say how many more, or how many fewer.")
        return units


def told_of(packs: list[Pack], call: Call) -> list[Statement]:
    """As the coach reads them, as far as the scopes go."""
    here = practice()
    return statements_of(
        packs=packs,
        tz=here.timezone,
        now=call.now,
        locale=here.locale,
        reader="coach",
        shows_money=call.shows_money,
        shows_names="clients:read" in call.caller.scopes,
    )


def sold() -> QuerySet[Pack]:
    """What somebody has: an order that was not paid is none."""
    return Pack.objects.filter(status=PackStatus.ACTIVE).select_related("offer", "client", "buyer")


class OfPacks(Resource):
    group = "Packs"
    named = "pack_id"

    def found(self, subject_id: uuid.UUID) -> Pack:
        return one_of(sold(), subject_id)

    def lock(self, subject_id: uuid.UUID) -> None:
        one_of(Pack.objects.select_for_update().filter(status=PackStatus.ACTIVE), subject_id)


class Packs(OfPacks):
    @reads(
        "packs:read",
        asks=PacksAsked,
        gives=PackShown,
        page=True,
        summary="List packs",
        description="Those that were sold, the newest first, each with its balance and the reasons for it.",
        answer=EXAMPLE,
    )
    def get(self, call: Call) -> dict[str, Any]:
        rows = sold()
        if "client_id" in call.said:
            rows = rows.filter(client_id=call.said["client_id"])
        page = pages.page_of(rows, call.page, by="bought_at")
        for row, told in zip(page["data"], told_of(page["data"], call), strict=True):
            row.told = told
        return page

    @writes(
        "packs:write",
        takes=NewPack,
        gives=PackShown,
        status=201,
        summary="Sell a pack",
        description="The client has it at once and pays later, at `page_url`; what can be booked before that "
        "is in the pack's terms. Nobody is mailed.",
        example={"pack_offer_id": EXAMPLE["pack_offer_id"], "client_id": EXAMPLE["client_id"]},
        answer={**EXAMPLE, "is_paid": False},
    )
    def post(self, call: Call) -> Pack:
        offer_id, client_id = call.said["pack_offer_id"], call.said["client_id"]
        errors = {}
        if not PackOffer.objects.filter(pk=offer_id, is_current=True).exists():
            errors["pack_offer_id"] = ["No such version is on offer now: list them again."]
        if not Client.objects.filter(pk=client_id, erased_at=None).exists():
            errors["client_id"] = ["There is no such client."]
        if errors:
            raise Problem(problems.INVALID, "Nothing was sold: `errors` says why.", errors=errors)
        pack = selling.sell(offer_id=offer_id, client_id=client_id, now=call.now, actor=call.actor)
        return self.found(pack.pk)


class OnePack(OfPacks):
    @reads("packs:read", gives=PackShown, summary="Get a pack", answer=EXAMPLE)
    def get(self, call: Call, pack_id: uuid.UUID) -> Pack:
        return self.found(pack_id)


class PackEntries(OfPacks):
    @reads(
        "packs:read",
        gives=PackEntriesShown,
        summary="Get every change of a pack",
        description="The whole ledger, a sentence for each entry.",
        answer=ENTRIES,
    )
    def get(self, call: Call, pack_id: uuid.UUID) -> dict[str, Any]:
        [told] = told_of([self.found(pack_id)], call)
        return {"pack_id": pack_id, "balance": told.balance, "entries": told.rows}


class PackCorrections(OfPacks):
    @writes(
        "packs:write",
        takes=NewPackCorrection,
        gives=PackShown,
        needs_match=True,
        problems=(CANNOT_CORRECT,),
        summary="Correct a balance",
        description="Another entry with the reason. What is in the ledger stays as it was.",
        example={"units": -1, "note": "A session in October was not written down."},
        answer=EXAMPLE,
    )
    def post(self, call: Call, pack_id: uuid.UUID) -> Pack:
        self.found(pack_id)
        try:
            removals.correct(pack_id=pack_id, **call.said, now=call.now, actor=call.actor)
        except removals.CannotCorrect as refusal:
            raise Problem(CANNOT_CORRECT, str(refusal)) from refusal
        except ledger.NotEnoughUnits as refusal:
            raise Problem(
                CANNOT_CORRECT, "Fewer are left than are to go. Nothing was changed: read it again."
            ) from refusal
        return self.found(pack_id)
