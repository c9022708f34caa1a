"""What stands on a receipt for an order."""

import uuid

from tenants.billing.paper_lines import Line
from tenants.shop.models import Order


def of_order(*, reference: uuid.UUID) -> list[Line]:
    """The product as it was sold, with the tax that was agreed then."""
    order = Order.objects.get(pk=reference)
    return [Line(order.agreed["name"], order.price_minor, order.agreed.get("tax_bp", 0))]
