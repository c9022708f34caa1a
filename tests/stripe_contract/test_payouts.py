"""The balance and its payouts: made by themselves or by hand, itemised or not, arriving or failing."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe

from connect.simulator.client import Simulator, SimulatorRefused
from tests.stripe_contract.target import Stripe, types_of

Make = Callable[..., Any]
HOUR, DAY = 3600, 24 * 3600
MONDAY = datetime(2026, 6, 8, 9, tzinfo=UTC)
TAKEN = 4500 - 450 - 161


@pytest.fixture(autouse=True)
def _monday(simulator: Simulator) -> None:
    """Nobody can tell a sandbox what day it is."""
    simulator.settle_after(0)
    simulator.set_clock(MONDAY)


def move_to(simulator: Simulator, day: int, hour: int) -> None:
    simulator.set_clock(MONDAY.replace(day=day, hour=hour))


def on_balance(api: Stripe) -> tuple[int, int]:
    """Available and pending."""
    balance = api.v1.balance.retrieve(None, api.own())
    return sum(part.amount for part in balance.available), sum(part.amount for part in balance.pending)


def payouts_of(api: Stripe) -> list[Any]:
    return list(api.v1.payouts.list(None, api.own()).data)


def lines_of(api: Stripe, payout: str) -> list[tuple[str, int]]:
    found = api.v1.balance_transactions.list({"payout": payout}, api.own()).data
    return sorted((line.reporting_category, line.net) for line in found)


def test_an_account_begins_with_nothing(api: Stripe) -> None:
    assert on_balance(api) == (0, 0)
    assert payouts_of(api) == []


def test_money_is_pending_for_two_working_days(api: Stripe, simulator: Simulator, captured: Make) -> None:
    captured()
    assert on_balance(api) == (0, TAKEN)
    (line,) = api.v1.balance_transactions.list(None, api.own()).data
    assert (line.status, line.available_on) == ("pending", int(datetime(2026, 6, 10, tzinfo=UTC).timestamp()))
    move_to(simulator, 9, 23)
    assert (on_balance(api), payouts_of(api)) == ((0, TAKEN), [])
    simulator.payout_schedule(api.account, "manual")
    move_to(simulator, 10, 1)
    assert (on_balance(api), payouts_of(api)) == ((TAKEN, 0), [])
    assert api.v1.balance_transactions.retrieve(line.id, None, api.own()).status == "available"


def test_a_weekend_is_waited_for(api: Stripe, simulator: Simulator, captured: Make) -> None:
    move_to(simulator, 12, 9)
    captured()
    move_to(simulator, 15, 23)
    assert payouts_of(api) == []
    move_to(simulator, 16, 1)
    assert [payout.amount for payout in payouts_of(api)] == [TAKEN]


def test_a_payout_is_made_by_itself_and_says_what_it_is_made_of(
    api: Stripe, simulator: Simulator, captured: Make
) -> None:
    charge = captured().latest_charge.id
    captured()
    api.v1.refunds.create({"charge": charge, "amount": 1000}, api.own())
    simulator.charge_cost(api.account, 200)
    simulator.pending_events()
    move_to(simulator, 10, 0)
    (payout,) = payouts_of(api)
    assert (payout.amount, payout.status, payout.automatic) == (2 * TAKEN - 1200, "pending", True)
    assert (payout.reconciliation_status, lines_of(api, payout.id)) == ("in_progress", [])
    assert on_balance(api) == (0, 0)
    move_to(simulator, 10, 2)
    assert types_of(simulator.pending_events()) == [
        "payout.created",
        "payout.updated",
        "payout.reconciliation_completed",
    ]
    assert lines_of(api, payout.id) == [
        ("charge", TAKEN),
        ("charge", TAKEN),
        ("fee", -200),
        ("payout", -payout.amount),
        ("refund", -1000),
    ]
    move_to(simulator, 11, 1)
    assert types_of(simulator.pending_events()) == ["payout.paid"]
    paid = api.v1.payouts.retrieve(payout.id, {"expand": ["destination"]}, api.own())
    assert (paid.status, paid.destination.last4) == ("paid", "6789")


def test_each_day_has_its_own_payout_even_when_the_clock_jumps(
    api: Stripe, simulator: Simulator, captured: Make
) -> None:
    captured()
    move_to(simulator, 9, 9)
    captured()
    move_to(simulator, 30, 9)
    made = [datetime.fromtimestamp(payout.created, UTC).day for payout in payouts_of(api)]
    assert made == [11, 10]
    assert {payout.status for payout in payouts_of(api)} == {"paid"}


def test_what_is_owed_to_stripe_is_taken_from_the_next_payout(
    api: Stripe, simulator: Simulator, captured: Make
) -> None:
    charge = captured().latest_charge.id
    move_to(simulator, 10, 9)
    simulator.open_dispute(charge)
    assert on_balance(api) == (-6000, 0)
    move_to(simulator, 11, 9)
    captured(), captured()
    move_to(simulator, 16, 9)
    later, first = payouts_of(api)
    assert (first.amount, later.amount) == (TAKEN, 2 * TAKEN - 6000)
    assert ("dispute", -6000) in lines_of(api, later.id)


def test_a_payout_by_hand_is_not_itemised(api: Stripe, simulator: Simulator, captured: Make) -> None:
    simulator.payout_schedule(api.account, "manual")
    captured()
    with pytest.raises(SimulatorRefused):
        simulator.pay_out(api.account)
    move_to(simulator, 10, 9)
    simulator.pending_events()
    payout_id = simulator.pay_out(api.account, 3000)
    payout = api.v1.payouts.retrieve(payout_id, None, api.own())
    assert (payout.amount, payout.automatic, payout.reconciliation_status) == (3000, False, "not_applicable")
    assert on_balance(api) == (TAKEN - 3000, 0)
    with pytest.raises(stripe.InvalidRequestError):
        lines_of(api, payout_id)
    move_to(simulator, 11, 9)
    assert types_of(simulator.pending_events()) == ["payout.created", "payout.updated", "payout.paid"]


def test_what_was_kept_back_is_paid_out_when_that_is_left_to_stripe_again(
    api: Stripe, simulator: Simulator, captured: Make
) -> None:
    simulator.payout_schedule(api.account, "manual")
    captured()
    move_to(simulator, 12, 9)
    simulator.pay_out(api.account, 1000)
    simulator.payout_schedule(api.account, "daily")
    move_to(simulator, 15, 9)
    automatic = payouts_of(api)[0]
    assert (automatic.automatic, automatic.amount) == (True, TAKEN - 1000)
    assert lines_of(api, automatic.id) == sorted(
        [("charge", TAKEN), ("payout", -1000), ("payout", 1000 - TAKEN)]
    )


def test_a_payout_that_fails_is_on_the_balance_again(
    api: Stripe, simulator: Simulator, captured: Make
) -> None:
    captured()
    move_to(simulator, 11, 9)
    (payout,) = payouts_of(api)
    assert payout.status == "paid"
    simulator.pending_events()
    simulator.fail_payout(payout.id)
    assert types_of(simulator.pending_events()) == ["payout.failed"]
    failed = api.v1.payouts.retrieve(payout.id, None, api.own())
    assert (failed.status, failed.failure_code) == ("failed", "account_closed")
    assert on_balance(api) == (TAKEN, 0)
    move_to(simulator, 12, 9)
    assert len(payouts_of(api)) == 1, "nothing more goes to a bank that sends it back"
    simulator.mend_bank_account(api.account)
    move_to(simulator, 15, 9)
    again = payouts_of(api)[0]
    assert again.amount == TAKEN
    assert lines_of(api, again.id) == [("payout", -TAKEN), ("payout_reversal", TAKEN)]


def test_only_a_payout_that_waits_can_be_cancelled(api: Stripe, simulator: Simulator, captured: Make) -> None:
    captured()
    move_to(simulator, 10, 0)
    (payout,) = payouts_of(api)
    simulator.pending_events()
    simulator.cancel_payout(payout.id)
    assert types_of(simulator.pending_events()) == ["payout.canceled"]
    assert on_balance(api) == (TAKEN, 0)
    with pytest.raises(SimulatorRefused):
        simulator.cancel_payout(payout.id)


def test_the_lines_of_an_account_make_its_balance(api: Stripe, simulator: Simulator, captured: Make) -> None:
    charge = captured().latest_charge
    api.v1.refunds.create({"charge": charge.id, "amount": 2250}, api.own())
    api.v1.application_fees.refunds.create(charge.application_fee, {"amount": 225})
    simulator.open_dispute(captured().latest_charge.id)
    simulator.sell_elsewhere(api.account, 9900)
    simulator.charge_cost(api.account, 700, description="Radar")
    move_to(simulator, 19, 9)
    lines = list(api.v1.balance_transactions.list({"limit": 2}, api.own()).auto_paging_iter())
    assert all(line.amount - line.fee == line.net for line in lines)
    assert sum(line.net for line in lines) == sum(on_balance(api))
    assert len({line.id for line in lines}) == len(lines)
    (payout,) = payouts_of(api)
    assert payout.amount == -next(line.net for line in lines if line.type == "payout")


def test_a_returned_fee_comes_to_the_coach_from_the_platform(api: Stripe, captured: Make) -> None:
    charge = captured(450).latest_charge
    returned = api.v1.application_fees.refunds.create(charge.application_fee, {"amount": 100})
    (line,) = api.v1.balance_transactions.list({"source": returned.id}, api.own()).data
    assert (line.type, line.reporting_category, line.net) == ("adjustment", "fee", 100)
    platforms = api.v1.balance_transactions.list({"source": returned.id}).data
    assert [(each.reporting_category, each.net) for each in platforms] == [("platform_earning_refund", -100)]


def test_a_sale_elsewhere_is_nobodys_but_the_coachs(api: Stripe, simulator: Simulator) -> None:
    charge_id = simulator.sell_elsewhere(api.account, 9900, description="Racket")
    charge = api.v1.charges.retrieve(charge_id, None, api.own())
    assert (charge.captured, charge.amount, charge.description) == (True, 9900, "Racket")
    assert (charge.application, charge.application_fee, charge.metadata.to_dict()) == (None, None, {})


def test_another_currency_is_converted(api: Stripe, simulator: Simulator, authorised: Make) -> None:
    simulator.settle_in(api.account, "usd", rate=1.1)
    intent = authorised(currency="eur")
    params = {"application_fee_amount": 450, "expand": ["latest_charge.balance_transaction"]}
    charge = api.v1.payment_intents.capture(intent.id, params, api.own()).latest_charge
    line = charge.balance_transaction
    assert (charge.currency, charge.amount, charge.application_fee_amount) == ("eur", 4500, 450)
    assert (line.currency, line.amount, line.exchange_rate) == ("usd", 4950, 1.1)
    assert {part.type: part.amount for part in line.fee_details} == {
        "application_fee": 495,
        "stripe_fee": 174,  # 2.9 % of 49.50 is 1.4355, and 0.30
    }
    refund = api.v1.refunds.create(
        {"charge": charge.id, "amount": 1000, "expand": ["balance_transaction"]}, api.own()
    )
    assert (refund.currency, refund.amount) == ("eur", 1000)
    assert (refund.balance_transaction.currency, refund.balance_transaction.net) == ("usd", -1100)


def test_a_currency_without_hundredths_is_converted_in_whole_units(
    api: Stripe, simulator: Simulator, authorised: Make
) -> None:
    simulator.settle_in(api.account, "usd", rate=0.0067)
    params = {"expand": ["latest_charge.balance_transaction"]}
    intent = authorised(amount=4500, currency="jpy")
    line = api.v1.payment_intents.capture(intent.id, params, api.own()).latest_charge.balance_transaction
    assert (line.currency, line.amount) == ("usd", 3015)


def test_lists_are_cut_by_time_and_by_page(api: Stripe, simulator: Simulator, captured: Make) -> None:
    first = captured().latest_charge.id
    simulator.advance(HOUR)
    since = simulator.now()
    second, third = captured().latest_charge.id, captured().latest_charge.id

    def ids(**asked: Any) -> list[str]:
        return [charge.id for charge in api.v1.charges.list(asked, api.own()).data]

    assert ids() == [third, second, first]
    assert ids(created={"gte": since}) == [third, second]
    assert ids(created={"lt": since}) == [first]
    assert ids(limit=1, starting_after=third) == [second]
    page = api.v1.charges.list({"limit": 2}, api.own())
    assert (page.has_more, [each.id for each in page.auto_paging_iter()]) == (True, [third, second, first])
    with pytest.raises(stripe.InvalidRequestError):
        ids(limit=101)
