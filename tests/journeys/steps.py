"""What journeys do again and again, in the words of those who do it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django_tenants.utils import tenant_context

from connect import gateway
from connect.simulator.client import Simulator
from fees import accounts as fee_accounts
from fees.models import FeeEntry, FeeEntryKind
from kit import clock
from tenants.activity.models import Event
from tenants.billing.decisions import settle
from tenants.billing.models import LedgerEntry, PaymentAttempt
from tenants.registry.models import Tenant
from tenants.scheduling import bookings, paying, resuming
from tenants.scheduling.holds import end_hold
from tenants.scheduling.models import Booking
from tests import worlds
from tests.worlds import Shop

DECLINED, INSUFFICIENT, ASKS_THE_BANK = "4000000000000002", "4000000000009995", "4000002500003155"


@contextmanager
def later(stripe: Simulator, seconds: float) -> Iterator[None]:
    """Time passes, here and at Stripe, until the block ends."""
    stripe.advance(int(seconds))
    with clock.travel(int(seconds)):
        yield


def settled(shop: Shop, booking: Booking) -> PaymentAttempt:
    """The payer comes back from Stripe's page."""
    attempt = worlds.attempt_for(shop.tenant, booking)
    with tenant_context(shop.tenant):
        return settle(attempt_id=attempt.pk, now=clock.now())


def resume(shop: Shop, booking: Booking) -> str | None:
    with tenant_context(shop.tenant):
        return resuming.resume(
            booking_id=booking.pk, links=lambda _attempt: worlds.RETURN_PAGES, now=clock.now()
        )


def give_up(shop: Shop, booking: Booking) -> bool:
    with tenant_context(shop.tenant):
        return paying.give_up(booking_id=booking.pk, now=clock.now())


def attempts_of(shop: Shop, booking: Booking) -> list[PaymentAttempt]:
    with tenant_context(shop.tenant):
        return list(PaymentAttempt.objects.filter(charge__reference=booking.pk).order_by("created_at", "pk"))


def take_away(shop: Shop, booking: Booking) -> None:
    """The time is not this booking's any more, and its payment has not heard of it."""
    with tenant_context(shop.tenant), transaction.atomic():
        held = bookings.booking_of(booking_id=booking.pk)
        assert end_hold(held, reason="hold_lapsed", now=clock.now())


def intent_of(shop: Shop, booking: Booking) -> gateway.IntentView:
    """What Stripe itself says of a booking's newest payment."""
    attempt = worlds.attempt_for(shop.tenant, booking)
    page = gateway.fetch_checkout(account_id=attempt.account_id, checkout_id=attempt.checkout_id)
    assert page.payment_intent_id
    return gateway.fetch_intent(account_id=attempt.account_id, intent_id=page.payment_intent_id)


def ledger(shop: Shop) -> list[tuple[str, int]]:
    """The coach's money, entry by entry."""
    with tenant_context(shop.tenant):
        return list(LedgerEntry.objects.order_by("at", "pk").values_list("kind", "amount_minor"))


def fee_amounts(shop: Shop, kind: FeeEntryKind) -> list[int]:
    entries = FeeEntry.objects.filter(schema_name=shop.tenant.schema_name, kind=kind)
    return list(entries.order_by("at", "pk").values_list("amount_minor", flat=True))


def numbers_taken(shop: Shop) -> set[int]:
    return fee_accounts.numbers_taken(schema_name=shop.tenant.schema_name)


def events_of(tenant: Tenant, kind: str) -> list[Event]:
    with tenant_context(tenant):
        return list(Event.objects.filter(kind=kind).order_by("at"))
