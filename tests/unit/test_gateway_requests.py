"""Everything that the gateway sends is checked against the SDK's own types, without any server."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
import stripe

from connect import gateway
from connect.gateway import calling
from connect.simulator import api, forms, routes
from connect.simulator.messages import Request
from connect.simulator.refusals import Refusal

ACCOUNT = "acct_1"
PAGE: dict[str, Any] = {
    "name": "Tennis lesson",
    "description": "Tue 10 June, 17:00",
    "amount_minor": 4500,
    "currency": "usd",
    "fee_minor": 450,
    "customer_email": "payer@example.com",
    "client_reference": "attempt-1",
    "metadata": {"tenant": "t_1", "attempt": "1"},
    "expires_at": datetime(2026, 6, 10, 12, 0, 30, 900_000, tzinfo=UTC),
    "success_url": "https://maya.example.com/paid?cs={CHECKOUT_SESSION_ID}",
    "cancel_url": "https://maya.example.com/book",
}


SINCE = datetime(2026, 6, 1, tzinfo=UTC)
INTENT: dict[str, Any] = {
    "amount_minor": 18000,
    "currency": "usd",
    "fee_minor": 1800,
    "customer_id": "cus_1",
    "method_id": "pm_1",
    "description": "Retainer, June",
    "metadata": {"tenant": "t_1", "attempt": "1"},
    "usage": "recurring",
}
SETUP: dict[str, Any] = {
    "customer_id": "cus_1",
    "currency": "usd",
    "client_reference": "mandate-1",
    "metadata": {"tenant": "t_1", "mandate": "1"},
    "expires_at": datetime(2026, 6, 10, 12, 0, 30, tzinfo=UTC),
    "success_url": "https://maya.example.com/kept?cs={CHECKOUT_SESSION_ID}",
    "cancel_url": "https://maya.example.com/cards",
}


class Recorder(stripe.HTTPClient):
    """Refuses every request, and keeps it."""

    name = "recorder"

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[Request] = []

    def request(
        self, method: str, url: str, headers: Any, post_data: Any = None, **_: Any
    ) -> tuple[str, int, Any]:
        parts = urlsplit(url)
        body = (post_data or "").encode()
        self.requests.append(Request(method.upper(), parts.path, parts.query, headers, body))
        return '{"error": {"type": "invalid_request_error", "message": "no"}}', 400, {}


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    recorder = Recorder()
    client = stripe.StripeClient("sk_test_1", http_client=recorder)
    monkeypatch.setattr(calling, "client", lambda: client)
    return recorder.requests


CALLS: dict[str, Callable[[], object]] = {
    "POST /v2/core/accounts": lambda: gateway.create_account(
        schema_name="t_1", email="m@example.com", display_name="Maya", country="us", currency="usd"
    ),
    "GET /v2/core/accounts/acct_1": lambda: gateway.fetch_account(account_id=ACCOUNT),
    "POST /v2/core/account_links": lambda: gateway.onboarding_url(
        account_id=ACCOUNT, return_url="https://x.example/a", refresh_url="https://x.example/b"
    ),
    "POST /v1/checkout/sessions": lambda: gateway.create_checkout(
        account_id=ACCOUNT, key="cs-1", params=gateway.checkout_params(**PAGE)
    ),
    "GET /v1/checkout/sessions/cs_1": lambda: gateway.fetch_checkout(account_id=ACCOUNT, checkout_id="cs_1"),
    "POST /v1/checkout/sessions/cs_1/expire": lambda: gateway.expire_checkout(
        account_id=ACCOUNT, checkout_id="cs_1"
    ),
    "GET /v1/payment_intents/pi_1": lambda: gateway.fetch_intent(account_id=ACCOUNT, intent_id="pi_1"),
    "POST /v1/payment_intents/pi_1/capture": lambda: gateway.capture(
        account_id=ACCOUNT, intent_id="pi_1", fee_minor=450, key="cap-1"
    ),
    "POST /v1/payment_intents/pi_1/cancel": lambda: gateway.release(account_id=ACCOUNT, intent_id="pi_1"),
    "GET /v1/application_fees/fee_1": lambda: gateway.fetch_application_fee(fee_id="fee_1"),
    "POST /v1/application_fees/fee_1/refunds": lambda: gateway.return_fee(
        fee_id="fee_1", missing_minor=50, key="feeref-1-50"
    ),
    "POST /v1/customers": lambda: gateway.create_customer(
        account_id=ACCOUNT, key="cus-1", email="payer@example.com", name="Pat", metadata={"client": "1"}
    ),
    "GET /v1/payment_methods/pm_1": lambda: gateway.fetch_card(account_id=ACCOUNT, method_id="pm_1"),
    "GET /v1/setup_intents/seti_1": lambda: gateway.fetch_setup(account_id=ACCOUNT, setup_id="seti_1"),
    "POST /v1/payment_intents": lambda: gateway.create_intent(
        account_id=ACCOUNT, key="pi-1", params=gateway.intent_params(**INTENT)
    ),
    "POST /v1/payment_intents/pi_1/confirm": lambda: gateway.confirm_intent(
        account_id=ACCOUNT, intent_id="pi_1", key="conf-1", off_session=True, return_url=""
    ),
    "GET /v1/disputes": lambda: gateway.fetch_disputes(account_id=ACCOUNT, charge_id="ch_1"),
    "GET /v1/radar/early_fraud_warnings": lambda: gateway.fetch_fraud_warnings(
        account_id=ACCOUNT, charge_id="ch_1"
    ),
    "GET /v1/balance": lambda: gateway.fetch_balance(account_id=ACCOUNT),
    "GET /v1/payouts": lambda: list(gateway.list_payouts(account_id=ACCOUNT, since=SINCE)),
    "GET /v1/payouts/po_1": lambda: gateway.fetch_payout(account_id=ACCOUNT, payout_id="po_1"),
    "GET /v1/balance_transactions": lambda: list(
        gateway.list_balance_lines(account_id=ACCOUNT, payout_id="po_1", since=SINCE)
    ),
    "GET /v1/charges": lambda: list(gateway.list_charges(account_id=ACCOUNT, since=SINCE)),
    "GET /v1/application_fees": lambda: list(gateway.list_application_fees(since=SINCE)),
    "POST /v1/refunds": lambda: gateway.refund(account_id=ACCOUNT, intent_id="pi_1", key="refund-1"),
}
OF_THE_PLATFORM = ("/v2/", "/v1/application_fees")


@pytest.mark.parametrize("line", CALLS)
def test_every_request_is_one_that_stripe_knows(line: str, sent: list[Request]) -> None:
    with pytest.raises(gateway.GatewayRefused):
        CALLS[line]()
    (request,) = sent
    assert f"{request.method} {request.path}" == line
    found = routes.route_for(request.method, request.path)
    assert found is not None
    api.check_params(found[0], request)


@pytest.mark.parametrize("line", CALLS)
def test_each_request_is_made_in_the_right_name(line: str, sent: list[Request]) -> None:
    with pytest.raises(gateway.GatewayRefused):
        CALLS[line]()
    path = line.split()[1]
    expected = None if path.startswith(OF_THE_PLATFORM) else ACCOUNT
    assert sent[0].headers.get("Stripe-Account") == expected


def test_a_misspelt_parameter_would_be_noticed(sent: list[Request]) -> None:
    params = {**gateway.checkout_params(**PAGE), "sucess_url": "https://x.example"}
    with pytest.raises(gateway.GatewayRefused):
        gateway.create_checkout(account_id=ACCOUNT, key="cs-1", params=params)
    found = routes.route_for("POST", "/v1/checkout/sessions")
    assert found is not None
    with pytest.raises(Refusal, match="sucess_url"):
        api.check_params(found[0], sent[0])


def test_a_page_is_made_as_we_decided(sent: list[Request]) -> None:
    with pytest.raises(gateway.GatewayRefused):
        gateway.create_checkout(account_id=ACCOUNT, key="cs-1", params=gateway.checkout_params(**PAGE))
    form = forms.decode(sent[0].body.decode())
    assert sent[0].headers["Idempotency-Key"] == "cs-1"
    assert form["payment_intent_data"]["capture_method"] == "manual"
    assert form["payment_intent_data"]["application_fee_amount"] == "450"
    assert form["payment_intent_data"]["metadata"] == form["metadata"] == PAGE["metadata"]
    assert form["adaptive_pricing"] == {"enabled": "false"}
    assert form["allowed_payment_method_types"] == ["card"]
    assert form["expires_at"] == "1781092830"
    assert "setup_future_usage" not in form["payment_intent_data"]


def sent_page(sent: list[Request], params: dict[str, Any]) -> dict[str, Any]:
    with pytest.raises(gateway.GatewayRefused):
        gateway.create_checkout(account_id=ACCOUNT, key="cs-1", params=params)
    found = routes.route_for("POST", "/v1/checkout/sessions")
    assert found is not None
    return api.check_params(found[0], sent[-1])


def test_a_page_that_keeps_the_card_says_so_to_stripe(sent: list[Request]) -> None:
    kept = sent_page(sent, gateway.checkout_params(**PAGE, customer_id="cus_1", keep_card=True))
    assert kept["payment_intent_data"]["setup_future_usage"] == "off_session"
    assert kept["saved_payment_method_options"] == {"payment_method_save": "enabled"}
    assert (kept["customer"], "customer_email" in kept) == ("cus_1", False)
    unknown = sent_page(sent, gateway.checkout_params(**PAGE, keep_card=True))
    assert unknown["payment_intent_data"]["setup_future_usage"] == "off_session"
    assert (unknown["customer_email"], "customer" in unknown) == ("payer@example.com", False)
    assert "saved_payment_method_options" not in unknown
    known = sent_page(sent, gateway.checkout_params(**PAGE, customer_id="cus_1"))
    assert "saved_payment_method_options" not in known
    assert "setup_future_usage" not in known["payment_intent_data"]


def test_a_page_that_only_keeps_a_card_takes_no_money(sent: list[Request]) -> None:
    page = sent_page(sent, gateway.setup_params(**SETUP))
    assert (page["mode"], page["customer"], page["currency"]) == ("setup", "cus_1", "usd")
    assert page["setup_intent_data"]["metadata"] == page["metadata"] == SETUP["metadata"]
    assert not {"line_items", "payment_intent_data", "submit_type"} & set(page)


def test_a_payment_without_a_page_is_made_unconfirmed_and_held(sent: list[Request]) -> None:
    with pytest.raises(gateway.GatewayRefused):
        gateway.create_intent(account_id=ACCOUNT, key="pi-1", params=gateway.intent_params(**INTENT))
    form = forms.decode(sent[0].body.decode())
    assert (form["capture_method"], form["amount"], form["application_fee_amount"]) == (
        "manual",
        "18000",
        "1800",
    )
    assert form["payment_method_options"] == {"card": {"stored_credential_usage": "recurring"}}
    assert not {"confirm", "off_session", "return_url"} & set(form)
    assert sent[0].headers["Idempotency-Key"] == "pi-1"


def test_who_is_present_is_no_reason_to_give_the_bank() -> None:
    params = gateway.intent_params(**{**INTENT, "usage": "", "fee_minor": 0})
    assert not {"payment_method_options", "application_fee_amount"} & set(params)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"off_session": True}, {"off_session": "true"}),
        ({"off_session": False, "return_url": "https://x.example/b"}, {"return_url": "https://x.example/b"}),
    ],
)
def test_the_bank_is_asked_with_or_without_the_client(
    sent: list[Request], asked: dict[str, Any], expected: dict[str, str]
) -> None:
    with pytest.raises(gateway.GatewayRefused):
        gateway.confirm_intent(account_id=ACCOUNT, intent_id="pi_1", key="conf-1", **asked)
    form = forms.decode(sent[0].body.decode())
    assert {name: value for name, value in form.items() if name != "expand"} == expected


def test_a_payer_without_an_address_is_asked_for_one() -> None:
    params = gateway.checkout_params(**{**PAGE, "customer_email": ""})
    assert not {"customer", "customer_email"} & set(params)


def test_no_fee_is_left_out_rather_than_sent_as_zero() -> None:
    params = gateway.checkout_params(**{**PAGE, "fee_minor": 0})
    assert "application_fee_amount" not in params["payment_intent_data"]


def test_an_empty_description_is_left_out() -> None:
    params = gateway.checkout_params(**{**PAGE, "description": ""})
    assert "description" not in params["payment_intent_data"]
    assert "description" not in params["line_items"][0]["price_data"]["product_data"]


def test_what_is_stored_can_be_sent_again_unchanged() -> None:
    import json

    params = gateway.checkout_params(**PAGE)
    assert json.loads(json.dumps(params)) == params


def test_a_simulator_gets_every_kind_of_call() -> None:
    client = calling.client_for("sk_test_1", "http://localhost:9")
    addresses = client._requestor._options.base_addresses
    assert set(addresses.values()) == {"http://localhost:9"}
    assert set(addresses) == {"api", "files", "connect", "meter_events"}


def test_the_same_values_are_the_same_request_in_whatever_order_they_were_kept() -> None:
    """A database gives them back in another order than they were put in."""
    kept = {"mode": "payment", "metadata": {"tenant": "t", "attempt": "a"}, "lines": [{"b": 1, "a": 2}]}
    given_back = {"lines": [{"a": 2, "b": 1}], "metadata": {"attempt": "a", "tenant": "t"}, "mode": "payment"}
    assert json.dumps(calling.sent(kept)) == json.dumps(calling.sent(given_back))
