"""Days on which banks work, by UTC: Monday to Friday."""

from datetime import UTC, datetime, timedelta

DAY_SECONDS = 24 * 3600


def day_after(moment: int, days: int) -> int:
    """The beginning of the day that is so many working days after the day of `moment`."""
    at = datetime.fromtimestamp(moment, tz=UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    while days:
        at += timedelta(days=1)
        days -= at.weekday() < 5
    return int(at.timestamp())
