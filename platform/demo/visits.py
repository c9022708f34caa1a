"""Clients who hold a time, book it, pay and come; who call it off; and a coach who moves and closes."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from demo import aftermath, desk, payments
from demo.sales import agreed_to, pack_of, sell
from demo.subscriptions import retainer_of
from demo.timeline import Place
from demo.world import Sale, Visit
from kit import clock
from kit.actors import Actor
from kit.clock import zone
from tenants.billing import checkout
from tenants.billing.models import PaymentAttempt
from tenants.clients.models import Client
from tenants.offers.models import SessionType
from tenants.offers.practice import practice
from tenants.packs import spending
from tenants.packs.models import Pack, PackOffer
from tenants.retainers import spending as of_retainers
from tenants.scheduling import (
    answers,
    bookings,
    cancelling,
    closing,
    holds,
    moving,
    pack_bookings,
    paying,
    retainer_bookings,
)
from tenants.scheduling.availability import calendar
from tenants.scheduling.links import address_of
from tenants.scheduling.models import Booking, BookingStatus, Cancellation, Cause

_LOOK_AHEAD = timedelta(days=7)
# Later hours are for those who come at a time of their own.
_LAST_USUAL_HOUR = 15
_A_MOMENT = timedelta(seconds=20)
_CLOSED_BEFORE = timedelta(hours=6)
_TO_NOTE = timedelta(minutes=4)
_TO_ANSWER = timedelta(hours=5)


def book(place: Place, visit: Visit) -> None:
    """Hold, give the details, pay; and note what is to come of it."""
    kind = SessionType.objects.get(name=visit.offer)
    if visit.renews:
        _renew(place, visit, kind)
    starts_at = _first_free(kind, place.day(visit.day), visit)
    if visit.desk:
        booking: Booking | None = desk.book(place, visit, kind, starts_at)
    else:
        booking = _book_online(place, visit, kind, starts_at)
    if booking:
        _note_what_follows(place, visit, booking)
        aftermath.note(place, booking.pk, visit.later)


def _renew(place: Place, visit: Visit, kind: SessionType) -> None:
    client = Client.objects.filter(email=visit.email).first()
    starts_at = place.day(visit.day) + _LOOK_AHEAD
    if client is None or not spending.usable(
        client_id=client.pk, session_type_id=kind.pk, starts_at=starts_at, now=clock.now()
    ):
        sell(place, Sale(visit.client, visit.pack, visit.booked_on))


def _book_online(place: Place, visit: Visit, kind: SessionType, starts_at: datetime) -> Booking | None:
    """None for whose retainer is paused or not paid, who does not come then."""
    holder = holds.digest(f"demo {visit.client} {visit.booked_on}")
    held = holds.hold(slug=kind.slug, starts_at=starts_at, holder=holder, now=clock.now())
    try:
        _give_details(place, visit, held)
    except (spending.CannotSpend, of_retainers.CannotSpend):
        return None
    if attempt := paying.payment_of(held.pk):
        payments.pay(attempt, place.stripe, partial(_is_decided, held.pk))
    if visit.card_fails:
        payments.fail_cards_of(visit.email, place.stripe)
    return bookings.booking_of(booking_id=held.pk)


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
        pack = _pack_for(held, visit)
        pack_bookings.book_with_unit(client=pack.client, pack_id=pack.pk, **asked)
    elif visit.retainer:
        retainer = retainer_of(visit.email, visit.retainer)
        retainer_bookings.book_with_retainer(client=retainer.client, retainer_id=retainer.pk, **asked)
    elif visit.buys:
        offer = PackOffer.objects.get(name=visit.buys, is_current=True)
        pack_bookings.book_and_buy(offer=offer, accepted=agreed_to(offer), **who, **asked)
    else:
        bookings.book(coupon=visit.coupon, address="127.0.0.1", **who, **asked)


def _pack_for(held: Booking, visit: Visit) -> Pack:
    """The one that its client would choose: the first that can pay."""
    session, newest = held.session, pack_of(visit.email, visit.pack)
    found = spending.usable(
        client_id=newest.client_id,
        session_type_id=session.session_type_id,
        starts_at=session.starts_at,
        now=clock.now(),
    )
    mine = [each.pack for each in found if each.pack.offer.name == visit.pack]
    return mine[0] if mine else newest


def _is_decided(booking_id: UUID, attempt: PaymentAttempt) -> bool:
    """Paid, or promised and waiting for the coach's yes."""
    asked = Booking.objects.filter(pk=booking_id, status=BookingStatus.REQUESTED)
    return attempt.is_final or asked.exists()


# --- what comes of it --------------------------------------------------------------------------------


def _note_what_follows(place: Place, visit: Visit, booking: Booking) -> None:
    session = booking.session
    if visit.answered:
        place.note(clock.now() + _TO_ANSWER, partial(_answer, place, visit, booking), asks_stripe=True)
    if visit.called_off_hours_before:
        before = timedelta(hours=visit.called_off_hours_before) + _A_MOMENT
        place.note(session.starts_at - before, partial(_call_off, place, booking))
    elif visit.closed_because:
        act = partial(_close_the_day, place, booking, visit.closed_because)
        place.note(session.starts_at - _CLOSED_BEFORE, act)
    elif visit.moved_on is not None:
        place.note(place.day(visit.moved_on), partial(_move, place, visit, booking))
    else:
        place.note(session.ends_at + _TO_NOTE, partial(_record_attendance, place, booking, came=visit.came))


def _stands(booking: Booking) -> bool:
    """A closed day, an unpaid rest or a no may have taken it."""
    return Booking.objects.filter(pk=booking.pk, status=BookingStatus.CONFIRMED).exists()


def _answer(place: Place, visit: Visit, booking: Booking) -> None:
    answer = {"accepted": answers.accept, "declined": answers.decline}[visit.answered]
    answer(booking_id=booking.pk, now=clock.now(), actor=place.actor)


def _call_off(place: Place, booking: Booking) -> None:
    if not _stands(booking):
        return
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


def _move(place: Place, visit: Visit, booking: Booking) -> None:
    """To the first free time of a later day; the client can still decline it."""
    since = booking.session.starts_at + timedelta(hours=20)
    free = moving.free_times(booking=booking, since=since, until=since + _LOOK_AHEAD, now=clock.now())
    moved = moving.move_by_coach(booking_id=booking.pk, starts_at=free[0], now=clock.now(), actor=place.actor)
    ends_at = moved.session.ends_at + timedelta(minutes=5)
    place.note(ends_at, partial(_record_attendance, place, booking, came=visit.came))


def _record_attendance(place: Place, booking: Booking, *, came: bool) -> None:
    if _stands(booking):
        bookings.record_attendance(booking_id=booking.pk, came=came, now=clock.now(), actor=place.actor)
