"""Clients who hold a time, book it, pay and come; who call it off; and a coach who moves and closes."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from demo import payments
from demo.sales import agreed_to, pack_of
from demo.timeline import Place
from demo.world import Visit
from kit import clock
from kit.actors import Actor
from kit.clock import zone
from tenants.billing import checkout
from tenants.billing.models import PaymentAttempt
from tenants.offers.models import SessionType
from tenants.offers.practice import practice
from tenants.packs.models import PackOffer
from tenants.scheduling import bookings, cancelling, closing, holds, moving, pack_bookings, paying
from tenants.scheduling.availability import calendar
from tenants.scheduling.links import address_of
from tenants.scheduling.models import Booking, BookingStatus, Cancellation, Cause

_LOOK_AHEAD = timedelta(days=7)
# Later hours are for those who come at a time of their own.
_LAST_USUAL_HOUR = 15
_A_MOMENT = timedelta(seconds=20)
_CLOSED_BEFORE = timedelta(hours=6)
_TO_NOTE = timedelta(minutes=4)


def book(place: Place, visit: Visit) -> None:
    """Hold, give the details, pay; and note what is to come of it."""
    kind = SessionType.objects.get(name=visit.offer)
    starts_at = _first_free(kind, place.day(visit.day), visit)
    holder = holds.digest(f"demo {visit.client} {visit.booked_on}")
    held = holds.hold(slug=kind.slug, starts_at=starts_at, holder=holder, now=clock.now())
    _give_details(place, visit, held)
    if attempt := paying.payment_of(held.pk):
        payments.pay(attempt, place.stripe, partial(_is_decided, held.pk))
    _note_what_follows(place, visit, bookings.booking_of(booking_id=held.pk))


def _first_free(kind: SessionType, since: datetime, visit: Visit) -> datetime:
    """A free start in the coach's working day, each visit at another hour."""
    tz = zone(practice().timezone)
    begin = since.astimezone(tz).replace(hour=0, minute=0)
    week = calendar(practice=practice(), since=begin, until=begin + _LOOK_AHEAD, now=clock.now())
    free = week.free(kind, since=begin, until=begin + _LOOK_AHEAD, now=clock.now())
    if visit.at:
        return next(start for start in free if start.astimezone(tz).time() == visit.at)
    usual = [start for start in free if start.astimezone(tz).hour <= _LAST_USUAL_HOUR]
    first_day = [start for start in usual if start.astimezone(tz).date() == usual[0].astimezone(tz).date()]
    return first_day[(kind.position * 2 + begin.day * 3) % len(first_day)]


def _give_details(place: Place, visit: Visit, held: Booking) -> None:
    extras = [each["id"] for each in held.agreed["extras"] if visit.with_extras]
    page = address_of(held)
    links: checkout.Links = lambda _attempt: (page, page)  # noqa: E731
    asked: dict[str, Any] = {
        "booking_id": held.pk,
        "message": visit.message,
        "timezone": place.coach.timezone,
        "extras": extras,
        "links": links,
        "now": clock.now(),
    }
    who: dict[str, Any] = {"name": visit.client, "email": visit.email, "phone": ""}
    if visit.pack:
        pack = pack_of(visit.email, visit.pack)
        pack_bookings.book_with_unit(client=pack.client, pack_id=pack.pk, **asked)
    elif visit.buys:
        offer = PackOffer.objects.get(name=visit.buys, is_current=True)
        pack_bookings.book_and_buy(offer=offer, accepted=agreed_to(offer), **who, **asked)
    else:
        bookings.book(**who, **asked)


def _is_decided(booking_id: UUID, attempt: PaymentAttempt) -> bool:
    """Paid, or promised and waiting for the coach's yes."""
    asked = Booking.objects.filter(pk=booking_id, status=BookingStatus.REQUESTED)
    return attempt.is_final or asked.exists()


# --- what comes of it --------------------------------------------------------------------------------


def _note_what_follows(place: Place, visit: Visit, booking: Booking) -> None:
    session = booking.session
    if visit.called_off_hours_before:
        before = timedelta(hours=visit.called_off_hours_before) + _A_MOMENT
        place.note(session.starts_at - before, partial(_call_off, place, booking))
    elif visit.closed_because:
        act = partial(_close_the_day, place, booking, visit.closed_because)
        place.note(session.starts_at - _CLOSED_BEFORE, act)
    elif visit.moved_on is not None:
        place.note(place.day(visit.moved_on), partial(_move, place, booking))
    else:
        place.note(session.ends_at + _TO_NOTE, partial(_record_attendance, place, booking, came=visit.came))


def _call_off(place: Place, booking: Booking) -> None:
    client = Actor("client", str(booking.client_id))
    asked = cancelling.cancel(booking_id=booking.pk, cause=Cause.CLIENT, now=clock.now(), actor=client)
    _note_its_end(place, asked)


def _note_its_end(place: Place, asked: Cancellation) -> None:
    """When nobody can undo it any more."""

    def carry_out() -> None:
        cancelling.carry_out(reference=asked.pk, now=clock.now())

    place.note(asked.takes_effect_at + timedelta(seconds=1), carry_out)


def _close_the_day(place: Place, booking: Booking, because: str) -> None:
    since, until = closing.day(booking.session.starts_at.astimezone(zone(place.coach.timezone)).date())
    rows = closing.affected(since=since, until=until, now=clock.now())
    asked = closing.close(
        since=since,
        until=until,
        shown=[each.booking.pk for each in rows],
        note=because,
        extends_packs=False,
        now=clock.now(),
        actor=place.actor,
    )
    for each in asked:
        _note_its_end(place, each)


def _move(place: Place, booking: Booking) -> None:
    """To the first free time of a later day; the client can still decline it."""
    since = booking.session.starts_at + timedelta(hours=20)
    free = moving.free_times(booking=booking, since=since, until=since + _LOOK_AHEAD, now=clock.now())
    moving.move_by_coach(booking_id=booking.pk, starts_at=free[0], now=clock.now(), actor=place.actor)


def _record_attendance(place: Place, booking: Booking, *, came: bool) -> None:
    bookings.record_attendance(booking_id=booking.pk, came=came, now=clock.now(), actor=place.actor)
