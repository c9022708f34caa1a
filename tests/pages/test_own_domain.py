"""A client at a coach's own domain: every link, Stripe's way back and every mail name it, and it alone."""

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from kit import clock
from tenants.registry.hosts import forget_hosts
from tenants.registry.models import Domain, Tenant
from tenants.registry.pages import coach_address
from tenants.scheduling import links
from tests import worlds
from tests.dashboard.desk import Coach
from tests.pages import clients
from tests.worlds import Shop

NAME = "book.anna.example"
HOME = f"http://{NAME}:8000"


def bring(tenant: Tenant, name: str) -> None:
    """Verified, and the address of all pages."""
    Domain.objects.bulk_create(
        [
            Domain(
                tenant=tenant,
                domain=name,
                is_own=True,
                is_primary=False,
                token=f"token of {name}",
                verified_at=clock.now(),
            )
        ]
    )
    Tenant.objects.filter(pk=tenant.pk).update(own_host=name)
    forget_hosts()


@pytest.fixture
def moved(shop: Shop) -> Shop:
    bring(shop.tenant, NAME)
    shop.tenant.refresh_from_db()
    return shop


def visitor(name: str = NAME) -> Browser:
    return Browser(HTTP_HOST=f"{name}:8000")


def sold(shop: Shop, browser: Browser) -> tuple[str, Any]:
    """The booking's page, and what Stripe was told and did."""
    kind = worlds.session_type(shop.tenant)
    page = clients.held(browser, kind, worlds.hour(30))
    answer = browser.post(f"{page}details", clients.CLEO)
    assert answer["Location"].startswith(shop.stripe.url)
    return page, worlds.pay(shop, clients.of(shop.tenant, page))


def test_stripe_sends_the_browser_back_to_the_coachs_domain(moved: Shop) -> None:
    browser = visitor()
    page, paid = sold(moved, browser)
    assert paid.success_url.startswith(f"{HOME}{page}paid")
    assert browser.get(paid.success_url.removeprefix(HOME)).status_code == 302
    assert "You are booked" in browser.get(page).text


def test_every_link_of_the_mails_names_the_coachs_domain(moved: Shop) -> None:
    sold(moved, visitor())
    worlds.hear_stripe(moved.stripe)
    worlds.drain()
    to_client = [message for message in mail.outbox if message.to == [clients.CLEO["email"]]]
    assert to_client
    found = {link for message in to_client for link in re.findall(r"https?://[^/\s\"<>]+", str(message.body))}
    assert HOME in found
    assert not any("anna.localhost" in link for link in found)


def test_a_link_of_before_leads_to_the_same_booking(shop: Shop) -> None:
    before = clients.browser(shop.tenant)
    kind = worlds.session_type(shop.tenant)
    page = clients.held(before, kind, worlds.hour(30))
    bring(shop.tenant, NAME)
    answer = before.get(page)
    assert (answer.status_code, answer["Location"]) == (301, f"{HOME}{page}")
    assert visitor().get(page).status_code == 200
    # Whoever was about to send their details loses nothing: they are taken where they were typed.
    assert before.post(f"{page}details", clients.CLEO)["Location"].startswith(shop.stripe.url)


def test_links_and_cookies_of_one_coach_open_nothing_at_anothers_domain(moved: Shop, ben: Tenant) -> None:
    bring(ben, "book.ben.example")
    worlds.open_for_bookings(ben)
    kind = worlds.session_type(moved.tenant)
    browser = visitor()
    page = clients.held(browser, kind, worlds.hour(30))
    assert browser.get(page).status_code == 200
    assert all(cookie["domain"] == "" for cookie in browser.cookies.values())
    # The same browser would not send them; somebody who does by hand gets nothing either.
    for host in ("book.ben.example:8000", "ben.localhost:8000"):
        assert browser.get(page, HTTP_HOST=host, follow=False).status_code in (301, 404)
        assert browser.post(f"{page}details", clients.CLEO, HTTP_HOST=host).status_code == 404
    assert browser.get(page, HTTP_HOST="book.ben.example:8000").status_code == 404
    with tenant_context(moved.tenant):
        token = links.token_of(clients.of(moved.tenant, page))
        assert links.address_of(clients.of(moved.tenant, page)) == f"{HOME}/b/{token}/"


def test_what_the_coach_shares_names_the_domain(moved: Shop, ben: Tenant) -> None:
    assert coach_address(moved.tenant.schema_name) == HOME
    assert f'value="{HOME}"' in Coach(moved.tenant).read("settings/")
    assert NAME not in Coach(ben).read("settings/")


def test_nobody_is_signed_in_at_a_coachs_domain(moved: Shop) -> None:
    coach = Coach(moved.tenant).browser
    answer: Any = coach.get("/", HTTP_HOST=f"{NAME}:8000")
    assert answer.status_code == 200
    assert not hasattr(answer.wsgi_request, "user")
    assert not hasattr(answer.wsgi_request, "session")


def test_programs_are_answered_where_they_ask(moved: Shop) -> None:
    """Sent to another host, they would leave their key behind."""
    browser = Browser(HTTP_HOST=moved.host)
    assert browser.get("/").status_code == 301
    assert browser.get("/api/v1/session-types").status_code == 401
