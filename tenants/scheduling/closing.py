"""A closed day: the court is under water. Every session of it goes back at once, and everybody is told."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction

from kit.actors import Actor
from kit.clock import start_of_day
from tenants.offers.models import Practice
from tenants.packs import expiry
from tenants.scheduling import cancelling
from tenants.scheduling.cancellation import Outcome
from tenants.scheduling.models import Booking, BookingStatus, Cancellation, Cause, TimeOff


class ClosingChanged(Exception):
    """Sessions were booked or called off since the list was shown. Nothing was done."""


@dataclass(frozen=True)
class Affected:
    """One session of the closed time, and what becomes of it."""

    booking: Booking
    outcome: Outcome


def affected(*, since: datetime, until: datetime, now: datetime) -> list[Affected]:
    """The sessions that are called off when this time is closed, in order, with what goes back."""
    confirmed = Booking.objects.filter(
        status=BookingStatus.CONFIRMED, session__starts_at__lt=until, session__ends_at__gt=since
    )
    rows = confirmed.select_related("session__session_type", "client", "pack").order_by("session__starts_at")
    return [
        Affected(each, cancelling.preview(booking=each, cause=Cause.WEATHER, now=now))
        for each in rows
        if not cancelling.pending_of(each.pk)
    ]


def day(on: date) -> tuple[datetime, datetime]:
    """A whole day on the coach's wall clock, as moments."""
    tz = Practice.objects.values_list("timezone", flat=True).get()
    return start_of_day(on, tz), start_of_day(on + timedelta(days=1), tz)


def close(
    *,
    since: datetime,
    until: datetime,
    shown: Collection[UUID],
    note: str,
    extends_packs: bool,
    now: datetime,
    actor: Actor,
) -> list[Cancellation]:
    """Use case: nothing can be booked in this time any more, and what was booked goes back in full.

    `shown` are the bookings that the coach saw. Raises ClosingChanged when there are others by now. Each
    cancellation can be undone for a minute, by itself.
    """
    with transaction.atomic(durable=True):
        TimeOff.objects.create(starts_at=since, ends_at=until, note=note, extends_packs=extends_packs)
        rows = affected(since=since, until=until, now=now)
        if {each.booking.pk for each in rows} != set(shown):
            raise ClosingChanged("The sessions of this time have changed.")
        if extends_packs:
            expiry.pause(starts_at=since, ends_at=until, now=now, actor=actor)
        return [
            cancelling.ask(
                booking=cancelling.locked(each.booking.pk),
                cause=Cause.WEATHER,
                outcome=each.outcome,
                now=now,
                actor=actor,
            )
            for each in sorted(rows, key=lambda each: each.booking.pk)
        ]
