"""A closed day: the court is under water. Every session of it goes back at once, and everybody is told."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction

from kit.actors import SYSTEM, Actor
from kit.clock import start_of_day
from tenants.activity.models import Event
from tenants.offers.models import Practice
from tenants.packs import expiry
from tenants.scheduling import cancelling
from tenants.scheduling.cancellation import Outcome
from tenants.scheduling.means import means_of
from tenants.scheduling.models import Booking, BookingStatus, Cancellation, CancellationStatus, Cause, TimeOff


class ClosingChanged(Exception):
    """Sessions were booked or called off since the list was shown. Nothing was done."""


@dataclass(frozen=True)
class Affected:
    """One session of the closed time, and what becomes of it."""

    booking: Booking
    outcome: Outcome


def affected(*, since: datetime, until: datetime, now: datetime) -> list[Affected]:
    """The sessions that are called off when this time is closed, in order, with what goes back.

    What is over already took place, and stays.
    """
    confirmed = Booking.objects.filter(
        status=BookingStatus.CONFIRMED,
        session__starts_at__lt=until,
        session__ends_at__gt=max(since, now),
    )
    rows = confirmed.exclude(cancellations__status=CancellationStatus.PENDING).order_by("session__starts_at")
    bookings = list(rows.select_related("session__session_type", "client", "pack"))
    means = means_of(bookings)
    return [
        Affected(each, cancelling.outcome_of(each, means[each.pk], cause=Cause.WEATHER, now=now))
        for each in bookings
    ]


def stand_still(*, event: Event, now: datetime) -> None:
    """Step: a pack that was sold when a closure was entered already stands still in it as others do.

    So does one that reaches into another closure for the first time, since it was extended by one.
    """
    at_sale = event.kind != "pack.extended"
    if not at_sale and event.data.get("cause") != "closure":
        return
    closures = TimeOff.objects.filter(extends_packs=True).order_by("starts_at")
    expiry.stand_still(
        pack_id=event.subject_id,
        closures=list(closures.values_list("starts_at", "ends_at")),
        now=now,
        actor=SYSTEM,
        at_sale=at_sale,
    )


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

    `shown` are the bookings that the coach saw. Raises ClosingChanged when there are others by now; a second
    press is none. Each cancellation can be undone for a minute, by itself.
    """
    with transaction.atomic(durable=True):
        # Two presses at once wait for each other here.
        Practice.objects.select_for_update(no_key=True).get()
        pressed_before = _asked_for(shown)
        rows = affected(since=since, until=until, now=now)
        if {each.booking.pk for each in rows} | {each.booking_id for each in pressed_before} != set(shown):
            raise ClosingChanged("The sessions of this time have changed.")
        TimeOff.objects.get_or_create(
            starts_at=since, ends_at=until, defaults={"note": note, "extends_packs": extends_packs}
        )
        in_order = sorted(rows, key=lambda each: each.booking.pk)
        asked = [_ask(each, note, now, actor) for each in in_order]
        if extends_packs:
            expiry.pause(starts_at=since, ends_at=until, now=now, actor=actor)
        return pressed_before + asked


def _asked_for(shown: Collection[UUID]) -> list[Cancellation]:
    """What the same button has called off within the last minute."""
    pending = Cancellation.objects.filter(
        booking_id__in=shown, cause=Cause.WEATHER, status=CancellationStatus.PENDING
    )
    return list(pending)


def _ask(each: Affected, note: str, now: datetime, actor: Actor) -> Cancellation:
    """What the coach says of the day stands beside each session that it took: "court closed"."""
    booking = cancelling.locked(each.booking.pk)
    if booking.session.starts_at != each.booking.session.starts_at:
        raise ClosingChanged("A session of this time was moved just now.")
    return cancelling.ask(
        booking=booking,
        cause=Cause.WEATHER,
        outcome=each.outcome,
        now=now,
        actor=actor,
        note=note,
    )
