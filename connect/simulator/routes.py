"""Which request is answered by whom, and which of the SDK's types says what may be asked."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from connect.simulator import (
    accounts,
    balance,
    charges,
    checkout,
    customers,
    disputes,
    events,
    fees,
    fraud_warnings,
    intents,
    methods,
    payouts,
    refunds,
    reviews,
    setups,
)
from connect.simulator.store import Document
from connect.simulator.world import Call


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    answer: Callable[[Call], Document]
    params: str

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\{id\}", r"([^/]+)", self.path) + "$")

    @property
    def is_v2(self) -> bool:
        return self.path.startswith("/v2/")

    @property
    def params_type(self) -> str:
        """`checkout._session_create_params.SessionCreateParams` is found under `stripe.params`."""
        return f"stripe.params.{self.params}"


ROUTES = (
    Route("POST", "/v2/core/accounts", accounts.create, "v2.core._account_create_params.AccountCreateParams"),
    Route(
        "GET",
        "/v2/core/accounts/{id}",
        accounts.retrieve,
        "v2.core._account_retrieve_params.AccountRetrieveParams",
    ),
    Route(
        "POST",
        "/v2/core/account_links",
        accounts.create_link,
        "v2.core._account_link_create_params.AccountLinkCreateParams",
    ),
    Route(
        "GET",
        "/v2/core/events/{id}",
        events.retrieve_thin,
        "v2.core._event_retrieve_params.EventRetrieveParams",
    ),
    Route("GET", "/v1/events", events.list_snapshots, "_event_list_params.EventListParams"),
    Route("GET", "/v1/events/{id}", events.retrieve_snapshot, "_event_retrieve_params.EventRetrieveParams"),
    Route("POST", "/v1/customers", customers.create, "_customer_create_params.CustomerCreateParams"),
    Route(
        "GET", "/v1/customers/{id}", customers.retrieve, "_customer_retrieve_params.CustomerRetrieveParams"
    ),
    Route(
        "GET",
        "/v1/customers/{id}/payment_methods",
        methods.list_of_customer,
        "_customer_payment_method_list_params.CustomerPaymentMethodListParams",
    ),
    Route(
        "GET",
        "/v1/payment_methods",
        methods.list_methods,
        "_payment_method_list_params.PaymentMethodListParams",
    ),
    Route(
        "GET",
        "/v1/payment_methods/{id}",
        methods.retrieve,
        "_payment_method_retrieve_params.PaymentMethodRetrieveParams",
    ),
    Route(
        "POST",
        "/v1/payment_methods/{id}/attach",
        methods.attach_by_hand,
        "_payment_method_attach_params.PaymentMethodAttachParams",
    ),
    Route(
        "POST",
        "/v1/payment_methods/{id}/detach",
        methods.detach,
        "_payment_method_detach_params.PaymentMethodDetachParams",
    ),
    Route("POST", "/v1/setup_intents", setups.create, "_setup_intent_create_params.SetupIntentCreateParams"),
    Route(
        "GET",
        "/v1/setup_intents/{id}",
        setups.retrieve,
        "_setup_intent_retrieve_params.SetupIntentRetrieveParams",
    ),
    Route(
        "POST",
        "/v1/checkout/sessions",
        checkout.create,
        "checkout._session_create_params.SessionCreateParams",
    ),
    Route(
        "GET",
        "/v1/checkout/sessions/{id}",
        checkout.retrieve,
        "checkout._session_retrieve_params.SessionRetrieveParams",
    ),
    Route(
        "POST",
        "/v1/checkout/sessions/{id}/expire",
        checkout.expire,
        "checkout._session_expire_params.SessionExpireParams",
    ),
    Route(
        "POST",
        "/v1/payment_intents",
        intents.create,
        "_payment_intent_create_params.PaymentIntentCreateParams",
    ),
    Route(
        "POST",
        "/v1/payment_intents/{id}/confirm",
        intents.confirm,
        "_payment_intent_confirm_params.PaymentIntentConfirmParams",
    ),
    Route(
        "GET",
        "/v1/payment_intents/{id}",
        intents.retrieve,
        "_payment_intent_retrieve_params.PaymentIntentRetrieveParams",
    ),
    Route(
        "POST",
        "/v1/payment_intents/{id}",
        intents.update,
        "_payment_intent_update_params.PaymentIntentUpdateParams",
    ),
    Route(
        "POST",
        "/v1/payment_intents/{id}/capture",
        intents.capture,
        "_payment_intent_capture_params.PaymentIntentCaptureParams",
    ),
    Route(
        "POST",
        "/v1/payment_intents/{id}/cancel",
        intents.cancel,
        "_payment_intent_cancel_params.PaymentIntentCancelParams",
    ),
    Route("GET", "/v1/charges", charges.list_charges, "_charge_list_params.ChargeListParams"),
    Route("GET", "/v1/charges/{id}", charges.retrieve, "_charge_retrieve_params.ChargeRetrieveParams"),
    Route(
        "GET",
        "/v1/balance_transactions",
        balance.list_entries,
        "_balance_transaction_list_params.BalanceTransactionListParams",
    ),
    Route(
        "GET",
        "/v1/balance_transactions/{id}",
        balance.retrieve,
        "_balance_transaction_retrieve_params.BalanceTransactionRetrieveParams",
    ),
    Route("GET", "/v1/balance", balance.retrieve_balance, "_balance_retrieve_params.BalanceRetrieveParams"),
    Route("GET", "/v1/payouts", payouts.list_payouts, "_payout_list_params.PayoutListParams"),
    Route("GET", "/v1/payouts/{id}", payouts.retrieve, "_payout_retrieve_params.PayoutRetrieveParams"),
    Route("GET", "/v1/disputes", disputes.list_disputes, "_dispute_list_params.DisputeListParams"),
    Route("GET", "/v1/disputes/{id}", disputes.retrieve, "_dispute_retrieve_params.DisputeRetrieveParams"),
    Route("GET", "/v1/reviews/{id}", reviews.retrieve, "_review_retrieve_params.ReviewRetrieveParams"),
    Route(
        "GET",
        "/v1/radar/early_fraud_warnings",
        fraud_warnings.list_warnings,
        "radar._early_fraud_warning_list_params.EarlyFraudWarningListParams",
    ),
    Route(
        "GET",
        "/v1/radar/early_fraud_warnings/{id}",
        fraud_warnings.retrieve,
        "radar._early_fraud_warning_retrieve_params.EarlyFraudWarningRetrieveParams",
    ),
    Route(
        "GET",
        "/v1/application_fees",
        fees.list_fees,
        "_application_fee_list_params.ApplicationFeeListParams",
    ),
    Route(
        "GET",
        "/v1/application_fees/{id}",
        fees.retrieve,
        "_application_fee_retrieve_params.ApplicationFeeRetrieveParams",
    ),
    Route(
        "POST",
        "/v1/application_fees/{id}/refunds",
        fees.create_refund,
        "_application_fee_refund_create_params.ApplicationFeeRefundCreateParams",
    ),
    Route(
        "GET",
        "/v1/application_fees/{id}/refunds",
        fees.list_refunds,
        "_application_fee_refund_list_params.ApplicationFeeRefundListParams",
    ),
    Route("POST", "/v1/refunds", refunds.create, "_refund_create_params.RefundCreateParams"),
    Route("GET", "/v1/refunds", refunds.list_refunds, "_refund_list_params.RefundListParams"),
    Route("GET", "/v1/refunds/{id}", refunds.retrieve, "_refund_retrieve_params.RefundRetrieveParams"),
)


def route_for(method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
    for route in ROUTES:
        found = route.pattern.match(path) if route.method == method else None
        if found:
            return route, found.groups()
    return None
