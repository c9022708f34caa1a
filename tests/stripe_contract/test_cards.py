"""Kept cards: how they come to be kept, are charged while nobody is there, fail, change, are forgotten."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from connect.simulator.client import Simulator
from tests.stripe_contract.target import Stripe, new_account, unique

Make = Callable[..., Any]
ASKS_UNLESS_SET_UP = "pm_card_authenticationRequiredOnSetup"


def types(simulator: Simulator) -> list[str]:
    return [json.loads(event.body)["type"] for event in simulator.pending_events()]


@pytest.fixture
def customer(api: Stripe) -> str:
    params = {"email": "payer@example.com", "name": "Pat Payer", "metadata": {"client": "1"}}
    return api.v1.customers.create(params, api.own()).id


@pytest.fixture
def kept(api: Stripe, customer: str) -> Callable[..., str]:
    """A card that the customer set up for later, without a page so that a sandbox can do it too."""

    def make(method: str = "pm_card_visa") -> str:
        params = {
            "customer": customer,
            "payment_method": method,
            "usage": "off_session",
            "allowed_payment_method_types": ["card"],
            "confirm": True,
        }
        return api.v1.setup_intents.create(params, api.own()).payment_method

    return make


@pytest.fixture
def unconfirmed(api: Stripe, customer: str) -> Make:
    def make(method: str, **changes: Any) -> Any:
        params = {
            "amount": 4500,
            "currency": "usd",
            "customer": customer,
            "payment_method": method,
            "capture_method": "manual",
            "allowed_payment_method_types": ["card"],
            "payment_method_options": {"card": {"stored_credential_usage": "recurring"}},
            **changes,
        }
        return api.v1.payment_intents.create(params, api.own())

    return make


def confirm(api: Stripe, intent: Any, **params: Any) -> Any:
    return api.v1.payment_intents.confirm(intent.id, params, api.own())


def away(api: Stripe, intent: Any) -> Any:
    return confirm(api, intent, off_session=True)


# --- kept ---------------------------------------------------------------------------------------------


def test_a_card_that_is_set_up_belongs_to_its_customer(api: Stripe, customer: str, kept: Make) -> None:
    method = api.v1.payment_methods.retrieve(kept(), None, api.own())
    assert (method.customer, method.card.last4, method.type) == (customer, "4242", "card")
    listed = api.v1.payment_methods.list({"customer": customer, "type": "card"}, api.own())
    assert [each.id for each in listed.data] == [method.id]


def test_a_card_that_its_bank_refuses_is_not_set_up(api: Stripe, customer: str, kept: Make) -> None:
    with pytest.raises(stripe.CardError) as refused:
        kept("pm_card_chargeDeclined")
    assert refused.value.code == "card_declined"
    assert not api.v1.payment_methods.list({"customer": customer}, api.own()).data


def test_a_page_keeps_the_card_for_its_customer(
    api: Stripe, simulator: Simulator, customer: str, open_checkout: Make
) -> None:
    session = open_checkout(
        customer=customer,
        customer_email=None,
        payment_intent_data={"capture_method": "manual", "setup_future_usage": "off_session"},
        saved_payment_method_options={"payment_method_save": "enabled"},
    )
    paid = simulator.pay(session.id, keep=True)
    method = api.v1.payment_methods.retrieve(paid.method_id, None, api.own())
    assert (method.customer, method.allow_redisplay) == (customer, "always")
    assert types(simulator) == [
        "v1.payment_method.attached",
        "v1.charge.succeeded",
        "v1.payment_intent.amount_capturable_updated",
        "v1.checkout.session.completed",
    ]
    intent = api.v1.payment_intents.retrieve(paid.intent_id, None, api.own())
    assert (intent.customer, intent.payment_method) == (customer, paid.method_id)


def test_a_page_without_a_customer_makes_one_up_to_keep_the_card_for(
    api: Stripe, simulator: Simulator, open_checkout: Make
) -> None:
    session = open_checkout(
        payment_intent_data={"capture_method": "manual", "setup_future_usage": "off_session"}
    )
    paid = simulator.pay(session.id)
    session = api.v1.checkout.sessions.retrieve(session.id, None, api.own())
    method = api.v1.payment_methods.retrieve(paid.method_id, None, api.own())
    assert session.customer.startswith("cus_")
    assert (method.customer, method.allow_redisplay) == (session.customer, "limited")


def test_a_page_keeps_nothing_unless_it_is_asked_to(
    api: Stripe, simulator: Simulator, open_checkout: Make
) -> None:
    paid = simulator.pay(open_checkout().id, keep=True)
    assert api.v1.payment_methods.retrieve(paid.method_id, None, api.own()).customer is None


def test_a_page_is_for_a_customer_or_for_an_address(api: Stripe, customer: str, open_checkout: Make) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        open_checkout(customer=customer)


# --- charged ------------------------------------------------------------------------------------------


def test_a_payment_with_a_kept_card_waits_to_be_confirmed(api: Stripe, kept: Make, unconfirmed: Make) -> None:
    method = kept()
    intent = unconfirmed(method, application_fee_amount=450)
    assert (intent.status, intent.payment_method, intent.latest_charge) == (
        "requires_confirmation",
        method,
        None,
    )
    intent = away(api, intent)
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 4500)


def test_an_unconfirmed_payment_can_be_cancelled(api: Stripe, kept: Make, unconfirmed: Make) -> None:
    intent = unconfirmed(kept())
    assert api.v1.payment_intents.cancel(intent.id, None, api.own()).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        away(api, intent)
    assert refused.value.code == "payment_intent_unexpected_state"


def test_a_payment_is_confirmed_once(api: Stripe, kept: Make, unconfirmed: Make) -> None:
    intent = unconfirmed(kept())
    away(api, intent)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        away(api, intent)
    assert refused.value.code == "payment_intent_unexpected_state"


def test_a_refusal_is_given_again_under_the_same_key(
    api: Stripe, simulator: Simulator, kept: Make, unconfirmed: Make
) -> None:
    """Even when the card would be accepted now: another try takes another key."""
    method = kept()
    intent = unconfirmed(method)
    simulator.decline_from_now_on(method, "insufficient_funds")
    options, params = api.own(idempotency_key=unique()), {"off_session": True}
    for _ in range(2):
        with pytest.raises(stripe.CardError) as declined:
            api.v1.payment_intents.confirm(intent.id, params, options)
        said: Any = declined.value.error
        assert (said.decline_code, said.payment_intent.id) == ("insufficient_funds", intent.id)
        simulator.accept_again(method)
    again = {**params, "payment_method": method}
    assert api.v1.payment_intents.confirm(intent.id, again, api.own()).status == "requires_capture"


def test_a_refused_payment_names_a_card_when_it_is_confirmed_again(
    api: Stripe, kept: Make, unconfirmed: Make
) -> None:
    intent = unconfirmed(kept("pm_card_chargeCustomerFail"))
    with pytest.raises(stripe.CardError):
        away(api, intent)
    with pytest.raises(stripe.InvalidRequestError):
        away(api, intent)
    again = confirm(api, intent, off_session=True, payment_method=kept())
    assert again.status == "requires_capture"


def test_being_away_is_said_when_confirming(api: Stripe, kept: Make, unconfirmed: Make) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        unconfirmed(kept(), off_session=True)


def test_a_card_of_another_customer_cannot_be_charged(api: Stripe, kept: Make, unconfirmed: Make) -> None:
    other = api.v1.customers.create({"email": "other@example.com"}, api.own()).id
    with pytest.raises(stripe.InvalidRequestError):
        unconfirmed(kept(), customer=other)


def test_a_card_of_another_account_is_unknown(
    api: Stripe, simulator: Simulator, kept: Make, unconfirmed: Make
) -> None:
    other = {"stripe_account": new_account(api.client)}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.payment_methods.retrieve(kept(), None, other)
    assert refused.value.code == "resource_missing"


def test_a_card_that_can_be_kept_may_be_declined_later(api: Stripe, kept: Make, unconfirmed: Make) -> None:
    intent = unconfirmed(kept("pm_card_chargeCustomerFail"))
    with pytest.raises(stripe.CardError) as declined:
        away(api, intent)
    assert declined.value.code == "card_declined"
    intent = api.v1.payment_intents.retrieve(intent.id, None, api.own())
    assert (intent.status, intent.payment_method) == ("requires_payment_method", None)
    assert intent.last_payment_error.payment_method.card.last4 == "0341"


def test_a_bank_that_asks_each_time_declines_who_is_away(api: Stripe, kept: Make, unconfirmed: Make) -> None:
    method = api.v1.payment_methods.attach(
        "pm_card_authenticationRequired",
        {"customer": api.v1.customers.create({}, api.own()).id},
        api.own(),
    )
    intent = unconfirmed(method.id, customer=method.customer)
    with pytest.raises(stripe.CardError) as declined:
        away(api, intent)
    assert declined.value.code == "authentication_required"


def test_the_client_is_sent_to_a_bank_that_asks(api: Stripe, customer: str, unconfirmed: Make) -> None:
    intent = unconfirmed("pm_card_authenticationRequired", payment_method_options=None)
    intent = confirm(api, intent, return_url="http://localhost:9/back?a=1")
    assert intent.status == "requires_action"
    assert intent.next_action.type == "redirect_to_url"
    assert intent.next_action.redirect_to_url.return_url == "http://localhost:9/back?a=1"


@pytest.mark.parametrize(
    ("completed", "status", "outcome"),
    [(True, "requires_capture", "succeeded"), (False, "requires_payment_method", "failed")],
)
def test_the_client_comes_back_from_the_bank(
    api: Stripe, simulator: Simulator, unconfirmed: Make, completed: bool, status: str, outcome: str
) -> None:
    intent = unconfirmed("pm_card_authenticationRequired")
    confirm(api, intent, return_url="http://localhost:9/back?a=1")
    url = simulator.answer_bank(intent.id, completed=completed)
    assert url == f"http://localhost:9/back?a=1&payment_intent={intent.id}&redirect_status={outcome}"
    assert api.v1.payment_intents.retrieve(intent.id, None, api.own()).status == status


def test_a_card_that_was_set_up_with_its_bank_is_charged_without_asking(
    api: Stripe, simulator: Simulator, customer: str, open_checkout: Make, unconfirmed: Make
) -> None:
    session = open_checkout(
        customer_email=None,
        customer=customer,
        payment_intent_data={"capture_method": "manual", "setup_future_usage": "off_session"},
    )
    method = simulator.pay(session.id, card="4000002500003155", authenticate=True).method_id
    assert away(api, unconfirmed(method)).status == "requires_capture"
    present = confirm(api, unconfirmed(method), return_url="http://localhost:9/back")
    assert present.status == "requires_action"


# --- failing later, changing, forgotten ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "code", "decline_code", "advice"),
    [
        ("insufficient_funds", "card_declined", "insufficient_funds", "try_again_later"),
        ("lost_card", "card_declined", "lost_card", "do_not_try_again"),
        ("incorrect_cvc", "incorrect_cvc", "incorrect_cvc", "confirm_card_data"),
        ("expired_card", "expired_card", None, None),
        ("do_not_honor", "card_declined", "do_not_honor", None),
    ],
)
def test_a_card_that_worked_can_fail_from_now_on(
    api: Stripe,
    simulator: Simulator,
    kept: Make,
    unconfirmed: Make,
    word: str,
    code: str,
    decline_code: str | None,
    advice: str | None,
) -> None:
    method = kept()
    assert away(api, unconfirmed(method)).status == "requires_capture"
    simulator.decline_from_now_on(method, word)
    intent = unconfirmed(method)
    with pytest.raises(stripe.CardError) as declined:
        away(api, intent)
    said: Any = declined.value.error
    assert (declined.value.code, said.decline_code, said.advice_code) == (code, decline_code, advice)
    failed = api.v1.payment_intents.retrieve(intent.id, None, api.own()).last_payment_error
    left = tuple(getattr(failed, name, None) for name in ("code", "decline_code", "advice_code"))
    assert left == (code, decline_code, advice)
    simulator.accept_again(method)
    assert away(api, unconfirmed(method)).status == "requires_capture"


def test_the_advice_can_be_ordered(api: Stripe, simulator: Simulator, kept: Make, unconfirmed: Make) -> None:
    method = kept()
    simulator.decline_from_now_on(method, "generic_decline", advice_code="do_not_try_again")
    with pytest.raises(stripe.CardError) as declined:
        away(api, unconfirmed(method))
    said: Any = declined.value.error
    assert said.advice_code == "do_not_try_again"


def test_a_replaced_card_goes_on_as_the_same_method(
    api: Stripe, simulator: Simulator, kept: Make, unconfirmed: Make
) -> None:
    method = kept("pm_card_chargeCustomerFail")
    simulator.pending_events()
    simulator.replace_card(method, last4="1881")
    assert types(simulator) == ["v1.payment_method.automatically_updated"]
    assert api.v1.payment_methods.retrieve(method, None, api.own()).card.last4 == "1881"
    assert away(api, unconfirmed(method)).status == "requires_capture"


def test_an_expired_card_is_declined(
    api: Stripe, simulator: Simulator, kept: Make, unconfirmed: Make
) -> None:
    method = kept()
    simulator.expire_card(method)
    with pytest.raises(stripe.CardError) as declined:
        away(api, unconfirmed(method))
    assert declined.value.code == "expired_card"


def test_a_card_expires_by_the_clock_too(
    api: Stripe, simulator: Simulator, kept: Make, unconfirmed: Make
) -> None:
    method = kept()
    simulator.advance(12 * 365 * 24 * 3600)
    with pytest.raises(stripe.CardError) as declined:
        away(api, unconfirmed(method))
    assert declined.value.code == "expired_card"


def test_a_forgotten_card_can_never_be_charged_again(
    api: Stripe, customer: str, kept: Make, unconfirmed: Make
) -> None:
    method = kept()
    assert api.v1.payment_methods.detach(method, None, api.own()).customer is None
    assert not api.v1.payment_methods.list({"customer": customer}, api.own()).data
    with pytest.raises(stripe.InvalidRequestError):
        unconfirmed(method)
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.payment_methods.detach(method, None, api.own())


def test_a_deleted_customer_takes_the_cards_along(
    api: Stripe, simulator: Simulator, customer: str, kept: Make
) -> None:
    method = kept()
    simulator.pending_events()
    simulator.dashboard_delete_customer(customer)
    assert types(simulator) == ["v1.customer.deleted"]
    assert api.v1.payment_methods.retrieve(method, None, api.own()).customer is None
    assert api.v1.customers.retrieve(customer, None, api.own()).deleted


# --- pages that only keep a card ----------------------------------------------------------------------


@pytest.fixture
def open_setup(api: Stripe, customer: str) -> Make:
    def make(**changes: Any) -> Any:
        params = {
            "mode": "setup",
            "customer": customer,
            "currency": "usd",
            "setup_intent_data": {"metadata": {"mandate": "1"}},
            "allowed_payment_method_types": ["card"],
            "success_url": "http://localhost:9/done?cs={CHECKOUT_SESSION_ID}",
            "cancel_url": "http://localhost:9/back",
            **changes,
        }
        return api.v1.checkout.sessions.create(params, api.own())

    return make


def test_a_page_that_keeps_a_card_takes_no_money(api: Stripe, open_setup: Make) -> None:
    session = open_setup()
    assert (session.status, session.payment_status) == ("open", "no_payment_required")
    assert (session.amount_total, session.payment_intent) == (None, None)
    intent = api.v1.setup_intents.retrieve(session.setup_intent, None, api.own())
    assert (intent.status, intent.usage, intent.metadata["mandate"]) == (
        "requires_payment_method",
        "off_session",
        "1",
    )


def test_a_page_that_keeps_a_card_names_its_currency(open_setup: Make) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        open_setup(currency=None)
    with pytest.raises(stripe.InvalidRequestError):
        open_setup(submit_type="book")


def test_a_card_is_kept_on_a_page(
    api: Stripe, simulator: Simulator, customer: str, open_setup: Make, unconfirmed: Make
) -> None:
    session = open_setup()
    done = simulator.pay(session.id, card="5555555555554444")
    assert (done.status, done.intent_id) == ("succeeded", session.setup_intent)
    assert types(simulator) == [
        "v1.payment_method.attached",
        "v1.setup_intent.succeeded",
        "v1.checkout.session.completed",
    ]
    assert api.v1.payment_methods.retrieve(done.method_id, None, api.own()).customer == customer
    assert away(api, unconfirmed(done.method_id)).status == "requires_capture"


def test_a_page_says_why_a_card_is_not_kept(api: Stripe, simulator: Simulator, open_setup: Make) -> None:
    session = open_setup()
    assert simulator.pay(session.id, card="4000000000009995").status == "requires_payment_method"
    intent = api.v1.setup_intents.retrieve(session.setup_intent, None, api.own())
    assert intent.last_setup_error.decline_code == "insufficient_funds"
    assert types(simulator) == ["v1.setup_intent.setup_failed"]
    assert simulator.pay(session.id, card="4000002500003155", authenticate=True).status == "succeeded"


def test_an_expired_page_keeps_no_card(api: Stripe, open_setup: Make) -> None:
    session = open_setup()
    api.v1.checkout.sessions.expire(session.id, None, api.own())
    assert api.v1.setup_intents.retrieve(session.setup_intent, None, api.own()).status == "canceled"
