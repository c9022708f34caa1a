"""Times, zones and lengths as people read them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from kit.clock import UnknownZone
from kit.words import (
    ago,
    clock_time,
    day_in_words,
    days_in_words,
    duration,
    listing,
    long_date,
    short_date,
    short_duration,
    time_of_day,
    until,
    wall_time,
    weekday,
    zone_in_words,
)

JUNE = datetime(2026, 6, 10, 15, 0, tzinfo=UTC)
BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("locale", "written"),
    [
        ("en", "Wednesday 10 June 2026, 17:00"),
        ("en_GB", "Wednesday 10 June 2026, 17:00"),
        ("en-US", "Wednesday, June 10, 2026, 5:00 PM"),
        ("de", "Mittwoch, 10. Juni 2026, 17:00"),
        ("fr_CA", "mercredi 10 juin 2026, 17 h 00"),
        ("no such language", "Wednesday 10 June 2026, 17:00"),
    ],
)
def test_wall_time_follows_the_language(locale, written):
    assert wall_time(JUNE, BERLIN, locale) == written


def test_wall_time_is_that_of_the_place():
    assert wall_time(JUNE, "Pacific/Auckland") == "Thursday 11 June 2026, 03:00"
    assert clock_time(JUNE, "Asia/Kathmandu") == "20:45"


def test_the_repeated_hour_names_its_offset():
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert clock_time(first, BERLIN) == "02:30 (GMT+2)"
    assert clock_time(first + timedelta(hours=1), BERLIN) == "02:30 (GMT+1)"
    assert wall_time(first + timedelta(hours=1), BERLIN) == "Sunday 25 October 2026, 02:30 (GMT+1)"
    assert clock_time(first + timedelta(hours=2), BERLIN) == "03:30"


def test_no_offset_is_named_beside_a_skipped_hour():
    before = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
    assert clock_time(before, BERLIN) == "01:59"
    assert clock_time(before + timedelta(minutes=1), BERLIN) == "03:00"


def test_dates():
    day = date(2026, 6, 9)
    assert long_date(day) == "Tuesday 9 June 2026"
    assert long_date(day, "de") == "Dienstag, 9. Juni 2026"
    assert short_date(day) == "9 Jun 2026"
    assert weekday(day) == "Tuesday"


@pytest.mark.parametrize(
    ("tz", "words"),
    [
        (BERLIN, "Berlin, GMT+2"),
        ("Europe/London", "London, GMT+1"),
        ("America/St_Johns", "St John’s, GMT-2:30"),
        ("Asia/Kathmandu", "Kathmandu, GMT+5:45"),
        ("America/Argentina/Buenos_Aires", "Buenos Aires, GMT-3"),
        ("Atlantic/Reykjavik", "Reykjavik, GMT"),
        ("UTC", "GMT"),
        ("Etc/GMT+5", "GMT-5"),
    ],
)
def test_a_zone_in_words(tz, words):
    assert zone_in_words(tz, JUNE) == words


def test_the_offset_is_that_of_the_moment():
    assert zone_in_words(BERLIN, datetime(2026, 1, 10, tzinfo=UTC)) == "Berlin, GMT+1"
    assert zone_in_words(BERLIN, JUNE, "ja") == "ベルリン, GMT+2"


@pytest.mark.parametrize("name", ["", "Mars/Base", "../../etc/passwd", "Europe", "europe/berlin", "\0"])
def test_an_unknown_zone_is_refused_in_words(name):
    with pytest.raises(UnknownZone, match="not a time zone we know"):
        zone_in_words(name, JUNE)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "0 minutes"),
        (1, "1 minute"),
        (45, "45 minutes"),
        (60, "1 hour"),
        (90, "1 hour 30 minutes"),
        (1440, "24 hours"),
        (2881, "48 hours 1 minute"),
    ],
)
def test_durations_are_hours_and_minutes(minutes, words):
    assert duration(minutes) == words


def test_durations_in_other_languages():
    assert duration(90, "de") == "1 Stunde 30 Minuten"
    assert duration(90, "ja") == "1 時間 30 分"


def test_ago_and_until_round_down():
    almost_four_hours = timedelta(hours=3, minutes=59, seconds=59)
    assert ago(JUNE - almost_four_hours, JUNE) == "3 hours ago"
    assert until(JUNE + almost_four_hours, JUNE) == "in 3 hours"
    assert until(JUNE + timedelta(seconds=119), JUNE) == "in 1 minute"
    assert ago(JUNE - timedelta(days=45), JUNE) == "45 days ago"
    assert until(JUNE + timedelta(days=2), JUNE, "de") == "in 2 Tagen"


def test_what_is_now_is_a_second_away():
    assert ago(JUNE, JUNE) == "1 second ago"
    assert until(JUNE, JUNE) == "in 1 second"
    assert ago(JUNE + timedelta(hours=1), JUNE) == "1 second ago"


def test_a_list_reads_as_one_sentence():
    assert listing(["a", "b", "c"]) == "a, b and c"
    assert listing(["a", "b"]) == "a and b"
    assert listing(["a"]) == "a"
    assert listing([]) == ""
    assert listing(["a", "b"], "de") == "a und b"


@pytest.mark.parametrize(
    ("day", "locale", "parts", "written"),
    [
        (date(2026, 5, 3), "en", {}, "3 May"),
        (date(2026, 6, 10), "en", {"with_weekday": True}, "Wed 10 June"),
        (date(2026, 11, 3), "en", {"with_year": True}, "3 Nov 2026"),
        (date(2026, 11, 3), "en_US", {"with_year": True, "with_weekday": True}, "Tue, Nov 3, 2026"),
        (date(2026, 6, 10), "de", {"with_weekday": True}, "Mi., 10. Juni"),
    ],
)
def test_a_day_within_a_sentence_says_only_what_it_needs(day, locale, parts, written):
    assert day_in_words(day, locale, **parts) == written


def test_days_of_a_month_stand_together():
    may = [date(2026, 5, 6), date(2026, 5, 20), date(2026, 5, 13)]
    assert days_in_words(may, this_year=2026) == "6, 13 and 20 May"
    assert days_in_words([*may, date(2026, 6, 3)], this_year=2026) == "6, 13 and 20 May; 3 June"
    assert days_in_words(may[:2], this_year=2027) == "6 and 20 May 2026"
    assert days_in_words([*may[:2], may[0]], this_year=2026) == "6 (2×) and 20 May"
    assert days_in_words(may[:2], this_year=2026, locale="de") == "6. Mai und 20. Mai"


def test_short_lengths_and_times():
    assert [short_duration(minutes) for minutes in (0, 45, 300, 1439)] == [
        "0 min",
        "45 min",
        "5 h",
        "23 h 59 min",
    ]
    assert time_of_day(JUNE) == "15:00"
    assert time_of_day(JUNE, "en_US") == "3:00 PM"
