"""A retainer's turn: opening the next period ahead, telling of it, and carrying out a pause or an end.

Whatever changes a retainer ends with `watch`, which has the next turn asked for at its moment. A turn that
comes late, twice or while somebody presses a button finds out under the lock what there is to do.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max

from kit.actors import SYSTEM, Actor
from kit.states import change, move
from tenants.activity import events
from tenants.activity.models import Event
from tenants.offers.practice import practice
from tenants.paperwork import giving
from tenants.registry import standing, wakeups
from tenants.retainers import charging, ledger, rollover
from tenants.retainers.models import RUNNING, PeriodStatus, Retainer, RetainerPeriod, RetainerStatus
from tenants.retainers.periods import Span, charge_at, day_of, notice_at, span_from
from tenants.retainers.terms import rhythm_of

INVITED = "invited_at"
"""In what an order has accepted: the coach has sent its link."""
SOON = timedelta(minutes=1)
DAY = timedelta(days=1)
FORGOTTEN_AFTER = timedelta(days=30)
"""What nobody paid for so long is not asked for any more; resumed later, a new period is."""


# --- what is asked of it -----------------------------------------------------------------------------


def next_span(retainer: Retainer, tz: str) -> Span:
    """The first period that is not opened yet, of a retainer that has begun."""
    assert retainer.anchor_on is not None
    assert retainer.next_at is not None
    return span_from(retainer.anchor_on, rhythm_of(retainer), retainer.next_at, tz)


def next_charge_at(retainer: Retainer, tz: str) -> datetime:
    """When the card is charged for that period."""
    assert retainer.next_at is not None
    return charge_at(retainer.next_at, retainer.charge_days_before, tz)


def price_at(retainer: Retainer, starts_at: datetime) -> int:
    """What a period costs that begins then: the announced price from its day on."""
    if retainer.new_price_minor is None or retainer.new_price_from is None:
        return retainer.price_minor
    return retainer.new_price_minor if starts_at >= retainer.new_price_from else retainer.price_minor


def paid_until(retainer: Retainer) -> datetime | None:
    """The end of the last paid period."""
    return retainer.periods.filter(status=PeriodStatus.PAID).aggregate(end=Max("ends_at"))["end"]


def tell(kind: str, retainer: Retainer, *, now: datetime, actor: Actor, **data: object) -> None:
    """Step: an event of the retainer's client."""
    events.record(
        kind=kind,
        subject_id=retainer.pk,
        client_id=retainer.client_id,
        actor=actor,
        now=now,
        data=data,
    )


# --- the turn ----------------------------------------------------------------------------------------


def turn(*, reference: uuid.UUID, now: datetime) -> datetime | None:
    """Use case of the wakeup: do what is due of a retainer, and say when to come back.

    While the practice is suspended nothing is: neither a notice nor a charge.
    """
    if not standing.does_business():
        return now + DAY
    with transaction.atomic(durable=True):
        retainer = ledger.locked(reference)
        if retainer.status == RetainerStatus.PENDING:
            return _give_up(retainer, now)
        advance(retainer, now=now)
        return next_look(retainer, now=now)


def advance(retainer: Retainer, *, now: datetime) -> None:
    """Step: everything that is due of a locked retainer by now. Done twice it is done once."""
    carry_out_wish(retainer, now=now)
    _forget_debt(retainer, now)
    rollover.close(retainer=retainer, now=now)
    if retainer.status == RetainerStatus.ACTIVE and not _wish(retainer):
        tz = practice().timezone
        _give_notice(retainer, now, tz)
        if charging.owed_period(retainer) is None and next_charge_at(retainer, tz) <= now:
            _open_next(retainer, now, tz)


def watch(retainer: Retainer, *, now: datetime) -> None:
    """Step: have the retainer's next turn come at its moment."""
    if due_at := next_look(retainer, now=now):
        wakeups.ask(kind="retainer", reference=retainer.pk, due_at=due_at, now=now, replace=True)


def next_look(retainer: Retainer, *, now: datetime) -> datetime | None:
    """When something is due of it next; None when nothing is until somebody does something."""
    moments = [*_ends_with_something_left(retainer, now)]
    if retainer.status in RUNNING and _wish(retainer):
        until = paid_until(retainer)
        moments.append(until if until and until > now else now + SOON)
    elif forgotten_at := _debt_ends_at(retainer):
        moments.append(max(forgotten_at, now + SOON))
    elif retainer.status == RetainerStatus.ACTIVE and charging.owed_period(retainer) is None:
        tz = practice().timezone
        moments.append(max(next_charge_at(retainer, tz), now + SOON))
        if (told_at := _notice_moment(retainer, tz)) and told_at > now:
            moments.append(told_at)
    return min(moments, default=None)


def _ends_with_something_left(retainer: Retainer, now: datetime) -> list[datetime]:
    limited = rollover.paid_periods(retainer).filter(included__isnull=False, ends_at__gt=now)
    return list(limited.values_list("ends_at", flat=True)[:1])


def _wish(retainer: Retainer) -> bool:
    return bool(retainer.cancel_wanted_at or retainer.pause_wanted_at)


# --- a pause or an end that was asked for --------------------------------------------------------------


def carry_out_wish(retainer: Retainer, *, now: datetime) -> None:
    """Step: what was asked for takes effect when the last paid period is over."""
    if retainer.status not in RUNNING or not _wish(retainer):
        return
    until = paid_until(retainer)
    open_period = charging.owed_period(retainer)
    if (until and until > now) or (open_period and charging.is_being_taken(open_period)):
        return
    if open_period is not None:
        drop(retainer, open_period, now=now, actor=SYSTEM)
    if retainer.cancel_wanted_at:
        end(retainer, at=min(until or now, now), because=retainer.ended_because, now=now, actor=SYSTEM)
    else:
        move(retainer, RetainerStatus.PAUSED, pause_wanted_at=None)


def end(retainer: Retainer, *, at: datetime, because: str, now: datetime, actor: Actor) -> None:
    """Step: it is over, and what its periods leave lapses."""
    move(retainer, RetainerStatus.ENDED, ended_at=at, ended_because=because, pause_wanted_at=None)
    rollover.close(retainer=retainer, now=now)
    tell("retainer.ended", retainer, now=now, actor=actor, because=because)


def drop(retainer: Retainer, period: RetainerPeriod, *, now: datetime, actor: Actor) -> None:
    """Step: a period that was opened ahead is not wanted any more; its dates can be opened again."""
    charging.let_go(period, now=now, actor=actor)
    change(retainer, next_at=period.starts_at)


def _debt_ends_at(retainer: Retainer) -> datetime | None:
    """Until when what paused a retainer can still be paid."""
    if retainer.status != RetainerStatus.PAUSED or (period := charging.owed_period(retainer)) is None:
        return None
    due_at = charging.due_at(period)
    return due_at + FORGOTTEN_AFTER if due_at else None


def _forget_debt(retainer: Retainer, now: datetime) -> None:
    """A card that is kept months later for something else must not begin it again."""
    forgotten_at = _debt_ends_at(retainer)
    period = charging.owed_period(retainer) if forgotten_at and forgotten_at <= now else None
    if period is not None:
        drop(retainer, period, now=now, actor=SYSTEM)


# --- the next period ---------------------------------------------------------------------------------


def _open_next(retainer: Retainer, now: datetime, tz: str) -> None:
    span = next_span(retainer, tz)
    while span.ends_at <= now:
        # What nobody could use, because no worker came by, is not charged.
        change(retainer, next_at=span.ends_at)
        span = next_span(retainer, tz)
    open_period(retainer, span, due_at=now, now=now)
    change(retainer, next_at=span.ends_at)


def open_period(retainer: Retainer, span: Span, *, due_at: datetime, now: datetime) -> RetainerPeriod:
    """Step: one more period with its charge, at the price that counts by then."""
    settle_price(retainer, now=span.starts_at)
    period = new_period(retainer, span)
    charging.open_charge(retainer, period, due_at=due_at, now=now)
    return period


def settle_price(retainer: Retainer, *, now: datetime) -> None:
    """Step: an announced price is the price from its day on."""
    if (price_minor := price_at(retainer, now)) != retainer.price_minor:
        change(retainer, price_minor=price_minor, new_price_minor=None, new_price_from=None)


def new_period(retainer: Retainer, span: Span) -> RetainerPeriod:
    """Step: a period of a locked retainer that waits for its payment."""
    last = retainer.periods.aggregate(last=Max("number"))["last"] or 0
    return RetainerPeriod.objects.create(
        retainer=retainer,
        number=last + 1,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        price_minor=retainer.price_minor,
        included=retainer.included,
    )


# --- the notice --------------------------------------------------------------------------------------


def _notice_moment(retainer: Retainer, tz: str) -> datetime | None:
    """When to tell of the first charge that comes by itself; None where that is known or was told.

    Where a period is so short that the notice would come before its beginning, the confirmation is it.
    """
    if retainer.anchor_on is None or retainer.next_at is None:
        return None
    running = retainer.periods.filter(status=PeriodStatus.PAID).order_by("-starts_at").first()
    if running is None or day_of(running.starts_at, tz) != retainer.anchor_on:
        return None
    told_at = notice_at(next_charge_at(retainer, tz), tz)
    return told_at if running.paid_at and told_at > running.paid_at else None


def _give_notice(retainer: Retainer, now: datetime, tz: str) -> None:
    told_at = _notice_moment(retainer, tz)
    if told_at is None or told_at > now:
        return
    span = next_span(retainer, tz)
    facts: dict[str, Any] = {"starts_at": span.starts_at.isoformat()}
    told = Event.objects.filter(kind="retainer.upcoming", subject_id=retainer.pk)
    if told.filter(data__starts_at=facts["starts_at"]).exists():
        return
    tell(
        "retainer.upcoming",
        retainer,
        now=now,
        actor=SYSTEM,
        ends_at=span.ends_at.isoformat(),
        charge_at=next_charge_at(retainer, tz).isoformat(),
        amount_minor=price_at(retainer, span.starts_at),
        **facts,
    )


# --- an invitation that nobody took ---------------------------------------------------------------------


def _give_up(retainer: Retainer, now: datetime) -> datetime | None:
    """Whoever was sent a link and did not begin within its time finds it closed; whose own order waited for
    papers is told that it is off."""
    ends_at = retainer.next_at
    if ends_at is None:
        return None
    if ends_at > now:
        return ends_at
    period = charging.owed_period(retainer)
    if period and charging.is_being_paid(period):
        return now + timedelta(hours=1)
    move(retainer, RetainerStatus.VOID)
    if period:
        charging.let_go(period, now=now, actor=SYSTEM)
    giving.withdraw_all(reference=retainer.pk, because="lapsed", now=now, actor=SYSTEM)
    if INVITED not in retainer.accepted:
        tell("retainer.released", retainer, now=now, actor=SYSTEM, reason="papers_missing")
    return None
