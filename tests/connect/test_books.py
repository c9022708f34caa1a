"""What the gateway reads of a coach's balance, payouts and disputes, and what it makes of it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connect import gateway
from connect.simulator.client import Simulator, start_simulator

Pay = Callable[..., gateway.ChargeView]
MONDAY = datetime(2026, 6, 8, 9, tzinfo=UTC)
TAKEN = 4500 - 450 - 161


@pytest.fixture(scope="module")
def running() -> Iterator[Simulator]:
    with start_simulator(settle_seconds=0) as simulator:
        yield simulator


@pytest.fixture
def simulator(running: Simulator, settings: Any) -> Simulator:
    running.reset()
    running.set_clock(MONDAY)
    settings.STRIPE_API_KEY, settings.STRIPE_API_BASE = "sk_test_simulated", running.url
    return running


@pytest.fixture
def account(simulator: Simulator) -> str:
    opened = gateway.create_account(
        schema_name="t_1", email="m@example.com", display_name="Maya", country="us", currency="usd"
    )
    simulator.activate(opened.id)
    return opened.id


@pytest.fixture
def pay(account: str, simulator: Simulator) -> Pay:
    """One payment of 45.00 each, captured with a fee of 4.50."""
    numbers = iter(range(100))

    def make(*, currency: str = "usd") -> gateway.ChargeView:
        number = next(numbers)
        params = gateway.checkout_params(
            name="Tennis lesson",
            description="",
            amount_minor=4500,
            currency=currency,
            fee_minor=450,
            customer_email="payer@example.com",
            client_reference=str(number),
            metadata={"attempt": str(number)},
            expires_at=datetime.fromtimestamp(simulator.now(), UTC) + timedelta(minutes=31),
            success_url="https://maya.example.com/paid",
            cancel_url="https://maya.example.com/book",
        )
        page = gateway.create_checkout(account_id=account, key=f"cs-{number}", params=params)
        intent_id = simulator.pay(page.id).intent_id
        key = f"cap-{number}"
        taken = gateway.capture(account_id=account, intent_id=intent_id, fee_minor=450, key=key)
        assert taken.charge is not None
        return taken.charge

    return make


def refund(account: str, charge: gateway.ChargeView, amount_minor: int) -> gateway.RefundView:
    assert charge.intent_id is not None
    return gateway.refund(
        account_id=account, intent_id=charge.intent_id, key=f"re-{charge.id}", amount_minor=amount_minor
    )


def test_the_balance_is_what_is_there_and_what_comes(account: str, pay: Pay, simulator: Simulator) -> None:
    assert gateway.fetch_balance(account_id=account) == gateway.BalanceView({"usd": 0}, {"usd": 0})
    pay()
    assert gateway.fetch_balance(account_id=account) == gateway.BalanceView({"usd": 0}, {"usd": TAKEN})
    simulator.payout_schedule(account, "manual")
    simulator.advance(2 * 24 * 3600)
    assert gateway.fetch_balance(account_id=account) == gateway.BalanceView({"usd": TAKEN}, {"usd": 0})


def test_every_line_of_the_account_says_what_it_belongs_to(
    account: str, pay: Pay, simulator: Simulator
) -> None:
    charge = pay()
    returned = refund(account, charge, 1000)
    assert charge.application_fee_id is not None
    fee_return = gateway.return_fee(fee_id=charge.application_fee_id, missing_minor=100, key="feeref-1")
    dispute_id = simulator.open_dispute(charge.id, amount=2000)
    simulator.charge_cost(account, 300, description="Radar")
    elsewhere = simulator.sell_elsewhere(account, 9900)
    lines = list(gateway.list_balance_lines(account_id=account))
    assert [(line.type, line.reporting_category, line.source_id, line.charge_id) for line in lines] == [
        ("charge", "charge", elsewhere, elsewhere),
        ("stripe_fee", "fee", None, None),
        ("adjustment", "dispute", dispute_id, charge.id),
        ("adjustment", "fee", fee_return.id, None),
        ("refund", "refund", returned.id, charge.id),
        ("charge", "charge", charge.id, charge.id),
    ]
    own = lines[-1]
    assert (own.amount_minor, own.fee_minor, own.net_minor, own.currency) == (4500, 611, TAKEN, "usd")
    assert own.fee_details == (("application_fee", 450, "usd"), ("stripe_fee", 161, "usd"))
    assert own.available_on == datetime(2026, 6, 10, tzinfo=UTC)
    assert lines[1].description == "Radar"
    balance = gateway.fetch_balance(account_id=account)
    assert sum(line.net_minor for line in lines) == balance.available["usd"] + balance.pending["usd"]


def test_lines_are_read_page_by_page_and_from_a_moment_on(
    account: str, pay: Pay, simulator: Simulator
) -> None:
    pay()
    simulator.advance(3600)
    since = datetime.fromtimestamp(simulator.now(), UTC)
    for _ in range(120):
        simulator.charge_cost(account, 1)
    assert len(list(gateway.list_balance_lines(account_id=account))) == 121
    assert len(list(gateway.list_balance_lines(account_id=account, since=since))) == 120


def test_a_payout_is_read_with_its_lines(account: str, pay: Pay, simulator: Simulator) -> None:
    charge = pay()
    simulator.set_clock(datetime(2026, 6, 10, 0, 30, tzinfo=UTC))
    (payout,) = gateway.list_payouts(account_id=account)
    assert (payout.status, payout.automatic, payout.reconciled) == ("pending", True, False)
    assert list(gateway.list_balance_lines(account_id=account, payout_id=payout.id)) == []
    simulator.set_clock(datetime(2026, 6, 11, 9, tzinfo=UTC))
    payout = gateway.fetch_payout(account_id=account, payout_id=payout.id)
    assert (payout.status, payout.reconciled, payout.amount_minor, payout.currency) == (
        "paid",
        True,
        TAKEN,
        "usd",
    )
    assert payout.arrival_on == datetime(2026, 6, 11, tzinfo=UTC)
    assert (payout.method, payout.destination_last4, payout.failure_code) == ("standard", "6789", None)
    lines = list(gateway.list_balance_lines(account_id=account, payout_id=payout.id))
    assert {(line.source_id, line.net_minor) for line in lines} == {(charge.id, TAKEN), (payout.id, -TAKEN)}
    later = datetime(2026, 6, 11, tzinfo=UTC)
    assert list(gateway.list_payouts(account_id=account, since=later)) == []
    simulator.fail_payout(payout.id, "no_account")
    payout = gateway.fetch_payout(account_id=account, payout_id=payout.id)
    assert (payout.status, payout.failure_code) == ("failed", "no_account")


def test_a_payout_by_hand_has_no_lines_to_read(account: str, pay: Pay, simulator: Simulator) -> None:
    simulator.payout_schedule(account, "manual")
    pay()
    simulator.advance(3 * 24 * 3600)
    payout = gateway.fetch_payout(account_id=account, payout_id=simulator.pay_out(account, 1000))
    assert (payout.automatic, payout.reconciled) == (False, False)
    with pytest.raises(gateway.GatewayRefused):
        list(gateway.list_balance_lines(account_id=account, payout_id=payout.id))


def test_a_dispute_is_read_with_what_it_moved(account: str, pay: Pay, simulator: Simulator) -> None:
    charge = pay()
    assert gateway.fetch_disputes(account_id=account, charge_id=charge.id) == ()
    dispute_id = simulator.open_dispute(charge.id, kind="inquiry")
    (inquiry,) = gateway.fetch_disputes(account_id=account, charge_id=charge.id)
    assert (inquiry.is_inquiry, inquiry.lines) == (True, ())
    simulator.escalate_dispute(dispute_id)
    (dispute,) = gateway.fetch_disputes(account_id=account, charge_id=charge.id)
    assert (dispute.status, dispute.is_inquiry, dispute.amount_minor) == ("needs_response", False, 4500)
    assert (dispute.charge_id, dispute.intent_id) == (charge.id, charge.intent_id)
    assert dispute.evidence_due_by is not None
    assert dispute.evidence_due_by > dispute.created
    simulator.win_dispute(dispute_id)
    (won,) = gateway.fetch_disputes(account_id=account, charge_id=charge.id)
    assert [(line.reporting_category, line.fee_minor, line.net_minor) for line in won.lines] == [
        ("dispute", 1500, -6000),
        ("dispute_reversal", 0, 4500),
    ]
    assert {line.charge_id for line in won.lines} == {charge.id}


def test_a_fraud_warning_says_whether_something_can_be_done(
    account: str, pay: Pay, simulator: Simulator
) -> None:
    charge = pay()
    warning_id = simulator.warn_of_fraud(charge.id)
    (warning,) = gateway.fetch_fraud_warnings(account_id=account, charge_id=charge.id)
    assert (warning.id, warning.actionable, warning.intent_id) == (warning_id, True, charge.intent_id)
    refund(account, charge, 4500)
    (warning,) = gateway.fetch_fraud_warnings(account_id=account, charge_id=charge.id)
    assert not warning.actionable


def test_whatever_is_told_of_leads_to_its_payment(account: str, pay: Pay, simulator: Simulator) -> None:
    charge = pay()
    assert charge.intent_id is not None
    known = [
        charge.id,
        refund(account, charge, 100).id,
        simulator.warn_of_fraud(charge.id),
        simulator.open_review(charge.intent_id),
        simulator.open_dispute(charge.id),
    ]
    for object_id in known:
        assert gateway.fetch_intent_id(account_id=account, object_id=object_id) == charge.intent_id
    assert gateway.fetch_intent_id(account_id=account, object_id="po_1") is None


def test_charges_of_others_are_seen_and_bear_nothing_of_ours(
    account: str, pay: Pay, simulator: Simulator
) -> None:
    ours = pay()
    simulator.advance(60)
    since = datetime.fromtimestamp(simulator.now(), UTC)
    elsewhere = simulator.sell_elsewhere(account, 9900)
    found = {charge.id: charge for charge in gateway.list_charges(account_id=account)}
    assert set(found) == {ours.id, elsewhere}
    assert found[ours.id].net_minor == TAKEN
    assert (found[elsewhere].application_fee_id, found[elsewhere].captured) == (None, True)
    assert [charge.id for charge in gateway.list_charges(account_id=account, since=since)] == [elsewhere]


def test_the_platforms_own_fees_are_listed_over_all_accounts(
    account: str, pay: Pay, simulator: Simulator
) -> None:
    charges = [pay(), pay()]
    fees = list(gateway.list_application_fees())
    assert [(fee.charge_id, fee.amount_minor, fee.account_id) for fee in fees] == [
        (charge.id, 450, account) for charge in reversed(charges)
    ]
    simulator.advance(60)
    since = datetime.fromtimestamp(simulator.now(), UTC)
    assert list(gateway.list_application_fees(since=since)) == []


def test_money_of_another_currency_is_read_in_both(account: str, pay: Pay, simulator: Simulator) -> None:
    simulator.settle_in(account, "usd", rate=1.25)
    charge = pay(currency="eur")
    assert (charge.currency, charge.amount_captured_minor) == ("eur", 4500)
    assert (charge.settlement_currency, charge.settled_minor) == ("usd", 5625)
    assert charge.exchange_rate == Decimal("1.25")


def test_a_list_that_cannot_be_read_to_its_end_says_so(account: str, simulator: Simulator) -> None:
    for _ in range(101):
        simulator.charge_cost(account, 1)
    lines = gateway.list_balance_lines(account_id=account)
    seen = [next(lines) for _ in range(100)]
    simulator.fail_next("/balance_transactions$", "unreachable", 3)
    with pytest.raises(gateway.GatewayUnavailable):
        seen.extend(lines)
