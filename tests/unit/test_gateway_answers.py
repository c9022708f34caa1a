"""What the gateway makes of Stripe's answers and faults, against the simulated Stripe."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connect import gateway
from connect.simulator.client import Simulator, start_simulator


@pytest.fixture(scope="module")
def running() -> Iterator[Simulator]:
    with start_simulator(settle_seconds=60) as simulator:
        yield simulator


@pytest.fixture
def simulator(running: Simulator, settings: Any) -> Simulator:
    running.reset()
    settings.STRIPE_API_KEY, settings.STRIPE_API_BASE = "sk_test_simulated", running.url
    return running


@pytest.fixture
def account(simulator: Simulator) -> str:
    account_id = open_account("t_1").id
    simulator.activate(account_id)
    return account_id


def open_account(schema_name: str) -> gateway.AccountView:
    return gateway.create_account(
        schema_name=schema_name, email="m@example.com", display_name="Maya", country="us", currency="usd"
    )


def open_page(account: str, simulator: Simulator, **changes: Any) -> gateway.CheckoutView:
    asked: dict[str, Any] = {
        "name": "Tennis lesson",
        "description": "Tue 10 June, 17:00",
        "amount_minor": 4500,
        "currency": "usd",
        "fee_minor": 450,
        "customer_email": "payer@example.com",
        "client_reference": "attempt-1",
        "metadata": {"attempt": "1"},
        "expires_at": datetime.fromtimestamp(simulator.now(), UTC) + timedelta(minutes=31),
        "success_url": "https://maya.example.com/paid?cs={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://maya.example.com/book",
    }
    params = gateway.checkout_params(**{**asked, **changes})
    return gateway.create_checkout(account_id=account, key=f"cs-{len(str(changes))}", params=params)


@pytest.fixture
def authorised(account: str, simulator: Simulator) -> str:
    return simulator.pay(open_page(account, simulator).id).intent_id


def test_one_account_per_coach_however_often_it_is_asked_for(simulator: Simulator) -> None:
    first = open_account("t_1")
    assert (open_account("t_1").id, open_account("t_2").id == first.id) == (first.id, False)


def test_an_account_sells_when_its_card_payments_are_active(simulator: Simulator) -> None:
    new = open_account("t_1")
    assert not new.can_sell
    assert {need.deadline_status for need in new.requirements} == {"currently_due"}
    simulator.activate(new.id)
    ready = gateway.fetch_account(account_id=new.id)
    assert (ready.can_sell, ready.requirements, ready.closed) == (True, (), False)
    simulator.restrict(new.id)
    restricted = gateway.fetch_account(account_id=new.id)
    assert (restricted.can_sell, restricted.card_payments_status) == (False, "restricted")
    assert [need.deadline_status for need in restricted.requirements] == ["past_due"]


@pytest.mark.parametrize("how", ["disconnect", "close_account"])
def test_an_account_that_is_gone_is_closed(simulator: Simulator, account: str, how: str) -> None:
    getattr(simulator, how)(account)
    gone = gateway.fetch_account(account_id=account)
    assert (gone.closed, gone.can_sell) == (True, False)
    with pytest.raises(gateway.GatewayDisconnected):
        gateway.fetch_intent(account_id=account, intent_id="pi_1")


def test_a_payment_from_page_to_processors_fee(simulator: Simulator, account: str) -> None:
    page = open_page(account, simulator)
    assert (page.status, page.payment_intent_id, page.amount_total_minor) == ("open", None, 4500)
    intent_id = simulator.pay(page.id, card="5555555555554444").intent_id
    page = gateway.fetch_checkout(account_id=account, checkout_id=page.id)
    assert (page.status, page.payment_intent_id, page.url) == ("complete", intent_id, None)

    authorised = gateway.fetch_intent(account_id=account, intent_id=intent_id)
    assert authorised.charge is not None
    assert (authorised.status, authorised.amount_received_minor) == ("requires_capture", 0)
    assert (authorised.application_fee_minor, authorised.metadata) == (450, {"attempt": "1"})
    assert (authorised.charge.captured, authorised.charge.card_brand) == (False, "mastercard")
    assert authorised.charge.capture_before is not None

    taken = gateway.capture(account_id=account, intent_id=intent_id, fee_minor=333, key="cap-1")
    assert taken.charge is not None
    assert (taken.status, taken.amount_received_minor) == ("succeeded", 4500)
    assert (taken.charge.application_fee_minor, taken.charge.processor_fee_minor) == (333, None)

    simulator.advance(61)
    settled = gateway.fetch_intent(account_id=account, intent_id=intent_id).charge
    assert settled is not None
    assert (settled.settled_minor, settled.processor_fee_minor) == (4500, 161)
    assert (settled.settled_application_fee_minor, settled.net_minor) == (333, 4006)
    assert settled.settlement_currency == "usd"


def test_a_capture_without_a_fee_unsets_the_preset_one(account: str, authorised: str) -> None:
    taken = gateway.capture(account_id=account, intent_id=authorised, fee_minor=0, key="cap-1")
    assert taken.charge is not None
    assert (taken.status, taken.charge.application_fee_id) == ("succeeded", None)


def test_a_fee_that_cannot_be_unset_is_returned_at_once(
    simulator: Simulator, account: str, authorised: str
) -> None:
    simulator.fail_next("POST /v1/payment_intents/[^/]+$", "refused", code="payment_intent_unexpected_state")
    taken = gateway.capture(account_id=account, intent_id=authorised, fee_minor=0, key="cap-1")
    assert taken.charge is not None
    assert taken.charge.application_fee_id is not None
    fee = gateway.fetch_application_fee(fee_id=taken.charge.application_fee_id)
    assert (fee.amount_minor, fee.amount_refunded_minor) == (450, 450)


def test_a_return_that_was_cut_short_is_finished_by_the_same_key(
    simulator: Simulator, account: str, authorised: str
) -> None:
    simulator.fail_next("POST /v1/payment_intents/[^/]+$", "refused", code="payment_intent_unexpected_state")
    simulator.fail_next("/refunds$", "429")
    with pytest.raises(gateway.GatewayUnavailable):
        gateway.capture(account_id=account, intent_id=authorised, fee_minor=0, key="cap-1")
    taken = gateway.capture(account_id=account, intent_id=authorised, fee_minor=0, key="cap-1")
    assert taken.charge is not None
    assert taken.charge.application_fee_id is not None
    fee = gateway.fetch_application_fee(fee_id=taken.charge.application_fee_id)
    assert fee.amount_refunded_minor == 450


def test_a_release_takes_nothing(account: str, authorised: str) -> None:
    released = gateway.release(account_id=account, intent_id=authorised)
    assert released.charge is not None
    assert (released.status, released.charge.captured, released.charge.amount_captured_minor) == (
        "canceled",
        False,
        0,
    )
    with pytest.raises(gateway.GatewayRefused) as refused:
        gateway.capture(account_id=account, intent_id=authorised, fee_minor=450, key="cap-1")
    assert refused.value.code == "payment_intent_unexpected_state"


def test_refunds_of_the_dashboard_are_seen(simulator: Simulator, account: str, authorised: str) -> None:
    taken = gateway.capture(account_id=account, intent_id=authorised, fee_minor=450, key="cap-1")
    assert taken.charge is not None
    simulator.dashboard_refund(taken.charge.id, 1000)
    charge = gateway.fetch_intent(account_id=account, intent_id=authorised).charge
    assert charge is not None
    assert charge.amount_refunded_minor == 1000
    assert [(refund.amount_minor, refund.status) for refund in charge.refunds] == [(1000, "succeeded")]


def test_a_declined_card_leaves_its_reason(simulator: Simulator, account: str) -> None:
    page = open_page(account, simulator)
    intent_id = simulator.pay(page.id, card="4000000000009995").intent_id
    intent = gateway.fetch_intent(account_id=account, intent_id=intent_id)
    assert (intent.error_code, intent.decline_code) == ("card_declined", "insufficient_funds")
    assert intent.charge is not None
    assert intent.charge.failure_code == "card_declined"


def test_a_page_is_expired_once(simulator: Simulator, account: str) -> None:
    page = open_page(account, simulator)
    assert gateway.expire_checkout(account_id=account, checkout_id=page.id).status == "expired"
    with pytest.raises(gateway.GatewayRefused):
        gateway.expire_checkout(account_id=account, checkout_id=page.id)


def test_an_object_of_another_account_is_missing(simulator: Simulator, authorised: str) -> None:
    other = open_account("t_2").id
    with pytest.raises(gateway.GatewayMissing):
        gateway.fetch_intent(account_id=other, intent_id=authorised)


@pytest.mark.parametrize(
    ("kind", "times"), [("500", 1), ("500_after", 1), ("429", 1), ("lost", 3), ("unreachable", 3)]
)
def test_a_fault_is_never_a_refusal(
    simulator: Simulator, account: str, authorised: str, kind: str, times: int
) -> None:
    simulator.fail_next("/capture$", kind, times)
    with pytest.raises(gateway.GatewayUnavailable):
        gateway.capture(account_id=account, intent_id=authorised, fee_minor=450, key="cap-1")


def test_a_lost_answer_is_fetched_by_the_clients_own_retry(
    simulator: Simulator, account: str, authorised: str
) -> None:
    simulator.fail_next("/capture$", "lost")
    taken = gateway.capture(account_id=account, intent_id=authorised, fee_minor=450, key="cap-1")
    assert taken.status == "succeeded"


@pytest.mark.parametrize("code", ["charge_expired_for_capture", "amount_too_large", "card_declined"])
def test_a_refused_capture_says_why(simulator: Simulator, account: str, authorised: str, code: str) -> None:
    simulator.fail_next("/capture$", "refused", code=code)
    with pytest.raises(gateway.GatewayRefused) as refused:
        gateway.capture(account_id=account, intent_id=authorised, fee_minor=450, key="cap-1")
    assert refused.value.code == code
    assert refused.value.decline_code == ("generic_decline" if code == "card_declined" else None)


def test_a_key_that_was_used_for_something_else_decides_nothing(account: str, authorised: str) -> None:
    gateway.capture(account_id=account, intent_id=authorised, fee_minor=450, key="cap-1")
    with pytest.raises(gateway.GatewayUnavailable):
        gateway.capture(account_id=account, intent_id=authorised, fee_minor=449, key="cap-1")


def test_a_wrong_key_of_ours_decides_nothing(
    simulator: Simulator, account: str, authorised: str, settings: Any
) -> None:
    settings.STRIPE_API_KEY = "sk_live_wrong"
    with pytest.raises(gateway.GatewayUnavailable):
        gateway.capture(account_id=account, intent_id=authorised, fee_minor=450, key="cap-1")


def test_a_stripe_that_is_not_there_is_unavailable(settings: Any) -> None:
    settings.STRIPE_API_KEY, settings.STRIPE_API_BASE = "sk_test_1", "http://127.0.0.1:9"
    with pytest.raises(gateway.GatewayUnavailable):
        gateway.fetch_account(account_id="acct_1")


def test_posted_events_are_read(simulator: Simulator, account: str, authorised: str) -> None:
    at = datetime.fromtimestamp(simulator.now(), UTC)
    notices = [
        gateway.parse_event(
            payload=event.body,
            signature=event.signature,
            secret=f"whsec_simulated_{event.endpoint}",
            now=at,
        )
        for event in simulator.pending_events()
    ]
    capturable = [one for one in notices if one.type == "payment_intent.amount_capturable_updated"]
    assert [(one.account_id, one.object_id) for one in capturable] == [(account, authorised)]
