"""Living through the demo's past and next days: clients hold, give their details, pay, and come."""

import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django_tenants.utils import tenant_context

from connect.simulator.client import Simulator
from demo.world import DAYS_OF_PAST, Coach, Visit
from kit import clock
from kit.actors import Actor
from tenants.billing import decisions
from tenants.billing.models import PaymentAttempt
from tenants.offers.models import SessionType
from tenants.offers.practice import practice
from tenants.registry.models import Tenant
from tenants.scheduling import bookings, holds, paying
from tenants.scheduling.availability import calendar
from tenants.scheduling.links import address_of
from tenants.scheduling.models import Booking, BookingStatus

_SETTLED_WITHIN_SECONDS = 20
_LOOK_AHEAD = timedelta(days=7)


class NotSettled(RuntimeError):
    """A payment of the demo's past came to no end."""


def move_to(moment: datetime, stripe: Simulator) -> None:
    """Let the whole demo's clock, and Stripe's, go on from `moment`."""
    stripe.set_clock(moment)
    clock.begin_at(moment)


def is_written(tenant: Tenant) -> bool:
    """Whether anybody ever booked."""
    with tenant_context(tenant):
        return Booking.objects.exists()


def live_through(coaches: Iterable[Coach], tenants: Mapping[str, Tenant], stripe: Simulator) -> None:
    """Every coach's visits, in the order in which they were booked; then what came of them.

    Calls for a world that stands at its first day. A coach with any booking is left alone.
    """
    first_day = clock.now()
    fresh = [coach for coach in coaches if not is_written(tenants[coach.slug])]
    visits = sorted(
        ((coach, visit) for coach in fresh for visit in coach.diary), key=lambda pair: pair[1].booked_on
    )
    for number, (coach, visit) in enumerate(visits):
        booked_at = first_day + timedelta(days=DAYS_OF_PAST + visit.booked_on, minutes=7 * number)
        move_to(booked_at, stripe)
        with tenant_context(tenants[coach.slug]):
            _book(coach, visit, stripe, holder=f"demo-{number}", today=first_day + timedelta(DAYS_OF_PAST))
    move_to(first_day + timedelta(days=DAYS_OF_PAST), stripe)
    for coach in fresh:
        with tenant_context(tenants[coach.slug]):
            _record_attendance(coach)


def _book(coach: Coach, visit: Visit, stripe: Simulator, *, holder: str, today: datetime) -> None:
    offer = SessionType.objects.get(name=visit.offer)
    starts_at = _first_free(offer, today + timedelta(days=visit.day))
    held = holds.hold(slug=offer.slug, starts_at=starts_at, holder=holds.digest(holder), now=clock.now())
    page = address_of(held)
    bookings.book(
        booking_id=held.pk,
        name=visit.client,
        email=visit.email,
        phone="",
        message="",
        timezone=coach.timezone,
        links=lambda _attempt: (page, page),
        now=clock.now(),
    )
    if attempt := paying.payment_of(held.pk):
        stripe.pay(attempt.checkout_id)
        _settle(attempt)


def _first_free(offer: SessionType, since: datetime) -> datetime:
    """A free start in the coach's working day, each visit at another hour."""
    begin = since.astimezone(ZoneInfo(practice().timezone)).replace(hour=0, minute=0)
    week = calendar(practice=practice(), since=begin, until=begin + _LOOK_AHEAD, now=clock.now())
    free = week.free(offer, since=begin, until=begin + _LOOK_AHEAD, now=clock.now())
    first_day = [start for start in free if start.date() == free[0].date()]
    return first_day[(offer.position * 2 + begin.day * 3) % len(first_day)]


def _settle(attempt: PaymentAttempt) -> None:
    """Stripe's event may settle it first: whoever comes, it ends captured."""
    last = time.monotonic() + _SETTLED_WITHIN_SECONDS
    while not decisions.settle(attempt_id=attempt.pk, now=clock.now()).is_final:
        if time.monotonic() > last:
            raise NotSettled(f"The payment {attempt.pk} did not come to an end.")
        time.sleep(0.05)


def _record_attendance(coach: Coach) -> None:
    absent = {visit.email for visit in coach.diary if not visit.came}
    over = Booking.objects.filter(session__ends_at__lte=clock.now(), status=BookingStatus.CONFIRMED)
    # The newest first: who stayed away did so the last time.
    for booking in over.select_related("client").order_by("-session__starts_at"):
        email = booking.client.email if booking.client else ""
        bookings.record_attendance(
            booking_id=booking.pk,
            came=email not in absent,
            now=clock.now(),
            actor=Actor("coach", name=coach.name),
        )
        absent.discard(email)
