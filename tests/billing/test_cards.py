"""Cards that a payer lets the coach keep: remembered, replaced, removed, and forgotten with their payment."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from connect import gateway
from kit import clock
from kit.actors import Actor
from kit.ids import uuid7
from tenants.billing import cards, checkout
from tenants.billing.models import (
    AttemptStatus,
    Mandate,
    PaymentAttempt,
    SavedCard,
    StripeCustomer,
)
from tenants.clients.models import Client
from tenants.scheduling import paying
from tenants.scheduling.models import Booking, BookingStatus
from tests import worlds
from tests.billing import owing
from tests.billing.owing import Calendar
from tests.journeys import steps
from tests.worlds import Shop

CLIENT = Actor("client", "1")
PAGES = ("https://coach.example/kept?cs={CHECKOUT_SESSION_ID}", "https://coach.example/back")


@pytest.fixture
def calendar(shop: Shop) -> Iterator[Calendar]:
    worlds.set_free_units(shop.tenant, 0)
    calendar = Calendar(shop)
    with calendar.passed:
        yield calendar


def cleo(shop: Shop) -> Client:
    with tenant_context(shop.tenant):
        return Client.objects.get(email="cleo@example.com")


def kept(shop: Shop) -> list[str]:
    """The last digits of the cards that are kept, the newest first."""
    with tenant_context(shop.tenant):
        return [card.last4 for card in cards.cards_of(cleo(shop).pk)]


def is_at_stripe(card: SavedCard) -> bool:
    view = gateway.fetch_card(account_id=card.account_id, method_id=card.method_id)
    return view.customer_id is not None


def another_page(shop: Shop) -> str:
    with tenant_context(shop.tenant):
        url = cards.setup_page(client_id=cleo(shop).pk, currency="usd", links=lambda: PAGES, now=clock.now())
    return url.rstrip("/").rsplit("/", 1)[-1]


def test_a_payment_without_a_mandate_keeps_no_card(shop: Shop, calendar: Calendar) -> None:
    worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(30))
    with tenant_context(shop.tenant):
        assert not SavedCard.objects.exists()
        assert not StripeCustomer.objects.exists()
    [attempt] = _attempts(shop)
    assert "setup_future_usage" not in attempt.parameters["payment_intent_data"]
    assert "customer" not in attempt.parameters


def _attempts(shop: Shop) -> list[PaymentAttempt]:
    with tenant_context(shop.tenant):
        return list(PaymentAttempt.objects.all())


def test_what_was_agreed_to_is_kept_word_for_word(shop: Shop, calendar: Calendar) -> None:
    booking = owing.session_with_deposit(shop)
    with tenant_context(shop.tenant):
        [mandate] = Mandate.objects.all()
    charge = owing.charge_of(shop, booking)
    assert (mandate.purpose, mandate.reference, mandate.client_id) == ("rest", charge.pk, charge.client_id)
    assert "charged once more" in mandate.text
    assert kept(shop) == ["4242"]
    assert [event.data["last4"] for event in steps.events_of(shop.tenant, "card.saved")] == ["4242"]


def test_a_stranger_who_types_an_address_is_offered_nobodys_cards(shop: Shop, calendar: Calendar) -> None:
    """Stripe's page shows the cards of the customer that it is made for."""
    owing.session_with_deposit(shop)
    owing.session_with_deposit(shop, hours_ahead=24 * 15)
    assert all("customer" not in attempt.parameters for attempt in _attempts(shop))


@pytest.mark.parametrize("how", ["time gone", "cancelled at Stripe"])
def test_a_card_of_a_payment_that_came_to_nothing_is_forgotten(
    shop: Shop, calendar: Calendar, how: str
) -> None:
    kind = worlds.session_type(shop.tenant, price_minor=9000, deposit_minor=2500)
    booking = worlds.held(shop.tenant, kind, at=worlds.hour(24 * 14))
    worlds.book(shop.tenant, booking)
    method_id = worlds.pay(shop, booking).method_id
    assert method_id
    if how == "time gone":
        steps.take_away(shop, booking)
    else:
        shop.stripe.dashboard_cancel(steps.intent_of(shop, booking).id)
    worlds.hear_stripe(shop.stripe)
    [attempt] = _attempts(shop)
    assert attempt.status == AttemptStatus.RELEASED
    assert gateway.fetch_card(account_id=shop.account_id, method_id=method_id).customer_id is None
    with tenant_context(shop.tenant):
        assert not SavedCard.objects.exists()


def test_killed_before_the_card_is_forgotten_it_is_forgotten_afterwards(
    shop: Shop, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(**_: Any) -> None:
        raise Killed

    kind = worlds.session_type(shop.tenant, price_minor=9000, deposit_minor=2500)
    booking = worlds.held(shop.tenant, kind, at=worlds.hour(24 * 14))
    worlds.book(shop.tenant, booking)
    method_id = worlds.pay(shop, booking).method_id
    steps.take_away(shop, booking)
    with monkeypatch.context() as killing:
        killing.setattr(gateway, "detach_card", die)
        with pytest.raises(Killed):
            steps.settled(shop, booking)
    assert steps.settled(shop, booking).status == AttemptStatus.RELEASED
    assert method_id
    assert gateway.fetch_card(account_id=shop.account_id, method_id=method_id).customer_id is None


def test_a_removed_card_is_forgotten_at_stripe_and_charged_no_more(shop: Shop, calendar: Calendar) -> None:
    owing.session_with_deposit(shop)
    card = owing.card_of(shop)
    with tenant_context(shop.tenant):
        cards.remove(card_id=card.pk, now=clock.now(), actor=CLIENT)
        cards.remove(card_id=card.pk, now=clock.now(), actor=CLIENT)
    assert not is_at_stripe(card)
    assert kept(shop) == []
    assert len(steps.events_of(shop.tenant, "card.removed")) == 1
    worlds.hear_stripe(shop.stripe)
    assert len(steps.events_of(shop.tenant, "card.removed")) == 1


def test_a_card_that_the_coach_removes_at_stripe_is_gone_here_too(shop: Shop, calendar: Calendar) -> None:
    owing.session_with_deposit(shop)
    shop.stripe.dashboard_detach(owing.card_of(shop).method_id)
    worlds.hear_stripe(shop.stripe)
    assert kept(shop) == []


def test_a_payer_whom_the_coach_deletes_at_stripe_has_no_cards_and_is_made_known_anew(
    shop: Shop, calendar: Calendar
) -> None:
    owing.session_with_deposit(shop)
    with tenant_context(shop.tenant):
        customer_id = StripeCustomer.objects.get().customer_id
    shop.stripe.dashboard_delete_customer(customer_id)
    worlds.hear_stripe(shop.stripe)
    assert kept(shop) == []
    shop.stripe.pay(another_page(shop), card="5555555555554444")
    worlds.hear_stripe(shop.stripe)
    assert kept(shop) == ["4444"]


@pytest.mark.parametrize("news", ["return", "event", "both"])
def test_another_card_is_kept_without_a_payment(shop: Shop, calendar: Calendar, news: str) -> None:
    booking = owing.session_with_deposit(shop)
    page = another_page(shop)
    shop.stripe.pay(page, card="5555555555554444")
    if news != "event":
        with tenant_context(shop.tenant):
            card = cards.kept_on_page(checkout_id=page, client_id=cleo(shop).pk, now=clock.now())
        assert card
        assert card.last4 == "4444"
    if news != "return":
        worlds.hear_stripe(shop.stripe)
    assert kept(shop) == ["4444", "4242"]
    calendar.go_to(owing.parts_of(shop, booking)[1].due_at)
    assert owing.payments_of(shop, booking)[1].card == "mastercard 4444"


def test_a_page_that_keeps_a_card_is_somebodys_own(shop: Shop, calendar: Calendar) -> None:
    owing.session_with_deposit(shop)
    page = another_page(shop)
    shop.stripe.pay(page, card="5555555555554444")
    with tenant_context(shop.tenant):
        assert cards.kept_on_page(checkout_id=page, client_id=uuid7(), now=clock.now()) is None
    assert kept(shop) == ["4444", "4242"]


def test_another_card_pays_at_once_what_the_last_one_could_not(shop: Shop, calendar: Calendar) -> None:
    pack = owing.pack_in_three(shop)
    second = owing.parts_of(shop, pack)[1]
    shop.stripe.decline_from_now_on(owing.card_of(shop).method_id, "expired_card")
    calendar.go_to(second.due_at)
    assert owing.card_of(shop).refused == "expired_card"
    page = another_page(shop)
    shop.stripe.pay(page, card="5555555555554444")
    worlds.hear_stripe(shop.stripe)
    assert owing.paid_so_far(shop, pack)[1] == ("paid", 3335)


# --- the payer is present: one tap --------------------------------------------------------------------


def held_by_cleo(shop: Shop) -> Booking:
    kind = worlds.session_type(shop.tenant, name="Short", price_minor=3000)
    booking = worlds.held(shop.tenant, kind, at=worlds.hour(70))
    with tenant_context(shop.tenant), transaction.atomic():
        Booking.objects.filter(pk=booking.pk).update(client=cleo(shop))
    return worlds.reread(shop.tenant, booking)


def tap(shop: Shop, booking: Booking) -> str:
    """What a page would do: look at the card, open the attempt, bring it to the bank."""
    with tenant_context(shop.tenant):
        ready = cards.ready(client_id=cleo(shop).pk, now=clock.now())
        assert ready
        with transaction.atomic():
            attempt = checkout.open_attempt(
                sale=paying.sale_of(booking), links=lambda _id: PAGES, now=clock.now(), ready=ready
            )
        return checkout.payment_page(attempt, now=clock.now())


def test_one_tap_pays_with_the_kept_card_and_no_page(shop: Shop, calendar: Calendar) -> None:
    owing.session_with_deposit(shop)
    booking = held_by_cleo(shop)
    assert tap(shop, booking) == "https://coach.example/kept?cs="
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CONFIRMED
    [attempt] = owing.payments_of(shop, booking)
    assert (attempt.status, attempt.off_session, attempt.fee_minor) == ("captured", False, 300)


def test_a_bank_that_asks_is_answered_by_the_client_who_is_there(shop: Shop, calendar: Calendar) -> None:
    owing.session_with_deposit(shop, card=owing.ASKS_EVERY_TIME)
    booking = held_by_cleo(shop)
    to_the_bank = tap(shop, booking)
    [attempt] = owing.payments_of(shop, booking)
    assert attempt.status == AttemptStatus.OPEN
    assert to_the_bank == attempt.checkout_url != ""
    assert tap(shop, booking) == to_the_bank
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.HELD
    back_to = shop.stripe.answer_bank(attempt.intent_id)
    assert back_to.startswith("https://coach.example/kept?cs=&")
    assert steps.settled(shop, booking).status == AttemptStatus.CAPTURED
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CONFIRMED


def test_a_client_who_does_not_answer_the_bank_may_pay_otherwise(shop: Shop, calendar: Calendar) -> None:
    owing.session_with_deposit(shop, card=owing.ASKS_EVERY_TIME)
    booking = held_by_cleo(shop)
    tap(shop, booking)
    [attempt] = owing.payments_of(shop, booking)
    shop.stripe.answer_bank(attempt.intent_id, completed=False)
    assert steps.settled(shop, booking).status == AttemptStatus.DECLINED
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.HELD
    assert steps.resume(shop, booking)


def test_a_client_who_leaves_the_bank_alone_blocks_nothing_for_ever(shop: Shop, calendar: Calendar) -> None:
    owing.session_with_deposit(shop, card=owing.ASKS_EVERY_TIME)
    booking = held_by_cleo(shop)
    tap(shop, booking)
    calendar.go_on(timedelta(minutes=40))
    calendar.go_on(timedelta(minutes=40))
    [attempt] = owing.payments_of(shop, booking)
    assert attempt.status == AttemptStatus.EXPIRED
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.EXPIRED


def test_a_refused_card_keeps_the_time_for_another(shop: Shop, calendar: Calendar) -> None:
    owing.session_with_deposit(shop)
    booking = held_by_cleo(shop)
    shop.stripe.decline_from_now_on(owing.card_of(shop).method_id)
    with pytest.raises(checkout.CardRefused):
        tap(shop, booking)
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.HELD
    assert steps.resume(shop, booking)
    worlds.pay(shop, booking)
    worlds.hear_stripe(shop.stripe)
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CONFIRMED
