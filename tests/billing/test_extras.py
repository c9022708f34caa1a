"""Extras that are paid with a unit: part of the amount, and free with the first unit or not at all."""

from django.db import transaction
from django_tenants.utils import tenant_context

from kit import clock
from tenants.billing import checkout
from tenants.billing.models import Charge, PaymentAttempt
from tenants.packs import selling
from tenants.packs.models import Pack
from tests import worlds
from tests.journeys import steps
from tests.worlds import Shop


def ordered(shop: Shop) -> Pack:
    offer = worlds.pack_offer(shop.tenant, worlds.session_type(shop.tenant))
    return worlds.ordered_pack(shop, offer)


def page_with(shop: Shop, pack: Pack, *, extras_minor: int) -> PaymentAttempt:
    """A payment page for the pack and extras."""
    with tenant_context(shop.tenant):
        sale = selling.sale_of(pack, extras_minor=extras_minor)
        with transaction.atomic():
            attempt = checkout.open_attempt(
                sale=sale, links=lambda _attempt: worlds.RETURN_PAGES, now=clock.now()
            )
        checkout.payment_page(attempt, now=clock.now())
    return worlds.attempt_for(shop.tenant, pack)


def with_court_fee(shop: Shop) -> Pack:
    """The page of the pack alone ran out; now a court fee of 20.00 is paid with it."""
    pack = ordered(shop)
    with tenant_context(shop.tenant), transaction.atomic():
        PaymentAttempt.objects.update(status="expired")
    attempt = page_with(shop, pack, extras_minor=2000)
    assert attempt.amount_minor == 47000
    with tenant_context(shop.tenant):
        charge = Charge.objects.get()
        assert (charge.amount_minor, charge.extras_minor, charge.units) == (47000, 2000, 10)
    return pack


def test_with_six_free_units_the_court_fee_is_free(shop: Shop) -> None:
    worlds.set_free_units(shop.tenant, 6)
    pack = with_court_fee(shop)
    worlds.pay(shop, pack)
    attempt = settled(shop, pack)
    assert (attempt.captured_minor, attempt.fee_minor, attempt.application_fee_minor) == (47000, 1800, 1800)


def test_with_none_it_bears_the_fee(shop: Shop) -> None:
    worlds.set_free_units(shop.tenant, 0)
    pack = with_court_fee(shop)
    worlds.pay(shop, pack)
    assert settled(shop, pack).application_fee_minor == 4700


def test_a_capture_in_stripes_dashboard_takes_the_same_fee(shop: Shop) -> None:
    worlds.set_free_units(shop.tenant, 6)
    pack = with_court_fee(shop)
    shop.stripe.dashboard_capture(worlds.pay(shop, pack).intent_id)
    attempt = settled(shop, pack)
    assert (attempt.application_fee_minor, attempt.fee_returned_minor) == (1800, 0)
    assert steps.numbers_taken(shop) == {1, 2, 3, 4, 5, 6}


def test_while_a_page_is_open_it_asks_for_what_it_was_opened_for(shop: Shop) -> None:
    pack = ordered(shop)
    assert page_with(shop, pack, extras_minor=2000).amount_minor == 45000
    with tenant_context(shop.tenant):
        assert Charge.objects.get().amount_minor == 45000


def settled(shop: Shop, pack: Pack) -> PaymentAttempt:
    worlds.hear_stripe(shop.stripe)
    return worlds.attempt_for(shop.tenant, pack)
