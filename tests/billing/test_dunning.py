"""When a refused card is tried again: on days 1, 3, 5 and 7, and never more than 8 times in 30 days."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.billing.dunning import DAY, Refusal, free_again, given_up_at, may_try, next_try

FIRST = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
NO_MONEY = Refusal("card_declined", "insufficient_funds", "try_again_later")


def schedule(refusal: Refusal = NO_MONEY) -> list[float]:
    """The days after the first try on which the same card is tried again, each time refused as before."""
    now: datetime | None = FIRST
    tried: list[datetime] = []
    while now is not None:
        tried.append(now)
        now = next_try(refusal=refusal, first_try_at=FIRST, now=now, tries_at_card=tried)
    return [(at - FIRST) / DAY for at in tried[1:]]


def test_a_card_without_money_is_tried_after_1_3_5_and_7_days() -> None:
    assert schedule() == [1, 3, 5, 7]


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal("card_declined", "generic_decline", "do_not_try_again"),
        Refusal("card_declined", "incorrect_cvc", "confirm_card_data"),
        Refusal("card_declined", "lost_card"),
        Refusal("card_declined", "stolen_card"),
        Refusal("expired_card", "expired_card"),
        Refusal("expired_card"),
        Refusal("resource_missing"),
    ],
    ids=lambda refusal: refusal.advice or refusal.in_short,
)
def test_what_stays_for_as_long_as_the_card_is_not_tried_again(refusal: Refusal) -> None:
    assert schedule(refusal) == []
    assert refusal.ends_card
    assert not refusal.asks_client


def test_what_only_the_client_can_answer_is_not_tried_again_and_ends_no_card() -> None:
    asked = Refusal("authentication_required", "authentication_required", "")
    assert schedule(asked) == []
    assert asked.asks_client
    assert not asked.ends_card


@pytest.mark.parametrize(("late", "then"), [(0.5, 1), (1, 3), (2.9, 3), (3, 5), (6.99, 7)])
def test_a_day_that_has_passed_is_left_out(late: float, then: int) -> None:
    """The process was down, or the account was: what is missed is not made up for."""
    now = FIRST + late * DAY
    found = next_try(refusal=NO_MONEY, first_try_at=FIRST, now=now, tries_at_card=[FIRST, now])
    assert found == FIRST + then * DAY


def test_after_the_seventh_day_there_is_no_other() -> None:
    now = FIRST + 7 * DAY
    assert next_try(refusal=NO_MONEY, first_try_at=FIRST, now=now, tries_at_card=[now]) is None
    assert given_up_at(FIRST) == now


def test_the_ninth_try_within_thirty_days_waits_for_the_first_to_be_thirty_days_old() -> None:
    tried = [FIRST + n * timedelta(hours=1) for n in range(8)]
    last_moment = FIRST + 30 * DAY - timedelta(seconds=1)
    assert may_try(tried[:7], last_moment)
    assert not may_try(tried, last_moment)
    assert may_try(tried, FIRST + 30 * DAY)
    assert free_again(tried, last_moment) == FIRST + 30 * DAY
    assert free_again(tried[:7], last_moment) == last_moment


def test_the_tries_for_other_debts_count_too() -> None:
    others = [FIRST - n * DAY for n in range(1, 8)]
    found = next_try(refusal=NO_MONEY, first_try_at=FIRST, now=FIRST, tries_at_card=[*others, FIRST])
    assert found is None


@given(debts=st.lists(st.integers(0, 364 * 24), min_size=1, max_size=40))
def test_a_year_of_failing_never_sees_more_than_8_tries_in_30_days(debts: list[int]) -> None:
    """Debts fall due whenever they like; each is tried as the rule says, on one card that always fails."""
    due = sorted(FIRST + timedelta(hours=hours) for hours in debts)
    waiting = [(at, at) for at in due]
    tried: list[datetime] = []
    while waiting:
        waiting.sort()
        now, first = waiting.pop(0)
        if not may_try(tried, now):
            continue
        tried.append(now)
        again_at = next_try(refusal=NO_MONEY, first_try_at=first, now=now, tries_at_card=tried)
        if again_at:
            waiting.append((again_at, first))
    for at in tried:
        assert sum(at - 30 * DAY < each <= at for each in tried) <= 8
