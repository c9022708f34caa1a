"""Sessions on request: said before anything is typed, only authorised, and the client's to withdraw."""

import pytest
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from kit import clock
from tenants.billing.models import AttemptStatus
from tenants.offers.models import SessionType
from tenants.registry.models import Tenant
from tenants.scheduling import answers
from tenants.scheduling.models import BookingStatus
from tests import worlds
from tests.pages import clients
from tests.pages.clients import CLEO, booked, browser, held, of, words
from tests.worlds import Shop


@pytest.fixture
def visitor(shop: Shop) -> Browser:
    return browser(shop.tenant)


@pytest.fixture
def match(shop: Shop) -> SessionType:
    return worlds.session_type(shop.tenant, name="Match", needs_approval=True, answer_within_hours=12)


@pytest.fixture
def talk(shop: Shop) -> SessionType:
    return worlds.session_type(shop.tenant, name="Talk", price_minor=0, needs_approval=True)


def test_the_details_page_says_it_before_anything_is_typed(visitor: Browser, match: SessionType) -> None:
    assert "On request" in visitor.get("/book/match/").text
    details = words(visitor.get(held(visitor, match, worlds.hour(48))).text)
    said, typed = details.index("answers within 12 hours"), details.index('name="email"')
    assert said < typed
    assert "only authorised" in details
    assert "Authorise €45.00 and ask" in details
    assert "Pay €45.00" not in details


def test_authorised_it_is_a_request_and_nothing_is_taken(
    shop: Shop, visitor: Browser, match: SessionType
) -> None:
    page = booked(shop, visitor, match, worlds.hour(48))
    asked = words(visitor.get(page).text)
    assert "You asked for this time" in asked
    assert "only authorised for" in asked
    assert "€45.00" in asked
    assert "Nothing is taken unless" in asked
    booking = of(shop.tenant, page)
    assert booking.status == BookingStatus.REQUESTED
    assert booking.answer_by is not None
    answer_by = booking.answer_by.astimezone(clock.zone("Europe/Berlin"))
    assert f"{answer_by:%H:%M}" in asked
    assert worlds.attempt_for(shop.tenant, booking).captured_minor == 0


def test_left_before_the_card_page_it_says_that_nobody_was_asked(
    visitor: Browser, match: SessionType
) -> None:
    page = held(visitor, match, worlds.hour(48))
    visitor.post(f"{page}details", CLEO)
    waiting = words(visitor.get(page).text)
    assert "Not asked yet" in waiting
    assert "Authorise €45.00 and ask" in waiting


def test_what_costs_nothing_is_asked_at_once_and_speaks_of_no_card(
    shop: Shop, visitor: Browser, talk: SessionType
) -> None:
    page = held(visitor, talk, worlds.hour(48))
    assert "Ask for this time" in visitor.get(page).text
    assert visitor.post(f"{page}details", CLEO).headers["Location"] == page
    asked = visitor.get(page).text
    assert "You asked for this time" in asked
    assert "authorised" not in asked
    assert of(shop.tenant, page).status == BookingStatus.REQUESTED


def test_accepted_it_is_booked(shop: Shop, visitor: Browser, match: SessionType) -> None:
    page = booked(shop, visitor, match, worlds.hour(48))
    booking = of(shop.tenant, page)
    with tenant_context(shop.tenant):
        answers.accept(booking_id=booking.pk, now=clock.now(), actor=clients.COACH)
    assert "You are booked" in visitor.get(page).text


def test_withdrawn_the_money_is_let_go_at_once(shop: Shop, visitor: Browser, match: SessionType) -> None:
    page = booked(shop, visitor, match, worlds.hour(48))
    for _ in range(2):
        answer = visitor.post(f"{page}withdraw")
        assert (answer.status_code, answer.headers["Location"]) == (302, page)
        ended = words(visitor.get(page).text)
        assert "You withdrew your request" in ended
        assert "Nothing was charged" in ended
    attempt = worlds.attempt_for(shop.tenant, of(shop.tenant, page))
    assert (attempt.status, attempt.captured_minor) == (AttemptStatus.RELEASED, 0)
    held(browser(shop.tenant), match, worlds.hour(48))


def test_withdrawing_what_was_accepted_meanwhile_is_too_late(
    shop: Shop, visitor: Browser, talk: SessionType, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = held(visitor, talk, worlds.hour(48))
    visitor.post(f"{page}details", CLEO)
    booking = of(shop.tenant, page)
    withdraw = answers.withdraw

    def accepted_first(**asked: object) -> bool:
        answers.accept(booking_id=booking.pk, now=clock.now(), actor=clients.COACH)
        return withdraw(**asked)  # type: ignore[arg-type]

    monkeypatch.setattr(answers, "withdraw", accepted_first)
    visitor.post(f"{page}withdraw")
    stands = words(visitor.get(page).text)
    assert "too late to withdraw" in stands
    assert "You are booked" in stands


def test_while_stripe_is_away_it_is_withdrawn_all_the_same(
    shop: Shop, visitor: Browser, match: SessionType
) -> None:
    page = booked(shop, visitor, match, worlds.hour(48))
    shop.stripe.fail_next(".*", "unreachable", count=20)
    assert visitor.post(f"{page}withdraw").headers["Location"] == page
    assert "You withdrew your request" in visitor.get(page).text
    shop.stripe.clear_faults()
    with clock.travel(3600):
        worlds.sweep()
    attempt = worlds.attempt_for(shop.tenant, of(shop.tenant, page))
    assert attempt.status == AttemptStatus.RELEASED


def test_declined_it_says_so_and_offers_other_times(shop: Shop, visitor: Browser, match: SessionType) -> None:
    page = booked(shop, visitor, match, worlds.hour(48))
    booking = of(shop.tenant, page)
    with tenant_context(shop.tenant):
        answers.decline(booking_id=booking.pk, now=clock.now(), actor=clients.COACH)
    ended = words(visitor.get(page).text)
    assert "Your request was declined" in ended
    assert "pending for up to 7 days" in ended
    assert ended.count('name="starts_at"') == 3


def test_unanswered_it_is_over_by_the_clock_alone(shop: Shop, visitor: Browser, match: SessionType) -> None:
    page = booked(shop, visitor, match, worlds.hour(48))
    with clock.travel(12 * 3600 + 5):
        for _ in range(2):
            ended = words(visitor.get(page).text)
            assert "Your request was not answered in time" in ended
            worlds.sweep()
    assert of(shop.tenant, page).status == BookingStatus.EXPIRED


def test_on_another_coachs_host_nothing_is_withdrawn(
    shop: Shop, ben: Tenant, visitor: Browser, talk: SessionType
) -> None:
    page = held(visitor, talk, worlds.hour(48))
    visitor.post(f"{page}details", CLEO)
    assert browser(ben).post(f"{page}withdraw").status_code == 404
    assert of(shop.tenant, page).status == BookingStatus.REQUESTED
