"""When periods begin and end, and when they are charged: months of all lengths, clocks that change."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.clock import start_of_day
from tenants.retainers.periods import (
    Rhythm,
    Span,
    charge_at,
    day_of,
    first_span,
    notice_at,
    nth_start,
    price_from,
    span_from,
    weeks_in,
)

BERLIN, NEW_YORK, SANTIAGO, CAIRO = "Europe/Berlin", "America/New_York", "America/Santiago", "Africa/Cairo"
MONTHLY, WEEKLY = Rhythm(1, "month"), Rhythm(1, "week")

anchors = st.dates(date(2024, 1, 1), date(2032, 12, 31))
zones = st.sampled_from([BERLIN, NEW_YORK, SANTIAGO, CAIRO, "Pacific/Apia", "UTC"])
rhythms = st.builds(Rhythm, st.integers(1, 12), st.sampled_from(["week", "month"]))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("anchor", "rhythm", "starts"),
    [
        ("2026-01-31", MONTHLY, ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]),
        ("2028-01-31", MONTHLY, ["2028-01-31", "2028-02-29", "2028-03-31"]),
        ("2026-01-30", MONTHLY, ["2026-01-30", "2026-02-28", "2026-03-30"]),
        ("2026-11-30", Rhythm(3, "month"), ["2026-11-30", "2027-02-28", "2027-05-30"]),
        ("2028-02-29", Rhythm(12, "month"), ["2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28"]),
        ("2026-12-15", MONTHLY, ["2026-12-15", "2027-01-15"]),
        ("2026-05-04", WEEKLY, ["2026-05-04", "2026-05-11", "2026-05-18"]),
        ("2026-12-28", Rhythm(2, "week"), ["2026-12-28", "2027-01-11"]),
    ],
)
def test_a_short_month_pulls_no_later_one_along(anchor: str, rhythm: Rhythm, starts: list[str]) -> None:
    first = date.fromisoformat(anchor)
    assert [f"{nth_start(first, rhythm, n)}" for n in range(len(starts))] == starts


def test_four_years_of_a_leap_day_meet_it_again() -> None:
    assert nth_start(date(2028, 2, 29), Rhythm(12, "month"), 4) == date(2032, 2, 29)


@pytest.mark.parametrize(
    ("day", "rhythm", "tz", "starts", "ends"),
    [
        # The clocks go forward on 29 March, and back on 25 October: an hour less, an hour more.
        ("2026-03-15", MONTHLY, BERLIN, "2026-03-14T23:00", "2026-04-14T22:00"),
        ("2026-10-20", WEEKLY, BERLIN, "2026-10-19T22:00", "2026-10-26T23:00"),
        ("2026-11-01", MONTHLY, NEW_YORK, "2026-11-01T04:00", "2026-12-01T05:00"),
        # Where midnight is skipped, the day begins with what comes in its place.
        ("2026-09-06", WEEKLY, SANTIAGO, "2026-09-06T04:00", "2026-09-13T03:00"),
    ],
)
def test_a_period_runs_from_midnight_to_midnight_on_the_wall(
    day: str, rhythm: Rhythm, tz: str, starts: str, ends: str
) -> None:
    assert first_span(date.fromisoformat(day), rhythm, tz) == Span(utc(starts), utc(ends))


@given(anchors, rhythms, zones)
def test_periods_follow_each_other_without_gap_or_drift(anchor: date, rhythm: Rhythm, tz: str) -> None:
    span = first_span(anchor, rhythm, tz)
    for n in range(1, 30):
        following = span_from(anchor, rhythm, span.ends_at, tz)
        assert following.starts_at == span.ends_at < following.ends_at
        assert following.ends_at == start_of_day(nth_start(anchor, rhythm, n + 1), tz)
        span = following


@given(anchors, rhythms, zones, zones)
def test_a_coach_who_moves_to_another_zone_has_no_period_of_a_day(
    anchor: date, rhythm: Rhythm, before: str, after: str
) -> None:
    one = first_span(anchor, rhythm, before)
    two = span_from(anchor, rhythm, one.ends_at, after)
    nominal = nth_start(anchor, rhythm, 2) - nth_start(anchor, rhythm, 1)
    assert abs((two.ends_at - two.starts_at) - nominal) <= timedelta(days=2)


def test_a_session_at_midnight_belongs_to_the_next_period() -> None:
    may = first_span(date(2026, 5, 1), MONTHLY, BERLIN)
    assert may.holds(utc("2026-05-31T21:59"))
    assert not may.holds(utc("2026-05-31T22:00"))
    assert may.days(BERLIN) == (date(2026, 5, 1), date(2026, 5, 31))


def test_the_card_is_charged_in_the_morning_some_days_before() -> None:
    june = first_span(date(2026, 6, 1), MONTHLY, BERLIN).starts_at
    assert charge_at(june, 3, BERLIN) == utc("2026-05-29T07:00")
    assert charge_at(june, 0, BERLIN) == utc("2026-06-01T07:00")
    # Over a change of the clocks it stays nine o'clock.
    april = first_span(date(2026, 4, 1), MONTHLY, BERLIN).starts_at
    assert charge_at(april, 6, BERLIN) == utc("2026-03-26T08:00")
    assert notice_at(utc("2026-03-30T07:00"), BERLIN) == utc("2026-03-23T08:00")


@given(anchors, rhythms, zones, st.integers(0, 6), st.integers(0, 900))
def test_a_new_price_is_told_a_week_before_it_is_first_charged(
    anchor: date, rhythm: Rhythm, tz: str, days_before: int, later: int
) -> None:
    now = first_span(anchor, rhythm, tz).starts_at + timedelta(days=later)
    first = first_span(anchor, rhythm, tz).ends_at
    start = price_from(anchor, rhythm, first, days_before=days_before, now=now, tz=tz)
    assert charge_at(start, days_before, tz) - now >= timedelta(days=7)
    if start > first:
        span = first_span(anchor, rhythm, tz)
        while span.ends_at < start:
            span = span_from(anchor, rhythm, span.ends_at, tz)
        assert charge_at(span.starts_at, days_before, tz) - now < timedelta(days=7)


@pytest.mark.parametrize(
    ("day", "rhythm", "weeks"),
    [
        ("2026-05-04", WEEKLY, 1),
        ("2026-10-20", Rhythm(2, "week"), 2),
        ("2026-02-01", MONTHLY, 4),
        ("2026-05-01", MONTHLY, 4),
        ("2026-01-01", Rhythm(3, "month"), 12),
    ],
)
def test_an_unlimited_period_counts_its_whole_weeks(day: str, rhythm: Rhythm, weeks: int) -> None:
    assert weeks_in(first_span(date.fromisoformat(day), rhythm, BERLIN), BERLIN) == weeks


def test_days_are_those_of_the_wall() -> None:
    assert day_of(utc("2026-05-31T22:30"), BERLIN) == date(2026, 6, 1)
