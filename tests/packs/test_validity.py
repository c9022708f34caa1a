"""How long a pack is valid, as tables: months of different lengths, and clocks that change."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tenants.packs.validity import closed_days, end_of_day, expires_at, last_day

BERLIN, NEW_YORK, SANTIAGO, APIA = "Europe/Berlin", "America/New_York", "America/Santiago", "Pacific/Apia"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("bought", "months", "tz", "ends"),
    [
        ("2026-05-03T10:00", 6, BERLIN, "2026-11-03T23:00"),
        # The last day is the month's last where it has no such day.
        ("2026-08-31T10:00", 6, BERLIN, "2027-02-28T23:00"),
        ("2027-08-31T10:00", 6, BERLIN, "2028-02-29T23:00"),
        ("2026-12-31T10:00", 2, BERLIN, "2027-02-28T23:00"),
        ("2028-02-29T10:00", 12, BERLIN, "2029-02-28T23:00"),
        ("2026-05-31T10:00", 1, BERLIN, "2026-06-30T22:00"),
        ("2026-12-15T10:00", 1, BERLIN, "2027-01-15T23:00"),
        ("2026-05-03T10:00", 60, BERLIN, "2031-05-03T22:00"),
        # The day of purchase is the coach's: after midnight in Berlin, the evening before in New York.
        ("2026-05-03T22:30", 1, BERLIN, "2026-06-04T22:00"),
        ("2026-05-04T03:30", 1, NEW_YORK, "2026-06-04T04:00"),
        # Bought in winter, ending in summer, and the other way round: always at local midnight.
        ("2026-01-10T12:00", 3, BERLIN, "2026-04-10T22:00"),
        ("2026-09-10T12:00", 3, NEW_YORK, "2026-12-11T05:00"),
        # The last day is 23 or 25 hours long.
        ("2026-02-28T12:00", 1, BERLIN, "2026-03-28T23:00"),
        ("2026-01-29T12:00", 2, BERLIN, "2026-03-29T22:00"),
        ("2026-09-25T12:00", 1, BERLIN, "2026-10-25T23:00"),
        # There is no midnight after 5 September: the clocks go from 24:00 to 01:00.
        ("2026-08-05T12:00", 1, SANTIAGO, "2026-09-06T04:00"),
        # And 23:00 comes twice on 4 April.
        ("2026-03-04T12:00", 1, SANTIAGO, "2026-04-05T04:00"),
    ],
)
def test_validity_ends_with_the_last_day_in_the_coachs_zone(
    bought: str, months: int, tz: str, ends: str
) -> None:
    assert expires_at(utc(bought), months, tz) == utc(ends)


def test_without_months_a_pack_is_valid_for_good() -> None:
    assert expires_at(utc("2026-05-03T10:00"), None, BERLIN) is None


@pytest.mark.parametrize("tz", [BERLIN, NEW_YORK, SANTIAGO, APIA, "Africa/Cairo", "America/Havana", "UTC"])
def test_the_end_of_each_day_of_a_year_is_the_end_of_that_day(tz: str) -> None:
    for nth in range(366):
        day = date(2026, 1, 1) + timedelta(days=nth)
        assert last_day(end_of_day(day, tz), tz) == day
        assert last_day(end_of_day(day, tz) + datetime.resolution, tz) == day + timedelta(days=1)


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        ("2026-07-05T22:00", "2026-07-10T22:00", [6, 7, 8, 9, 10]),
        # Half of the first and half of the last day are not whole days.
        ("2026-07-06T10:00", "2026-07-08T10:00", [7]),
        ("2026-07-06T08:00", "2026-07-06T18:00", []),
        ("2026-07-06T20:00", "2026-07-07T04:00", []),
        ("2026-07-05T22:00", "2026-07-06T21:59", []),
    ],
)
def test_a_closure_takes_the_days_that_it_takes_whole(since: str, until: str, days: list[int]) -> None:
    assert closed_days(utc(since), utc(until), BERLIN) == {date(2026, 7, day) for day in days}


def test_the_day_of_a_clock_change_is_one_day() -> None:
    assert closed_days(utc("2026-03-28T23:00"), utc("2026-03-29T22:00"), BERLIN) == {date(2026, 3, 29)}
    assert closed_days(utc("2026-10-24T22:00"), utc("2026-10-25T22:00"), BERLIN) == set()
    assert closed_days(utc("2026-10-24T22:00"), utc("2026-10-25T23:00"), BERLIN) == {date(2026, 10, 25)}
