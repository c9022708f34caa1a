"""Packs on offer: made, edited in versions, put in order, withdrawn. What was sold keeps its own version."""

import uuid
from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Max

from kit.database import read
from kit.positions import move_by_one
from tenants.offers import session_types
from tenants.offers.addresses import with_own_address
from tenants.offers.models import Practice
from tenants.offers.practice import practice as the_practice
from tenants.offers.prices import refuse_uncollectable
from tenants.packs.instalments import refuse_instalments
from tenants.packs.models import Pack, PackOffer, PackStatus, Unpaid
from tenants.packs.terms import rule_sentences

SOLD = (
    "name",
    "description",
    "units",
    "price_minor",
    "valid_months",
    "covers",
    "transfer",
    "cancel_window_hours",
    "refund_rule",
    "unpaid",
    "unpaid_units",
    "instalments",
    "tax_bp",
    "requires",
)
"""What a buyer agrees to: a change of any of it makes another version."""

# Written out, for every visitor asks it. A pack that nothing can be booked with is not on offer.
ON_OFFER = """
    SELECT o.* FROM packs_packoffer o
    WHERE o.is_current AND o.is_active AND (%(slug)s = '' OR o.slug = %(slug)s)
      AND EXISTS (SELECT FROM offers_sessiontype t WHERE t.is_active AND jsonb_exists(o.covers, t.id::text))
    ORDER BY o.position, o.created_at"""


class NothingCovered(ValueError):
    """A pack that is not enough for one session of any type. Its message is for the coach."""


class TooManyUnpaid(ValueError):
    """More may be booked before paying than the pack has, or none of "a few". For the coach to read."""


class OfferChanged(Exception):
    """Somebody saved another version in the meantime; `current` is that one."""

    def __init__(self, current: PackOffer) -> None:
        super().__init__("This pack was changed in the meantime.")
        self.current = current


def offer(*, now: datetime, **fields: Any) -> PackOffer:
    """Use case: a new pack at the end of the list, with an address of its own.

    Raises PriceTooSmall, NothingCovered, TooManyUnpaid.
    """
    currency = the_practice().currency
    refuse_terms(currency, **fields)
    return with_own_address(
        fields["name"],
        otherwise="pack",
        create=lambda slug: _create(slug=slug, currency=currency, now=now, **fields),
    )


def _create(*, slug: str, currency: str, now: datetime, **fields: Any) -> PackOffer:
    with transaction.atomic(durable=True):
        last = PackOffer.objects.aggregate(last=Max("position"))["last"] or 0
        return PackOffer.objects.create(
            line=uuid.uuid4(), slug=slug, currency=currency, position=last + 1, created_at=now, **fields
        )


def refuse_terms(currency: str, **fields: Any) -> None:
    """Raise for terms that cannot be kept: PriceTooSmall, NothingCovered, TooManyUnpaid."""
    refuse_uncollectable(fields["price_minor"], currency, may_be_free=False)
    refuse_instalments(currency, price_minor=fields["price_minor"], instalments=fields.get("instalments", 1))
    covers, units = fields["covers"], fields["units"]
    if not covers:
        raise NothingCovered("Choose at least one session type that this pack is good for.")
    if not all(0 < takes <= units for takes in covers.values()):
        raise NothingCovered(f"One session can take 1 to {units} of the pack, which has {units}.")
    if fields.get("unpaid") == Unpaid.SOME and not 0 < fields.get("unpaid_units", 0) <= units:
        raise TooManyUnpaid(f"Say how many may be booked before it is paid: 1 to {units}.")


def edit(*, line: uuid.UUID, now: datetime, seen_version: int | None = None, **fields: Any) -> PackOffer:
    """Use case: other terms for those who buy from now on, as a new version. The current one, afterwards.

    Nothing is written where nothing differs. Raises OfferChanged when `seen_version`, which the coach was
    looking at, is not the current one any more, and what `offer` raises.
    """
    with transaction.atomic(durable=True):
        current = _locked(line)
        if seen_version not in (None, current.version):
            raise OfferChanged(current)
        terms = {name: getattr(current, name) for name in SOLD}
        if {**terms, **fields} == terms:
            return current
        refuse_terms(current.currency, **{**terms, **fields})
        return _supersede(current, {**terms, **fields}, now)


def _supersede(current: PackOffer, terms: dict[str, Any], now: datetime) -> PackOffer:
    # The old version goes first: only one may be current at an address, and that is looked at row by row.
    PackOffer.objects.filter(pk=current.pk).update(is_current=False)
    return PackOffer.objects.create(
        line=current.line,
        version=current.version + 1,
        slug=current.slug,
        currency=current.currency,
        position=current.position,
        is_active=current.is_active,
        created_at=now,
        **terms,
    )


def _locked(line: uuid.UUID) -> PackOffer:
    """The current version, which nobody else can supersede now: the first one stands for all of a line."""
    PackOffer.objects.select_for_update(no_key=True).get(line=line, version=1)
    return PackOffer.objects.get(line=line, is_current=True)


def show(*, line: uuid.UUID) -> None:
    """Use case: on the coach's page, again."""
    _switch(line, on=True)


def withdraw(*, line: uuid.UUID) -> None:
    """Use case: off the coach's page. What was sold stays good."""
    _switch(line, on=False)


def _switch(line: uuid.UUID, *, on: bool) -> None:
    with transaction.atomic(durable=True):
        PackOffer.objects.filter(pk=_locked(line).pk).update(is_active=on)


def reorder(*, line: uuid.UUID, up: bool) -> None:
    """Use case: one place up or down on the coach's page."""
    with transaction.atomic(durable=True):
        list(PackOffer.objects.select_for_update(no_key=True).filter(version=1).order_by("pk").values("pk"))
        rows = all_offers()
        move_by_one(rows=rows, chosen=lambda row: row.line == line, up=up)


def on_offer() -> list[PackOffer]:
    """What clients can buy: current, on the page, good for a session type that is; in the coach's order."""
    return [row for (row,) in read(ON_OFFER, {"slug": ""}, PackOffer)]


def offered(slug: str) -> PackOffer | None:
    """What clients can buy at an address; None when it is not on offer."""
    return next((row for (row,) in read(ON_OFFER, {"slug": slug}, PackOffer) if slug), None)


def all_offers() -> list[PackOffer]:
    """Every pack's current version: first those on the page, in their order."""
    return list(PackOffer.objects.filter(is_current=True).order_by("-is_active", "position", "created_at"))


def sold_by_version() -> dict[uuid.UUID, dict[int, int]]:
    """How many were sold of each line and version. One that was passed on was sold once."""
    rows = (
        Pack.objects.filter(status=PackStatus.ACTIVE, origin=None)
        .values_list("offer__line", "offer__version")
        .annotate(count=Count("pk"))
    )
    counts: dict[uuid.UUID, dict[int, int]] = defaultdict(dict)
    for line, version, count in rows:
        counts[line][version] = count
    return counts


def terms_of(offer: PackOffer, *, practice: Practice, now: datetime) -> list[str]:
    """A pack's rules as somebody reads them who buys it now. Shown before the purchase, kept with it."""
    return rule_sentences(offer, types=session_types.on_offer(), practice=practice, now=now)
