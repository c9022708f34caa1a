"""Until when cancelling is free, and what it means for the payment."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from tenants.scheduling.cancellation import (
    Facts,
    Outcome,
    Policy,
    deadline_in_words,
    decide,
    free_cancel_until,
)

DAY_RULE = Policy(window_hours=24)
START = datetime(2026, 6, 10, 15, 0, tzinfo=UTC)
BERLIN = "Europe/Berlin"


def outcome(before, *, by="client", policy=DAY_RULE):
    return decide(policy, Facts(starts_at=START, cancelled_at=START - before, by=by))


def test_exactly_24_hours_before_is_early():
    assert outcome(timedelta(hours=24)) == Outcome("returned", "Cancelled in time (the rule is 24 hours).")


def test_a_microsecond_less_is_late():
    late = outcome(timedelta(hours=24) - timedelta(microseconds=1))
    assert late.kind == "used"
    assert late.reason == "Cancelled 23 hours 59 minutes before the start (the rule is 24 hours)."


def test_after_the_start_is_late_too():
    reason = "Cancelled after the start (the rule is 24 hours)."
    assert outcome(timedelta(minutes=-5)) == Outcome("used", reason)


def test_what_the_coach_cancels_is_always_returned():
    assert outcome(timedelta(minutes=5), by="coach").kind == "returned"
    assert outcome(timedelta(days=5), by="coach").kind == "returned"


def test_the_window_is_elapsed_time_over_a_clock_change():
    start = datetime(2026, 3, 29, 12, 0, tzinfo=ZoneInfo(BERLIN))
    assert free_cancel_until(DAY_RULE, start) == datetime(2026, 3, 28, 10, 0, tzinfo=UTC)
    sentence = deadline_in_words(DAY_RULE, start, tz=BERLIN, now=START.replace(year=2025))
    assert sentence == "Free to cancel until Saturday 28 March 2026, 11:00."


def test_the_deadline_is_said_before_and_after_it():
    deadline = free_cancel_until(DAY_RULE, START)
    at_it = deadline_in_words(DAY_RULE, START, tz=BERLIN, now=deadline)
    after = deadline_in_words(DAY_RULE, START, tz=BERLIN, now=deadline + timedelta(microseconds=1))
    assert at_it == "Free to cancel until Tuesday 9 June 2026, 17:00."
    assert after == "Free cancelling ended Tuesday 9 June 2026, 17:00."


@given(st.integers(0, 200), st.integers(-10_000, 20_000))
def test_the_sentence_promises_what_the_decision_gives(window_hours, minutes):
    policy = Policy(window_hours)
    now = START - timedelta(minutes=minutes)
    sentence = deadline_in_words(policy, START, tz=BERLIN, now=now)
    given_back = decide(policy, Facts(START, now, "client")).kind == "returned"
    assert sentence.startswith("Free to cancel until") is given_back
    assert given_back is (minutes >= window_hours * 60)
