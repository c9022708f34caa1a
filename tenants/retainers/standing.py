"""Pausing, resuming and cancelling: by the client or the coach, with as many presses as beginning.

A pause and an end wait for the end of what is paid; until then either is taken back with one press.
Nothing is charged from the press on: a period that was opened ahead and is not paid yet is let go.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from kit.actors import Actor
from kit.states import change, move
from tenants.billing import instalments, links
from tenants.offers.practice import practice
from tenants.retainers import charging, ledger, schedule
from tenants.retainers.models import RUNNING, PeriodStatus, Retainer, RetainerPeriod, RetainerStatus
from tenants.retainers.periods import Span, day_of, first_span
from tenants.retainers.terms import rhythm_of

UNPAID = "unpaid"


class CannotChange(Exception):
    """Nothing was changed. The message says why, for people."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a pause or an end would mean now: from when, what is not charged any more, what is under way.

    `at` is None where it takes effect with the press. `let_go` is a period that was opened ahead and is not
    paid; `taken` one whose money is just being captured, so that it is still to come.
    """

    at: datetime | None
    let_go: RetainerPeriod | None = None
    taken: RetainerPeriod | None = None


def effect(*, retainer: Retainer, now: datetime) -> Effect:
    """What pausing or cancelling now would mean. The same is done when the button is pressed."""
    waiting = charging.owed_period(retainer)
    taken = waiting if waiting and charging.is_being_taken(waiting) else None
    until = taken.ends_at if taken else schedule.paid_until(retainer)
    at = until if until and until > now and retainer.status in RUNNING else None
    return Effect(at, None if taken else waiting, taken)


def pause(*, retainer_id: uuid.UUID, now: datetime, actor: Actor) -> Retainer:
    """Use case: nothing is charged any more until it is resumed; what is paid can be used to its end.

    Pressed twice it is one pause. Raises CannotChange.
    """

    def do(retainer: Retainer) -> None:
        if retainer.status == RetainerStatus.PAUSED or retainer.pause_wanted_at:
            return
        _require(retainer, RUNNING, "pause")
        if retainer.cancel_wanted_at:
            raise CannotChange("Nothing was changed: this retainer was cancelled. Take that back first.")
        at = _let_go(retainer, now, actor)
        change(retainer, pause_wanted_at=now, paused_because=actor.kind)
        schedule.tell("retainer.paused", retainer, now=now, actor=actor, at=at.isoformat())

    return _change(retainer_id, do, now)


def cancel(*, retainer_id: uuid.UUID, now: datetime, actor: Actor) -> Retainer:
    """Use case: it ends when what is paid is over; at once where nothing is. Pressed twice it is one end.

    Raises CannotChange.
    """

    def do(retainer: Retainer) -> None:
        if retainer.status == RetainerStatus.ENDED or retainer.cancel_wanted_at:
            return
        _require(retainer, RUNNING | {RetainerStatus.PAUSED}, "cancel")
        at = _let_go(retainer, now, actor)
        change(retainer, cancel_wanted_at=now, pause_wanted_at=None, ended_because=actor.kind)
        if retainer.status == RetainerStatus.PAUSED:
            schedule.end(retainer, at=now, because=actor.kind, now=now, actor=actor)
        elif at > now:
            schedule.tell("retainer.cancel_wanted", retainer, now=now, actor=actor, at=at.isoformat())

    return _change(retainer_id, do, now)


def keep(*, retainer_id: uuid.UUID, now: datetime, actor: Actor) -> Retainer:
    """Use case: a pause or an end that has not come yet is taken back, and it goes on as before.

    Raises CannotChange when it has come.
    """

    def do(retainer: Retainer) -> None:
        _require(retainer, RUNNING, "keep")
        if not (retainer.pause_wanted_at or retainer.cancel_wanted_at):
            return
        change(retainer, pause_wanted_at=None, cancel_wanted_at=None, paused_because="", ended_because="")
        schedule.tell("retainer.resumed", retainer, now=now, actor=actor, kept=True)

    return _change(retainer_id, do, now)


def resume(*, retainer_id: uuid.UUID, now: datetime, actor: Actor) -> str:
    """Use case: a paused retainer goes on: a new period is charged at once, and begins when it is paid.

    Answers where its payer can pay it, should the card not do. Pressed twice it is one period. Raises
    CannotChange.
    """
    with transaction.atomic(durable=True):
        retainer = ledger.locked(retainer_id)
        if retainer.status != RetainerStatus.PAUSED:
            raise CannotChange("Nothing was changed: this retainer is not paused.")
        period = charging.owed_period(retainer) or _open_again(retainer, now)
        charge = charging.charge_of(period)
        assert charge is not None
        for part in instalments.of_charge(charge.pk):
            instalments.look_after(part, now=now)
        return links.pay_address(charge)


def _open_again(retainer: Retainer, now: datetime) -> RetainerPeriod:
    tz = practice().timezone
    until = schedule.paid_until(retainer)
    if until and until > now:
        span = schedule.next_span(retainer, tz)
    else:
        span = first_span(day_of(now, tz), rhythm_of(retainer), tz)
        span = Span(max(span.starts_at, until or span.starts_at), span.ends_at)
    return schedule.open_period(retainer, span, due_at=now, now=now)


def give_up(*, retainer: Retainer, period: RetainerPeriod, now: datetime, actor: Actor) -> None:
    """Step: the card was tried for the last time: the retainer is paused until somebody pays."""
    RetainerPeriod.objects.filter(pk=period.pk, status=PeriodStatus.OPEN).update(status=PeriodStatus.UNPAID)
    if retainer.status in RUNNING:
        wanted_to_end = retainer.cancel_wanted_at is not None
        change(retainer, next_at=period.starts_at)
        move(retainer, RetainerStatus.PAUSED, paused_because=UNPAID, pause_wanted_at=None)
        if wanted_to_end:
            schedule.drop(retainer, period, now=now, actor=actor)
            schedule.end(retainer, at=now, because=retainer.ended_because, now=now, actor=actor)
        else:
            schedule.tell("retainer.paused", retainer, now=now, actor=actor, because=UNPAID)
    elif retainer.status == RetainerStatus.PAUSED:
        change(retainer, paused_because=UNPAID)


def _let_go(retainer: Retainer, now: datetime, actor: Actor) -> datetime:
    """Step: what is not paid is not owed any more; answers when what is paid is over."""
    means = effect(retainer=retainer, now=now)
    if means.let_go:
        schedule.drop(retainer, means.let_go, now=now, actor=actor)
    return means.at or now


def _change(retainer_id: uuid.UUID, do: Callable[[Retainer], None], now: datetime) -> Retainer:
    with transaction.atomic(durable=True):
        retainer = ledger.locked(retainer_id)
        do(retainer)
        schedule.advance(retainer, now=now)
        schedule.watch(retainer, now=now)
    return retainer


def _require(retainer: Retainer, statuses: frozenset[RetainerStatus], what: str) -> None:
    if retainer.status in statuses:
        return
    said = {
        RetainerStatus.PENDING: "it has not begun",
        RetainerStatus.PAUSED: "it is paused already",
        RetainerStatus.ENDED: "it has ended",
        RetainerStatus.VOID: "it came to nothing",
    }
    why = said.get(RetainerStatus(retainer.status), f"there is nothing to {what}")
    raise CannotChange(f"Nothing was changed: {why}.")
