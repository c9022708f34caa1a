"""When the coach can be booked: weekly hours, exceptions for single dates, and time off."""

import uuid
from collections.abc import Iterable
from datetime import date, datetime, time

from django.db import transaction

from kit.actors import SYSTEM, Actor
from tenants.offers.models import Practice
from tenants.packs import expiry
from tenants.scheduling import slots
from tenants.scheduling.models import DateHours, TimeOff, WeeklyHours

OFFICE = (time(9), time(17))
WORKDAYS = range(5)


def start_with_office_hours(*, tenant_id: uuid.UUID, now: datetime) -> None:
    """Step of a new tenant: Monday to Friday, nine to five, until the coach says otherwise."""
    if not WeeklyHours.objects.exists():
        WeeklyHours.objects.bulk_create(
            WeeklyHours(weekday=day, starts=OFFICE[0], ends=OFFICE[1]) for day in WORKDAYS
        )


def weekly() -> list[WeeklyHours]:
    return list(WeeklyHours.objects.order_by("weekday", "starts"))


def exceptions(*, since: date) -> list[DateHours]:
    return list(DateHours.objects.filter(date__gte=since).order_by("date", "starts"))


def time_off(*, since: datetime) -> list[TimeOff]:
    return list(TimeOff.objects.filter(ends_at__gte=since).order_by("starts_at"))


def set_weekly(*, ranges: Iterable[slots.WeeklyHours]) -> None:
    """Use case: replace the weekly hours. Bookings already made stay as they are."""
    with transaction.atomic(durable=True):
        _wait_for_others()
        WeeklyHours.objects.all().delete()
        WeeklyHours.objects.bulk_create(
            WeeklyHours(weekday=each.weekday, starts=each.start, ends=each.end) for each in ranges
        )


def _wait_for_others() -> None:
    """Step: two that replace hours at once would each add theirs, as neither sees what the other adds."""
    Practice.objects.select_for_update(no_key=True).get()


def set_date(*, day: date, ranges: Iterable[tuple[time, time]]) -> None:
    """Use case: other hours on one date; none at all closes it."""
    with transaction.atomic(durable=True):
        _wait_for_others()
        DateHours.objects.filter(date=day).delete()
        rows = [DateHours(date=day, starts=starts, ends=ends) for starts, ends in ranges]
        DateHours.objects.bulk_create(rows or [DateHours(date=day)])


def clear_date(*, day: date) -> None:
    """Use case: the date goes back to the weekly hours."""
    with transaction.atomic(durable=True):
        DateHours.objects.filter(date=day).delete()


def take_time_off(
    *,
    starts_at: datetime,
    ends_at: datetime,
    note: str,
    now: datetime,
    extends_packs: bool = False,
    actor: Actor = SYSTEM,
) -> TimeOff:
    """Use case: nothing new can be booked in this stretch; packs stay valid longer by its whole days, if so
    wanted."""
    with transaction.atomic(durable=True):
        if extends_packs:
            expiry.pause(starts_at=starts_at, ends_at=ends_at, now=now, actor=actor)
        return TimeOff.objects.create(
            starts_at=starts_at, ends_at=ends_at, note=note, extends_packs=extends_packs
        )


def cancel_time_off(*, time_off_id: uuid.UUID) -> None:
    with transaction.atomic(durable=True):
        TimeOff.objects.filter(pk=time_off_id).delete()
