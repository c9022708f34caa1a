"""Calling a booking off: decided when it is asked for, carried out a minute later, until then undone at will.

The outcome that a page showed is the outcome that is carried out. Where the clock has changed it between the
look and the press, nothing is done and the new outcome is shown.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from kit.actors import Actor
from kit.database import insert_unless_there
from kit.states import move, try_move
from tenants.activity import events
from tenants.billing import refunding
from tenants.billing.models import PaymentAttempt
from tenants.packs import spending
from tenants.registry import wakeups
from tenants.scheduling.cancellation import Facts, Outcome, Policy, decide
from tenants.scheduling.models import (
    FUNDED,
    Booking,
    BookingStatus,
    Cancellation,
    CancellationStatus,
    Cause,
    Funding,
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
    return decide(
        policy_of(booking),
        Facts(
            starts_at=booking.session.starts_at,
            at=now,
            cause=cause,
            pays_with=booking.funding,
            units=spending.spent_on(booking_id=booking.pk) if booking.funding == Funding.PACK else 0,
            paid_minor=paid_for(booking).minor,
            currency=booking.currency,
            waived_because=waived_because,
        ),
    )


def policy_of(booking: Booking) -> Policy:
    """The rule that the booking was sold under."""
    return Policy(window_hours=booking.agreed["cancel_window_hours"])


@dataclass(frozen=True)
class Paid:
    """What a card paid for a booking and was not given back, and the charge that it was paid on."""

    minor: int = 0
    purpose: str = ""
    reference: uuid.UUID | None = None


def paid_for(booking: Booking) -> Paid:
    """In minor units of the booking's currency: the session with its extras, or extras beside a unit."""
    attempt_id = booking.funded_by if booking.funding == Funding.CARD else booking.extras_paid_by
    if attempt_id is None:
        return Paid()
    attempt = PaymentAttempt.objects.select_related("charge").get(pk=attempt_id)
    left_minor = attempt.captured_minor - attempt.refunded_minor
    bought_with_pack = attempt.charge.purpose != "booking"
    return Paid(
        min(booking.extras_minor, left_minor) if bought_with_pack else left_minor,
        attempt.charge.purpose,
        attempt.charge.reference,
    )


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
    return Booking.objects.select_for_update(of=("self",)).select_related("session").get(pk=booking_id)


def pending_of(booking_id: uuid.UUID) -> Cancellation | None:
    """The cancellation that can still be undone, if there is one."""
    return Cancellation.objects.filter(booking_id=booking_id, status=CancellationStatus.PENDING).first()


def _require_cancellable(booking: Booking, cause: Cause, now: datetime) -> None:
    if booking.status not in FUNDED:
        raise CannotCancel("This session is not booked any more.")
    if cause in ONLY_BEFORE_THE_START and booking.session.starts_at <= now:
        raise CannotCancel("This session has begun.")
    if cause == Cause.DECLINED_MOVE and booking.moved_from is None:
        raise CannotCancel("This session was not moved by the coach.")


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
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name[:120],
    )
    if not insert_unless_there(cancellation):
        return Cancellation.objects.get(booking=booking, status=CancellationStatus.PENDING)
    wakeups.ask(kind="cancellation", reference=cancellation.pk, due_at=cancellation.takes_effect_at, now=now)
    return cancellation


def undo(*, booking_id: uuid.UUID, now: datetime) -> bool:
    """Use case: the session stays booked, as if nothing had been pressed. False when it is too late."""
    with transaction.atomic(durable=True):
        locked(booking_id)
        pending = pending_of(booking_id)
        return pending is not None and try_move(pending, CancellationStatus.UNDONE)


def carry_out(*, reference: uuid.UUID, now: datetime) -> datetime | None:
    """Use case of the sweeper: do what was decided, once the time to undo is over."""
    with transaction.atomic(durable=True):
        booking = locked(Cancellation.objects.values_list("booking_id", flat=True).get(pk=reference))
        cancellation = Cancellation.objects.get(pk=reference)
        if cancellation.status != CancellationStatus.PENDING:
            return None
        if cancellation.takes_effect_at > now:
            return cancellation.takes_effect_at
        overtaken = booking.status not in FUNDED
        move(cancellation, CancellationStatus.OVERTAKEN if overtaken else CancellationStatus.DONE)
        if not overtaken:
            _call_off(booking, cancellation, now)
    return None


def _call_off(booking: Booking, cancellation: Cancellation, now: datetime) -> None:
    actor = Actor(cancellation.actor_kind, cancellation.actor_id, cancellation.actor_name)
    _settle_units(booking, cancellation, now, actor)
    _return_money(booking, cancellation, now)
    move(
        booking,
        BookingStatus.CANCELLED,
        ended_reason=cancellation.cause,
        calendar_sequence=booking.calendar_sequence + 1,
    )
    Session.objects.filter(pk=booking.session_id).update(status=SessionStatus.CANCELLED)
    events.record(
        kind="booking.cancelled",
        subject_id=booking.pk,
        client_id=booking.client_id,
        actor=actor,
        now=now,
        data={"reason": cancellation.cause, "cancellation": str(cancellation.pk)},
    )


def _return_money(booking: Booking, cancellation: Cancellation, now: datetime) -> None:
    paid = paid_for(booking)
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
    if booking.funding != Funding.PACK:
        return
    said: dict[str, Any] = {
        "booking_id": booking.pk,
        "cause": cancellation.cause,
        "rule": "waived" if cancellation.outcome == "waived" else rule_of(cancellation),
        "now": now,
        "actor": actor,
        "data": facts_for_the_ledger(booking, cancellation),
    }
    if cancellation.units_back:
        spending.give_back(**said)
    else:
        spending.count_as_used(**said)


def rule_of(cancellation: Cancellation) -> str:
    """The rule that decided, as the ledger names it."""
    by_window = cancellation.cause in (Cause.CLIENT, Cause.LATE)
    return f"window:{cancellation.window_hours}" if by_window else str(cancellation.cause)


def facts_for_the_ledger(booking: Booking, cancellation: Cancellation) -> dict[str, object]:
    left = booking.session.starts_at - cancellation.asked_at
    return {
        "starts_at": booking.session.starts_at.isoformat(),
        "wall_start": booking.session.wall_start,
        "minutes_before": int(left.total_seconds() // 60),
        "window_hours": cancellation.window_hours,
    }
