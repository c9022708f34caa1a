"""Beginning by a link that the coach has sent, and coming back from Stripe."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from connect.accounts import CannotCharge
from connect.gateway import GatewayRefused, GatewayUnavailable
from kit.actors import Actor
from kit.clock import now
from kit.database import read_only
from kit.limits import allows, connection_of
from public_pages.booking.asking_again import come_back
from public_pages.booking.coach import coach_and
from public_pages.booking.slots import slow_down
from public_pages.retainers.access import Access, by_payers_link, by_retainer_link
from public_pages.retainers.forms import AgreeForm
from public_pages.retainers.plan import BEGINS, return_pages
from public_pages.retainers.retainer import page
from public_pages.retainers.shown import shown_of
from public_pages.retainers.stages import standing_of, tries_at
from tenants.billing import checkout
from tenants.offers import session_types
from tenants.registry.middleware import writes_on_get
from tenants.retainers import links, subscribing
from tenants.retainers.models import Retainer


@require_POST
@by_payers_link
def begin(request: HttpRequest, access: Access) -> HttpResponse:
    """The terms that were shown are agreed to: to the first payment."""
    if not allows("retainers", connection_of(request), **BEGINS):
        return slow_down(request)
    with read_only():
        coach, [rows] = coach_and(request, session_types.ON_OFFER)
    types = [each for (each,) in rows if str(each.pk) in access.retainer.covers]
    shown = shown_of(coach, access.retainer, types, name=access.retainer.plan.name)
    form, is_as_shown = AgreeForm(request.POST), request.POST.get("shown") == shown.digest
    if not form.is_valid() or not is_as_shown:
        status, problem = (422, "agree") if is_as_shown else (409, "changed")
        with read_only():
            again: dict[str, Any] = {"form": form if is_as_shown else AgreeForm(), "problem": problem}
            return page(request, coach, access, standing_of(access.retainer), types, status=status, **again)
    try:
        return redirect(
            subscribing.accept(
                retainer_id=access.retainer.pk,
                accepted=shown.accepted(request),
                links=_return_pages(access),
                now=now(),
            )
        )
    except (checkout.PageUnavailable, GatewayUnavailable, GatewayRefused):
        messages.error(request, "The card page could not be opened just now. Nothing was charged: try again.")
    except CannotCharge:
        messages.error(request, "Your coach cannot take cards right now. Nothing was charged.")
    except (subscribing.OrderEnded, checkout.AlreadyPaid):
        messages.warning(request, "There is nothing to begin here any more. Nothing was charged.")
    return redirect("retainer", access.token)


def _return_pages(access: Access) -> subscribing.RetainerLinks:
    """Whoever came by the mailed link comes back to it: the order's would open less."""
    if not access.is_whole:
        return return_pages

    def pages(retainer: Retainer) -> checkout.Links:
        paid = links.address_of(retainer, "paid?cs={CHECKOUT_SESSION_ID}", for_payer=True)
        return lambda _attempt: (paid, links.address_of(retainer, for_payer=True))

    return pages


@writes_on_get
@require_safe
@by_retainer_link
def paid(request: HttpRequest, access: Access) -> HttpResponse:
    """Asks Stripe at once what became of the payment; else the page waits and asks again."""
    payer = Actor("client", str(access.retainer.payer_id))
    page = reverse("retainer", args=[access.token])
    return come_back(request, tries_at(access.retainer), payer=payer, page=page)
