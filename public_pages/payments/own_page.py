"""A payer's own page: what is open and to come, the cards, the papers, and the details on those."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from kit.actors import Actor
from kit.clock import now
from kit.database import read_only
from kit.limits import allows, connection_of
from public_pages.booking import cookies
from public_pages.booking.coach import coach_of, show_private
from public_pages.booking.slots import slow_down
from public_pages.payments.access import by_payments_link
from public_pages.payments.card_rows import card_rows
from public_pages.payments.coming import Coming, agreed_by, coming_of
from tenants.billing import links, paper_links
from tenants.billing.models import Charge, Document
from tenants.clients import paper_details, sign_in
from tenants.clients.details_form import PaperDetailsForm
from tenants.clients.models import Client
from tenants.earnings.owed import Open, open_charges
from tenants.packs import links as pack_links
from tenants.packs.models import Pack, PackStatus
from tenants.retainers import links as retainer_links
from tenants.retainers.models import Retainer, RetainerStatus

MOST_PAPERS = 24
CHANGES = {"most": 20, "seconds": 3600}


@require_safe
@by_payments_link
def payments(request: HttpRequest, payer: Client) -> HttpResponse:
    response = _page(request, payer)
    cookies.PAYER.keep(response, links.payments_token(payer))
    return response


def _page(
    request: HttpRequest, payer: Client, *, form: PaperDetailsForm | None = None, status: int = 200
) -> HttpResponse:
    coach = coach_of(request)
    token = links.payments_token(payer)
    cards = card_rows(payer, coach, token)
    coming = coming_of(payer, coach)
    opened = open_charges(now=coach.now, tz=coach.practice.timezone, client_id=payer.pk)
    by_itself = {each.charge.pk for each in coming if each.charge}
    context: dict[str, Any] = {
        "payer": payer,
        "open": [_open(each) for each in opened if each.is_due or each.charge.pk not in by_itself],
        "coming": [{"row": each, "url": _url_of(each)} for each in coming],
        "cards": cards,
        "needs_card": bool(coming) and not any(each.can_pay for each in cards),
        "agreed": agreed_by(payer) if cards else [],
        "retainers": _retainers(payer),
        "packs": _packs(payer),
        "papers": _papers(payer),
        "form": form or PaperDetailsForm(None, client=payer),
        "tz": coach.practice.timezone,
        "client": _signed_in(request, payer),
        "section": "payments",
        "details_url": reverse("payments_details", args=[token]),
        "add_card_url": reverse("payments_card_new", args=[token]),
    }
    return show_private(request, coach, "payments/own_page.html", context, status)


def _signed_in(request: HttpRequest, payer: Client) -> Client | None:
    """Who came from their own pages finds the way back to them."""
    client = sign_in.client_in(request, now=now())
    return client if client and client.pk == payer.pk else None


def _open(row: Open) -> dict[str, Any]:
    return {"row": row, "url": _pay_url(row.charge)}


def _pay_url(charge: Charge | None) -> str:
    return reverse("pay", args=[links.pay_token(charge)]) if charge else ""


def _url_of(row: Coming) -> str:
    """Where it can be paid earlier, or paused and cancelled."""
    return _retainer_url(row.retainer) if row.retainer else _pay_url(row.charge)


def _retainer_url(retainer: Retainer) -> str:
    return reverse("retainer", args=[retainer_links.token_of(retainer, for_payer=True)])


def _retainers(payer: Client) -> list[dict[str, Any]]:
    """What the payer pays for, whoever uses it, until it has ended."""
    over = (RetainerStatus.PENDING, RetainerStatus.ENDED, RetainerStatus.VOID)
    rows = Retainer.objects.filter(payer=payer).exclude(status__in=over).select_related("plan")
    return [{"retainer": each, "url": _retainer_url(each)} for each in rows.order_by("-created_at")]


def _packs(payer: Client) -> list[dict[str, Any]]:
    """The payer's own packs; one that was a gift is opened by whoever has it."""
    packs = Pack.objects.filter(client=payer, status=PackStatus.ACTIVE).select_related("offer")
    return [
        {"pack": each, "url": reverse("pack", args=[pack_links.token_of(each)])}
        for each in packs.order_by("-bought_at")
    ]


def _papers(payer: Client) -> list[dict[str, Any]]:
    rows = Document.objects.select_related("charge__client").filter(client_id=payer.pk)
    newest = rows.order_by("-issued_at", "-number")[:MOST_PAPERS]
    return [{"paper": each, "url": paper_links.address_of(each)} for each in newest]


@require_POST
@by_payments_link
def payments_details(request: HttpRequest, payer: Client) -> HttpResponse:
    """What papers to come call the payer."""
    if not allows("payments-details", connection_of(request), **CHANGES):
        return slow_down(request)
    form = PaperDetailsForm(request.POST, client=payer)
    if not form.is_valid():
        with read_only():
            return _page(request, payer, form=form, status=422)
    actor = Actor("client", str(payer.pk), payer.name)
    paper_details.change(client_id=payer.pk, now=now(), actor=actor, **form.details())
    messages.success(request, "Saved. Papers from now on say so; those that you have stay as they are.")
    return redirect("payments", links.payments_token(payer))
