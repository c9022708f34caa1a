"""What a refund would do, in figures: the differences of cumulative sums, whatever came before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fees.rules import fee_to_return, units_given_back
from tenants.billing.refund_preview import (
    NothingLeft,
    Order,
    Preview,
    Taken,
    TooMuch,
    Units,
    preview,
    units_to_remove,
)


def taken(captured: int = 8000, gone: int = 0, fee: int = 800, processor: int | None = 262) -> Taken:
    return Taken("usd", captured, gone, fee, processor)


def refund(
    amount: int | None,
    *,
    of: Taken | None = None,
    free: int = 0,
    units: Units | None = None,
    order: Order | None = None,
) -> Preview:
    of = of or taken()
    whole = order or Order(of.captured_minor, of.gone_minor, free)
    return preview(taken=of, order=whole, amount_minor=amount, units=units)


TEN = Units(sold=10, price_minor=45000, unused=10, used=0)


def test_a_part_returns_its_part_of_the_fee_and_stripe_keeps_its_own() -> None:
    told = refund(2000)
    assert (told.amount_minor, told.left_minor, told.fee_back_minor) == (2000, 6000, 200)
    assert (told.processor_fee_minor, told.nets_minor) == (262, 8000 - 2000 - 600 - 262)
    assert not told.is_whole


def test_the_whole_returns_the_whole_fee_and_costs_what_stripe_keeps() -> None:
    told = refund(None)
    assert (told.amount_minor, told.fee_back_minor, told.nets_minor) == (8000, 800, -262)
    assert told.is_whole


def test_what_is_on_its_way_is_not_counted_twice() -> None:
    told = refund(None, of=taken(gone=2000))
    assert (told.amount_minor, told.fee_back_minor) == (6000, 600)


def test_a_free_session_comes_back_with_its_whole_price_only() -> None:
    free = taken(fee=0)
    assert refund(7999, of=free, free=1).free_units_back == 0
    assert refund(8000, of=free, free=1).free_units_back == 1
    assert refund(1, of=taken(gone=7999, fee=0), free=1).free_units_back == 1


def test_free_sessions_are_counted_over_all_payments_of_the_order() -> None:
    half = taken(captured=4000, fee=0)
    assert refund(None, of=half, order=Order(8000, 0, 1)).free_units_back == 0
    assert refund(None, of=half, order=Order(8000, 4000, 1)).free_units_back == 1


@pytest.mark.parametrize(
    ("units", "amount", "go", "owed"),
    [
        (TEN, 9000, 2, 0),
        (TEN, 100, 1, 0),
        (Units(10, 45000, unused=3, used=7), 45000, 3, 31500),
        (Units(10, 45000, unused=0, used=10), 4500, 0, 4500),
        # What expired is neither there to be taken, nor was it used.
        (Units(10, 45000, unused=0, used=4), 45000, 0, 18000),
        # Two went with 90.00 before: the next 45.00 take one more.
        (Units(10, 45000, unused=8, used=0, followed=2, removed=2), 4500, 1, 0),
    ],
)
def test_units_go_in_proportion_and_used_ones_are_owed(units: Units, amount: int, go: int, owed: int) -> None:
    gone = 9000 if units.followed else 0
    told = refund(amount, of=taken(captured=45000, gone=gone, fee=4500), units=units)
    assert (told.units_go, told.owed_minor) == (go, owed)


def test_an_extra_that_goes_back_first_takes_no_unit() -> None:
    beside = Units(10, 45000, unused=10, used=0, beside_minor=1000)
    paid = taken(captured=46000, fee=4600)
    assert refund(1000, of=paid, units=beside).units_go == 0
    assert refund(1001, of=paid, units=beside).units_go == 1
    assert refund(5500, of=paid, units=beside).units_go == 1


def test_refused_amounts_say_what_is_left() -> None:
    with pytest.raises(TooMuch) as refused:
        refund(8001)
    assert refused.value.left_minor == 8000
    with pytest.raises(NothingLeft):
        refund(1, of=taken(gone=8000))
    with pytest.raises(ValueError, match="above 0"):
        refund(0)


def test_other_figures_have_another_fingerprint() -> None:
    same = [refund(2000).fingerprint, refund(2000).fingerprint]
    others = [refund(2001), refund(2000, of=taken(gone=1)), refund(2000, of=taken(processor=None))]
    assert len({*same, *(each.fingerprint for each in others)}) == 4


# --- any number of refunds, one after the other ------------------------------------------------------


@given(
    captured=st.integers(1, 100_000),
    rate_bp=st.integers(0, 10_000),
    free=st.integers(0, 10),
    parts=st.lists(st.integers(1, 30_000), max_size=8),
)
def test_refund_by_refund_comes_to_what_the_sum_comes_to(
    captured: int, rate_bp: int, free: int, parts: list[int]
) -> None:
    """Whatever way it is cut, fee and free sessions come back as the one rule over the sum says."""
    fee, gone, fee_back, free_back = captured * rate_bp // 10_000, 0, 0, 0
    for part in parts:
        if gone + part > captured:
            break
        told = refund(part, of=Taken("usd", captured, gone, fee, 0), free=free)
        gone, fee_back, free_back = (
            gone + part,
            fee_back + told.fee_back_minor,
            free_back + told.free_units_back,
        )
        assert told.nets_minor == captured - gone - (fee - fee_back)
    assert fee_back == fee_to_return(
        fee_minor=fee, captured_minor=captured, refunded_minor=gone, already_returned_minor=0
    )
    assert free_back == units_given_back(
        free_units=free, captured_minor=captured, refunded_minor=gone, already_given=0
    )


@given(
    sold=st.integers(1, 30),
    used=st.integers(0, 30),
    price=st.integers(100, 100_000),
    parts=st.lists(st.integers(1, 40_000), max_size=8),
)
def test_units_that_go_and_what_is_owed_follow_the_sum(
    sold: int, used: int, price: int, parts: list[int]
) -> None:
    used = min(used, sold)
    units, gone, owed = Units(sold, price, unused=sold - used, used=used), 0, 0
    for part in parts:
        if gone + part > price:
            break
        told = refund(part, of=Taken("usd", price, gone, 0, 0), units=units)
        gone, owed = gone + part, owed + told.owed_minor
        due = units_to_remove(units=sold, captured_minor=price, refunded_minor=gone)
        removed = units.removed + told.units_go
        units = Units(sold, price, sold - used - removed, used, followed=due, removed=removed)
    due = units_to_remove(units=sold, captured_minor=price, refunded_minor=gone)
    assert units.removed == min(due, sold - used)
    assert units.unused >= 0
    assert (owed > 0) == (due > sold - used)


def test_what_was_paid_by_hand_counts_for_units_and_for_no_fee() -> None:
    half_in_cash = Order(22500, 0, 0, by_hand_minor=22500)
    paid = taken(captured=22500, fee=2250)
    told = refund(None, of=paid, order=half_in_cash, units=TEN)
    assert (told.units_go, told.fee_back_minor) == (5, 2250)
