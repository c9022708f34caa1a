"""Stripe's hosted pages: those that take a payment, and those that only keep a card."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connect import shapes
from connect.gateway import calling
from connect.shapes import CheckoutView, SetupView


def checkout_params(
    *,
    name: str,
    description: str,
    amount_minor: int,
    currency: str,
    fee_minor: int,
    customer_email: str = "",
    client_reference: str,
    metadata: Mapping[str, str],
    expires_at: datetime,
    success_url: str,
    cancel_url: str,
    books: bool = True,
    customer_id: str = "",
    keep_card: bool = False,
) -> dict[str, Any]:
    """Everything a payment page is made with. Compute once, store with the attempt, send unchanged.

    Amounts are in the currency's minor unit. `fee_minor` is what would be due now: the coach can capture in
    Stripe's dashboard, and then it is the fee. `name`, `description` and `metadata` must not tell who the
    session is for: the payer and the coach's dashboard show them. `metadata` goes on the page and on the
    payment, since Stripe copies neither to the other. `success_url` should contain {CHECKOUT_SESSION_ID}.
    `books` says whether a time is booked by it: the page's button is worded by that.

    `customer_id` takes the place of `customer_email`, and has the page offer the cards that this payer chose
    to be offered. `keep_card`: the card is kept for later payments without the client; with a customer, the
    page also asks whether to offer it next time.
    """
    payment: dict[str, Any] = {"capture_method": "manual", "metadata": dict(metadata)}
    product = {"name": name}
    if description:
        payment["description"] = product["description"] = description
    if fee_minor:
        payment["application_fee_amount"] = fee_minor
    if keep_card:
        payment["setup_future_usage"] = "off_session"
    price = {"currency": currency, "unit_amount": amount_minor, "product_data": product}
    params = {
        "mode": "payment",
        "submit_type": "book" if books else "pay",
        "line_items": [{"quantity": 1, "price_data": price}],
        "payment_intent_data": payment,
        "metadata": dict(metadata),
        "client_reference_id": client_reference,
        **_payer(customer_id, customer_email),
        "allowed_payment_method_types": ["card"],
        # The coach's own setting would otherwise let Stripe show and charge a converted price.
        "adaptive_pricing": {"enabled": False},
        "expires_at": int(expires_at.timestamp()),
        "success_url": success_url,
        "cancel_url": cancel_url,
    }
    if keep_card and customer_id:
        params["saved_payment_method_options"] = {"payment_method_save": "enabled"}
    return params


def _payer(customer_id: str, customer_email: str) -> dict[str, str]:
    """Stripe takes one of them; with neither, its page asks for an address."""
    if customer_id:
        return {"customer": customer_id}
    return {"customer_email": customer_email} if customer_email else {}


def setup_params(
    *,
    customer_id: str,
    currency: str,
    client_reference: str,
    metadata: Mapping[str, str],
    expires_at: datetime,
    success_url: str,
    cancel_url: str,
) -> dict[str, Any]:
    """Everything a page is made with that takes no money and keeps a card for `customer_id`.

    Its card is charged later, in `currency` as a rule, while the client is away. As with checkout_params:
    compute once, store, send unchanged.
    """
    return {
        "mode": "setup",
        "customer": customer_id,
        "currency": currency,
        "setup_intent_data": {"metadata": dict(metadata)},
        "metadata": dict(metadata),
        "client_reference_id": client_reference,
        "allowed_payment_method_types": ["card"],
        "expires_at": int(expires_at.timestamp()),
        "success_url": success_url,
        "cancel_url": cancel_url,
    }


def create_checkout(*, account_id: str, key: str, params: Mapping[str, Any]) -> CheckoutView:
    """Open the page that `params` (from checkout_params or setup_params) describe, once per `key`."""
    with calling.failures():
        sessions = calling.client().v1.checkout.sessions
        return shapes.read_checkout(sessions.create(calling.sent(params), calling.on(account_id, key)))


def fetch_checkout(*, account_id: str, checkout_id: str) -> CheckoutView:
    with calling.failures():
        sessions = calling.client().v1.checkout.sessions
        return shapes.read_checkout(sessions.retrieve(checkout_id, None, calling.on(account_id)))


def expire_checkout(*, account_id: str, checkout_id: str) -> CheckoutView:
    """Close an open page so that nobody can pay on it. Refused when it was paid or has expired: fetch it."""
    with calling.failures():
        sessions = calling.client().v1.checkout.sessions
        return shapes.read_checkout(sessions.expire(checkout_id, None, calling.on(account_id)))


def fetch_setup(*, account_id: str, setup_id: str) -> SetupView:
    """What came of a page that only keeps a card: `succeeded`, with the card that is kept, or why not."""
    with calling.failures():
        intents = calling.client().v1.setup_intents
        return shapes.read_setup(intents.retrieve(setup_id, None, calling.on(account_id)))
