"""What a patrol looks for between bookings and their payments: one without the other."""

from datetime import datetime

from django.db.models import Exists, F, OuterRef

from tenants.billing.models import AttemptStatus, PaymentAttempt
from tenants.registry.patrols import LATE, Missed
from tenants.scheduling.models import FUNDED, Booking, BookingStatus, Funding

KEEPS_ITS_PAYMENT = FUNDED | {BookingStatus.CANCELLED}


def unpaid_bookings(*, now: datetime) -> list[Missed]:
    """A session stands as paid by card, and no captured payment is behind it."""
    captured = PaymentAttempt.objects.filter(pk=OuterRef("funded_by"), status=AttemptStatus.CAPTURED)
    rows = Booking.objects.filter(~Exists(captured), status__in=FUNDED, funding=Funding.CARD)
    return [Missed(booking_id) for booking_id in rows.values_list("pk", flat=True)]


def refunded_bookings(*, now: datetime) -> list[Missed]:
    """A session is still ahead, and all that was paid for it went back."""
    refunded = PaymentAttempt.objects.filter(
        pk=OuterRef("funded_by"), status=AttemptStatus.CAPTURED, refunded_minor__gte=F("captured_minor")
    )
    rows = Booking.objects.filter(
        Exists(refunded), status=BookingStatus.CONFIRMED, funding=Funding.CARD, session__starts_at__gt=now
    )
    return [Missed(booking_id) for booking_id in rows.values_list("pk", flat=True)]


def payments_without_booking(*, now: datetime) -> list[Missed]:
    """Money was taken, and it is neither what a booking stands on, or stood on until it was cancelled, nor
    went back. A look at Stripe returns what nobody wanted."""
    theirs = Booking.objects.filter(
        pk=OuterRef("charge__reference"), funded_by=OuterRef("pk"), status__in=KEEPS_ITS_PAYMENT
    )
    rows = PaymentAttempt.objects.filter(
        ~Exists(theirs),
        status=AttemptStatus.CAPTURED,
        charge__purpose="booking",
        captured_at__lte=now - LATE,
        refunded_minor__lt=F("captured_minor"),
    )
    found = rows.values_list("charge__reference", "pk")
    return [Missed(booking_id, ("attempt", attempt_id)) for booking_id, attempt_id in found]


def forgotten_holds(*, now: datetime) -> list[Missed]:
    """A time is kept long past the end of its hold."""
    rows = Booking.objects.filter(status=BookingStatus.HELD, hold_expires_at__lte=now - LATE)
    return [Missed(booking_id, ("hold", booking_id)) for booking_id in rows.values_list("pk", flat=True)]
