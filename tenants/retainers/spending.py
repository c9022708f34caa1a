"""Sessions that a retainer pays for: which may, spending one, and giving it back."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.db.models.functions import Coalesce

from kit import ledgers
from kit.actors import Actor
from tenants.billing.models import Charge
from tenants.offers.vocabulary import called
from tenants.retainers import ledger, refunded_units, rollover
from tenants.retainers.models import (
    PeriodStatus,
    Retainer,
    RetainerEntry,
    RetainerEntryKind,
    RetainerPeriod,
    RetainerStatus,
)
from tenants.retainers.periods import Span
from tenants.retainers.refusals import Refusal, refusal

PURPOSE = "retainer"


class CannotSpend(Exception):
    """The retainer does not pay, and nothing was taken from it. `reason` is a sentence: a Refusal."""

    def __init__(self, reason: str) -> None:
        super().__init__(called.said(reason))
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Usable:
    """A retainer that may pay for a session: what is `left` of its period (None: no end), what it `takes`."""

    retainer: Retainer
    period: RetainerPeriod
    left: int | None
    takes: int

    @property
    def leaves(self) -> int | None:
        return None if self.left is None else self.left - self.takes


def usable(
    *, client_id: uuid.UUID, session_type_id: uuid.UUID, starts_at: datetime, now: datetime
) -> list[Usable]:
    """The client's retainers that may pay for this session, the one whose period ends first before others."""
    found = periods_of(client_id)
    return usable_among(found, session_type_id=session_type_id, starts_at=starts_at)


def periods_of(client_id: uuid.UUID) -> list[Any]:
    """Paid periods of the client's active retainers with what is left, those that end first before others."""
    periods = _with_sums(
        RetainerPeriod.objects.filter(
            retainer__client=client_id,
            retainer__status=RetainerStatus.ACTIVE,
            status=PeriodStatus.PAID,
        )
    )
    return list(periods.order_by("ends_at", "retainer__started_at", "pk"))


def usable_among(periods: Iterable[Any], *, session_type_id: uuid.UUID, starts_at: datetime) -> list[Usable]:
    """Those of `periods_of` that may pay for this session, in their order."""
    offered = ((each, each.retainer.covers.get(str(session_type_id))) for each in periods)
    return [
        Usable(each.retainer, each, None if each.included is None else each.left, takes)
        for each, takes in offered
        if takes and refusal(each.retainer, each, takes, each.left, starts_at, disputed=each.disputed) is None
    ]


def _with_sums(periods: QuerySet[RetainerPeriod]) -> QuerySet[Any]:
    return periods.select_related("retainer", "retainer__plan").annotate(
        left=Coalesce(Sum("entries__units"), 0), disputed=_disputed()
    )


def _disputed() -> Exists:
    disputed = Charge.objects.filter(purpose=PURPOSE, reference=OuterRef("pk"), disputed_at__isnull=False)
    return Exists(disputed)


def spend(
    *,
    retainer_id: uuid.UUID,
    booking_id: uuid.UUID,
    client_id: uuid.UUID,
    session_type_id: uuid.UUID,
    starts_at: datetime,
    wall_start: str,
    now: datetime,
    actor: Actor,
) -> RetainerEntry:
    """Step of a confirmation: take what one booking of this type takes, from the period in which it begins.

    The booking must be locked. Asked for twice it is taken once. Raises CannotSpend.
    """
    retainer = ledger.locked(retainer_id)
    if paid := ledgers.last_spend(RetainerEntry, booking_id, "period"):
        if paid.period.retainer_id != retainer_id:
            raise CannotSpend(Refusal.PAID_ALREADY)
        return paid
    rollover.close(retainer=retainer, now=now)
    period, takes = _takes(retainer, client_id, session_type_id, starts_at)
    entry = ledger.enter(
        period=period,
        kind=RetainerEntryKind.SPENT,
        units=-takes,
        cause="booking",
        rule=f"units:{takes}",
        actor=actor,
        reference=ledgers.next_reference(RetainerEntry, booking_id, RetainerEntryKind.SPENT),
        now=now,
        booking_id=booking_id,
        data={
            "starts_at": starts_at.isoformat(),
            "wall_start": wall_start,
            "session_type": str(session_type_id),
        },
    )
    assert entry is not None
    return entry


def _takes(
    retainer: Retainer, client_id: uuid.UUID, session_type_id: uuid.UUID, starts_at: datetime
) -> tuple[RetainerPeriod, int]:
    if retainer.client_id != client_id:
        raise CannotSpend(Refusal.NOT_YOURS)
    takes = retainer.covers.get(str(session_type_id))
    if not takes:
        raise CannotSpend(Refusal.NOT_COVERED)
    period = period_at(retainer, starts_at)
    left = period.left if period else 0
    reason = refusal(retainer, period, takes, left, starts_at, disputed=bool(period and period.disputed))
    if reason or period is None:
        raise CannotSpend(reason or Refusal.NOT_PAID_THEN)
    return period, takes


def period_at(retainer: Retainer, moment: datetime) -> Any:
    """The paid period that holds this moment, with its sums; None where none does."""
    holding = retainer.periods.filter(status=PeriodStatus.PAID, starts_at__lte=moment, ends_at__gt=moment)
    return _with_sums(holding).first()


def give_back(
    *,
    booking_id: uuid.UUID,
    cause: str,
    rule: str,
    now: datetime,
    actor: Actor,
    data: dict[str, Any] | None = None,
) -> RetainerEntry | None:
    """Step: the period gets back exactly what it still spends on the booking; None where it spends nothing.

    Where the period is over, that goes straight on to the current one by the roll-over, and in any case
    where the client is not to blame. The booking must be locked.
    """
    if (spent := ledgers.last_spend(RetainerEntry, booking_id, "period")) is None:
        return None
    retainer = ledger.locked(spent.period.retainer_id)
    rollover.close(retainer=retainer, now=now)
    entry = ledger.enter(
        period=spent.period,
        kind=RetainerEntryKind.RETURNED,
        units=-spent.units,
        cause=cause,
        rule=rule,
        actor=actor,
        # The spend's own: the database lets nobody give it back twice.
        reference=spent.reference,
        now=now,
        booking_id=booking_id,
        data={**spent.data, **(data or {})},
    )
    if entry is None:
        return None
    refunded_units.reclaim(period=spent.period, now=now, actor=actor)
    if spent.period.ends_at <= now and spent.period.included is not None:
        rollover.settle_returned(retainer=retainer, period=spent.period, now=now, actor=actor)
    return entry


def count_as_used(
    *,
    booking_id: uuid.UUID,
    cause: str,
    rule: str,
    now: datetime,
    actor: Actor,
    data: dict[str, Any] | None = None,
) -> RetainerEntry | None:
    """Step: say why a session stays used although it did not take place as booked.

    It changes no balance. None where nothing is spent, or where that was the last thing said. The booking
    must be locked.
    """
    if (spent := ledgers.last_spend(RetainerEntry, booking_id, "period")) is None:
        return None
    ledger.locked(spent.period.retainer_id)
    said = spent.period.entries.filter(
        booking_id=booking_id, kind=RetainerEntryKind.KEPT, number__gt=spent.number
    )
    facts = {**spent.data, **(data or {})}
    if (last := said.order_by("-number").first()) and (last.cause, last.data) == (cause, facts):
        return None
    return ledger.enter(
        period=spent.period,
        kind=RetainerEntryKind.KEPT,
        units=0,
        cause=cause,
        rule=rule,
        actor=actor,
        reference=ledgers.next_reference(RetainerEntry, booking_id, RetainerEntryKind.KEPT),
        now=now,
        booking_id=booking_id,
        data=facts,
    )


def span_of(entry_id: uuid.UUID) -> Span:
    """The period that paid with this entry."""
    period = RetainerPeriod.objects.get(entries=entry_id)
    return Span(period.starts_at, period.ends_at)


def spent_on(booking_id: uuid.UUID) -> int:
    """Units that retainers spend on a booking now: 0, or what it takes."""
    return spent_on_each([booking_id]).get(booking_id, 0)


def spent_on_each(booking_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """The same for many bookings in one query; those that no retainer ever paid for are left out."""
    return ledgers.spent_on_each(RetainerEntry, booking_ids)
