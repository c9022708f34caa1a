"""Who may do what with an order: the link in the mail, the browser that paid, or the signed-in buyer.

Anybody can type somebody's address and order. So what leads back from the payment is a link of its own: it
opens that one order, and only in the browser that made it. What is free is opened by the mail alone.
"""

from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from kit.clock import now
from public_pages.booking.cookies import holder_of
from public_pages.booking.opening import opened_by_link
from public_pages.booking.order_links import OrderLinks
from tenants.clients import sign_in
from tenants.shop import links
from tenants.shop.models import Order

ORDERS: Final = OrderLinks(Order, "payer", "product", "pack", salt="upfront.order-return", page="o")


@dataclass(frozen=True, slots=True)
class Access:
    """An order that a browser has a link of. `is_whole`: the mailed one, or its buyer is signed in."""

    order: Order
    token: str
    is_whole: bool
    is_signed_in: bool
    ordered_here: bool

    @property
    def may_open(self) -> bool:
        """Whether what was bought is this browser's to open."""
        return self.is_whole or (self.ordered_here and self.order.price_minor > 0)

    @property
    def may_pay(self) -> bool:
        return self.is_whole or self.ordered_here


def access_by(request: HttpRequest, token: str) -> Access:
    """What a link to an order opens in this browser. Raises BadLink."""
    is_mailed = ":" not in token
    order = links.order_by(token) if is_mailed else ORDERS.order_by(token)
    client = sign_in.client_in(request, now=now())
    is_buyer = client is not None and client.pk == order.payer_id
    return Access(order, token, is_mailed or is_buyer, is_buyer, is_ordered_here(request, order))


by_order_link = opened_by_link("order_token", access_by, "shop/bad_link.html")


def is_ordered_here(request: HttpRequest, order: Order) -> bool:
    """Whether this is the browser that agreed to the order."""
    browser = str(order.agreed.get("browser", ""))
    return bool(browser) and constant_time_compare(browser, holder_of(request))
