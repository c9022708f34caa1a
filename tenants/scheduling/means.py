"""What was paid for bookings and can go back: units of packs, and money."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from tenants.billing.models import PaymentAttempt
from tenants.packs import spending
from tenants.scheduling.models import Booking, Funding


@dataclass(frozen=True)
class Paid:
    """What a card paid for a booking and was not given back, and the charge that it was paid on."""

    minor: int = 0
    purpose: str = ""
    reference: uuid.UUID | None = None


@dataclass(frozen=True)
class Means:
    """What can go back for a booking: units of a pack, and money."""

    units: int
    paid: Paid


def means_of(bookings: Iterable[Booking]) -> dict[uuid.UUID, Means]:
    """What was paid for each and was not given back. At most two queries, however many there are."""
    rows = list(bookings)
    by_pack = [each.pk for each in rows if each.funding == Funding.PACK]
    units = spending.spent_on_each(by_pack) if by_pack else {}
    paid_by = [attempt_id for each in rows if (attempt_id := _attempt_id(each))]
    attempts = PaymentAttempt.objects.select_related("charge").in_bulk(paid_by) if paid_by else {}
    return {
        each.pk: Means(units.get(each.pk, 0), _paid(each, attempts.get(_attempt_id(each)))) for each in rows
    }


def _attempt_id(booking: Booking) -> uuid.UUID | None:
    return booking.funded_by if booking.funding == Funding.CARD else booking.extras_paid_by


def _paid(booking: Booking, attempt: PaymentAttempt | None) -> Paid:
    """In minor units of the booking's currency: the session with its extras, or extras beside a unit."""
    if attempt is None:
        return Paid()
    left_minor = attempt.captured_minor - attempt.refunded_minor
    bought_with_pack = attempt.charge.purpose != "booking"
    return Paid(
        min(booking.extras_minor, left_minor) if bought_with_pack else left_minor,
        attempt.charge.purpose,
        attempt.charge.reference,
    )
