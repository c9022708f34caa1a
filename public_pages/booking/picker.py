"""Which days and times a visitor is shown: four weeks at once, from the first day that has a free time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from kit.clock import zone
from public_pages.booking.coach import Coach
from tenants.offers.models import SessionType
from tenants.scheduling import moving, slots
from tenants.scheduling.availability import calendar
from tenants.scheduling.models import Booking

WINDOW = timedelta(days=28)
# An empty stretch at the beginning of the window up to this long is not worth a second look.
SHORT_WAIT = timedelta(days=7)
DAY = timedelta(days=1)

FreeDays = dict[date, list[datetime]]


@dataclass(frozen=True)
class Picker:
    """One session type's free times as a page shows them."""

    session_type: SessionType
    tz: str
    days: list[dict[str, Any]]
    chosen: date | None
    starts: list[dict[str, Any]]
    next_free: date | None
    next_free_url: str
    earlier_url: str
    later_url: str

    @property
    def is_empty(self) -> bool:
        """Nothing is free up to the horizon."""
        return not self.starts and self.next_free is None


class Finder:
    """Looks through the calendar of one type, one window at a time and no further than needed."""

    def __init__(
        self, coach: Coach, session_type: SessionType, page: str = "", moved: Booking | None = None
    ) -> None:
        self.coach, self.session_type, self.page, self.moved = coach, session_type, page, moved
        self.tz = coach.zone_for(session_type.place)
        self.today = coach.now.astimezone(zone(self.tz)).date()
        # A visitor's date may be a day ahead of the coach's, in which the horizon counts.
        self.last = self.today + timedelta(days=session_type.horizon_days + 1)

    def free(self, since: date, window: timedelta = WINDOW) -> FreeDays:
        """The free times of the window that begins on a day, in one query."""
        begin, end = self._midnight(since), self._midnight(since + window)
        begin = max(begin, self.coach.now)
        return slots.by_day(self._starts(begin, end), self.tz)

    def _starts(self, begin: datetime, end: datetime) -> list[datetime]:
        if self.moved:
            return moving.free_times(booking=self.moved, since=begin, until=end, now=self.coach.now)
        hours = calendar(
            practice=self.coach.practice,
            since=begin,
            until=end,
            now=self.coach.now,
            holder=self.coach.holder,
        )
        return hours.free(self.session_type, since=begin, until=end, now=self.coach.now)

    def first(self, since: date) -> tuple[date, FreeDays]:
        """The first window from a day on that has a free time, beginning with that time's day."""
        begin = since
        while begin <= self.last:
            if days := self.free(begin):
                start = min(days)
                return start, days if start - begin <= SHORT_WAIT else self.free(start)
            begin += WINDOW
        return since, {}

    def day_url(self, day: date, since: date | None = None) -> str:
        window = f"&from={since}" if since else ""
        return f"{self.page}?day={day}{window}#times"

    def window_url(self, since: date) -> str:
        return f"{self.page}?from={since}#days"

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), zone(self.tz))


def picker(
    coach: Coach,
    session_type: SessionType,
    asked: Mapping[str, str],
    *,
    page: str,
    moved: Booking | None = None,
) -> Picker:
    """The window that is asked for by `from` and `day`, else the first that has a free time.

    `page` is the address that its links lead to; `moved` a booking for which another time is looked for.
    """
    finder = Finder(coach, session_type, page, moved)
    day, since = day_of(asked.get("day")), day_of(asked.get("from"))
    if since is None or not finder.today <= since <= finder.last:
        since = None
        start, free = finder.first(finder.today)
        if day and start + WINDOW <= day <= finder.last:
            since = start = day
            free = finder.free(day)
    else:
        start, free = since, finder.free(since)
    return _picker(finder, start, free, day=day, since=since)


def _picker(finder: Finder, start: date, free: FreeDays, *, day: date | None, since: date | None) -> Picker:
    chosen = day if day and start <= day < start + WINDOW else min(free, default=None)
    starts = free.get(chosen, []) if chosen else []
    next_free = None if starts else _next_free(finder, free, chosen or start + WINDOW)
    return Picker(
        session_type=finder.session_type,
        tz=finder.tz,
        days=_days(finder, start, free, since) if free or since else [],
        chosen=chosen,
        starts=[{"starts_at": at} for at in starts],
        next_free=next_free,
        next_free_url=finder.day_url(next_free) if next_free else "",
        earlier_url=finder.window_url(max(start - WINDOW, finder.today))
        if since and since > finder.today
        else "",
        later_url=finder.window_url(start + WINDOW) if free and start + WINDOW <= finder.last else "",
    )


def _days(finder: Finder, start: date, free: FreeDays, since: date | None) -> list[dict[str, Any]]:
    """A tile for every day of the window, free or not, up to the last that can be booked."""
    shown = min(WINDOW, finder.last - start + DAY).days
    dates = (start + timedelta(days=number) for number in range(shown))
    return [{"date": on, "count": len(free.get(on, ())), "href": finder.day_url(on, since)} for on in dates]


def _next_free(finder: Finder, free: FreeDays, after: date) -> date | None:
    """The first free day after one that has none."""
    inside = [day for day in free if day > after]
    return min(inside) if inside else min(finder.first(after)[1], default=None)


def first_times(coach: Coach, session_type: SessionType, most: int) -> tuple[str, list[datetime]]:
    """The zone and the first few free times, all of one day."""
    finder = Finder(coach, session_type)
    # Most coaches have a free time within days: a week is looked through in a quarter of the time.
    free = finder.free(finder.today, SHORT_WAIT) or finder.first(finder.today + SHORT_WAIT)[1]
    return finder.tz, free[min(free)][:most] if free else []


def day_of(text: str | None) -> date | None:
    """The day that an address names; None for anything that is none."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
