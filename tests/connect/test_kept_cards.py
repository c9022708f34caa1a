"""What the gateway makes of customers, kept cards and payments that no page asks for."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connect import gateway
from connect.simulator.client import Simulator, start_simulator

Make = Callable[..., gateway.IntentView]


@pytest.fixture(scope="module")
def running() -> Iterator[Simulator]:
    with start_simulator() as simulator:
        yield simulator


@pytest.fixture
def simulator(running: Simulator, settings: Any) -> Simulator:
    running.reset()
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
def customer(account: str) -> str:
    return gateway.create_customer(
        account_id=account, key="cus-1", email="payer@example.com", name="Pat", metadata={"client": "1"}
    )


def page_of(simulator: Simulator) -> dict[str, Any]:
    return {
        "client_reference": "1",
        "metadata": {"mandate": "1"},
        "expires_at": datetime.fromtimestamp(simulator.now(), UTC) + timedelta(minutes=31),
        "success_url": "https://maya.example.com/done?cs={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://maya.example.com/back",
    }


@pytest.fixture
def setup_page(account: str, customer: str, simulator: Simulator) -> gateway.CheckoutView:
    params = gateway.setup_params(customer_id=customer, currency="usd", **page_of(simulator))
    return gateway.create_checkout(account_id=account, key="cs-1", params=params)


@pytest.fixture
def card(setup_page: gateway.CheckoutView, simulator: Simulator) -> str:
    return simulator.pay(setup_page.id).method_id


@pytest.fixture
def unconfirmed(account: str, customer: str, card: str) -> Make:
    def make(*, method_id: str = card, key: str = "pi-1", **changes: Any) -> gateway.IntentView:
        asked: dict[str, Any] = {
            "amount_minor": 18000,
            "currency": "usd",
            "fee_minor": 1800,
            "customer_id": customer,
            "method_id": method_id,
            "description": "Retainer, June",
            "metadata": {"attempt": "1"},
            "usage": "recurring",
        }
        params = gateway.intent_params(**{**asked, **changes})
        return gateway.create_intent(account_id=account, key=key, params=params)

    return make


def test_a_customer_is_made_once_per_key(account: str, customer: str) -> None:
    again = gateway.create_customer(
        account_id=account, key="cus-1", email="payer@example.com", name="Pat", metadata={"client": "1"}
    )
    assert again == customer


def test_a_card_is_kept_by_a_page_of_its_own(
    account: str, customer: str, setup_page: gateway.CheckoutView, simulator: Simulator
) -> None:
    assert (setup_page.amount_total_minor, setup_page.payment_intent_id) == (0, None)
    assert setup_page.setup_intent_id is not None
    setup = gateway.fetch_setup(account_id=account, setup_id=setup_page.setup_intent_id)
    assert (setup.status, setup.method_id) == ("requires_payment_method", None)
    simulator.pay(setup_page.id, card="4000000000000002")
    setup = gateway.fetch_setup(account_id=account, setup_id=setup_page.setup_intent_id)
    assert (setup.error_code, setup.decline_code) == ("card_declined", "generic_decline")
    simulator.pay(setup_page.id, card="5555555555554444")
    setup = gateway.fetch_setup(account_id=account, setup_id=setup_page.setup_intent_id)
    assert (setup.status, setup.customer_id, setup.metadata) == ("succeeded", customer, {"mandate": "1"})
    assert setup.method_id is not None
    card = gateway.fetch_card(account_id=account, method_id=setup.method_id)
    assert card == gateway.CardView(setup.method_id, customer, "mastercard", "4444", 12, 2034)


def test_a_payment_page_can_keep_its_card(account: str, customer: str, simulator: Simulator) -> None:
    params = gateway.checkout_params(
        name="Tennis lesson",
        description="",
        amount_minor=4500,
        currency="usd",
        fee_minor=450,
        customer_id=customer,
        keep_card=True,
        **page_of(simulator),
    )
    page = gateway.create_checkout(account_id=account, key="cs-2", params=params)
    paid = simulator.pay(page.id, keep=True)
    intent = gateway.fetch_intent(account_id=account, intent_id=paid.intent_id)
    assert (intent.customer_id, intent.method_id) == (customer, paid.method_id)
    assert intent.charge is not None
    assert (intent.charge.intent_id, intent.charge.currency) == (intent.id, "usd")
    assert (intent.charge.card_exp_month, intent.charge.card_exp_year) == (12, 2034)
    assert gateway.fetch_checkout(account_id=account, checkout_id=page.id).customer_id == customer


def test_a_rest_is_charged_in_two_steps(account: str, card: str, unconfirmed: Make) -> None:
    intent = unconfirmed()
    assert (intent.status, intent.charge, intent.method_id) == ("requires_confirmation", None, card)
    intent = gateway.confirm_intent(account_id=account, intent_id=intent.id, key="conf-1", off_session=True)
    assert (intent.status, intent.application_fee_minor) == ("requires_capture", 1800)
    taken = gateway.capture(account_id=account, intent_id=intent.id, fee_minor=1800, key="cap-1")
    assert taken.status == "succeeded"


def test_a_lost_answer_charges_once(account: str, unconfirmed: Make, simulator: Simulator) -> None:
    intent = unconfirmed()
    simulator.fail_next("/confirm$", "lost", 3)
    with pytest.raises(gateway.GatewayUnavailable):
        gateway.confirm_intent(account_id=account, intent_id=intent.id, key="conf-1", off_session=True)
    assert gateway.fetch_intent(account_id=account, intent_id=intent.id).status == "requires_capture"
    again = gateway.confirm_intent(account_id=account, intent_id=intent.id, key="conf-1", off_session=True)
    assert again.status == "requires_capture"
    assert len(list(gateway.list_charges(account_id=account))) == 1


@pytest.mark.parametrize(
    ("word", "code", "advice"),
    [
        ("insufficient_funds", "card_declined", "try_again_later"),
        ("stolen_card", "card_declined", "do_not_try_again"),
        ("incorrect_cvc", "incorrect_cvc", "confirm_card_data"),
        ("generic_decline", "card_declined", ""),
    ],
)
def test_a_bank_says_no_and_what_it_advises(
    account: str, card: str, unconfirmed: Make, simulator: Simulator, word: str, code: str, advice: str
) -> None:
    simulator.decline_from_now_on(card, word)
    intent = unconfirmed()
    with pytest.raises(gateway.GatewayRefused) as refused:
        gateway.confirm_intent(account_id=account, intent_id=intent.id, key="conf-1", off_session=True)
    said = refused.value
    assert (said.code, said.decline_code, said.advice_code) == (code, word, advice)
    left = gateway.fetch_intent(account_id=account, intent_id=intent.id)
    assert (left.status, left.error_code, left.decline_code) == ("requires_payment_method", code, word)
    assert (left.advice_code, left.method_id) == (advice, card)
    assert gateway.release(account_id=account, intent_id=intent.id).status == "canceled"


def test_a_client_who_is_present_is_sent_to_the_bank(
    account: str, customer: str, unconfirmed: Make, simulator: Simulator
) -> None:
    params = gateway.setup_params(customer_id=customer, currency="usd", **page_of(simulator))
    page = gateway.create_checkout(account_id=account, key="cs-2", params=params)
    method = simulator.pay(page.id, card="4000002760003184", authenticate=True).method_id
    away = unconfirmed(method_id=method, key="pi-1")
    with pytest.raises(gateway.GatewayRefused) as refused:
        gateway.confirm_intent(account_id=account, intent_id=away.id, key="conf-1", off_session=True)
    assert refused.value.code == "authentication_required"
    present = unconfirmed(method_id=method, key="pi-2", usage="")
    asked = gateway.confirm_intent(
        account_id=account,
        intent_id=present.id,
        key="conf-2",
        off_session=False,
        return_url="https://maya.example.com/back",
    )
    assert asked.status == "requires_action"
    assert asked.next_url is not None
    assert asked.next_url.startswith(simulator.url)
    back = simulator.answer_bank(present.id)
    assert back.startswith("https://maya.example.com/back?")
    done = gateway.fetch_intent(account_id=account, intent_id=present.id)
    assert (done.status, done.next_url) == ("requires_capture", None)


def test_a_card_is_forgotten_once_and_for_all(account: str, card: str) -> None:
    gateway.detach_card(account_id=account, method_id=card)
    assert gateway.fetch_card(account_id=account, method_id=card).customer_id is None
    gateway.detach_card(account_id=account, method_id=card)
    gateway.detach_card(account_id=account, method_id="pm_unknown")
    with pytest.raises(gateway.GatewayMissing):
        gateway.fetch_card(account_id=account, method_id="pm_unknown")


def test_a_card_that_cannot_be_forgotten_now_is_not_said_to_be(
    account: str, card: str, simulator: Simulator
) -> None:
    simulator.fail_next("/detach$", "429", 3)
    with pytest.raises(gateway.GatewayUnavailable):
        gateway.detach_card(account_id=account, method_id=card)
    simulator.clear_faults()
    simulator.fail_next("/detach$", "refused", code="payment_intent_unexpected_state")
    with pytest.raises(gateway.GatewayRefused):
        gateway.detach_card(account_id=account, method_id=card)
