"""Bookings that a pack pays for, and requests, made as clients make them."""

from datetime import datetime
from typing import Any

from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import Actor
from tenants.offers.models import SessionType
from tenants.packs import ledger
from tenants.packs.models import Pack
from tenants.registry.models import Tenant
from tenants.scheduling import pack_bookings
from tenants.scheduling.models import Booking, Cancellation
from tests import worlds
from tests.packs import sold

COACH = Actor("coach", "1", "Anna")
CLIENT = Actor("client", "2", "Cleo")


def pack(tenant: Tenant, kind: SessionType, *, units_each: int = 1, **terms: Any) -> Pack:
    """Cleo's, of ten units."""
    with tenant_context(tenant):
        return sold.bought(covers={str(kind.pk): units_each}, **terms)


def with_unit(tenant: Tenant, kind: SessionType, of: Pack, *, at: datetime, browser: str = "b") -> Booking:
    """A booking that a unit pays for; or a request, where the type asks first."""
    held = worlds.held(tenant, kind, at=at, browser=browser)
    with tenant_context(tenant):
        pack_bookings.book_with_unit(
            booking_id=held.pk,
            client=of.client,
            pack_id=of.pk,
            timezone="Europe/Berlin",
            links=lambda _attempt: worlds.RETURN_PAGES,
            now=clock.now(),
        )
    return worlds.reread(tenant, held)


def balance(tenant: Tenant, of: Pack) -> int:
    with tenant_context(tenant):
        return ledger.balance_of(of.pk)


def books(tenant: Tenant, of: Pack) -> list[tuple[str, int]]:
    """The pack's entries, in order."""
    with tenant_context(tenant):
        return sold.kinds(of)


def cancellations(tenant: Tenant, booking: Booking) -> list[Cancellation]:
    with tenant_context(tenant):
        return list(booking.cancellations.order_by("asked_at", "pk"))
