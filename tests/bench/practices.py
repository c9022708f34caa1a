"""The coaches that are visited: an everyday page, and calendars of which every other hour is sold."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db import transaction
from django_tenants.utils import tenant_context

from kit import clock
from tenants.offers.models import SessionType
from tenants.offers.practice import change_practice
from tenants.registry.models import Tenant, Wakeup
from tenants.scheduling import slots
from tenants.scheduling.availability import calendar
from tenants.scheduling.models import Booking, Session
from tests import worlds

WEEKS = timedelta(days=28)
OPEN = [slots.WeeklyHours(day, time(9), time(17)) for day in range(7)]


@dataclass(frozen=True)
class HalfFull:
    """A coach with one free type, open eight hours a day, with every other hour of four weeks booked."""

    tenant: Tenant
    kind: SessionType
    since: datetime
    until: datetime
    opened_at: datetime

    @property
    def host(self) -> str:
        return f"{self.tenant.slug}.localhost:8000"

    def free(self) -> list[datetime]:
        """The starts on the hour that nobody has, in order; their sessions do not overlap."""
        with tenant_context(self.tenant):
            now = clock.now()
            week = calendar(
                practice=worlds.practice(self.tenant), since=self.since, until=self.until, now=now
            )
            starts = week.free(self.kind, since=self.since, until=self.until, now=now)
        return [start for start in starts if start.minute == 0]

    def clear(self) -> None:
        """Take away what was booked since it was opened, so that every round meets the same calendar."""
        with tenant_context(self.tenant), transaction.atomic():
            newer = Booking.objects.filter(created_at__gt=self.opened_at)
            blocks = list(newer.values_list("session_id", flat=True))
            newer.delete()
            Session.objects.filter(pk__in=blocks).delete()
            Wakeup.objects.filter(schema_name=self.tenant.schema_name).delete()


def everyday(tenant: Tenant) -> str:
    """A page with three types to choose from, open eight hours a day; its host."""
    with tenant_context(tenant):
        worlds.hours.set_weekly(ranges=OPEN)
        change_practice(now=clock.now(), headline="Tennis in Berlin", contact_email="anna@example.com")
    for name, minutes in (("First hit", 30), ("Private lesson", 60), ("Video review", 20)):
        worlds.session_type(
            tenant, name=name, duration_min=minutes, price_minor=0, description="About this one."
        )
    return f"{tenant.slug}.localhost:8000"


def half_full(tenant: Tenant) -> HalfFull:
    """Open the practice and sell every other hour of the next four weeks, by the use cases."""
    with tenant_context(tenant):
        worlds.hours.set_weekly(ranges=OPEN)
    kind = worlds.session_type(tenant, price_minor=0)
    since = (clock.now() + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    fresh = HalfFull(tenant, kind, since, since + WEEKS, clock.now())
    for number, start in enumerate(fresh.free()[::2]):
        booking = worlds.held(tenant, kind, at=start, browser=f"regular {number}")
        worlds.book(tenant, booking, email=f"regular-{number}@example.com")
    return HalfFull(tenant, kind, since, since + WEEKS, clock.now())
