"""Forms and documents before a product: asked for on the server's side, before any card."""

from typing import Any

import pytest
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from kit import clock
from tenants.billing.models import Charge, PaymentAttempt
from tenants.offers import coupons
from tenants.paperwork.models import ClientPaper, Paper
from tenants.registry.models import Tenant
from tenants.shop.models import Order, Product
from tests import worlds
from tests.dashboard.desk import Coach
from tests.messaging import mailroom
from tests.pages.clients import CLEO, browser, words
from tests.pages.test_paperwork_first import do_all
from tests.paperwork import worlds as papers
from tests.shop import shelves
from tests.worlds import Shop


@pytest.fixture
def form(shop: Shop) -> Paper:
    return papers.form(shop.tenant)


@pytest.fixture
def plan(shop: Shop, form: Paper) -> Product:
    """With terms that are accepted by buying, and a form that comes first."""
    terms = shelves.terms(shop.tenant)
    return shelves.product(shop.tenant, files=1, requires=[str(terms.line), str(form.line)])


def ordered(visitor: Browser, product: Product, **more: Any) -> str:
    """The page that the order leads to; "" where that is the card's."""
    path = f"/shop/{product.slug}/"
    shown = visitor.get(path).text
    digest = shown.partition('name="shown" value="')[2].partition('"')[0]
    answer = visitor.post(path, {**CLEO, "agreed": "on", "shown": digest, **more})
    assert answer.status_code == 302, answer.text
    location = str(answer.headers["Location"])
    return location if location.startswith("/o/") else ""


def order_of(tenant: Tenant) -> Order:
    with tenant_context(tenant):
        return Order.objects.get()


def nothing_was_charged(tenant: Tenant) -> bool:
    with tenant_context(tenant):
        return not PaymentAttempt.objects.exists() and not Charge.objects.exists()


def test_the_form_comes_before_the_card(shop: Shop, plan: Product) -> None:
    visitor = browser(shop.tenant)
    told = words(visitor.get(f"/shop/{plan.slug}/").text)
    assert "A short form comes before payment: “Intake form”." in told
    assert "An agreement" not in told.partition("A short form")[2], "that is agreed to by buying"
    page = ordered(visitor, plan)
    assert "0 of 1 done" in visitor.get(page).text
    for _ in range(2):
        assert visitor.post(f"{page}pay").headers["Location"] == page
        assert ordered(visitor, plan) == page, "the same order"
    assert nothing_was_charged(shop.tenant)
    do_all(visitor, page)
    assert "Pay €120.00" in words(visitor.get(page).text)
    assert visitor.post(f"{page}pay").headers["Location"] != page
    worlds.pay(shop, order_of(shop.tenant))
    worlds.hear_stripe(shop.stripe)
    worlds.sweep()
    assert order_of(shop.tenant).status == "paid"
    with tenant_context(shop.tenant):
        kinds = ClientPaper.objects.filter(status="done").values_list("paper__kind", flat=True)
        assert sorted(kinds) == ["agreement", "form"]


def test_who_has_done_it_goes_straight_to_the_card(shop: Shop, plan: Product, form: Paper) -> None:
    cleo = papers.client(shop.tenant, email=CLEO["email"])
    papers.handed_in(shop.tenant, papers.given(shop.tenant, form, cleo))
    assert ordered(browser(shop.tenant), plan) == ""


def test_what_is_free_is_sent_when_the_form_is_done(shop: Shop, form: Paper) -> None:
    gift = shelves.product(shop.tenant, price_minor=0, name="Warm-up", requires=[str(form.line)])
    visitor = browser(shop.tenant)
    page = ordered(visitor, gift)
    assert order_of(shop.tenant).status == "pending"
    visitor.post(f"{page}pay")
    assert order_of(shop.tenant).status == "pending"
    do_all(visitor, page)
    assert "Send it to me for free" in visitor.get(page).text
    visitor.post(f"{page}pay")
    assert order_of(shop.tenant).status == "paid"


def test_a_code_is_kept_until_the_form_is_done(shop: Shop, plan: Product) -> None:
    with tenant_context(shop.tenant):
        coupons.create(code="HALF", off_bp=5_000, now=clock.now())
    visitor, path = browser(shop.tenant), f"/shop/{plan.slug}/"
    wrong = {**CLEO, "agreed": "on", "shown": "", "code": "NONE"}
    assert visitor.post(path, wrong).status_code in (409, 422)
    page = ordered(visitor, plan, coupon="HALF", code="HALF")
    assert order_of(shop.tenant).price_minor == 12000, "nobody's code is used up by an address that was typed"
    do_all(visitor, page)
    assert "Continue with your code" in visitor.get(page).text
    visitor.post(f"{page}pay")
    assert order_of(shop.tenant).price_minor == 6000


def test_a_stranger_with_the_address_sees_nothing_of_the_form(shop: Shop, plan: Product) -> None:
    page = ordered(browser(shop.tenant), plan)
    assert "Intake form" not in browser(shop.tenant).get(page).text


def test_after_a_week_it_is_off(shop: Shop, plan: Product) -> None:
    ordered(browser(shop.tenant), plan)
    with clock.travel(7 * 86_400 + 60):
        mailroom.work_off()
    assert order_of(shop.tenant).status == "void"
    mail = mailroom.sent_to(CLEO["email"])
    assert mail.subject == "Not bought: Eight-week plan"
    assert "waited 7 days for what was to be signed or filled in first" in mail.body
    assert nothing_was_charged(shop.tenant)


def test_the_coach_chooses_agreements_and_forms(shop: Shop, form: Paper) -> None:
    coach, agreement = Coach(shop.tenant), papers.agreement(shop.tenant)
    page = coach.read("offers/products/new/")
    assert "Intake form (form)" in page
    assert "Coaching agreement (agreement)" in page
    wanted = [str(agreement.line), str(form.line)]
    said = {"name": "Plan", "price": "20", "tax": "0", "requires": wanted}
    assert coach.post("offers/products/new/", said).status_code == 303
    with tenant_context(shop.tenant):
        assert sorted(Product.objects.get().requires) == sorted(wanted)
