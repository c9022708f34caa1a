"""An operator caps what one free session frees: on the real stack, from the card to the proven books."""

from datetime import timedelta

import pytest
from django_tenants.utils import tenant_context

from connect import gateway
from connect.simulator.client import Simulator
from fees import accounts as fee_accounts
from fees.models import FeeEntryKind
from kit import clock
from kit.money import Money
from tenants.billing.models import AttemptStatus, Charge, PaymentAttempt
from tenants.earnings.books import verify
from tenants.offers.practice import change_practice
from tenants.registry.models import Tenant
from tenants.scheduling.models import Booking
from tests import worlds
from tests.console import OLGA
from tests.journeys import steps
from tests.scheduling.test_deposits import let_pass
from tests.worlds import Shop


def agree(tenant: Tenant, *, free_units: int, cap: Money | None, rate_bp: int = 1000) -> None:
    """What an operator does on the coach's page."""
    fee_accounts.change_terms(
        schema_name=tenant.schema_name,
        rate_bp=rate_bp,
        free_units=free_units,
        unit_cap=cap,
        reason="As agreed.",
        now=clock.now(),
        actor=OLGA,
    )


def sold(shop: Shop, price_minor: int, *, hour: int) -> PaymentAttempt:
    kind = worlds.session_type(shop.tenant, price_minor=price_minor)
    booking = worlds.sell(shop, kind, at=worlds.hour(hour))
    return worlds.attempt_for(shop.tenant, booking)


def charge_of(shop: Shop, booking: Booking) -> Charge:
    with tenant_context(shop.tenant):
        return Charge.objects.get(reference=booking.pk)


def fees(shop: Shop, booking: Booking) -> list[tuple[int, int]]:
    """Of each part: decided by us, and taken by Stripe."""
    parts = steps.attempts_of(shop, booking)
    return [(each.fee_minor or 0, each.application_fee_minor) for each in parts]


def proven(shop: Shop) -> bool:
    """What has moved just now, too."""
    verdict = verify(schema_name=shop.tenant.schema_name, now=clock.now(), patience=timedelta(0))
    assert verdict.compared["fee by the rule"]
    return [str(each) for each in verdict.differences] == []


def test_above_the_cap_a_free_session_bears_the_fee_and_below_it_none(shop: Shop) -> None:
    agree(shop.tenant, free_units=2, cap=Money(2000, "eur"))
    attempts = [sold(shop, price, hour=hour) for hour, price in ((0, 4500), (2, 2000), (4, 4500))]
    told = [(each.free_numbers, each.fee_minor, each.application_fee_minor) for each in attempts]
    assert told == [([1], 250, 250), ([2], 0, 0), ([], 450, 450)]
    assert steps.fee_amounts(shop, FeeEntryKind.CHARGED) == [250, 450]
    assert proven(shop)


def test_the_first_payment_fixes_the_cap_for_the_rest(shop: Shop) -> None:
    """60.00, of which 20.00 are paid at booking; meanwhile other terms are made."""
    agree(shop.tenant, free_units=1, cap=Money(3000, "eur"))
    course = worlds.session_type(shop.tenant, price_minor=6000, deposit_minor=2000, rest_due_hours=24)
    booking = worlds.sell(shop, course, at=worlds.hour(72))
    assert fees(shop, booking) == [(0, 0)]
    agree(shop.tenant, free_units=2, cap=Money(1000, "eur"), rate_bp=500)
    another = sold(shop, 6000, hour=100)
    assert (another.free_numbers, another.fee_minor) == ([2], 250)
    let_pass(shop, booking, timedelta(hours=23))
    assert fees(shop, booking) == [(0, 0), (300, 300)]
    charge = charge_of(shop, booking)
    assert (charge.rate_bp, charge.free_units, charge.unit_cap_minor) == (1000, 1, 3000)
    assert proven(shop)


def test_a_cap_that_is_lifted_counts_on_for_what_was_begun(shop: Shop) -> None:
    agree(shop.tenant, free_units=1, cap=Money(3000, "eur"))
    course = worlds.session_type(shop.tenant, price_minor=6000, deposit_minor=2000, rest_due_hours=24)
    booking = worlds.sell(shop, course, at=worlds.hour(72))
    agree(shop.tenant, free_units=1, cap=None)
    let_pass(shop, booking, timedelta(hours=23))
    assert fees(shop, booking) == [(0, 0), (300, 300)]


def test_a_cap_in_another_currency_counts_for_nothing(shop: Shop) -> None:
    agree(shop.tenant, free_units=1, cap=Money(1000, "usd"))
    attempt = sold(shop, 4500, hour=0)
    assert (attempt.free_numbers, attempt.fee_minor) == ([1], 0)
    with tenant_context(shop.tenant):
        assert Charge.objects.get().unit_cap_minor is None
    assert proven(shop)


@pytest.mark.parametrize(("currency", "fee"), [("jpy", 200), ("sek", 200)])
def test_a_cap_counts_in_minor_units_of_its_own_currency(
    anna: Tenant, stripe: Simulator, currency: str, fee: int
) -> None:
    with tenant_context(anna):
        change_practice(now=clock.now(), currency=currency)
    anna.currency = currency
    shop = worlds.open_shop(anna, stripe)
    agree(anna, free_units=1, cap=Money(3000, currency))
    attempt = sold(shop, 5009, hour=30)
    assert (attempt.currency, attempt.fee_minor, attempt.application_fee_minor) == (currency, fee, fee)


def test_of_a_pack_each_free_session_frees_up_to_the_cap(shop: Shop) -> None:
    """Ten for 450.00, four of them free up to 40.00: a tenth of six at 45.00, and of 5.00 of each of four."""
    agree(shop.tenant, free_units=4, cap=Money(4000, "eur"))
    pack = worlds.buy_pack(shop, worlds.pack_offer(shop.tenant, worlds.session_type(shop.tenant)))
    attempt = worlds.attempt_for(shop.tenant, pack)
    assert (attempt.free_numbers, attempt.fee_minor) == ([1, 2, 3, 4], 6 * 450 + 4 * 50)
    assert attempt.application_fee_minor == 2900
    assert proven(shop)


def test_a_refund_gives_back_the_fee_of_a_session_that_was_free_in_part(shop: Shop) -> None:
    agree(shop.tenant, free_units=1, cap=Money(2000, "eur"))
    attempt = sold(shop, 4500, hour=0)
    shop.stripe.dashboard_refund(attempt.stripe_charge_id, 1500)
    worlds.hear_stripe(shop.stripe)
    assert steps.fee_amounts(shop, FeeEntryKind.RETURNED) == [250 * 1500 // 4500]
    assert steps.numbers_taken(shop) == {1}
    shop.stripe.dashboard_refund(attempt.stripe_charge_id, 3000)
    worlds.hear_stripe(shop.stripe)
    assert sum(steps.fee_amounts(shop, FeeEntryKind.RETURNED)) == 250
    assert steps.numbers_taken(shop) == set()
    assert proven(shop)


def test_who_captures_in_stripes_dashboard_takes_the_fee_above_the_cap(shop: Shop) -> None:
    """It was set when the page was opened, so the cap has to be known by then."""
    agree(shop.tenant, free_units=1, cap=Money(2000, "eur"))
    booking = worlds.ask_and_pay(shop, worlds.session_type(shop.tenant), at=worlds.hour(30))
    shop.stripe.dashboard_capture(steps.intent_of(shop, booking).id)
    worlds.hear_stripe(shop.stripe)
    assert fees(shop, booking) == [(250, 250)]
    fee_id = worlds.attempt_for(shop.tenant, booking).application_fee_id
    assert gateway.fetch_application_fee(fee_id=fee_id).amount_refunded_minor == 0


def test_a_first_payment_that_comes_to_nothing_leaves_the_cap_open(shop: Shop) -> None:
    agree(shop.tenant, free_units=1, cap=Money(2000, "eur"))
    booking = worlds.ask_and_pay(shop, worlds.session_type(shop.tenant), at=worlds.hour(30))
    shop.stripe.fail_next("POST .*/capture$", "refused", code="charge_expired_for_capture")
    assert steps.settled(shop, booking).status == AttemptStatus.CAPTURE_FAILED
    charge = charge_of(shop, booking)
    assert (charge.rate_bp, charge.free_units, charge.unit_cap_minor) == (None, None, None)
