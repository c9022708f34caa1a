"""Stretches of time that a coach asks about, from midnight to midnight in the coach's own zone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from kit.clock import start_of_day, zone

NAMES: Final = {
    "month": "This month",
    "last_month": "Last month",
    "year": "This year",
    "all": "All time",
    "custom": "Chosen days",
}


@dataclass(frozen=True, slots=True)
class Period:
    """Days `first` to `last`, both included, in the zone `tz`; an end that is None is open."""

    tz: str
    first: date | None = None
    last: date | None = None

    @property
    def since(self) -> datetime | None:
        """The moment it begins, in UTC."""
        return start_of_day(self.first, self.tz) if self.first else None

    @property
    def until(self) -> datetime | None:
        """The first moment after it, in UTC."""
        return start_of_day(self.last + timedelta(days=1), self.tz) if self.last else None


def period_of(
    name: str, *, tz: str, now: datetime, first: date | None = None, last: date | None = None
) -> Period:
    """The period called `name` in NAMES; `first` and `last` count for "custom" only."""
    today = now.astimezone(zone(tz)).date()
    this_month = today.replace(day=1)
    if name == "last_month":
        end = this_month - timedelta(days=1)
        return Period(tz, end.replace(day=1), end)
    if name == "year":
        return Period(tz, date(today.year, 1, 1), date(today.year, 12, 31))
    if name == "all":
        return Period(tz)
    if name == "custom":
        return Period(tz, first, last)
    return Period(tz, this_month, _month_after(this_month) - timedelta(days=1))


def months_up_to(now: datetime, tz: str, count: int = 12) -> Sequence[date]:
    """The first days of the last `count` months, this one included, oldest first."""
    month = now.astimezone(zone(tz)).date().replace(day=1)
    months = [month]
    for _ in range(count - 1):
        month = (month - timedelta(days=1)).replace(day=1)
        months.append(month)
    return months[::-1]


def _month_after(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)
