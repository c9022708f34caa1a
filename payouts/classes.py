"""In which class a movement of a coach's balance at Stripe falls: each in exactly one."""

import uuid
from collections.abc import Mapping
from typing import Final

from payouts.models import LineClass

PAYMENTS: Final = frozenset({"charge", "payment"})
REFUNDS: Final = frozenset(
    {"refund", "payment_refund", "refund_failure", "payment_failure_refund", "payment_reversal"}
)
DISPUTES: Final = frozenset({"dispute", "dispute_reversal"})
PAYOUTS: Final = frozenset({"payout", "payout_cancel", "payout_failure"})
FEES_RETURNED: Final = frozenset({"application_fee_refund"})
COSTS: Final = frozenset(
    {"stripe_fee", "stripe_fx_fee", "tax_fee", "network_cost", "fee", "tax", "contribution"}
)


def class_of(
    *, kind: str, category: str, source_id: str, charge_id: str, attempts: Mapping[str, uuid.UUID]
) -> tuple[LineClass, uuid.UUID | None]:
    """A line's class, and the payment here that it belongs to. `attempts` are ours, by Stripe's charge.

    `kind` and `category` are Stripe's words. What belongs to no payment of ours and is no cost of Stripe's
    was made outside Upfront: a charge in Stripe's dashboard, a top-up, another platform's.
    """
    attempt_id = attempts.get(charge_id)
    if kind in PAYOUTS:
        return LineClass.PAYOUT, None
    if kind in FEES_RETURNED or source_id.startswith("fr_"):
        return LineClass.FEE_RETURNED, attempt_id
    ours = _of_a_payment(kind, category, source_id)
    if ours is None and (kind in COSTS or category in COSTS):
        return LineClass.STRIPE_COST, None
    return (ours, attempt_id) if ours and attempt_id else (LineClass.OUTSIDE, None)


def _of_a_payment(kind: str, category: str, source_id: str) -> LineClass | None:
    if kind in PAYMENTS:
        return LineClass.PAYMENT
    if kind in REFUNDS:
        return LineClass.REFUND
    is_dispute = category in DISPUTES or source_id.startswith(("dp_", "du_"))
    return LineClass.DISPUTE if is_dispute else None
