"""A proposal by its link: what is offered, the way to accept it, and what there is to do afterwards."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from kit.actors import Actor
from kit.clock import now
from kit.limits import allows, connection_of
from public_pages.booking.coach import coach_of, show_private
from public_pages.booking.opening import opened_by_link
from public_pages.booking.slots import slow_down
from public_pages.paperwork.way_back import with_way_back
from tenants.billing import charges
from tenants.billing.links import pay_address
from tenants.billing.models import Document
from tenants.packs.terms import months
from tenants.packs.wording import SESSIONS
from tenants.paperwork import links as paper_links
from tenants.paperwork import packets
from tenants.shop import proposals
from tenants.shop.models import Proposal, ProposalStatus
from tenants.shop.proposal_links import proposal_by, token_of

PRESSES = {"most": 30, "seconds": 600}

by_proposal_link = opened_by_link(
    "proposal_token", lambda _request, token: proposal_by(token), "proposals/bad_link.html"
)
"""The link is the authority: it was mailed to whoever is to pay."""


@require_safe
@by_proposal_link
def proposal(request: HttpRequest, offered: Proposal) -> HttpResponse:
    coach, token = coach_of(request), token_of(offered)
    has_run_out = offered.status == ProposalStatus.SENT and offered.valid_until <= coach.now
    context: dict[str, Any] = {
        "proposal": offered,
        "stage": ProposalStatus.EXPIRED if has_run_out else offered.status,
        "token": token,
        "sessions": SESSIONS.count(offered.units) if offered.units else "",
        "validity": months(offered.valid_months) if offered.valid_months else "",
        "for_other": offered.client.name if offered.client_id != offered.payer_id else "",
        "sign_url": _sign_url(offered, request.path),
    }
    if offered.status == ProposalStatus.ACCEPTED:
        context |= _what_follows(offered)
    return show_private(request, coach, "proposals/proposal.html", context)


def _sign_url(offered: Proposal, back: str) -> str:
    if offered.agreement is None:
        return ""
    return with_way_back(paper_links.path_of(offered.agreement), path=back)


def _what_follows(offered: Proposal) -> dict[str, Any]:
    """The invoice and whether it is paid yet, and the welcome packet of whoever has the sessions."""
    rows = Document.objects.select_related("charge__client")
    invoice = rows.get(pk=offered.invoice_id) if offered.invoice_id else None
    owed_minor = charges.owed_minor(invoice.charge) if invoice else 0
    own = offered.client_id == offered.payer_id
    return {
        "invoice": invoice,
        "owed_minor": owed_minor,
        "pay_url": pay_address(invoice.charge) if invoice else "",
        "packets": packets.progress(offered.client) if own else [],
    }


@require_POST
@by_proposal_link
def accept(request: HttpRequest, offered: Proposal) -> HttpResponse:
    """Of a proposal without an agreement; one that has one is accepted by signing that."""
    if offered.agreement_id:
        return redirect("proposal", token_of(offered))
    return _decided(request, offered, proposals.accept)


@require_POST
@by_proposal_link
def decline(request: HttpRequest, offered: Proposal) -> HttpResponse:
    return _decided(request, offered, proposals.decline)


def _decided(request: HttpRequest, offered: Proposal, decide: Callable[..., Any]) -> HttpResponse:
    if not allows("proposal", connection_of(request), **PRESSES):
        return slow_down(request)
    try:
        decide(proposal_id=offered.pk, now=now(), actor=Actor("client", str(offered.payer_id)))
    except proposals.NotOpen:
        messages.info(request, "Nothing was changed: see below how it stands.")
    return redirect("proposal", token_of(offered))
