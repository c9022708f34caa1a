"""The pages that people see: Checkout, the bank's, onboarding, and the control panel. Simulator only."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from connect.simulator.client import Simulator
from tests.stripe_contract.target import Stripe, account_params

Make = Callable[..., Any]


def press(url: str, **fields: str) -> requests.Response:
    return requests.post(url, data=fields, allow_redirects=False, timeout=10)


def seen(url: str) -> str:
    return requests.get(url, timeout=10).text


@pytest.fixture(autouse=True)
def _needs_controls(simulator: Simulator) -> None:
    """Stripe's own pages are not read by programs."""


def test_the_page_shows_who_is_paid_for_what_and_how_much(open_checkout: Make) -> None:
    html = seen(open_checkout().url)
    assert "Maya Torres Tennis" in html
    assert "Tennis lesson" in html
    assert "$45.00" in html
    assert 'href="http://localhost:9/back"' in html
    assert "<script" not in html
    assert 'name="viewport"' in html


def test_paying_sends_the_client_back_with_the_session(open_checkout: Make) -> None:
    session = open_checkout()
    answer = press(session.url, card="4242424242424242")
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        f"http://localhost:9/done?cs={session.id}",
    )
    assert "is authorised" in seen(session.url)


def test_a_declined_card_keeps_the_page_and_allows_another(api: Stripe, open_checkout: Make) -> None:
    session = open_checkout()
    declined = press(session.url, card="4000000000000002")
    assert declined.status_code == 402
    assert "Your card was declined. Nothing was taken." in declined.text
    assert press(session.url, card="4242424242424242").status_code == 303


def test_the_banks_page_can_be_completed_or_failed(api: Stripe, open_checkout: Make) -> None:
    session = open_checkout()
    bank = press(session.url, card="4000002500003155").headers["Location"]
    bank_url = session.url.rsplit("/c/pay/", 1)[0] + bank
    assert "Confirm this payment with your bank" in seen(bank_url)
    failed = press(bank_url, completed="no")
    assert "could not confirm that it is you" in failed.text
    press(session.url, card="4000002500003155")
    assert press(bank_url, completed="yes").headers["Location"].endswith(session.id)


def test_a_page_that_is_over_takes_no_card(api: Stripe, open_checkout: Make) -> None:
    session = open_checkout()
    api.v1.checkout.sessions.expire(session.id, None, api.own())
    assert "has expired. Nothing was taken." in seen(session.url)
    assert press(session.url, card="4242424242424242").status_code == 409
    assert requests.get(session.url.replace("cs_test_", "cs_test_x"), timeout=10).status_code == 404


def onboarding(api: Stripe) -> str:
    case = {"refresh_url": "http://localhost:9/again", "return_url": "http://localhost:9/home"}
    use_case = {"type": "account_onboarding", "account_onboarding": case}
    return api.v2.core.account_links.create({"account": api.account, "use_case": use_case}).url


@pytest.mark.parametrize(
    ("outcome", "status", "asked"), [("finish", "active", 0), ("restrict", "restricted", 1)]
)
def test_onboarding_ends_as_chosen(api: Stripe, outcome: str, status: str, asked: int) -> None:
    assert press(onboarding(api), outcome=outcome).headers["Location"] == "http://localhost:9/home"
    parts = {"include": ["configuration.merchant", "requirements"]}
    account = api.v2.core.accounts.retrieve(api.account, parts)
    assert account.configuration.merchant.capabilities.card_payments.status == status
    assert len(account.requirements.entries) == asked


def test_onboarding_left_half_way_asks_for_the_rest(api: Stripe, simulator: Simulator) -> None:
    account = api.v2.core.accounts.create(account_params())
    asked = len(account.requirements.entries)
    case = {"refresh_url": "http://localhost:9/again", "return_url": "http://localhost:9/home"}
    use_case = {"type": "account_onboarding", "account_onboarding": case}
    link = api.v2.core.account_links.create({"account": account.id, "use_case": use_case})
    press(link.url, outcome="half")
    account = api.v2.core.accounts.retrieve(
        account.id, {"include": ["configuration.merchant", "requirements"]}
    )
    assert 0 < len(account.requirements.entries) < asked
    assert account.configuration.merchant.capabilities.card_payments.status == "restricted"


def test_a_link_works_once_and_not_for_long(api: Stripe, simulator: Simulator) -> None:
    used, late = onboarding(api), onboarding(api)
    press(used, outcome="finish")
    assert press(used, outcome="restrict").headers["Location"] == "http://localhost:9/again"
    simulator.advance(301)
    again = requests.get(late, allow_redirects=False, timeout=10)
    assert again.headers["Location"] == "http://localhost:9/again"


def test_the_panel_acts_as_the_dashboard_does(api: Stripe, simulator: Simulator, authorised: Make) -> None:
    intent = authorised(description="Tennis lesson")
    assert "Tennis lesson" in seen(simulator.url)
    press(f"{simulator.url}/_control/intents/{intent.id}/capture")
    intent = api.v1.payment_intents.retrieve(intent.id, None, api.own())
    assert intent.status == "succeeded"
    press(f"{simulator.url}/_control/charges/{intent.latest_charge}/refund", amount="100")
    assert "$1.00 refunded" in seen(simulator.url)


def test_the_page_tells_that_the_card_is_kept_and_offers_it_next_time(
    api: Stripe, simulator: Simulator, open_checkout: Make
) -> None:
    customer = api.v1.customers.create({"email": "payer@example.com"}, api.own()).id
    asked = {
        "customer": customer,
        "customer_email": None,
        "payment_intent_data": {"capture_method": "manual", "setup_future_usage": "off_session"},
        "saved_payment_method_options": {"payment_method_save": "enabled"},
    }
    first, second = open_checkout(**asked), open_checkout(**asked)
    html = seen(first.url)
    assert "Maya Torres Tennis keeps this card and can charge it later" in html
    assert "Offer me this card next time" in html
    assert "Your cards" not in html
    assert press(first.url, card="5555555555554444", keep="yes").status_code == 303
    html = seen(second.url)
    assert "Your cards" in html
    assert "Mastercard, valid to 12/2034" in html
    (method,) = api.v1.payment_methods.list({"customer": customer}, api.own()).data
    assert press(second.url, card=method.id).status_code == 303
    intent = api.v1.checkout.sessions.retrieve(
        second.id, {"expand": ["payment_intent"]}, api.own()
    ).payment_intent
    assert intent.payment_method == method.id
    api.v1.payment_methods.detach(method.id, None, api.own())
    third = open_checkout(**asked)
    assert "Your cards" not in seen(third.url)
    assert press(third.url, card=method.id).status_code == 422


def test_an_ordinary_page_keeps_no_card_and_does_not_say_so(open_checkout: Make) -> None:
    html = seen(open_checkout().url)
    assert "keeps this card" not in html
    assert "next time" not in html


def test_a_card_is_not_offered_to_somebody_else(
    api: Stripe, simulator: Simulator, open_checkout: Make
) -> None:
    session = open_checkout()
    method = simulator.pay(session.id).method_id
    assert press(open_checkout().url, card=method).status_code == 422


def test_the_banks_page_of_a_payment_without_a_page_sends_the_client_back(
    api: Stripe, simulator: Simulator
) -> None:
    asked = {
        "amount": 4500,
        "currency": "usd",
        "payment_method": "pm_card_authenticationRequired",
        "allowed_payment_method_types": ["card"],
        "capture_method": "manual",
        "confirm": True,
        "return_url": "http://localhost:9/back",
    }
    intent = api.v1.payment_intents.create(asked, api.own())
    url = intent.next_action.redirect_to_url.url
    html = seen(url)
    assert "Confirm this payment with your bank" in html
    assert "$45.00" in html
    assert (
        press(url, completed="yes").headers["Location"].startswith("http://localhost:9/back?payment_intent=")
    )
    assert "nothing to confirm" in seen(url)


def test_the_panel_disputes_pays_out_and_has_cards_fail(
    api: Stripe, simulator: Simulator, captured: Make, open_checkout: Make
) -> None:
    charge = captured().latest_charge.id
    control = f"{simulator.url}/_control"
    press(f"{control}/charges/{charge}/dispute", kind="inquiry")
    (dispute,) = api.v1.disputes.list({"charge": charge}, api.own()).data
    assert "Make it a dispute" in seen(simulator.url)
    press(f"{control}/disputes/{dispute.id}/escalate")
    press(f"{control}/disputes/{dispute.id}/win")
    assert "<td>won</td>" in seen(simulator.url)

    kept = {"capture_method": "manual", "setup_future_usage": "off_session"}
    method = simulator.pay(open_checkout(payment_intent_data=kept).id).method_id
    press(f"{control}/methods/{method}/decline", decline_code="lost_card")
    assert "<td>lost_card</td>" in seen(simulator.url)
    press(f"{control}/methods/{method}/accept")
    assert "<td>yes</td>" in seen(simulator.url)

    refused = press(f"{control}/accounts/{api.account}/payout")
    assert refused.status_code == 400
    assert "insufficient funds" in refused.text
    simulator.payout_schedule(api.account, "manual")
    simulator.sell_elsewhere(api.account, 9900)
    simulator.advance(5 * 24 * 3600)
    assert press(f"{control}/accounts/{api.account}/payout", amount="1000").status_code == 303
    assert "by hand" in seen(simulator.url)
