"""What a booking's page shows: one address for the booking's whole life, by what it has come to."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tenants.billing.models import UNPAID, AttemptStatus, PaymentAttempt
from tenants.scheduling.models import FUNDED, Booking, BookingStatus

# The money was there, but the time was not any more.
LET_GO = (AttemptStatus.RELEASING, AttemptStatus.RELEASED)


class Stage(StrEnum):
    """Each has a template of its name."""

    DETAILS = "details"
    PAYMENT = "payment"
    CONFIRMING = "confirming"
    BOOKED = "booked"
    ENDED = "ended"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Standing:
    """A booking with its latest try at paying, and what that amounts to."""

    booking: Booking
    attempt: PaymentAttempt | None
    stage: Stage

    @property
    def kept_until(self) -> datetime:
        """Until when the client can act: with an open payment page, as long as the page can be paid on."""
        if self.attempt and self.attempt.status in UNPAID:
            return min(self.attempt.expires_at, self.booking.hold_expires_at)
        return self.booking.hold_expires_at

    @property
    def reason(self) -> str:
        """Why it ended; a hold that ran out a moment ago has not been written down as ended."""
        reason = self.booking.ended_reason or "hold_lapsed"
        if reason == "hold_lapsed" and self.attempt and self.attempt.status in LET_GO:
            return "payment_released"
        return reason


def standing_of(booking: Booking, now: datetime, *, returned: bool = False) -> Standing:
    """Where a booking stands. `returned` is a browser that Stripe has just sent back as paid."""
    attempt = latest_attempt(booking) if booking.price_minor else None
    return Standing(booking, attempt, _stage(booking, attempt, now, returned=returned))


def latest_attempt(booking: Booking) -> PaymentAttempt | None:
    """The last try at paying for this booking."""
    tries = PaymentAttempt.objects.filter(charge__purpose="booking", charge__reference=booking.pk)
    return tries.select_related("charge").order_by("-created_at", "-pk").first()


def _stage(booking: Booking, attempt: PaymentAttempt | None, now: datetime, *, returned: bool) -> Stage:
    if booking.status in FUNDED:
        return Stage.BOOKED
    if booking.status == BookingStatus.CANCELLED:
        return Stage.CANCELLED
    if booking.status == BookingStatus.EXPIRED:
        return Stage.ENDED
    if booking.deciding or (attempt and attempt.status in (AttemptStatus.CAPTURING, AttemptStatus.RELEASING)):
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
