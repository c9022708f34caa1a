"""A cancellation as it was decided: by whom, when, by which rule, and what it came to."""

from dataclasses import dataclass

from kit.words import duration
from tenants.dashboard import presses
from tenants.dashboard.desk import Desk
from tenants.scheduling.models import Booking, Cancellation, CancellationStatus, Cause

STATES = {
    CancellationStatus.PENDING: ("attention", "Can still be undone"),
    CancellationStatus.DONE: ("neutral", "Carried out"),
    CancellationStatus.UNDONE: ("neutral", "Undone"),
    CancellationStatus.OVERTAKEN: ("neutral", "Not needed any more"),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One decision; `rule` and `result` are sentences, as they were shown when it was made."""

    row: Cancellation
    cause: str
    meaning: str
    state: str
    by: str
    before: str
    rule: str
    result: str


def told(desk: Desk, booking: Booking, row: Cancellation) -> Evidence:
    meaning, state = STATES[CancellationStatus(row.status)]
    return Evidence(
        row=row,
        cause=str(Cause(row.cause).label),
        meaning=meaning,
        state=state,
        by=_by(row),
        before=_before(desk, booking, row),
        rule=row.reason,
        result=presses.in_words(desk, booking, row),
    )


def _by(row: Cancellation) -> str:
    if row.actor_kind == "coach":
        return row.actor_name or "you"
    return row.actor_name or {"client": "the client", "operator": "the platform"}.get(row.actor_kind, "")


def _before(desk: Desk, booking: Booking, row: Cancellation) -> str:
    """How long before the start it was pressed: what the window was held against."""
    minutes = int((booking.session.starts_at - row.asked_at).total_seconds() // 60)
    if minutes < 0:
        return "after the start"
    return f"{duration(minutes, desk.practice.locale)} before the start"
