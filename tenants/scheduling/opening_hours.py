"""When a coach is open: hours on the wall clock of a zone, turned into exact moments.

A moment is open when the coach's wall clock then shows a time within the hours. So a clock change needs
no case of its own: a wall time that is skipped is never open, and one that comes twice is open twice.

Within, moments are whole seconds since 1970 in UTC, and "wall" seconds the same plus the zone's offset.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_FIRST_ORDINAL = date(1970, 1, 1).toordinal()
DAY = 86_400

Span = tuple[int, int]


class HoursOutOfOrder(ValueError):
    """Hours that end before they begin. Its message is for the person who set them."""


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """Open every week on `weekday` (0 is Monday). An `end` of 00:00 is the midnight that ends the day."""

    weekday: int
    start: time
    end: time

    def __post_init__(self) -> None:
        if self.weekday not in range(7):
            raise ValueError(f"A week has the days 0 to 6, not {self.weekday}.")
        _seconds_of_day(self.start, self.end)


@dataclass(frozen=True, slots=True)
class DateHours:
    """Replaces the weekly hours on one date; no `ranges` means closed. Several for one date add up."""

    date: date
    ranges: tuple[tuple[time, time], ...] = ()

    def __post_init__(self) -> None:
        for start, end in self.ranges:
            _seconds_of_day(start, end)


class Hours:
    """Hours by day, as merged spans of seconds after that day's midnight on the wall."""

    def __init__(self, weekly: Sequence[Sequence[Span]], dates: dict[int, Sequence[Span]]) -> None:
        self.weekly = weekly
        self.dates = dates

    def on(self, day: int) -> Sequence[Span]:
        """`day` counts from 1 January 1970, a Thursday."""
        found = self.dates.get(day)
        return self.weekly[(day + 3) % 7] if found is None else found


class Opening(NamedTuple):
    """A stretch of open time on one day, with the moment that the steps are counted from."""

    begin: int
    end: int
    anchor: int
    day: int


def hours_of(hours: Iterable[WeeklyHours], exceptions: Iterable[DateHours]) -> Hours:
    """Weekly hours and the dates that replace them, ready to be asked by day."""
    dates: dict[int, list[Span]] = {}
    for exception in exceptions:
        spans = dates.setdefault(day_number(exception.date), [])
        spans += [_seconds_of_day(start, end) for start, end in exception.ranges]
    return Hours(_by_weekday(tuple(hours)), {day: _merged(spans) for day, spans in dates.items()})


@lru_cache(maxsize=2000)
def _by_weekday(hours: tuple[WeeklyHours, ...]) -> Sequence[Sequence[Span]]:
    weekly: list[list[Span]] = [[] for _ in range(7)]
    for each in hours:
        weekly[each.weekday].append(_seconds_of_day(each.start, each.end))
    return tuple([tuple(_merged(day)) for day in weekly])


def openings(hours: Hours, place: ZoneInfo, first: int, last: int) -> Iterator[Opening]:
    """Open time in [first, last), in order, cut at midnights and at clock changes."""
    for begin, end, offset in _offsets_between(place, first, last):
        wall_begin, wall_end = begin + offset, end + offset
        for day in range(wall_begin // DAY, -(-wall_end // DAY)):
            for opens, closes in hours.on(day):
                starts = day * DAY + opens
                cut_start, cut_end = max(starts, wall_begin), min(day * DAY + closes, wall_end)
                if cut_start < cut_end:
                    yield Opening(cut_start - offset, cut_end - offset, starts - offset, day)


def day_number(day: date) -> int:
    """Days since 1 January 1970."""
    return day.toordinal() - _FIRST_ORDINAL


def at_second(seconds: int) -> datetime:
    """The moment, in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def second_of(at: datetime) -> int:
    """The second in which a moment lies."""
    return (at - _EPOCH) // _SECOND


def second_from(at: datetime) -> int:
    """The first whole second that is not before a moment."""
    return -((_EPOCH - at) // _SECOND)


def _offsets_between(place: ZoneInfo, first: int, last: int) -> Iterator[tuple[int, int, int]]:
    """[first, last) in pieces of one UTC offset each."""
    begin, offset = first, _offset_at(place, first)
    for year in range(at_second(first).year, at_second(last).year + 1):
        for change, changed_offset in _clock_changes(place, year):
            if first < change < last:
                yield begin, change, offset
                begin, offset = change, changed_offset
    yield begin, last, offset


@lru_cache(maxsize=2048)
def _clock_changes(place: ZoneInfo, year: int) -> tuple[tuple[int, int], ...]:
    """Moments of a year (UTC) at which the offset changes, each with the new offset.

    Looked for once a day: no zone has changed its clock twice within a day and ended as it began.
    """
    days = range(day_number(date(year, 1, 1)) * DAY, day_number(date(year + 1, 1, 1)) * DAY + 1, DAY)
    offsets = [_offset_at(place, day) for day in days]
    changes = []
    for day, old, new in zip(days, offsets, offsets[1:], strict=False):
        if old != new:
            moments = range(day, day + DAY)
            changes.append((day + bisect_left(moments, True, key=_has_offset(place, new)), new))
    return tuple(changes)


def _has_offset(place: ZoneInfo, offset: int) -> Callable[[int], bool]:
    return lambda at: _offset_at(place, at) == offset


def _offset_at(place: ZoneInfo, at: int) -> int:
    offset = at_second(at).astimezone(place).utcoffset()
    assert offset is not None
    return offset // _SECOND


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Spans that overlap or touch become one."""
    merged: list[Span] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((begin, end))
    return merged


def _seconds_of_day(start: time, end: time) -> Span:
    begin = start.hour * 3600 + start.minute * 60 + start.second
    finish = (end.hour * 3600 + end.minute * 60 + end.second) or DAY
    if finish <= begin:
        raise HoursOutOfOrder(
            f"Hours end after they begin, not {start:%H:%M} to {end:%H:%M}. "
            "Hours past midnight go in two rows, one for each day."
        )
    return begin, finish
