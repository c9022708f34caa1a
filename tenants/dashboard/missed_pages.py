"""Where a coach looks at what a patrol has found."""

from typing import Final

from tenants.dashboard.desk import Desk
from tenants.paperwork.models import ClientPaper, PaperKind
from tenants.registry.models import Finding
from tenants.shop.models import Order, OrderKind

OF_ORDERS: Final = frozenset({"payment_without_order", "order_without_goods", "forgotten_order"})


def page_of(desk: Desk, finding: Finding) -> tuple[str, str]:
    """The words of the link and its address."""
    if finding.reference == desk.tenant.pk:
        return "See your Stripe account", desk.address("stripe")
    if finding.kind in OF_ORDERS:
        return "See the order", _order(desk, finding)
    if finding.kind == "forgotten_pack_order":
        return "See the pack", desk.address("pack", finding.reference)
    if finding.kind == "altered_acceptance":
        return "See what was accepted", _paper(desk, finding)
    return "See the booking", desk.address("booking", finding.reference)


def _order(desk: Desk, finding: Finding) -> str:
    order = Order.objects.filter(pk=finding.reference).first()
    if order is None:
        return desk.address("money")
    if order.kind == OrderKind.PACKS:
        return desk.address("packs_order", order.pk)
    return desk.address("product_orders", order.product_id)


def _paper(desk: Desk, finding: Finding) -> str:
    given = ClientPaper.objects.select_related("paper").filter(pk=finding.reference).first()
    is_agreement = given is None or given.paper.kind == PaperKind.AGREEMENT
    return desk.address("agreement_given" if is_agreement else "paper_given", finding.reference)
