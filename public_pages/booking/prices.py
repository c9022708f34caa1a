"""What a booking costs, line by line: the session, what is always paid beside it, and what was chosen."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from tenants.offers.coupons import Discount
from tenants.packs.models import PackStatus
from tenants.scheduling.models import Booking


@dataclass(frozen=True)
class Prices:
    """In minor units of the booking's currency. `choices` are the extras that may be left out."""

    lines: list[dict[str, Any]]
    choices: list[dict[str, Any]]
    extras_minor: int = 0

    @property
    def total_minor(self) -> int:
        return sum(line["minor"] for line in self.lines)

    @property
    def may_cost(self) -> bool:
        """Whether it costs something, or would with an extra that can be chosen."""
        return bool(self.total_minor or self.choices)


def prices_of(
    booking: Booking, chosen: Collection[str] | None = None, discount: Discount | None = None
) -> Prices:
    """With the extras that were `chosen` by id on a page; None for those that the booking has by now.

    `discount` is what a code that was typed would make of the session's price.
    """
    extras = [{**each, "chosen": _is_chosen(each, chosen)} for each in booking.agreed.get("extras", ())]
    beside = [{"label": each["name"], "minor": each["price_minor"]} for each in extras if each["chosen"]]
    return Prices(
        lines=[*_session(booking), *_coupon(booking, discount), *beside],
        choices=[each for each in extras if not each["required"]],
        extras_minor=sum(line["minor"] for line in beside),
    )


def _is_chosen(extra: dict[str, Any], chosen: Collection[str] | None) -> bool:
    asked_for = extra.get("chosen", False) if chosen is None else extra["id"] in chosen
    return extra["required"] or asked_for


def _session(booking: Booking) -> list[dict[str, Any]]:
    """A unit of a pack or a retainer stands in no line of money; a pack that is bought with it does."""
    if booking.retainer_id:
        return []
    if not booking.pack_id:
        full_minor = booking.agreed.get("coupon", {}).get("full_minor", booking.price_minor)
        return [{"label": booking.agreed["name"], "minor": full_minor}]
    pack = booking.pack
    assert pack is not None
    bought_now = pack.status == PackStatus.PENDING or pack.first_booking == booking.pk
    return [{"label": pack.offer.name, "minor": pack.price_minor}] if bought_now else []


def _coupon(booking: Booking, discount: Discount | None) -> list[dict[str, Any]]:
    """What comes off the session's price, by the code that is typed or the one that it was booked with."""
    used = booking.agreed.get("coupon")
    if discount:
        return [{"label": f"Code {discount.coupon.code}", "minor": -discount.off_minor}]
    return [{"label": f"Code {used['code']}", "minor": -used["off_minor"]}] if used else []
