"""Several sessions in one go, and passing units on: looked at first, done once."""

import html
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from kit import clock
from tenants.offers import session_types
from tenants.offers.models import SessionType
from tenants.packs import ledger
from tenants.packs.models import Pack
from tenants.packs.statements import statement_of
from tenants.scheduling import hours
from tenants.scheduling.models import Booking
from tests import worlds
from tests.pages.test_coach_page import browser
from tests.pages.test_packs import link_of
from tests.worlds import Shop
from ui import pdf


@pytest.fixture
def lesson(shop: Shop) -> SessionType:
    return worlds.session_type(shop.tenant, name="Lesson", price_minor=5000)


@pytest.fixture
def pack(shop: Shop, lesson: SessionType) -> Pack:
    return worlds.buy_pack(shop, worlds.pack_offer(shop.tenant, lesson, units=3, transfer="anyone"))


@pytest.fixture
def cleo(shop: Shop, pack: Pack) -> Browser:
    return browser(shop.tenant)


def first_day() -> date:
    return (clock.now() + timedelta(days=3)).date()


def wanted(count: int = 3, **more: str) -> dict[str, str]:
    return {**weekly(str(count)), **more}


def weekly(count: str) -> dict[str, str]:
    return {"kind": "lesson", "first": str(first_day()), "at": "10:00", "every": "1", "count": count}


def key_of(page: Any) -> str:
    found = re.search(r'name="key" value="(\w+)"', page.text)
    assert found, page.text
    return found[1]


def booked(shop: Shop) -> int:
    with tenant_context(shop.tenant):
        return Booking.objects.filter(status="confirmed").count()


def left(shop: Shop, pack: Pack) -> int:
    with tenant_context(shop.tenant):
        return ledger.balance_of(pack.pk)


# --- several ---------------------------------------------------------------------------------------


def test_each_date_says_what_pays_for_it(shop: Shop, pack: Pack, cleo: Browser) -> None:
    page = cleo.get(f"{link_of(shop, pack)}several", wanted(4)).text
    for words in ("Uses 1, leaves 2", "Uses 1, leaves 1", "Uses 1, leaves 0", "No session left to pay"):
        assert words in page
    assert "Book 3 sessions" in page
    assert booked(shop) == 0


def test_what_is_closed_is_left_out_and_said(shop: Shop, pack: Pack, cleo: Browser) -> None:
    with tenant_context(shop.tenant):
        hours.set_date(day=first_day() + timedelta(weeks=1), ranges=[])
    page = cleo.get(f"{link_of(shop, pack)}several", wanted(3)).text
    assert "Closed or not open at this time" in page
    assert "Book 2 sessions" in page


def test_every_second_week(shop: Shop, pack: Pack, cleo: Browser) -> None:
    address = f"{link_of(shop, pack)}several"
    said = wanted(2, every="2")
    cleo.post(address, {**said, "key": key_of(cleo.get(address, said))})
    with tenant_context(shop.tenant):
        one, other = Booking.objects.order_by("session__starts_at").values_list(
            "session__starts_at", flat=True
        )
    assert other.date() - one.date() == timedelta(weeks=2)


def test_the_plan_that_was_shown_is_booked(shop: Shop, pack: Pack, cleo: Browser) -> None:
    address = f"{link_of(shop, pack)}several"
    answer = cleo.post(address, {**wanted(3), "key": key_of(cleo.get(address, wanted(3)))}, follow=True)
    assert "3 sessions booked" in answer.text
    assert "Balance after these bookings: 0 of 3 sessions." in answer.text
    assert booked(shop) == 3
    assert left(shop, pack) == 0


def test_a_plan_that_changed_books_nothing_and_is_shown_anew(shop: Shop, pack: Pack, cleo: Browser) -> None:
    address = f"{link_of(shop, pack)}several"
    key = key_of(cleo.get(address, wanted(3)))
    with tenant_context(shop.tenant):
        hours.set_date(day=first_day(), ranges=[])
    answer = cleo.post(address, {**wanted(3), "key": key})
    assert answer.status_code == 409
    assert "Something has changed meanwhile" in answer.text
    assert "Book 2 sessions" in answer.text
    assert booked(shop) == 0


def test_pressing_twice_books_once(shop: Shop, pack: Pack, cleo: Browser) -> None:
    address = f"{link_of(shop, pack)}several"
    key = key_of(cleo.get(address, wanted(2)))
    assert cleo.post(address, {**wanted(2), "key": key}).status_code == 302
    assert cleo.post(address, {**wanted(2), "key": key}).status_code == 409
    assert booked(shop) == 2


@pytest.mark.parametrize(
    "wrong", [{"count": "1"}, {"count": "53"}, {"first": "1066-10-14"}, {"at": "25:00"}, {"kind": "golf"}]
)
def test_an_impossible_series_is_refused_in_words(
    shop: Shop, pack: Pack, cleo: Browser, wrong: dict[str, str]
) -> None:
    answer = cleo.get(f"{link_of(shop, pack)}several", {**weekly("3"), **wrong})
    assert answer.status_code == 422
    assert 'class="error"' in answer.text


def test_a_series_of_somebody_else_is_not_shown(shop: Shop, pack: Pack, cleo: Browser) -> None:
    address = f"{link_of(shop, pack)}several"
    done = cleo.post(address, {**wanted(2), "key": key_of(cleo.get(address, wanted(2)))}).headers["Location"]
    dana = worlds.buy_pack(shop, pack.offer, email="dana@example.com")
    series = done.rpartition("/")[2]
    assert cleo.get(f"{link_of(shop, dana)}several/{series}").status_code == 404


# --- passing on ------------------------------------------------------------------------------------

MIA = {"name": "Mia Gold", "email": "mia@example.com", "units": "2"}


def test_it_is_looked_at_before_it_is_done(shop: Shop, pack: Pack, cleo: Browser) -> None:
    address = f"{link_of(shop, pack)}pass-on"
    review = cleo.post(address, MIA)
    assert review.status_code == 200
    assert "Pass on 2 sessions?" in review.text
    assert "mia@example.com" in review.text
    assert left(shop, pack) == 3
    done = cleo.post(address, {**MIA, "seen": "3"}, follow=True)
    assert "Passed on to Mia Gold" in done.text
    assert "passed on to Mia Gold" in done.text
    assert left(shop, pack) == 1
    with tenant_context(shop.tenant):
        assert Pack.objects.get(client__email="mia@example.com").units == 2


def test_passing_on_twice_gives_once(shop: Shop, pack: Pack, cleo: Browser) -> None:
    address = f"{link_of(shop, pack)}pass-on"
    one = {**MIA, "units": "1", "seen": "3"}
    assert cleo.post(address, one).status_code == 302
    again = cleo.post(address, one)
    assert again.status_code == 409
    assert "Something has changed meanwhile" in again.text
    assert left(shop, pack) == 2


@pytest.mark.parametrize(
    "wrong", [{"units": "4"}, {"units": "0"}, {"units": "-1"}, {"email": "mia"}, {"name": ""}]
)
def test_a_mistake_is_named_and_nothing_is_passed_on(
    shop: Shop, pack: Pack, cleo: Browser, wrong: dict[str, str]
) -> None:
    answer = cleo.post(f"{link_of(shop, pack)}pass-on", {**MIA, **wrong, "seen": "3"})
    assert answer.status_code == 422
    assert left(shop, pack) == 3


def test_to_oneself_is_refused_in_words(shop: Shop, pack: Pack, cleo: Browser) -> None:
    answer = cleo.post(f"{link_of(shop, pack)}pass-on", {**MIA, "email": "cleo@example.com", "seen": "3"})
    assert answer.status_code == 409
    assert "theirs already" in answer.text


def test_what_cannot_be_passed_on_is_not_offered_to_be(shop: Shop, lesson: SessionType) -> None:
    own = worlds.buy_pack(shop, worlds.pack_offer(shop.tenant, lesson, name="Own"))
    visitor = browser(shop.tenant)
    assert "Pass some on" not in visitor.get(link_of(shop, own)).text
    answer = visitor.post(f"{link_of(shop, own)}pass-on", {**MIA, "seen": "10"})
    assert answer.status_code == 409
    assert "cannot be passed on" in answer.text


# --- the statement ---------------------------------------------------------------------------------


def test_every_change_is_a_row_and_the_document_says_the_same(shop: Shop, pack: Pack, cleo: Browser) -> None:
    address = link_of(shop, pack)
    cleo.post(f"{address}several", {**wanted(2), "key": key_of(cleo.get(f"{address}several", wanted(2)))})
    page = cleo.get(f"{address}statement").text
    assert page.count("1 session used for") == 2
    assert re.search(r'data-label="Change">− 1</td><td class="number" data-label="Left">1</td>', page)
    document = cleo.get(f"{address}statement.pdf")
    assert document.headers["Content-Type"] == "application/pdf"
    assert document.content.startswith(b"%PDF-")
    assert document.headers["Cache-Control"] == "private, no-cache"


def test_the_document_says_what_the_page_says(
    shop: Shop, pack: Pack, cleo: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    paragraph = pdf.Paragraph

    def kept(text: str, style: Any) -> Any:
        written.append(html.unescape(text))
        return paragraph(text, style)

    monkeypatch.setattr(pdf, "Paragraph", kept)
    address = link_of(shop, pack)
    cleo.post(f"{address}several", {**wanted(2), "key": key_of(cleo.get(f"{address}several", wanted(2)))})
    page = html.unescape(cleo.get(f"{address}statement").text)
    cleo.get(f"{address}statement.pdf")
    with tenant_context(shop.tenant):
        told = statement_of(
            pack=Pack.objects.select_related("offer", "client", "buyer").get(),
            tz=worlds.practice(shop.tenant).timezone,
            now=clock.now(),
            reader_id=pack.client_id,
        )
    sentences = [told.balance.headline, told.balance.bought, told.balance.sum_line, told.balance.until]
    for words in [*sentences, *(row.sentence for row in told.rows)]:
        assert words in page
        assert words in written


def test_what_people_write_is_no_markup_in_the_document(shop: Shop, pack: Pack, cleo: Browser) -> None:
    with tenant_context(shop.tenant), transaction.atomic():
        type(pack.offer).objects.update(name="<b>Łukasz & Жанна</i>")
    assert cleo.get(f"{link_of(shop, pack)}statement.pdf").content.startswith(b"%PDF-")


def test_several_needs_something_to_book(shop: Shop, lesson: SessionType, pack: Pack, cleo: Browser) -> None:
    with tenant_context(shop.tenant), transaction.atomic():
        SessionType.objects.update(is_active=False)
        assert not session_types.on_offer()
    assert cleo.get(f"{link_of(shop, pack)}several").status_code == 302
    assert "can be booked at the moment" in cleo.get(link_of(shop, pack)).text
