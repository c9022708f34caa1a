"""Weekly hours and stretches of time in one breath: "Monday to Friday 09:00–17:00"."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from kit.clock import zone
from kit.words import clock_time, day_in_words, listing, long_date, wall_time, weekday
from tenants.offers.models import Practice
from tenants.scheduling.models import WeeklyHours

_A_MONDAY = date(2024, 1, 1)

Ranges = tuple[tuple[time, time], ...]


def week_in_words(hours: Iterable[WeeklyHours], practice: Practice) -> str:
    """Days with the same hours together, in order of the week."""
    ranges: dict[int, list[tuple[time, time]]] = defaultdict(list)
    for each in hours:
        ranges[each.weekday].append((each.starts, each.ends))
    if not ranges:
        return "No hours yet, so nothing can be booked."
    days: dict[Ranges, list[int]] = defaultdict(list)
    for day in sorted(ranges):
        days[tuple(sorted(ranges[day]))].append(day)
    told = (f"{_days(of, practice)} {_times(when, practice)}" for when, of in days.items())
    return "; ".join(told)


def day_name(number: int, locale: str) -> str:
    """The name of a weekday, where 0 is Monday."""
    return weekday(_A_MONDAY + timedelta(days=number), locale)


def wall(at: time, locale: str) -> str:
    """A wall time by itself: "17:00"."""
    return clock_time(datetime.combine(_A_MONDAY, at, UTC), "UTC", locale)


def stretch_in_short(starts_at: datetime, ends_at: datetime, tz: str, locale: str) -> str:
    """For a button: "Wed 10 June", or "Wed 10 June – Fri 12 June"."""
    last = ends_at.astimezone(zone(tz)) - timedelta(microseconds=1)
    days = sorted({starts_at.astimezone(zone(tz)).date(), last.date()})
    return " – ".join(day_in_words(day, locale, with_weekday=True) for day in days)


def stretch(starts_at: datetime, ends_at: datetime, tz: str, locale: str) -> str:
    """Days where it takes them whole: "Wednesday 10 June 2026"; otherwise from a time to a time."""
    begins, ends = starts_at.astimezone(zone(tz)), ends_at.astimezone(zone(tz))
    if begins.time() != time() or ends.time() != time():
        return f"{wall_time(starts_at, tz, locale)} – {wall_time(ends_at, tz, locale)}"
    first, last = begins.date(), ends.date() - timedelta(days=1)
    written = [long_date(day, locale) for day in sorted({first, last})]
    return " – ".join(written)


def _days(numbers: list[int], practice: Practice) -> str:
    names = [day_name(number, practice.locale) for number in numbers]
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{names[0]} to {names[-1]}"
    return listing(names, practice.locale)


def _times(ranges: Ranges, practice: Practice) -> str:
    return listing(
        [f"{wall(starts, practice.locale)}–{wall(ends, practice.locale)}" for starts, ends in ranges],
        practice.locale,
    )
