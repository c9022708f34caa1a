"""How long something is valid, in calendar months and days of a zone: pure rules over dates."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta

from kit.clock import start_of_day, zone

DAY = timedelta(days=1)
TOLD_AT = time(9)


def expires_at(bought_at: datetime, months: int | None, tz: str) -> datetime | None:
    """The first moment, in UTC, at which a pack is not valid any more; None for a pack that is for good.

    The last valid day bears the number of the day of purchase, or is the month's last where there is no
    such day: bought on 3 May for 6 months, it is valid all through 3 November in the coach's zone.
    """
    if months is None:
        return None
    return end_of_day(months_later(bought_at.astimezone(zone(tz)).date(), months), tz)


def end_of_day(day: date, tz: str) -> datetime:
    """The moment at which a day is over in that zone: midnight, or what comes in its place."""
    return start_of_day(day + DAY, tz)


def last_day(at: datetime, tz: str) -> date:
    """The last day on which something is valid that ends at that moment."""
    return (at.astimezone(UTC) - datetime.resolution).astimezone(zone(tz)).date()


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def closed_days(starts_at: datetime, ends_at: datetime, tz: str) -> set[date]:
    """The days, in that zone, of which a closure takes the whole."""
    first = last_day(starts_at, tz) + DAY
    return days(first, ends_at.astimezone(zone(tz)).date() - DAY)


def days(first: date, last: date) -> set[date]:
    """All days from the first to the last."""
    return {first + DAY * n for n in range((last - first).days + 1)}


def morning_before(ends: datetime, days_before: int, tz: str) -> datetime:
    """When to tell that something ends in so many days: nobody is woken at the midnight at which it does."""
    return datetime.combine(last_day(ends, tz) - DAY * days_before, TOLD_AT, zone(tz)).astimezone(UTC)
