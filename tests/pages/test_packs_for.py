"""Buying a pack for a family, as a browser without scripts meets it; and the order, its payer's alone."""

import re
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from tenants.clients.models import Client
from tenants.messaging import packs_for as mails_of_packs_for
from tenants.packs import links as pack_links
from tenants.packs.models import Pack, PackOffer
from tenants.shop import packs_for_links
from tenants.shop.models import Order, OrderStatus
from tests import worlds
from tests.pages.test_coach_page import browser
from tests.pages.test_packs import shown
from tests.shop import families
from tests.worlds import Shop

TYPED = {
    "name": "Frank Falk",
    "email": "frank@example.com",
    "people": "3",
    "for_me": "on",
    "person_1": "Mia Falk",
    "address_1": "mia@example.com",
    "person_2": "Ben Falk",
    "agreed": "on",
    "message": "Have fun, you two.",
}


@pytest.fixture
def ten(shop: Shop) -> PackOffer:
    return worlds.pack_offer(shop.tenant, worlds.session_type(shop.tenant), name="Ten lessons")


def buy(visitor: Browser, offer: PackOffer, **said: str) -> Any:
    address = f"/packs/{offer.slug}/for-others/"
    return visitor.post(address, {**TYPED, "shown": shown(visitor.get(address)), **said})


def only_order(shop: Shop) -> Order:
    with tenant_context(shop.tenant):
        return Order.objects.select_related("payer", "pack_offer").get()


def page_of(shop: Shop, order: Order) -> str:
    """The address in the payer's mail."""
    with tenant_context(shop.tenant):
        return f"/packs-for/{packs_for_links.token_of(order)}/"


def test_the_pack_says_that_it_can_be_for_others(shop: Shop, ten: PackOffer) -> None:
    page = browser(shop.tenant).get(f"/packs/{ten.slug}/").text
    assert f'href="/packs/{ten.slug}/for-others/"' in page
    assert "For several people" in page


def test_from_the_form_to_everybodys_own(shop: Shop, ten: PackOffer) -> None:
    visitor = browser(shop.tenant)
    answer = buy(visitor, ten)
    assert answer.status_code == 302, answer.text
    order = only_order(shop)
    paid = worlds.pay(shop, order)
    page = visitor.get(paid.success_url.partition(shop.host)[2], follow=True)
    assert "1,350" in page.text
    assert "Paid" in page.text
    with tenant_context(shop.tenant):
        assert sorted(Client.objects.values_list("name", flat=True)) == ["Ben Falk", "Frank Falk", "Mia Falk"]
        assert Pack.objects.count() == 3
    mail.outbox.clear()
    worlds.hear_stripe(shop.stripe)
    to = {(each.to[0], each.subject) for each in mail.outbox}
    assert ("frank@example.com", "Bought: 3 × Ten lessons") in to
    assert ("mia@example.com", "Ten lessons from Frank Falk") in to
    assert ("frank@example.com", "For Ben Falk: Ten lessons from Frank Falk") in to
    mias = next(each for each in mail.outbox if each.to == ["mia@example.com"])
    assert "Have fun, you two." in mias.body
    assert "Receipt R-" in browser(shop.tenant).get(page_of(shop, order)).text
    priced = {each.subject for each in mail.outbox if re.search(r"\d\.\d\d\b", each.body)}
    assert priced == {"Bought: 3 × Ten lessons", "Packs sold: 3 × Ten lessons to Frank Falk"}


def test_a_receipt_that_is_not_written_yet_stands_on_the_page_of_the_order(
    shop: Shop, ten: PackOffer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mails_of_packs_for, "charge_of", lambda _order: None)
    families.bought(shop, ten)
    worlds.hear_stripe(shop.stripe)
    bought = next(each for each in mail.outbox if each.subject.startswith("Bought: "))
    assert re.search("^Receipt: http.*/packs-for/", bought.body, re.MULTILINE)


def test_a_company_pays_where_its_name_is_typed(shop: Shop, ten: PackOffer) -> None:
    buy(browser(shop.tenant), ten, company_name="Falk GmbH", company_vat="DE123")
    with tenant_context(shop.tenant):
        assert Client.objects.get(is_company=True).email == "frank@example.com"


def test_a_row_more_keeps_what_is_typed(shop: Shop, ten: PackOffer) -> None:
    page = buy(browser(shop.tenant), ten, more="1")
    assert page.status_code == 200
    assert 'value="mia@example.com"' in page.text
    assert 'name="person_4"' in page.text
    assert 'name="people" value="4"' in page.text


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"address_2": "mia@example.com"}, "This address is used above"),
        ({"address_1": "FRANK@example.com"}, "This address is used above"),
        ({"person_1": ""}, "Write their name"),
        ({"for_me": "", "person_1": "", "address_1": "", "person_2": ""}, "whoever it is for"),
        ({"agreed": ""}, "Read the rules above"),
        ({"told_on": "2001-01-01"}, "within a year"),
        ({"company_vat": "DE123"}, "Write the name that the receipt"),
    ],
)
def test_each_mistake_says_what_to_do(shop: Shop, ten: PackOffer, said: dict[str, str], problem: str) -> None:
    page = buy(browser(shop.tenant), ten, **said)
    assert page.status_code == 422
    assert problem in page.text
    assert 'value="frank@example.com"' in page.text
    with tenant_context(shop.tenant):
        assert not Order.objects.exists()


def test_what_was_not_read_is_not_agreed_to(shop: Shop, ten: PackOffer) -> None:
    page = buy(browser(shop.tenant), ten, shown="0" * 64)
    assert page.status_code == 409
    assert "have changed" in page.text


def test_the_order_is_read_by_its_payer_alone(shop: Shop, ten: PackOffer) -> None:
    mine = browser(shop.tenant)
    buy(mine, ten)
    order = only_order(shop)
    back = str(worlds.attempt_for(shop.tenant, order).parameters["cancel_url"]).partition(shop.host)[2]
    assert "1,350" in mine.get(back).text
    stranger = browser(shop.tenant).get(back)
    assert stranger.status_code == 404
    assert "1,350" not in stranger.text
    whole = browser(shop.tenant).get(page_of(shop, order))
    assert "1,350" in whole.text
    assert "private" in whole.headers["Cache-Control"]


def test_an_order_that_was_left_is_paid_later(shop: Shop, ten: PackOffer) -> None:
    visitor = browser(shop.tenant)
    buy(visitor, ten)
    page = page_of(shop, only_order(shop))
    assert visitor.post(f"{page}pay").status_code == 302
    worlds.pay(shop, only_order(shop))
    visitor.get(f"{page}paid")
    assert only_order(shop).status == OrderStatus.PAID
    assert visitor.post(f"{page}pay").headers["Location"] == page


def test_the_payer_reads_nothing_that_a_beneficiary_does(shop: Shop, ten: PackOffer) -> None:
    order = families.bought(shop, ten)
    page = browser(shop.tenant).get(page_of(shop, order)).text
    with tenant_context(shop.tenant):
        tokens = [pack_links.token_of(pack) for pack in families.packs(shop, order)[1:]]
    assert not [token for token in tokens if token in page]
    assert not re.search(r"\d+ of 10", page)


def test_a_pack_in_instalments_is_sold_to_one_person_at_a_time(shop: Shop, ten: PackOffer) -> None:
    """Its rules speak of a card that is kept: they are not what a payer for others agrees to."""
    with tenant_context(shop.tenant), transaction.atomic():
        PackOffer.objects.filter(pk=ten.pk).update(instalments=3)
    visitor = browser(shop.tenant)
    assert "for-others" not in visitor.get(f"/packs/{ten.slug}/").text
    assert visitor.get(f"/packs/{ten.slug}/for-others/").status_code == 404
    answer = visitor.post(f"/packs/{ten.slug}/for-others/", {**TYPED, "shown": "x"})
    assert answer.status_code in (404, 409)
    with tenant_context(shop.tenant):
        assert not Order.objects.exists()
