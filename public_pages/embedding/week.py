"""One type's free times by day, for a week: what fits into a frame."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from django.urls import reverse

from public_pages.booking.coach import Coach
from public_pages.booking.picker import Finder, day_of
from tenants.offers.models import SessionType

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Day:
    date: date
    starts: list[dict[str, object]]


@dataclass(frozen=True)
class Week:
    tz: str
    since: date
    days: list[Day]
    earlier: date | None
    later: date | None

    @property
    def is_empty(self) -> bool:
        """Nothing is free up to the horizon."""
        return not (self.days or self.later or self.earlier)


def week(coach: Coach, offered: SessionType, asked: Mapping[str, str], *, address: str) -> Week:
    """The week that is asked for by `from`, else the one that begins with the first free day.

    `address` is where the coach's pages are: each time leads there.
    """
    finder = Finder(coach, offered)
    since = day_of(asked.get("from"))
    if since is None or not finder.today < since <= finder.last:
        since = None
    begin = since or min(finder.first(finder.today)[1], default=finder.today)
    free = finder.free(begin, WEEK)
    later = begin + WEEK
    return Week(
        tz=finder.tz,
        since=begin,
        days=[Day(day, _starts(starts, offered, address)) for day, starts in sorted(free.items())],
        earlier=max(begin - WEEK, finder.today) if begin > finder.today and since else None,
        later=later if (free or since) and later <= finder.last else None,
    )


def _starts(starts: list[datetime], offered: SessionType, address: str) -> list[dict[str, object]]:
    path = f"{address}{reverse('session_type', args=[offered.slug])}"
    return [{"starts_at": at, "href": f"{path}?{urlencode({'at': at.isoformat()})}"} for at in starts]
