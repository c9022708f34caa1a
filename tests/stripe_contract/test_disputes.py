"""Disputes, inquiries, fraud warnings and reviews: what a payer's bank and Stripe's rules do later."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from connect.simulator.client import Simulator, SimulatorRefused
from tests.stripe_contract.target import Stripe, types_of

Make = Callable[..., Any]


@pytest.fixture
def charge(api: Stripe, simulator: Simulator, captured: Make) -> str:
    """45.00, captured and settled; what was told of it is heard already."""
    simulator.settle_after(0)
    charge_id: str = captured().latest_charge.id
    simulator.pending_events()
    return charge_id


def of(api: Stripe, charge: str) -> list[Any]:
    return list(api.v1.disputes.list({"charge": charge}, api.own()).data)


def test_a_dispute_takes_the_money_and_a_fee(api: Stripe, simulator: Simulator, charge: str) -> None:
    dispute_id = simulator.open_dispute(charge, reason="product_not_received")
    assert types_of(simulator.pending_events()) == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
    ]
    (dispute,) = of(api, charge)
    assert (dispute.id, dispute.status, dispute.reason) == (
        dispute_id,
        "needs_response",
        "product_not_received",
    )
    assert dispute.evidence_details.due_by > api.now()
    (line,) = dispute.balance_transactions
    assert (line.amount, line.fee, line.net) == (-4500, 1500, -6000)
    assert (line.type, line.reporting_category, line.source) == ("adjustment", "dispute", dispute_id)
    assert [(part.type, part.amount) for part in line.fee_details] == [("stripe_fee", 1500)]
    assert api.v1.charges.retrieve(charge, None, api.own()).disputed


def test_a_test_card_is_disputed_as_soon_as_it_is_charged(api: Stripe, captured: Make) -> None:
    params = {
        "amount": 4500,
        "currency": "usd",
        "confirm": True,
        "payment_method": "pm_card_createDispute",
        "allowed_payment_method_types": ["card"],
    }
    intent = api.v1.payment_intents.create(params, api.own())
    if api.simulator is None:
        pytest.skip("a sandbox takes a moment")
    (dispute,) = of(api, intent.latest_charge)
    assert (dispute.status, dispute.reason, dispute.payment_intent) == (
        "needs_response",
        "fraudulent",
        intent.id,
    )


def test_a_won_dispute_gives_the_money_back_but_not_the_fee(
    api: Stripe, simulator: Simulator, charge: str
) -> None:
    dispute_id = simulator.open_dispute(charge)
    simulator.answer_dispute(dispute_id)
    assert of(api, charge)[0].status == "under_review"
    simulator.pending_events()
    simulator.win_dispute(dispute_id)
    assert types_of(simulator.pending_events()) == [
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
    ]
    (dispute,) = of(api, charge)
    lines = [(line.reporting_category, line.net) for line in dispute.balance_transactions]
    assert dispute.status == "won"
    assert lines == [("dispute", -6000), ("dispute_reversal", 4500)]


def test_a_lost_dispute_moves_nothing_more(api: Stripe, simulator: Simulator, charge: str) -> None:
    dispute_id = simulator.open_dispute(charge)
    simulator.pending_events()
    simulator.lose_dispute(dispute_id)
    assert types_of(simulator.pending_events()) == ["charge.dispute.closed"]
    (dispute,) = of(api, charge)
    assert (dispute.status, len(dispute.balance_transactions)) == ("lost", 1)
    with pytest.raises(SimulatorRefused):
        simulator.win_dispute(dispute_id)


def test_a_dispute_can_arrive_lost(api: Stripe, simulator: Simulator, charge: str) -> None:
    simulator.open_dispute(charge, kind="lost")
    assert types_of(simulator.pending_events()) == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.closed",
    ]
    (dispute,) = of(api, charge)
    assert (dispute.status, dispute.evidence_details.due_by) == ("lost", None)


def test_an_inquiry_moves_no_money_and_may_come_to_nothing(
    api: Stripe, simulator: Simulator, charge: str
) -> None:
    dispute_id = simulator.open_dispute(charge, kind="inquiry")
    assert types_of(simulator.pending_events()) == ["charge.dispute.created"]
    (dispute,) = of(api, charge)
    assert (dispute.status, dispute.balance_transactions) == ("warning_needs_response", [])
    with pytest.raises(SimulatorRefused):
        simulator.lose_dispute(dispute_id)
    simulator.win_dispute(dispute_id)
    assert types_of(simulator.pending_events()) == ["charge.dispute.closed"]
    assert of(api, charge)[0].status == "warning_closed"


def test_an_inquiry_may_become_a_dispute(api: Stripe, simulator: Simulator, charge: str) -> None:
    dispute_id = simulator.open_dispute(charge, kind="inquiry")
    simulator.pending_events()
    simulator.escalate_dispute(dispute_id)
    assert types_of(simulator.pending_events()) == [
        "charge.dispute.updated",
        "charge.dispute.funds_withdrawn",
    ]
    (dispute,) = of(api, charge)
    assert (dispute.status, len(dispute.balance_transactions)) == ("needs_response", 1)


def test_what_the_bank_has_taken_is_not_refunded_as_well(
    api: Stripe, simulator: Simulator, charge: str
) -> None:
    dispute_id = simulator.open_dispute(charge)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.refunds.create({"charge": charge}, api.own())
    assert refused.value.code == "charge_disputed"
    simulator.win_dispute(dispute_id)
    assert api.v1.refunds.create({"charge": charge}, api.own()).amount == 4500


def test_an_inquiry_can_be_answered_by_a_refund(api: Stripe, simulator: Simulator, charge: str) -> None:
    simulator.open_dispute(charge, kind="inquiry")
    assert of(api, charge)[0].is_charge_refundable
    assert api.v1.refunds.create({"charge": charge}, api.own()).status == "succeeded"


def test_only_what_was_not_refunded_is_disputed(api: Stripe, simulator: Simulator, charge: str) -> None:
    api.v1.refunds.create({"charge": charge, "amount": 1000}, api.own())
    simulator.open_dispute(charge)
    assert of(api, charge)[0].amount == 3500


def test_nothing_is_disputed_that_was_not_taken(simulator: Simulator, authorised: Make) -> None:
    with pytest.raises(SimulatorRefused):
        simulator.open_dispute(authorised().latest_charge)


def test_a_fraud_warning_can_be_acted_upon_until_the_money_is_back(
    api: Stripe, simulator: Simulator, charge: str
) -> None:
    warning_id = simulator.warn_of_fraud(charge)
    (warning,) = api.v1.radar.early_fraud_warnings.list({"charge": charge}, api.own()).data
    assert (warning.id, warning.actionable) == (warning_id, True)
    api.v1.refunds.create({"charge": charge, "amount": 1000}, api.own())
    assert api.v1.radar.early_fraud_warnings.retrieve(warning_id, None, api.own()).actionable
    api.v1.refunds.create({"charge": charge}, api.own())
    assert not api.v1.radar.early_fraud_warnings.retrieve(warning_id, None, api.own()).actionable
    told = [kind for kind in types_of(simulator.pending_events()) if kind.startswith("radar")]
    assert told == ["radar.early_fraud_warning.created", "radar.early_fraud_warning.updated"]


@pytest.mark.parametrize("answer", ["dispute", "release"])
def test_a_warning_is_over_when_the_money_is_gone_or_was_never_taken(
    api: Stripe, simulator: Simulator, authorised: Make, answer: str
) -> None:
    intent = authorised()
    warning_id = simulator.warn_of_fraud(intent.latest_charge)
    if answer == "release":
        api.v1.payment_intents.cancel(intent.id, None, api.own())
    else:
        api.v1.payment_intents.capture(intent.id, None, api.own())
        simulator.open_dispute(intent.latest_charge)
    assert not api.v1.radar.early_fraud_warnings.retrieve(warning_id, None, api.own()).actionable


def test_a_payment_is_reviewed_and_let_through(api: Stripe, simulator: Simulator, authorised: Make) -> None:
    intent = authorised()
    simulator.pending_events()
    review_id = simulator.open_review(intent.id)
    asked = {"expand": ["review"]}
    review = api.v1.payment_intents.retrieve(intent.id, asked, api.own()).review
    assert (review.id, review.open, review.payment_intent) == (review_id, True, intent.id)
    simulator.close_review(review_id)
    review = api.v1.reviews.retrieve(review_id, None, api.own())
    assert (review.open, review.closed_reason) == (False, "approved")
    assert types_of(simulator.pending_events()) == ["review.opened", "review.closed"]
    assert api.v1.payment_intents.capture(intent.id, None, api.own()).status == "succeeded"


def test_a_card_is_held_for_review_and_the_end_of_its_payment_ends_it(
    api: Stripe, simulator: Simulator, open_checkout: Make
) -> None:
    paid = simulator.pay(open_checkout().id, card="4000000000009235")
    assert types_of(simulator.pending_events())[:2] == ["charge.succeeded", "review.opened"]
    intent = api.v1.payment_intents.cancel(paid.intent_id, {"expand": ["review"]}, api.own())
    assert (intent.review.open, intent.review.closed_reason) == (False, "canceled")
