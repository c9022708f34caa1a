"""Paying for an order: going on with one that was left, and coming back from Stripe."""

from urllib.parse import urlencode

import structlog
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
from kit.requests import looked_for
from public_pages.booking.slots import slow_down
from public_pages.shop.access import Access, by_order_link
from public_pages.shop.product import BUYS, return_pages
from public_pages.shop.stages import latest_attempt
from tenants.billing.checkout import AlreadyPaid, PageUnavailable
from tenants.billing.decisions import settle
from tenants.billing.models import UNFINISHED, PaymentAttempt
from tenants.clients import sign_in
from tenants.offers.coupons import CouponRefused
from tenants.registry.middleware import writes_on_get
from tenants.shop import buying, recognising

log = structlog.get_logger()


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
    attempt = _attempt(access, looked_for(request, "cs", longest=120))
    if attempt is None or _is_settled(attempt, access):
        return _signed_in(request, access, redirect("order", access.token))
    asked = {"paid": "1", "asked": request.GET.get("asked", "0")}
    return redirect(f"{reverse('order', args=[access.token])}?{urlencode(asked)}")


def _signed_in(request: HttpRequest, access: Access, response: HttpResponse) -> HttpResponse:
    if access.is_signed_in or not access.ordered_here:
        return response
    secret = recognising.let_in(order_id=access.order.pk, agent=sign_in.agent_of(request), now=now())
    if secret:
        sign_in.keep(response, secret)
    return response


def _attempt(access: Access, checkout_id: str) -> PaymentAttempt | None:
    latest = latest_attempt(access.order)
    if not checkout_id or (latest and latest.checkout_id == checkout_id):
        return latest
    tries = PaymentAttempt.objects.filter(charge__reference=access.order.pk, checkout_id=checkout_id)
    return tries.first() or latest


def _is_settled(attempt: PaymentAttempt, access: Access) -> bool:
    """Whether nothing more is to be waited for."""
    try:
        settled = settle(attempt_id=attempt.pk, now=now(), actor=Actor("client", str(access.order.payer_id)))
    except (GatewayUnavailable, GatewayRefused) as error:
        log.warning("payment_not_settled_on_return", attempt=str(attempt.pk), error=str(error))
        return False
    return settled.status not in UNFINISHED
