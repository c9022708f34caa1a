"""Moving a booking to another time: the same booking, the same payment, the same unit."""

import uuid
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F

from kit.actors import Actor
from kit.clock import zone
from kit.states import IllegalMove
from tenants.activity import events
from tenants.offers.models import Practice
from tenants.offers.vocabulary import called
from tenants.scheduling import deposits, slots, units
from tenants.scheduling.availability import Calendar, calendar
from tenants.scheduling.cancellation import free_cancel_until
from tenants.scheduling.cancelling import locked, pending_of, policy_of
from tenants.scheduling.holds import NEAREST_WITHIN, SlotTaken, end_lapsed_in
from tenants.scheduling.models import Booking, BookingStatus, Session


class CannotMove(Exception):
    """This booking cannot be moved, or not by its client any more. Its message is for people."""


def free_times(*, booking: Booking, since: datetime, until: datetime, now: datetime) -> list[datetime]:
    """The starts that a client may move this booking to. Its own time hides none of them."""
    practice, kind = Practice.objects.get(), booking.session.session_type
    free = _without(calendar(practice=practice, since=since, until=until, now=now), booking.session)
    starts = free.free(kind, since=since, until=until, now=now)
    return [at for at in units.payable(booking, starts) if at != booking.session.starts_at]


def nearest(*, booking: Booking, wanted: datetime, now: datetime) -> list[datetime]:
    """Up to three free starts close to a time that the booking cannot be moved to."""
    since, until = max(now, wanted - NEAREST_WITHIN), wanted + NEAREST_WITHIN
    return slots.nearest(free_times(booking=booking, since=since, until=until, now=now), wanted)


def _without(whole: Calendar, session: Session) -> Calendar:
    return whole.without(session.period.lower, session.period.upper)


def refusal(*, booking: Booking, now: datetime) -> str:
    """Why the client cannot move this booking now, for people; empty where they can."""
    if booking.status != BookingStatus.CONFIRMED:
        return f"This {called.session} is not booked any more."
    if now > free_cancel_until(policy_of(booking), booking.session.starts_at):
        return "The time for moving is over. Your coach can still move it."
    return ""


def move_by_client(*, booking_id: uuid.UUID, starts_at: datetime, now: datetime, actor: Actor) -> Booking:
    """Use case: to another free time, while cancelling would be free.

    Raises CannotMove, and `holds.SlotTaken` when the time was taken meanwhile; nothing has changed then.
    """
    with transaction.atomic(durable=True):
        booking = _movable(booking_id)
        if said := refusal(booking=booking, now=now):
            raise CannotMove(said)
        near = {"since": starts_at, "until": starts_at + timedelta(minutes=1), "now": now}
        if starts_at not in free_times(booking=booking, **near):
            raise SlotTaken([])
        _put(booking, starts_at, now, actor)
        Booking.objects.filter(pk=booking.pk).update(moved_from=None)
    return booking


def move_by_coach(*, booking_id: uuid.UUID, starts_at: datetime, now: datetime, actor: Actor) -> Booking:
    """Use case: to any time at which nothing else is; the client may decline it for a full return.

    Raises CannotMove and `holds.SlotTaken`.
    """
    with transaction.atomic(durable=True):
        booking = _movable(booking_id)
        if starts_at <= now:
            raise CannotMove(f"{called.A_session} is moved to a time that is still to come.")
        first = booking.moved_from or booking.session.starts_at
        _put(booking, starts_at, now, actor)
        # Back where it was agreed, there is nothing to decline.
        Booking.objects.filter(pk=booking.pk).update(moved_from=None if first == starts_at else first)
    return booking


def keep_new_time(*, booking_id: uuid.UUID, now: datetime, actor: Actor) -> bool:
    """Use case: the client is content with the time that the coach chose, and cannot decline it any more.

    False where there was nothing to agree to.
    """
    with transaction.atomic(durable=True):
        booking = locked(booking_id)
        if booking.moved_from is None or booking.status != BookingStatus.CONFIRMED or pending_of(booking_id):
            return False
        Booking.objects.filter(pk=booking.pk).update(moved_from=None)
        events.record(
            kind="booking.move_kept",
            subject_id=booking.pk,
            client_id=booking.client_id,
            actor=actor,
            now=now,
            data={"from": booking.moved_from.isoformat(), "to": booking.session.starts_at.isoformat()},
        )
    return True


def _movable(booking_id: uuid.UUID) -> Booking:
    booking = locked(booking_id)
    if booking.status != BookingStatus.CONFIRMED or pending_of(booking_id):
        raise CannotMove(f"This {called.session} is not booked any more.")
    return booking


def _put(booking: Booking, starts_at: datetime, now: datetime, actor: Actor) -> None:
    """Step: the block moves as a whole; the exclusion constraint keeps it off everybody else's time."""
    session, before = booking.session, booking.session.starts_at
    by = starts_at - before
    session.period = (session.period.lower + by, session.period.upper + by)
    session.starts_at, session.ends_at = starts_at, session.ends_at + by
    session.wall_start = f"{starts_at.astimezone(zone(session.timezone)):%Y-%m-%dT%H:%M}"
    end_lapsed_in(session, now)
    try:
        with transaction.atomic():
            session.save(update_fields=["period", "starts_at", "ends_at", "wall_start"])
    except IntegrityError as error:
        raise SlotTaken([]) from error
    moved = Booking.objects.filter(pk=booking.pk, status=BookingStatus.CONFIRMED)
    if not moved.update(calendar_sequence=F("calendar_sequence") + 1):
        raise IllegalMove("the booking was cancelled meanwhile")
    deposits.reschedule_rest(booking, now=now)
    if booking.funding in units.BY_UNIT:
        units.count_as_used(
            booking=booking,
            cause="moved",
            rule="moved",
            now=now,
            actor=actor,
            data={"starts_at": starts_at.isoformat(), "wall_start": session.wall_start},
        )
    events.record(
        kind="booking.moved",
        subject_id=booking.pk,
        client_id=booking.client_id,
        actor=actor,
        now=now,
        data={"from": before.isoformat(), "to": starts_at.isoformat()},
    )
