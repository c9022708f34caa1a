"""A welcome packet that is required: its papers come before the payment, and the rest comes with it."""

import pytest
from django_tenants.utils import tenant_context

from kit import clock
from tenants.billing.models import PaymentAttempt
from tenants.clients.models import Client
from tenants.offers.models import SessionType
from tenants.packs.models import Pack
from tenants.paperwork import papers as use_cases
from tenants.paperwork.handing_over import hand_over
from tenants.paperwork.models import ClientPaper, Paper
from tenants.retainers import plans
from tenants.retainers.models import Retainer
from tests import worlds
from tests.pages.clients import CLEO, browser, held, of, paid, words
from tests.pages.test_packs_paperwork import ordered
from tests.pages.test_paperwork_first import do_all, links, nothing_was_charged_or_booked
from tests.paperwork import worlds as papers
from tests.paperwork.test_packets import packet, progress
from tests.paperwork.worlds import COACH
from tests.shop import shelves
from tests.worlds import Shop


@pytest.fixture
def inside(shop: Shop) -> list[Paper]:
    return [papers.agreement(shop.tenant), papers.form(shop.tenant)]


@pytest.fixture
def welcome(shop: Shop, inside: list[Paper]) -> Paper:
    return packet(shop.tenant, *inside)


def cleo(shop: Shop) -> Client:
    with tenant_context(shop.tenant):
        return Client.objects.get(email=CLEO["email"])


def has_all_of_it(shop: Shop) -> bool:
    worlds.drain()
    shown = progress(shop.tenant, cleo(shop))
    assert shown.items[-1].name == "How to find us"
    return (shown.words, shown.packet.status) == ("2 of 2 done", "done")


def test_its_papers_come_before_the_card_and_the_rest_with_the_session(shop: Shop, welcome: Paper) -> None:
    lesson = worlds.session_type(shop.tenant, requires=[str(welcome.line)])
    visitor = browser(shop.tenant)
    page = held(visitor, lesson, worlds.hour(1))
    said = "An agreement and a short form come before payment: “Coaching agreement” and “Intake form”."
    assert said in words(visitor.get(page).text)
    assert visitor.post(f"{page}details", CLEO).headers["Location"] == page
    for _ in range(2):
        assert visitor.post(f"{page}pay").headers["Location"] == page
    assert nothing_was_charged_or_booked(shop.tenant)
    assert "0 of 2 done" in visitor.get(page).text
    do_all(visitor, page)
    visitor.post(f"{page}pay")
    with tenant_context(shop.tenant):
        assert not ClientPaper.objects.filter(paper__kind="packet").exists(), "anybody may type an address"
    visitor.get(paid(shop, page))
    assert of(shop.tenant, page).status == "confirmed"
    assert has_all_of_it(shop)


def test_it_is_asked_for_once_and_only_for_what_is_missing(
    shop: Shop, welcome: Paper, inside: list[Paper]
) -> None:
    agreement, _form = inside
    lesson = worlds.session_type(shop.tenant, requires=[str(agreement.line), str(welcome.line)])
    known = papers.client(shop.tenant, email=CLEO["email"])
    papers.accepted(shop.tenant, papers.given(shop.tenant, agreement, known))
    visitor = browser(shop.tenant)
    page = held(visitor, lesson, worlds.hour(1))
    visitor.post(f"{page}details", CLEO)
    assert [link.split("/")[1] for link in links(visitor.get(page).text)] == ["form"]
    do_all(visitor, page)
    second = held(browser(shop.tenant), lesson, worlds.hour(5))
    assert browser(shop.tenant).post(f"{second}details", CLEO).headers["Location"] != second


def test_what_is_switched_off_is_not_asked_for(shop: Shop, welcome: Paper) -> None:
    lesson = worlds.session_type(shop.tenant, requires=[str(welcome.line)])
    with tenant_context(shop.tenant):
        use_cases.switch(line=welcome.line, on=False, now=clock.now(), actor=COACH)
    visitor = browser(shop.tenant)
    page = held(visitor, lesson, worlds.hour(1))
    assert visitor.post(f"{page}details", CLEO).headers["Location"] != page, "straight to the card"


@pytest.fixture
def lesson(shop: Shop) -> SessionType:
    return worlds.session_type(shop.tenant)


def test_before_a_pack(shop: Shop, welcome: Paper, lesson: SessionType) -> None:
    ten = worlds.pack_offer(shop.tenant, lesson, requires=[str(welcome.line)])
    visitor = browser(shop.tenant)
    page = ordered(visitor, f"/packs/{ten.slug}/")
    do_all(visitor, page)
    visitor.post(f"{page}pay")
    with tenant_context(shop.tenant):
        pack = Pack.objects.get()
    worlds.pay(shop, pack)
    worlds.hear_stripe(shop.stripe)
    assert has_all_of_it(shop)


def test_before_a_retainer(shop: Shop, welcome: Paper, lesson: SessionType) -> None:
    terms = {"included": 4, "covers": {str(lesson.pk): 1}, "requires": [str(welcome.line)]}
    with tenant_context(shop.tenant):
        plan = plans.offer(now=clock.now(), name="Monthly", price_minor=16000, every="month", **terms)
    visitor = browser(shop.tenant)
    page = ordered(visitor, f"/retainers/{plan.slug}/")
    do_all(visitor, page)
    with tenant_context(shop.tenant):
        agreed = Retainer.objects.get().accepted["sha256"]
    visitor.post(f"{page}begin", {"agreed": "on", "shown": agreed})
    with tenant_context(shop.tenant):
        shop.stripe.pay(PaymentAttempt.objects.get().checkout_id)
    worlds.hear_stripe(shop.stripe)
    assert has_all_of_it(shop)


def test_before_a_product(shop: Shop, welcome: Paper) -> None:
    order = shelves.ordered(shop, shelves.product(shop.tenant, requires=[str(welcome.line)]))
    with tenant_context(shop.tenant):
        given = ClientPaper.objects.filter(reference=order.pk).order_by("position")
        kinds = list(given.values_list("paper__kind", flat=True))
    assert kinds == ["agreement", "form"]


def test_what_was_done_before_finishes_the_packet_at_once(
    shop: Shop, welcome: Paper, inside: list[Paper]
) -> None:
    known = papers.client(shop.tenant, email=CLEO["email"])
    agreement, form = (papers.given(shop.tenant, paper, known) for paper in inside)
    papers.accepted(shop.tenant, agreement)
    papers.handed_in(shop.tenant, form)
    with tenant_context(shop.tenant):
        hand_over(line=welcome.line, client_id=known.pk, mails=False, now=clock.now(), actor=COACH)
    assert has_all_of_it(shop)
