"""Retainers on a coach's own pages: the terms before the button, the own page, and what changes it."""

from typing import Any

import pytest
from django.db import transaction
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import Actor
from tenants.clients.records import find_or_add
from tenants.retainers import links, standing, subscribing
from tenants.retainers.models import Retainer, RetainerPlan, RetainerStatus
from tests import worlds
from tests.retainers import stack
from tests.worlds import Shop

ANNA = Actor("coach", "7", "Anna")


@pytest.fixture
def kind(shop: Shop) -> worlds.SessionType:
    return worlds.session_type(shop.tenant)


@pytest.fixture
def plan(shop: Shop, kind: worlds.SessionType) -> RetainerPlan:
    return stack.plan(shop, kind)


@pytest.fixture
def browser(shop: Shop) -> Browser:
    return Browser(HTTP_HOST=shop.host)


def page(browser: Browser, address: str, status: int = 200) -> str:
    response = browser.get(address)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def own_link(shop: Shop, retainer: Retainer, path: str = "", *, for_payer: bool = True) -> str:
    with tenant_context(shop.tenant):
        return f"/r/{links.token_of(retainer, for_payer=for_payer)}/{path}"


def typed(browser: Browser, plan: RetainerPlan, **changes: str) -> dict[str, str]:
    """What the form of the plan's page sends."""
    html = page(browser, f"/retainers/{plan.slug}/")
    shown = html.split('name="shown" value="')[1].split('"')[0]
    usual = {"name": "Cleo", "email": "cleo@example.com", "agreed": "on", "shown": shown}
    return {name: value for name, value in {**usual, **changes}.items() if value}


# --- beginning ------------------------------------------------------------------


def test_the_coachs_page_leads_to_the_terms(browser: Browser, plan: RetainerPlan) -> None:
    html = page(browser, "/")
    assert f'href="/retainers/{plan.slug}/"' in html
    assert "4 sessions a month · €50.00 each" in html


def test_the_terms_stand_before_the_button(browser: Browser, plan: RetainerPlan) -> None:
    html = page(browser, f"/retainers/{plan.slug}/")
    press = html.index("Pay €200.00 and begin")
    for said in (
        "€200.00 every month",
        "Today €200.00 for",
        "until you pause or cancel",
        "I allow Anna to keep my card at Stripe and to charge it €200.00 every month",
        "it takes effect when the paid period ends",
    ):
        assert html.index(said) < press, said


def test_agreed_and_paid_it_begins_and_comes_back_to_its_page(
    shop: Shop, browser: Browser, plan: RetainerPlan
) -> None:
    response = browser.post(f"/retainers/{plan.slug}/", typed(browser, plan))
    assert response.status_code == 302
    with tenant_context(shop.tenant):
        retainer = Retainer.objects.get()
        assert "I allow Anna" in retainer.accepted["mandate"]
    paid = shop.stripe.pay(stack.attempts(shop, retainer)[-1].checkout_id)
    back = browser.get(paid.success_url.split(shop.host)[1])
    assert back.status_code == 302
    html = page(browser, back["Location"])
    assert "4 included, 4 left." in html
    assert "Next charge €200.00 on" in html
    assert "Book a session" in html
    # Whoever only came across the link sees that there is one, and nothing of it.
    stranger = page(Browser(HTTP_HOST=shop.host), back["Location"])
    assert "Open it from the mail" in stranger
    assert "€200.00" not in stranger


@pytest.mark.parametrize(("changes", "status"), [({"agreed": ""}, 422), ({"shown": "other"}, 409)])
def test_nothing_begins_without_agreement_to_what_is_shown(
    shop: Shop, browser: Browser, plan: RetainerPlan, changes: dict[str, str], status: int
) -> None:
    response = browser.post(f"/retainers/{plan.slug}/", typed(browser, plan, **changes))
    assert response.status_code == status
    assert b'value="cleo@example.com"' in response.content
    with tenant_context(shop.tenant):
        assert not Retainer.objects.exists()


def test_what_is_withdrawn_is_not_begun(browser: Browser) -> None:
    assert "not offered any more" in page(browser, "/retainers/nothing/", 404)


def test_a_link_to_begin_shows_the_terms_and_leads_to_the_payment(
    shop: Shop, browser: Browser, plan: RetainerPlan
) -> None:
    with tenant_context(shop.tenant):
        with transaction.atomic():
            cleo = find_or_add(name="Cleo", email="cleo@example.com", phone="", timezone="", now=clock.now())
        retainer = subscribing.invite(plan_id=plan.pk, client_id=cleo.pk, now=clock.now(), actor=ANNA)
    address = own_link(shop, retainer)
    html = page(browser, address)
    shown = html.split('name="shown" value="')[1].split('"')[0]
    assert "I allow Anna" in html
    assert browser.post(f"{address}begin", {"shown": shown}).status_code == 422
    assert browser.post(f"{address}begin", {"shown": "old", "agreed": "on"}).status_code == 409
    assert browser.post(f"{address}begin", {"shown": shown, "agreed": "on"}).status_code == 302
    paid = shop.stripe.pay(stack.attempts(shop, retainer)[-1].checkout_id)
    back = browser.get(paid.success_url.split(shop.host)[1])
    assert back["Location"] == address
    assert "4 included, 4 left." in page(browser, address)


# --- the own page ------------------------------------------------------------------


def test_pausing_says_first_what_it_means(shop: Shop, browser: Browser, plan: RetainerPlan) -> None:
    retainer = stack.begin(shop, plan)
    html = page(browser, own_link(shop, retainer, "pause"))
    assert "It pauses after" in html
    assert "Nothing more is charged." in html
    assert browser.post(own_link(shop, retainer, "pause")).status_code == 302
    html = page(browser, own_link(shop, retainer))
    assert "nothing is charged until it is resumed" in html
    assert browser.post(own_link(shop, retainer, "keep")).status_code == 302
    assert stack.reread(shop, retainer).pause_wanted_at is None


def test_cancelling_takes_two_presses(shop: Shop, browser: Browser, plan: RetainerPlan) -> None:
    retainer = stack.begin(shop, plan)
    assert "It ends after" in page(browser, own_link(shop, retainer, "cancel"))
    assert browser.post(own_link(shop, retainer, "cancel")).status_code == 302
    assert stack.reread(shop, retainer).cancel_wanted_at is not None
    assert "and nothing more is charged" in page(browser, own_link(shop, retainer))


def test_a_paused_one_is_resumed_by_a_press_that_leads_to_the_payment(
    shop: Shop, browser: Browser, plan: RetainerPlan
) -> None:
    retainer = stack.begin(shop, plan)
    with tenant_context(shop.tenant):
        standing.pause(retainer_id=retainer.pk, now=clock.now(), actor=ANNA)
    shop.stripe.advance(40 * 86400)
    with clock.travel(40 * 86400):
        worlds.drain()
        assert "Resume and pay €200.00" in page(browser, own_link(shop, retainer))
        response = browser.post(own_link(shop, retainer, "resume"))
        assert "/pay/" in response["Location"]
        worlds.hear_stripe(shop.stripe)
        worlds.drain()
        assert stack.reread(shop, retainer).status == RetainerStatus.ACTIVE
        assert "4 included, 4 left." in page(browser, own_link(shop, retainer))


def test_who_does_not_pay_reads_no_amount_and_changes_nothing(
    shop: Shop, browser: Browser, plan: RetainerPlan
) -> None:
    with tenant_context(shop.tenant):
        with transaction.atomic():
            people: Any = [
                find_or_add(name=name, email=f"{name}@example.com", phone="", timezone="", now=clock.now())
                for name in ("cleo", "mia")
            ]
        retainer = subscribing.invite(
            plan_id=plan.pk, client_id=people[0].pk, payer_id=people[1].pk, now=clock.now(), actor=ANNA
        )
        subscribing.accept(
            retainer_id=retainer.pk,
            accepted=subscribing.agreement(text="t", mandate="m", address="", now=clock.now()),
            links=lambda _: lambda _attempt: worlds.RETURN_PAGES,
            now=clock.now(),
        )
    stack.pay(shop, retainer)
    worlds.hear_stripe(shop.stripe)
    html = page(browser, own_link(shop, retainer, for_payer=False))
    assert "4 included, 4 left." in html
    assert "200.00" not in html.split("<main")[1]
    assert page(browser, own_link(shop, retainer, "pause", for_payer=False), 404)
    assert browser.post(own_link(shop, retainer, "cancel", for_payer=False)).status_code == 404
    payer = page(browser, own_link(shop, retainer))
    assert "Next charge €200.00" in payer
    # Whoever pays for somebody else books nothing in their name.
    assert "Book a session" not in payer


def test_its_browser_books_with_it_by_one_press(
    shop: Shop, browser: Browser, kind: worlds.SessionType, plan: RetainerPlan
) -> None:
    retainer = stack.begin(shop, plan)
    page(browser, own_link(shop, retainer))
    held = browser.post(f"/book/{kind.slug}/hold", {"starts_at": worlds.hour(30).isoformat()})
    address = held["Location"]
    html = page(browser, address)
    assert "Book with your retainer" in html
    assert "Uses 1 of your Monthly coaching, leaves 3." in html
    assert "Use 1 session and book" in html
    fund = html.split('name="fund" value="')[1].split('"')[0]
    assert fund == f"retainer:{retainer.pk}"
    pressed = browser.post(f"{address}details", {"fund": fund, "message": ""})
    assert pressed.status_code == 302, pressed.content.decode()[:3000]
    booked = page(browser, address)
    assert "Paid with</dt><dd>Monthly coaching" in booked
    assert "4 included, 1 booked, 3 left." in booked
    assert "Open your retainer" in booked
    assert "1 booked" in page(browser, own_link(shop, retainer))
    # Whoever does not have the link pays by card.
    stranger = Browser(HTTP_HOST=shop.host)
    other = stranger.post(f"/book/{kind.slug}/hold", {"starts_at": worlds.hour(40).isoformat()})
    assert "Monthly coaching" not in page(stranger, other["Location"]).split("<h1")[1]


def test_a_link_of_another_coach_opens_nothing(shop: Shop, plan: RetainerPlan, ben: Any) -> None:
    retainer = stack.begin(shop, plan)
    elsewhere = Browser(HTTP_HOST=f"{ben.slug}.localhost:8000")
    assert "This link does not work" in page(elsewhere, own_link(shop, retainer), 404)
