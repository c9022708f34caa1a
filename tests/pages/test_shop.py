"""Products and services on a coach's host: read, bought without an account, thanked for, downloaded."""

import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core import mail
from django.test import Client as Browser
from django_tenants.utils import tenant_context
from PIL import Image

from kit import clock
from tenants.clients.models import Client, SignIn
from tenants.offers import coupons
from tenants.offers.extras import Extra
from tenants.people import erasing
from tenants.shop import links, products
from tenants.shop.models import Order, OrderStatus, Product
from tests import worlds
from tests.billing.test_coach_refunds import press
from tests.pages.test_coach_page import browser, counted
from tests.shop import shelves
from tests.worlds import Shop

CLEO = {"name": "Cleo Adler", "email": "cleo@example.com"}


@pytest.fixture
def plan(shop: Shop) -> Product:
    """120.00, with terms, a file, and words of thanks."""
    terms = shelves.terms(shop.tenant)
    return shelves.product(
        shop.tenant,
        files=1,
        requires=[str(terms.line)],
        summary="Stronger in eight weeks.",
        thanks="Begin **on Monday**.",
    )


def drawn() -> bytes:
    picture = BytesIO()
    Image.new("RGB", (8, 8), "green").save(picture, "PNG")
    return picture.getvalue()


def hidden(page: Any, name: str) -> str:
    found = re.search(rf'name="{name}" value="([\w-]+)"', page.text)
    assert found
    return found[1]


def buy(visitor: Browser, product: Product, **said: str) -> Any:
    address = f"/shop/{product.slug}/"
    page = visitor.get(address)
    agreed = {**CLEO, "agreed": "on", "shown": hidden(page, "shown"), "order": hidden(page, "order")}
    return visitor.post(address, {**agreed, **said})


def only_order(shop: Shop) -> Order:
    with tenant_context(shop.tenant):
        return Order.objects.select_related("payer", "product", "pack").get()


def mailed(shop: Shop, order: Order) -> str:
    with tenant_context(shop.tenant):
        return f"/o/{links.token_of(order)}/"


def way_back(shop: Shop, order: Order, *, paid: bool = True) -> str:
    params = worlds.attempt_for(shop.tenant, order).parameters
    address = str(params["success_url" if paid else "cancel_url"])
    return address.partition(shop.host)[2].replace("{CHECKOUT_SESSION_ID}", "")


def bought(shop: Shop, visitor: Browser, product: Product, **said: str) -> Any:
    """The page that the payer comes back to."""
    assert buy(visitor, product, **said).status_code == 302
    order = only_order(shop)
    worlds.pay(shop, order)
    return visitor.get(way_back(shop, order), follow=True)


# --- on offer ----------------------------------------------------------------------------------------


def test_the_shop_shows_products_sessions_and_packs_on_one_page(shop: Shop, plan: Product) -> None:
    kind = worlds.session_type(shop.tenant, name="Lesson", extras=[Extra("Court", 1000)])
    worlds.pack_offer(shop.tenant, kind, name="Ten lessons")
    page = browser(shop.tenant).get("/shop/").text
    for words in ("Products and services", "Eight-week plan", "€120.00", "1 file to download"):
        assert words in page
    assert "Lesson" in page
    assert "plus Court" in page
    assert "Ten lessons" in page
    assert f'href="/shop/{plan.slug}/"' in page


def test_the_shop_takes_two_queries(shop: Shop, plan: Product) -> None:
    visitor = browser(shop.tenant)
    visitor.get("/shop/")
    with counted() as statements:
        visitor.get("/shop/")
    assert len(statements) <= 2, statements


def test_an_empty_shop_says_so(shop: Shop) -> None:
    assert "Nothing is offered yet" in browser(shop.tenant).get("/shop/").text


def test_the_terms_stand_in_full_before_any_personal_field(shop: Shop, plan: Product) -> None:
    page = browser(shop.tenant).get(f"/shop/{plan.slug}/").text
    heading = "By purchasing this product you agree to the following terms"
    for words in (heading, "It costs €120.00.", "for the buyer alone", "A file to download: plan-1.pdf."):
        assert page.index(words) < page.index('name="email"'), words
    assert "Buy now for €120.00" in page


def test_what_is_switched_off_is_not_offered(shop: Shop, plan: Product) -> None:
    with tenant_context(shop.tenant):
        products.switch(product_id=plan.pk, on=False)
    for slug in (plan.slug, "never"):
        page = browser(shop.tenant).get(f"/shop/{slug}/")
        assert page.status_code == 404
        assert "not offered any more" in page.text
    assert plan.name not in browser(shop.tenant).get("/shop/").text


def test_without_cards_a_price_cannot_be_bought_and_what_is_free_can(shop: Shop, ben: Any) -> None:
    worlds.open_for_bookings(ben)
    dear, free = shelves.product(ben), shelves.product(ben, name="Free", price_minor=0, files=1)
    assert "cannot be bought right now" in browser(ben).get(f"/shop/{dear.slug}/").text
    assert "Send it to me for free" in browser(ben).get(f"/shop/{free.slug}/").text


def test_a_picture_is_shown_and_nothing_else_of_the_files(shop: Shop, plan: Product) -> None:
    assert browser(shop.tenant).get(f"/shop/{plan.slug}/picture").status_code == 404
    with tenant_context(shop.tenant):
        products.show_picture(product_id=plan.pk, name="plan.png", content=drawn(), now=clock.now())
    answer = browser(shop.tenant).get(f"/shop/{plan.slug}/picture")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")


# --- bought ------------------------------------------------------------------------------------------


def test_bought_without_an_account_and_thanked_signed_in(shop: Shop, plan: Product) -> None:
    visitor = browser(shop.tenant)
    back = bought(shop, visitor, plan)
    for words in (
        "Thank you: Eight-week plan",
        "<strong>on Monday</strong>",
        "plan-1.pdf",
        "You are signed in",
    ):
        assert words in back.text, words
    assert only_order(shop).status == OrderStatus.PAID
    with tenant_context(shop.tenant):
        session = SignIn.objects.get(client__email=CLEO["email"])
        assert session.expires_at <= clock.now() + timedelta(hours=2)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"agreed": ""}, "Read the terms above"), ({"email": "cleo"}, "Write the whole address")],
)
def test_a_mistake_is_named_and_nothing_is_ordered(
    shop: Shop, plan: Product, wrong: dict[str, str], words: str
) -> None:
    answer = buy(browser(shop.tenant), plan, **wrong)
    assert answer.status_code == 422
    assert words in answer.text
    assert "Cleo Adler" in answer.text
    with tenant_context(shop.tenant):
        assert not Order.objects.exists()


def test_terms_that_changed_meanwhile_are_to_be_agreed_to_anew(shop: Shop, plan: Product) -> None:
    visitor = browser(shop.tenant)
    page = visitor.get(f"/shop/{plan.slug}/")
    shelves.changed(shop.tenant, plan, price_minor=13000)
    said = {**CLEO, "agreed": "on", "shown": hidden(page, "shown")}
    answer = visitor.post(f"/shop/{plan.slug}/", said)
    assert answer.status_code == 409
    assert "changed since you opened" in answer.text
    assert "Cleo Adler" in answer.text
    assert " checked" not in answer.text


def test_a_double_press_leads_to_one_payment(shop: Shop, plan: Product) -> None:
    visitor = browser(shop.tenant)
    page = visitor.get(f"/shop/{plan.slug}/")
    said = {**CLEO, "agreed": "on", "shown": hidden(page, "shown"), "order": hidden(page, "order")}
    answers = [visitor.post(f"/shop/{plan.slug}/", said) for _ in range(2)]
    assert answers[0]["Location"] == answers[1]["Location"]
    only_order(shop)


def test_a_payment_that_was_left_is_gone_on_with(shop: Shop, plan: Product) -> None:
    visitor = browser(shop.tenant)
    first = buy(visitor, plan)
    order = only_order(shop)
    page = visitor.get(way_back(shop, order, paid=False))
    assert "Not paid yet" in page.text
    pay = re.search(r'action="(/o/[^"]+/pay)"', page.text)
    assert pay
    assert visitor.post(pay[1])["Location"] == first["Location"]


def test_a_declined_card_leaves_the_order_open(shop: Shop, plan: Product) -> None:
    visitor = browser(shop.tenant)
    buy(visitor, plan)
    order = only_order(shop)
    worlds.pay(shop, order, card="4000000000000002")
    assert "Not paid yet" in visitor.get(way_back(shop, order, paid=False)).text


def test_a_code_is_looked_at_and_counts(shop: Shop, plan: Product) -> None:
    with tenant_context(shop.tenant):
        coupons.create(code="HALF", off_bp=5000, now=clock.now())
    visitor = browser(shop.tenant)
    looked = buy(visitor, plan, coupon="half", apply="1")
    assert "Buy now for €60.00" in looked.text
    buy(visitor, plan, coupon="half")
    assert only_order(shop).price_minor == 6000


# --- whose it is -------------------------------------------------------------------------------------


def test_who_types_the_address_of_a_client_is_not_let_into_that_clients_pages(
    shop: Shop, plan: Product
) -> None:
    kind = worlds.session_type(shop.tenant, price_minor=0)
    worlds.book(shop.tenant, worlds.held(shop.tenant, kind, at=worlds.hour(5)), name="The real Cleo")
    visitor = browser(shop.tenant)
    back = bought(shop, visitor, plan)
    assert "Thank you: Eight-week plan" in back.text
    assert "You are signed in" not in back.text
    assert "We mail you a code" in back.text
    assert "The real Cleo" not in back.text
    with tenant_context(shop.tenant):
        assert not SignIn.objects.exists()


def test_who_has_become_a_client_meanwhile_is_not_known_by_the_payment(shop: Shop, plan: Product) -> None:
    visitor = browser(shop.tenant)
    buy(visitor, plan)
    order = only_order(shop)
    kind = worlds.session_type(shop.tenant, price_minor=0)
    worlds.book(shop.tenant, worlds.held(shop.tenant, kind, at=worlds.hour(5)))
    worlds.pay(shop, order)
    assert "You are signed in" not in visitor.get(way_back(shop, order), follow=True).text


def test_another_browser_gets_nothing_from_the_way_back(shop: Shop, plan: Product) -> None:
    bought(shop, browser(shop.tenant), plan)
    other = browser(shop.tenant)
    page = other.get(way_back(shop, only_order(shop)), follow=True)
    assert "It is on its way" in page.text
    assert "plan-1.pdf" not in page.text
    with tenant_context(shop.tenant):
        assert SignIn.objects.count() == 1
    with tenant_context(shop.tenant):
        file_id = Product.objects.get().files[0]
    token = re.search(r"/o/([^/]+)/paid", way_back(shop, only_order(shop)))
    assert token
    assert other.post(f"/o/{token[1]}/files/{file_id}").status_code == 404


def test_what_is_free_comes_by_mail_and_not_to_the_browser(shop: Shop, plan: Product) -> None:
    shelves.changed(shop.tenant, plan, price_minor=0)
    visitor = browser(shop.tenant)
    page = visitor.post(f"/shop/{plan.slug}/")
    assert page.status_code == 422
    answer = buy(visitor, plan)
    page = visitor.get(answer["Location"])
    assert "It is on its way" in page.text
    assert "plan-1.pdf" not in page.text
    worlds.sweep()
    worlds.sweep()
    [sent] = [
        each for each in mail.outbox if each.to == [CLEO["email"]] and "Eight-week plan" in each.subject
    ]
    link = re.search(r"http://anna\.localhost:8000(/o/\S+)", str(sent.body))
    assert link
    assert "plan-1.pdf" in browser(shop.tenant).get(link[1]).text


def test_a_link_of_one_coach_opens_nothing_on_anothers_host(shop: Shop, plan: Product, ben: Any) -> None:
    order = shelves.sold(shop, plan)
    assert browser(shop.tenant).get(mailed(shop, order)).status_code == 200
    assert browser(ben).get(mailed(shop, order)).status_code == 404


# --- downloads ---------------------------------------------------------------------------------------


def pressed(visitor: Browser, address: str) -> Any:
    """The button of the first file."""
    page = visitor.get(address)
    action = re.search(r'action="(/o/[^"]+/files/[^"]+)"', page.text)
    assert action, page.text
    return visitor.post(action[1])


def test_a_file_is_downloaded_by_a_link_that_ends_and_is_counted(shop: Shop, plan: Product) -> None:
    visitor, order = browser(shop.tenant), shelves.sold(shop, plan)
    link = pressed(visitor, mailed(shop, order))["Location"]
    file = visitor.get(link)
    assert (file.content, file["Content-Disposition"][:10]) == (shelves.PLAN, "attachment")
    assert "downloaded 1 time" in visitor.get(mailed(shop, order)).text
    with clock.travel(16 * 60):
        assert visitor.get(link).status_code == 404
    assert visitor.get("/file/no-such-link/").status_code == 404


def test_a_full_refund_ends_the_downloads_and_a_part_of_it_does_not(shop: Shop, plan: Product) -> None:
    visitor, order = browser(shop.tenant), shelves.sold(shop, plan)
    link = pressed(visitor, mailed(shop, order))["Location"]
    press(shop, order, 6000)
    worlds.drain()
    worlds.hear_stripe(shop.stripe)
    assert visitor.get(link).status_code == 200
    press(shop, order)
    worlds.drain()
    worlds.hear_stripe(shop.stripe)
    assert visitor.get(link).status_code == 404
    page = visitor.get(mailed(shop, order)).text
    assert "This order was refunded" in page
    assert "plan-1.pdf" not in page


def test_while_a_dispute_is_open_nothing_is_downloaded(shop: Shop, plan: Product) -> None:
    visitor, order = browser(shop.tenant), shelves.sold(shop, plan)
    link = pressed(visitor, mailed(shop, order))["Location"]
    dispute = shop.stripe.open_dispute(worlds.attempt_for(shop.tenant, order).stripe_charge_id)
    worlds.hear_stripe(shop.stripe)
    assert visitor.get(link).status_code == 404
    assert "The bank is looking into the payment" in visitor.get(mailed(shop, order)).text
    shop.stripe.win_dispute(dispute)
    worlds.hear_stripe(shop.stripe)
    assert visitor.get(link).status_code == 200


def test_what_is_put_there_later_is_the_buyers_too_and_what_is_taken_off_stays(
    shop: Shop, plan: Product
) -> None:
    visitor, order = browser(shop.tenant), shelves.sold(shop, plan)
    with tenant_context(shop.tenant):
        products.take_file_off(product_id=plan.pk, file_id=Product.objects.get().files[0])
        products.add_file(product_id=plan.pk, name="more.pdf", content=shelves.PLAN, now=clock.now())
    page = visitor.get(mailed(shop, order)).text
    assert "plan-1.pdf" in page
    assert "more.pdf" in page


def test_the_receipt_is_for_who_has_the_mail(shop: Shop, plan: Product) -> None:
    visitor = browser(shop.tenant)
    order = shelves.sold(shop, plan)
    assert visitor.get(mailed(shop, order) + "receipt")["Location"].startswith("/paper/")
    with tenant_context(shop.tenant):
        assert Client.objects.get().email == CLEO["email"]


def test_the_mail_can_be_asked_for_again(shop: Shop, plan: Product) -> None:
    visitor = browser(shop.tenant)
    bought(shop, visitor, plan)
    worlds.hear_stripe(shop.stripe)
    worlds.sweep()
    mail.outbox.clear()
    back = way_back(shop, only_order(shop)).replace("paid?cs=", "send")
    assert browser(shop.tenant).post(back).status_code == 302
    worlds.sweep()
    worlds.sweep()
    assert [each.subject for each in mail.outbox] == ["The link to Eight-week plan"]
    assert mail.outbox[0].to == [CLEO["email"]]


def test_the_coachs_page_leads_to_the_shop_where_there_is_one(shop: Shop) -> None:
    worlds.session_type(shop.tenant)
    assert 'href="/shop/"' not in browser(shop.tenant).get("/").text
    shelves.product(shop.tenant)
    assert 'href="/shop/"' in browser(shop.tenant).get("/").text
    worlds.session_type(shop.tenant, name="Another")
    assert 'href="/shop/"' in browser(shop.tenant).get("/").text


def test_own_pages_lead_back_to_what_was_bought(shop: Shop, plan: Product) -> None:
    visitor = browser(shop.tenant)
    bought(shop, visitor, plan)
    page = visitor.get("/my/").text
    assert "What you bought" in page
    link = re.search(r'href="(/o/[^"]+)"', page)
    assert link
    assert "plan-1.pdf" in browser(shop.tenant).get(link[1]).text


def test_of_somebody_who_is_erased_an_order_keeps_what_was_agreed_and_not_by_whom(
    shop: Shop, plan: Product
) -> None:
    order = shelves.sold(shop, plan)
    worlds.drain()
    with tenant_context(shop.tenant), clock.travel(90 * 86_400):
        erasing.erase(client_id=order.payer_id, now=clock.now(), actor=shelves.ANNA)
    said = shelves.reread(shop.tenant, order).agreed
    assert "It costs €120.00." in said["text"]
    assert {said[name] for name in ("by", "address", "agent", "browser")} == {""}
    assert browser(shop.tenant).get(mailed(shop, order)).status_code == 404
