"""What cancelling a booking means for what was paid: a pure rule that pages and operations both ask."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from kit.words import duration, wall_time


@dataclass(frozen=True, slots=True)
class Policy:
    """How long before the start a client may still cancel without losing what was paid."""

    window_hours: int = 24


@dataclass(frozen=True, slots=True)
class Facts:
    """Who cancels which session, and when."""

    starts_at: datetime
    cancelled_at: datetime
    by: Literal["client", "coach"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`returned`: the money or the unit goes back. `used`: it stays spent. `reason` is for people."""

    kind: Literal["returned", "used"]
    reason: str


def decide(policy: Policy, facts: Facts) -> Outcome:
    """What becomes of the payment. Exactly the whole window before the start is still early."""
    if facts.by == "coach":
        return Outcome("returned", "The coach cancelled, so everything is returned.")
    rule = f"the rule is {duration(policy.window_hours * 60)}"
    if facts.cancelled_at <= free_cancel_until(policy, facts.starts_at):
        return Outcome("returned", f"Cancelled in time ({rule}).")
    return Outcome("used", f"{_how_late(facts)} ({rule}).")


def free_cancel_until(policy: Policy, starts_at: datetime) -> datetime:
    """The last moment, in UTC, at which cancelling is free. The window is elapsed time."""
    return starts_at.astimezone(UTC) - timedelta(hours=policy.window_hours)


def deadline_in_words(
    policy: Policy, starts_at: datetime, *, tz: str, now: datetime, locale: str = "en"
) -> str:
    """The rule as one sentence with the deadline as wall time: "Free to cancel until Tuesday …, 17:00."."""
    deadline = free_cancel_until(policy, starts_at)
    when = wall_time(deadline, tz, locale)
    if now <= deadline:
        return f"Free to cancel until {when}."
    return f"Free cancelling ended {when}."


def _how_late(facts: Facts) -> str:
    left = facts.starts_at.astimezone(UTC) - facts.cancelled_at.astimezone(UTC)
    if left <= timedelta():
        return "Cancelled after the start"
    return f"Cancelled {duration(left // timedelta(minutes=1))} before the start"
