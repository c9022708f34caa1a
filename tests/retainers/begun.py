"""Retainers as they are once somebody has begun one, without a card: by the steps that a payment leads to."""

import uuid
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from kit.actors import Actor
from kit.ids import uuid7
from tenants.clients.records import find_or_add
from tenants.retainers import fulfilment, ledger, schedule, spending, subscribing
from tenants.retainers.models import Retainer, RetainerEntry, RetainerPeriod, RetainerPlan

LESSON, DOUBLE = uuid.UUID(int=1), uuid.UUID(int=2)
COACH, CLIENT = Actor("coach", "7", "Anna"), Actor("client", "c")


def at(text: str) -> datetime:
    """A moment in UTC: "2026-05-01T10:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def plan(**fields: Any) -> RetainerPlan:
    """Four lessons a month for 200.00, nothing rolls over; a double lesson takes two."""
    usual: dict[str, Any] = {
        "name": "Monthly coaching",
        "slug": uuid7().hex,
        "price_minor": 20000,
        "currency": "eur",
        "included": 4,
        "covers": {str(LESSON): 1, str(DOUBLE): 2},
    }
    return RetainerPlan.objects.create(**{**usual, **fields})


def ordered(
    *, now: datetime, email: str = "cleo@example.com", **terms: Any
) -> tuple[Retainer, RetainerPeriod]:
    """A retainer that waits for its first payment."""
    with transaction.atomic():
        client = find_or_add(name="Cleo", email=email, phone="", timezone="", now=now)
        retainer = subscribing.order(plan=plan(**terms), client=client, payer=client, accepted={}, now=now)
        return retainer, subscribing.first_period(retainer, now=now)


def begun(*, now: datetime, **terms: Any) -> Retainer:
    """A retainer whose first period was paid at that moment."""
    retainer, period = ordered(now=now, **terms)
    paid(period, now=now)
    return reread(retainer)


def paid(period: RetainerPeriod, *, now: datetime) -> None:
    """As if the coach had the money in hand."""
    with transaction.atomic():
        fulfilment.settled(reference=period.pk, now=now, actor=COACH)


def turned(retainer: Retainer, *, now: datetime) -> datetime | None:
    """The wakeup comes."""
    return schedule.turn(reference=retainer.pk, now=now)


def renewed(retainer: Retainer, *, now: datetime) -> RetainerPeriod:
    """The wakeup opens the next period, and it is paid at once."""
    turned(retainer, now=now)
    period = periods(retainer)[-1]
    paid(period, now=now)
    return RetainerPeriod.objects.get(pk=period.pk)


def spend(
    retainer: Retainer,
    *,
    now: datetime,
    starts_at: datetime | None = None,
    booking_id: uuid.UUID | None = None,
    kind: uuid.UUID = LESSON,
    client_id: uuid.UUID | None = None,
) -> RetainerEntry:
    """A booking of the retainer's client, confirmed with it."""
    starts_at = starts_at or now
    with transaction.atomic():
        return spending.spend(
            retainer_id=retainer.pk,
            booking_id=booking_id or uuid7(),
            client_id=client_id or retainer.client_id,
            session_type_id=kind,
            starts_at=starts_at,
            wall_start=f"{starts_at:%Y-%m-%dT%H:%M}",
            now=now,
            actor=CLIENT,
        )


def give_back(
    booking_id: uuid.UUID | None, *, now: datetime, cause: str = "client", **data: Any
) -> RetainerEntry | None:
    assert booking_id is not None
    with transaction.atomic():
        return spending.give_back(
            booking_id=booking_id, cause=cause, rule=cause, now=now, actor=CLIENT, data=data
        )


def periods(retainer: Retainer) -> list[RetainerPeriod]:
    return list(retainer.periods.order_by("number"))


def books(period: RetainerPeriod) -> list[tuple[str, int]]:
    """A period's entries, in order."""
    return list(period.entries.order_by("number").values_list("kind", "units"))


def left(period: RetainerPeriod) -> int:
    return ledger.left_of(period.pk)


def reread(retainer: Retainer) -> Retainer:
    return Retainer.objects.select_related("plan", "client", "payer").get(pk=retainer.pk)
