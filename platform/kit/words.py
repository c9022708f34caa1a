"""Times, dates, lengths and lists as people read them, in their language.

"en" without a country means day before month and a 24-hour clock; "en_US" and others have their own.
An unknown language reads as "en". Zones are IANA names, as `kit.clock.zone` takes them.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import groupby
from typing import Final, Literal
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import (
    format_date,
    format_skeleton,
    format_time,
    format_timedelta,
    get_datetime_format,
    get_timezone_location,
)
from babel.lists import format_list

from kit.clock import zone

_ENGLISH = Locale.parse("en_GB")
LONGEST_WHOLE_MONTH: Final = 5
_Unit = Literal["day", "hour", "minute", "second"]
_UNITS: Final[tuple[tuple[_Unit, int], ...]] = (
    ("day", 86_400),
    ("hour", 3_600),
    ("minute", 60),
    ("second", 1),
)


def wall_time(at: datetime, tz: str, locale: str = "en") -> str:
    """The moment on the wall clock of a place: "Wednesday 10 June 2026, 17:00"."""
    day = long_date(at.astimezone(zone(tz)).date(), locale)
    pattern = str(get_datetime_format("medium", locale=_language(locale)))
    return pattern.replace("{1}", day).replace("{0}", clock_time(at, tz, locale))


def clock_time(at: datetime, tz: str, locale: str = "en") -> str:
    """The time of day alone: "17:00" or "5:00 PM".

    In the hour that a clock change repeats, the offset is named: "02:30 (GMT+1)".
    """
    there = at.astimezone(zone(tz))
    written = _clock(there.hour, there.minute, locale)
    return f"{written} ({_offset_in_words(there)})" if _comes_twice(there) else written


@lru_cache(maxsize=4096)
def long_date(day: date, locale: str = "en") -> str:
    """A date with its weekday: "Wednesday 10 June 2026"."""
    return format_date(day, _pattern("EEEE d MMMM y", "full", locale), locale=_language(locale))


@lru_cache(maxsize=4096)
def month_in_words(day: date, locale: str = "en") -> str:
    """The month of a day: "June 2026"."""
    return format_date(day, "LLLL y", locale=_language(locale))


def short_date(day: date, locale: str = "en") -> str:
    """A date for narrow places, without weekday: "10 Jun 2026"."""
    return format_date(day, "medium", locale=_language(locale))


@lru_cache(maxsize=4096)
def day_in_words(
    day: date, locale: str = "en", *, with_weekday: bool = False, with_year: bool = False
) -> str:
    """A date within a sentence, with only what it needs: "3 May", "Tue 10 June", "3 Nov 2026"."""
    if _language(locale) != _ENGLISH:
        skeleton = f"{'y' * with_year}MMM{'E' * with_weekday}d"
        return format_skeleton(skeleton, day, locale=_language(locale))
    parts = (_short_weekday(day) if with_weekday else "", str(day.day), _english_month(day))
    return " ".join([*filter(None, parts), *([str(day.year)] if with_year else [])])


def days_in_words(days: Sequence[date], *, this_year: int, locale: str = "en") -> str:
    """Dates in one breath, those of a month together: "6, 13 and 20 May; 3 June". Other years are named."""
    times = Counter(days)
    months = groupby(sorted(times), key=lambda day: (day.year, day.month))
    return "; ".join(_days_of_a_month(list(month), times, this_year, locale) for _, month in months)


def time_of_day(at: datetime, locale: str = "en") -> str:
    """The time on the clock that `at` was read from: "17:00" or "5:00 PM"."""
    return _clock(at.hour, at.minute, locale)


def short_duration(minutes: int) -> str:
    """A length for narrow places, the same in every language: "23 h 59 min"."""
    hours, rest = divmod(minutes, 60)
    return " ".join([*([f"{hours} h"] if hours else []), *([f"{rest} min"] if rest or not hours else [])])


@lru_cache(maxsize=4096)
def weekday(day: date, locale: str = "en") -> str:
    """The weekday alone: "Wednesday"."""
    return format_date(day, "EEEE", locale=_language(locale))


def zone_in_words(tz: str, at: datetime, locale: str = "en") -> str:
    """A zone named by its city, with its offset at that moment: "Berlin, GMT+2"."""
    offset = _offset_in_words(at.astimezone(zone(tz)))
    city = _city(tz, locale)
    return f"{city}, {offset}" if city else offset


@lru_cache(maxsize=1024)
def duration(minutes: int, locale: str = "en") -> str:
    """A length in hours and minutes: "1 hour 30 minutes". Never in days, which clock changes bend."""
    hours, rest = divmod(minutes, 60)
    written = []
    if hours:
        written.append(_counted(timedelta(hours=hours), "hour", locale))
    if rest or not hours:
        written.append(_counted(timedelta(minutes=rest), "minute", locale))
    return " ".join(written)


def ago(at: datetime, now: datetime, locale: str = "en") -> str:
    """How long something is past, rounded down to one unit: "3 hours ago"."""
    return _relative(_seconds(now - at), -1, locale)


def until(at: datetime, now: datetime, locale: str = "en") -> str:
    """How long is left, rounded down to one unit, so that nobody is promised too much: "in 3 hours"."""
    return _relative(_seconds(at - now), 1, locale)


def listing(items: Sequence[str], locale: str = "en") -> str:
    """Several things in one breath: "a, b and c"."""
    return format_list(list(items), locale=_language(locale))


def _days_of_a_month(days: list[date], times: Counter[date], this_year: int, locale: str) -> str:
    with_year = days[0].year != this_year
    if _language(locale) != _ENGLISH:
        whole = [day_in_words(day, locale, with_year=with_year) for day in days]
        return listing([_times(day, times[at]) for day, at in zip(whole, days, strict=True)], locale)
    numbers = listing([_times(str(day.day), times[day]) for day in days], locale)
    month = _english_month(days[0])
    return f"{numbers} {month} {days[0].year}" if with_year else f"{numbers} {month}"


def _times(written: str, times: int) -> str:
    return written if times == 1 else f"{written} ({times}×)"


def _short_weekday(day: date) -> str:
    return format_date(day, "EEE", locale=_ENGLISH)


def _english_month(day: date) -> str:
    """Short names in full, as they are written in running text: June, but Nov."""
    whole = format_date(day, "MMMM", locale=_ENGLISH)
    return whole if len(whole) <= LONGEST_WHOLE_MONTH else format_date(day, "MMM", locale=_ENGLISH)


@lru_cache(maxsize=256)
def _language(tag: str) -> Locale:
    if tag == "en":
        return _ENGLISH
    try:
        return Locale.parse(tag.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return _ENGLISH


def _pattern(english: str, otherwise: str, locale: str) -> str:
    """Our own English date, since the commas in Babel's come and go with its version."""
    return english if _language(locale) == _ENGLISH else otherwise


@lru_cache(maxsize=8192)
def _clock(hour: int, minute: int, locale: str) -> str:
    written = format_time(time(hour, minute), "short", locale=_language(locale))
    # Some fonts and mail programs have no narrow no-break space.
    return written.replace("\u202f", " ")


@lru_cache(maxsize=1024)
def _city(tz: str, locale: str) -> str:
    """The city of a zone; none for UTC and for the zones that are only an offset."""
    if "/" not in tz or tz.startswith("Etc/"):
        return ""
    city = get_timezone_location(ZoneInfo(tz), locale=_language(locale), return_city=True)
    # Where Babel has no name, it answers with the tail of the zone's: "Argentina/Buenos Aires".
    return city.rsplit("/", 1)[-1]


def _offset_in_words(at: datetime) -> str:
    offset = at.utcoffset() or timedelta()
    hours, minutes = divmod(abs(_seconds(offset)) // 60, 60)
    if not hours and not minutes:
        return "GMT"
    sign = "-" if offset < timedelta() else "+"
    return f"GMT{sign}{hours}" + (f":{minutes:02}" if minutes else "")


def _comes_twice(at: datetime) -> bool:
    """Whether the clock is set back so that this wall time comes once more, or has come before."""
    return at.replace(fold=0).utcoffset() != at.replace(fold=1).utcoffset()


def _relative(seconds: int, direction: Literal[1, -1], locale: str) -> str:
    """One unit, rounded down; at least a second, since nothing has no direction."""
    unit, size = next(((unit, size) for unit, size in _UNITS if seconds >= size), _UNITS[-1])
    whole = max(seconds // size, 1) * size * direction
    return _counted(timedelta(seconds=whole), unit, locale, add_direction=True)


def _counted(length: timedelta, unit: _Unit, locale: str, *, add_direction: bool = False) -> str:
    # A threshold out of reach: else Babel rounds 45 days to 2 months, and 48 hours are 2 days.
    return format_timedelta(
        length, unit, threshold=10**9, add_direction=add_direction, locale=_language(locale)
    )


def _seconds(length: timedelta) -> int:
    return length // timedelta(seconds=1)
