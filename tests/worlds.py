"""Small worlds for tests: a coach in business, a client who books and pays, and time that passes.

Everything is done by the use cases and by Stripe's simulator, as in life.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.test import Client as Browser
from django_tenants.utils import schema_context, tenant_context

from connect import accounts, inbox
from connect.models import StripeEvent
from connect.simulator.client import Paid, PostedEvent, Simulator
from fees.models import FeeAccount
from kit import clock
from kit.money import Money
from tenants.billing.models import PaymentAttempt
from tenants.offers import session_types
from tenants.offers.models import Practice, SessionType
from tenants.packs import offers, selling
from tenants.packs.models import Pack, PackOffer
from tenants.registry import wakeups
from tenants.registry.models import Tenant, Wakeup
from tenants.scheduling import bookings, holds, hours, slots
from tenants.scheduling.models import Booking
from tenants.shop.models import Order

ALWAYS = [slots.WeeklyHours(day, time(0), time(0)) for day in range(7)]
RETURN_PAGES = ("https://coach.example/paid?cs={CHECKOUT_SESSION_ID}", "https://coach.example/back")


@dataclass
class Shop:
    """A coach in business, whose Stripe is the simulator."""

    tenant: Tenant
    stripe: Simulator
    account_id: str

    @property
    def host(self) -> str:
        return f"{self.tenant.slug}.localhost:8000"


def open_shop(tenant: Tenant, stripe: Simulator, *, connected: bool = True) -> Shop:
    """The coach works around the clock and, if `connected`, can take cards."""
    open_for_bookings(tenant)
    shop = Shop(tenant, stripe, "")
    if connected:
        shop.account_id = connect_stripe(tenant, stripe)
    return shop


def open_for_bookings(tenant: Tenant) -> None:
    with tenant_context(tenant):
        hours.set_weekly(ranges=ALWAYS)


def connect_stripe(tenant: Tenant, stripe: Simulator) -> str:
    with schema_context("public"):
        accounts.start_onboarding(
            schema_name=tenant.schema_name,
            email=f"{tenant.slug}@example.com",
            display_name=tenant.name,
            country=tenant.country.lower(),
            currency=tenant.currency,
            return_url="https://upfront.example/back",
            refresh_url="https://upfront.example/again",
            now=clock.now(),
        )
        account = accounts.account_of(schema_name=tenant.schema_name)
        assert account is not None
        assert account.account_id is not None
        stripe.activate(account.account_id)
        accounts.refresh_account(account_id=account.account_id, now=clock.now())
        return account.account_id


def set_free_units(tenant: Tenant, units: int) -> None:
    """How many sessions of this coach bear no fee; the platform's terms are data."""
    with schema_context("public"):
        FeeAccount.objects.filter(schema_name=tenant.schema_name).update(free_units=units)


def cap_free_units(tenant: Tenant, cap: Money | None) -> None:
    """What each of them frees at most; None for all of it."""
    minor, currency = (cap.minor, cap.currency) if cap else (None, "")
    with schema_context("public"):
        rows = FeeAccount.objects.filter(schema_name=tenant.schema_name)
        rows.update(unit_cap_minor=minor, unit_cap_currency=currency)


def session_type(tenant: Tenant, **fields: Any) -> SessionType:
    """A 60-minute lesson for 45.00 that can be booked until it begins, unless `fields` say otherwise."""
    usual: dict[str, Any] = {
        "name": "Lesson",
        "duration_min": 60,
        "price_minor": 4500,
        "minimum_notice_min": 0,
        "horizon_days": 60,
    }
    with tenant_context(tenant):
        return session_types.offer(now=clock.now(), **{**usual, **fields})


def pack_offer(tenant: Tenant, *kinds: SessionType, **fields: Any) -> PackOffer:
    """Ten sessions of these types for 450.00, valid for six months, unless `fields` say otherwise."""
    usual: dict[str, Any] = {
        "name": "10-session pack",
        "units": 10,
        "price_minor": 45000,
        "valid_months": 6,
        "covers": {str(kind.pk): 1 for kind in kinds},
    }
    with tenant_context(tenant):
        return offers.offer(now=clock.now(), **{**usual, **fields})


def practice(tenant: Tenant) -> Practice:
    with tenant_context(tenant):
        return Practice.objects.get()


def begin_anew(stripe: Simulator) -> None:
    """Stripe forgets everything, and its clock shows what ours does."""
    stripe.reset()
    stripe.advance(round(clock.offset().total_seconds()))


def hour(number: int) -> datetime:
    """The n-th full hour from tomorrow on: a start that a coach who always works offers."""
    tomorrow = (clock.now() + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    return tomorrow + timedelta(hours=number)


def held(tenant: Tenant, kind: SessionType, *, at: datetime, browser: str = "browser") -> Booking:
    with tenant_context(tenant):
        return holds.hold(slug=kind.slug, starts_at=at, holder=holds.digest(browser), now=clock.now())


def renewed(tenant: Tenant, booking: Booking) -> Booking:
    """The client asks for more time."""
    with tenant_context(tenant):
        return holds.renew(booking_id=booking.pk, now=clock.now())


def book(
    tenant: Tenant, booking: Booking, *, email: str = "cleo@example.com", name: str = "Cleo", **said: Any
) -> str | None:
    """Give the client's details; where to pay, or None when it is free."""
    with tenant_context(tenant):
        return bookings.book(
            booking_id=booking.pk,
            name=name,
            email=email,
            phone="",
            message="",
            timezone="Europe/Berlin",
            links=lambda _attempt: RETURN_PAGES,
            now=clock.now(),
            **said,
        )


def attempt_for(tenant: Tenant, sold: Booking | Pack | Order) -> PaymentAttempt:
    """The newest try at paying for a booking, a pack or an order."""
    with tenant_context(tenant):
        return PaymentAttempt.objects.filter(charge__reference=sold.pk).latest("created_at", "pk")


def pay(shop: Shop, sold: Booking | Pack | Order, **how: Any) -> Paid:
    """Fill in the card page, as `Simulator.pay`."""
    return shop.stripe.pay(attempt_for(shop.tenant, sold).checkout_id, **how)


def ask_and_pay(
    shop: Shop, kind: SessionType, *, at: datetime, browser: str = "browser", email: str = "cleo@example.com"
) -> Booking:
    """Hold, give details and pay on Stripe's page; nothing here has heard of the payment yet."""
    booking = held(shop.tenant, kind, at=at, browser=browser)
    book(shop.tenant, booking, email=email)
    pay(shop, booking)
    return booking


def sell(
    shop: Shop, kind: SessionType, *, at: datetime, browser: str = "browser", email: str = "cleo@example.com"
) -> Booking:
    """A booking that is paid and settled by Stripe's events."""
    booking = ask_and_pay(shop, kind, at=at, browser=browser, email=email)
    hear_stripe(shop.stripe)
    return reread(shop.tenant, booking)


def ordered_pack(shop: Shop, offer: PackOffer, *, email: str = "cleo@example.com") -> Pack:
    """A pack with an open payment page; nothing is paid."""
    with tenant_context(shop.tenant):
        shown = selling.agreement(text="Ten sessions.", address="203.0.113.7", now=clock.now())
        selling.buy(
            slug=offer.slug,
            name="Cleo",
            email=email,
            phone="",
            timezone="Europe/Berlin",
            accepted=shown,
            links=lambda _pack: lambda _attempt: RETURN_PAGES,
            now=clock.now(),
        )
        return Pack.objects.filter(offer=offer, client__email=email).latest("bought_at", "pk")


def buy_pack(shop: Shop, offer: PackOffer, *, email: str = "cleo@example.com") -> Pack:
    """A pack that is paid and settled by Stripe's events."""
    pack = ordered_pack(shop, offer, email=email)
    pay(shop, pack)
    hear_stripe(shop.stripe)
    return reread_pack(shop.tenant, pack)


def reread_pack(tenant: Tenant, pack: Pack) -> Pack:
    with tenant_context(tenant):
        return Pack.objects.select_related("offer", "client").get(pk=pack.pk)


def reread(tenant: Tenant, booking: Booking) -> Booking:
    with tenant_context(tenant):
        return bookings.booking_of(booking_id=booking.pk)


# --- what comes from outside, and what workers do ---------------------------------------------------


def post(events: Iterable[PostedEvent]) -> list[int]:
    """Post Stripe's events to our endpoint; the status of each answer."""
    browser = Browser(HTTP_HOST="localhost:8000")
    return [
        browser.post(
            f"/stripe/events/{event.endpoint}",
            data=event.body,
            content_type="application/json",
            headers={"Stripe-Signature": event.signature},
        ).status_code
        for event in events
    ]


def hear_stripe(stripe: Simulator) -> None:
    """Deliver what Stripe has to say until it says no more, working it off in between. Nothing may fail."""
    while events := stripe.pending_events():
        assert set(post(events)) == {200}
        drain()
        assert not failures()


def drain() -> None:
    """What the workers would do by now: Stripe's events first, then all that is due."""
    inbox.work_off()
    sweep()


def sweep() -> None:
    """Only the tenants' due work, as if no event of Stripe's had ever come."""
    for schema_name in wakeups.schemas_with_due_work(now=clock.now()):
        wakeups.work_off(schema_name=schema_name)
    for schema_name in wakeups.schemas_with_due_work(now=clock.now(), outward=True):
        wakeups.reach_out(schema_name=schema_name)


def failures() -> list[str]:
    """What a worker tried and could not do."""
    events = StripeEvent.objects.filter(status="waiting", tries__gt=0).values_list("note", flat=True)
    return [
        *events,
        *Wakeup.objects.filter(attempts__gt=0).values_list("last_error", flat=True),
    ]
