"""Refunds that take their time, fail or are taken back, and what that does to charge and balance."""

from collections.abc import Callable
from typing import Any

import pytest

from connect.simulator.client import Simulator, SimulatorRefused
from tests.stripe_contract.target import Stripe, types_of

Make = Callable[..., Any]


@pytest.fixture
def sold(api: Stripe, simulator: Simulator) -> Callable[[str], str]:
    """A payment of 45.00 that is captured at once, with a card of Stripe's; answers the charge."""

    def make(method: str = "pm_card_visa") -> str:
        params = {
            "amount": 4500,
            "currency": "usd",
            "confirm": True,
            "payment_method": method,
            "allowed_payment_method_types": ["card"],
        }
        simulator.settle_after(0)
        charge: str = api.v1.payment_intents.create(params, api.own()).latest_charge
        simulator.pending_events()
        return charge

    return make


def lines_of(api: Stripe, refund: str) -> list[tuple[str, int]]:
    found = api.v1.balance_transactions.list({"source": refund}, api.own()).data
    return [(line.reporting_category, line.net) for line in found]


def returned(api: Stripe, charge: str) -> tuple[int, bool]:
    found = api.v1.charges.retrieve(charge, None, api.own())
    return found.amount_refunded, found.refunded


def test_a_refund_that_waits_has_moved_nothing_yet(api: Stripe, simulator: Simulator, sold: Make) -> None:
    charge = sold()
    simulator.refunds_stay_pending()
    refund = api.v1.refunds.create({"charge": charge, "amount": 2000}, api.own())
    assert (refund.status, refund.balance_transaction) == ("pending", None)
    assert (returned(api, charge), lines_of(api, refund.id)) == ((2000, False), [])
    simulator.pending_events()
    simulator.succeed_refund(refund.id)
    assert types_of(simulator.pending_events()) == ["refund.updated"]
    assert api.v1.refunds.retrieve(refund.id, None, api.own()).status == "succeeded"
    assert lines_of(api, refund.id) == [("refund", -2000)]


@pytest.mark.parametrize(("how", "status"), [("fail_refund", "failed"), ("cancel_refund", "canceled")])
def test_a_refund_that_waited_may_come_to_nothing(
    api: Stripe, simulator: Simulator, sold: Make, how: str, status: str
) -> None:
    charge = sold()
    simulator.refunds_stay_pending()
    refund = api.v1.refunds.create({"charge": charge}, api.own())
    assert returned(api, charge) == (4500, True)
    getattr(simulator, how)(refund.id)
    refund = api.v1.refunds.retrieve(refund.id, None, api.own())
    assert (refund.status, refund.failure_balance_transaction) == (status, None)
    assert (returned(api, charge), lines_of(api, refund.id)) == ((0, False), [])
    with pytest.raises(SimulatorRefused):
        simulator.succeed_refund(refund.id)


def test_a_refund_that_succeeded_can_fail_later(api: Stripe, simulator: Simulator, sold: Make) -> None:
    charge = sold("pm_card_refundFail")
    refund = api.v1.refunds.create({"charge": charge}, api.own())
    assert refund.status == "succeeded"
    simulator.pending_events()
    simulator.advance(61)
    assert types_of(simulator.pending_events()) == ["refund.updated", "refund.failed"]
    refund = api.v1.refunds.retrieve(refund.id, None, api.own())
    assert (refund.status, refund.failure_reason) == ("failed", "expired_or_canceled_card")
    assert lines_of(api, refund.id) == [("refund_failure", 4500), ("refund", -4500)]
    assert returned(api, charge) == (0, False)


def test_a_refund_may_take_its_time(api: Stripe, simulator: Simulator, sold: Make) -> None:
    refund = api.v1.refunds.create({"charge": sold("pm_card_pendingRefund")}, api.own())
    assert refund.status == "pending"
    simulator.advance(61)
    assert api.v1.refunds.retrieve(refund.id, None, api.own()).status == "succeeded"


def test_what_came_to_nothing_can_be_refunded_again(api: Stripe, simulator: Simulator, sold: Make) -> None:
    charge = sold()
    refund = api.v1.refunds.create({"charge": charge}, api.own())
    simulator.fail_refund(refund.id)
    assert api.v1.refunds.create({"charge": charge}, api.own()).amount == 4500
