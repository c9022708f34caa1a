"""An order's own page: how it stands, and once it is paid the thank-you page with all that was bought."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from kit.clock import now
from kit.limits import allows
from public_pages.booking.asking_again import ask_again
from public_pages.booking.coach import coach_of, not_here, show_private
from public_pages.packs.access import ORDERS as PACK_ORDERS
from public_pages.paperwork.before import listed
from public_pages.shop.access import Access, by_order_link
from public_pages.shop.product import without_title
from public_pages.shop.stages import Stage, standing_of
from tenants.billing import paper_links
from tenants.billing.links import payments_address
from tenants.billing.models import Document
from tenants.packs import links as pack_links
from tenants.packs import terms as pack_terms
from tenants.paperwork import requirements
from tenants.shop import buying, downloads, order_papers
from tenants.shop.fulfilment import PURPOSE
from tenants.shop.models import Order
from ui.markdown import as_html

TO_ONE_ADDRESS = {"most": 3, "seconds": 3600}
ADDRESSES = ("order", "order_pay", "order_return", "order_send", "order_receipt")


@require_safe
@by_order_link
def order(request: HttpRequest, access: Access) -> HttpResponse:
    coach = coach_of(request)
    standing = standing_of(access.order, returned="paid" in request.GET)
    context: dict[str, Any] = {
        "order": access.order,
        "product": access.order.product,
        "what": access.order.agreed["name"],
        "access": access,
        "standing": standing,
        **{f"{name}_url": reverse(name, args=[access.token]) for name in ADDRESSES},
    }
    if standing.stage == Stage.PAID and access.may_open:
        context |= _bought(request, access)
    if standing.stage == Stage.UNPAID and access.may_pay:
        context |= _before_it_is_paid(access)
    response = show_private(request, coach, "shop/order.html", context)
    if standing.stage == Stage.CONFIRMING and access.may_pay:
        ask_again(request, response, context["order_return_url"])
    return response


def _before_it_is_paid(access: Access) -> dict[str, Any]:
    """Papers that come first; and whether a code takes something off that the order does not say yet."""
    found = access.order
    to_do = requirements.to_do(order_papers.papers_of(found))
    waiting = listed(to_do, path=reverse("order", args=[access.token])) if to_do else {}
    has_code = bool(found.agreed.get("coupon"))
    code_waits = has_code and found.price_minor == found.agreed["full_minor"]
    return {**waiting, "papers_url": reverse("order_pay", args=[access.token]), "code_waits": code_waits}


def _bought(request: HttpRequest, access: Access) -> dict[str, Any]:
    """What the buyer was promised: the coach's words, the files, the sessions, and what was agreed to."""
    found = access.order
    product = found.product
    return {
        "thanks": as_html(product.thanks, ids=False) if product else "",
        "why_closed": downloads.why_closed(found),
        "downloads": [
            {"row": each, "url": reverse("order_download", args=[access.token, each.file.pk])}
            for each in downloads.downloads_of(found)
        ],
        "sessions": pack_terms.contents(found.pack.offer) if found.pack else "",
        "pack_url": _pack_url(request, access),
        "agreements": [
            {"name": each["name"], "html": as_html(without_title(each["text"]), ids=False)}
            for each in found.agreed.get("agreements", ())
        ],
        "sign_in_url": f"{reverse('portal_sign_in')}?{urlencode({'email': _known_email(access)})}",
    }


def _pack_url(request: HttpRequest, access: Access) -> str:
    """To the included sessions: whole for the buyer, and for the browser that paid what that may see."""
    pack = access.order.pack
    if pack is None:
        return ""
    if access.is_whole:
        return reverse("pack", args=[pack_links.token_of(pack)])
    own = PACK_ORDERS.own_token(request, pack)
    return reverse("pack", args=[own]) if own else ""


def _known_email(access: Access) -> str:
    """Whoever has typed it knows it, and whoever has its mail."""
    return access.order.payer.email if access.may_open else ""


@require_POST
@by_order_link
def send_link(request: HttpRequest, access: Access) -> HttpResponse:
    """The mail once more, to the address that bought and to no other."""
    if allows("order-link-to", str(access.order.pk), **TO_ONE_ADDRESS):
        buying.ask_for_link(order_id=access.order.pk, now=now())
    messages.success(request, "The link is on its way to the address that was typed when it was ordered.")
    return redirect("order", access.token)


@require_safe
@by_order_link
def order_receipt(request: HttpRequest, access: Access) -> HttpResponse:
    """The one paper about its payment; of several, the payer's own page shows all."""
    if not access.is_whole:
        return not_here(request, coach_of(request), "shop/bad_link.html")
    issued = _issued(access.order)
    if len(issued) == 1:
        return redirect("paper", paper_links.token_of(issued[0]))
    if issued:
        return HttpResponseRedirect(payments_address(access.order.payer))
    if access.order.paid_at and access.order.price_minor:
        messages.info(request, "The receipt is made within a minute: look again then.")
    return redirect("order", access.token)


def _issued(order: Order) -> list[Document]:
    rows = Document.objects.select_related("charge__client")
    return list(rows.filter(charge__purpose=PURPOSE, charge__reference=order.pk))
