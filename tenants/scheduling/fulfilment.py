"""What a payment for a booking leads to. Named in `config.wiring`; called inside billing's transactions."""

import uuid
from datetime import datetime, timedelta

from kit.actors import SYSTEM, Actor
from kit.states import try_move
from tenants.activity import events
from tenants.scheduling.bookings import confirm
from tenants.scheduling.holds import end_hold, tell_released
from tenants.scheduling.models import Booking, BookingStatus, Funding, Session, SessionStatus


def still_wanted(*, reference: uuid.UUID, now: datetime) -> bool:
    """Pin the slot for this payment. A hold that ran out still counts while nobody else took the time."""
    held = Booking.objects.filter(pk=reference, status=BookingStatus.HELD, deciding=False)
    return held.update(deciding=True) == 1


def awaits(*, reference: uuid.UUID, intent_capture_before: datetime | None, now: datetime) -> datetime | None:
    """Nobody needs to accept this booking."""
    return None


def keep(*, reference: uuid.UUID, until: datetime, now: datetime) -> bool:
    """The payment is being checked: the slot stays this booking's, but no nearer to its start than the
    notice that the coach asks for."""
    booking = Booking.objects.select_related("session__session_type").get(pk=reference)
    notice = timedelta(minutes=booking.session.session_type.minimum_notice_min)
    last_moment = min(until, booking.session.starts_at - notice)
    if booking.status != BookingStatus.HELD or last_moment <= now:
        return False
    Booking.objects.filter(pk=reference, hold_expires_at__lt=last_moment).update(hold_expires_at=last_moment)
    return True


def fulfil(*, reference: uuid.UUID, attempt_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """The money is captured: the session is confirmed."""
    booking = Booking.objects.get(pk=reference)
    confirm(booking=booking, funding=Funding.CARD, funded_by=attempt_id, now=now, actor=actor)


def release(*, reference: uuid.UUID, reason: str, now: datetime) -> None:
    """No money will come for this booking: its time is free again, and the client is told."""
    Booking.objects.filter(pk=reference, status=BookingStatus.HELD).update(deciding=False)
    booking = Booking.objects.get(pk=reference)
    freed = end_hold(booking, reason=reason, now=now)
    if freed or reason == "payment_released":
        tell_released(booking, reason=reason, now=now, actor=SYSTEM)


def refunded(
    *,
    reference: uuid.UUID,
    captured_minor: int,
    refunded_minor: int,
    key: str,
    now: datetime,
    actor: Actor,
) -> None:
    """All money went back before the session took place: the session is off, and both are told.

    A session that has begun stays as it was, and so does one of which a part was refunded: that is then
    about money only.
    """
    if refunded_minor < captured_minor:
        return
    booking = Booking.objects.select_related("session").get(pk=reference)
    if booking.session.starts_at <= now:
        return
    if try_move(booking, BookingStatus.CANCELLED, ended_reason="refunded"):
        Session.objects.filter(pk=booking.session_id).update(status=SessionStatus.CANCELLED)
        events.record(
            kind="booking.cancelled",
            subject_id=booking.pk,
            client_id=booking.client_id,
            actor=actor,
            now=now,
            data={"reason": "refunded"},
        )
