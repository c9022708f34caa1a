"""The platform's fee: exact, cumulative, and given back in proportion."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fees.rules import cap_that_bites, fee_for, fee_to_return, order_fee, split_units, units_given_back
from kit.money import percentage

AMOUNT = st.integers(0, 10**8)
RATE = st.integers(0, 10_000)
PARTS = st.lists(st.integers(0, 10**7), min_size=1, max_size=6)


@st.composite
def terms(draw):
    """What an order's first capture fixes for all its parts."""
    units = draw(st.integers(0, 30))
    return {
        "rate_bp": draw(RATE),
        "units": units,
        "free_units_granted": draw(st.integers(0, units)),
        "extras_minor": draw(st.just(0) | st.integers(0, 10**6)),
        "cap_minor": draw(st.none() | st.integers(0, 10**6)),
    }


def fees_of(parts, **order):
    captured, fees = 0, []
    for part in parts:
        fees.append(
            order_fee(captured_so_far_minor=captured, fees_taken_minor=sum(fees), part_minor=part, **order)
        )
        captured += part
    return fees


def test_a_pack_of_ten_with_six_free_units():
    fee = fee_for(amount_minor=45_000, units=10, free_units_granted=6, rate_bp=1_000)
    assert fee == 1_800


@pytest.mark.parametrize(
    ("amount", "extras", "units", "free", "fee"),
    [
        (45_000, 0, 10, 6, 1_800),
        (47_000, 2_000, 10, 6, 1_800),
        (47_000, 2_000, 10, 1, 4_050),
        (47_000, 2_000, 10, 10, 0),
        (47_000, 2_000, 10, 0, 4_700),
        (6_500, 2_000, 1, 1, 0),
        (6_500, 2_000, 1, 0, 650),
        (2_000, 2_000, 0, 0, 200),
    ],
)
def test_a_court_fee_follows_the_first_unit(amount, extras, units, free, fee):
    terms = {"units": units, "free_units_granted": free, "extras_minor": extras, "rate_bp": 1_000}
    assert fee_for(amount_minor=amount, **terms) == fee


def test_a_cap_counts_for_a_unit_with_its_extras():
    one = {"units": 1, "free_units_granted": 1, "extras_minor": 2_000, "rate_bp": 1_000}
    assert fee_for(amount_minor=6_500, cap_minor=5_000, **one) == 150
    assert fee_for(amount_minor=6_500, cap_minor=6_500, **one) == 0


@given(AMOUNT, AMOUNT, st.integers(1, 30), st.data())
def test_extras_are_free_exactly_when_a_unit_is(price, extras, units, data):
    """Without a cap they change nothing beside a free unit, and bear the fee beside none."""
    free = data.draw(st.integers(0, units))
    terms = {"units": units, "free_units_granted": free, "rate_bp": data.draw(RATE)}
    with_extras = fee_for(amount_minor=price + extras, extras_minor=extras, **terms)
    assert with_extras == fee_for(amount_minor=price if free else price + extras, **terms)


def test_a_session_bears_a_tenth_or_nothing():
    assert fee_for(amount_minor=4_500, units=1, free_units_granted=0, rate_bp=1_000) == 450
    assert fee_for(amount_minor=4_500, units=1, free_units_granted=1, rate_bp=1_000) == 0


def test_money_for_no_session_bears_the_fee():
    assert fee_for(amount_minor=4_500, units=0, free_units_granted=0, rate_bp=1_000) == 450


def test_above_the_cap_of_a_free_unit_the_rest_bears_the_fee():
    free = {"units": 2, "free_units_granted": 1, "rate_bp": 1_000}
    assert fee_for(amount_minor=20_000, cap_minor=4_000, **free) == 1_600
    assert fee_for(amount_minor=20_000, cap_minor=10_000, **free) == 1_000
    assert fee_for(amount_minor=20_000, cap_minor=0, **free) == 2_000


@pytest.mark.parametrize(
    ("amount", "extras", "free", "cap", "bites"),
    [
        (20_000, 0, 1, 9_999, 9_999),
        (20_000, 0, 1, 10_000, None),
        (20_000, 0, 0, 1, None),
        (20_000, 0, 2, None, None),
        (22_000, 2_000, 1, 10_000, 10_000),
    ],
)
def test_a_cap_bites_where_a_free_unit_costs_more(amount, extras, free, cap, bites):
    told = cap_that_bites(
        amount_minor=amount, units=2, free_units_granted=free, cap_minor=cap, extras_minor=extras
    )
    assert told == bites


def test_three_parts_bear_the_fee_of_the_whole_to_the_cent():
    assert fees_of([3_335, 3_335, 3_335], rate_bp=1_000) == [333, 334, 333]


def test_deposit_and_rest_share_one_free_unit():
    one = {"units": 1, "free_units_granted": 1, "rate_bp": 1_000}
    assert fees_of([3_000, 7_000], **one) == [0, 0]
    assert fees_of([3_000, 7_000], cap_minor=5_000, **one) == [0, 500]


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_minor": -1},
        {"rate_bp": -1},
        {"rate_bp": 10_001},
        {"free_units_granted": 3},
        {"cap_minor": -1},
        {"extras_minor": -1},
    ],
)
def test_impossible_terms_are_refused(wrong):
    with pytest.raises(ValueError, match=r"0 or more|more than the payment|free units"):
        fee_for(**{"amount_minor": 100, "units": 2, "free_units_granted": 0, "rate_bp": 1_000, **wrong})


@given(PARTS, terms())
def test_the_fees_of_the_parts_are_the_fee_of_the_whole(parts, order):
    fees = fees_of(parts, **order)
    assert sum(fees) == fee_for(amount_minor=sum(parts), **order)
    assert all(0 <= fee <= part for fee, part in zip(fees, parts, strict=True))


@given(AMOUNT, AMOUNT, AMOUNT, RATE)
def test_a_fee_is_never_below_nothing_or_above_its_part(captured, taken, part, rate_bp):
    fee = order_fee(captured_so_far_minor=captured, fees_taken_minor=taken, part_minor=part, rate_bp=rate_bp)
    assert 0 <= fee <= part


@given(AMOUNT, st.integers(0, 1000), terms())
def test_a_higher_price_never_bears_a_lower_fee(amount, more, order):
    assert fee_for(amount_minor=amount, **order) <= fee_for(amount_minor=amount + more, **order)


@given(AMOUNT, terms(), st.integers(0, 10**6))
def test_free_units_and_a_higher_cap_only_lower_the_fee(amount, order, more):
    fee = fee_for(amount_minor=amount, **order)
    assert fee <= fee_for(amount_minor=amount, **{**order, "free_units_granted": 0})
    if order["cap_minor"] is not None:
        raised = {**order, "cap_minor": order["cap_minor"] + more}
        assert fee_for(amount_minor=amount, **raised) <= fee


@given(PARTS, terms(), st.integers(1, 10**6))
def test_with_a_cap_the_fee_lies_between_that_without_one_and_the_whole_rate(parts, order, cap):
    """In whatever parts it is paid, they bear it to the cent; where no cap bites, it is as without one."""
    amount, uncapped, capped = sum(parts), {**order, "cap_minor": None}, {**order, "cap_minor": cap}
    fee = fee_for(amount_minor=amount, **capped)
    assert fee_for(amount_minor=amount, **uncapped) <= fee <= percentage(amount, order["rate_bp"])
    assert sum(fees_of(parts, **capped)) == fee
    asked = {name: value for name, value in capped.items() if name != "rate_bp"}
    if cap_that_bites(amount_minor=amount, **asked) is None:
        assert fee == fee_for(amount_minor=amount, **uncapped)


@given(AMOUNT, terms(), st.integers(1, 10**6))
def test_what_a_cap_leaves_free_is_at_most_the_cap_of_each_free_unit(amount, order, cap):
    order = {**order, "cap_minor": cap, "rate_bp": 10_000}
    freed = amount - fee_for(amount_minor=amount, **order)
    assert freed <= order["free_units_granted"] * cap


def test_units_split_with_the_dearer_first():
    assert split_units(45_000, 10) == [4_500] * 10
    assert split_units(10_000, 3) == [3_334, 3_333, 3_333]
    with pytest.raises(ValueError, match="at least one unit"):
        split_units(100, 0)


@given(AMOUNT, st.integers(1, 200))
def test_units_sum_exactly_and_differ_by_a_cent_at_most(total, units):
    prices = split_units(total, units)
    assert sum(prices) == total
    assert len(prices) == units
    assert max(prices) - min(prices) <= 1
    assert prices == sorted(prices, reverse=True)


def test_a_full_refund_gives_the_unit_back_and_half_of_one_gives_none():
    one = {"free_units": 1, "captured_minor": 4_500}
    assert units_given_back(refunded_minor=2_250, already_given=0, **one) == 0
    assert units_given_back(refunded_minor=4_500, already_given=0, **one) == 1
    assert units_given_back(refunded_minor=4_500, already_given=1, **one) == 0


def test_the_fee_comes_back_in_proportion():
    charge = {"fee_minor": 450, "captured_minor": 4_500}
    assert fee_to_return(refunded_minor=1_500, already_returned_minor=0, **charge) == 150
    assert fee_to_return(refunded_minor=4_500, already_returned_minor=150, **charge) == 300
    assert fee_to_return(refunded_minor=4_500, already_returned_minor=450, **charge) == 0


def test_nothing_captured_gives_nothing_back():
    assert units_given_back(free_units=1, captured_minor=0, refunded_minor=0, already_given=0) == 0
    assert fee_to_return(fee_minor=0, captured_minor=0, refunded_minor=0, already_returned_minor=0) == 0


@given(st.integers(0, 50), PARTS, st.integers(0, 10**8))
def test_refunds_in_steps_return_as_much_as_one(whole, refunds, kept):
    captured = sum(refunds) + kept
    refunded = units = fee = 0
    for refund in refunds:
        refunded += refund
        more = units_given_back(
            free_units=whole, captured_minor=captured, refunded_minor=refunded, already_given=units
        )
        back = fee_to_return(
            fee_minor=whole, captured_minor=captured, refunded_minor=refunded, already_returned_minor=fee
        )
        assert more >= 0
        assert back >= 0
        units, fee = units + more, fee + back
        assert units == fee
        assert units * captured <= whole * refunded
    if not kept and captured:
        assert units == whole


@given(AMOUNT, AMOUNT, AMOUNT, AMOUNT)
def test_never_more_comes_back_than_was_taken(fee, captured, refunded, already):
    back = fee_to_return(
        fee_minor=fee, captured_minor=captured, refunded_minor=refunded, already_returned_minor=already
    )
    assert 0 <= back <= fee
    assert already + back <= max(fee, already)
