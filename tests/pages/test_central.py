"""The landing page, the way to one's own dashboards, and what watches the site."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils.html import escape

from accounts.models import User
from connect.models import StripeEvent, StripeEventStatus
from fees.models import FeeAccount
from fees.rules import fee_for
from kit.clock import now
from kit.money import CURRENCIES, MINIMUM_CHARGE_MINOR
from public_pages.central.calculator import PriceForm, shares
from public_pages.central.card_rates import RATES, about_stripe_takes
from public_pages.central.countries import CURRENCY_OF
from tenants.registry.models import Membership, Tenant, Wakeup

HOST = {"HTTP_HOST": "localhost:8000"}


@pytest.fixture
def browser() -> Client:
    return Client(**HOST)


def words(response: Any) -> str:
    return " ".join(response.content.decode().split())


# --- landing ---------------------------------------------------------------------------------------


def test_the_example_adds_up(browser: Client, db: None) -> None:
    page = words(browser.get("/"))
    for amount in ("$80.00", "−$2.62", "−$8.00", "$69.38", "$77.38"):
        assert amount in page


def test_a_price_of_ones_own_is_calculated_without_scripts(browser: Client, db: None) -> None:
    page = words(browser.get("/", {"price": "45,50", "currency": "eur"}))
    assert "€45.50" in page
    assert "−€4.55" in page
    assert 'value="45,50"' in page


@pytest.mark.parametrize("currency", CURRENCIES)
def test_shares_follow_the_platforms_own_rules(currency: str) -> None:
    price = MINIMUM_CHARGE_MINOR[currency] * 30 + 7
    divided = shares(price, currency)
    assert divided.fee_minor == fee_for(
        amount_minor=price, units=1, free_units_granted=0, rate_bp=FeeAccount().rate_bp
    )
    assert 0 < divided.card_minor < price // 5
    assert divided.kept_of_free_minor - sum(line["minor"] for line in divided.lines) == divided.fee_minor


def test_a_card_never_costs_more_than_the_price() -> None:
    assert about_stripe_takes(10, "usd") == 10


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("forty", "is not an amount"),
        ("0.10", "Cards take $0.50 or more"),
        ("-5", "below zero"),
        ("", "required"),
    ],
)
def test_a_price_that_cannot_be_charged_is_explained_and_kept(
    browser: Client, db: None, typed: str, said: str
) -> None:
    response = browser.get("/", {"price": typed, "currency": "usd"})
    assert response.status_code == 422
    assert said in words(response)
    assert not typed or f'value="{escape(typed)}"' in words(response)


def test_free_sessions_cost_nothing(browser: Client, db: None) -> None:
    assert "Free sessions cost nothing" in words(browser.get("/", {"price": "0", "currency": "usd"}))
    assert PriceForm({"price": "0", "currency": "usd"}).shares is None


def test_the_demo_shows_a_page_to_try(browser: Client, anna: Tenant, settings: Any) -> None:
    assert "http://anna.localhost:8000" in words(browser.get("/"))
    settings.DEMO = False
    page = words(browser.get("/"))
    assert "anna.localhost" not in page
    assert "mailbox" not in page


def test_every_country_has_a_currency_that_cards_are_known_for() -> None:
    assert set(CURRENCY_OF.values()) <= set(RATES) == set(CURRENCIES)


# --- one's own dashboards --------------------------------------------------------------------------


def owner(tenant: Tenant) -> Any:
    return Membership.objects.get(tenant=tenant).user


def test_one_coach_is_entered_at_once(browser: Client, anna: Tenant) -> None:
    browser.force_login(owner(anna))
    response = browser.get("/coach/")
    assert (response.status_code, response["Location"]) == (302, "/coach/anna/")


def test_several_coaches_are_offered(browser: Client, anna: Tenant, ben: Tenant) -> None:
    Membership.objects.create(tenant=ben, user=owner(anna))
    browser.force_login(owner(anna))
    page = words(browser.get("/coach/"))
    assert 'href="/coach/anna/"' in page
    assert 'href="/coach/ben/"' in page
    assert "chiara" not in page


def test_without_a_page_one_is_created(browser: Client, db: None) -> None:
    browser.force_login(User.objects.create_user("nobody@example.com"))
    assert browser.get("/coach/")["Location"] == "/start/"


@pytest.mark.parametrize("path", ["/coach/", "/start/", "/start/address", "/start/anna/"])
def test_anonymous_visitors_sign_in_first(browser: Client, db: None, path: str) -> None:
    response = browser.get(path)
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/?next=")


# --- health ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_watchers_need_no_https(db: None, settings: Any, path: str) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert Client(**HOST).get(path).status_code == 200
    assert Client(**HOST).get("/").status_code == 301


def test_health_asks_nobody(browser: Client, db: None, django_assert_num_queries: Any, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    with django_assert_num_queries(0):
        assert browser.get("/health").content == b"ok\n"


def test_ready_names_each_check(browser: Client, db: None) -> None:
    response = browser.get("/ready")
    assert response.status_code == 200
    assert set(response.json()["checks"]) == {"database", "queue", "stripe_events", "wakeups", "findings"}
    assert response["Cache-Control"].startswith("max-age=0")


def test_a_queue_that_is_away_is_said_without_its_address(browser: Client, db: None, settings: Any) -> None:
    settings.REDIS_URL = "redis://:hidden@127.0.0.1:9/0"
    response = browser.get("/ready")
    assert response.status_code == 503
    assert response.json()["checks"]["queue"]["ok"] is False
    assert "hidden" not in response.content.decode()
    assert "127.0.0.1" not in response.content.decode()


def event(**fields: Any) -> StripeEvent:
    return StripeEvent.objects.create(stripe_id=f"evt_{uuid.uuid4().hex}", type="charge.succeeded", **fields)


def test_an_event_that_nobody_works_off_makes_it_unready(browser: Client, db: None) -> None:
    long_ago = now() - timedelta(minutes=20)
    event(status=StripeEventStatus.PARKED, due_at=long_ago, received_at=long_ago)
    event(due_at=now() + timedelta(minutes=1), received_at=long_ago)
    waiting = browser.get("/ready")
    assert waiting.status_code == 200
    assert 1190 < waiting.json()["checks"]["stripe_events"]["oldest_waiting_seconds"] < 1300
    event(due_at=long_ago, received_at=long_ago)
    assert browser.get("/ready").status_code == 503


def test_work_that_nobody_does_makes_it_unready(browser: Client, anna: Tenant, in_tenant: Any) -> None:
    with in_tenant(anna), transaction.atomic():
        Wakeup.objects.bulk_create(
            [
                Wakeup(
                    schema_name=anna.schema_name,
                    kind="hold",
                    reference=uuid.uuid4(),
                    due_at=now() - timedelta(minutes=9),
                )
            ]
        )
    response = browser.get("/ready")
    assert response.status_code == 503
    assert response.json()["checks"]["wakeups"]["overdue_seconds"] >= 540
