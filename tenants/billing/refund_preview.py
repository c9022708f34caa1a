"""What a refund would do, in figures: read before the press, and what happens after it.

Pure sums over integers. Each counts cumulatively, over all that went back before, so that what one refund
does is the difference between two states: as it would be without it, and as it will be with it.
"""

import hashlib
from dataclasses import dataclass

from fees.rules import fee_to_return, split_units, units_given_back


class NothingLeft(Exception):
    """All that was paid is back, or on its way back. Its message is for people."""


class TooMuch(Exception):
    """More than is left of the payment; `left_minor` says how much that is."""

    def __init__(self, left_minor: int) -> None:
        super().__init__("That is more than is left of this payment.")
        self.left_minor = left_minor


@dataclass(frozen=True, slots=True)
class Taken:
    """One captured payment. `gone_minor` is refunded, on its way, or lost in a dispute; `fee_minor` is what
    the platform took of it and was due; the processor's fee is None until Stripe tells it."""

    currency: str
    captured_minor: int
    gone_minor: int
    fee_minor: int
    processor_fee_minor: int | None = None

    @property
    def left_minor(self) -> int:
        return max(self.captured_minor - self.gone_minor, 0)


@dataclass(frozen=True, slots=True)
class Order:
    """All payments of what was sold, together: what cards paid, what of it is gone, and how many units bore
    no fee. What was paid by hand counts for what was sold, and for no fee."""

    captured_minor: int
    gone_minor: int
    free_units: int
    by_hand_minor: int = 0
    by_hand_back_minor: int = 0


@dataclass(frozen=True, slots=True)
class Units:
    """What was sold in units, such as a pack. `followed` is the number of units up to which earlier refunds
    were followed, `removed` how many of them were really taken.

    `beside_minor` was paid beside the units, for an extra; what we give back (`ours_minor` so far) gives that
    back first, and takes no unit with it.
    """

    sold: int
    price_minor: int
    unused: int
    used: int
    followed: int = 0
    removed: int = 0
    beside_minor: int = 0
    ours_minor: int = 0


@dataclass(frozen=True, slots=True)
class Preview:
    """What one refund does. Amounts are minor units of `currency`, all 0 or more.

    `nets_minor` is what the coach has of the payment afterwards, and may be below 0; Stripe's fee is off it
    where it is known.
    """

    currency: str
    amount_minor: int
    left_minor: int
    fee_back_minor: int
    free_units_back: int
    units_go: int
    owed_minor: int
    processor_fee_minor: int | None
    nets_minor: int

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the payment is left afterwards."""
        return self.left_minor == 0

    @property
    def fingerprint(self) -> str:
        """The same for the same figures: what a page has shown, sent along with the press."""
        figures = (self.currency, self.amount_minor, self.left_minor, self.fee_back_minor)
        effects = (self.free_units_back, self.units_go, self.owed_minor, self.processor_fee_minor)
        return hashlib.sha256(repr((*figures, *effects)).encode()).hexdigest()[:16]


def preview(*, taken: Taken, order: Order, amount_minor: int | None, units: Units | None = None) -> Preview:
    """What refunding `amount_minor` of a payment does; None is all that is left of it.

    Raises NothingLeft, TooMuch, and ValueError for an amount of 0 or less.
    """
    if taken.left_minor == 0:
        raise NothingLeft("Nothing is left of this payment: all of it went back, or is on its way.")
    amount_minor = taken.left_minor if amount_minor is None else amount_minor
    if amount_minor <= 0:
        raise ValueError("A refund is above 0.")
    if amount_minor > taken.left_minor:
        raise TooMuch(taken.left_minor)
    gone_minor = taken.gone_minor + amount_minor
    units_go, owed_minor = _of_units(units, order, amount_minor)
    return Preview(
        currency=taken.currency,
        amount_minor=amount_minor,
        left_minor=taken.captured_minor - gone_minor,
        fee_back_minor=_fee_back(taken, gone_minor) - _fee_back(taken, taken.gone_minor),
        free_units_back=_free_units(order, amount_minor) - _free_units(order, 0),
        units_go=units_go,
        owed_minor=owed_minor,
        processor_fee_minor=taken.processor_fee_minor,
        nets_minor=_nets(taken, gone_minor),
    )


def _fee_back(taken: Taken, gone_minor: int) -> int:
    return fee_to_return(
        fee_minor=taken.fee_minor,
        captured_minor=taken.captured_minor,
        refunded_minor=gone_minor,
        already_returned_minor=0,
    )


def _free_units(order: Order, amount_minor: int) -> int:
    return units_given_back(
        free_units=order.free_units,
        captured_minor=order.captured_minor,
        refunded_minor=order.gone_minor + amount_minor,
        already_given=0,
    )


def _nets(taken: Taken, gone_minor: int) -> int:
    fee_minor = taken.fee_minor - _fee_back(taken, gone_minor)
    return taken.captured_minor - gone_minor - fee_minor - (taken.processor_fee_minor or 0)


# --- what was sold in units ------------------------------------------------------------------------


def units_to_remove(*, units: int, captured_minor: int, refunded_minor: int) -> int:
    """How many of a pack's units a refund takes, in proportion and rounded up.

    `refunded_minor` is the sum of all refunds: of 10 units for $450.00, $1.00 takes one and $90.00 two.
    """
    if captured_minor <= 0:
        return 0
    return -(-units * min(refunded_minor, captured_minor) // captured_minor)


def owed_for_units(*, units: int, price_minor: int, owed_units: int) -> int:
    """The price of units that were used and refunded, at the pack's price for each, the dearer first."""
    return sum(split_units(price_minor, units)[: max(owed_units, 0)])


def _of_units(units: Units | None, order: Order, amount_minor: int) -> tuple[int, int]:
    """How many units this refund takes, and what is owed for used ones because of it."""
    if units is None:
        return 0, 0
    removed_before, owed_before = _removed_and_owed(units, order, 0)
    removed, owed = _removed_and_owed(units, order, amount_minor)
    return removed - removed_before, owed - owed_before


def _removed_and_owed(units: Units, order: Order, amount_minor: int) -> tuple[int, int]:
    beside_minor = min(units.ours_minor + amount_minor, units.beside_minor)
    due = units_to_remove(
        units=units.sold,
        captured_minor=order.captured_minor + order.by_hand_minor - units.beside_minor,
        refunded_minor=max(order.gone_minor + order.by_hand_back_minor + amount_minor - beside_minor, 0),
    )
    due = max(due, units.followed)
    removed = units.removed + min(units.unused, due - units.followed)
    owed_units = min(due - removed, units.used)
    owed = owed_for_units(units=units.sold, price_minor=units.price_minor, owed_units=owed_units)
    return removed, owed
