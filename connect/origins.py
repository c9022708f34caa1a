"""From any object that an event names to the payment it belongs to."""

import uuid
from dataclasses import dataclass

from connect import gateway


@dataclass(frozen=True)
class Origin:
    """Whose payment an object is: `attempt_id` is our own mark, absent on payments made elsewhere.

    The amount is the payment's, in the currency's minor unit, whatever of it was captured.
    """

    intent_id: str | None
    attempt_id: uuid.UUID | None
    amount_minor: int = 0
    currency: str = ""


def origin_of(*, account_id: str, object_id: str) -> Origin:
    """Ask Stripe which payment a page, payment, charge or refund belongs to.

    Raises the gateway's errors.
    """
    intent_id = _intent_id(account_id, object_id)
    if intent_id is None:
        return Origin(None, None)
    intent = gateway.fetch_intent(account_id=account_id, intent_id=intent_id)
    return Origin(intent.id, _mark(intent.metadata.get("attempt", "")), intent.amount_minor, intent.currency)


def _mark(text: str) -> uuid.UUID | None:
    """Coaches mark payments of their own as they like: what is no key of ours is no mark of ours."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _intent_id(account_id: str, object_id: str) -> str | None:
    if object_id.startswith("pi_"):
        return object_id
    if object_id.startswith("cs_"):
        return gateway.fetch_checkout(account_id=account_id, checkout_id=object_id).payment_intent_id
    return gateway.fetch_intent_id(account_id=account_id, object_id=object_id)
