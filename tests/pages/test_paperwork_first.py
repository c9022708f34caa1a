"""Papers before the card: every way to book and to pay is tried directly, and refused until they are done."""

import re
from typing import Any

import pytest
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from kit import clock
from tenants.billing.models import Charge, PaymentAttempt
from tenants.clients.models import Client
from tenants.offers import coupons
from tenants.offers.models import SessionType
from tenants.paperwork.models import ClientPaper, Paper
from tenants.registry.models import Tenant
from tenants.scheduling import paperwork
from tenants.scheduling.models import Booking
from tests import worlds
from tests.pages.clients import CLEO, browser, held, of, paid, words
from tests.paperwork import worlds as papers
from tests.paperwork.worlds import AGREEMENT, GOAL
from tests.worlds import Shop

BEN = {"name": "Ben Carter", "email": "ben@example.com"}


@pytest.fixture
def asked(shop: Shop) -> list[Paper]:
    return [papers.agreement(shop.tenant), papers.form(shop.tenant)]


@pytest.fixture
def lesson(shop: Shop, asked: list[Paper]) -> SessionType:
    return requiring(shop.tenant, asked)


def requiring(tenant: Tenant, asked: list[Paper], **fields: Any) -> SessionType:
    return worlds.session_type(tenant, requires=[str(paper.line) for paper in asked], **fields)


def links(page: str) -> list[str]:
    """Where the page leads for what is to be done, in order, each once."""
    return list(dict.fromkeys(re.findall(r'href="(/(?:sign|form|read)/[^"]+)"', page)))


def do(visitor: Browser, address: str) -> str:
    """Sign, fill in or read what is behind a link of the page; where it leads afterwards."""
    shown = visitor.get(address).text
    path, _, query = address.partition("?then=")
    then = {"then": query.replace("%3A", ":")}
    if path.startswith("/sign/"):
        digest = re.search(r'name="shown" value="([0-9a-f]{64})"', shown)
        assert digest
        answer = visitor.post(f"{path}accept", {"name": "Cleo Adler", "shown": digest[1], **then})
    else:
        answer = visitor.post(path, {f"q-{GOAL}": "Run", **then})
    assert answer.status_code == 302, answer.text
    return str(answer.headers["Location"])


def do_all(visitor: Browser, page: str) -> None:
    while to_do := links(visitor.get(page).text):
        assert do(visitor, to_do[0]) == page


def nothing_was_charged_or_booked(tenant: Tenant) -> bool:
    with tenant_context(tenant):
        untouched = not Charge.objects.exists() and not PaymentAttempt.objects.exists()
        return untouched and set(Booking.objects.values_list("status", flat=True)) <= {"held"}


def test_what_comes_first_is_said_before_anything_is_typed(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    said = "An agreement and a short form come before payment: “Coaching agreement” and “Intake form”."
    assert said in words(visitor.get(f"/book/{lesson.slug}/").text)
    details = words(visitor.get(held(visitor, lesson, worlds.hour(1))).text)
    assert said in details
    assert details.index(said) < details.index("Your name")


def test_papers_then_the_card_then_booked(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    page = held(visitor, lesson, worlds.hour(1))
    answer = visitor.post(f"{page}details", {**CLEO, "message": "My backhand"})
    assert (answer.status_code, answer.headers["Location"]) == (302, page)
    assert nothing_was_charged_or_booked(shop.tenant)
    waiting = visitor.get(page).text
    assert "Before you pay" in waiting
    assert "0 of 2 done" in waiting
    first, second = links(waiting)
    assert do(visitor, first) == page
    assert "1 of 2 done" in visitor.get(page).text
    assert do(visitor, second) == page
    assert "Pay €45.00 and book" in words(visitor.get(page).text)
    assert visitor.post(f"{page}pay").headers["Location"] != page
    visitor.get(paid(shop, page))
    booked = of(shop.tenant, page)
    assert (booked.status, booked.message) == ("confirmed", "My backhand")


def test_once_per_client_and_not_every_time(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    page = held(visitor, lesson, worlds.hour(1))
    visitor.post(f"{page}details", CLEO)
    do_all(visitor, page)
    second = held(browser(shop.tenant), lesson, worlds.hour(5))
    answer = browser(shop.tenant).post(f"{second}details", CLEO)
    assert answer.headers["Location"] != second, "straight to the card"
    other = held(visitor, lesson, worlds.hour(9))
    assert visitor.post(f"{other}details", BEN).headers["Location"] == other
    assert "Before you pay" in visitor.get(other).text


def test_a_newer_version_is_asked_for_again_where_the_coach_says_so(
    shop: Shop, lesson: SessionType, asked: list[Paper]
) -> None:
    visitor = browser(shop.tenant)
    page = held(visitor, lesson, worlds.hour(1))
    visitor.post(f"{page}details", CLEO)
    do_all(visitor, page)
    papers.agreement(shop.tenant, line=asked[0].line, body=AGREEMENT + " Really.", ask_again=True)
    second = held(visitor, lesson, worlds.hour(5))
    assert visitor.post(f"{second}details", CLEO).headers["Location"] == second
    assert "Coaching agreement" in visitor.get(second).text
    assert "Intake form" not in visitor.get(second).text


@pytest.mark.parametrize("way", ["details", "pay", "pay another"])
def test_no_direct_post_gets_past_the_papers(shop: Shop, lesson: SessionType, way: str) -> None:
    visitor = browser(shop.tenant)
    page = held(visitor, lesson, worlds.hour(1))
    visitor.post(f"{page}details", CLEO)
    do(visitor, links(visitor.get(page).text)[0])
    for _ in range(2):
        path, _, another = way.partition(" ")
        answer = visitor.post(f"{page}{path}", {**CLEO, **({"another": "1"} if another else {})})
        assert answer.headers["Location"] == page
    assert nothing_was_charged_or_booked(shop.tenant)
    assert "1 of 2 done" in visitor.get(page).text


@pytest.mark.parametrize("needs_approval", [False, True])
def test_a_session_for_nothing_waits_for_its_papers_too(
    shop: Shop, asked: list[Paper], needs_approval: bool
) -> None:
    free = requiring(shop.tenant, asked, price_minor=0, needs_approval=needs_approval)
    visitor = browser(shop.tenant)
    page = held(visitor, free, worlds.hour(30))
    for path in ("details", "details", "pay"):
        assert visitor.post(f"{page}{path}", CLEO).headers["Location"] == page
    assert nothing_was_charged_or_booked(shop.tenant)
    do_all(visitor, page)
    assert ("Ask for this time" if needs_approval else "Book for free") in visitor.get(page).text
    visitor.post(f"{page}pay")
    assert of(shop.tenant, page).status == ("requested" if needs_approval else "confirmed")


def test_a_coupon_that_leaves_nothing_is_no_way_around(shop: Shop, lesson: SessionType) -> None:
    with tenant_context(shop.tenant):
        coupons.create(code="GIFT", off_bp=10_000, now=clock.now())
    visitor = browser(shop.tenant)
    page = held(visitor, lesson, worlds.hour(1))
    assert visitor.post(f"{page}details", {**CLEO, "coupon": "GIFT"}).headers["Location"] == page
    assert nothing_was_charged_or_booked(shop.tenant)
    do_all(visitor, page)
    visitor.post(f"{page}pay")
    assert of(shop.tenant, page).status == "confirmed"


def test_the_time_is_kept_while_papers_are_done(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    page = held(visitor, lesson, worlds.hour(1))
    visitor.post(f"{page}details", CLEO)
    kept = of(shop.tenant, page).hold_expires_at
    assert kept > clock.now() + paperwork.FILLING_IN * 0.9
    visitor.post(f"{page}details", CLEO)
    assert of(shop.tenant, page).hold_expires_at == kept, "once"


def test_a_strangers_draft_is_not_shown_to_who_types_the_address(shop: Shop, lesson: SessionType) -> None:
    cleo = browser(shop.tenant)
    page = held(cleo, lesson, worlds.hour(1))
    cleo.post(f"{page}details", CLEO)
    form = links(cleo.get(page).text)[1].partition("?")[0]
    cleo.post(form, {f"q-{GOAL}": "My secret knee", "save": "1"})
    stranger = browser(shop.tenant)
    other = held(stranger, lesson, worlds.hour(5))
    stranger.post(f"{other}details", {**CLEO, "name": "Somebody"})
    for address in links(stranger.get(other).text):
        shown = stranger.get(address).text
        assert "My secret knee" not in shown
        assert "Cleo Adler" not in shown
    again = held(cleo, lesson, worlds.hour(9))
    cleo.post(f"{again}details", CLEO)
    assert "My secret knee" in cleo.get(links(cleo.get(again).text)[1]).text


def test_another_address_is_another_client(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    page = held(visitor, lesson, worlds.hour(1))
    visitor.post(f"{page}details", CLEO)
    do_all(visitor, page)
    visitor.post(f"{page}details", BEN)
    assert "0 of 2 done" in visitor.get(page).text
    assert visitor.post(f"{page}pay").headers["Location"] == page
    visitor.post(f"{page}details", CLEO)
    assert "Before you pay" not in visitor.get(page).text


def test_what_was_declined_can_be_read_again(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    page = held(visitor, lesson, worlds.hour(1))
    visitor.post(f"{page}details", CLEO)
    agreement = links(visitor.get(page).text)[0].partition("?")[0]
    visitor.post(f"{agreement}decline", {"words": "Too strict"})
    assert "You have declined this" in visitor.get(page).text
    assert visitor.post(f"{page}papers").headers["Location"] == page
    do_all(visitor, page)
    assert "Before you pay" not in visitor.get(page).text


def test_nothing_more_is_asked_where_nothing_is_required(shop: Shop) -> None:
    kind = worlds.session_type(shop.tenant)
    visitor = browser(shop.tenant)
    page = held(visitor, kind, worlds.hour(1))
    assert "come before" not in visitor.get(page).text
    visitor.post(f"{page}details", CLEO)
    with tenant_context(shop.tenant):
        assert not ClientPaper.objects.exists()
        assert Client.objects.count() == 1
