"""How Stripe is called: the one client, in whose name, and what its failures mean."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

import stripe
from django.conf import settings

from kit import metrics
from kit.database import current_schema
from tenants.registry import sandboxes

INDEFINITE = (stripe.IdempotencyError, stripe.RateLimitError, stripe.AuthenticationError)
LARGEST_PAGE = 100
Seen = TypeVar("Seen")


class GatewayUnavailable(Exception):
    """No definite answer: the network, a conflict, too many requests, or a fault at Stripe.

    What was asked may or may not have happened. Fetch the object before trying again. `answered`: Stripe
    itself said that it failed, so it is done with what was asked, and answers the same key so for a day.
    """

    def __init__(self, message: str = "", *, answered: bool = False) -> None:
        super().__init__(message)
        self.answered = answered


class GatewayRefused(Exception):
    """Stripe said no, and nothing happened. `code` and `decline_code` are Stripe's own words.

    `advice_code` is what the bank advises of another try: `do_not_try_again`, `try_again_later`,
    `confirm_card_data`, or "" where it advises nothing.
    """

    def __init__(
        self, code: str, decline_code: str | None, message: str, *, advice_code: str | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.decline_code, self.message = code, decline_code, message
        self.advice_code = advice_code or ""


class GatewayMissing(GatewayRefused):
    """There is no such object, or none in this account."""


class GatewayDisconnected(GatewayRefused):
    """The coach has taken the platform's access to the account away."""


class Timed(stripe.RequestsClient):
    """Counts what Stripe answers to each try, and how long that took."""

    def request(self, *args: Any, **kwargs: Any) -> Any:
        outcome, begun = "unreachable", time.monotonic()
        try:
            answer = super().request(*args, **kwargs)
            outcome = f"{answer[1] // 100}xx"
        finally:
            metrics.STRIPE_CALLS.labels(outcome).inc()
            metrics.STRIPE_SECONDS.observe(time.monotonic() - begun)
        return answer


def client() -> stripe.StripeClient:
    """Stripe itself, but for a sandbox the simulated one."""
    if sandboxes.is_sandbox(current_schema()):
        return client_for(settings.SANDBOX_STRIPE_API_KEY, settings.SANDBOX_STRIPE_API_BASE)
    return client_for(settings.STRIPE_API_KEY, settings.STRIPE_API_BASE)


@lru_cache(maxsize=4)
def client_for(key: str, base: str | None) -> stripe.StripeClient:
    # Otherwise the SDK writes an id file into the user's configuration folder.
    stripe.enable_telemetry = False
    # All four, so that no call can leave for the real Stripe when a simulator was asked for.
    bases: Any = dict.fromkeys(("api", "files", "connect", "meter_events"), base) if base else {}
    return stripe.StripeClient(
        key,
        max_network_retries=2,
        http_client=Timed(timeout=(3.05, 20)),
        base_addresses=bases,
    )


def on(account_id: str, key: str | None = None) -> Any:
    """The options of a call in the name of a coach's account."""
    options = {"stripe_account": account_id}
    return {**options, "idempotency_key": key} if key else options


def sent(params: Mapping[str, Any]) -> Any:
    """The values in one order, however they were kept: to one key belongs one request, to the letter."""
    return _in_order(params)


def _in_order(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _in_order(value[name]) for name in sorted(value)}
    return [_in_order(each) for each in value] if isinstance(value, list) else value


@contextmanager
def failures() -> Iterator[None]:
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
    return refused(code, _said(error, "decline_code"), message, advice_code=_said(error, "advice_code"))


def _said(error: stripe.StripeError, name: str) -> str | None:
    return getattr(error.error, name, None)


def page(since: datetime | None, **asked: Any) -> Any:
    """What a long list is asked for with: its largest page, and nothing older than `since`."""
    created = {"created": {"gte": int(since.timestamp())}} if since else {}
    return {**asked, **created, "limit": LARGEST_PAGE}


def every(ask: Callable[[Any], Any], read: Callable[[Any], Seen]) -> Iterator[Seen]:
    """All objects of a list, page by page as they are consumed."""
    with failures():
        for found in ask(client().v1).auto_paging_iter():
            yield read(found)
