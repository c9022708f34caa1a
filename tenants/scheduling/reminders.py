"""When a client is reminded of a session: asked for when it is booked, and decided when it is due."""

import uuid
from datetime import datetime, timedelta

from django.db import transaction

from kit.actors import SYSTEM
from tenants.activity import events
from tenants.activity.models import Event
from tenants.offers.practice import practice
from tenants.registry import wakeups
from tenants.scheduling.cancelling import UNDO, locked, pending_of
from tenants.scheduling.models import Booking, BookingStatus, Session

# Hours before the start that a coach may choose. Each booking is looked at at all of them, so that a change
# of the setting counts for what is booked already.
CHOICES = (72, 48, 24, 2)
MOST = 2
# Whoever has just been told of the session needs no reminder.
APART = timedelta(hours=1)
# Later than this, a reminder is left out: its time was before the session was put where it is.
LATE = timedelta(hours=3)


def watch(*, event: Event, now: datetime) -> None:
    """Step: have a session that was booked or moved looked at when its reminders may be due."""
    starts_at = Session.objects.values_list("starts_at", flat=True).get(bookings=event.subject_id)
    if due_at := next_look(starts_at, now):
        wakeups.ask(kind="reminder", reference=event.subject_id, due_at=due_at, now=now, replace=True)


def remind(*, reference: uuid.UUID, now: datetime) -> datetime | None:
    """Use case of the wakeup: have the client reminded where that is due; then say when to come back.

    By the setting, the start and the state of the booking as they are now.
    """
    with transaction.atomic(durable=True):
        booking = locked(reference)
        starts_at = booking.session.starts_at
        if booking.status != BookingStatus.CONFIRMED or starts_at <= now:
            return None
        if pending_of(booking.pk):
            return now + UNDO
        hours = _due(booking, now)
        if hours is not None and not _told(booking, hours):
            _tell(booking, hours, now)
    return next_look(starts_at, now)


def next_look(starts_at: datetime, now: datetime) -> datetime | None:
    """The next moment at which a coach may want a reminder to go out; None where the last one is over."""
    return min((at for each in CHOICES if (at := starts_at - timedelta(hours=each)) > now), default=None)


def _due(booking: Booking, now: datetime) -> int | None:
    """Of which reminder it is time, in elapsed hours before the start, as in the rule for cancelling."""
    for hours in sorted(practice().reminder_hours):
        due_at = booking.session.starts_at - timedelta(hours=hours)
        if due_at <= now:
            is_due = now - due_at <= LATE and due_at >= _last_news(booking) + APART
            return hours if is_due else None
    return None


def _last_news(booking: Booking) -> datetime:
    """When the client was last told when the session is."""
    assert booking.confirmed_at is not None
    moves = Event.objects.filter(kind="booking.moved", subject_id=booking.pk).order_by("-at")
    return max(booking.confirmed_at, moves.values_list("at", flat=True).first() or booking.confirmed_at)


def _told(booking: Booking, hours: int) -> bool:
    """A worker that died between telling and ticking it off comes here a second time."""
    told = Event.objects.filter(kind="booking.upcoming", subject_id=booking.pk, data__hours=hours)
    return told.filter(data__starts_at=booking.session.starts_at.isoformat()).exists()


def _tell(booking: Booking, hours: int, now: datetime) -> None:
    events.record(
        kind="booking.upcoming",
        subject_id=booking.pk,
        client_id=booking.client_id,
        actor=SYSTEM,
        now=now,
        data={"hours": hours, "starts_at": booking.session.starts_at.isoformat()},
    )
