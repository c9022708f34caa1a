"""The calendar of a retainer: periods that begin on the same day, and when each is charged. Pure.

A period runs from one midnight on the coach's wall to another, so that it may be an hour longer or shorter
where the clocks change. Its beginnings are counted from the first day, so that a short month pulls none of
the later ones along: 31 January, 28 February, 31 March.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from kit.clock import at_wall, start_of_day, zone

DAY: Final = timedelta(days=1)
NOTICE_DAYS: Final = 7
"""How long before the first automatic charge, and before a new price, the payer is told."""
CHARGED_AT: Final = time(9)
"""On the coach's wall: banks and people are awake."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Every so many weeks or months; `every` is one of `models.Every`."""

    count: int
    every: str


@dataclass(frozen=True, slots=True)
class Span:
    """A period, half open: a session that begins at `ends_at` belongs to the next one."""

    starts_at: datetime
    ends_at: datetime

    def holds(self, moment: datetime) -> bool:
        return self.starts_at <= moment < self.ends_at

    def days(self, tz: str) -> tuple[date, date]:
        """Its first and its last day on that wall."""
        return day_of(self.starts_at, tz), day_of(self.ends_at - datetime.resolution, tz)


def nth_start(anchor: date, rhythm: Rhythm, n: int) -> date:
    """The day on which the period number `n` begins, counted from 0; the month's last where it has none."""
    if rhythm.every == "week":
        return anchor + timedelta(weeks=rhythm.count * n)
    years, month = divmod(anchor.month - 1 + rhythm.count * n, 12)
    year, month = anchor.year + years, month + 1
    return date(year, month, min(anchor.day, monthrange(year, month)[1]))


def first_span(day: date, rhythm: Rhythm, tz: str) -> Span:
    """The period of which `day` is the first, and from which the others are counted."""
    return Span(start_of_day(day, tz), start_of_day(nth_start(day, rhythm, 1), tz))


def span_from(anchor: date, rhythm: Rhythm, starts_at: datetime, tz: str) -> Span:
    """The period that begins where the one before it ended.

    Where the coach has moved to another zone meanwhile, it ends at midnight there: no gap, and none twice.
    """
    n = _nearest(anchor, rhythm, day_of(starts_at, tz))
    return Span(starts_at, start_of_day(nth_start(anchor, rhythm, n + 1), tz))


def _nearest(anchor: date, rhythm: Rhythm, day: date) -> int:
    """Which beginning lies closest to that day."""
    days = 7 * rhythm.count if rhythm.every == "week" else 30.436875 * rhythm.count
    guess = max(round((day - anchor).days / days), 0)
    near = range(max(guess - 1, 0), guess + 2)
    return min(near, key=lambda n: abs((nth_start(anchor, rhythm, n) - day).days))


def charge_at(starts_at: datetime, days_before: int, tz: str) -> datetime:
    """When the card is charged for the period that begins then: in the morning, so many days before."""
    return _morning(day_of(starts_at, tz) - days_before * DAY, tz)


def notice_at(charged_at: datetime, tz: str) -> datetime:
    """When the payer is told of a charge at the latest."""
    return _morning(day_of(charged_at, tz) - NOTICE_DAYS * DAY, tz)


def price_from(
    anchor: date, rhythm: Rhythm, starts_at: datetime, *, days_before: int, now: datetime, tz: str
) -> datetime:
    """The first beginning, from `starts_at` on, that is charged a whole notice from now: a new price's."""
    while charge_at(starts_at, days_before, tz) - timedelta(days=NOTICE_DAYS) < now:
        starts_at = span_from(anchor, rhythm, starts_at, tz).ends_at
    return starts_at


def weeks_in(span: Span, tz: str) -> int:
    """Whole weeks of a period, at least one: the sessions that an unlimited one counts as."""
    first, last = span.days(tz)
    return max(((last - first).days + 1) // 7, 1)


def day_of(moment: datetime, tz: str) -> date:
    """The date on that wall."""
    return moment.astimezone(zone(tz)).date()


def _morning(day: date, tz: str) -> datetime:
    # Where the clocks skip nine o'clock, the day's beginning will do.
    return at_wall(day, CHARGED_AT, tz) or start_of_day(day, tz)
