"""The coach's clients: who they are, how they are reached, and who pays for whom."""

import uuid
from typing import Any

from django.db.models import Prefetch, QuerySet
from rest_framework import serializers

from api.core import pages
from api.core.declaring import Call, reads, writes
from api.core.fields import Named, PageAsked, Shown, Taken
from api.core.problems import Problem, kind
from api.core.resources import Resource
from api.v1.booking_shapes import NewClient
from api.v1.rows import one_of
from tenants.clients.models import Client, Relation
from tenants.people import record

ADDRESS_TAKEN = kind("address-taken", 409, "Another client has this e-mail address.")
EXAMPLE = {
    "object": "client",
    "id": "019b8c00-3000-7000-8000-000000000001",
    "name": "Cleo Client",
    "email": "cleo@example.com",
    "phone": "+49 30 1234567",
    "timezone": "Europe/Berlin",
    "is_company": False,
    "pays_for": [],
    "paid_by": ["019b8c00-3000-7000-8000-000000000002"],
    "is_archived": False,
    "created_at": "2026-11-20T12:00:00Z",
}


class ClientShown(Shown):
    object = Named("client")
    id = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.CharField(help_text="Empty where somebody else reads their mail.")
    phone = serializers.CharField()
    timezone = serializers.CharField(help_text="As Europe/Berlin; empty where it is not known.")
    is_company = serializers.BooleanField()
    pays_for = serializers.SerializerMethodField(help_text="Ids of clients for whom this one pays.")
    paid_by = serializers.SerializerMethodField(help_text="Ids of clients who pay for this one.")
    is_archived = serializers.SerializerMethodField(help_text="Out of the coach's lists.")
    created_at = serializers.DateTimeField()

    def get_pays_for(self, row: Any) -> list[uuid.UUID]:
        return sorted(each.beneficiary_id for each in row.now_pays_for)

    def get_paid_by(self, row: Any) -> list[uuid.UUID]:
        return sorted(each.payer_id for each in row.now_paid_by)

    def get_is_archived(self, row: Client) -> bool:
        return row.archived_at is not None


class ChangedClient(NewClient):
    name = serializers.CharField(max_length=120, required=False)
    email = serializers.EmailField(max_length=254, required=False)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    timezone = serializers.CharField(
        max_length=64, required=False, allow_blank=True, help_text="As Europe/Berlin."
    )
    ends_links = serializers.BooleanField(
        default=True,
        help_text="With another e-mail address, what was sent to the old one opens nothing any more.",
    )


class ClientsAsked(PageAsked):
    email = serializers.CharField(max_length=254, required=False, help_text="Only who has this address.")


class Archived(Taken):
    is_archived = serializers.BooleanField()


def everybody() -> QuerySet[Client]:
    """Whose data were not erased, with who pays for whom."""
    now = Relation.objects.filter(ended_at=None)
    return Client.objects.filter(erased_at=None).prefetch_related(
        Prefetch("pays_for", queryset=now, to_attr="now_pays_for"),
        Prefetch("paid_by", queryset=now, to_attr="now_paid_by"),
    )


class OfClients(Resource):
    group = "Clients"
    named = "client_id"

    def found(self, subject_id: uuid.UUID) -> Client:
        return one_of(everybody(), subject_id)

    def lock(self, subject_id: uuid.UUID) -> None:
        one_of(Client.objects.select_for_update(no_key=True).filter(erased_at=None), subject_id)


class Clients(OfClients):
    @reads(
        "clients:read",
        asks=ClientsAsked,
        gives=ClientShown,
        page=True,
        summary="List clients",
        description="The newest first. Who asked to be erased is not among them.",
        answer=EXAMPLE,
    )
    def get(self, call: Call) -> dict[str, Any]:
        rows = everybody()
        if "email" in call.said:
            rows = rows.filter(email__iexact=call.said["email"])
        return pages.page_of(rows, call.page)

    @writes(
        "clients:write",
        takes=NewClient,
        gives=ClientShown,
        status=201,
        problems=(ADDRESS_TAKEN,),
        summary="Add a client",
        description="Somebody who has not booked yet. Nobody is mailed. Who books is added by that.",
        example={"name": "Cleo Client", "email": "cleo@example.com"},
        answer={**EXAMPLE, "paid_by": []},
    )
    def post(self, call: Call) -> Client:
        try:
            client = record.add(**call.said, now=call.now, actor=call.actor)
        except record.AddressTaken as refusal:
            raise _taken(refusal, "Nobody was added") from refusal
        return self.found(client.pk)


class OneClient(OfClients):
    @reads("clients:read", gives=ClientShown, summary="Get a client", answer=EXAMPLE)
    def get(self, call: Call, client_id: uuid.UUID) -> Client:
        return self.found(client_id)

    @writes(
        "clients:write",
        takes=ChangedClient,
        gives=ClientShown,
        needs_match=True,
        problems=(ADDRESS_TAKEN,),
        summary="Change a client",
        description="What is not said stays as it is. Papers that were issued keep the old details.",
        example={"phone": "+49 30 7654321"},
        answer={**EXAMPLE, "phone": "+49 30 7654321"},
    )
    def patch(self, call: Call, client_id: uuid.UUID) -> Client:
        row = self.found(client_id)
        kept = {name: getattr(row, name) for name in ("name", "email", "phone", "timezone")}
        try:
            record.edit(client_id=client_id, **{**kept, **call.said}, now=call.now, actor=call.actor)
        except record.AddressTaken as refusal:
            raise _taken(refusal, "Nothing was changed") from refusal
        return self.found(client_id)


class ClientArchive(OfClients):
    @writes(
        "clients:write",
        takes=Archived,
        gives=ClientShown,
        needs_match=True,
        is_repeatable=True,
        summary="Archive a client",
        description="Out of the coach's lists, or in them again. Nothing else changes.",
        example={"is_archived": True},
        answer={**EXAMPLE, "is_archived": True},
    )
    def put(self, call: Call, client_id: uuid.UUID) -> Client:
        self.found(client_id)
        change = record.archive if call.said["is_archived"] else record.unarchive
        change(client_id=client_id, now=call.now, actor=call.actor)
        return self.found(client_id)


def _taken(refusal: record.AddressTaken, nothing: str) -> Problem:
    return Problem(
        ADDRESS_TAKEN,
        f"Another client has this e-mail address. {nothing}: `client_id` names who has it.",
        client_id=str(refusal.client.pk),
    )
