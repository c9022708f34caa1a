"""What is to be filled in or read before a product is paid for. Its agreements are accepted by buying it."""

import uuid
from datetime import datetime

from kit.states import change
from tenants.paperwork import papers, requirements
from tenants.paperwork.models import PaperKind
from tenants.registry import wakeups
from tenants.shop.models import Order, Product


def required_by(product: Product) -> list[str]:
    """Lines of a product's forms and documents, in its order. No query where it requires nothing."""
    if not product.requires:
        return []
    current = papers.current_of(lines=[uuid.UUID(str(line)) for line in product.requires])
    kinds = {str(line): paper.kind for line, paper in current.items()}
    wanted = [str(line) for line in product.requires]
    return [line for line in wanted if kinds.get(line, PaperKind.AGREEMENT) != PaperKind.AGREEMENT]


def hand_out(*, order: Order, coupon: str, name: str = "", now: datetime) -> bool:
    """Step: whether a locked order waits for papers; they are the payer's to be done first, and the code is
    kept meanwhile."""
    assert order.product is not None
    refused = requirements.hand_out(
        lines=required_by(order.product),
        client=order.payer,
        reference=order.pk,
        values=requirements.as_typed(name),
        now=now,
    )
    if refused is None:
        return False
    given = [*order.agreed.get("papers", ()), *(str(each.pk) for each in refused.client_papers)]
    change(order, agreed={**order.agreed, "papers": list(dict.fromkeys(given)), "coupon": coupon})
    due_at = now + requirements.DONE_WITHIN
    wakeups.ask(kind="order_papers", reference=order.pk, due_at=due_at, now=now)
    return True


def papers_of(order: Order) -> list[uuid.UUID]:
    """The payer's papers that this order waits for, or has waited for."""
    return [uuid.UUID(each) for each in order.agreed.get("papers", ())]
