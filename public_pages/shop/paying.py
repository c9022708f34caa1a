"""Paying for an order: going on with one that was left, and coming back from Stripe."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from connect.accounts import CannotCharge
from connect.gateway import GatewayRefused, GatewayUnavailable
from kit.actors import Actor
from kit.clock import now
from kit.limits import allows, connection_of
from public_pages.booking.asking_again import come_back
from public_pages.booking.slots import slow_down
from public_pages.shop.access import Access, by_order_link
from public_pages.shop.product import BUYS, return_pages
from public_pages.shop.stages import tries_at
from tenants.billing.checkout import AlreadyPaid, PageUnavailable
from tenants.clients import sign_in
from tenants.offers.coupons import CouponRefused
from tenants.registry.middleware import writes_on_get
from tenants.shop import buying, recognising


@require_POST
@by_order_link
def order_pay(request: HttpRequest, access: Access) -> HttpResponse:
    """To the payment of an order that was left."""
    if not allows("shop", connection_of(request), **BUYS):
        return slow_down(request)
    try:
        if pay_at := buying.pay(order_id=access.order.pk, links=return_pages, now=now()):
            return redirect(pay_at)
    except (PageUnavailable, GatewayUnavailable, GatewayRefused):
        messages.error(request, "The card page could not be opened just now. Nothing was charged: try again.")
    except CannotCharge:
        messages.error(request, "Your coach cannot take cards right now. Nothing was charged.")
    except buying.OrderEnded:
        messages.warning(request, "There is nothing to pay here any more. Nothing was charged.")
    except CouponRefused as refused:
        messages.warning(request, f"{refused} Nothing was charged. Order it again, without the code.")
    except AlreadyPaid:
        pass
    return redirect("order", access.token)


@writes_on_get
@require_safe
@by_order_link
def order_return(request: HttpRequest, access: Access) -> HttpResponse:
    """Asks Stripe at once what became of the payment; else the order's page waits and asks again.

    Whoever is proved by the payment comes back signed in.
    """
    payer = Actor("client", str(access.order.payer_id))
    page = reverse("order", args=[access.token])
    return _signed_in(request, access, come_back(request, tries_at(access.order), payer=payer, page=page))


def _signed_in(request: HttpRequest, access: Access, response: HttpResponse) -> HttpResponse:
    if access.is_signed_in or not access.ordered_here:
        return response
    secret = recognising.let_in(order_id=access.order.pk, agent=sign_in.agent_of(request), now=now())
    if secret:
        sign_in.keep(response, secret)
    return response
