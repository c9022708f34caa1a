"""Holding a slot while the client decides and pays: taken by a constraint, never by looking first."""

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Greatest

from kit.actors import SYSTEM, Actor
from kit.clock import zone
from kit.database import insert_later, names_no_row, new, read_together, require_transaction
from tenants.activity import events
from tenants.offers import coupons
from tenants.offers.deposits import agreed_deposit
from tenants.offers.models import Practice, SessionType
from tenants.offers.practice import PRACTICE
from tenants.offers.session_types import OFFERED
from tenants.registry import wakeups
from tenants.scheduling import availability, slots
from tenants.scheduling.availability import Calendar, calendar
from tenants.scheduling.models import UNDECIDED, Booking, BookingStatus, Session, SessionStatus

HOLD = timedelta(minutes=10)
MOST_RENEWALS = 2
MOST_HOLDS = 2
NEAREST_WITHIN = timedelta(days=14)

# Written out: composing it anew costs several times what running it does.
HELD = """
    SELECT b.*, s.* FROM scheduling_booking b JOIN scheduling_session s ON s.id = b.session_id
    WHERE b.status = %(held)s
      AND (b.holder = %(holder)s
           OR b.hold_expires_at <= %(now)s AND s.period && (
               SELECT tstzrange(%(starts_at)s - make_interval(mins => t.buffer_before_min),
                                %(starts_at)s + make_interval(mins => t.duration_min + t.buffer_after_min))
               FROM offers_sessiontype t WHERE t.slug = %(slug)s))
    ORDER BY b.created_at DESC"""


class SlotTaken(Exception):
    """Somebody was first, or the time is not offered any more. `nearest` are free starts close to it."""

    def __init__(self, nearest: list[datetime]) -> None:
        super().__init__("That time was just taken.")
        self.nearest = nearest


class NotOffered(Exception):
    """There is no such session type on offer."""


class HoldLapsed(Exception):
    """The time is not kept any more: the hold ran out, or was given up."""


class NoMoreTime(HoldLapsed):
    """The hold was renewed as often as it may be."""


def digest(secret: str) -> str:
    """What is stored of a browser's holder secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def hold(*, slug: str, starts_at: datetime, holder: str, now: datetime) -> Booking:
    """Use case: keep a slot of the session type `slug` for ten minutes, for the browser `holder` (a digest).

    Choosing the same slot again, or twice at once, answers the same hold; choosing others gives up the
    browser's oldest, so that nobody keeps more than two. Raises NotOffered, and SlotTaken with the nearest
    free starts.
    """
    booking = None
    try:
        with transaction.atomic(durable=True):
            practice, session_type, held, day = _look(slug, starts_at, holder, now)
            session = block(practice, session_type, starts_at)
            if same := _same(held, session, holder, now):
                return same
            if starts_at in day.free(
                session_type, since=starts_at, until=starts_at + timedelta(minutes=1), now=now
            ):
                _clear_the_way(held, session, holder, now)
                booking = _take(practice, session_type, session, holder, now)
    except IntegrityError as error:
        if not names_no_row(error):
            raise
        booking = None
    if booking is None and (same := _own(session, holder, now)):
        return same
    if booking is None:
        raise SlotTaken(_nearest(practice, session_type, starts_at, now))
    return booking


def _look(
    slug: str, starts_at: datetime, holder: str, now: datetime
) -> tuple[Practice, SessionType, list[Booking], Calendar]:
    """Step: the offer, the holds that may have to go for it, and the day: all in one message.

    The holds are lapsed ones where the session would be, and all of this browser's, the newest first. Most
    bookings find none, so they are looked for only where some hold keeps nobody away.
    """
    day = {"since": starts_at, "until": starts_at + timedelta(minutes=1)}
    named = {**availability.named(**day, now=now, holder=holder), "slug": slug, "starts_at": starts_at}
    [[(practice,)], offered, *answers] = read_together(named, PRACTICE, OFFERED, *availability.QUESTIONS)
    if not offered:
        raise NotOffered("This session is not offered any more.")
    held = _held(named) if answers[-1] else []
    return practice, offered[0][0], held, availability.calendar_of(practice, *answers)


def _held(named: Mapping[str, Any]) -> list[Booking]:
    [rows] = read_together(named, (HELD, (Booking, Session)))
    for booking, session in rows:
        booking.session = session
    return [booking for booking, _ in rows]


def _same(held: Iterable[Booking], session: Session, holder: str, now: datetime) -> Booking | None:
    """This browser's hold of the same type and time, if it lives."""
    mine = (each for each in held if each.holder == holder and each.hold_expires_at > now)
    wanted = (session.session_type_id, session.starts_at)
    return next(
        (each for each in mine if (each.session.session_type_id, each.session.starts_at) == wanted), None
    )


def _own(session: Session, holder: str, now: datetime) -> Booking | None:
    """The same, asked of the database: whoever was first may have been this browser, a moment ago."""
    mine = Booking.objects.filter(holder=holder, status=BookingStatus.HELD, hold_expires_at__gt=now)
    wanted = mine.filter(session__session_type=session.session_type_id, session__starts_at=session.starts_at)
    return wanted.select_related("session").first()


def _take(
    practice: Practice, session_type: SessionType, session: Session, holder: str, now: datetime
) -> Booking:
    """Step: put the block into the calendar, and the hold into the block, with COMMIT.

    Where the exclusion constraint keeps somebody else's block, the hold has none, and COMMIT refuses it.
    """
    # DO NOTHING rather than an error: two inserts that meet wait for each other instead of deadlocking.
    insert_later(unless_there=[session])
    booking = new(
        Booking,
        session=session,
        holder=holder,
        hold_expires_at=now + HOLD,
        price_minor=session_type.price_minor,
        currency=session_type.currency,
        agreed=agreed(practice, session_type),
        created_at=now,
    )
    wakeups.ask(
        kind="hold", reference=booking.pk, due_at=booking.hold_expires_at, now=now, along_with=[booking]
    )
    return booking


def block(practice: Practice, session_type: SessionType, starts_at: datetime) -> Session:
    """The block of the coach's time that a session of this type would take, not stored yet."""
    ends_at = starts_at + timedelta(minutes=session_type.duration_min)
    period = (
        starts_at - timedelta(minutes=session_type.buffer_before_min),
        ends_at + timedelta(minutes=session_type.buffer_after_min),
    )
    wall = starts_at.astimezone(zone(practice.timezone))
    return new(
        Session,
        session_type=session_type,
        starts_at=starts_at,
        ends_at=ends_at,
        period=period,
        timezone=practice.timezone,
        wall_start=f"{wall:%Y-%m-%dT%H:%M}",
        seats=session_type.seats,
    )


def agreed(practice: Practice, session_type: SessionType) -> dict[str, object]:
    """What the client is shown and buys; later edits change nothing of it."""
    return {
        "name": session_type.name,
        "description": session_type.description,
        "duration_min": session_type.duration_min,
        "place": session_type.place,
        "place_detail": session_type.place_detail,
        "timezone": practice.timezone,
        "cancel_window_hours": practice.cancel_window_hours,
        "once_per_client": session_type.once_per_client,
        "needs_approval": session_type.needs_approval,
        "extras": session_type.extras,
        **({"tax_bp": session_type.tax_bp} if session_type.tax_bp else {}),
        **({"requires": session_type.requires} if session_type.requires else {}),
        **agreed_deposit(session_type, locale=practice.locale),
    }


def _clear_the_way(held: Iterable[Booking], session: Session, holder: str, now: datetime) -> None:
    """End lapsed holds in the way (a constraint cannot read the clock) and this browser's surplus ones."""
    kept = 0
    for booking in (each for each in held if not each.deciding):
        in_the_way = overlaps(booking.session, session) or booking.hold_expires_at <= now
        if in_the_way or kept >= MOST_HOLDS - 1:
            end_hold(booking, reason="replaced" if booking.holder == holder else "hold_lapsed", now=now)
        else:
            kept += 1


def overlaps(one: Session, other: Session) -> bool:
    """Whether two blocks, buffers counted, share time."""
    (a_begin, a_end), (b_begin, b_end) = _bounds(one), _bounds(other)
    return a_begin < b_end and b_begin < a_end


def _bounds(session: Session) -> tuple[datetime, datetime]:
    period = session.period
    return period if isinstance(period, tuple) else (period.lower, period.upper)


def end_hold(booking: Booking, *, reason: str, now: datetime) -> bool:
    """Step: free the slot of a booking that is not confirmed and not being decided. False if it was.

    False too when the hold was renewed since `booking` was read: what lapsed then lives now.
    """
    require_transaction()
    as_read = Booking.objects.filter(pk=booking.pk, hold_expires_at=booking.hold_expires_at)
    undecided = as_read.filter(status__in=UNDECIDED, deciding=False)
    ended = undecided.update(status=BookingStatus.EXPIRED, ended_reason=reason)
    if ended:
        Session.objects.filter(pk=booking.session_id, status=SessionStatus.LIVE).update(
            status=SessionStatus.RELEASED
        )
        if booking.agreed.get("coupon"):
            coupons.give_back(reference=booking.pk, now=now)
    return bool(ended)


def let_go(*, booking_id: uuid.UUID, now: datetime) -> bool:
    """Use case: the time is not wanted after all. False once somebody has given details for it."""
    with transaction.atomic(durable=True):
        booking = Booking.objects.select_for_update(no_key=True).get(pk=booking_id)
        return booking.client_id is None and end_hold(booking, reason="given_up", now=now)


def _nearest(
    practice: Practice, session_type: SessionType, wanted: datetime, now: datetime
) -> list[datetime]:
    since, until = max(now, wanted - NEAREST_WITHIN), wanted + NEAREST_WITHIN
    free = calendar(practice=practice, since=since, until=until, now=now)
    return slots.nearest(free.free(session_type, since=since, until=until, now=now), wanted)


def nearest_to(*, booking: Booking, now: datetime) -> list[datetime]:
    """Three free starts close to a booking's time, for somebody who has lost it."""
    practice, session_type = Practice.objects.get(), booking.session.session_type
    return _nearest(practice, session_type, booking.session.starts_at, now)


def renew(*, booking_id: uuid.UUID, now: datetime) -> Booking:
    """Use case: ten more minutes, at most twice. Raises NoMoreTime, and HoldLapsed when it is too late.

    A slot whose payment page is open is kept for longer than that already, and stays so.
    """
    with transaction.atomic(durable=True):
        live = Booking.objects.filter(
            pk=booking_id, status=BookingStatus.HELD, hold_expires_at__gt=now, deciding=False
        )
        renewed = live.filter(renewals__lt=MOST_RENEWALS).update(
            hold_expires_at=Greatest(F("hold_expires_at"), now + HOLD), renewals=F("renewals") + 1
        )
        if not renewed:
            raise NoMoreTime("no more renewals") if live.exists() else HoldLapsed("lapsed")
    return Booking.objects.get(pk=booking_id)


def expire_if_lapsed(*, reference: uuid.UUID, now: datetime) -> datetime | None:
    """Use case of the sweeper: end a hold that ran out; otherwise say when it will."""
    booking = Booking.objects.filter(pk=reference, status=BookingStatus.HELD).first()
    if booking is None:
        return None
    if booking.deciding:
        return now + HOLD
    if booking.hold_expires_at > now:
        return booking.hold_expires_at
    with transaction.atomic(durable=True):
        if end_hold(booking, reason="hold_lapsed", now=now) and booking.client_id:
            tell_released(booking, reason="hold_lapsed", now=now, actor=SYSTEM)
    return None


def end_lapsed_in(session: Session, now: datetime) -> None:
    """Step: a lapsed hold is in nobody's way, but the constraint cannot read the clock."""
    lapsed = Booking.objects.filter(
        session__period__overlap=session.period,
        status=BookingStatus.HELD,
        hold_expires_at__lte=now,
        deciding=False,
    )
    for booking in lapsed:
        end_hold(booking, reason="hold_lapsed", now=now)


def tell_released(booking: Booking, *, reason: str, now: datetime, actor: Actor) -> None:
    """Step: record that a client's time is free again."""
    events.record(
        kind="booking.released",
        subject_id=booking.pk,
        client_id=booking.client_id,
        actor=actor,
        now=now,
        data={"reason": reason},
    )
