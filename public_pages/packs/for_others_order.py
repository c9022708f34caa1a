"""The page of one order of packs for several people: its payer's. What each does with theirs is not on it."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from connect.accounts import CannotCharge
from connect.gateway import GatewayRefused, GatewayUnavailable
from kit.actors import Actor
from kit.clock import now
from kit.limits import allows, connection_of
from public_pages.booking.asking_again import ask_again, come_back
from public_pages.booking.coach import coach_of, show_private
from public_pages.booking.slots import slow_down
from public_pages.packs.for_others_access import Access, by_payers_link, return_pages
from public_pages.packs.offer import BUYS
from tenants.billing.checkout import AlreadyPaid, PageUnavailable
from tenants.billing.models import UNPAID, AttemptStatus, Document, PaymentAttempt
from tenants.billing.paper_links import address_of as paper_address
from tenants.packs.links import token_of
from tenants.packs.models import Pack
from tenants.packs.selling import OrderEnded
from tenants.packs.terms import contents
from tenants.paperwork.links import path_of
from tenants.paperwork.models import ClientPaperStatus
from tenants.paperwork.requirements import PaperworkMissing
from tenants.registry.middleware import writes_on_get
from tenants.shop import packs_for, packs_for_people
from tenants.shop.models import Order, OrderStatus
from tenants.shop.packs_for_papers import to_sign
from tenants.shop.packs_given import told_at

UNDER_WAY = (AttemptStatus.CAPTURING, AttemptStatus.RELEASING, AttemptStatus.CAPTURED)


@require_safe
@by_payers_link
def packs_order(request: HttpRequest, access: Access) -> HttpResponse:
    coach, order = coach_of(request), access.order
    confirming = _is_confirming(order, returned="paid" in request.GET)
    people = packs_for_people.people_of(order)
    papers = to_sign(order=order) if order.status == OrderStatus.PENDING else []
    at = told_at(order)
    context: dict[str, Any] = {
        "order": order,
        "access": access,
        "what": packs_for.described(order),
        "each": contents(order.pack_offer) if order.pack_offer else "",
        "people": people,
        "own_url": _own_url(access, people),
        "tz": coach.practice.timezone,
        "confirming": confirming,
        "papers": [
            {"paper": each, "url": path_of(each), "done": each.status == ClientPaperStatus.DONE}
            for each in papers
        ],
        "waits_for_papers": any(each.status != ClientPaperStatus.DONE for each in papers),
        "told_on": at if at and at > coach.now else None,
        "documents": _documents(order) if access.is_whole else [],
        "pay_url": reverse("packs_order_pay", args=[access.token]),
    }
    response = show_private(request, coach, "packs/packs_order.html", context)
    if confirming:
        ask_again(request, response, reverse("packs_order_return", args=[access.token]))
    return response


def _own_url(access: Access, people: list[packs_for_people.Named]) -> str:
    """The payer's own pack, for whom the link was mailed to."""
    own = next((each.pack_id for each in people if each.is_payer and each.pack_id), None)
    return reverse("pack", args=[token_of(Pack.objects.get(pk=own))]) if own and access.is_whole else ""


def _documents(order: Order) -> list[dict[str, Any]]:
    charge = packs_for.charge_of(order)
    rows = Document.objects.select_related("charge__client").filter(charge=charge).order_by("issued_at")
    return [{"paper": each, "url": paper_address(each)} for each in rows] if charge else []


def _tries_at(order: Order) -> QuerySet[PaymentAttempt]:
    tries = PaymentAttempt.objects.filter(charge__purpose=packs_for.PURPOSE, charge__reference=order.pk)
    return tries.select_related("charge").order_by("-created_at", "-pk")


def _is_confirming(order: Order, *, returned: bool) -> bool:
    if order.status != OrderStatus.PENDING or (attempt := _tries_at(order).first()) is None:
        return False
    payable = attempt.status in UNPAID and (returned or attempt.capture_before is not None)
    return attempt.status in UNDER_WAY or payable


@require_POST
@by_payers_link
def packs_order_pay(request: HttpRequest, access: Access) -> HttpResponse:
    if not allows("packs", connection_of(request), **BUYS):
        return slow_down(request)
    try:
        return redirect(packs_for.pay(order_id=access.order.pk, links=return_pages, now=now()))
    except (PageUnavailable, GatewayUnavailable, GatewayRefused):
        messages.error(request, "The card page could not be opened just now. Nothing was charged: try again.")
    except CannotCharge:
        messages.error(request, "Your coach cannot take cards right now. Nothing was charged.")
    except PaperworkMissing:
        messages.warning(request, "Accept what stands below first. Nothing was charged.")
    except OrderEnded:
        messages.warning(request, "There is nothing to pay here any more. Nothing was charged.")
    except AlreadyPaid:
        pass
    return redirect("packs_order", access.token)


@writes_on_get
@require_safe
@by_payers_link
def packs_order_return(request: HttpRequest, access: Access) -> HttpResponse:
    """Asks Stripe at once what became of the payment; else the order's page waits and asks again."""
    payer = Actor("client", str(access.order.payer_id))
    page = reverse("packs_order", args=[access.token])
    return come_back(request, _tries_at(access.order), payer=payer, page=page)
