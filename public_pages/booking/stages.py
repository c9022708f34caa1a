"""What a booking's page shows: one address for the booking's whole life, by what it has come to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Q, QuerySet

from tenants.billing.models import UNPAID, AttemptStatus, PaymentAttempt
from tenants.packs.models import Pack
from tenants.paperwork import requirements
from tenants.paperwork.requirements import ToDo
from tenants.scheduling import paperwork
from tenants.scheduling.models import (
    FUNDED,
    Booking,
    BookingStatus,
    Cancellation,
    CancellationStatus,
)

# Captured counts: of a booking that is only held, it was settled between our two looks.
DECIDED = (AttemptStatus.CAPTURING, AttemptStatus.CAPTURED, AttemptStatus.RELEASING)
# The money was there, but the time was not any more.
LET_GO = (AttemptStatus.RELEASING, AttemptStatus.RELEASED)


class Stage(StrEnum):
    """Each has a template of its name."""

    DETAILS = "details"
    PAPERS = "papers"
    PAYMENT = "payment"
    CONFIRMING = "confirming"
    REQUESTED = "requested"
    BOOKED = "booked"
    ENDED = "ended"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Standing:
    """A booking with its latest try at paying, and what that amounts to."""

    booking: Booking
    attempt: PaymentAttempt | None
    stage: Stage
    cancellation: Cancellation | None = None
    to_do: Sequence[ToDo] = ()

    @property
    def kept_until(self) -> datetime:
        """Until when the client can act: with an open payment page, as long as the page can be paid on."""
        if self.attempt and self.attempt.status in UNPAID:
            return min(self.attempt.expires_at, self.booking.hold_expires_at)
        return self.booking.hold_expires_at

    @property
    def reason(self) -> str:
        """Why it ended; a hold that ran out a moment ago has not been written down as ended."""
        unanswered = self.booking.status == BookingStatus.REQUESTED
        reason = self.booking.ended_reason or ("request_unanswered" if unanswered else "hold_lapsed")
        if reason == "hold_lapsed" and self.attempt and self.attempt.status in LET_GO:
            return "payment_released"
        return reason


def standing_of(booking: Booking, now: datetime, *, returned: bool = False) -> Standing:
    """Where a booking stands. `returned` is a browser that Stripe has just sent back as paid."""
    attempt = tries_at(booking).first() if may_cost(booking) else None
    cancellation = called_off(booking)
    stage = Stage.CANCELLED if cancellation else _stage(booking, attempt, now, returned=returned)
    to_do = _to_do(booking, attempt) if stage in (Stage.DETAILS, Stage.PAYMENT) else []
    return Standing(booking, attempt, Stage.PAPERS if to_do else stage, cancellation, to_do)


def _to_do(booking: Booking, attempt: PaymentAttempt | None) -> list[ToDo]:
    """Papers that come before a payment; none where a card was asked for already."""
    is_asked = attempt is not None and attempt.status in UNPAID
    handed_out = paperwork.handed_out(booking)
    return [] if is_asked else requirements.to_do(handed_out, client_id=booking.client_id)


def may_cost(booking: Booking) -> bool:
    """Whether a card may have been asked for something."""
    return bool(booking.price_minor or booking.extras_minor)


def called_off(booking: Booking) -> Cancellation | None:
    """The cancellation that ended the booking, or the client's own that will within the minute.

    What the coach has pressed and can still undo has not happened before the client's eyes yet.
    """
    done = Q(status=CancellationStatus.DONE)
    asked = Q(status=CancellationStatus.PENDING, actor_kind="client")
    if booking.status == BookingStatus.CANCELLED:
        return booking.cancellations.filter(done).order_by("-asked_at").first()
    if booking.status in FUNDED:
        return booking.cancellations.filter(asked).first()
    return None


def tries_at(booking: Booking) -> QuerySet[PaymentAttempt]:
    """At paying for this booking, by itself or with the pack that was bought for it, the last first."""
    paid_for = Q(charge__purpose="booking", charge__reference=booking.pk)
    if booking.pack_id:
        bought = Pack.objects.filter(first_booking=booking.pk).values("pk")
        paid_for |= Q(charge__purpose="pack_and_booking", charge__reference__in=bought)
    return PaymentAttempt.objects.filter(paid_for).select_related("charge").order_by("-created_at", "-pk")


def _stage(booking: Booking, attempt: PaymentAttempt | None, now: datetime, *, returned: bool) -> Stage:
    if booking.status in FUNDED:
        return Stage.BOOKED
    if booking.status == BookingStatus.CANCELLED:
        return Stage.CANCELLED
    if booking.status == BookingStatus.EXPIRED:
        return Stage.ENDED
    if booking.status == BookingStatus.REQUESTED and not booking.accepted_at and not booking.deciding:
        return Stage.REQUESTED if booking.hold_expires_at > now else Stage.ENDED
    if booking.deciding or booking.accepted_at or (attempt and attempt.status in DECIDED):
        return Stage.CONFIRMING
    payable = attempt is not None and attempt.status in UNPAID
    if payable and returned:
        return Stage.CONFIRMING
    if payable and attempt and attempt.capture_before:
        # Authorised, and somebody at Stripe still looks at it.
        return Stage.CONFIRMING
    if booking.hold_expires_at <= now:
        return Stage.ENDED
    return Stage.PAYMENT if booking.client_id else Stage.DETAILS
