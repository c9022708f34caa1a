"""Orders of a product as their coach reads them."""

from typing import Any, Final

from tenants.billing.models import AttemptStatus, Charge, PaymentAttempt
from tenants.dashboard.desk import Desk
from tenants.shop.fulfilment import PURPOSE
from tenants.shop.models import Order, OrderStatus, Product

MOST: Final = 200
STATES: Final = {
    OrderStatus.PENDING: ("attention", "Not paid yet"),
    OrderStatus.PAID: ("paid", "Paid"),
    OrderStatus.REFUNDED: ("neutral", "Refunded"),
    OrderStatus.VOID: ("neutral", "Not paid in time"),
}


def rows_of(desk: Desk, product: Product) -> list[dict[str, Any]]:
    """The newest first, each with its state and the page of its payment. Three queries."""
    orders = list(
        Order.objects.filter(product=product).select_related("payer").order_by("-created_at")[:MOST]
    )
    ids = [each.pk for each in orders]
    charges = {each.reference: each for each in Charge.objects.filter(purpose=PURPOSE, reference__in=ids)}
    taken = PaymentAttempt.objects.filter(
        charge__purpose=PURPOSE, charge__reference__in=ids, status=AttemptStatus.CAPTURED
    )
    payments = {each.charge_id: each.pk for each in taken}
    return [_row(desk, each, charges.get(each.pk), payments) for each in orders]


def _row(desk: Desk, order: Order, charge: Charge | None, payments: dict[Any, Any]) -> dict[str, Any]:
    payment = payments.get(charge.pk) if charge else None
    return {
        "order": order,
        "state": _state(order, charge),
        "refunded_minor": charge.refunded_minor if charge else 0,
        "client_url": desk.address("client", order.payer_id),
        "payment_url": desk.address("payment", payment) if payment else "",
        "day": order.paid_at or order.created_at,
    }


def _state(order: Order, charge: Charge | None) -> tuple[str, str]:
    if charge and charge.disputed_at:
        return "problem", "Disputed"
    if order.status == OrderStatus.PAID and not order.price_minor:
        return "paid", "Free"
    if order.status == OrderStatus.PAID and charge and charge.refunded_minor:
        return "paid", "Refunded in part"
    return STATES[OrderStatus(order.status)]
