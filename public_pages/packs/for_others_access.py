"""Who may look at an order of packs for several people: its payer, or the browser that ordered."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.http import HttpRequest

from kit.clock import now
from kit.signed_links import BadLink
from public_pages.booking.opening import opened_by_link
from public_pages.booking.order_links import OrderLinks
from public_pages.shop.access import is_ordered_here
from tenants.clients import relations, sign_in
from tenants.shop import packs_for_links
from tenants.shop.models import Order, OrderKind

ORDERS: Final = OrderLinks(
    Order, "payer", "pack_offer", salt="upfront.packs-for-return", page=packs_for_links.PLACE
)


@dataclass(frozen=True, slots=True)
class Access:
    """An order whose payer this is. `is_whole`: by the link that was mailed, or signed in."""

    order: Order
    token: str
    is_whole: bool

    @property
    def knows_payer(self) -> bool:
        """Whether what stands on record of the payer may be shown: else only what was typed here."""
        return self.is_whole or self.order.payer.created_at >= self.order.created_at


def _access_by(request: HttpRequest, token: str) -> Access:
    if ":" not in token:
        return Access(packs_for_links.order_by(token), token, is_whole=True)
    order = ORDERS.order_by(token)
    client = sign_in.client_in(request, now=now())
    is_payer = relations.may_see_amounts(client, order.payer_id)
    if order.kind != OrderKind.PACKS or not (is_payer or is_ordered_here(request, order)):
        raise BadLink("another browser's")
    return Access(order, token, is_payer)


by_payers_link = opened_by_link("packs_token", _access_by, "packs/bad_link.html")


def return_pages(order: Order) -> Callable[[UUID], tuple[str, str]]:
    """Where Stripe sends the payer afterwards: paid, and not paid."""

    def pages(_attempt_id: UUID) -> tuple[str, str]:
        return ORDERS.address_of(order, "paid") + "?cs={CHECKOUT_SESSION_ID}", ORDERS.address_of(order)

    return pages
