"""What an order's page shows: one address for its whole life, by what it has come to."""

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import QuerySet

from tenants.billing.models import UNPAID, AttemptStatus, PaymentAttempt
from tenants.shop.fulfilment import PURPOSE
from tenants.shop.models import Order, OrderStatus

UNDER_WAY = (AttemptStatus.CAPTURING, AttemptStatus.RELEASING)


class Stage(StrEnum):
    CONFIRMING = "confirming"
    UNPAID = "unpaid"
    PAID = "paid"
    REFUNDED = "refunded"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Standing:
    """An order with the latest try at paying for it, and what that amounts to."""

    order: Order
    attempt: PaymentAttempt | None
    stage: Stage


def standing_of(order: Order, *, returned: bool = False) -> Standing:
    """Where an order stands. `returned` is a browser that Stripe has just sent back as paid."""
    attempt = tries_at(order).first() if order.paid_at is None else None
    return Standing(order, attempt, _stage(order, attempt, returned=returned))


def tries_at(order: Order) -> QuerySet[PaymentAttempt]:
    """At paying for this order, the last first."""
    tries = PaymentAttempt.objects.filter(charge__purpose=PURPOSE, charge__reference=order.pk)
    return tries.select_related("charge").order_by("-created_at", "-pk")


def _stage(order: Order, attempt: PaymentAttempt | None, *, returned: bool) -> Stage:
    if order.status == OrderStatus.REFUNDED:
        return Stage.REFUNDED
    if order.status == OrderStatus.PAID:
        return Stage.PAID
    if order.status == OrderStatus.VOID:
        return Stage.ENDED
    if attempt and (attempt.status == AttemptStatus.CAPTURED or _is_under_way(attempt, returned=returned)):
        # Captured between our two looks: at the order first, at its payment then.
        return Stage.CONFIRMING
    return Stage.UNPAID


def _is_under_way(attempt: PaymentAttempt, *, returned: bool) -> bool:
    """Paid as far as the payer can tell, and not settled yet."""
    payable = attempt.status in UNPAID and (returned or attempt.capture_before is not None)
    return attempt.status in UNDER_WAY or payable
