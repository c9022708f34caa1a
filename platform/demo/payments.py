"""Paying on Stripe's page, and waiting for what comes of it."""

import time
from collections.abc import Callable

from connect.simulator.client import Simulator
from kit import clock
from tenants.billing import decisions
from tenants.billing.models import PaymentAttempt

_SETTLED_WITHIN_SECONDS = 20


class NotSettled(RuntimeError):
    """A payment of the demo's past came to no end."""


def is_final(attempt: PaymentAttempt) -> bool:
    return attempt.is_final


def pay(
    attempt: PaymentAttempt, stripe: Simulator, until: Callable[[PaymentAttempt], bool] = is_final
) -> None:
    """Fill in the card page; return when that had its effect, as `until` sees it."""
    stripe.pay(attempt.checkout_id)
    settle(attempt, until)


def settle(attempt: PaymentAttempt, until: Callable[[PaymentAttempt], bool] = is_final) -> None:
    """Stripe's event may settle it first: whoever comes, it ends as `until` says."""
    last = time.monotonic() + _SETTLED_WITHIN_SECONDS
    while not until(decisions.settle(attempt_id=attempt.pk, now=clock.now())):
        if time.monotonic() > last:
            raise NotSettled(f"The payment {attempt.pk} did not come to an end.")
        time.sleep(0.05)
