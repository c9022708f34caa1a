"""What a patrol looks for among orders: paid for nothing, and waiting for ever."""

from datetime import datetime
from typing import Final

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from tenants.billing.models import LIVE, AttemptStatus, PaymentAttempt
from tenants.paperwork.requirements import DONE_WITHIN
from tenants.registry import wakeups
from tenants.registry.patrols import LATE, Missed
from tenants.shop import fulfilment, packs_for
from tenants.shop.models import Order, OrderKind, OrderStatus

PURPOSES: Final = (fulfilment.PURPOSE, packs_for.PURPOSE)


def payments_without_order(*, now: datetime) -> list[Missed]:
    """Money was taken, and its order does not stand as paid. A look at Stripe gives or returns it."""
    paid = Order.objects.filter(pk=OuterRef("charge__reference"), paid_at__isnull=False)
    rows = PaymentAttempt.objects.filter(
        ~Exists(paid),
        status=AttemptStatus.CAPTURED,
        charge__purpose__in=PURPOSES,
        captured_at__lte=now - LATE,
        refunded_minor__lt=F("captured_minor"),
    )
    found = rows.values_list("charge__reference", "pk")
    return [Missed(order_id, ("attempt", attempt_id)) for order_id, attempt_id in found]


def orders_without_goods(*, now: datetime) -> list[Missed]:
    """It stands as paid, and the sessions that it includes, or somebody's share of them, are not there."""
    includes = Q(kind=OrderKind.PRODUCT, pack=None) & ~Q(agreed__contains={"pack_offer": ""})
    share_missing = Q(kind=OrderKind.PACKS, beneficiaries__contains=[{"pack_id": ""}])
    rows = Order.objects.filter(includes | share_missing, status=OrderStatus.PAID, paid_at__lte=now - LATE)
    return [Missed(order_id) for order_id in rows.values_list("pk", flat=True)]


def forgotten_orders(*, now: datetime) -> list[Missed]:
    """They wait for papers or payment for longer than any does, and nobody will end them."""
    waiting = _waiting(now).values_list("pk", flat=True)
    return [Missed(order_id, ("order_papers", order_id)) for order_id in waiting]


def _waiting(now: datetime) -> QuerySet[Order]:
    """But for those that the coach has set up, which wait until they are paid or taken back."""
    being_paid = PaymentAttempt.objects.filter(charge__reference=OuterRef("pk"), status__in=LIVE)
    late = now - DONE_WITHIN - LATE
    rows = Order.objects.filter(
        ~wakeups.asked("order_papers"), ~Exists(being_paid), status=OrderStatus.PENDING, created_at__lte=late
    )
    return rows.exclude(agreed__contains={"by": packs_for.BY_COACH})
