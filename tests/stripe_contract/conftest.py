"""Stripe as the contract tests see it: the simulator, or a real sandbox when the environment names one.

A sandbox is named by STRIPE_CONTRACT_KEY (a test key) and STRIPE_CONTRACT_ACCOUNT (a connected test account
that may take cards); STRIPE_CONTRACT_BASE is for another address than Stripe's own.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import stripe

from connect.simulator.client import Simulator, start_simulator
from tests.stripe_contract.target import Stripe, client_for, new_account


@pytest.fixture(scope="session")
def _running() -> Iterator[Simulator | None]:
    stripe.enable_telemetry = False
    if "STRIPE_CONTRACT_KEY" in os.environ:
        yield None
        return
    with start_simulator() as simulator:
        yield simulator


@pytest.fixture
def api(_running: Simulator | None) -> Stripe:
    if _running is None:
        client = client_for(os.environ.get("STRIPE_CONTRACT_BASE", ""), os.environ["STRIPE_CONTRACT_KEY"])
        return Stripe(client, os.environ["STRIPE_CONTRACT_ACCOUNT"], None)
    _running.reset()
    client = client_for(_running.url)
    account = new_account(client)
    _running.activate(account)
    _running.pending_events()
    return Stripe(client, account, _running)


@pytest.fixture
def simulator(_running: Simulator | None, api: Stripe) -> Simulator:
    """For what only a simulator can be told to do: pay on a hosted page, move time, fail."""
    if _running is None:
        pytest.skip("needs the simulator's controls")
    return _running


@pytest.fixture
def checkout_params(api: Stripe) -> Callable[..., Any]:
    def params(**changes: Any) -> Any:
        price = {"currency": "usd", "unit_amount": 4500, "product_data": {"name": "Tennis lesson"}}
        return {
            "mode": "payment",
            "submit_type": "book",
            "line_items": [{"quantity": 1, "price_data": price}],
            "payment_intent_data": {"capture_method": "manual", "metadata": {"attempt": "1"}},
            "customer_email": "payer@example.com",
            "allowed_payment_method_types": ["card"],
            "adaptive_pricing": {"enabled": False},
            "expires_at": api.now() + 31 * 60,
            "success_url": "http://localhost:9/done?cs={CHECKOUT_SESSION_ID}",
            "cancel_url": "http://localhost:9/back",
            **changes,
        }

    return params


@pytest.fixture
def open_checkout(api: Stripe, checkout_params: Callable[..., Any]) -> Callable[..., Any]:
    def make(**changes: Any) -> Any:
        return api.v1.checkout.sessions.create(checkout_params(**changes), api.own())

    return make


@pytest.fixture
def authorised(api: Stripe) -> Callable[..., Any]:
    """A payment of 45.00 that waits for its capture, made without a page so that a sandbox can do it too."""

    def make(**changes: Any) -> Any:
        params = {
            "amount": 4500,
            "currency": "usd",
            "capture_method": "manual",
            "confirm": True,
            "off_session": True,
            "payment_method": "pm_card_visa",
            "allowed_payment_method_types": ["card"],
            **changes,
        }
        return api.v1.payment_intents.create(params, api.own())

    return make


@pytest.fixture
def captured(api: Stripe, authorised: Callable[..., Any]) -> Callable[..., Any]:
    def make(fee: int = 450) -> Any:
        params = {"application_fee_amount": fee, "expand": ["latest_charge"]}
        return api.v1.payment_intents.capture(authorised().id, params, api.own())

    return make
