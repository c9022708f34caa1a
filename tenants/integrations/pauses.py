"""How long we wait before we try again: after each try, as the receiver asks, and for the endpoint itself."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

# After each try of a message that failed; then it is given up, after three days and some hours.
PAUSES: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
# Whoever asks for more means something else, or us no good.
MOST_ASKED: Final = timedelta(days=1)
SHORTEST_REST: Final = timedelta(seconds=5)
LONGEST_REST: Final = timedelta(minutes=5)


def asked_for(header: str, *, now: datetime) -> timedelta:
    """What `Retry-After` asks for, in seconds or as a date of HTTP (RFC 9110); none where it says nothing.

    Never more than a day, whatever it says.
    """
    said = header.strip()
    if said.isascii() and said.isdigit():
        # Ten digits are far more than a day already; how many follow does not matter.
        return min(timedelta(seconds=int(said[:10])), MOST_ASKED)
    at = _date(said)
    return min(max(at - now, timedelta()), MOST_ASKED) if at else timedelta()


def _date(said: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(said[:64])
    except (ValueError, OverflowError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def rest_after(*, failing_since: datetime, now: datetime) -> timedelta:
    """For how long nothing at all goes to an endpoint that fails: the longer it has, the longer."""
    return min(max((now - failing_since) / 4, SHORTEST_REST), LONGEST_REST)
