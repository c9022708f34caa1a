"""The pages of signing in and out, as a browser walks them."""

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from kit import clock
from kit.ids import uuid7
from tenants.clients.models import Client, SignIn
from tenants.registry.models import Tenant
from tests import worlds
from tests.pages.clients import browser, words
from tests.portal import people
from tests.worlds import Shop

OWN = "sessions/ packs/ payments/ papers/ profile/ calendar/ data/ data/erase/"
OWN_PAGES = ("", *OWN.split())


@pytest.fixture
def visitor(shop: Shop, cleo: Client) -> Browser:
    return browser(shop.tenant)


def mailed(what: str) -> str:
    worlds.sweep()
    found = re.search(what, str(mail.outbox[-1].body))
    assert found, mail.outbox[-1].body
    return found[1]


def said(answer: Any) -> str:
    return words(re.sub("<[^>]+>", " ", answer.text))


@pytest.mark.parametrize("path", OWN_PAGES)
def test_who_is_not_signed_in_signs_in_and_comes_back(visitor: Browser, path: str) -> None:
    answer = visitor.get(f"/my/{path}")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/my/sign-in/?next=%2Fmy%2F")
    visitor.post(answer.headers["Location"], {"email": "cleo@example.com", "next": f"/my/{path}"})
    code = mailed(r"(\d{3} \d{3})")
    answer = visitor.post("/my/sign-in/code/", {"code": code})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/my/{path}")
    assert visitor.get("/my/").status_code == 200


def test_the_button_behind_the_mailed_link_opens_it_and_looking_does_not(visitor: Browser) -> None:
    visitor.post("/my/sign-in/", {"email": "cleo@example.com"})
    link = mailed(r"localhost:8000(/my/enter/[^\s]+)")
    elsewhere = Browser(HTTP_HOST=visitor.defaults["HTTP_HOST"])
    for _ in range(2):
        assert elsewhere.get(link).status_code == 200
    assert elsewhere.get("/my/").status_code == 302
    assert elsewhere.post(link).headers["Location"] == "/my/"
    assert elsewhere.get("/my/").status_code == 200
    for method in (elsewhere.get, elsewhere.post):
        answer = method(link)
        assert answer.status_code == 404
        assert "This link is over" in said(answer)


def test_the_answer_is_the_same_for_an_address_that_nobody_has(visitor: Browser) -> None:
    pages = []
    for email in ("cleo@example.com", "nemo@example.com"):
        answer = visitor.post("/my/sign-in/", {"email": email}, follow=True)
        wrong = visitor.post("/my/sign-in/code/", {"code": "1"})
        assert wrong.status_code == 422
        pages.append([said(each).replace(email, "") for each in (answer, wrong)])
    assert pages[0] == pages[1]
    worlds.sweep()
    assert [message.to for message in mail.outbox] == [["cleo@example.com"]]


def test_a_wrong_code_says_how_many_tries_are_left_and_the_fifth_asks_for_another(visitor: Browser) -> None:
    visitor.post("/my/sign-in/", {"email": "cleo@example.com"})
    for left in ("4 more tries", "3 more tries", "2 more tries", "one more try"):
        assert left in said(visitor.post("/my/sign-in/code/", {"code": "0"}))
    answer = visitor.post("/my/sign-in/code/", {"code": "0"}, follow=True)
    assert "That code does not work any more" in said(answer)
    assert visitor.get("/my/sign-in/code/").status_code == 302


def test_a_code_of_another_browser_is_not_the_code_here(shop: Shop, visitor: Browser) -> None:
    visitor.post("/my/sign-in/", {"email": "cleo@example.com"})
    code = mailed(r"(\d{3} \d{3})")
    thief = browser(shop.tenant)
    thief.post("/my/sign-in/", {"email": "cleo@example.com"})
    assert thief.post("/my/sign-in/code/", {"code": code}).status_code == 422
    assert visitor.post("/my/sign-in/code/", {"code": code}).status_code == 302


@pytest.mark.parametrize("typed", ["", "nobody", "a@b"])
def test_an_address_that_is_none_is_answered_with_how_to_write_it(visitor: Browser, typed: str) -> None:
    answer = visitor.post("/my/sign-in/", {"email": typed})
    assert answer.status_code == 422
    assert "Write" in said(answer)


@pytest.mark.parametrize("then", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_one_comes_back_to_this_host_only(visitor: Browser, then: str) -> None:
    visitor.post("/my/sign-in/", {"email": "cleo@example.com", "next": then})
    answer = visitor.post("/my/sign-in/code/", {"code": mailed(r"(\d{3} \d{3})")})
    assert answer.headers["Location"] == "/my/"


def test_a_code_that_is_too_old_is_asked_for_anew(visitor: Browser) -> None:
    visitor.post("/my/sign-in/", {"email": "cleo@example.com"})
    with clock.travel(901):
        assert visitor.get("/my/sign-in/code/").headers["Location"] == "/my/sign-in/"


def test_one_connection_asks_ten_times_in_ten_minutes(visitor: Browser) -> None:
    from_afar = f"203.0.{uuid7().int % 250}.{uuid7().int % 240}"
    statuses = [
        visitor.post("/my/sign-in/", {"email": "nemo@example.com"}, REMOTE_ADDR=from_afar).status_code
        for _ in range(11)
    ]
    assert statuses == [302] * 10 + [429]


def test_signing_out_here_leaves_the_other_browser_and_everywhere_does_not(shop: Shop, cleo: Client) -> None:
    here, there = (people.browser_of(shop.tenant, cleo) for _ in range(2))
    here.post("/my/sign-out/")
    assert here.get("/my/").status_code == 302
    assert there.get("/my/").status_code == 200
    third = people.browser_of(shop.tenant, cleo)
    there.post("/my/sign-out/", {"everywhere": "yes"})
    assert third.get("/my/").status_code == 302
    with tenant_context(shop.tenant):
        assert not SignIn.objects.exists()


def test_a_cookie_of_one_coach_is_refused_on_anothers_host(shop: Shop, cleo: Client, ben: Tenant) -> None:
    """Also where the same person is a client of both."""
    people.client(ben)
    secret = people.opened(shop.tenant, cleo)
    bens = browser(ben)
    for path in OWN_PAGES:
        bens.cookies["own-pages"] = secret
        answer = bens.get(f"/my/{path}")
        assert answer.status_code == 302, path
        assert answer.headers["Location"].startswith("/my/sign-in/")
        assert answer.cookies["own-pages"]["max-age"] == 0
    assert bens.post("/my/sign-out/", {"everywhere": "yes"}).headers["Location"].startswith("/my/sign-in/")
    assert people.who(shop.tenant, secret) is not None


@pytest.mark.parametrize("path", OWN_PAGES)
def test_every_page_is_there_for_who_is_new_and_no_cache_keeps_it(own: Browser, path: str) -> None:
    answer = own.get(f"/my/{path}")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Robots-Tag"] == "noindex"
    assert answer.text.count("<h1") == 1
