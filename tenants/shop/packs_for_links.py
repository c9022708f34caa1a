"""The link to an order of packs for several people: its payer's alone, who reads amounts by it."""

from typing import Final

from kit.database import current_schema
from kit.signed_links import BadLink, SignedLinks
from tenants.registry.pages import coach_address
from tenants.shop.models import Order, OrderKind

__all__ = ["PLACE", "BadLink", "address_of", "order_by", "token_of"]

SIGNED: Final = SignedLinks("upfront.packs-for-link")
PLACE: Final = "packs-for"


def token_of(order: Order) -> str:
    """The secret part of the mailed link. It opens nothing on another coach's host."""
    return SIGNED.token(order.pk, order.link_version)


def order_by(token: str) -> Order:
    """The order that a mailed link speaks of, with its payer and its pack. Raises BadLink."""
    rows = Order.objects.select_related("payer", "pack_offer").filter(kind=OrderKind.PACKS)
    return SIGNED.row_by(token, rows)


def address_of(order: Order, path: str = "") -> str:
    """Its page on the coach's own host, absolute, for mails to the payer."""
    return f"{coach_address(current_schema())}/{PLACE}/{token_of(order)}/{path}"
