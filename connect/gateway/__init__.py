"""The one door to Stripe: explicit calls with our names, our values back, three kinds of failure.

No call may be made inside a database transaction. Every `key` is an idempotency key named after the row
that decides; the same key must always come with the same parameters, so callers store what they send.
Stripe forgets a key after 24 hours: fetch before every retry.
"""

from connect.book_shapes import (
    BalanceLineView,
    BalanceView,
    DisputeView,
    FraudWarningView,
    PayoutView,
)
from connect.gateway.accounts import create_account, fetch_account, onboarding_url
from connect.gateway.books import (
    fetch_balance,
    fetch_payout,
    list_balance_lines,
    list_charges,
    list_payouts,
)
from connect.gateway.calling import (
    GatewayDisconnected,
    GatewayMissing,
    GatewayRefused,
    GatewayUnavailable,
)
from connect.gateway.cards import create_customer, detach_card, fetch_card
from connect.gateway.disputes import fetch_disputes, fetch_fraud_warnings
from connect.gateway.pages import (
    checkout_params,
    create_checkout,
    expire_checkout,
    fetch_checkout,
    fetch_setup,
    setup_params,
)
from connect.gateway.payments import (
    capture,
    confirm_intent,
    create_intent,
    fetch_intent,
    fetch_intent_id,
    intent_params,
    release,
)
from connect.gateway.returns import (
    fetch_application_fee,
    list_application_fees,
    refund,
    return_fee,
)
from connect.notices import BadSignature, MalformedEvent, StripeNotice, parse_event
from connect.shapes import (
    AccountView,
    CardView,
    ChargeView,
    CheckoutView,
    FeeReturnView,
    FeeView,
    IntentView,
    RefundView,
    Requirement,
    SetupView,
)

__all__ = [
    "AccountView",
    "BadSignature",
    "BalanceLineView",
    "BalanceView",
    "CardView",
    "ChargeView",
    "CheckoutView",
    "DisputeView",
    "FeeReturnView",
    "FeeView",
    "FraudWarningView",
    "GatewayDisconnected",
    "GatewayMissing",
    "GatewayRefused",
    "GatewayUnavailable",
    "IntentView",
    "MalformedEvent",
    "PayoutView",
    "RefundView",
    "Requirement",
    "SetupView",
    "StripeNotice",
    "capture",
    "checkout_params",
    "confirm_intent",
    "create_account",
    "create_checkout",
    "create_customer",
    "create_intent",
    "detach_card",
    "expire_checkout",
    "fetch_account",
    "fetch_application_fee",
    "fetch_balance",
    "fetch_card",
    "fetch_checkout",
    "fetch_disputes",
    "fetch_fraud_warnings",
    "fetch_intent",
    "fetch_intent_id",
    "fetch_payout",
    "fetch_setup",
    "intent_params",
    "list_application_fees",
    "list_balance_lines",
    "list_charges",
    "list_payouts",
    "onboarding_url",
    "parse_event",
    "refund",
    "release",
    "return_fee",
    "setup_params",
]
