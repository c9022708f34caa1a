"""A coupon's code on the details page: typed, looked at, and told what it makes of the price."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest

from tenants.offers import coupons
from tenants.offers.coupons import Discount
from tenants.scheduling.models import Booking

LONGEST = 40


@dataclass(frozen=True, slots=True)
class Code:
    """What was typed, and what came of it: a discount, or why there is none."""

    typed: str = ""
    discount: Discount | None = None
    problem: str = ""


def typed_code(request: HttpRequest) -> str:
    return request.POST.get("coupon", "").strip()[:LONGEST]


def code_of(request: HttpRequest, held: Booking, now: datetime) -> Code | None:
    """None where nothing is to be paid for the session, or this coach has given out no codes."""
    if not held.price_minor or not coupons.any_on(now=now):
        return None
    typed = typed_code(request)
    if not typed:
        return Code()
    try:
        found = coupons.quote(
            code=typed,
            thing=held.session.session_type_id,
            full_minor=held.price_minor,
            currency=held.currency,
            now=now,
            reference=held.pk,
        )
    except coupons.CouponRefused as refused:
        return Code(typed, problem=str(refused))
    return Code(typed, found)
