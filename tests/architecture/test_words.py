"""A coach's own words: where clients look, no page of the coach's host says "session" any more."""

import html
import re
from typing import Any

import pytest
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from kit import clock
from tenants.offers.practice import change_practice
from tests.architecture import routes
from tests.architecture.routes import COACH, Rows
from tests.portal import people

OWN = {"session": "outing", "sessions": "outings", "client": "rambler", "clients": "ramblers"}
USUAL = re.compile(r"\b(sessions?|clients?)\b", re.IGNORECASE)
# What people read: text, and what is read out or shown of an element without text.
SPOKEN = re.compile(r'\b(?:alt|title|aria-label|placeholder|content|value)="([^"]*)"')
# The name of a file, which is no sentence; and names that the world of the test gave itself.
ALLOWED = ("sessions.ics", "session.ics", "Aubergine client")
# The names of what programs ask for are the same at every coach.
FOR_PROGRAMS = "api/"


def said(page: str) -> list[str]:
    """What a page says, in pieces."""
    page = re.sub(r"<(script|style).*?</\1>|<!--.*?-->", " ", page, flags=re.DOTALL)
    pieces = [*re.split(r"<[^>]*>", page), *SPOKEN.findall(page)]
    for known in ALLOWED:
        pieces = [each.replace(known, "") for each in pieces]
    return [html.unescape(" ".join(each.split())) for each in pieces if each.strip()]


def left(page: str) -> list[str]:
    return [each for each in said(page) if USUAL.search(each)]


@pytest.fixture
def own_words(annas: Rows) -> Rows:
    with tenant_context(annas.tenant):
        change_practice(now=clock.now(), words=OWN)
    return annas


def pages_of(browser: Any, rows: Rows) -> dict[str, list[str]]:
    """What each page of the host still says in the usual words."""
    found: dict[str, list[str]] = {}
    for route in routes.routes(COACH):
        if route.pattern.startswith(FOR_PROGRAMS):
            continue
        answer = browser.get(route.path(rows.values))
        if answer.get("Content-Type", "").startswith("text/html") and left(answer.text):
            found[route.name] = left(answer.text)
    return found


def test_no_page_of_the_host_says_the_usual_words(own_words: Rows) -> None:
    assert pages_of(routes.anonymous(own_words.host), own_words) == {}


def test_no_page_of_somebody_who_is_signed_in_says_them(own_words: Rows) -> None:
    client = own_words.booking.client
    assert client is not None
    assert pages_of(people.browser_of(own_words.tenant, client), own_words) == {}


def test_the_own_words_are_there_instead(own_words: Rows) -> None:
    client = own_words.booking.client
    assert client is not None
    browser = people.browser_of(own_words.tenant, client)
    for path, words in (
        ("/", "Book an outing"),
        ("/my/", "Your next outing"),
        ("/my/sessions/", "Your outings"),
        (f"/b/{own_words.token}/cancel", "Cancel this outing"),
        (f"/p/{own_words.pack_token}/", "10 of 10 outings"),
    ):
        assert words in " ".join(said(browser.get(path).text)), path


def test_the_walk_finds_what_is_left(own_words: Rows) -> None:
    """With the usual words again, it would not pass by."""
    with tenant_context(own_words.tenant):
        change_practice(now=clock.now(), words={})
    assert {"coach_page", "booking_cancel", "pack"} <= set(
        pages_of(routes.anonymous(own_words.host), own_words)
    )


def test_a_booking_says_them_on_no_step(own_words: Rows) -> None:
    kind = own_words.booking.session.session_type
    visitor = Browser(HTTP_HOST=own_words.host)
    times = visitor.get(f"/book/{kind.slug}/")
    starts_at = re.search(r'name="starts_at" value="([^"]+)"', times.text)
    assert starts_at
    held = visitor.post(f"/book/{kind.slug}/hold", {"starts_at": html.unescape(starts_at[1])})
    wrong = visitor.post(f"{held.url}details", {"name": "", "email": "no"})  # type: ignore[attr-defined]
    for page in (times, visitor.get(held.url), wrong):  # type: ignore[attr-defined]
        assert left(page.text) == []
