"""Paying on Stripe's page, and waiting for what comes of it; and kept cards that stop working."""

import time
from collections.abc import Callable

from connect.simulator.client import Simulator
from kit import clock
from tenants.billing import decisions
from tenants.billing.models import PaymentAttempt, SavedCard

USUAL_CARD = "4242424242424242"
_SETTLED_WITHIN_SECONDS = 20


class NotSettled(RuntimeError):
    """A payment of the demo's past came to no end."""


def is_final(attempt: PaymentAttempt) -> bool:
    return attempt.is_final


def pay(
    attempt: PaymentAttempt,
    stripe: Simulator,
    until: Callable[[PaymentAttempt], bool] = is_final,
    *,
    card: str = USUAL_CARD,
) -> None:
    """Fill in the card page; return when that had its effect, as `until` sees it."""
    stripe.pay(attempt.checkout_id, card=card)
    settle(attempt, until)


def settle(attempt: PaymentAttempt, until: Callable[[PaymentAttempt], bool] = is_final) -> None:
    """A worker may be at it first: whoever comes, it ends as `until` says."""
    last = time.monotonic() + _SETTLED_WITHIN_SECONDS
    while not until(decisions.settle(attempt_id=attempt.pk, now=clock.now())):
        if time.monotonic() > last:
            raise NotSettled(f"The payment {attempt.pk} did not come to an end.")
        time.sleep(0.05)


def fail_cards_of(email: str, stripe: Simulator) -> None:
    """The client's kept cards are declined from now on."""
    for card in SavedCard.objects.filter(client__email=email, removed_at=None):
        stripe.decline_from_now_on(card.method_id)


def mend_cards_of(email: str, stripe: Simulator) -> None:
    """There is money on the client's account again."""
    for card in SavedCard.objects.filter(client__email=email, removed_at=None):
        stripe.accept_again(card.method_id)
