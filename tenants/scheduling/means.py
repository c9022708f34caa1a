"""What was paid for bookings and can go back: units of packs and retainers, and money."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from tenants.billing.models import Charge, ManualPayment, PaymentAttempt
from tenants.scheduling import units
from tenants.scheduling.models import Booking, Funding


@dataclass(frozen=True)
class Paid:
    """What was paid for a booking and was not given back, and the charge that it was paid on."""

    minor: int = 0
    purpose: str = ""
    reference: uuid.UUID | None = None


@dataclass(frozen=True)
class Means:
    """What can go back for a booking: units of a pack or a retainer, and money."""

    units: int
    paid: Paid


def means_of(bookings: Iterable[Booking]) -> dict[uuid.UUID, Means]:
    """What was paid for each and was not given back, by all payments of its charge, by card and by hand.

    At most three queries, however many there are; one more where some was paid by hand first.
    """
    rows = list(bookings)
    spent, charges = units.spent_on_each(rows), _charges(rows)
    return {each.pk: Means(spent.get(each.pk, 0), _paid(each, charges.get(_paid_by(each)))) for each in rows}


def _charges(rows: list[Booking]) -> dict[uuid.UUID | None, Charge]:
    """The charge of each payment that funds one of these bookings, by that payment."""
    by_hand: list[uuid.UUID] = []
    by_card: list[uuid.UUID] = []
    for each in rows:
        if payment_id := _paid_by(each):
            (by_hand if each.funding == Funding.RECEIVED else by_card).append(payment_id)
    payments = [
        *(PaymentAttempt.objects.select_related("charge").filter(pk__in=by_card) if by_card else ()),
        *(ManualPayment.objects.select_related("charge").filter(pk__in=by_hand) if by_hand else ()),
    ]
    return {payment.pk: payment.charge for payment in payments}


def _paid_by(booking: Booking) -> uuid.UUID | None:
    paid_itself = booking.funding in (Funding.CARD, Funding.RECEIVED)
    return booking.funded_by if paid_itself else booking.extras_paid_by


def _paid(booking: Booking, charge: Charge | None) -> Paid:
    """In minor units of the booking's currency: the session with its extras, or extras beside a unit."""
    if charge is None:
        return Paid()
    left_minor = charge.paid_minor - charge.refunded_minor
    bought_with_pack = charge.purpose != "booking"
    return Paid(
        min(booking.extras_minor, left_minor) if bought_with_pack else left_minor,
        charge.purpose,
        charge.reference,
    )
