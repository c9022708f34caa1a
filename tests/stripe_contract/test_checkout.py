"""Checkout sessions: open, complete, expired, and what each allows."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from connect.simulator.client import Simulator, SimulatorRefused
from tests.stripe_contract.target import Stripe, new_account

Make = Callable[..., Any]


def test_a_new_page_is_open_and_has_no_payment_yet(open_checkout: Make) -> None:
    session = open_checkout()
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert session.url.startswith("http")
    assert session.amount_total == 4500


def test_a_page_lives_for_at_least_thirty_minutes(api: Stripe, open_checkout: Make) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        open_checkout(expires_at=api.now() + 25 * 60)
    assert refused.value.param == "expires_at"


def test_a_page_lives_for_at_most_a_day(api: Stripe, open_checkout: Make) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        open_checkout(expires_at=api.now() + 25 * 3600)
    assert refused.value.param == "expires_at"


def test_an_amount_below_the_smallest_charge_is_refused(open_checkout: Make) -> None:
    price = {"currency": "usd", "unit_amount": 49, "product_data": {"name": "Too little"}}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        open_checkout(line_items=[{"quantity": 1, "price_data": price}])
    assert refused.value.code == "amount_too_small"


@pytest.mark.parametrize(
    "unknown",
    [
        {"sucess_url": "https://example.com"},
        {"payment_method_types": ["card"]},
        {"payment_intent_data": {"capture_metod": "manual"}},
    ],
    ids=["misspelt", "removed", "nested"],
)
def test_a_parameter_that_stripe_does_not_know_is_refused(open_checkout: Make, unknown: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        open_checkout(**unknown)
    assert refused.value.code == "parameter_unknown"


def test_an_open_page_can_be_expired_once(api: Stripe, open_checkout: Make) -> None:
    session = open_checkout()
    expired = api.v1.checkout.sessions.expire(session.id, None, api.own())
    assert (expired.status, expired.url) == ("expired", None)
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.checkout.sessions.expire(session.id, None, api.own())


def test_a_page_belongs_to_its_account(api: Stripe, simulator: Simulator, open_checkout: Make) -> None:
    session, other = open_checkout(), new_account(api.client)
    for options in ({}, {"stripe_account": other}):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            api.v1.checkout.sessions.retrieve(session.id, None, options)
        assert refused.value.code == "resource_missing"


def test_line_items_come_when_asked_for(api: Stripe, open_checkout: Make) -> None:
    session = open_checkout(expand=["line_items"])
    assert session.line_items.data[0].amount_total == 4500
    assert "line_items" not in api.v1.checkout.sessions.retrieve(session.id, None, api.own())


def test_an_authorised_page_is_complete_and_unpaid(
    api: Stripe, simulator: Simulator, open_checkout: Make
) -> None:
    session = open_checkout()
    paid = simulator.pay(session.id)
    session = api.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]}, api.own())
    assert (session.status, session.payment_status, session.url) == ("complete", "unpaid", None)
    assert session.payment_intent.id == paid.intent_id
    assert session.payment_intent.status == "requires_capture"
    assert session.payment_intent.metadata.to_dict() == {"attempt": "1"}
    assert paid.success_url.endswith(f"?cs={session.id}")


def test_a_complete_page_cannot_be_expired_or_paid_again(
    api: Stripe, simulator: Simulator, open_checkout: Make
) -> None:
    session = open_checkout()
    simulator.pay(session.id)
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.checkout.sessions.expire(session.id, None, api.own())
    with pytest.raises(SimulatorRefused, match="no longer open"):
        simulator.pay(session.id)


def test_a_declined_card_keeps_the_page_open_for_another(
    api: Stripe, simulator: Simulator, open_checkout: Make
) -> None:
    session = open_checkout()
    declined = simulator.pay(session.id, card="4000000000009995")
    intent = api.v1.payment_intents.retrieve(declined.intent_id, None, api.own())
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error.decline_code == "insufficient_funds"
    assert api.v1.checkout.sessions.retrieve(session.id, None, api.own()).status == "open"
    assert simulator.pay(session.id).intent_id == intent.id
    assert api.v1.payment_intents.retrieve(intent.id, None, api.own()).last_payment_error is None


@pytest.mark.parametrize(
    ("answer", "status"), [(True, "requires_capture"), (False, "requires_payment_method")]
)
def test_a_bank_may_ask_the_client_to_confirm(
    simulator: Simulator, open_checkout: Make, answer: bool, status: str
) -> None:
    session = open_checkout()
    assert simulator.pay(session.id, card="4000002500003155", authenticate=answer).status == status


def test_a_page_expires_by_the_clock_and_ends_what_was_tried(
    api: Stripe, simulator: Simulator, open_checkout: Make
) -> None:
    session = open_checkout()
    tried = simulator.pay(session.id, card="4000000000000002")
    simulator.advance(32 * 60)
    assert api.v1.checkout.sessions.retrieve(session.id, None, api.own()).status == "expired"
    assert api.v1.payment_intents.retrieve(tried.intent_id, None, api.own()).status == "canceled"
    with pytest.raises(SimulatorRefused):
        simulator.pay(session.id)


def test_a_payment_cannot_be_cancelled_under_an_open_page(
    api: Stripe, simulator: Simulator, open_checkout: Make
) -> None:
    tried = simulator.pay(open_checkout().id, card="4000000000000002")
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.payment_intents.cancel(tried.intent_id, None, api.own())


def test_a_restricted_account_opens_no_page_and_takes_no_card(
    api: Stripe, simulator: Simulator, open_checkout: Make
) -> None:
    session = open_checkout()
    simulator.restrict(api.account)
    with pytest.raises(stripe.InvalidRequestError):
        open_checkout()
    with pytest.raises(SimulatorRefused, match="cannot take card payments"):
        simulator.pay(session.id)


def test_a_preset_fee_above_the_amount_is_refused(open_checkout: Make) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        open_checkout(payment_intent_data={"capture_method": "manual", "application_fee_amount": 4501})
