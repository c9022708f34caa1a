"""Booking with a pack: with a unit in two presses from its link, or with one of a pack that is bought."""

import re
from typing import Any

import pytest
from django.db import transaction
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import Actor
from tenants.offers import session_types
from tenants.offers.extras import Extra
from tenants.offers.models import SessionType
from tenants.packs import ledger, offers, removals
from tenants.packs.models import Pack, PackOffer, PackStatus
from tenants.scheduling.models import Booking, BookingStatus, Funding
from tests import worlds
from tests.pages.test_coach_page import browser, counted
from tests.pages.test_packs import CLEO, link_of, way_back
from tests.worlds import Shop


@pytest.fixture
def lesson(shop: Shop) -> SessionType:
    return worlds.session_type(shop.tenant, name="Lesson", price_minor=5000)


@pytest.fixture
def ten(shop: Shop, lesson: SessionType) -> PackOffer:
    return worlds.pack_offer(shop.tenant, lesson)


@pytest.fixture
def pack(shop: Shop, ten: PackOffer) -> Pack:
    return worlds.buy_pack(shop, ten)


@pytest.fixture
def cleo(shop: Shop, pack: Pack) -> Browser:
    """Cleo's browser, in which the link in her mail was opened."""
    visitor = browser(shop.tenant)
    visitor.get(link_of(shop, pack))
    return visitor


def held(visitor: Browser, kind: SessionType, number: int = 1) -> str:
    answer = visitor.post(f"/book/{kind.slug}/hold", {"starts_at": worlds.hour(number).isoformat()})
    assert answer.status_code == 302, answer.text
    return str(answer.headers["Location"])


def fund_of(page: Any, title: str = "unit:") -> str:
    """The value of the first way to pay of this kind."""
    found = re.search(rf'name="fund" value="({title}[\w-]+)"', page.text)
    assert found, page.text
    return found[1]


def booking(shop: Shop, **which: Any) -> Booking:
    with tenant_context(shop.tenant):
        return Booking.objects.select_related("client", "pack").get(**which)


def left(shop: Shop, pack: Pack) -> int:
    with tenant_context(shop.tenant):
        return ledger.balance_of(pack.pk)


# --- with a unit -----------------------------------------------------------------------------------


def test_from_the_link_to_booked_in_two_presses(
    shop: Shop, lesson: SessionType, pack: Pack, cleo: Browser
) -> None:
    page = held(cleo, lesson)
    shown = cleo.get(page)
    assert "Use 1 session and book" in shown.text
    assert "Uses 1, leaves 9." in shown.text
    assert "Balance after this booking: 9 of 10 sessions." in shown.text
    assert 'name="name"' not in shown.text
    assert 'name="email" id="id_email"' not in shown.text
    answer = cleo.post(f"{page}details", {"fund": fund_of(shown)})
    assert answer.headers["Location"] == page
    booked = cleo.get(page).text
    assert "You are booked" in booked
    assert "Balance after this booking: 9 of 10 sessions." in booked
    assert "10 − 1 = 9." in booked
    assert "10 − 1 = 9." in booked
    assert "Open your pack" in booked
    made = booking(shop)
    assert (made.status, made.funding, made.pack_id) == (BookingStatus.CONFIRMED, Funding.PACK, pack.pk)
    assert left(shop, pack) == 9


def test_the_next_session_stands_on_the_packs_page(
    shop: Shop, lesson: SessionType, pack: Pack, cleo: Browser
) -> None:
    page = held(cleo, lesson)
    cleo.post(f"{page}details", {"fund": f"unit:{pack.pk}"})
    assert f'href="{page}"' in cleo.get(link_of(shop, pack)).text


def test_pressing_twice_takes_one_unit(shop: Shop, lesson: SessionType, pack: Pack, cleo: Browser) -> None:
    page = held(cleo, lesson)
    for _ in range(2):
        cleo.post(f"{page}details", {"fund": f"unit:{pack.pk}"})
    assert left(shop, pack) == 9
    assert "You are booked" in cleo.get(page).text


def test_who_is_not_known_uses_nobodys_unit(shop: Shop, lesson: SessionType, pack: Pack) -> None:
    stranger = browser(shop.tenant)
    page = held(stranger, lesson)
    assert "Use 1 session" not in stranger.get(page).text
    answer = stranger.post(f"{page}details", {**CLEO, "fund": f"unit:{pack.pk}"})
    assert answer.status_code == 409
    assert "not known in this browser" in answer.text
    assert "Kept for you until" in answer.text
    assert left(shop, pack) == 10
    assert booking(shop).status == BookingStatus.HELD


def test_nobody_uses_the_pack_of_somebody_else(
    shop: Shop, lesson: SessionType, ten: PackOffer, cleo: Browser
) -> None:
    dana = worlds.buy_pack(shop, ten, email="dana@example.com")
    page = held(cleo, lesson)
    answer = cleo.post(f"{page}details", {"fund": f"unit:{dana.pk}"})
    assert answer.status_code == 409
    assert left(shop, dana) == 10


def test_the_browser_that_bought_a_pack_uses_that_one_alone(
    shop: Shop, lesson: SessionType, ten: PackOffer, pack: Pack
) -> None:
    """Anybody can type Cleo's address and pay for a pack of hers: the others stay out of reach."""
    buyer = browser(shop.tenant)
    shown = re.search(r'name="shown" value="(\w+)"', buyer.get(f"/packs/{ten.slug}/").text)
    assert shown
    buyer.post(f"/packs/{ten.slug}/", {**CLEO, "agreed": "on", "shown": shown[1]})
    with tenant_context(shop.tenant):
        bought = Pack.objects.exclude(pk=pack.pk).get()
    worlds.pay(shop, bought)
    buyer.get(way_back(shop, bought, paid=True), follow=True)
    page = held(buyer, lesson)
    screen = buyer.get(page)
    assert f"unit:{bought.pk}" in screen.text
    assert f"unit:{pack.pk}" not in screen.text
    assert buyer.post(f"{page}details", {"fund": f"unit:{pack.pk}"}).status_code == 409
    assert left(shop, pack) == 10


def test_the_one_that_expires_first_is_chosen_and_others_can_be(
    shop: Shop, lesson: SessionType, pack: Pack, cleo: Browser
) -> None:
    short = worlds.buy_pack(shop, worlds.pack_offer(shop.tenant, lesson, name="Summer", valid_months=1))
    page = held(cleo, lesson)
    shown = cleo.get(page)
    assert fund_of(shown) == f"unit:{short.pk}"
    assert shown.text.count(" checked") == 1
    assert "Which pack pays?" in shown.text
    cleo.post(f"{page}details", {"fund": f"unit:{pack.pk}"})
    assert (left(shop, pack), left(shop, short)) == (9, 10)


def test_the_last_unit_taken_meanwhile_keeps_the_time_and_says_why(
    shop: Shop, lesson: SessionType, ten: PackOffer, pack: Pack, cleo: Browser
) -> None:
    page = held(cleo, lesson)
    fund = fund_of(cleo.get(page))
    with tenant_context(shop.tenant):
        removals.correct(
            pack_id=pack.pk, units=-10, note="Moved", now=clock.now(), actor=Actor("coach", "1", "Anna")
        )
    answer = cleo.post(f"{page}details", {"fund": fund})
    assert answer.status_code == 409
    assert "There is not enough left of this pack." in answer.text
    assert "your time is still kept" in answer.text
    assert "Pay €50.00 and book" in answer.text
    assert 'value="cleo@example.com"' in answer.text
    assert booking(shop).status == BookingStatus.HELD


def test_a_card_can_pay_instead_with_nothing_to_type(
    shop: Shop, lesson: SessionType, pack: Pack, cleo: Browser
) -> None:
    page = held(cleo, lesson)
    shown = cleo.get(f"{page}?by=card").text
    assert 'value="cleo@example.com"' in shown
    answer = cleo.post(f"{page}details", {**CLEO, "message": "", "fund": "single"})
    assert answer.status_code == 302
    assert answer.headers["Location"] != page
    assert left(shop, pack) == 10


def test_extras_are_priced_beside_the_unit(
    shop: Shop, lesson: SessionType, pack: Pack, cleo: Browser
) -> None:
    with tenant_context(shop.tenant):
        session_types.edit(
            session_type_id=lesson.pk, extras=[Extra("Court", 1000), Extra("Balls", 300, False)]
        )
    page = held(cleo, lesson)
    shown = cleo.get(page)
    assert "Use 1 session, pay €10.00 and book" in shown.text
    answer = cleo.post(f"{page}details", {"fund": fund_of(shown)})
    made = booking(shop)
    assert worlds.attempt_for(shop.tenant, made).amount_minor == 1000
    assert answer.headers["Location"] != page
    assert left(shop, pack) == 10
    worlds.pay(shop, made)
    worlds.hear_stripe(shop.stripe)
    assert left(shop, pack) == 9
    assert "You are booked" in cleo.get(page).text


def test_a_number_to_call_is_asked_for_where_it_is_not_known(
    shop: Shop, lesson: SessionType, ten: PackOffer, pack: Pack, cleo: Browser
) -> None:
    call = worlds.session_type(shop.tenant, name="Call", price_minor=5000, place="phone")
    with tenant_context(shop.tenant), transaction.atomic():
        PackOffer.objects.update(covers={str(lesson.pk): 1, str(call.pk): 1})
    page = held(cleo, call)
    assert cleo.post(f"{page}details", {"fund": f"unit:{pack.pk}"}).status_code == 422
    cleo.post(f"{page}details", {"fund": f"unit:{pack.pk}", "phone": "+49 30 1234567", "message": "Hi"})
    assert booking(shop).message == "Phone: +49 30 1234567\nHi"


def test_a_session_on_request_takes_no_unit_yet(
    shop: Shop, lesson: SessionType, pack: Pack, cleo: Browser
) -> None:
    with tenant_context(shop.tenant):
        session_types.edit(session_type_id=lesson.pk, needs_approval=True)
    page = held(cleo, lesson)
    shown = cleo.get(page)
    assert "Use 1 session and ask" in shown.text
    cleo.post(f"{page}details", {"fund": fund_of(shown)})
    assert booking(shop).status == BookingStatus.REQUESTED
    assert left(shop, pack) == 10
    assert "waits for your coach" in cleo.get(link_of(shop, pack)).text


def test_the_one_screen_has_a_budget(shop: Shop, lesson: SessionType, pack: Pack, cleo: Browser) -> None:
    page = held(cleo, lesson)
    cleo.get(page)
    with counted() as statements:
        cleo.get(page)
    assert len(statements) <= 9, statements


def test_a_pack_for_something_else_says_nothing_here(shop: Shop, pack: Pack, cleo: Browser) -> None:
    run = worlds.session_type(shop.tenant, name="Run", price_minor=3000)
    shown = cleo.get(held(cleo, run)).text
    assert "Use 1 session" not in shown
    assert "Pay €30.00 and book" in shown


# --- with a pack that is bought --------------------------------------------------------------------


def choice(page: Any, offer: PackOffer) -> dict[str, str]:
    digest = re.search(r'name="shown" value="(\w+)"', page.text)
    assert digest
    return {"fund": f"offer:{offer.pk}", "shown": digest[1], "agreed": digest[1]}


def test_a_pack_is_bought_and_pays_for_the_session_at_once(
    shop: Shop, lesson: SessionType, ten: PackOffer
) -> None:
    visitor = browser(shop.tenant)
    page = held(visitor, lesson)
    shown = visitor.get(page)
    assert "Buy 10-session pack and use its first session" in shown.text
    assert "10 sessions · €45.00 each" in shown.text
    assert "this pack saves €50.00 (10%)" in shown.text
    assert "Pay €450.00 and book" in shown.text
    assert "Pay €50.00 and book" in shown.text
    assert shown.text.index("What is not used is refunded") < shown.text.index('id="id_email"')
    answer = visitor.post(f"{page}details", {**CLEO, **choice(shown, ten)})
    assert answer.status_code == 302
    with tenant_context(shop.tenant):
        order = Pack.objects.get()
    assert worlds.attempt_for(shop.tenant, order).amount_minor == 45000
    assert order.accepted["text"].startswith("10-session pack: 10 sessions for €450.00.")
    worlds.pay(shop, order)
    worlds.hear_stripe(shop.stripe)
    booked = visitor.get(page).text
    assert "You are booked" in booked
    assert "Balance after this booking: 9 of 10 sessions." in booked
    assert "Open your pack" in booked
    assert left(shop, order) == 9


def test_the_way_back_from_the_payment_confirms_both(shop: Shop, lesson: SessionType, ten: PackOffer) -> None:
    visitor = browser(shop.tenant)
    page = held(visitor, lesson)
    visitor.post(f"{page}details", {**CLEO, **choice(visitor.get(page), ten)})
    with tenant_context(shop.tenant):
        order = Pack.objects.get()
    worlds.pay(shop, order)
    assert "You are booked" in visitor.get(way_back(shop, order, paid=True), follow=True).text
    worlds.hear_stripe(shop.stripe)
    assert left(shop, order) == 9


def test_the_single_price_is_what_is_paid_unless_chosen_otherwise(
    shop: Shop, lesson: SessionType, ten: PackOffer
) -> None:
    visitor = browser(shop.tenant)
    page = held(visitor, lesson)
    assert re.search(r'value="single" data-nth="0" checked', visitor.get(page).text)
    visitor.post(f"{page}details", {**CLEO, "fund": "single"})
    assert worlds.attempt_for(shop.tenant, booking(shop)).amount_minor == 5000
    with tenant_context(shop.tenant):
        assert not Pack.objects.exists()


def test_without_consent_nothing_is_bought_and_all_is_kept(
    shop: Shop, lesson: SessionType, ten: PackOffer
) -> None:
    visitor = browser(shop.tenant)
    page = held(visitor, lesson)
    chosen = choice(visitor.get(page), ten)
    answer = visitor.post(f"{page}details", {**CLEO, **chosen, "agreed": ""})
    assert answer.status_code == 422
    assert "Agree to the rules" in answer.text
    assert "Cleo Adler" in answer.text
    assert re.search(rf'value="offer:{ten.pk}" data-nth="1" checked', answer.text)
    with tenant_context(shop.tenant):
        assert not Pack.objects.exists()


@pytest.mark.parametrize("fund", ["offer:never", "offer:", f"offer:{'0' * 32}"])
def test_what_is_not_offered_cannot_be_bought(
    shop: Shop, lesson: SessionType, ten: PackOffer, fund: str
) -> None:
    visitor = browser(shop.tenant)
    page = held(visitor, lesson)
    answer = visitor.post(f"{page}details", {**CLEO, **choice(visitor.get(page), ten), "fund": fund})
    assert answer.status_code == 409
    assert "This pack has changed" in answer.text


def test_a_price_that_changed_is_agreed_to_anew(shop: Shop, lesson: SessionType, ten: PackOffer) -> None:
    visitor = browser(shop.tenant)
    page = held(visitor, lesson)
    chosen = choice(visitor.get(page), ten)
    with tenant_context(shop.tenant):
        offers.edit(line=ten.line, price_minor=48000, now=clock.now())
    answer = visitor.post(f"{page}details", {**CLEO, **chosen})
    assert answer.status_code == 409
    assert "Pay €480.00 and book" in answer.text
    with tenant_context(shop.tenant):
        assert not Pack.objects.filter(status=PackStatus.PENDING).exists()


def test_pressing_twice_buys_once(shop: Shop, lesson: SessionType, ten: PackOffer) -> None:
    visitor = browser(shop.tenant)
    page = held(visitor, lesson)
    chosen = choice(visitor.get(page), ten)
    answers = [visitor.post(f"{page}details", {**CLEO, **chosen}) for _ in range(2)]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    with tenant_context(shop.tenant):
        assert Pack.objects.count() == 1


def test_a_free_session_offers_no_pack(shop: Shop, lesson: SessionType, ten: PackOffer) -> None:
    talk = worlds.session_type(shop.tenant, name="Talk", price_minor=0)
    visitor = browser(shop.tenant)
    page = visitor.get(held(visitor, talk)).text
    assert "10-session pack" not in page
    assert "Have a pack already" not in page


def test_an_extra_that_is_ticked_changes_what_each_button_says(
    shop: Shop, lesson: SessionType, ten: PackOffer, pack: Pack, cleo: Browser
) -> None:
    balls = Extra("Balls", 300, required=False)
    with tenant_context(shop.tenant):
        session_types.edit(session_type_id=lesson.pk, extras=[Extra("Court", 1000), balls])
    ticked, script = {"extras": balls.id}, {"HX-Request": "true"}
    page = held(cleo, lesson)
    assert "Use 1 session, pay €13.00 and book" in cleo.get(page, ticked, headers=script).text
    stranger = browser(shop.tenant)
    page = held(stranger, lesson, 5)
    shown = stranger.get(page, ticked, headers=script).text
    assert "Pay €63.00 and book" in shown
    assert "Pay €463.00 and book" in shown


def test_a_tick_beside_the_card_leaves_the_pack_alone(
    shop: Shop, lesson: SessionType, pack: Pack, cleo: Browser
) -> None:
    balls = Extra("Balls", 300, required=False)
    with tenant_context(shop.tenant):
        session_types.edit(session_type_id=lesson.pk, extras=[balls])
    asks = re.search(r'hx-get="([^"]+)"', cleo.get(f"{held(cleo, lesson)}?by=card").text)
    assert asks
    part = cleo.get(f"{asks[1]}&extras={balls.id}", headers={"HX-Request": "true"}).text
    assert "Pay €53.00 and book" in part
    assert "Use 1 session" not in part
