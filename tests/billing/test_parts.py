"""Parts of a charge: they sum exactly, a card can take each, and money fills them from the earliest on."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fees.rules import fee_for, fee_to_return, order_fee
from kit.clock import zone
from kit.money import MINIMUM_CHARGE_MINOR
from tenants.billing.parts import Part, Share, allocate, deposit_and_rest, merged, monthly, next_amount

NOW = datetime(2026, 1, 31, 20, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=10)
CURRENCIES = st.sampled_from(["usd", "gbp", "sek", "jpy"])


def rest_of(amount_minor: int, deposit_minor: int, due_at: datetime = LATER) -> list[int]:
    parts = deposit_and_rest(
        amount_minor=amount_minor,
        deposit_minor=deposit_minor,
        currency="usd",
        now=NOW,
        rest_due_at=due_at,
        by_card=True,
    )
    return [part.amount_minor for part in parts]


def test_a_deposit_now_and_the_rest_when_it_is_due() -> None:
    parts = deposit_and_rest(
        amount_minor=9000,
        deposit_minor=2500,
        currency="usd",
        now=NOW,
        rest_due_at=LATER,
        by_card=True,
    )
    assert parts == (Part("deposit", 2500, NOW), Part("rest", 6500, LATER, by_card=True))


@pytest.mark.parametrize(
    ("amount", "deposit", "due_at"),
    [
        (9000, 0, LATER),
        (9000, 9000, LATER),
        (9000, 20000, LATER),
        (9000, 2500, NOW),
        (9000, 8951, LATER),
        (9000, 49, LATER),
    ],
    ids=["no deposit", "all of it", "more than all", "due already", "rest too small", "deposit too small"],
)
def test_what_cannot_be_parted_is_one_payment(amount: int, deposit: int, due_at: datetime) -> None:
    assert rest_of(amount, deposit, due_at) == []


def test_the_smallest_parts_that_a_card_takes() -> None:
    assert rest_of(9000, 50) == [50, 8950]
    assert rest_of(9000, 8950) == [8950, 50]


def test_instalments_fall_due_on_the_same_day_of_each_month_in_the_morning_of_the_coach() -> None:
    parts = monthly(amount_minor=10005, count=3, currency="usd", now=NOW, timezone="America/New_York")
    assert [part.amount_minor for part in parts] == [3335, 3335, 3335]
    there = [part.due_at.astimezone(zone("America/New_York")) for part in parts]
    assert [f"{at:%d %b %H:%M}" for at in there] == ["31 Jan 15:00", "28 Feb 09:00", "31 Mar 09:00"]
    assert [part.by_card for part in parts] == [False, True, True]


def test_the_day_is_the_one_on_the_wall_of_the_coach() -> None:
    """In Sydney it is February already."""
    parts = monthly(amount_minor=9000, count=2, currency="aud", now=NOW, timezone="Australia/Sydney")
    assert f"{parts[1].due_at.astimezone(zone('Australia/Sydney')):%d %b %H:%M}" == "01 Mar 09:00"


@given(amount=st.integers(1, 10**7), count=st.integers(1, 12), currency=CURRENCIES)
def test_instalments_sum_exactly_and_a_card_takes_each(amount: int, count: int, currency: str) -> None:
    parts = monthly(amount_minor=amount, count=count, currency=currency, now=NOW, timezone="UTC")
    if not parts:
        assert count == 1 or amount < 2 * MINIMUM_CHARGE_MINOR[currency]
        return
    minors = [part.amount_minor for part in parts]
    assert sum(minors) == amount
    assert min(minors) >= MINIMUM_CHARGE_MINOR[currency]
    assert minors == sorted(minors, reverse=True)
    assert max(minors) - min(minors) <= 1
    assert 2 <= len(parts) <= count
    assert [part.due_at for part in parts] == sorted({part.due_at for part in parts})


@given(minors=st.lists(st.integers(0, 200), max_size=8))
def test_merged_parts_keep_the_sum_and_none_is_too_small(minors: list[int]) -> None:
    parts = [Part("instalment", minor, NOW + timedelta(days=n)) for n, minor in enumerate(minors)]
    result = merged(parts, "usd")
    if result:
        assert sum(part.amount_minor for part in result) == sum(minors)
        assert min(part.amount_minor for part in result) >= 50
        assert len(result) > 1
        assert {part.due_at for part in result} <= {part.due_at for part in parts}
    if len(minors) > 1 and min(minors) >= 50:
        assert result == tuple(parts)


@given(rooms=st.lists(st.integers(1, 500), max_size=6), payments=st.lists(st.integers(-300, 500), max_size=8))
def test_money_fills_the_earliest_parts_and_leaves_no_trace_when_it_is_taken_back(
    rooms: list[int], payments: list[int]
) -> None:
    shares = [Share(number, room) for number, room in enumerate(rooms, start=1)]
    total = 0
    for payment in payments:
        total = max(total + payment, 0)
        spread = allocate(shares, total)
        shares = [Share(share.number, share.room_minor, spread[share.number]) for share in shares]
    paid = [share.paid_minor for share in shares]
    assert sum(paid) == min(total, sum(rooms))
    # Nothing is in a later part while an earlier one has room.
    begun = [share for share in shares if share.paid_minor]
    assert all(share.left_minor == 0 for share in begun[:-1])


def test_the_next_payment_is_what_is_due_or_the_next_part() -> None:
    shares = [Share(1, 3000, 3000), Share(2, 3000, 1000), Share(3, 3000)]
    assert next_amount(shares[1:], due=1, currency="usd") == 2000
    assert next_amount(shares[1:], due=2, currency="usd") == 5000
    assert next_amount([], due=1, currency="usd") == 0


def test_a_next_payment_that_is_too_small_for_a_card_takes_the_following_part_along() -> None:
    assert next_amount([Share(1, 3000, 2980), Share(2, 3000)], due=1, currency="usd") == 3020
    assert next_amount([Share(1, 3000, 2980)], due=1, currency="usd") == 20


# --- the fee of parts ---------------------------------------------------------------------------------


def fees_of(parts: list[int], **terms: int) -> list[int]:
    taken: list[int] = []
    for number, part in enumerate(parts):
        taken.append(
            order_fee(
                captured_so_far_minor=sum(parts[:number]),
                fees_taken_minor=sum(taken),
                part_minor=part,
                rate_bp=1000,
                **terms,
            )
        )
    return taken


def test_three_parts_of_33_35_bear_the_fee_of_the_whole() -> None:
    assert fees_of([3335, 3335, 3335]) == [333, 334, 333]
    assert sum(fees_of([3335] * 3)) == fee_for(
        amount_minor=10005, units=0, free_units_granted=0, rate_bp=1000
    )


@given(
    parts=st.lists(st.integers(50, 50_000), min_size=1, max_size=12),
    units=st.integers(1, 20),
    free=st.integers(0, 20),
)
def test_the_fees_of_the_parts_are_the_fee_of_the_whole(parts: list[int], units: int, free: int) -> None:
    free = min(free, units)
    taken = fees_of(parts, units=units, free_units_granted=free)
    whole = fee_for(amount_minor=sum(parts), units=units, free_units_granted=free, rate_bp=1000)
    assert sum(taken) == whole
    assert all(0 <= fee <= part for fee, part in zip(taken, parts, strict=True))


@given(
    parts=st.lists(st.integers(50, 50_000), min_size=1, max_size=6),
    refunds=st.lists(st.tuples(st.integers(0, 5), st.integers(1, 20_000)), max_size=12),
)
def test_refunds_over_several_payments_return_each_fee_to_the_cent_and_no_more(
    parts: list[int], refunds: list[tuple[int, int]]
) -> None:
    """Each payment's own fee returns by that payment's own refunds, however they are mixed."""
    fees = fees_of(parts)
    refunded, returned = [0] * len(parts), [0] * len(parts)
    everything = [(which, part) for which, part in enumerate(parts)]
    for which, minor in [*refunds, *everything]:
        at = which % len(parts)
        refunded[at] = min(refunded[at] + minor, parts[at])
        returned[at] += fee_to_return(
            fee_minor=fees[at],
            captured_minor=parts[at],
            refunded_minor=refunded[at],
            already_returned_minor=returned[at],
        )
        assert all(back <= fee for back, fee in zip(returned, fees, strict=True))
    assert returned == fees
