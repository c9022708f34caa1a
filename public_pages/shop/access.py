"""Who may do what with an order: the link in the mail, the browser that paid, or the signed-in buyer.

Anybody can type somebody's address and order. So what leads back from the payment is a link of its own: it
opens that one order, and only in the browser that made it. What is free is opened by the mail alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from kit.clock import now
from kit.signed_links import BadLink
from public_pages.booking.coach import coach_of, not_here
from public_pages.booking.cookies import holder_of
from public_pages.booking.order_links import OrderLinks
from tenants.clients import sign_in
from tenants.shop import links
from tenants.shop.models import Order

P = ParamSpec("P")

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


OrderView = Callable[Concatenate[HttpRequest, Access, P], HttpResponse]


def by_order_link(view: OrderView[P]) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
    @wraps(view)
    def opened(request: HttpRequest, order_token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            access = access_by(request, order_token)
        except BadLink:
            return not_here(request, coach_of(request), "shop/bad_link.html")
        return view(request, access, *args, **kwargs)

    return opened


def access_by(request: HttpRequest, token: str) -> Access:
    """What a link to an order opens in this browser. Raises BadLink."""
    is_mailed = ":" not in token
    order = links.order_by(token) if is_mailed else ORDERS.order_by(token)
    client = sign_in.client_in(request, now=now())
    is_buyer = client is not None and client.pk == order.payer_id
    return Access(order, token, is_mailed or is_buyer, is_buyer, is_ordered_here(request, order))


def is_ordered_here(request: HttpRequest, order: Order) -> bool:
    """Whether this is the browser that agreed to the order."""
    browser = str(order.agreed.get("browser", ""))
    return bool(browser) and constant_time_compare(browser, holder_of(request))
