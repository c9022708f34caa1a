"""Papers before the card where packs and retainers are sold, and where they pay for sessions."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from kit import clock
from tenants.billing import links as billing_links
from tenants.billing.models import Charge, PaymentAttempt
from tenants.offers import coupons
from tenants.offers.models import SessionType
from tenants.packs import links as pack_links
from tenants.packs import selling
from tenants.packs.models import Pack, PackOffer
from tenants.paperwork.models import Paper
from tenants.registry.models import Tenant
from tenants.retainers import plans, subscribing
from tenants.retainers.models import Retainer, RetainerPlan
from tenants.scheduling.models import Booking
from tests import worlds
from tests.billing import by_hand
from tests.pages.clients import CLEO, browser, held, of, words
from tests.pages.test_paperwork_first import do, do_all, links
from tests.paperwork import worlds as papers
from tests.paperwork.worlds import COACH
from tests.worlds import Shop


@pytest.fixture
def asked(shop: Shop) -> list[Paper]:
    return [papers.agreement(shop.tenant), papers.form(shop.tenant)]


@pytest.fixture
def lines(asked: list[Paper]) -> list[str]:
    return [str(paper.line) for paper in asked]


@pytest.fixture
def lesson(shop: Shop) -> SessionType:
    return worlds.session_type(shop.tenant)


@pytest.fixture
def ten(shop: Shop, lesson: SessionType, lines: list[str]) -> PackOffer:
    return worlds.pack_offer(shop.tenant, lesson, requires=lines)


@pytest.fixture
def monthly(shop: Shop, lesson: SessionType, lines: list[str]) -> RetainerPlan:
    with tenant_context(shop.tenant):
        return plans.offer(
            now=clock.now(),
            name="Monthly",
            price_minor=16000,
            every="month",
            included=4,
            covers={str(lesson.pk): 1},
            requires=lines,
        )


def nothing_was_charged(tenant: Tenant) -> bool:
    with tenant_context(tenant):
        return not PaymentAttempt.objects.exists() and not Charge.objects.exists()


def ordered(visitor: Browser, path: str, **more: Any) -> str:
    """The page that an order leads to."""
    shown = visitor.get(path).text
    digest = shown.partition('name="shown" value="')[2].partition('"')[0]
    answer = visitor.post(path, {**CLEO, "agreed": "on", "shown": digest, **more})
    assert answer.status_code == 302, answer.text
    return str(answer.headers["Location"]).partition(":8000")[2]


# --- packs --------------------------------------------------------------------------------------------


def test_a_pack_is_not_paid_for_before_its_papers_are_done(shop: Shop, ten: PackOffer) -> None:
    visitor, path = browser(shop.tenant), f"/packs/{ten.slug}/"
    assert "An agreement and a short form come before payment" in words(visitor.get(path).text)
    page = ordered(visitor, path)
    assert "0 of 2 done" in visitor.get(page).text
    for _ in range(2):
        assert visitor.post(f"{page}pay").headers["Location"].endswith(page)
        assert ordered(visitor, path) == page, "the same order"
    assert nothing_was_charged(shop.tenant)
    do_all(visitor, page)
    assert "Pay €450.00" in words(visitor.get(page).text)
    assert not visitor.post(f"{page}pay").headers["Location"].endswith(page)
    with tenant_context(shop.tenant):
        pack = Pack.objects.get()
    worlds.pay(shop, pack)
    worlds.hear_stripe(shop.stripe)
    assert worlds.reread_pack(shop.tenant, pack).status == "active"


def test_the_next_pack_asks_nothing(shop: Shop, ten: PackOffer) -> None:
    visitor, path = browser(shop.tenant), f"/packs/{ten.slug}/"
    do_all(visitor, ordered(visitor, path))
    other = browser(shop.tenant)
    assert ordered(other, path) == "", "straight to the card"


@pytest.mark.parametrize("by", ["its own page", "the page of what is owed"])
def test_what_the_coach_has_sold_is_not_paid_for_before_its_papers_are_done(
    shop: Shop, ten: PackOffer, by: str
) -> None:
    visitor, cleo = browser(shop.tenant), papers.client(shop.tenant, email=CLEO["email"])
    with tenant_context(shop.tenant):
        pack = selling.sell(offer_id=ten.pk, client_id=cleo.pk, now=clock.now(), actor=COACH)
        page = f"/p/{pack_links.token_of(pack)}/"
        owed = Charge.objects.select_related("client").get()
        to_pay = f"/pay/{billing_links.pay_token(owed)}/"
    press = (f"{page}pay", {}) if by == "its own page" else (f"{to_pay}now", {"pay": "all:45000"})
    answer = visitor.post(*press)
    assert answer.headers["Location"].endswith(page)
    with tenant_context(shop.tenant):
        assert not PaymentAttempt.objects.exists()
    assert "0 of 2 done" in visitor.get(page).text
    do_all(visitor, page)
    assert not visitor.post(*press).headers["Location"].endswith(page)
    with tenant_context(shop.tenant):
        assert PaymentAttempt.objects.count() == 1
        assert Pack.objects.get().status == "active", "as it was sold"


def test_what_was_paid_in_part_by_hand_asks_for_nothing_more(shop: Shop, ten: PackOffer) -> None:
    cleo = papers.client(shop.tenant, email=CLEO["email"])
    with tenant_context(shop.tenant):
        pack = selling.sell(offer_id=ten.pk, client_id=cleo.pk, now=clock.now(), actor=COACH)
        charge = Charge.objects.get()
    by_hand.record(shop.tenant, charge, 1000)
    with tenant_context(shop.tenant):
        assert selling.ask_for_papers(pack_id=pack.pk, now=clock.now()) is None


def test_a_code_for_a_pack_is_kept_until_its_papers_are_done(shop: Shop, ten: PackOffer) -> None:
    with tenant_context(shop.tenant):
        coupons.create(code="GIFT", off_bp=10_000, now=clock.now())
    visitor = browser(shop.tenant)
    page = ordered(visitor, f"/packs/{ten.slug}/", coupon="GIFT")
    with tenant_context(shop.tenant):
        assert Pack.objects.get().status == "pending"
    visitor.post(f"{page}pay")
    with tenant_context(shop.tenant):
        assert Pack.objects.get().status == "pending"
    do_all(visitor, page)
    visitor.post(f"{page}pay")
    with tenant_context(shop.tenant):
        assert Pack.objects.get().status == "active"


def test_a_pack_with_its_first_session_waits_for_both_papers(
    shop: Shop, lesson: SessionType, ten: PackOffer
) -> None:
    visitor = browser(shop.tenant)
    page = held(visitor, lesson, worlds.hour(1))
    shown = visitor.get(page).text
    digest = shown.partition('name="shown" value="')[2].partition('"')[0]
    said = {**CLEO, "fund": f"offer:{ten.pk}", "shown": digest, "agreed": digest}
    for _ in range(2):
        assert visitor.post(f"{page}details", said).headers["Location"] == page
    assert nothing_was_charged(shop.tenant)
    do_all(visitor, page)
    assert "Cleo Adler" in visitor.get(page).text, "nothing is typed twice"
    assert visitor.post(f"{page}details", said).headers["Location"] != page


@pytest.mark.parametrize("by", ["unit", "retainer"])
def test_a_unit_pays_only_when_the_sessions_papers_are_done(
    shop: Shop, lines: list[str], lesson: SessionType, by: str
) -> None:
    visitor, tenant = browser(shop.tenant), shop.tenant
    fund = own_pack(shop, visitor, lesson) if by == "unit" else own_retainer(shop, visitor, lesson)
    with tenant_context(tenant), transaction.atomic():
        SessionType.objects.update(requires=lines)
    page = held(visitor, lesson, worlds.hour(30))
    assert "An agreement and a short form come before booking" in words(visitor.get(page).text)
    for _ in range(2):
        answer = visitor.post(f"{page}details", {"fund": fund, "message": "My backhand"})
        assert answer.headers["Location"] == page
    assert of(tenant, page).status == "held"
    do_all(visitor, page)
    assert "My backhand" in visitor.get(page).text, "nothing is typed twice"
    visitor.post(f"{page}details", {"fund": fund})
    assert of(tenant, page).status == "confirmed"


def own_pack(shop: Shop, visitor: Browser, lesson: SessionType) -> str:
    pack = worlds.buy_pack(shop, worlds.pack_offer(shop.tenant, lesson))
    with tenant_context(shop.tenant):
        token = pack_links.token_of(pack)
    visitor.get(f"/p/{token}/")
    return f"unit:{pack.pk}"


def own_retainer(shop: Shop, visitor: Browser, lesson: SessionType) -> str:
    with tenant_context(shop.tenant):
        plan = plans.offer(
            now=clock.now(),
            name="Weekly",
            price_minor=16000,
            every="month",
            included=4,
            covers={str(lesson.pk): 1},
        )
    ordered(visitor, f"/retainers/{plan.slug}/")
    with tenant_context(shop.tenant):
        retainer = Retainer.objects.get()
        attempt = PaymentAttempt.objects.get()
    back = shop.stripe.pay(attempt.checkout_id).success_url.partition(shop.host)[2]
    page = visitor.get(back).headers["Location"]
    visitor.get(page)
    return f"retainer:{retainer.pk}"


def test_several_sessions_wait_for_the_papers_of_their_kind(
    shop: Shop, lines: list[str], lesson: SessionType
) -> None:
    tenant, visitor = shop.tenant, browser(shop.tenant)
    pack = worlds.buy_pack(shop, worlds.pack_offer(tenant, lesson))
    with tenant_context(tenant):
        token = pack_links.token_of(pack)
    with tenant_context(tenant), transaction.atomic():
        SessionType.objects.update(requires=lines)
    first = (clock.now() + timedelta(days=3)).date()
    said = {"kind": lesson.slug, "first": str(first), "at": "10:00", "every": "1", "count": "2"}
    path = f"/p/{token}/several"
    key = visitor.get(path, said).text.partition('name="key" value="')[2].partition('"')[0]
    answer = visitor.post(path, {**said, "key": key})
    assert answer.status_code == 409
    assert not booked(tenant)
    to_do = links(answer.text)
    assert len(to_do) == 2
    for address in to_do:
        assert do(visitor, address).startswith(path), "back to the plan"
    assert visitor.post(path, {**said, "key": key}).status_code == 302
    assert booked(tenant) == 2


def booked(tenant: Tenant) -> int:
    with tenant_context(tenant):
        return Booking.objects.filter(status="confirmed").count()


# --- retainers ----------------------------------------------------------------------------------------


def test_a_retainer_does_not_begin_before_its_papers_are_done(shop: Shop, monthly: RetainerPlan) -> None:
    visitor, path = browser(shop.tenant), f"/retainers/{monthly.slug}/"
    assert "An agreement and a short form come before payment" in words(visitor.get(path).text)
    page = ordered(visitor, path)
    waiting = visitor.get(page).text
    assert "0 of 2 done" in waiting
    assert len(links(waiting)) == 2
    with tenant_context(shop.tenant):
        order = Retainer.objects.get()
        agreed, mandate = order.accepted["sha256"], order.accepted["mandate"]
        pressed = {"agreed": "on", "shown": agreed}
        assert mandate
    for _ in range(2):
        assert visitor.post(f"{page}begin", pressed).headers["Location"].endswith(page)
    assert nothing_was_charged(shop.tenant)
    do_all(visitor, page)
    ready = visitor.get(page).text
    assert "checked" in ready, "the terms were agreed to already"
    assert not visitor.post(f"{page}begin", pressed).headers["Location"].endswith(page)


def test_who_pays_for_somebody_else_signs_and_fills_in_nothing(shop: Shop, monthly: RetainerPlan) -> None:
    cleo = papers.client(shop.tenant)
    pia = papers.client(shop.tenant, email="pia@example.com", name="Pia Payer")
    with tenant_context(shop.tenant):
        invited = subscribing.invite(
            plan_id=monthly.pk, client_id=cleo.pk, payer_id=pia.pk, now=clock.now(), actor=COACH
        )
        accepted = subscribing.agreement(text="T", mandate="M", address="", now=clock.now())
        subscribing.accept(
            retainer_id=invited.pk,
            accepted=accepted,
            links=lambda _retainer: lambda _attempt: worlds.RETURN_PAGES,
            now=clock.now(),
        )
        waiting = Retainer.objects.get()
        given = papers.ClientPaper.objects.select_related("paper").get()
    assert subscribing.papers_of(waiting) == [given.pk]
    assert (given.client_id, given.paper.kind) == (pia.pk, "agreement")
    assert nothing_was_charged(shop.tenant)
