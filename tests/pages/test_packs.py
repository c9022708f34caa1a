"""Buying a pack, and the pack's own page, as a browser without scripts meets them."""

import re
from typing import Any

import pytest
from django.db import transaction
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from connect import gateway
from kit import clock
from kit.actors import Actor
from tenants.clients.models import Client
from tenants.clients.records import find_or_add
from tenants.offers.models import SessionType
from tenants.packs import links, offers, selling
from tenants.packs.models import Pack, PackOffer, PackStatus
from tests import worlds
from tests.pages.test_coach_page import browser, counted
from tests.worlds import Shop

CLEO = {"name": "Cleo Adler", "email": "cleo@example.com"}


@pytest.fixture
def lesson(shop: Shop) -> SessionType:
    return worlds.session_type(shop.tenant, name="Lesson", price_minor=5000)


@pytest.fixture
def ten(shop: Shop, lesson: SessionType) -> PackOffer:
    return worlds.pack_offer(shop.tenant, lesson, transfer="anyone")


def shown(page: Any) -> str:
    """The rules that a page showed, by their hash."""
    found = re.search(r'name="shown" value="(\w+)"', page.text)
    assert found
    return found[1]


def buy(visitor: Browser, offer: PackOffer, **said: str) -> Any:
    address = f"/packs/{offer.slug}/"
    agreed = {**CLEO, "agreed": "on", "shown": shown(visitor.get(address))}
    return visitor.post(address, {**agreed, **said})


def only_pack(shop: Shop) -> Pack:
    with tenant_context(shop.tenant):
        return Pack.objects.select_related("offer", "client").get()


def link_of(shop: Shop, pack: Pack) -> str:
    """The address in the mail."""
    with tenant_context(shop.tenant):
        return f"/p/{links.token_of(pack)}/"


def way_back(shop: Shop, pack: Pack, *, paid: bool) -> str:
    """Where Stripe sends the payer, on the coach's host."""
    params = worlds.attempt_for(shop.tenant, pack).parameters
    address = str(params["success_url" if paid else "cancel_url"])
    return address.partition(shop.host)[2].replace("{CHECKOUT_SESSION_ID}", "")


# --- on offer --------------------------------------------------------------------------------------


def test_packs_stand_on_the_coachs_page_with_what_they_save(shop: Shop, ten: PackOffer) -> None:
    page = browser(shop.tenant).get("/").text
    assert "10-session pack" in page
    assert "10 sessions · €45.00 each · valid for 6 months" in page
    assert "this pack saves €50.00 (10%)" in page
    assert f'href="/packs/{ten.slug}/"' in page


def test_without_packs_nothing_is_said_of_them(shop: Shop, lesson: SessionType) -> None:
    assert "Packs" not in browser(shop.tenant).get("/").text


def test_the_coachs_page_with_packs_takes_four_queries(shop: Shop, ten: PackOffer) -> None:
    worlds.session_type(shop.tenant, name="Talk", price_minor=0)
    visitor = browser(shop.tenant)
    visitor.get("/")
    with counted() as statements:
        assert "10-session pack" in visitor.get("/").text
    assert len(statements) <= 4, statements


def test_the_rules_stand_before_any_personal_field(shop: Shop, ten: PackOffer) -> None:
    page = browser(shop.tenant).get(f"/packs/{ten.slug}/").text
    for rule in ("Good for 10 sessions of Lesson.", "Valid for 6 months", "What is not used is refunded"):
        assert page.index(rule) < page.index('name="email"')
    assert "Pay €450.00" in page


def test_the_page_of_a_pack_takes_two_queries(shop: Shop, ten: PackOffer) -> None:
    visitor = browser(shop.tenant)
    visitor.get("/")
    with counted() as statements:
        visitor.get(f"/packs/{ten.slug}/")
    assert len(statements) <= 2, statements


def test_what_is_not_offered_is_a_page_that_helps(shop: Shop, ten: PackOffer) -> None:
    with tenant_context(shop.tenant):
        offers.withdraw(line=ten.line)
    for slug in (ten.slug, "never"):
        page = browser(shop.tenant).get(f"/packs/{slug}/")
        assert page.status_code == 404
        assert "not offered any more" in page.text


# --- buying ----------------------------------------------------------------------------------------


def test_a_pack_is_bought_and_its_page_opens_at_once(shop: Shop, ten: PackOffer) -> None:
    visitor = browser(shop.tenant)
    answer = buy(visitor, ten)
    assert answer.status_code == 302
    pack = only_pack(shop)
    worlds.pay(shop, pack)
    back = visitor.get(way_back(shop, pack, paid=True), follow=True)
    assert "Balance: 10 of 10 sessions." in back.text
    assert "paid €450.00 by card" in back.text
    assert 'name="starts_at"' in back.text
    assert only_pack(shop).status == PackStatus.ACTIVE


def test_what_was_agreed_to_is_kept_word_for_word(shop: Shop, ten: PackOffer) -> None:
    visitor = browser(shop.tenant)
    digest = shown(visitor.get(f"/packs/{ten.slug}/"))
    buy(visitor, ten)
    accepted = only_pack(shop).accepted
    assert accepted["sha256"] == digest
    assert accepted["text"].startswith("10-session pack: 10 sessions for €450.00.\nGood for 10 sessions")
    assert accepted["address"] == "127.0.0.1"
    assert accepted["at"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"agreed": ""}, "Read the rules above"), ({"email": "cleo"}, "Write the whole address")],
)
def test_a_mistake_is_named_and_nothing_is_ordered(
    shop: Shop, ten: PackOffer, wrong: dict[str, str], words: str
) -> None:
    answer = buy(browser(shop.tenant), ten, **wrong)
    assert answer.status_code == 422
    assert words in answer.text
    assert "Cleo Adler" in answer.text
    with tenant_context(shop.tenant):
        assert not Pack.objects.exists()


def test_rules_that_changed_are_read_and_agreed_to_anew(shop: Shop, ten: PackOffer) -> None:
    visitor = browser(shop.tenant)
    old = shown(visitor.get(f"/packs/{ten.slug}/"))
    with tenant_context(shop.tenant):
        offers.edit(line=ten.line, price_minor=48000, now=clock.now())
    answer = visitor.post(f"/packs/{ten.slug}/", {**CLEO, "agreed": "on", "shown": old})
    assert answer.status_code == 409
    assert "have changed" in answer.text
    assert "Pay €480.00" in answer.text
    assert "Cleo Adler" in answer.text
    assert " checked" not in answer.text
    with tenant_context(shop.tenant):
        assert not Pack.objects.exists()


def test_no_amount_that_a_browser_sends_counts(shop: Shop, ten: PackOffer) -> None:
    buy(browser(shop.tenant), ten, price_minor="1", amount="1", units="500")
    pack = only_pack(shop)
    assert (pack.price_minor, pack.units) == (45000, 10)
    assert worlds.attempt_for(shop.tenant, pack).amount_minor == 45000


def test_pressing_twice_orders_once(shop: Shop, ten: PackOffer) -> None:
    visitor = browser(shop.tenant)
    first, second = buy(visitor, ten), buy(visitor, ten)
    assert first.headers["Location"] == second.headers["Location"]
    only_pack(shop)


def test_without_stripe_nothing_is_sold(shop: Shop, ten: PackOffer, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**_: object) -> None:
        raise gateway.GatewayUnavailable("no answer")

    monkeypatch.setattr(gateway, "create_checkout", away)
    answer = buy(browser(shop.tenant), ten)
    assert answer.status_code == 502
    assert "Nothing was charged" in answer.text
    assert "Cleo Adler" in answer.text


def test_an_order_that_was_left_can_be_paid(shop: Shop, ten: PackOffer) -> None:
    visitor = browser(shop.tenant)
    answer = buy(visitor, ten)
    left = way_back(shop, only_pack(shop), paid=False)
    page = visitor.get(left).text
    assert "Not paid yet" in page
    assert "Pay €450.00" in page
    assert visitor.post(f"{left}pay").headers["Location"] == answer.headers["Location"]


# --- whose pack it is ------------------------------------------------------------------------------


def test_typing_somebodys_address_opens_none_of_their_packs(shop: Shop, ten: PackOffer) -> None:
    theirs = worlds.buy_pack(shop, ten)
    stranger = browser(shop.tenant)
    buy(stranger, ten)
    with tenant_context(shop.tenant):
        order = Pack.objects.get(status=PackStatus.PENDING)
    assert order.client_id == theirs.client_id
    page = stranger.get(way_back(shop, order, paid=False)).text
    assert "Balance" not in page
    assert "pack" not in stranger.cookies
    prefilled = stranger.get(f"/packs/{ten.slug}/").text
    assert "Cleo Adler" in prefilled  # as typed here
    with tenant_context(shop.tenant), transaction.atomic():
        Client.objects.filter(pk=theirs.client_id).update(name="Secret Name")
    assert "Secret Name" not in stranger.get(f"/packs/{ten.slug}/").text


def test_an_order_of_another_browser_is_not_gone_on_with(shop: Shop, ten: PackOffer) -> None:
    buy(browser(shop.tenant), ten)
    buy(browser(shop.tenant), ten)
    with tenant_context(shop.tenant):
        assert Pack.objects.count() == 2


def test_the_way_back_shows_another_browser_only_that_it_is_paid(shop: Shop, ten: PackOffer) -> None:
    visitor = browser(shop.tenant)
    buy(visitor, ten)
    pack = only_pack(shop)
    worlds.pay(shop, pack)
    worlds.hear_stripe(shop.stripe)
    address = way_back(shop, pack, paid=False)
    other = browser(shop.tenant)
    page = other.get(address)
    assert "This pack is there" in page.text
    assert "Balance" not in page.text
    assert "pack" not in other.cookies
    assert other.get(f"{address}statement").status_code == 404
    assert visitor.get(f"{address}statement").status_code == 200
    assert visitor.get(f"{address}pass-on").status_code == 404
    assert visitor.get(f"{address}several").status_code == 404


@pytest.mark.parametrize("token", ["never", "x:y", "A" * 43, "0" * 32 + ":abc"])
def test_a_forged_link_opens_nothing(shop: Shop, ten: PackOffer, token: str) -> None:
    page = browser(shop.tenant).get(f"/p/{token}/")
    assert page.status_code == 404
    assert "This link does not work" in page.text


def test_the_links_of_one_coach_open_nothing_at_another(shop: Shop, ten: PackOffer, ben: Any) -> None:
    visitor = browser(shop.tenant)
    buy(visitor, ten)
    pack = only_pack(shop)
    for address in (link_of(shop, pack), way_back(shop, pack, paid=False)):
        assert browser(ben).get(address).status_code == 404


def test_the_cookie_of_one_coach_says_nothing_at_another(shop: Shop, ten: PackOffer, ben: Any) -> None:
    visitor = browser(shop.tenant)
    visitor.get(link_of(shop, worlds.buy_pack(shop, ten)))
    cookie = visitor.cookies["pack"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == 43_200
    assert not cookie["domain"]
    bens = worlds.session_type(ben, name="Run", price_minor=0)
    other = browser(ben)
    other.cookies["pack"] = cookie.value
    page = other.get(f"/book/{bens.slug}/")
    assert page.status_code == 200
    assert "Cleo" not in page.text


# --- the pack's own page ---------------------------------------------------------------------------


def test_the_pages_of_a_pack_have_a_budget(shop: Shop, ten: PackOffer) -> None:
    address = link_of(shop, worlds.buy_pack(shop, ten))
    visitor = browser(shop.tenant)
    visitor.get(address)
    with counted() as statements:
        visitor.get(address)
    assert len(statements) <= 9, statements


def test_several_kinds_are_chosen_from(shop: Shop, lesson: SessionType) -> None:
    double = worlds.session_type(shop.tenant, name="Double", price_minor=9000)
    offer = worlds.pack_offer(shop.tenant, lesson, covers={str(lesson.pk): 1, str(double.pk): 2})
    address = link_of(shop, worlds.buy_pack(shop, offer))
    page = browser(shop.tenant).get(f"{address}for/{double.slug}/").text
    assert f'action="/book/{double.slug}/hold"' in page
    assert "takes 2" in page
    assert f'action="/book/{lesson.slug}/hold"' in browser(shop.tenant).get(address).text


def test_a_pack_sold_unpaid_says_so_and_can_be_paid(shop: Shop, ten: PackOffer) -> None:
    with tenant_context(shop.tenant):
        with transaction.atomic():
            client = find_or_add(
                name="Cleo", email="cleo@example.com", phone="", timezone="", now=clock.now()
            )
        pack = selling.sell(
            offer_id=ten.pk, client_id=client.pk, now=clock.now(), actor=Actor("coach", "1", "Anna")
        )
    visitor = browser(shop.tenant)
    address = link_of(shop, pack)
    page = visitor.get(address).text
    assert "not paid yet" in page
    assert "has to be paid before" in page
    assert visitor.post(f"{address}pay").status_code == 302
    worlds.pay(shop, pack)
    paid = visitor.get(way_back(shop, pack, paid=True), follow=True).text
    # This browser had opened the client's own link.
    assert "Balance: 10 of 10 sessions." in paid
    stranger = browser(shop.tenant)
    assert "This pack is there" in stranger.get(way_back(shop, pack, paid=True), follow=True).text


def test_buying_again_is_prefilled(shop: Shop, ten: PackOffer) -> None:
    visitor = browser(shop.tenant)
    page = visitor.get(link_of(shop, worlds.buy_pack(shop, ten))).text
    assert f'href="/packs/{ten.slug}/"' in page
    again = visitor.get(f"/packs/{ten.slug}/").text
    assert 'value="Cleo"' in again
    assert 'value="cleo@example.com"' in again


def test_the_link_to_buy_again_types_for_its_reader(shop: Shop, ten: PackOffer) -> None:
    visitor = browser(shop.tenant)
    again = visitor.get(f"{link_of(shop, worlds.buy_pack(shop, ten))}renew", follow=True).text
    assert "Pay €450.00" in again
    assert 'value="cleo@example.com"' in again


def given_by_mia(shop: Shop, pack: Pack) -> None:
    with tenant_context(shop.tenant), transaction.atomic():
        mia = find_or_add(name="Mia", email="mia@example.com", phone="", timezone="", now=clock.now())
        Pack.objects.update(buyer=mia)


def test_the_link_of_a_gift_is_whose_it_is_and_names_no_price(shop: Shop, ten: PackOffer) -> None:
    pack = worlds.buy_pack(shop, ten)
    given_by_mia(shop, pack)
    visitor = browser(shop.tenant)
    page = visitor.get(link_of(shop, pack)).text
    assert "Balance: 10 of 10" in page
    assert "450.00" not in page
    assert f"/packs/{ten.slug}/" not in page
    assert visitor.get(f"{link_of(shop, pack)}pass-on").status_code == 200
    assert visitor.get(f"{link_of(shop, pack)}receipt").status_code == 404


@pytest.mark.parametrize("because", ["dispute", "unpaid"])
def test_how_its_payment_stands_is_nothing_to_who_was_given_it(
    shop: Shop, ten: PackOffer, because: str
) -> None:
    pack = worlds.buy_pack(shop, ten)
    given_by_mia(shop, pack)
    changes = {"frozen_at": clock.now()} if because == "dispute" else {"paid_at": None}
    with tenant_context(shop.tenant), transaction.atomic():
        Pack.objects.update(**changes)
    visitor = browser(shop.tenant)
    page = visitor.get(link_of(shop, pack)).text
    assert "for now" in page
    assert not re.search(r"bank|paid|payment|Pay |450", page.partition("<main")[2].partition("</main")[0])
    assert visitor.post(f"{link_of(shop, pack)}pay").status_code == 404


def test_looking_changes_nothing(shop: Shop, ten: PackOffer) -> None:
    pack = worlds.buy_pack(shop, ten)
    address = link_of(shop, pack)
    with tenant_context(shop.tenant):
        before = Pack.objects.values().get()
    for path in ("", "statement", "statement.pdf", "pass-on", "several"):
        assert browser(shop.tenant).get(f"{address}{path}").status_code == 200, path
    with tenant_context(shop.tenant):
        assert Pack.objects.values().get() == before


def test_free_times_are_answered_in_part(shop: Shop, ten: PackOffer) -> None:
    address = link_of(shop, worlds.buy_pack(shop, ten))
    part = browser(shop.tenant).get(address, headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert 'id="picker"' in part
