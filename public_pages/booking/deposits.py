"""What a client of a session with a deposit reads: what is paid now, what later, and what that means."""

import copy
from dataclasses import dataclass
from datetime import datetime

from public_pages.booking.prices import Prices
from tenants.billing.links import pay_address
from tenants.billing.models import OWED, Charge
from tenants.offers.coupons import Discount
from tenants.offers.models import IfRestFails
from tenants.scheduling import deposits
from tenants.scheduling.models import Booking


@dataclass(frozen=True, slots=True)
class Split:
    """In minor units of the booking's currency. `consent` is what is agreed to by paying the deposit."""

    now_minor: int
    rest_minor: int
    due_at: datetime
    by_card: bool
    consent: str
    cancels: bool


def split_of(booking: Booking, prices: Prices, discount: Discount | None = None) -> Split | None:
    """How the whole is split; None where all of it is paid at booking."""
    as_it_would_be = copy.copy(booking)
    if discount:
        as_it_would_be.price_minor = discount.left_minor
    parts = deposits.parts_of(as_it_would_be, prices.total_minor)
    if not parts:
        return None
    return Split(
        now_minor=parts[0].amount_minor,
        rest_minor=parts[-1].amount_minor,
        due_at=parts[-1].due_at,
        by_card=parts[-1].by_card,
        consent=deposits.consent(as_it_would_be, parts),
        cancels=booking.agreed["deposit"]["if_rest_fails"] == IfRestFails.CANCEL,
    )


@dataclass(frozen=True, slots=True)
class Rest:
    """What is paid and still owed of a booked session, when it is due, and where it can be paid."""

    minor: int
    paid_minor: int
    due_at: datetime
    by_card: bool
    has_failed: bool
    pay_url: str


def rest_of(booking: Booking) -> Rest | None:
    """None where nothing is owed any more, or all was paid at booking."""
    if not booking.agreed.get("deposit"):
        return None
    charge = Charge.objects.filter(purpose="booking", reference=booking.pk).select_related("client").first()
    owed = charge and charge.instalments.filter(status__in=OWED).order_by("number").first()
    if not charge or not owed:
        return None
    return Rest(
        owed.amount_minor - owed.paid_minor,
        charge.paid_minor,
        owed.due_at,
        owed.by_card and not owed.asks_client,
        owed.status == "failed" or owed.tries > 0,
        pay_address(charge, to_payer=False),
    )
