"""The link to one's packs, sent again: to the address that has them, whoever asks."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.test import Client as Browser

from tenants.offers.models import SessionType
from tenants.packs.models import Pack
from tests import worlds
from tests.pages.test_coach_page import browser
from tests.worlds import Shop


@pytest.fixture
def lesson(shop: Shop) -> SessionType:
    return worlds.session_type(shop.tenant, name="Lesson", price_minor=5000)


@pytest.fixture
def cleo() -> str:
    """An address of this test's own: how often one is written to is counted for longer than a test."""
    return f"cleo-{uuid4().hex}@example.com"


@pytest.fixture
def pack(shop: Shop, lesson: SessionType, cleo: str) -> Pack:
    bought = worlds.buy_pack(shop, worlds.pack_offer(shop.tenant, lesson), email=cleo)
    worlds.sweep()
    mail.outbox.clear()
    return bought


def ask(visitor: Browser, email: str, **more: str) -> Any:
    return visitor.post("/pack-link", {"email": email, **more})


def words_of(visitor: Browser) -> str:
    page = visitor.get("/pack-link").text
    found = re.search(r"If (\S+) has a pack here, its link is on its way", page)
    assert found
    return found[1]


def test_the_links_go_to_the_address_that_has_the_packs(shop: Shop, pack: Pack, cleo: str) -> None:
    visitor = browser(shop.tenant)
    assert ask(visitor, cleo.title()).status_code == 302
    worlds.sweep()
    [message] = mail.outbox
    assert message.to == [cleo]
    assert "10-session pack (balance: 10 of 10 sessions)" in str(message.body)
    link = re.search(r"http://\S+(/p/\S+/)", str(message.body))
    assert link
    page = browser(shop.tenant).get(link[1])
    assert "Balance: 10 of 10 sessions." in page.text


def test_nobody_learns_who_has_a_pack(shop: Shop, pack: Pack, cleo: str) -> None:
    known, unknown = browser(shop.tenant), browser(shop.tenant)
    answers = [ask(known, cleo), ask(unknown, "dana@example.com")]
    assert {each.status_code for each in answers} == {302}
    assert {each.headers["Location"] for each in answers} == {"/"}
    assert words_of(known) == cleo
    assert words_of(unknown) == "dana@example.com"
    worlds.sweep()
    assert [message.to for message in mail.outbox] == [[cleo]]


def test_nobodys_mailbox_is_filled(shop: Shop, pack: Pack, cleo: str) -> None:
    for _ in range(6):
        assert ask(browser(shop.tenant), cleo).status_code == 302
    worlds.sweep()
    assert len(mail.outbox) == 3


def test_a_mistake_is_named(shop: Shop, pack: Pack) -> None:
    answer = ask(browser(shop.tenant), "cleo")
    assert answer.status_code == 422
    assert "Write the whole address" in answer.text


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example"])
def test_it_never_leads_to_another_host(shop: Shop, pack: Pack, cleo: str, address: str) -> None:
    assert ask(browser(shop.tenant), cleo, next=address).headers["Location"] == "/"


def test_who_asks_from_a_held_time_comes_back_to_it(
    shop: Shop, lesson: SessionType, pack: Pack, cleo: str
) -> None:
    visitor = browser(shop.tenant)
    at = worlds.hour(1).isoformat()
    page = visitor.post(f"/book/{lesson.slug}/hold", {"starts_at": at}).headers["Location"]
    assert "Have a pack already?" in visitor.get(page).text
    assert ask(visitor, cleo, next=page).headers["Location"] == page
    assert "is on its way" in visitor.get(page).text
