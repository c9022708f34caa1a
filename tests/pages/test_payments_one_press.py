"""One press: a client whose card is kept, and who is known here, reads the amount and books with it."""

import re
import time
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from django.core import mail, signing
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from connect.simulator.client import SimulatorRefused
from kit import clock
from tenants.billing import links
from tenants.billing.models import Mandate, PaymentAttempt, SavedCard
from tenants.clients.models import Client
from tenants.offers import coupons
from tenants.offers.extras import Extra
from tenants.offers.models import SessionType
from tenants.scheduling.kept_cards import consent
from tests import worlds
from tests.billing import owing
from tests.crowd import at_once
from tests.pages import clients
from tests.pages.clients import CLEO, browser, of, words
from tests.worlds import Shop


@pytest.fixture
def lesson(shop: Shop) -> SessionType:
    return worlds.session_type(shop.tenant, name="Lesson", price_minor=4500)


@pytest.fixture
def keeper(shop: Shop, lesson: SessionType) -> Client:
    """Has booked once, and ticked that the card is kept."""
    return kept_by(shop, lesson)


def kept_by(shop: Shop, lesson: SessionType, card: str = "4242424242424242") -> Client:
    visitor = browser(shop.tenant)
    page = clients.held(visitor, lesson, worlds.hour(5))
    visitor.post(f"{page}details", {**CLEO, "keep_card": "1"})
    visitor.get(clients.paid(shop, page, card=card, authenticate=True))
    worlds.hear_stripe(shop.stripe)
    with tenant_context(shop.tenant):
        return Client.objects.get(email=CLEO["email"])


@pytest.fixture
def known(shop: Shop, keeper: Client) -> Browser:
    """The keeper's browser, which has opened the link in the mail."""
    return knowing(shop, keeper)


def knowing(shop: Shop, client: Client) -> Browser:
    visitor = browser(shop.tenant)
    with tenant_context(shop.tenant):
        path = links.payments_address(client).partition(shop.host)[2]
    assert visitor.get(path).status_code == 200
    return visitor


def said(answer: Any) -> str:
    return words(re.sub("<[^>]+>", " ", answer.text))


def hidden(answer: Any) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="(fund|shown)" value="([^"]*)"', answer.text)
    return dict(found)


def press(visitor: Browser, page: str, answer: Any, **more: Any) -> Any:
    return visitor.post(f"{page}details", {**hidden(answer), **more})


def payments(shop: Shop, page: str) -> list[PaymentAttempt]:
    booking = of(shop.tenant, page)
    with tenant_context(shop.tenant):
        return list(PaymentAttempt.objects.filter(charge__reference=booking.pk).order_by("created_at"))


# --- keeping a card ---------------------------------------------------------------------------------


def test_a_card_is_kept_only_when_that_is_ticked(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    page = clients.held(visitor, lesson, worlds.hour(5))
    shown = visitor.get(page)
    assert words(consent(coach="Anna")) in said(shown)
    assert not re.search(r'name="keep_card"[^>]*checked', shown.text)
    visitor.post(f"{page}details", CLEO)
    visitor.get(clients.paid(shop, page))
    worlds.hear_stripe(shop.stripe)
    with tenant_context(shop.tenant):
        assert (SavedCard.objects.count(), Mandate.objects.count()) == (0, 0)


def test_ticked_it_is_kept_with_the_words_that_were_shown_and_mailed(shop: Shop, keeper: Client) -> None:
    worlds.sweep()
    with tenant_context(shop.tenant):
        mandate, card = Mandate.objects.get(), SavedCard.objects.get()
        path = links.payments_address(keeper)
    assert (mandate.purpose, mandate.reference, mandate.client_id) == ("one_tap", keeper.pk, keeper.pk)
    assert mandate.text == consent(coach="Anna")
    assert (card.client_id, card.last4) == (keeper.pk, "4242")
    [letter] = [each for each in mail.outbox if "keeps your Visa ending in 4242" in each.subject]
    assert letter.to == [keeper.email]
    assert path in str(letter.body)


def test_a_mistake_in_the_form_keeps_the_tick(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    page = clients.held(visitor, lesson, worlds.hour(5))
    answer = visitor.post(f"{page}details", {**CLEO, "email": "no", "keep_card": "1"})
    assert answer.status_code == 422
    assert re.search(r'name="keep_card"[^>]*checked', answer.text)


def test_a_page_that_keeps_no_card_is_closed_when_it_is_ticked_after_all(
    shop: Shop, lesson: SessionType
) -> None:
    visitor = browser(shop.tenant)
    page = clients.held(visitor, lesson, worlds.hour(5))
    visitor.post(f"{page}details", CLEO)
    visitor.post(f"{page}details", {**CLEO, "keep_card": "1"})
    visitor.post(f"{page}details", CLEO)
    first, second, third = payments(shop, page)
    assert (first.status, second.status, third.status) == ("expired", "expired", "open")
    visitor.get(clients.paid(shop, page))
    with tenant_context(shop.tenant):
        assert not SavedCard.objects.exists()


def test_with_a_deposit_both_things_are_agreed_to(shop: Shop) -> None:
    kind = worlds.session_type(shop.tenant, name="Intensive", price_minor=9000, deposit_minor=2500)
    visitor = browser(shop.tenant)
    page = clients.held(visitor, kind, worlds.hour(24 * 14))
    visitor.post(f"{page}details", {**CLEO, "keep_card": "1"})
    visitor.get(clients.paid(shop, page))
    with tenant_context(shop.tenant):
        assert set(Mandate.objects.values_list("purpose", flat=True)) == {"rest", "one_tap"}


# --- one press --------------------------------------------------------------------------------------


def test_who_is_known_books_with_one_press(
    shop: Shop, lesson: SessionType, keeper: Client, known: Browser
) -> None:
    page = clients.held(known, lesson, worlds.hour(9))
    shown = known.get(page)
    assert "Pay €45.00 with Visa ending in 4242 and book" in said(shown)
    assert 'name="email"' not in shown.text
    assert "Pay in another way" in said(shown)
    answer = press(known, page, shown)
    assert answer.status_code == 302
    final = known.get(answer.headers["Location"].partition(shop.host)[2] or page, follow=True)
    assert "You are booked" in said(final)
    [payment] = payments(shop, page)
    assert (payment.captured_minor, payment.off_session, payment.checkout_id) == (4500, False, "")
    assert of(shop.tenant, page).client_id == keeper.pk


def test_pressing_twice_is_one_payment(shop: Shop, lesson: SessionType, known: Browser) -> None:
    page = clients.held(known, lesson, worlds.hour(9))
    shown = known.get(page)
    press(known, page, shown)
    again = press(known, page, shown)
    assert again.status_code in (302, 409)
    assert [each.captured_minor for each in payments(shop, page)] == [4500]


def test_a_booking_link_alone_makes_nobody_known(shop: Shop, lesson: SessionType, keeper: Client) -> None:
    """Anybody can type somebody's address and book: that must not lead to their card."""
    stranger = browser(shop.tenant)
    first = clients.held(stranger, lesson, worlds.hour(7))
    stranger.post(f"{first}details", CLEO)
    stranger.get(clients.paid(shop, first), follow=True)
    page = clients.held(stranger, lesson, worlds.hour(9))
    shown = stranger.get(page)
    assert "4242" not in shown.text
    with tenant_context(shop.tenant):
        card = SavedCard.objects.get()
    answer = stranger.post(f"{page}details", {"fund": f"card:{card.pk}", "shown": "4500"})
    assert answer.status_code == 409
    assert payments(shop, page) == []


def test_without_the_words_for_it_no_kept_card_is_offered(shop: Shop, lesson: SessionType) -> None:
    booking = owing.session_with_deposit(shop)
    assert booking.client is not None
    visitor = knowing(shop, booking.client)
    page = clients.held(visitor, lesson, worlds.hour(9))
    assert "Visa ending in 4242" not in said(visitor.get(page))


def test_the_bank_that_asks_is_answered_and_leads_back(shop: Shop, lesson: SessionType) -> None:
    visitor = knowing(shop, kept_by(shop, lesson, owing.ASKS_EVERY_TIME))
    page = clients.held(visitor, lesson, worlds.hour(9))
    answer = press(visitor, page, visitor.get(page))
    [payment] = payments(shop, page)
    assert answer.headers["Location"] == payment.checkout_url
    assert of(shop.tenant, page).status == "held"
    back = shop.stripe.answer_bank(payment.intent_id)
    final = visitor.get(back.partition(shop.host)[2], follow=True)
    assert "You are booked" in said(final)


def test_the_bank_that_is_not_answered_leaves_the_time_kept(shop: Shop, lesson: SessionType) -> None:
    visitor = knowing(shop, kept_by(shop, lesson, owing.ASKS_EVERY_TIME))
    page = clients.held(visitor, lesson, worlds.hour(9))
    press(visitor, page, visitor.get(page))
    back = shop.stripe.answer_bank(payments(shop, page)[0].intent_id, completed=False)
    final = visitor.get(back.partition(shop.host)[2], follow=True)
    assert "the payment was not confirmed with your bank" in said(final)
    assert of(shop.tenant, page).status == "held"


def test_a_bank_that_was_left_can_be_gone_on_to_or_another_card_be_used(
    shop: Shop, lesson: SessionType
) -> None:
    visitor = knowing(shop, kept_by(shop, lesson, owing.ASKS_EVERY_TIME))
    page = clients.held(visitor, lesson, worlds.hour(9))
    press(visitor, page, visitor.get(page))
    shown = said(visitor.get(page))
    assert "Your bank wants you to confirm the payment" in shown
    [at_bank] = payments(shop, page)
    assert visitor.post(f"{page}pay").headers["Location"] == at_bank.checkout_url
    answer = visitor.post(f"{page}pay", {"another": "1"})
    left, opened = payments(shop, page)
    assert (left.status, opened.status) == ("expired", "open")
    assert answer.headers["Location"] == opened.checkout_url
    with pytest.raises(SimulatorRefused):
        shop.stripe.answer_bank(left.intent_id)
    final = visitor.get(clients.paid(shop, page, card="5555555555554444"), follow=True)
    assert "You are booked" in said(final)
    worlds.hear_stripe(shop.stripe)
    assert [each.captured_minor for each in payments(shop, page)] == [0, 4500]


def test_another_time_can_be_chosen_while_the_bank_asks(shop: Shop, lesson: SessionType) -> None:
    visitor = knowing(shop, kept_by(shop, lesson, owing.ASKS_EVERY_TIME))
    page = clients.held(visitor, lesson, worlds.hour(9))
    press(visitor, page, visitor.get(page))
    visitor.post(f"{page}another-time")
    assert of(shop.tenant, page).status == "expired"
    worlds.hear_stripe(shop.stripe)
    assert [each.captured_minor for each in payments(shop, page)] == [0]


def test_another_card_comes_too_late_when_the_bank_has_agreed(shop: Shop, lesson: SessionType) -> None:
    visitor = knowing(shop, kept_by(shop, lesson, owing.ASKS_EVERY_TIME))
    page = clients.held(visitor, lesson, worlds.hour(9))
    press(visitor, page, visitor.get(page))
    shop.stripe.answer_bank(payments(shop, page)[0].intent_id)
    worlds.hear_stripe(shop.stripe)
    assert visitor.post(f"{page}pay", {"another": "1"}).headers["Location"] == page
    assert [each.captured_minor for each in payments(shop, page)] == [4500]


def test_a_declined_card_is_said_and_another_one_pays(
    shop: Shop, lesson: SessionType, known: Browser
) -> None:
    shop.stripe.decline_from_now_on(owing.card_of(shop).method_id)
    page = clients.held(known, lesson, worlds.hour(9))
    answer = press(known, page, known.get(page))
    shown = known.get(answer.headers["Location"])
    assert "The card was declined: there is not enough money on it." in said(shown)
    assert "Your time is still kept until" in said(shown)
    assert known.post(f"{page}pay").status_code == 302
    final = known.get(clients.paid(shop, page, card="5555555555554444"), follow=True)
    assert "You are booked" in said(final)


def test_extras_change_the_amount_before_anything_is_charged(shop: Shop, keeper: Client) -> None:
    """Without scripts the button names what was ticked when the page was made: another sum is shown first."""
    kind = worlds.session_type(
        shop.tenant, name="Double", price_minor=4500, extras=[Extra("Balls", 500, required=False)]
    )
    known = knowing(shop, keeper)
    page = clients.held(known, kind, worlds.hour(9))
    shown = known.get(page)
    extra = of(shop.tenant, page).agreed["extras"][0]["id"]
    answer = press(known, page, shown, extras=[extra])
    assert answer.status_code == 409
    assert "Pay €50.00 with Visa ending in 4242 and book" in said(answer)
    assert payments(shop, page) == []
    assert press(known, page, answer, extras=[extra]).status_code == 302
    assert [each.captured_minor for each in payments(shop, page)] == [5000]


def test_a_code_takes_its_part_off(shop: Shop, lesson: SessionType, known: Browser) -> None:
    with tenant_context(shop.tenant):
        coupons.create(code="SPRING", off_bp=1000, now=clock.now())
    page = clients.held(known, lesson, worlds.hour(9))
    answer = press(known, page, known.get(page), coupon="SPRING", apply="1")
    assert "Pay €40.50 with Visa ending in 4242 and book" in said(answer)
    assert press(known, page, answer, coupon="SPRING").status_code == 302
    assert [each.captured_minor for each in payments(shop, page)] == [4050]


def test_a_code_of_nobody_is_answered_on_the_same_screen(
    shop: Shop, lesson: SessionType, known: Browser
) -> None:
    with tenant_context(shop.tenant):
        coupons.create(code="SPRING", off_bp=1000, now=clock.now())
    page = clients.held(known, lesson, worlds.hour(9))
    answer = press(known, page, known.get(page), coupon="AUTUMN")
    assert answer.status_code == 422
    assert "with Visa ending in 4242 and book" in said(answer)
    assert payments(shop, page) == []


def test_a_deposit_is_paid_with_the_press_and_the_rest_is_agreed_to(shop: Shop, keeper: Client) -> None:
    kind = worlds.session_type(shop.tenant, name="Intensive", price_minor=9000, deposit_minor=2500)
    known = knowing(shop, keeper)
    page = clients.held(known, kind, worlds.hour(24 * 14))
    shown = known.get(page)
    assert "Pay €25.00 with Visa ending in 4242 and book" in said(shown)
    assert "By paying the deposit I let my card be kept" in said(shown)
    press(known, page, shown)
    assert [each.captured_minor for each in payments(shop, page)] == [2500]
    with tenant_context(shop.tenant):
        assert set(Mandate.objects.values_list("purpose", flat=True)) == {"rest", "one_tap"}


def test_a_number_that_is_needed_is_asked_for_and_nothing_typed_is_lost(shop: Shop, keeper: Client) -> None:
    kind = worlds.session_type(shop.tenant, name="Call", price_minor=4500, place="phone")
    known = knowing(shop, keeper)
    page = clients.held(known, kind, worlds.hour(9))
    answer = press(known, page, known.get(page), phone="12", message="After six, please.")
    assert answer.status_code == 422
    assert "This is too short." in said(answer)
    assert "After six, please." in answer.text
    assert payments(shop, page) == []
    answer = press(known, page, answer, phone="+49 30 1234567", message="After six, please.")
    assert answer.status_code == 302
    assert "Phone: +49 30 1234567" in of(shop.tenant, page).message


def test_a_request_is_authorised_and_waits_for_the_coach(shop: Shop, keeper: Client) -> None:
    kind = worlds.session_type(shop.tenant, name="Match", price_minor=4500, needs_approval=True)
    known = knowing(shop, keeper)
    page = clients.held(known, kind, worlds.hour(60))
    shown = known.get(page)
    assert "Authorise €45.00 with Visa ending in 4242 and ask" in said(shown)
    press(known, page, shown)
    assert of(shop.tenant, page).status == "requested"
    assert [each.captured_minor for each in payments(shop, page)] == [0]


def test_another_way_is_one_press_away_with_nothing_typed_twice(
    shop: Shop, lesson: SessionType, known: Browser
) -> None:
    page = clients.held(known, lesson, worlds.hour(9))
    shown = known.get(f"{page}?by=other")
    assert 'value="Cleo Adler"' in shown.text
    assert known.post(f"{page}details", CLEO).headers["Location"] == payments(shop, page)[0].checkout_url


def test_a_card_that_was_removed_meanwhile_is_not_charged(
    shop: Shop, lesson: SessionType, known: Browser
) -> None:
    page = clients.held(known, lesson, worlds.hour(9))
    shown = known.get(page)
    shop.stripe.dashboard_detach(owing.card_of(shop).method_id)
    answer = press(known, page, shown)
    assert answer.status_code == 409
    assert "Your card cannot be used here just now" in said(answer)
    assert payments(shop, page) == []


def test_stripe_out_of_reach_keeps_the_time_and_charges_nothing(
    shop: Shop, lesson: SessionType, known: Browser
) -> None:
    page = clients.held(known, lesson, worlds.hour(9))
    shown = known.get(page)
    shop.stripe.fail_next("POST /v1/payment_intents", "unreachable", count=3)
    answer = press(known, page, shown)
    assert answer.status_code == 302
    assert "Nothing was charged." in said(known.get(page))
    shop.stripe.clear_faults()
    assert known.post(f"{page}pay").status_code == 302
    assert "You are booked" in said(known.get(f"{page}paid", follow=True))
    assert [each.captured_minor for each in payments(shop, page)] == [4500]


def test_what_is_known_ends_after_half_a_day(
    shop: Shop, lesson: SessionType, known: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = clients.held(known, lesson, worlds.hour(30))
    assert "4242" in known.get(page).text
    later = SimpleNamespace(time=lambda: time.time() + 43_300)
    monkeypatch.setattr(signing, "time", later)
    assert "4242" not in known.get(page).text


def test_two_presses_at_the_same_moment_are_one_payment(
    shop: Shop, lesson: SessionType, known: Browser
) -> None:
    page = clients.held(known, lesson, worlds.hour(9))
    shown = known.get(page)
    got = at_once([partial(press, known, page, shown)] * 3)
    assert not [each for each in got if isinstance(each, Exception)]
    worlds.hear_stripe(shop.stripe)
    assert [each.captured_minor for each in payments(shop, page)] == [4500]
    assert of(shop.tenant, page).status == "confirmed"
