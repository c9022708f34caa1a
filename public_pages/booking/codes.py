"""A coupon's code on the details page: typed, looked at, and told what it makes of the price."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
    """For a session. None where nothing is to be paid for it, or this coach has given out no codes."""
    return looked_at(
        typed_code(request),
        thing=held.session.session_type_id,
        full_minor=held.price_minor,
        currency=held.currency,
        now=now,
        reference=held.pk,
    )


def looked_at(typed: str, *, full_minor: int, now: datetime, **asked: Any) -> Code | None:
    """What a code would make of a price, as `coupons.quote`; None where there is no use for one."""
    if not full_minor or not coupons.any_on(now=now):
        return None
    try:
        found = coupons.quote(code=typed, full_minor=full_minor, now=now, **asked) if typed else None
    except coupons.CouponRefused as refused:
        return Code(typed, problem=str(refused))
    return Code(typed, found)
