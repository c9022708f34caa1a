"""Which moments can be booked: a pure function of a coach's hours, what is taken, and the rules.

Hours are wall time in the coach's zone; everything else is exact moments. A moment is open when the
coach's wall clock then shows a time within the hours, and a session fits when all of it is open. So a
clock change needs no case of its own: a wall time that is skipped gives no slot, one that comes twice
gives two, and a session always keeps its length.

Within, moments are whole seconds since 1970 in UTC, and "wall" seconds the same plus the zone's offset.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from kit.clock import zone

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_FIRST_ORDINAL = date(1970, 1, 1).toordinal()
_DAY = 86_400
_USUAL_STEP_MIN = 30

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


@dataclass(frozen=True, slots=True)
class Busy:
    """Taken from `starts_at` until just before `ends_at`: a session with its buffers, or time off."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class SlotRules:
    """How a session type is offered. A start is offered every `step_min` from the beginning of the hours.

    `horizon_days` counts calendar days in the coach's zone: 0 is today only. `step_min` defaults to
    30 minutes, or to the duration if that is shorter.
    """

    duration_min: int
    buffer_before_min: int = 0
    buffer_after_min: int = 0
    minimum_notice_min: int = 0
    horizon_days: int = 60
    step_min: int | None = None

    def __post_init__(self) -> None:
        if self.duration_min < 1 or self.step < 1:
            raise ValueError("A session, and the step between two starts, lasts at least a minute.")
        if min(self.buffer_before_min, self.buffer_after_min, self.minimum_notice_min, self.horizon_days) < 0:
            raise ValueError("Buffers, notice and horizon are 0 or more.")

    @property
    def step(self) -> int:
        """Minutes from one offered start to the next."""
        return min(_USUAL_STEP_MIN, self.duration_min) if self.step_min is None else self.step_min


def free_slots(
    *,
    rules: SlotRules,
    hours: Iterable[WeeklyHours],
    exceptions: Iterable[DateHours],
    busy: Iterable[Busy],
    tz: str,
    since: datetime,
    until: datetime,
    now: datetime,
) -> list[datetime]:
    """Every start in [since, until) that can be booked now, in UTC and in order.

    The session lies inside the hours, and with its buffers touches nothing that is busy; the
    buffers alone may lie outside the hours. A start exactly at the minimum notice is offered.
    Raises `kit.clock.UnknownZone`.
    """
    place = zone(tz)
    length = rules.duration_min * 60
    last_day = _day(now.astimezone(place).date()) + rules.horizon_days
    first = max(_up(since), _up(now) + rules.minimum_notice_min * 60)
    # Two days on in UTC the last day is over in every zone; until then openings tell their own day.
    after_last = min(_up(until), (last_day + 2) * _DAY)
    if after_last <= first:
        return []
    openings = list(_openings(_hours_of(hours, exceptions), place, first, after_last + length))
    stretches = _bookable(openings, length, last_day)
    gaps = list(_gaps(busy, rules, first, after_last - 1))
    return [_at(start) for start in _starts(stretches, gaps, rules.step * 60)]


def is_free(
    *,
    rules: SlotRules,
    hours: Iterable[WeeklyHours],
    exceptions: Iterable[DateHours],
    busy: Iterable[Busy],
    tz: str,
    start: datetime,
    now: datetime,
) -> bool:
    """Whether `start` is one of the free slots."""
    # Compared in UTC: Python calls two zones' times unequal in the hour that comes twice.
    start = start.astimezone(UTC)
    return start in free_slots(
        rules=rules,
        hours=hours,
        exceptions=exceptions,
        busy=busy,
        tz=tz,
        since=start,
        until=start + _SECOND,
        now=now,
    )


def nearest(slots: Sequence[datetime], wanted: datetime, n: int = 3) -> list[datetime]:
    """The `n` slots closest to a moment, in order of time. Of two equally close the earlier wins."""
    return sorted(sorted(slots, key=lambda slot: (abs(slot - wanted), slot))[:n])


def by_day(slots: Iterable[datetime], tz: str) -> dict[date, list[datetime]]:
    """Slots under the date that they have in a zone, days without any left out. The moments stay in UTC."""
    place = zone(tz)
    days: dict[date, list[datetime]] = {}
    for slot in slots:
        days.setdefault(slot.astimezone(place).date(), []).append(slot)
    return days


def first_free_day(slots: Sequence[datetime], tz: str) -> date | None:
    """The date of the earliest slot in a zone, or None when there is none."""
    return min(slots).astimezone(zone(tz)).date() if slots else None


class _Hours:
    """Hours by day, as merged spans of seconds after that day's midnight on the wall."""

    def __init__(self, weekly: Sequence[Sequence[Span]], dates: dict[int, Sequence[Span]]) -> None:
        self.weekly = weekly
        self.dates = dates

    def on(self, day: int) -> Sequence[Span]:
        """`day` counts from 1 January 1970, a Thursday."""
        found = self.dates.get(day)
        return self.weekly[(day + 3) % 7] if found is None else found


class _Opening(NamedTuple):
    """A stretch of open time on one day, with the moment that the steps are counted from."""

    begin: int
    end: int
    anchor: int
    day: int


def _hours_of(hours: Iterable[WeeklyHours], exceptions: Iterable[DateHours]) -> _Hours:
    weekly: list[list[Span]] = [[] for _ in range(7)]
    for each in hours:
        weekly[each.weekday].append(_seconds_of_day(each.start, each.end))
    dates: dict[int, list[Span]] = {}
    for exception in exceptions:
        spans = dates.setdefault(_day(exception.date), [])
        spans += [_seconds_of_day(start, end) for start, end in exception.ranges]
    return _Hours([_merged(day) for day in weekly], {day: _merged(spans) for day, spans in dates.items()})


def _openings(hours: _Hours, place: ZoneInfo, first: int, last: int) -> Iterator[_Opening]:
    """Open time in [first, last), in order, cut at midnights and at clock changes."""
    for begin, end, offset in _offsets_between(place, first, last):
        wall_begin, wall_end = begin + offset, end + offset
        for day in range(wall_begin // _DAY, -(-wall_end // _DAY)):
            for opens, closes in hours.on(day):
                starts = day * _DAY + opens
                cut_start, cut_end = max(starts, wall_begin), min(day * _DAY + closes, wall_end)
                if cut_start < cut_end:
                    yield _Opening(cut_start - offset, cut_end - offset, starts - offset, day)


def _bookable(openings: Sequence[_Opening], length: int, last_day: int) -> list[_Opening]:
    """The openings up to the last day, cut down to the starts that leave room for the whole session.

    An opening that is followed at once by another goes on: past midnight, past a clock change.
    """
    bookable = []
    closes, followed_at = 0, -1
    for opening in reversed(openings):
        if opening.end != followed_at:
            closes = opening.end
        followed_at = opening.begin
        end = min(opening.end, closes - length + 1)
        if opening.day <= last_day and opening.begin < end:
            bookable.append(opening._replace(end=end))
    return bookable[::-1]


def _gaps(busy: Iterable[Busy], rules: SlotRules, first: int, last: int) -> Iterator[Span]:
    """Spans, both ends included, in which a start keeps its whole block clear of everything busy."""
    before = (rules.duration_min + rules.buffer_after_min) * 60
    after = rules.buffer_before_min * 60
    taken = [(_down(each.starts_at), _up(each.ends_at)) for each in busy if each.starts_at < each.ends_at]
    free_from = first
    for begin, end in sorted(taken):
        if begin - before >= free_from:
            yield free_from, min(begin - before, last)
        free_from = max(free_from, end + after)
        if free_from > last:
            return
    yield free_from, last


def _starts(openings: Iterable[_Opening], gaps: Sequence[Span], step: int) -> Iterator[int]:
    """The steps that lie in an opening and in a gap, by one walk along both."""
    at = 0
    for opening in openings:
        while at < len(gaps) and gaps[at][1] < opening.begin:
            at += 1
        for i in range(at, len(gaps)):
            gap_begin, gap_end = gaps[i]
            if gap_begin >= opening.end:
                break
            earliest = max(opening.begin, gap_begin)
            on_step = earliest + (opening.anchor - earliest) % step
            yield from range(on_step, min(opening.end, gap_end + 1), step)


def _offsets_between(place: ZoneInfo, first: int, last: int) -> Iterator[tuple[int, int, int]]:
    """[first, last) in pieces of one UTC offset each."""
    begin, offset = first, _offset_at(place, first)
    for year in range(_at(first).year, _at(last).year + 1):
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
    days = range(_up(datetime(year, 1, 1, tzinfo=UTC)), _up(datetime(year + 1, 1, 1, tzinfo=UTC)) + 1, _DAY)
    offsets = [_offset_at(place, day) for day in days]
    changes = []
    for day, old, new in zip(days, offsets, offsets[1:], strict=False):
        if old != new:
            moments = range(day, day + _DAY)
            changes.append((day + bisect_left(moments, True, key=_has_offset(place, new)), new))
    return tuple(changes)


def _has_offset(place: ZoneInfo, offset: int) -> Callable[[int], bool]:
    return lambda at: _offset_at(place, at) == offset


def _offset_at(place: ZoneInfo, at: int) -> int:
    offset = _at(at).astimezone(place).utcoffset()
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
    finish = (end.hour * 3600 + end.minute * 60 + end.second) or _DAY
    if finish <= begin:
        raise HoursOutOfOrder(
            f"These hours end before they begin: {start:%H:%M} to {end:%H:%M}. "
            "Hours past midnight go in two rows, one for each day."
        )
    return begin, finish


def _day(day: date) -> int:
    return day.toordinal() - _FIRST_ORDINAL


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _down(at: datetime) -> int:
    return (at - _EPOCH) // _SECOND


def _up(at: datetime) -> int:
    return -((_EPOCH - at) // _SECOND)
