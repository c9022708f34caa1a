"""The page of an order of packs for several people: its payer's alone."""

from kit.database import current_schema
from tenants.registry.pages import coach_address
from tenants.shop.links import token_of
from tenants.shop.models import Order

PLACE = "packs-for"


def address_of(order: Order, path: str = "") -> str:
    """Absolute, for mails to the payer."""
    return f"{coach_address(current_schema())}/{PLACE}/{token_of(order)}/{path}"
