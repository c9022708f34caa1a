"""Paying for a pack: going on with an order that was left, and coming back from Stripe."""

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
from public_pages.booking.coach import coach_of, not_here
from public_pages.booking.slots import slow_down
from public_pages.packs.access import Access, by_pack_link, known_to
from public_pages.packs.offer import BUYS, return_pages
from public_pages.packs.stages import tries_at
from tenants.billing.checkout import AlreadyPaid, PageUnavailable
from tenants.offers.coupons import CouponRefused
from tenants.packs import selling
from tenants.registry.middleware import writes_on_get


@require_POST
@by_pack_link
def pack_pay(request: HttpRequest, access: Access) -> HttpResponse:
    """To the payment of an order that was left, or of what the coach sold unpaid: its payer's."""
    if not access.reads_amounts:
        return not_here(request, coach_of(request), "packs/bad_link.html")
    if not allows("packs", connection_of(request), **BUYS):
        return slow_down(request)
    try:
        if pay_at := selling.pay(pack_id=access.pack.pk, links=return_pages, now=now()):
            return redirect(pay_at)
    except (PageUnavailable, GatewayUnavailable, GatewayRefused):
        messages.error(request, "The card page could not be opened just now. Nothing was charged: try again.")
    except CannotCharge:
        messages.error(request, "Your coach cannot take cards right now. Nothing was charged.")
    except selling.OrderEnded:
        messages.warning(request, "There is nothing to pay here any more. Nothing was charged.")
    except CouponRefused as refused:
        messages.warning(request, f"{refused} Nothing was charged. Order it again, without the code.")
    except AlreadyPaid:
        pass
    return redirect("pack", access.token)


@writes_on_get
@require_safe
@by_pack_link
def pack_return(request: HttpRequest, access: Access) -> HttpResponse:
    """Asks Stripe at once what became of the payment; else the pack's page waits and asks again."""
    payer = Actor("client", str(access.pack.buyer_id))
    page = reverse("pack", args=[_link_to_go_on_with(request, access)])
    return come_back(request, tries_at(access.pack), payer=payer, page=page)


def _link_to_go_on_with(request: HttpRequest, access: Access) -> str:
    """Whoever came to pay by the client's own link comes back to it: the order's would open less."""
    known = known_to(request)
    return known.token if known and known.pack.pk == access.pack.pk else access.token
