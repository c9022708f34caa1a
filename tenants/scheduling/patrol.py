"""What a patrol looks for between bookings and their payments: one without the other."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum

from kit.ledgers import OF_A_BOOKING
from tenants.billing.models import AttemptStatus, PaymentAttempt
from tenants.packs.models import PackEntry
from tenants.registry import wakeups
from tenants.registry.patrols import LATE, Missed
from tenants.retainers.models import RetainerEntry
from tenants.scheduling.models import (
    FUNDED,
    Booking,
    BookingStatus,
    Cancellation,
    CancellationStatus,
    Funding,
)
from tenants.scheduling.reminders import CHOICES

KEEPS_ITS_PAYMENT = FUNDED | {BookingStatus.CANCELLED}
# Entries of both kinds have the same names for a unit that is spent, and for one that came back.
LEDGERS: dict[str, Any] = {Funding.PACK: PackEntry, Funding.RETAINER: RetainerEntry}


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
    went back. A look at Stripe returns what nobody wanted.

    A booking stands on the first part of its price. Another part of the same charge is its payment, too."""
    part = PaymentAttempt.objects.filter(
        pk=OuterRef("funded_by"), charge=OuterRef(OuterRef("charge")), instalment__isnull=False
    ).exclude(instalment=OuterRef(OuterRef("instalment")))
    theirs = Booking.objects.filter(
        Q(funded_by=OuterRef("pk")) | Q(extras_paid_by=OuterRef("pk")) | Exists(part),
        pk=OuterRef("charge__reference"),
        status__in=KEEPS_ITS_PAYMENT,
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


def bookings_without_unit(*, now: datetime) -> list[Missed]:
    """A session stands as paid by a pack or a retainer, and its ledger spends nothing on it."""
    return [
        Missed(booking_id)
        for funding, entries in LEDGERS.items()
        for booking_id in _standing_on(funding, entries).values_list("pk", flat=True)
    ]


def _standing_on(funding: str, entries: Any) -> QuerySet[Any]:
    spent = entries.objects.filter(booking_id=OuterRef("pk"), kind__in=OF_A_BOOKING).order_by()
    units = Subquery(spent.values("booking_id").annotate(units=Sum("units")).values("units"))
    rows = Booking.objects.filter(status__in=FUNDED, funding=funding).annotate(units=units)
    return rows.filter(Q(units=None) | Q(units__gte=0))


def units_without_booking(*, now: datetime) -> list[Missed]:
    """A unit is spent on a session that does not stand, and whose cancelling kept none."""
    kept = Cancellation.objects.filter(booking=OuterRef("pk"), status=CancellationStatus.DONE, outcome="used")
    gone = Booking.objects.filter(~Exists(kept), status__in=(BookingStatus.CANCELLED, BookingStatus.EXPIRED))
    return [
        Missed(booking_id)
        for entries in LEDGERS.values()
        for booking_id in gone.filter(pk__in=_paid_with(entries)).values_list("pk", flat=True)
    ]


def _paid_with(entries: Any) -> QuerySet[Any]:
    spent = entries.objects.filter(booking_id__isnull=False, kind__in=OF_A_BOOKING).order_by()
    paying = spent.values("booking_id").annotate(units=Sum("units")).filter(units__lt=0)
    return paying.values("booking_id")


def forgotten_requests(*, now: datetime) -> list[Missed]:
    """A request is unanswered long after it had to be answered."""
    rows = Booking.objects.filter(status=BookingStatus.REQUESTED, accepted_at=None, answer_by__lte=now - LATE)
    return [Missed(booking_id, ("request", booking_id)) for booking_id in rows.values_list("pk", flat=True)]


def forgotten_cancellations(*, now: datetime) -> list[Missed]:
    """Somebody called a session off, and nothing came of it."""
    rows = Cancellation.objects.filter(
        status=CancellationStatus.PENDING, takes_effect_at__lte=now - LATE
    ).values_list("booking_id", "pk")
    return [Missed(booking_id, ("cancellation", cancelled)) for booking_id, cancelled in rows]


def forgotten_reminders(*, now: datetime) -> list[Missed]:
    """Nobody looks whether the client is to be reminded of a session that is ahead."""
    rows = Booking.objects.filter(
        ~wakeups.asked("reminder"),
        status=BookingStatus.CONFIRMED,
        confirmed_at__lte=now - LATE,
        session__starts_at__gt=now + timedelta(hours=min(CHOICES)) + LATE,
    )
    return [Missed(booking_id, ("reminder", booking_id)) for booking_id in rows.values_list("pk", flat=True)]


def forgotten_holds(*, now: datetime) -> list[Missed]:
    """A time is kept long past the end of its hold."""
    rows = Booking.objects.filter(status=BookingStatus.HELD, hold_expires_at__lte=now - LATE)
    return [Missed(booking_id, ("hold", booking_id)) for booking_id in rows.values_list("pk", flat=True)]
