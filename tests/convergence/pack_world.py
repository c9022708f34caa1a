"""The practice, clients and packs that random histories are told of, and what people do in them."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.core import mail
from django.db import transaction
from django_tenants.utils import schema_context, tenant_context
from hypothesis.stateful import (
    RuleBasedStateMachine,
)

from connect.simulator.client import PostedEvent, SimulatorRefused
from kit import clock
from kit.actors import Actor
from tenants.offers.extras import Extra
from tenants.offers.models import Practice
from tenants.packs import ledger, statements
from tenants.packs.models import Pack, PackStatus
from tenants.scheduling import pack_bookings
from tenants.scheduling.holds import SlotTaken
from tenants.scheduling.models import FUNDED, Booking, BookingStatus, Cause
from tests import worlds
from tests.convergence import pack_laws as laws
from tests.worlds import RETURN_PAGES, Shop

ANNA, CLEO = Actor("coach", "1", "Anna"), Actor("client", "c")
COURT = Extra(id="c", name="Court", price_minor=1200, required=False)
UNITS, PRICE, WINDOW = 4, 10001, 24
MOST_BOOKINGS = 14
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
DECLINED = "4000000000000002"


class PackWorld(RuleBasedStateMachine):
    """One practice with three session types, one of which the coach accepts first, and a pack for all."""

    def __init__(self, shop: Shop, reset: Callable[[], object]) -> None:
        super().__init__()
        reset()
        worlds.begin_anew(shop.stripe)
        mail.outbox.clear()
        self.shop = worlds.open_shop(shop.tenant, shop.stripe)
        self.tenant = shop.tenant
        self.travelled = ExitStack()
        self.late: list[PostedEvent] = []
        self.shown: dict[uuid.UUID, tuple[str, int, int]] = {}
        self.by_hand: dict[uuid.UUID, int] = {}
        self.browsers = self.asides = 0
        self.chances: set[str] = set()
        with self.inside():
            Practice.objects.update(timezone=laws.ZONE)
        self.lesson = worlds.session_type(self.tenant, extras=[COURT])
        self.double = worlds.session_type(self.tenant, name="Double", duration_min=120)
        self.asked = worlds.session_type(self.tenant, name="Asked", needs_approval=True)
        self.offer = worlds.pack_offer(
            self.tenant,
            units=UNITS,
            price_minor=PRICE,
            valid_months=1,
            transfer="anyone",
            covers={str(self.lesson.pk): 1, str(self.asked.pk): 1, str(self.double.pk): 2},
        )

    @contextmanager
    def inside(self) -> Iterator[None]:
        with tenant_context(self.tenant), transaction.atomic():
            yield

    def drain(self) -> None:
        with schema_context("public"):
            worlds.drain()
        assert not worlds.failures()

    def travel(self, seconds: float) -> None:
        self.travelled.enter_context(clock.travel(seconds))
        self.shop.stripe.advance(round(seconds))

    def go_to(self, booking: Booking, when: str) -> datetime:
        """The exact moment, which the clock has just reached; now where that is over."""
        starts_at = booking.session.starts_at
        moments = {
            "deadline": starts_at - WINDOW * HOUR,
            "deadline-1s": starts_at - WINDOW * HOUR - SECOND,
            "deadline+1s": starts_at - WINDOW * HOUR + SECOND,
            "start-1s": starts_at - SECOND,
            "start": starts_at,
            "after": starts_at + HOUR,
        }
        wanted = moments.get(when, clock.now())
        if wanted <= clock.now():
            return clock.now()
        self.travel((wanted - clock.now()).total_seconds())
        return wanted

    def hold(self, kind: worlds.SessionType, hours: int, most: int = MOST_BOOKINGS) -> Booking | None:
        if len(self.bookings()) >= most:
            return None
        self.browsers += 1
        try:
            return worlds.held(self.tenant, kind, at=start_in(hours), browser=f"{self.browsers}")
        except SlotTaken:
            return None

    def book_with(self, pack: Pack, booking: Booking, extras: list[str]) -> object:
        with tenant_context(self.tenant):
            return pack_bookings.book_with_unit(
                booking_id=booking.pk,
                client=pack.client,
                pack_id=pack.pk,
                extras=extras,
                timezone=laws.ZONE,
                links=lambda _attempt: RETURN_PAGES,
                now=clock.now(),
            )

    def at_the_card_page(self, sold: Booking | Pack, pay: str) -> None:
        try:
            if pay == "declined":
                worlds.pay(self.shop, sold, card=DECLINED)
            elif pay == "paid":
                worlds.pay(self.shop, sold)
        except SimulatorRefused:
            return  # It was paid before, or the page has ended.

    def may_pay(self, pack: Pack, booking: Booking) -> bool:
        with tenant_context(self.tenant):
            fresh = Pack.objects.get(pk=pack.pk)
            takes = self.offer.covers[str(booking.session.session_type_id)]
            valid = fresh.expires_at is None or fresh.expires_at > booking.session.starts_at
            enough = ledger.balance_of(pack.pk) >= takes
            return fresh.status == PackStatus.ACTIVE and fresh.frozen_at is None and valid and enough

    def told(self, pack: Pack, **asked: Any) -> Any:
        with tenant_context(self.tenant):
            fresh = Pack.objects.select_related("offer", "client", "buyer").get(pk=pack.pk)
            return statements.statement_of(pack=fresh, tz=laws.ZONE, now=clock.now(), **asked).balance

    def packs(self) -> list[Pack]:
        with tenant_context(self.tenant):
            return list(Pack.objects.select_related("offer", "client").order_by("bought_at", "pk"))

    def pack(self, number: int) -> Pack | None:
        found = self.packs()
        return found[number % len(found)] if found else None

    def bookings(self) -> list[Booking]:
        with tenant_context(self.tenant):
            found = Booking.objects.select_related("session", "pack__offer", "client")
            return list(found.exclude(client=None).order_by("pk"))

    def booking(self, number: int, *, requests: bool = False, ended: bool = False) -> Booking | None:
        """One of those that it can be about; now and then one that it cannot be about any more."""
        wanted = {BookingStatus.REQUESTED} if requests else {BookingStatus.CANCELLED} if ended else FUNDED
        every = self.bookings()
        found = [each for each in every if each.status in wanted]
        found = found if found and number % 7 else every
        return found[number % len(found)] if found else None


def start_in(hours: int) -> datetime:
    return clock.now().replace(minute=0, second=0, microsecond=0) + (hours + 1) * HOUR


def fair_outcome(booking: Booking, cause: Cause, now: datetime, waived: str) -> str:
    """What the rule says, counted by hand."""
    early = now <= booking.session.starts_at - WINDOW * HOUR
    kept = cause == Cause.NO_SHOW or (cause in (Cause.CLIENT, Cause.LATE) and not early)
    return "returned" if not kept else "waived" if waived else "used"


@contextmanager
def expecting(error: type[Exception] | None) -> Iterator[None]:
    """The block raises just this, or nothing."""
    try:
        yield
    except Exception as raised:
        if error is None or type(raised) is not error:
            raise
    else:
        assert error is None, f"{error.__name__} was not raised"


@contextmanager
def allowing(*errors: type[Exception]) -> Iterator[None]:
    """The block may be refused in these ways."""
    try:
        yield
    except errors:
        return
