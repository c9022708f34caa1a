"""Other currencies, with and without decimals: the amount on the card page is the amount of the offer."""

import pytest
from django_tenants.utils import tenant_context

from connect import gateway
from connect.simulator.client import Simulator
from kit import clock
from tenants.offers.practice import change_practice
from tenants.offers.prices import PriceTooSmall
from tenants.registry.models import Tenant
from tests import worlds
from tests.journeys import steps


def shop_in(tenant: Tenant, stripe: Simulator, currency: str) -> worlds.Shop:
    with tenant_context(tenant):
        change_practice(now=clock.now(), currency=currency)
    tenant.currency = currency
    return worlds.open_shop(tenant, stripe)


@pytest.mark.parametrize(
    ("currency", "price", "fee"),
    [("jpy", 5000, 500), ("jpy", 5009, 500), ("usd", 4505, 450), ("chf", 12345, 1234), ("sek", 30000, 3000)],
)
def test_a_session_costs_what_it_says_and_the_fee_is_a_tenth_rounded_down(
    anna: Tenant, stripe: Simulator, currency: str, price: int, fee: int
) -> None:
    shop = shop_in(anna, stripe, currency)
    worlds.set_free_units(anna, 0)
    booking = worlds.ask_and_pay(shop, worlds.session_type(anna, price_minor=price), at=worlds.hour(30))
    attempt = steps.settled(shop, booking)
    page = gateway.fetch_checkout(account_id=shop.account_id, checkout_id=attempt.checkout_id)
    intent = steps.intent_of(shop, booking)
    assert page.amount_total_minor == intent.amount_received_minor == price
    assert intent.currency == attempt.currency == booking.currency == currency
    assert (attempt.captured_minor, attempt.application_fee_minor) == (price, fee)
    assert intent.charge is not None
    assert intent.charge.application_fee_minor == fee
    entries = dict(steps.ledger(shop))
    assert entries["capture"] == price
    assert entries["platform_fee"] == -fee
    assert entries["capture"] + entries["platform_fee"] + entries["processor_fee"] == intent.charge.net_minor


@pytest.mark.parametrize(("currency", "price"), [("jpy", 49), ("eur", 49), ("sek", 299), ("gbp", 29)])
def test_a_price_that_no_card_can_pay_is_refused_when_it_is_set(
    anna: Tenant, currency: str, price: int
) -> None:
    with tenant_context(anna):
        change_practice(now=clock.now(), currency=currency)
    with pytest.raises(PriceTooSmall):
        worlds.session_type(anna, price_minor=price)
    assert worlds.session_type(anna, price_minor=price + 1).currency == currency


def test_two_coaches_in_two_currencies_share_nothing(anna: Tenant, ben: Tenant, stripe: Simulator) -> None:
    yen, euro = shop_in(anna, stripe, "jpy"), shop_in(ben, stripe, "eur")
    sold = [
        worlds.ask_and_pay(shop, worlds.session_type(shop.tenant, price_minor=4500), at=worlds.hour(30))
        for shop in (yen, euro)
    ]
    worlds.hear_stripe(stripe)
    for shop, booking, currency in zip((yen, euro), sold, ("jpy", "eur"), strict=True):
        attempt = worlds.attempt_for(shop.tenant, booking)
        assert (attempt.account_id, attempt.currency) == (shop.account_id, currency)
        assert attempt.free_numbers == [1]


def test_a_sale_keeps_the_currency_in_which_it_was_agreed(anna: Tenant, stripe: Simulator) -> None:
    shop = shop_in(anna, stripe, "eur")
    booking = worlds.held(anna, worlds.session_type(anna), at=worlds.hour(30))
    with tenant_context(anna):
        change_practice(now=clock.now(), currency="usd")
    worlds.book(anna, booking)
    worlds.pay(shop, booking)
    worlds.hear_stripe(stripe)
    assert worlds.attempt_for(anna, booking).currency == "eur"
