"""Packs as they are once somebody has bought one."""

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction

from kit import clock
from kit.actors import Actor
from kit.ids import uuid7
from tenants.clients.records import find_or_add
from tenants.packs import expiry, ledger, spending
from tenants.packs.models import Pack, PackEntry, PackOffer, PackStatus, UnitKind

LESSON, DOUBLE = uuid.UUID(int=1), uuid.UUID(int=2)
COACH, CLIENT = Actor("coach", "7", "Anna"), Actor("client", "c")


def offer(**fields: Any) -> PackOffer:
    """Ten lessons for 450.00, valid for six months; a double lesson takes two."""
    usual: dict[str, Any] = {
        "line": uuid7(),
        "name": "Ten lessons",
        "slug": uuid7().hex,
        "units": 10,
        "price_minor": 45000,
        "currency": "eur",
        "valid_months": 6,
        "covers": {str(LESSON): 1, str(DOUBLE): 2},
        "transfer": "anyone",
    }
    return PackOffer.objects.create(**{**usual, **fields})


def bought(
    *,
    at: datetime | None = None,
    email: str = "cleo@example.com",
    paid: bool = True,
    of: PackOffer | None = None,
    **terms: Any,
) -> Pack:
    """A pack whose units are there; `terms` are those of its offer."""
    at = at or clock.now()
    with transaction.atomic():
        version = of or offer(**terms)
        client = find_or_add(name="Cleo", email=email, phone="", timezone="", now=at)
        pack = Pack.objects.create(
            offer=version,
            client=client,
            buyer=client,
            status=PackStatus.ACTIVE,
            units=version.units,
            price_minor=version.price_minor,
            currency=version.currency,
            paid_at=at if paid else None,
            bought_at=at,
        )
        expiry.start(pack=pack, now=at)
        ledger.enter(
            pack=pack,
            kind=UnitKind.BOUGHT,
            units=version.units,
            cause="bought",
            rule="sale",
            actor=CLIENT,
            reference=str(pack.pk),
            now=at,
        )
    return pack


def spend(
    pack: Pack,
    *,
    booking_id: uuid.UUID | None = None,
    at: datetime | None = None,
    starts_at: datetime | None = None,
    kind: uuid.UUID = LESSON,
    client_id: uuid.UUID | None = None,
) -> PackEntry:
    """A booking of the pack's client, confirmed with a unit."""
    at = at or clock.now()
    starts_at = starts_at or at
    with transaction.atomic():
        return spending.spend(
            pack_id=pack.pk,
            booking_id=booking_id or uuid7(),
            client_id=client_id or pack.client_id,
            session_type_id=kind,
            starts_at=starts_at,
            wall_start=f"{starts_at:%Y-%m-%dT%H:%M}",
            now=at,
            actor=CLIENT,
        )


def give_back(
    booking_id: uuid.UUID | None, *, cause: str = "client", at: datetime | None = None, **data: Any
) -> PackEntry | None:
    assert booking_id is not None
    with transaction.atomic():
        return spending.give_back(
            booking_id=booking_id, cause=cause, rule=cause, now=at or clock.now(), actor=CLIENT, data=data
        )


def kinds(pack: Pack) -> list[tuple[str, int]]:
    """The pack's books, in order."""
    return list(pack.entries.order_by("number").values_list("kind", "units"))


def reread(pack: Pack) -> Pack:
    return Pack.objects.select_related("offer").get(pk=pack.pk)
