"""A client's browser at a coach's pages: holds a time, books it, pays, and reads what the page says."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from html import unescape
from typing import Any

from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import Actor
from tenants.offers.models import SessionType
from tenants.packs.models import Pack
from tenants.registry.models import Tenant
from tenants.scheduling import holds, links, pack_bookings
from tenants.scheduling.models import Booking, Cancellation
from tests import worlds
from tests.packs import sold
from tests.worlds import Shop

CLEO = {"name": "Cleo Adler", "email": "cleo@example.com"}
COACH = Actor("coach", "7", "Anna")


def browser(tenant: Tenant) -> Browser:
    return Browser(HTTP_HOST=f"{tenant.slug}.localhost:8000")


def held(visitor: Browser, kind: SessionType, at: datetime) -> str:
    """The address of the booking's page."""
    answer = visitor.post(f"/book/{kind.slug}/hold", {"starts_at": at.isoformat()})
    assert answer.status_code == 302, answer.text
    return str(answer.headers["Location"])


def booked(shop: Shop, visitor: Browser, kind: SessionType, at: datetime, **more: Any) -> str:
    """The page of a booking whose details were given and which was paid, if anything was to be paid."""
    page = held(visitor, kind, at)
    answer = visitor.post(f"{page}details", {**CLEO, **more})
    assert answer.status_code == 302, answer.text
    if answer.headers["Location"] != page:
        visitor.get(paid(shop, page))
    return page


def paid(shop: Shop, page: str, **how: Any) -> str:
    """Press Pay on Stripe's page; where it sends the browser, as a path."""
    return worlds.pay(shop, of(shop.tenant, page), **how).success_url.partition(shop.host)[2]


def of(tenant: Tenant, page: str) -> Booking:
    """The booking of a page, as it is by now."""
    with tenant_context(tenant):
        return links.booking_by(page.split("/")[2])


def booked_with_pack(tenant: Tenant, kind: SessionType, at: datetime) -> tuple[str, Pack]:
    """The page of a booking that a pack of ten pays for with one unit."""
    with tenant_context(tenant):
        pack = sold.bought(covers={str(kind.pk): 1})
        booking = holds.hold(slug=kind.slug, starts_at=at, holder=holds.digest("b"), now=clock.now())
        pack_bookings.book_with_unit(
            booking_id=booking.pk,
            client=pack.client,
            pack_id=pack.pk,
            timezone="Europe/Berlin",
            links=lambda _attempt: worlds.RETURN_PAGES,
            now=clock.now(),
        )
        return f"/b/{links.token_of(booking)}/", pack


def cancellations(tenant: Tenant, page: str) -> list[Cancellation]:
    booking = of(tenant, page)
    with tenant_context(tenant):
        return list(Cancellation.objects.filter(booking=booking).order_by("asked_at"))


def words(text: str) -> str:
    """What stands on a page, without its markup's escapes and line breaks."""
    return " ".join(unescape(text).split())


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Time stands near this moment: it goes on from there by itself."""
    with clock.travel((moment - clock.now()).total_seconds()):
        yield


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements of a block, without those that only open and end its transactions."""
    statements: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield statements
    ends = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
    statements += [row["sql"] for row in captured.captured_queries if not row["sql"].startswith(ends)]
