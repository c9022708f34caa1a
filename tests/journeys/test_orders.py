"""Products on the real stack: whatever Stripe and the network do, paid once and given once."""

from contextlib import suppress

import pytest
from django.core.management import call_command
from django_tenants.utils import tenant_context

from connect import gateway
from kit import clock
from tenants.billing.decisions import settle
from tenants.billing.models import Charge, ChargeStatus, PaymentAttempt
from tenants.earnings.books import verify
from tenants.packs.models import Pack, PackEntry
from tenants.paperwork.models import Acceptance
from tenants.shop.models import Order, OrderStatus, Product
from tests import worlds
from tests.billing.test_coach_refunds import press
from tests.journeys.steps import DECLINED, events_of, later
from tests.shop import shelves
from tests.worlds import Shop


@pytest.fixture
def bundle(shop: Shop) -> Product:
    """Four lessons, a file and terms, for 120.00."""
    worlds.set_free_units(shop.tenant, 1)
    terms = shelves.terms(shop.tenant)
    four = worlds.pack_offer(shop.tenant, worlds.session_type(shop.tenant), name="Four lessons", units=4)
    return shelves.product(shop.tenant, pack_line=four.line, requires=[str(terms.line)], files=1)


def is_given_once(shop: Shop, order: Order) -> bool:
    with tenant_context(shop.tenant):
        once = (Pack.objects.count(), PackEntry.objects.count(), Acceptance.objects.count()) == (1, 1, 1)
        return once and Order.objects.get(pk=order.pk).status == OrderStatus.PAID


def proven(shop: Shop) -> bool:
    """The books tie to the cent, nothing left out."""
    verdict = verify(schema_name=shop.tenant.schema_name, now=clock.now())
    return [str(each) for each in verdict.differences] == []


def test_paid_by_stripes_events_alone(shop: Shop, bundle: Product) -> None:
    order = shelves.sold(shop, bundle)
    assert is_given_once(shop, order)
    assert [each.subject_id for each in events_of(shop.tenant, "order.paid")] == [order.pk]
    attempt = worlds.attempt_for(shop.tenant, order)
    assert (attempt.fee_minor, attempt.free_numbers) == (900, [1])
    assert proven(shop)


def test_events_that_come_twice_and_backwards_give_once(shop: Shop, bundle: Product) -> None:
    order = shelves.ordered(shop, bundle)
    worlds.pay(shop, order)
    posted = shop.stripe.pending_events()
    for events in (list(reversed(posted)), posted):
        assert set(worlds.post(events)) == {200}
        worlds.drain()
    worlds.hear_stripe(shop.stripe)
    assert is_given_once(shop, order)


def test_without_any_event_the_sweeper_finds_the_payment(shop: Shop, bundle: Product) -> None:
    order = shelves.ordered(shop, bundle)
    worlds.pay(shop, order)
    shop.stripe.pending_events()
    with later(shop.stripe, 60):
        worlds.sweep()
        worlds.sweep()
    assert is_given_once(shop, order)


@pytest.mark.parametrize("fault", ["lost", "500_after"])
def test_the_answer_to_the_capture_is_lost(shop: Shop, bundle: Product, fault: str) -> None:
    order = shelves.ordered(shop, bundle)
    worlds.pay(shop, order)
    shop.stripe.fail_next("POST .*/capture", fault)
    attempt = worlds.attempt_for(shop.tenant, order)
    with tenant_context(shop.tenant), suppress(gateway.GatewayUnavailable):
        settle(attempt_id=attempt.pk, now=clock.now())
    with later(shop.stripe, 3600):
        worlds.hear_stripe(shop.stripe)
        worlds.drain()
        assert is_given_once(shop, order)
    with tenant_context(shop.tenant):
        assert Charge.objects.get(reference=order.pk).paid_minor == 12000


def test_a_declined_card_leaves_nothing_and_another_card_pays(shop: Shop, bundle: Product) -> None:
    order = shelves.ordered(shop, bundle)
    worlds.pay(shop, order, card=DECLINED)
    worlds.hear_stripe(shop.stripe)
    assert shelves.reread(shop.tenant, order).status == OrderStatus.PENDING
    worlds.pay(shop, order)
    worlds.hear_stripe(shop.stripe)
    assert is_given_once(shop, order)
    with tenant_context(shop.tenant):
        assert PaymentAttempt.objects.count() == 1


def test_a_page_that_runs_out_ends_the_order_and_tells_who_made_it(shop: Shop, bundle: Product) -> None:
    order = shelves.ordered(shop, bundle)
    with later(shop.stripe, 32 * 60):
        worlds.hear_stripe(shop.stripe)
        worlds.drain()
    assert shelves.reread(shop.tenant, order).status == OrderStatus.VOID
    assert len(events_of(shop.tenant, "order.released")) == 1
    with tenant_context(shop.tenant):
        assert not Acceptance.objects.exists()
        assert Charge.objects.get().status == ChargeStatus.OPEN


def test_refunded_in_part_and_then_in_full_in_stripes_dashboard(shop: Shop, bundle: Product) -> None:
    order = shelves.sold(shop, bundle)
    charge_id = worlds.attempt_for(shop.tenant, order).stripe_charge_id
    shop.stripe.dashboard_refund(charge_id, 2000)
    worlds.hear_stripe(shop.stripe)
    assert shelves.reread(shop.tenant, order).status == OrderStatus.PAID
    shop.stripe.dashboard_refund(charge_id)
    worlds.hear_stripe(shop.stripe)
    assert shelves.reread(shop.tenant, order).status == OrderStatus.REFUNDED
    assert len(events_of(shop.tenant, "order.refunded")) == 1
    assert proven(shop)


def test_our_refund_returns_the_fee_and_the_free_session(shop: Shop, bundle: Product) -> None:
    order = shelves.sold(shop, bundle)
    press(shop, order)
    worlds.drain()
    worlds.hear_stripe(shop.stripe)
    attempt = worlds.attempt_for(shop.tenant, order)
    assert (attempt.refunded_minor, attempt.fee_returned_minor) == (12000, 900)
    assert shelves.reread(shop.tenant, order).status == OrderStatus.REFUNDED
    assert proven(shop)


def test_a_lost_dispute_is_as_a_full_refund(shop: Shop, bundle: Product) -> None:
    order = shelves.sold(shop, bundle)
    dispute = shop.stripe.open_dispute(worlds.attempt_for(shop.tenant, order).stripe_charge_id)
    worlds.hear_stripe(shop.stripe)
    assert shelves.reread(shop.tenant, order).status == OrderStatus.PAID
    shop.stripe.lose_dispute(dispute)
    worlds.hear_stripe(shop.stripe)
    assert shelves.reread(shop.tenant, order).status == OrderStatus.REFUNDED
    assert proven(shop)


def test_verify_money_finds_no_difference(shop: Shop, bundle: Product) -> None:
    shelves.sold(shop, bundle)
    shelves.sold(shop, shelves.product(shop.tenant, name="Video"), email="mia@example.com")
    call_command("verify_money")
