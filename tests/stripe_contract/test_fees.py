"""The platform's fees, the processor's, and refunds: what comes off, what goes back, and in whose name."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from connect.simulator.client import Simulator
from tests.stripe_contract.target import Stripe

Make = Callable[..., Any]


def test_the_platform_sees_its_fee_and_the_account_does_not(api: Stripe, captured: Make) -> None:
    charge = captured(450).latest_charge
    fee = api.v1.application_fees.retrieve(charge.application_fee)
    assert (fee.amount, fee.amount_refunded, fee.charge) == (450, 0, charge.id)
    assert [found.id for found in api.v1.application_fees.list({"charge": charge.id}).data] == [fee.id]
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.application_fees.retrieve(fee.id, None, api.own())


def test_a_fee_goes_back_in_parts_and_never_beyond_what_was_taken(api: Stripe, captured: Make) -> None:
    fee_id = captured(450).latest_charge.application_fee
    api.v1.application_fees.refunds.create(fee_id, {"amount": 150})
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.application_fees.refunds.create(fee_id, {"amount": 301})
    api.v1.application_fees.refunds.create(fee_id, {"amount": 300})
    fee = api.v1.application_fees.retrieve(fee_id)
    assert (fee.amount_refunded, fee.refunded) == (450, True)
    assert sorted(refund.amount for refund in fee.refunds.data) == [150, 300]
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.application_fees.refunds.create(fee_id, {"amount": 1})


def test_a_refund_leaves_the_platforms_fee_where_it_is(api: Stripe, captured: Make) -> None:
    charge = captured(450).latest_charge
    refund = api.v1.refunds.create({"charge": charge.id, "amount": 1000}, api.own())
    assert (refund.amount, refund.charge) == (1000, charge.id)
    charge = api.v1.charges.retrieve(charge.id, None, api.own())
    assert (charge.amount_refunded, charge.refunded) == (1000, False)
    assert api.v1.application_fees.retrieve(charge.application_fee).amount_refunded == 0


def test_a_refund_is_never_more_than_what_is_left(api: Stripe, captured: Make) -> None:
    intent = captured()
    api.v1.refunds.create({"payment_intent": intent.id, "amount": 4000}, api.own())
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.refunds.create({"payment_intent": intent.id, "amount": 501}, api.own())
    api.v1.refunds.create({"payment_intent": intent.id}, api.own())
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.refunds.create({"payment_intent": intent.id}, api.own())
    assert refused.value.code == "charge_already_refunded"


def test_a_refund_of_a_charge_is_listed_and_its_parts_add_up(api: Stripe, captured: Make) -> None:
    intent = captured()
    for amount in (1000, 500):
        api.v1.refunds.create({"payment_intent": intent.id, "amount": amount}, api.own())
    listed = api.v1.refunds.list({"payment_intent": intent.id}, api.own())
    assert sum(refund.amount for refund in listed.data) == 1500


def test_a_fee_cannot_be_sent_back_with_a_refund_when_there_is_none(api: Stripe, authorised: Make) -> None:
    intent = authorised()
    api.v1.payment_intents.capture(intent.id, None, api.own())
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.refunds.create({"payment_intent": intent.id, "refund_application_fee": True}, api.own())


def test_the_processors_fee_is_known_later_and_adds_up(
    api: Stripe, simulator: Simulator, captured: Make
) -> None:
    simulator.settle_after(60)
    intent = captured(450)
    assert intent.latest_charge.balance_transaction is None
    simulator.pending_events()
    simulator.advance(61)
    (event,) = simulator.pending_events()
    assert b"v1.charge.updated" in event.body
    expand = {"expand": ["balance_transaction"]}
    entry = api.v1.charges.retrieve(intent.latest_charge.id, expand, api.own()).balance_transaction
    parts = {detail.type: detail.amount for detail in entry.fee_details}
    assert parts == {"application_fee": 450, "stripe_fee": 161}  # 2.9 % of 45.00 is 1.305, and 0.30
    assert (entry.amount, entry.fee, entry.net) == (4500, 611, 3889)


def test_a_balance_entry_adds_up(api: Stripe, captured: Make) -> None:
    charge = captured(450).latest_charge
    for entry in api.v1.balance_transactions.list({"source": charge.id}, api.own()).data:
        assert entry.amount - entry.fee == entry.net
        assert sum(detail.amount for detail in entry.fee_details) == entry.fee


def test_yen_have_no_hundredths(api: Stripe, simulator: Simulator, authorised: Make) -> None:
    simulator.settle_after(0)
    intent = authorised(amount=4500, currency="jpy")
    params = {"expand": ["latest_charge.balance_transaction"]}
    entry = api.v1.payment_intents.capture(intent.id, params, api.own()).latest_charge.balance_transaction
    assert (entry.amount, entry.currency, entry.fee) == (4500, "jpy", 161)


def test_the_coach_can_refund_in_the_dashboard(api: Stripe, simulator: Simulator, captured: Make) -> None:
    charge = captured().latest_charge
    simulator.pending_events()
    simulator.dashboard_refund(charge.id, 2250)
    assert api.v1.charges.retrieve(charge.id, None, api.own()).amount_refunded == 2250
    kinds = b" ".join(event.body for event in simulator.pending_events())
    assert b"v1.refund.created" in kinds
    assert b"v1.charge.refunded" in kinds
