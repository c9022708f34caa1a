"""The page of one charge: what it is for, its parts, what is owed now, and the press that pays it."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

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
from kit.money import format_money
from public_pages.booking.asking_again import ask_again, asks_again, come_back
from public_pages.booking.coach import Coach, coach_of, show_private
from public_pages.booking.slots import slow_down
from public_pages.booking.wording import decline_in_words
from public_pages.payments.access import by_pay_link
from public_pages.payments.part_words import part_rows, payments_of
from public_pages.payments.stages import Stage, Standing, papers_of, standing_of, tries_at
from tenants.billing import links, paper_links
from tenants.billing.by_link import AlreadyPaid, BeingPaid, owed_of, pay
from tenants.billing.checkout import PageUnavailable
from tenants.billing.codes import code_of
from tenants.billing.links import Opened
from tenants.billing.models import Charge
from tenants.packs import links as pack_links
from tenants.packs import selling
from tenants.registry.middleware import writes_on_get

PRESSES = {"most": 20, "seconds": 600}


@require_safe
@by_pay_link
def pay_page(request: HttpRequest, opened: Opened) -> HttpResponse:
    return _page(request, opened)


def _page(request: HttpRequest, opened: Opened, *, status: int = 200, problem: str = "") -> HttpResponse:
    coach = coach_of(request)
    standing = standing_of(opened.charge, coach.now, returned="paid" in request.GET)
    context = {**_context(coach, opened, standing), "problem": problem, "asks_again": asks_again(request)}
    response = show_private(request, coach, "payments/pay.html", context, status)
    if standing.stage == Stage.CONFIRMING:
        ask_again(request, response, context["return_url"])
    return response


def _context(coach: Coach, opened: Opened, standing: Standing) -> dict[str, Any]:
    charge, owed = opened.charge, standing.owed
    rows = part_rows(standing, coach.now)
    return {
        "charge": charge,
        "standing": standing,
        "rows": rows,
        "payments": payments_of(charge, coach),
        "presses": _presses(owed.next_minor, owed.all_minor, charge, coach),
        "is_due": not rows or any(row.state != "To come" for row in rows if row.meaning != "paid"),
        "decline": decline_in_words(standing.attempt) if standing.stage == Stage.OWED else "",
        "code": code_of(charge.pk),
        "papers": _papers(opened),
        "is_payers": opened.is_payers,
        "tz": coach.practice.timezone,
        "pay_url": reverse("pay_now", args=[opened.token]),
        "return_url": reverse("pay_return", args=[opened.token]),
    }


def _presses(next_minor: int, all_minor: int, charge: Charge, coach: Coach) -> list[dict[str, str]]:
    """What can be pressed: the next part, and everything where that is more."""
    amounts = [("now", next_minor), ("all", all_minor)] if next_minor < all_minor else [("all", all_minor)]
    words = {"now": "Pay {} now", "all": "Pay {} now" if len(amounts) == 1 else "Pay all {}"}
    return [
        {
            "words": words[which].format(format_money(minor, charge.currency, coach.locale)),
            "value": f"{which}:{minor}",
        }
        for which, minor in amounts
    ]


def _papers(opened: Opened) -> list[dict[str, Any]]:
    """Papers name the payer's postal address: only the payer's own link leads to them."""
    if not opened.is_payers:
        return []
    return [{"paper": each, "url": paper_links.address_of(each)} for each in papers_of(opened.charge)]


# --- to Stripe's page, and back ---------------------------------------------------------------------


@require_POST
@by_pay_link
def pay_now(request: HttpRequest, opened: Opened) -> HttpResponse:
    """To the payment of what was shown; where that is another amount by now, it is shown first."""
    if not allows("pay", connection_of(request), **PRESSES):
        return slow_down(request)
    which, _, shown = request.POST.get("pay", "").partition(":")
    owed = owed_of(charge=opened.charge, now=now())
    asked = owed.all_minor if which == "all" else owed.next_minor
    if owed.all_minor and shown != str(asked):
        return _again(request, opened, "changed")
    return _to_pay(request, opened, everything=which == "all")


def _papers_first(request: HttpRequest, opened: Opened) -> HttpResponse | None:
    """A pack that the coach has sold unpaid may ask for papers before its card: they stand on its page."""
    if opened.charge.purpose != "pack":
        return None
    pack = selling.ask_for_papers(pack_id=opened.charge.reference, now=now())
    if pack is None:
        return None
    if opened.is_payers and pack.client_id == pack.buyer_id:
        return redirect("pack", pack_links.token_of(pack))
    messages.info(
        request, "Something is to be signed or filled in first, by who pays: it is on their own pages."
    )
    return redirect("pay", opened.token)


def _to_pay(request: HttpRequest, opened: Opened, *, everything: bool) -> HttpResponse:
    if first := _papers_first(request, opened):
        return first
    try:
        pay_at = pay(
            charge_id=opened.charge.pk, links=return_pages(opened.token), now=now(), everything=everything
        )
    except AlreadyPaid:
        messages.info(request, "Nothing more is asked for just now. Nothing was charged by this press.")
    except BeingPaid:
        return redirect(f"{reverse('pay', args=[opened.token])}?{urlencode({'paid': '1'})}")
    except CannotCharge:
        return _again(request, opened, "cannot_charge")
    except (PageUnavailable, GatewayUnavailable, GatewayRefused):
        messages.error(request, "The card page could not be opened just now. Nothing was charged: try again.")
    else:
        return redirect(pay_at)
    return redirect("pay", opened.token)


def _again(request: HttpRequest, opened: Opened, problem: str) -> HttpResponse:
    with read_only():
        fresh = links.opened_by(opened.token)
        return _page(request, fresh, status=409, problem=problem)


def return_pages(token: str) -> Callable[[UUID], tuple[str, str]]:
    """Where Stripe sends the payer afterwards: paid, and not paid."""

    def pages(_attempt_id: UUID) -> tuple[str, str]:
        paid = links.pay_address_by(token, "paid") + "?cs={CHECKOUT_SESSION_ID}"
        return paid, links.pay_address_by(token)

    return pages


@writes_on_get
@require_safe
@by_pay_link
def pay_return(request: HttpRequest, opened: Opened) -> HttpResponse:
    """Asks Stripe at once what became of the payment; else the page waits and asks again."""
    payer = Actor("client", str(opened.charge.client_id))
    page = reverse("pay", args=[opened.token])
    return come_back(request, tries_at(opened.charge), payer=payer, page=page)
