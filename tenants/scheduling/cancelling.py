"""Calling a booking off: decided when it is asked for, carried out a minute later, until then undone at will.

The outcome that a page showed is the outcome that is carried out. Where the clock has changed it between the
look and the press, nothing is done and the new outcome is shown.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from kit.actors import Actor
from kit.database import insert_unless_there
from kit.states import move, try_move
from tenants.activity import events
from tenants.billing import refunding
from tenants.offers import coupons
from tenants.offers.vocabulary import called
from tenants.registry import wakeups
from tenants.scheduling import units
from tenants.scheduling.cancellation import Facts, Outcome, Policy, decide
from tenants.scheduling.means import Means, means_of
from tenants.scheduling.models import (
    FUNDED,
    Booking,
    BookingStatus,
    Cancellation,
    CancellationStatus,
    Cause,
    Session,
    SessionStatus,
)

UNDO = timedelta(seconds=60)
ONLY_BEFORE_THE_START = frozenset({Cause.CLIENT, Cause.DECLINED_MOVE})


class CannotCancel(Exception):
    """The booking is not confirmed any more, or has begun. Its message is for people."""


class OutcomeChanged(Exception):
    """What was shown is not what would happen by now. Nothing was done; `outcome` is today's."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


def preview(*, booking: Booking, cause: Cause, now: datetime, waived_because: str = "") -> Outcome:
    """What cancelling now would mean. The same function decides when the button is pressed."""
    paid = means_of([booking])[booking.pk]
    return outcome_of(booking, paid, cause=cause, now=now, waived_because=waived_because)


def outcome_of(
    booking: Booking, means: Means, *, cause: str, now: datetime, waived_because: str = ""
) -> Outcome:
    """As `preview`, where what was paid is known already."""
    return decide(
        policy_of(booking),
        Facts(
            starts_at=booking.session.starts_at,
            at=now,
            cause=cause,
            pays_with=booking.funding,
            units=means.units,
            paid_minor=means.paid.minor,
            currency=booking.currency,
            waived_because=waived_because,
        ),
    )


def policy_of(booking: Booking) -> Policy:
    """The rule that the booking was sold under."""
    return Policy(window_hours=booking.agreed["cancel_window_hours"])


def cancel(
    *,
    booking_id: uuid.UUID,
    cause: Cause,
    now: datetime,
    actor: Actor,
    shown: str = "",
    waived_because: str = "",
) -> Cancellation:
    """Use case: decide and write down; of effect in a minute. Pressed twice it is one cancellation.

    `shown` is the kind of outcome that the person saw. Raises CannotCancel, and OutcomeChanged when the
    rule has come to another answer since.
    """
    with transaction.atomic(durable=True):
        booking = locked(booking_id)
        if pending := pending_of(booking_id):
            return pending
        _require_cancellable(booking, cause, now)
        outcome = preview(booking=booking, cause=cause, now=now, waived_because=waived_because)
        if shown and shown != outcome.kind:
            raise OutcomeChanged(outcome)
        return ask(booking=booking, cause=cause, outcome=outcome, now=now, actor=actor, note=waived_because)


def locked(booking_id: uuid.UUID) -> Booking:
    """Step: the booking with its session, kept as it is until the transaction ends."""
    booking = Booking.objects.select_for_update(no_key=True).get(pk=booking_id)
    # Read with the lock, it would be as it was before whoever held the lock moved it.
    booking.session = Session.objects.get(pk=booking.session_id)
    return booking


def pending_of(booking_id: uuid.UUID) -> Cancellation | None:
    """The cancellation that can still be undone, if there is one."""
    return Cancellation.objects.filter(booking_id=booking_id, status=CancellationStatus.PENDING).first()


def _require_cancellable(booking: Booking, cause: Cause, now: datetime) -> None:
    if booking.status not in FUNDED:
        raise CannotCancel(f"This {called.session} is not booked any more.")
    if cause in ONLY_BEFORE_THE_START and booking.session.starts_at <= now:
        raise CannotCancel(f"This {called.session} has begun.")
    if cause == Cause.DECLINED_MOVE and booking.moved_from is None:
        raise CannotCancel(f"This {called.session} was not moved by the coach.")


def ask(
    *, booking: Booking, cause: Cause, outcome: Outcome, now: datetime, actor: Actor, note: str = ""
) -> Cancellation:
    """Step: write the decision down, and have it carried out when the time to undo is over."""
    cancellation = Cancellation(
        booking=booking,
        cause=cause,
        asked_at=now,
        takes_effect_at=now + UNDO,
        outcome=outcome.kind,
        units_back=outcome.units_back,
        money_back_minor=outcome.money_back_minor,
        window_hours=booking.agreed["cancel_window_hours"],
        reason=outcome.reason,
        note=note,
        **actor.columns,
    )
    if not insert_unless_there(cancellation):
        return Cancellation.objects.get(booking=booking, status=CancellationStatus.PENDING)
    wakeups.ask(kind="cancellation", reference=cancellation.pk, due_at=cancellation.takes_effect_at, now=now)
    return cancellation


def waive(*, booking_id: uuid.UUID, because: str, now: datetime, actor: Actor) -> Cancellation:
    """Use case of the coach: the rule took it, and it goes back all the same; of effect in a minute.

    Raises CannotCancel where nothing is kept.
    """
    with transaction.atomic(durable=True):
        booking = locked(booking_id)
        if pending := pending_of(booking_id):
            return pending
        kept = kept_by(booking)
        if booking.status != BookingStatus.CANCELLED or kept is None:
            raise CannotCancel(f"Nothing is kept of this {called.session}, so nothing can go back.")
        cause = Cause(kept.cause)
        outcome = preview(booking=booking, cause=cause, now=kept.asked_at, waived_because=because)
        return ask(booking=booking, cause=cause, outcome=outcome, now=now, actor=actor, note=because)


def kept_by(booking: Booking) -> Cancellation | None:
    """The cancellation by which the booking stays paid, if nobody has waived it since."""
    done = booking.cancellations.filter(status=CancellationStatus.DONE).order_by("asked_at", "pk").last()
    return done if done and done.outcome == "used" else None


def undo(*, booking_id: uuid.UUID, now: datetime, actor: Actor | None = None) -> bool:
    """Use case: all stays as if nothing had been pressed. False when it is too late.

    With an `actor`, only what somebody of that kind has asked for.
    """
    with transaction.atomic(durable=True):
        locked(booking_id)
        pending = pending_of(booking_id)
        if pending is None or (actor and pending.actor_kind != actor.kind):
            return False
        if pending.takes_effect_at <= now:
            # The page has said until when, and what follows from it does not wait for the sweeper.
            return False
        return try_move(pending, CancellationStatus.UNDONE)


def carry_out(*, reference: uuid.UUID, now: datetime) -> datetime | None:
    """Use case of the sweeper: do what was decided, once the time to undo is over."""
    with transaction.atomic(durable=True):
        booking = locked(Cancellation.objects.values_list("booking_id", flat=True).get(pk=reference))
        cancellation = Cancellation.objects.get(pk=reference)
        if cancellation.status != CancellationStatus.PENDING:
            return None
        if cancellation.takes_effect_at > now:
            return cancellation.takes_effect_at
        waived_later = booking.status == BookingStatus.CANCELLED and cancellation.outcome == "waived"
        overtaken = booking.status not in FUNDED and not waived_later
        move(cancellation, CancellationStatus.OVERTAKEN if overtaken else CancellationStatus.DONE)
        if not overtaken:
            _settle(booking, cancellation, now)
    return None


def _settle(booking: Booking, cancellation: Cancellation, now: datetime) -> None:
    actor = Actor(cancellation.actor_kind, cancellation.actor_id, cancellation.actor_name)
    _settle_units(booking, cancellation, now, actor)
    _return_money(booking, cancellation, now)
    if booking.status in FUNDED:
        _call_off(booking, cancellation, now, actor)
    else:
        _record("booking.waived", booking, cancellation, now, actor)


def _call_off(booking: Booking, cancellation: Cancellation, now: datetime, actor: Actor) -> None:
    move(
        booking,
        BookingStatus.CANCELLED,
        ended_reason=cancellation.cause,
        calendar_sequence=booking.calendar_sequence + 1,
    )
    Session.objects.filter(pk=booking.session_id).update(status=SessionStatus.CANCELLED)
    if cancellation.outcome != "used" and booking.agreed.get("coupon"):
        coupons.give_back(reference=booking.pk, now=now)
    _record("booking.cancelled", booking, cancellation, now, actor)


def _record(kind: str, booking: Booking, cancellation: Cancellation, now: datetime, actor: Actor) -> None:
    events.record(
        kind=kind,
        subject_id=booking.pk,
        client_id=booking.client_id,
        actor=actor,
        now=now,
        data={"reason": cancellation.cause, "cancellation": str(cancellation.pk)},
    )


def _return_money(booking: Booking, cancellation: Cancellation, now: datetime) -> None:
    paid = means_of([booking])[booking.pk].paid
    if cancellation.money_back_minor and paid.reference:
        refunding.ask(
            charge_purpose=paid.purpose,
            charge_reference=paid.reference,
            amount_minor=cancellation.money_back_minor,
            reference=cancellation.pk,
            cause=cancellation.cause,
            now=now,
        )


def _settle_units(booking: Booking, cancellation: Cancellation, now: datetime, actor: Actor) -> None:
    if booking.funding not in units.BY_UNIT:
        return
    said: dict[str, Any] = {
        "booking": booking,
        "cause": cancellation.cause,
        "rule": "waived" if cancellation.outcome == "waived" else rule_of(cancellation),
        "now": now,
        "actor": actor,
        "data": facts_for_the_ledger(booking, cancellation),
    }
    if cancellation.units_back:
        units.give_back(**said, note=cancellation.note)
    else:
        units.count_as_used(**said)


def rule_of(cancellation: Cancellation) -> str:
    """The rule that decided, as the ledger names it."""
    by_window = cancellation.cause in (Cause.CLIENT, Cause.LATE)
    return f"window:{cancellation.window_hours}" if by_window else str(cancellation.cause)


def facts_for_the_ledger(booking: Booking, cancellation: Cancellation) -> dict[str, object]:
    left = booking.session.starts_at - _called_off_at(booking, cancellation)
    return {
        "starts_at": booking.session.starts_at.isoformat(),
        "wall_start": booking.session.wall_start,
        "minutes_before": int(left.total_seconds() // 60),
        "window_hours": cancellation.window_hours,
    }


def _called_off_at(booking: Booking, cancellation: Cancellation) -> datetime:
    """What is waived afterwards was as late as it was when it was called off."""
    if booking.status in FUNDED:
        return cancellation.asked_at
    done = booking.cancellations.filter(status=CancellationStatus.DONE).exclude(pk=cancellation.pk)
    return done.latest("asked_at").asked_at
