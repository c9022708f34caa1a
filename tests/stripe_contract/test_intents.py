"""Payments: authorised, captured with an exact fee, cancelled, lapsed, declined."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from connect.simulator.client import Simulator
from tests.stripe_contract.target import Stripe, new_account

Make = Callable[..., Any]
WHOLE = {"expand": ["latest_charge.balance_transaction", "latest_charge.refunds"]}


def said(error: stripe.CardError) -> Any:
    assert error.error is not None
    return error.error


def test_an_authorisation_is_not_money(api: Stripe, authorised: Make) -> None:
    intent = api.v1.payment_intents.retrieve(authorised().id, WHOLE, api.own())
    charge = intent.latest_charge
    assert (intent.status, intent.amount_capturable, intent.amount_received) == ("requires_capture", 4500, 0)
    assert (charge.paid, charge.captured, charge.amount_captured) == (True, False, 0)
    assert charge.balance_transaction is None
    assert charge.payment_method_details.card.capture_before > api.now() + 24 * 3600


def test_a_fee_can_be_named_at_capture(api: Stripe, authorised: Make) -> None:
    intent = authorised()
    params = {"application_fee_amount": 450, "expand": ["latest_charge"]}
    captured = api.v1.payment_intents.capture(intent.id, params, api.own())
    assert (captured.status, captured.amount_received) == ("succeeded", 4500)
    assert captured.latest_charge.captured
    assert captured.latest_charge.application_fee_amount == 450
    assert captured.latest_charge.application_fee.startswith("fee_")


def test_a_capture_replaces_the_preset_fee(api: Stripe, authorised: Make) -> None:
    intent = authorised(application_fee_amount=450)
    params = {"application_fee_amount": 333, "expand": ["latest_charge"]}
    captured = api.v1.payment_intents.capture(intent.id, params, api.own())
    assert captured.latest_charge.application_fee_amount == 333


def test_a_preset_fee_is_taken_when_the_capture_names_none(api: Stripe, authorised: Make) -> None:
    intent = authorised(application_fee_amount=450)
    captured = api.v1.payment_intents.capture(intent.id, {"expand": ["latest_charge"]}, api.own())
    assert captured.latest_charge.application_fee_amount == 450


def test_a_preset_fee_can_be_unset_before_capture(api: Stripe, authorised: Make) -> None:
    intent = authorised(application_fee_amount=450)
    api.v1.payment_intents.update(intent.id, {"application_fee_amount": ""}, api.own())
    captured = api.v1.payment_intents.capture(intent.id, {"expand": ["latest_charge"]}, api.own())
    assert captured.latest_charge.application_fee is None


@pytest.mark.parametrize("fee", [0, -1, 4501])
def test_a_fee_is_positive_and_within_the_amount(api: Stripe, authorised: Make, fee: int) -> None:
    intent = authorised()
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.payment_intents.capture(intent.id, {"application_fee_amount": fee}, api.own())
    assert api.v1.payment_intents.retrieve(intent.id, None, api.own()).status == "requires_capture"


def test_a_payment_is_captured_once(api: Stripe, captured: Make) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.payment_intents.capture(captured().id, None, api.own())
    assert refused.value.code == "payment_intent_unexpected_state"


def test_a_cancelled_payment_cannot_be_captured(api: Stripe, authorised: Make) -> None:
    intent = authorised()
    api.v1.payment_intents.cancel(intent.id, None, api.own())
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.payment_intents.capture(intent.id, None, api.own())
    assert refused.value.code == "payment_intent_unexpected_state"


def test_a_captured_payment_cannot_be_cancelled(api: Stripe, captured: Make) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.payment_intents.cancel(captured().id, None, api.own())
    assert refused.value.code == "payment_intent_unexpected_state"


def test_more_than_was_authorised_cannot_be_captured(api: Stripe, authorised: Make) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.payment_intents.capture(authorised().id, {"amount_to_capture": 4501}, api.own())


def test_a_released_charge_was_never_captured_and_bears_no_fee(api: Stripe, authorised: Make) -> None:
    intent = authorised(application_fee_amount=450)
    api.v1.payment_intents.cancel(intent.id, None, api.own())
    intent = api.v1.payment_intents.retrieve(intent.id, WHOLE, api.own())
    charge = intent.latest_charge
    assert (intent.status, intent.amount_capturable, intent.amount_received) == ("canceled", 0, 0)
    assert (charge.captured, charge.amount_captured, charge.application_fee) == (False, 0, None)


def test_a_released_charge_is_called_refunded_all_the_same(
    api: Stripe, simulator: Simulator, authorised: Make
) -> None:
    intent = authorised()
    simulator.dashboard_cancel(intent.id)
    charge = api.v1.payment_intents.retrieve(intent.id, WHOLE, api.own()).latest_charge
    assert (charge.refunded, charge.amount_refunded, charge.captured) == (True, 4500, False)
    assert [refund.amount for refund in charge.refunds.data] == [4500]


def test_a_payment_belongs_to_its_account(api: Stripe, simulator: Simulator, authorised: Make) -> None:
    intent, other = authorised(), new_account(api.client)
    for call in (api.v1.payment_intents.retrieve, api.v1.payment_intents.capture):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            call(intent.id, None, {"stripe_account": other})
        assert refused.value.code == "resource_missing"


@pytest.mark.parametrize(
    ("method", "code", "decline_code"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_authenticationRequired", "authentication_required", "authentication_required"),
    ],
)
def test_a_declined_payment_says_why_and_remains(
    api: Stripe, authorised: Make, method: str, code: str, decline_code: str
) -> None:
    with pytest.raises(stripe.CardError) as declined:
        authorised(payment_method=method)
    assert declined.value.code == code
    assert said(declined.value).decline_code == decline_code
    intent_id = said(declined.value).payment_intent.id
    intent = api.v1.payment_intents.retrieve(intent_id, None, api.own())
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error.decline_code == decline_code


def test_a_declined_payment_can_be_confirmed_with_another_card(api: Stripe, authorised: Make) -> None:
    with pytest.raises(stripe.CardError) as declined:
        authorised(payment_method="pm_card_chargeDeclined")
    intent_id = said(declined.value).payment_intent.id
    intent = api.v1.payment_intents.confirm(intent_id, {"payment_method": "pm_card_visa"}, api.own())
    assert intent.status == "requires_capture"


def test_an_authorisation_lapses_by_the_clock(api: Stripe, simulator: Simulator, authorised: Make) -> None:
    intent = authorised(application_fee_amount=450)
    simulator.pending_events()
    simulator.advance(7 * 24 * 3600 - 60)
    assert api.v1.payment_intents.retrieve(intent.id, None, api.own()).status == "requires_capture"
    simulator.advance(61)
    intent = api.v1.payment_intents.retrieve(intent.id, WHOLE, api.own())
    assert (intent.status, intent.latest_charge.captured) == ("canceled", False)
    kinds = [event.body.split(b'"type": "')[1].split(b'"')[0] for event in simulator.pending_events()]
    assert kinds == [b"v1.charge.expired", b"v1.payment_intent.canceled"]


def test_the_coach_can_capture_in_the_dashboard(api: Stripe, simulator: Simulator, authorised: Make) -> None:
    intent = authorised(application_fee_amount=450)
    simulator.dashboard_capture(intent.id)
    charge = api.v1.payment_intents.retrieve(intent.id, WHOLE, api.own()).latest_charge
    assert (charge.captured, charge.application_fee_amount) == (True, 450)


@pytest.mark.parametrize(
    "code",
    [
        "charge_expired_for_capture",
        "capture_charge_authorization_expired",
        "payment_intent_unexpected_state",
        "amount_too_large",
    ],
)
def test_a_capture_can_be_refused_to_order(
    api: Stripe, simulator: Simulator, authorised: Make, code: str
) -> None:
    intent = authorised()
    simulator.fail_next("/capture$", "refused", code=code)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.payment_intents.capture(intent.id, None, api.own())
    assert refused.value.code == code
    assert api.v1.payment_intents.retrieve(intent.id, None, api.own()).status == "requires_capture"
