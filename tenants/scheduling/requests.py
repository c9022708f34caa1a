"""Requests: the client has asked and, where there is a price, the bank has promised; the coach decides.

Nothing is captured and no unit moves before the coach accepts. A request that is not answered in time is
let go by itself, and the money with it.
"""

from datetime import datetime, timedelta

from kit.actors import Actor
from kit.states import move
from tenants.activity import events
from tenants.registry import wakeups
from tenants.scheduling.models import Booking, BookingStatus

# The bank's promise must outlast the answer by as much as capturing may take.
BANK_MARGIN = timedelta(hours=12)


def answer_by(*, booking: Booking, promised_until: datetime | None, now: datetime) -> datetime:
    """Until when the coach may accept: the coach's own window, the notice before the start, and the bank's
    promise less a margin, whichever ends first."""
    kind = booking.session.session_type
    ends = [
        now + timedelta(hours=kind.answer_within_hours),
        booking.session.starts_at - timedelta(minutes=kind.minimum_notice_min),
    ]
    return min([*ends, promised_until - BANK_MARGIN] if promised_until else ends)


def request(*, booking: Booking, promised_until: datetime | None, now: datetime) -> datetime | None:
    """Step: the hold becomes a request, and its time is kept until the coach must have answered.

    None, and no request, where that moment is past already.
    """
    until = answer_by(booking=booking, promised_until=promised_until, now=now)
    if until <= now:
        return None
    move(booking, BookingStatus.REQUESTED, answer_by=until, hold_expires_at=until)
    wakeups.ask(kind="request", reference=booking.pk, due_at=until, now=now)
    events.record(
        kind="booking.requested",
        subject_id=booking.pk,
        client_id=booking.client_id,
        actor=Actor("client", str(booking.client_id)),
        now=now,
    )
    return until
