"""The link to one order: signed for this coach, this order and this version of the link."""

from typing import Final

from kit.database import current_schema
from kit.signed_links import BadLink, SignedLinks
from tenants.registry.pages import coach_address
from tenants.shop.models import Order

__all__ = ["BadLink", "address_of", "order_by", "token_of"]

SIGNED: Final = SignedLinks("upfront.order-link")


def token_of(order: Order) -> str:
    """The secret part of the mailed link. It opens nothing on another coach's host."""
    return SIGNED.token(order.pk, order.link_version)


def order_by(token: str) -> Order:
    """The order that a mailed link speaks of, with its payer, product and pack. Raises BadLink."""
    return SIGNED.row_by(token, Order.objects.select_related("payer", "product", "pack"))


def address_of(order: Order, path: str = "") -> str:
    """The order's page on the coach's own host, absolute, for its payer's mails."""
    return f"{coach_address(current_schema())}/o/{token_of(order)}/{path}"
