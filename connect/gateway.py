"""The one door to Stripe: explicit calls with our names, our values back, three kinds of failure.

No call may be made inside a database transaction. Every `key` is an idempotency key named after the row
that decides; the same key must always come with the same parameters, so callers store what they send.
Stripe forgets a key after 24 hours: fetch before every retry.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any

import stripe
from django.conf import settings

from connect import shapes
from connect.notices import BadSignature, MalformedEvent, StripeNotice, parse_event
from connect.shapes import (
    AccountView,
    ChargeView,
    CheckoutView,
    FeeReturnView,
    FeeView,
    IntentView,
    RefundView,
    Requirement,
)

__all__ = [
    "AccountView",
    "BadSignature",
    "ChargeView",
    "CheckoutView",
    "FeeReturnView",
    "FeeView",
    "GatewayDisconnected",
    "GatewayMissing",
    "GatewayRefused",
    "GatewayUnavailable",
    "IntentView",
    "MalformedEvent",
    "RefundView",
    "Requirement",
    "StripeNotice",
    "capture",
    "checkout_params",
    "create_account",
    "create_checkout",
    "expire_checkout",
    "fetch_account",
    "fetch_application_fee",
    "fetch_checkout",
    "fetch_intent",
    "fetch_intent_id",
    "onboarding_url",
    "parse_event",
    "refund",
    "release",
    "return_fee",
]

ACCOUNT_PARTS = ["configuration.merchant", "requirements", "defaults"]
INDEFINITE = (stripe.IdempotencyError, stripe.RateLimitError, stripe.AuthenticationError)
INTENT_PARTS = ["latest_charge.balance_transaction", "latest_charge.refunds", "review"]


class GatewayUnavailable(Exception):
    """No definite answer: the network, a conflict, too many requests, or a fault at Stripe.

    What was asked may or may not have happened. Fetch the object before trying again. `answered`: Stripe
    itself said that it failed, so it is done with what was asked, and answers the same key so for a day.
    """

    def __init__(self, message: str = "", *, answered: bool = False) -> None:
        super().__init__(message)
        self.answered = answered


class GatewayRefused(Exception):
    """Stripe said no, and nothing happened. `code` and `decline_code` are Stripe's own words."""

    def __init__(self, code: str, decline_code: str | None, message: str) -> None:
        super().__init__(message)
        self.code, self.decline_code, self.message = code, decline_code, message


class GatewayMissing(GatewayRefused):
    """There is no such object, or none in this account."""


class GatewayDisconnected(GatewayRefused):
    """The coach has taken the platform's access to the account away."""


def create_account(
    *, schema_name: str, email: str, display_name: str, country: str, currency: str, number: int = 1
) -> AccountView:
    """Open a coach's own Stripe account: full dashboard, fees and losses between the coach and Stripe.

    `country` and `currency` are lower-case ISO codes. Asking twice for one schema gives the same account;
    a coach who took the first one away is given another by a higher `number`.
    """
    params = account_params(
        schema_name=schema_name, email=email, display_name=display_name, country=country, currency=currency
    )
    with _failures():
        key = f"acct-{schema_name}" if number == 1 else f"acct-{schema_name}-{number}"
        account = _client().v2.core.accounts.create(params, {"idempotency_key": key})
        return shapes.read_account(account)


def account_params(*, schema_name: str, email: str, display_name: str, country: str, currency: str) -> Any:
    return {
        "contact_email": email,
        "display_name": display_name,
        "dashboard": "full",
        "identity": {"country": country},
        "configuration": {"merchant": {"capabilities": {"card_payments": {"requested": True}}}},
        "defaults": {
            "currency": currency,
            "responsibilities": {"fees_collector": "stripe", "losses_collector": "stripe"},
        },
        "metadata": {"tenant": schema_name},
        "include": list(ACCOUNT_PARTS),
    }


def fetch_account(*, account_id: str) -> AccountView:
    """What the account can do now and what Stripe still asks for. A disconnected one answers `closed`."""
    with _failures():
        try:
            account = _client().v2.core.accounts.retrieve(account_id, _account_parts())
        except stripe.PermissionError:
            return AccountView(id=account_id, card_payments_status="unsupported", closed=True)
        return shapes.read_account(account)


def onboarding_url(*, account_id: str, return_url: str, refresh_url: str) -> str:
    """Where Stripe asks the coach for details: works once and for minutes, so make it on the click."""
    with _failures():
        params = onboarding_params(account_id=account_id, return_url=return_url, refresh_url=refresh_url)
        return _client().v2.core.account_links.create(params).url


def onboarding_params(*, account_id: str, return_url: str, refresh_url: str) -> Any:
    return {
        "account": account_id,
        "use_case": {
            "type": "account_onboarding",
            "account_onboarding": {
                "return_url": return_url,
                "refresh_url": refresh_url,
                "collection_options": {"fields": "eventually_due"},
            },
        },
    }


def checkout_params(
    *,
    name: str,
    description: str,
    amount_minor: int,
    currency: str,
    fee_minor: int,
    customer_email: str,
    client_reference: str,
    metadata: Mapping[str, str],
    expires_at: datetime,
    success_url: str,
    cancel_url: str,
    books: bool = True,
) -> dict[str, Any]:
    """Everything a payment page is made with. Compute once, store with the attempt, send unchanged.

    Amounts are in the currency's minor unit. `fee_minor` is what would be due now: the coach can capture in
    Stripe's dashboard, and then it is the fee. `name`, `description` and `metadata` must not tell who the
    session is for: the payer and the coach's dashboard show them. `metadata` goes on the page and on the
    payment, since Stripe copies neither to the other. `success_url` should contain {CHECKOUT_SESSION_ID}.
    `books` says whether a time is booked by it: the page's button is worded by that.
    """
    payment: dict[str, Any] = {"capture_method": "manual", "metadata": dict(metadata)}
    product = {"name": name}
    if description:
        payment["description"] = product["description"] = description
    if fee_minor:
        payment["application_fee_amount"] = fee_minor
    price = {"currency": currency, "unit_amount": amount_minor, "product_data": product}
    return {
        "mode": "payment",
        "submit_type": "book" if books else "pay",
        "line_items": [{"quantity": 1, "price_data": price}],
        "payment_intent_data": payment,
        "metadata": dict(metadata),
        "client_reference_id": client_reference,
        "customer_email": customer_email,
        "allowed_payment_method_types": ["card"],
        # The coach's own setting would otherwise let Stripe show and charge a converted price.
        "adaptive_pricing": {"enabled": False},
        "expires_at": int(expires_at.timestamp()),
        "success_url": success_url,
        "cancel_url": cancel_url,
    }


def create_checkout(*, account_id: str, key: str, params: Mapping[str, Any]) -> CheckoutView:
    """Open the payment page that `params` (from checkout_params) describe, once per `key`."""
    with _failures():
        sessions = _client().v1.checkout.sessions
        return shapes.read_checkout(sessions.create(_sent(params), _as(account_id, key)))


def fetch_checkout(*, account_id: str, checkout_id: str) -> CheckoutView:
    with _failures():
        sessions = _client().v1.checkout.sessions
        return shapes.read_checkout(sessions.retrieve(checkout_id, None, _as(account_id)))


def expire_checkout(*, account_id: str, checkout_id: str) -> CheckoutView:
    """Close an open page so that nobody can pay on it. Refused when it was paid or has expired: fetch it."""
    with _failures():
        sessions = _client().v1.checkout.sessions
        return shapes.read_checkout(sessions.expire(checkout_id, None, _as(account_id)))


def fetch_intent(*, account_id: str, intent_id: str) -> IntentView:
    """The payment with its charge, processor's fee and refunds, in one call."""
    with _failures():
        intents = _client().v1.payment_intents
        return shapes.read_intent(intents.retrieve(intent_id, _whole(), _as(account_id)))


def capture(*, account_id: str, intent_id: str, fee_minor: int, key: str) -> IntentView:
    """Take the whole authorised amount, of which exactly `fee_minor` is the platform's.

    Stripe takes no fee of 0 at capture. So when none is due, a preset one is unset first; if Stripe refuses
    that, the payment is captured and the fee is returned at once (`{key}-fee`). Should the process die
    between those two, `charge.application_fee_minor` is above what was decided and the fee's own record says
    what went back: whoever settles the charge returns what is missing.

    A GatewayRefused is definite. After a GatewayUnavailable fetch the payment: what has moved is not captured
    again, and Stripe answers a key that met a fault with that fault for a day, so the next try takes another.
    """
    if fee_minor:
        return _capture(account_id, intent_id, {"application_fee_amount": fee_minor}, key)
    _unset_fee(account_id, intent_id, key)
    intent = _capture(account_id, intent_id, {}, key)
    _return_uninvited_fee(intent, key)
    return intent


def _capture(account_id: str, intent_id: str, fee: Mapping[str, Any], key: str) -> IntentView:
    with _failures():
        intents = _client().v1.payment_intents
        return shapes.read_intent(intents.capture(intent_id, _whole(fee), _as(account_id, key)))


def _unset_fee(account_id: str, intent_id: str, key: str) -> None:
    if not fetch_intent(account_id=account_id, intent_id=intent_id).application_fee_minor:
        return
    try:
        with _failures():
            nothing: Any = {"application_fee_amount": ""}
            options = _as(account_id, f"{key}-unset")
            _client().v1.payment_intents.update(intent_id, nothing, options)
    except GatewayRefused:
        return


def _return_uninvited_fee(intent: IntentView, key: str) -> None:
    charge = intent.charge
    if charge is None or charge.application_fee_id is None:
        return
    fee = fetch_application_fee(fee_id=charge.application_fee_id)
    missing_minor = fee.amount_minor - fee.amount_refunded_minor
    if missing_minor > 0:
        return_fee(fee_id=fee.id, missing_minor=missing_minor, key=f"{key}-fee")


def release(*, account_id: str, intent_id: str) -> IntentView:
    """Give an authorisation back. No money was taken, so this is no refund. Refused once captured.

    It bears no key of ours: what is cancelled cannot be cancelled twice, and a key that met a fault would
    be answered with it for a day, while the bank holds the payer's money.
    """
    with _failures():
        intents = _client().v1.payment_intents
        return shapes.read_intent(intents.cancel(intent_id, _whole(), _as(account_id)))


def refund(
    *,
    account_id: str,
    intent_id: str,
    key: str,
    amount_minor: int | None = None,
    metadata: Mapping[str, str] | None = None,
) -> RefundView:
    """Give `amount_minor` of a captured payment back to the payer, or all of it, from the coach's balance.

    A part can be given back twice: by `metadata`, which Stripe keeps with the refund, it is found again.
    """
    params: dict[str, Any] = {"payment_intent": intent_id}
    if amount_minor is not None:
        params["amount"] = amount_minor
    if metadata:
        params["metadata"] = dict(metadata)
    with _failures():
        return shapes.read_refund(_client().v1.refunds.create(_sent(params), _as(account_id, key)))


def fetch_intent_id(*, account_id: str, object_id: str) -> str | None:
    """Which payment a charge (`ch_`) or a refund (`re_`) belongs to; None for any other object."""
    with _failures():
        v1 = _client().v1
        if object_id.startswith("ch_"):
            return shapes.id_of(v1.charges.retrieve(object_id, None, _as(account_id)).payment_intent)
        if object_id.startswith("re_"):
            return shapes.id_of(v1.refunds.retrieve(object_id, None, _as(account_id)).payment_intent)
    return None


def fetch_application_fee(*, fee_id: str) -> FeeView:
    """What Stripe says the platform took of a charge and gave back, in the charge's minor units."""
    with _failures():
        return shapes.read_fee(_client().v1.application_fees.retrieve(fee_id))


def return_fee(*, fee_id: str, missing_minor: int, key: str) -> FeeReturnView:
    """Give `missing_minor` of the platform's fee back to the coach: the one way a fee ever returns.

    The caller holds the charge's lock and computes what is missing from fetch_application_fee.
    """
    with _failures():
        refunds = _client().v1.application_fees.refunds
        returned = refunds.create(fee_id, {"amount": missing_minor}, {"idempotency_key": key})
        return shapes.read_fee_return(returned)


def _client() -> stripe.StripeClient:
    return _client_for(settings.STRIPE_API_KEY, settings.STRIPE_API_BASE)


@lru_cache(maxsize=4)
def _client_for(key: str, base: str | None) -> stripe.StripeClient:
    # Otherwise the SDK writes an id file into the user's configuration folder.
    stripe.enable_telemetry = False
    # All four, so that no call can leave for the real Stripe when a simulator was asked for.
    bases: Any = dict.fromkeys(("api", "files", "connect", "meter_events"), base) if base else {}
    return stripe.StripeClient(
        key,
        max_network_retries=2,
        http_client=stripe.RequestsClient(timeout=(3.05, 20)),
        base_addresses=bases,
    )


def _as(account_id: str, key: str | None = None) -> Any:
    options = {"stripe_account": account_id}
    return {**options, "idempotency_key": key} if key else options


def _whole(params: Mapping[str, Any] | None = None) -> Any:
    return {**(params or {}), "expand": list(INTENT_PARTS)}


def _account_parts() -> Any:
    return {"include": list(ACCOUNT_PARTS)}


def _sent(params: Mapping[str, Any]) -> Any:
    return dict(params)


@contextmanager
def _failures() -> Iterator[None]:
    """Sort the SDK's errors by the only question that matters: may it have happened?"""
    try:
        yield
    except stripe.StripeError as error:
        raise _failure(error) from error


def _failure(error: stripe.StripeError) -> Exception:
    status, code = error.http_status or 0, error.code or ""
    message = error.user_message or str(error)
    if isinstance(error, INDEFINITE) or not 400 <= status < 500 or status in (409, 429):
        return GatewayUnavailable(message, answered=status == 500)
    if status == 403:
        return GatewayDisconnected(code or "account_invalid", None, message)
    refused = GatewayMissing if code == "resource_missing" or status == 404 else GatewayRefused
    return refused(code, _decline_code(error), message)


def _decline_code(error: stripe.StripeError) -> str | None:
    return getattr(error.error, "decline_code", None)
