"""The Stripe that is under test, and what every test of it needs."""

import json
import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import stripe

from connect.simulator.client import PostedEvent, Simulator

BASES = ("api", "files", "connect", "meter_events")


@dataclass
class Stripe:
    """A client, an account that takes cards, and the simulator's controls (None against a sandbox)."""

    client: stripe.StripeClient
    account: str
    simulator: Simulator | None

    @property
    def v1(self) -> Any:
        return self.client.v1

    @property
    def v2(self) -> Any:
        return self.client.v2

    def own(self, **options: Any) -> Any:
        """Options of a call in the connected account's name."""
        return {"stripe_account": self.account, **options}

    def now(self) -> int:
        return self.simulator.now() if self.simulator else int(time.time())


def client_for(base: str, key: str = "sk_test_simulated") -> stripe.StripeClient:
    addresses: Any = dict.fromkeys(BASES, base) if base else {}
    return stripe.StripeClient(
        key,
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=(3.05, 20)),
        base_addresses=addresses,
    )


def account_params(**changes: Any) -> Any:
    return {
        "contact_email": "maya@example.com",
        "display_name": "Maya Torres Tennis",
        "dashboard": "full",
        "identity": {"country": "us"},
        "configuration": {"merchant": {"capabilities": {"card_payments": {"requested": True}}}},
        "defaults": {
            "currency": "usd",
            "responsibilities": {"fees_collector": "stripe", "losses_collector": "stripe"},
        },
        "include": ["configuration.merchant", "requirements", "defaults"],
        **changes,
    }


def new_account(client: stripe.StripeClient) -> str:
    return client.v2.core.accounts.create(account_params()).id


def unique() -> str:
    return uuid4().hex


def types_of(events: list[PostedEvent]) -> list[str]:
    """What was told, in the order of telling, without the `v1.` of thin events."""
    return [json.loads(event.body)["type"].removeprefix("v1.") for event in events]
