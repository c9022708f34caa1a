"""Which moments can be booked: a pure function of a coach's hours, what is taken, and the rules.

A session fits when the coach is open for all of it, in elapsed time: one that spans a clock change keeps
its length, and a wall time that comes twice is offered twice. Moments within are counted as in
`opening_hours`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from kit.clock import zone
from tenants.scheduling.opening_hours import (
    DAY,
    DateHours,
    HoursOutOfOrder,
    Opening,
    Span,
    WeeklyHours,
    at_second,
    day_number,
    hours_of,
    openings,
    second_from,
    second_of,
)

__all__ = [
    "DateHours",
    "HoursOutOfOrder",
    "SlotRules",
    "Span",
    "WeeklyHours",
    "busy_between",
    "by_day",
    "first_free_day",
    "free_slots",
    "is_free",
    "nearest",
]

_USUAL_STEP_MIN = 30


def busy_between(starts_at: datetime, ends_at: datetime) -> Span:
    """Busy from one moment until just before another: a session with its buffers, or time off."""
    return second_of(starts_at), second_from(ends_at)


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
    busy: Iterable[Span],
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
    last_day = day_number(now.astimezone(place).date()) + rules.horizon_days
    first = max(second_from(since), second_from(now) + rules.minimum_notice_min * 60)
    # Two days on in UTC the last day is over in every zone; until then openings tell their own day.
    after_last = min(second_from(until), (last_day + 2) * DAY)
    if after_last <= first:
        return []
    opened = list(openings(hours_of(hours, exceptions), place, first, after_last + length))
    bookable = _bookable(opened, length, last_day)
    gaps = list(_gaps(busy, rules, first, after_last - 1))
    return [at_second(start) for start in _starts(bookable, gaps, rules.step * 60)]


def is_free(
    *,
    rules: SlotRules,
    hours: Iterable[WeeklyHours],
    exceptions: Iterable[DateHours],
    busy: Iterable[Span],
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
        until=start + timedelta(seconds=1),
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


def _bookable(opened: Sequence[Opening], length: int, last_day: int) -> list[Opening]:
    """The openings up to the last day, cut down to the starts that leave room for the whole session.

    An opening that is followed at once by another goes on: past midnight, past a clock change.
    """
    bookable = []
    closes, followed_at = 0, -1
    for opening in reversed(opened):
        if opening.end != followed_at:
            closes = opening.end
        followed_at = opening.begin
        end = min(opening.end, closes - length + 1)
        if opening.day <= last_day and opening.begin < end:
            bookable.append(opening._replace(end=end))
    return bookable[::-1]


def _gaps(busy: Iterable[Span], rules: SlotRules, first: int, last: int) -> Iterator[Span]:
    """Spans, both ends included, in which a start keeps its whole block clear of everything busy."""
    before = (rules.duration_min + rules.buffer_after_min) * 60
    after = rules.buffer_before_min * 60
    free_from = first
    for begin, end in sorted(busy):
        if begin >= end:
            continue
        if begin - before >= free_from:
            yield free_from, min(begin - before, last)
        free_from = max(free_from, end + after)
        if free_from > last:
            return
    yield free_from, last


def _starts(bookable: Iterable[Opening], gaps: Sequence[Span], step: int) -> Iterator[int]:
    """The steps that lie in an opening and in a gap, by one walk along both."""
    at = 0
    for opening in bookable:
        while at < len(gaps) and gaps[at][1] < opening.begin:
            at += 1
        for i in range(at, len(gaps)):
            gap_begin, gap_end = gaps[i]
            if gap_begin >= opening.end:
                break
            earliest = max(opening.begin, gap_begin)
            on_step = earliest + (opening.anchor - earliest) % step
            yield from range(on_step, min(opening.end, gap_end + 1), step)
