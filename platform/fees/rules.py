"""What the platform earns of a payment: pure sums over integers, in minor units and basis points.

Fees round down, and cumulatively per order, so that the fees of its parts are the fee of the whole.
A paid session unit that was granted free bears no fee; what is paid for no session always does. Extras
that are paid with a unit, such as a court fee, follow the first one.
"""

from kit.money import percentage


def order_fee(
    *,
    captured_so_far_minor: int,
    fees_taken_minor: int,
    part_minor: int,
    rate_bp: int,
    units: int = 0,
    free_units_granted: int = 0,
    extras_minor: int = 0,
    cap_minor: int | None = None,
) -> int:
    """The fee of the next part of an order: what the whole owes so far, less what was taken.

    `units`, `free_units_granted`, `extras_minor` and `cap_minor` are those of the whole order, fixed at
    its first capture. Never below 0 and never above the part. Raises ValueError as `fee_for` does.
    """
    _refuse_negative(captured_so_far_minor, fees_taken_minor, part_minor)
    due = fee_for(
        amount_minor=captured_so_far_minor + part_minor,
        units=units,
        free_units_granted=free_units_granted,
        extras_minor=extras_minor,
        rate_bp=rate_bp,
        cap_minor=cap_minor,
    )
    return min(max(due - fees_taken_minor, 0), part_minor)


def fee_for(
    *,
    amount_minor: int,
    units: int,
    free_units_granted: int,
    rate_bp: int,
    extras_minor: int = 0,
    cap_minor: int | None = None,
) -> int:
    """The fee of one amount that pays for `units` sessions, of which some were granted free.

    A pack of 10 for $450.00 with 6 free units: 10 % of the other four, $18.00. `extras_minor` of the amount
    are no session's price, but free with the first unit if that is free. With `cap_minor`, a free unit
    frees at most that much of what is paid for it. Raises ValueError for negative numbers, for
    more free units than units, and for a rate above the whole.
    """
    _refuse_negative(amount_minor, units, free_units_granted, rate_bp, extras_minor, cap_minor or 0)
    if free_units_granted > units:
        raise ValueError(f"{free_units_granted} free units were granted for {units} sessions.")
    if rate_bp > 10_000:
        raise ValueError(f"A fee of {rate_bp} basis points is more than the payment.")
    freed_minor = _freed(amount_minor, units, free_units_granted, extras_minor, cap_minor)
    return percentage(amount_minor - freed_minor, rate_bp)


def cap_that_bites(
    *, amount_minor: int, units: int, free_units_granted: int, cap_minor: int | None, extras_minor: int = 0
) -> int | None:
    """The cap, where a free unit of the amount costs more than that; None where each is free as a whole."""
    if cap_minor is None:
        return None
    whole_minor = _freed(amount_minor, units, free_units_granted, extras_minor, None)
    capped_minor = _freed(amount_minor, units, free_units_granted, extras_minor, cap_minor)
    return cap_minor if capped_minor < whole_minor else None


def split_units(total_minor: int, units: int) -> list[int]:
    """The price of each unit: they sum exactly, differ by at most 1, and the dearer come first."""
    _refuse_negative(total_minor)
    if units < 1:
        raise ValueError("A price is split over at least one unit.")
    price, left_over = divmod(total_minor, units)
    return [price + 1] * left_over + [price] * (units - left_over)


def units_given_back(*, free_units: int, captured_minor: int, refunded_minor: int, already_given: int) -> int:
    """Free units that return to the coach after a refund, beyond those already returned.

    `refunded_minor` is the sum of all refunds of the charge: a unit returns when its whole share is back.
    """
    _refuse_negative(free_units, already_given)
    return max(_share(free_units, captured_minor, refunded_minor) - already_given, 0)


def fee_to_return(
    *, fee_minor: int, captured_minor: int, refunded_minor: int, already_returned_minor: int
) -> int:
    """The part of a fee that goes back after a refund, beyond what already went back.

    `refunded_minor` is the sum of all succeeded refunds and lost disputes of the charge. In
    proportion, rounded down; a full refund returns the fee to the cent.
    """
    _refuse_negative(fee_minor, already_returned_minor)
    return max(_share(fee_minor, captured_minor, refunded_minor) - already_returned_minor, 0)


def _freed(amount_minor: int, units: int, free_units: int, extras_minor: int, cap_minor: int | None) -> int:
    """How much of the amount bears no fee. What was captured so far can be less than the extras."""
    if not free_units:
        return 0
    extras_minor = min(extras_minor, amount_minor)
    prices = split_units(amount_minor - extras_minor, units)[:free_units]
    prices[0] += extras_minor
    return sum(prices) if cap_minor is None else sum(min(price, cap_minor) for price in prices)


def _share(whole: int, captured_minor: int, refunded_minor: int) -> int:
    """`whole` in proportion to what was refunded, rounded down. Nothing captured: nothing comes back."""
    _refuse_negative(captured_minor, refunded_minor)
    if captured_minor == 0:
        return 0
    return whole * min(refunded_minor, captured_minor) // captured_minor


def _refuse_negative(*amounts: int) -> None:
    if min(amounts) < 0:
        raise ValueError("Amounts, units and rates are 0 or more.")
