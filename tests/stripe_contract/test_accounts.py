"""Connected accounts (v2) and the links to hosted onboarding."""

import pytest
import stripe

from connect.simulator.client import Simulator
from tests.stripe_contract.target import Stripe, account_params, client_for, unique

PARTS = ["configuration.merchant", "requirements"]


def card_payments(account: stripe.v2.core.Account) -> str:
    assert account.configuration
    assert account.configuration.merchant
    assert account.configuration.merchant.capabilities
    assert account.configuration.merchant.capabilities.card_payments
    return account.configuration.merchant.capabilities.card_payments.status


def test_a_new_account_takes_no_cards_and_is_asked_for_things(api: Stripe) -> None:
    account = api.v2.core.accounts.create(account_params())
    assert card_payments(account) != "active"
    assert account.requirements.entries[0].minimum_deadline.status in ("currently_due", "past_due")


def test_an_account_shows_null_for_what_include_does_not_name(api: Stripe) -> None:
    account = api.v2.core.accounts.retrieve(api.account)
    assert (account.configuration, account.requirements, account.defaults) == (None, None, None)
    assert api.v2.core.accounts.retrieve(api.account, {"include": PARTS}).requirements is not None


def test_the_same_key_makes_one_account(api: Stripe) -> None:
    options = {"idempotency_key": unique()}
    first = api.v2.core.accounts.create(account_params(), options)
    assert api.v2.core.accounts.create(account_params(), options).id == first.id


def test_a_link_leads_to_hosted_onboarding(api: Stripe) -> None:
    link = api.v2.core.account_links.create(
        {
            "account": api.account,
            "use_case": {
                "type": "account_onboarding",
                "account_onboarding": {
                    "refresh_url": "https://example.com/again",
                    "return_url": "https://example.com/back",
                    "collection_options": {"fields": "eventually_due"},
                },
            },
        }
    )
    assert link.url.startswith("http")
    assert link.account == api.account


def test_an_unknown_account_cannot_be_acted_for(api: Stripe) -> None:
    with pytest.raises(stripe.PermissionError):
        api.v1.payment_intents.retrieve("pi_1", None, {"stripe_account": "acct_1NoSuchAccount"})


def test_a_misspelt_parameter_of_v2_is_refused(api: Stripe) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        api.v2.core.accounts.create(account_params(dashbord="full"))


def test_a_restricted_account_asks_for_something_past_due(api: Stripe, simulator: Simulator) -> None:
    simulator.restrict(api.account)
    account = api.v2.core.accounts.retrieve(api.account, {"include": PARTS})
    assert card_payments(account) == "restricted"
    assert account.requirements.summary.minimum_deadline.status == "past_due"


def test_a_disconnected_account_refuses_every_call(api: Stripe, simulator: Simulator) -> None:
    simulator.disconnect(api.account)
    with pytest.raises(stripe.PermissionError):
        api.v1.refunds.list(None, api.own())
    with pytest.raises(stripe.PermissionError):
        api.v2.core.accounts.retrieve(api.account)


def test_a_live_key_is_refused(api: Stripe, simulator: Simulator) -> None:
    with pytest.raises(stripe.AuthenticationError, match="no live keys"):
        client_for(simulator.url, "sk_live_abc").v1.refunds.list()
