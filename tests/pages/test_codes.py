"""A coupon's code on the details page: looked at first, then booked with."""

import pytest
from django_tenants.utils import tenant_context

from kit import clock
from tenants.offers import coupons
from tenants.offers.models import SessionType
from tenants.scheduling import links
from tenants.scheduling.models import Booking, BookingStatus
from tests import worlds
from tests.pages.clients import browser
from tests.worlds import Shop

TYPED = {"name": "Cleo", "email": "cleo@example.com", "message": "I am new"}


@pytest.fixture
def lesson(shop: Shop) -> SessionType:
    return worlds.session_type(shop.tenant)


@pytest.fixture
def held(shop: Shop, lesson: SessionType) -> Booking:
    return worlds.held(shop.tenant, lesson, at=worlds.hour(48))


def give_out(shop: Shop, **terms: object) -> None:
    with tenant_context(shop.tenant):
        coupons.create(code="SPRING", now=clock.now(), **{"off_bp": 5000, **terms})


def path_of(shop: Shop, held: Booking, end: str = "") -> str:
    with tenant_context(shop.tenant):
        return links.path_of(links.token_of(held)) + end


def send(shop: Shop, held: Booking, **typed: str) -> tuple[int, str, str]:
    answer = browser(shop.tenant).post(path_of(shop, held, "details"), {**TYPED, **typed})
    return answer.status_code, answer.content.decode(), answer.headers.get("Location", "")


def test_no_code_is_asked_for_where_none_was_given_out(shop: Shop, held: Booking) -> None:
    page = browser(shop.tenant).get(path_of(shop, held)).content.decode()
    assert "I have a code" not in page
    give_out(shop, valid_until=clock.now())
    assert "I have a code" not in browser(shop.tenant).get(path_of(shop, held)).content.decode()


def test_a_code_is_looked_at_before_anything_is_booked(shop: Shop, held: Booking) -> None:
    give_out(shop)
    assert "I have a code" in browser(shop.tenant).get(path_of(shop, held)).content.decode()
    status, page, _ = send(shop, held, coupon="spring", apply="1")
    assert status == 200
    for words in ("Code SPRING", "Pay €22.50 and book", 'value="spring"', 'value="Cleo"', "I am new"):
        assert words in page
    assert worlds.reread(shop.tenant, held).client_id is None


def test_a_code_of_no_use_is_told_and_nothing_typed_is_lost(shop: Shop, held: Booking) -> None:
    give_out(shop)
    for press in ({"apply": "1"}, {}):
        status, page, _ = send(shop, held, coupon="AUTUMN", **press)
        assert status == (200 if press else 422)
        for words in ("This code is not known", 'value="AUTUMN"', "autofocus", 'value="Cleo"', "€45.00"):
            assert words in page
    assert worlds.reread(shop.tenant, held).client_id is None


def test_the_card_page_asks_for_what_was_shown(shop: Shop, held: Booking) -> None:
    give_out(shop)
    status, _, location = send(shop, held, coupon="SPRING")
    assert status == 302
    assert "/c/pay/" in location
    assert worlds.attempt_for(shop.tenant, held).amount_minor == 2250
    page = browser(shop.tenant).get(path_of(shop, held)).content.decode()
    assert "Code SPRING" in page
    assert "Pay €22.50 and book" in page


def test_a_code_that_takes_everything_off_books_at_once(shop: Shop, held: Booking) -> None:
    give_out(shop, off_bp=10_000)
    _, page, _ = send(shop, held, coupon="SPRING", apply="1")
    assert "Book for free" in page
    _, _, location = send(shop, held, coupon="SPRING")
    assert "/c/pay/" not in location
    assert worlds.reread(shop.tenant, held).status == BookingStatus.CONFIRMED
