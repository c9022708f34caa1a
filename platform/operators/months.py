"""Months of the UTC calendar, which operators' figures are counted in: coaches live in many zones."""

from datetime import UTC, date, datetime


def month_before(now: datetime, count: int) -> date:
    """The first day of the month that was so many months before the present one; 0 is the present one."""
    present = now.astimezone(UTC)
    years, month = divmod(present.year * 12 + present.month - 1 - count, 12)
    return date(years, month + 1, 1)


def begins(month: date) -> datetime:
    """Its first moment."""
    return datetime(month.year, month.month, 1, tzinfo=UTC)
