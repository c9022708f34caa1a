"""Coaches' Stripe accounts, and Stripe's own pages where they are set up."""

from typing import Any

import stripe

from connect import shapes
from connect.gateway import calling
from connect.shapes import AccountView

ACCOUNT_PARTS = ["configuration.merchant", "requirements", "defaults"]


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
    with calling.failures():
        key = f"acct-{schema_name}" if number == 1 else f"acct-{schema_name}-{number}"
        account = calling.client().v2.core.accounts.create(params, {"idempotency_key": key})
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
    with calling.failures():
        try:
            account = calling.client().v2.core.accounts.retrieve(account_id, _parts())
        except stripe.PermissionError:
            return AccountView(id=account_id, card_payments_status="unsupported", closed=True)
        return shapes.read_account(account)


def onboarding_url(*, account_id: str, return_url: str, refresh_url: str) -> str:
    """Where Stripe asks the coach for details: works once and for minutes, so make it on the click."""
    with calling.failures():
        params = onboarding_params(account_id=account_id, return_url=return_url, refresh_url=refresh_url)
        return calling.client().v2.core.account_links.create(params).url


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


def _parts() -> Any:
    return {"include": list(ACCOUNT_PARTS)}
