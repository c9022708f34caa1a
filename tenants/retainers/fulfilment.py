"""What a payment for a period leads to. Named in `config.wiring`; called inside billing's transactions."""

import uuid
from datetime import datetime

from kit.actors import SYSTEM, Actor
from kit.states import change, move
from tenants.billing import charges
from tenants.billing.refund_preview import Units
from tenants.offers.practice import practice
from tenants.retainers import charging, ledger, refunded_units, schedule, standing
from tenants.retainers.models import (
    RUNNING,
    PeriodStatus,
    Retainer,
    RetainerEntryKind,
    RetainerPeriod,
    RetainerStatus,
)
from tenants.retainers.periods import Span, day_of, first_span
from tenants.retainers.schedule import INVITED
from tenants.retainers.terms import rhythm_of

OVER = frozenset({RetainerStatus.ENDED, RetainerStatus.VOID})
KINDS: dict[str, str] = {
    RetainerStatus.PENDING: "retainer.started",
    RetainerStatus.PAUSED: "retainer.resumed",
}
"""What a payment is told as, by how the retainer stood; otherwise it goes on."""


def still_wanted(*, reference: uuid.UUID, now: datetime) -> bool:
    """A period that waits for its payment, of a retainer that is not over."""
    return _is_owed(*_locked(reference))


def still_owed(*, reference: uuid.UUID, now: datetime) -> bool:
    """The same, for money in hand; and a period that was thought to be paid, where that was a slip."""
    retainer, period = _locked(reference)
    charge = charging.charge_of(period)
    return retainer.status not in OVER and charge is not None and charges.owed_minor(charge) > 0


def awaits(*, reference: uuid.UUID, intent_capture_before: datetime | None, now: datetime) -> datetime | None:
    """Nobody needs to accept a period."""
    return None


def keep(*, reference: uuid.UUID, until: datetime, now: datetime) -> bool:
    """A period does not run away: it waits as long as its payment may."""
    return _is_owed(*_locked(reference))


def fulfil(*, reference: uuid.UUID, attempt_id: uuid.UUID, whole: bool, now: datetime, actor: Actor) -> None:
    """The money is captured: the period begins, or is there when it does. A part of it begins nothing."""
    retainer, period = _locked(reference)
    if whole:
        _begin(retainer, period, now, Actor("client", str(retainer.payer_id)))


def settled(*, reference: uuid.UUID, now: datetime, actor: Actor) -> None:
    """Paid by hand, or by a later part."""
    retainer, period = _locked(reference)
    if period.status != PeriodStatus.PAID:
        _begin(retainer, period, now, actor)
    elif retainer.status == RetainerStatus.PAST_DUE:
        move(retainer, RetainerStatus.ACTIVE)
        schedule.advance(retainer, now=now)
        schedule.watch(retainer, now=now)


def unsettled(*, reference: uuid.UUID, payment_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """A payment in hand was a slip: the period is owed again, and new sessions wait until it is paid."""
    retainer, period = _locked(reference)
    if period.status == PeriodStatus.PAID and retainer.status == RetainerStatus.ACTIVE:
        move(retainer, RetainerStatus.PAST_DUE)
        schedule.tell("retainer.past_due", retainer, now=now, actor=actor, period=str(period.pk))


def unpaid(*, reference: uuid.UUID, instalment_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """The card was tried for the last time: paused, until somebody pays."""
    retainer, period = _locked(reference)
    if period.status == PeriodStatus.OPEN:
        standing.give_up(retainer=retainer, period=period, now=now, actor=actor)
        schedule.watch(retainer, now=now)


def release(*, reference: uuid.UUID, reason: str, now: datetime) -> None:
    """No money will come on that page: an order comes to nothing, an invitation stays open until its day."""
    retainer, period = _locked(reference)
    if retainer.status == RetainerStatus.PENDING and INVITED not in retainer.accepted:
        move(retainer, RetainerStatus.VOID)
        charging.let_go(period, now=now, actor=SYSTEM)
        schedule.tell("retainer.released", retainer, now=now, actor=SYSTEM, reason=reason)
    else:
        schedule.advance(retainer, now=now)
        schedule.watch(retainer, now=now)


def refunded(
    *,
    reference: uuid.UUID,
    captured_minor: int,
    refunded_minor: int,
    key: str,
    now: datetime,
    actor: Actor,
) -> None:
    """Sessions go with the money, in proportion and rounded up, as far as none has used them."""
    _retainer, period = _locked(reference)
    refunded_units.follow(
        period=period, paid_minor=captured_minor, refunded_minor=refunded_minor, now=now, actor=actor
    )


def disputed(*, reference: uuid.UUID, is_open: bool, now: datetime, actor: Actor) -> None:
    """While a cardholder calls a payment in question, nothing is booked from its period, nor charged anew."""
    retainer, _period = _locked(reference)
    if is_open:
        if retainer.status in RUNNING and not (retainer.pause_wanted_at or retainer.cancel_wanted_at):
            change(retainer, pause_wanted_at=now, paused_because="dispute")
    elif retainer.status in RUNNING and retainer.paused_because == "dispute":
        change(retainer, pause_wanted_at=None, paused_because="")
    schedule.advance(retainer, now=now)
    schedule.watch(retainer, now=now)


def units_of(*, reference: uuid.UUID) -> Units | None:
    return refunded_units.units_of(RetainerPeriod.objects.get(pk=reference))


def _locked(period_id: uuid.UUID) -> tuple[Retainer, RetainerPeriod]:
    """Step: the retainer, kept from other writers, and the period as it is now."""
    retainer_id = RetainerPeriod.objects.values_list("retainer_id", flat=True).get(pk=period_id)
    retainer = ledger.locked(retainer_id)
    return retainer, RetainerPeriod.objects.get(pk=period_id)


def _is_owed(retainer: Retainer, period: RetainerPeriod) -> bool:
    return retainer.status not in OVER and period.status != PeriodStatus.PAID


# --- the period begins -------------------------------------------------------------------------------


def _begin(retainer: Retainer, period: RetainerPeriod, now: datetime, actor: Actor) -> None:
    """Step: the period is paid. What was at rest begins anew with it, on the day of the payment."""
    if period.status == PeriodStatus.PAID:
        return
    kind = KINDS.get(retainer.status, "retainer.renewed")
    if _begins_today(retainer, period, now):
        _begin_today(retainer, period, now)
    move(period, PeriodStatus.PAID, paid_at=now, starts_at=period.starts_at, ends_at=period.ends_at)
    _grant(period, now, actor)
    if retainer.status != RetainerStatus.ACTIVE:
        because = "" if retainer.status == RetainerStatus.PAUSED else retainer.paused_because
        started_at = retainer.started_at or now
        move(retainer, RetainerStatus.ACTIVE, started_at=started_at, paused_because=because)
    schedule.advance(retainer, now=now)
    schedule.watch(retainer, now=now)
    schedule.tell(kind, retainer, now=now, actor=actor, period=str(period.pk))


def _begins_today(retainer: Retainer, period: RetainerPeriod, now: datetime) -> bool:
    """A retainer that runs goes on by its calendar. One that was at rest does not pay for days gone by."""
    until = schedule.paid_until(retainer)
    if until is not None and until > now:
        return False
    return retainer.status not in RUNNING or period.ends_at <= now


def _begin_today(retainer: Retainer, period: RetainerPeriod, now: datetime) -> None:
    tz = practice().timezone
    today = day_of(now, tz)
    span = first_span(today, rhythm_of(retainer), tz)
    span = Span(max(span.starts_at, schedule.paid_until(retainer) or span.starts_at), span.ends_at)
    period.starts_at, period.ends_at = span.starts_at, span.ends_at
    change(retainer, anchor_on=today, next_at=span.ends_at)


def _grant(period: RetainerPeriod, now: datetime, actor: Actor) -> None:
    if period.included is None:
        return
    ledger.enter(
        period=period,
        kind=RetainerEntryKind.INCLUDED,
        units=period.included,
        cause="paid",
        rule="period",
        actor=actor,
        reference=str(period.pk),
        now=now,
    )
