"""Proposals: the list, a new one for one client, and how one stands."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kit.ids import uuid7
from tenants.billing.models import Document
from tenants.clients import relations
from tenants.clients.models import Client
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.proposals import ProposalForm
from tenants.dashboard.typed import key_of
from tenants.offers import session_types
from tenants.packs.wording import SESSIONS
from tenants.paperwork import papers
from tenants.paperwork.giving import CannotBeGiven
from tenants.paperwork.models import PaperKind
from tenants.shop import proposals
from tenants.shop.models import Proposal, ProposalStatus
from tenants.shop.proposal_links import address_of

MOST_SHOWN = 100
MEANINGS = {
    ProposalStatus.ACCEPTED: "paid",
}


@require_safe
def proposal_list(request: HttpRequest, slug: str) -> HttpResponse:
    rows = Proposal.objects.select_related("client", "payer").order_by("-created_at", "-pk")[:MOST_SHOWN]
    return desk_of(request).page("proposals", "offers", rows=[_row(each) for each in rows])


def _row(proposal: Proposal) -> dict[str, Any]:
    return {"proposal": proposal, "meaning": MEANINGS.get(ProposalStatus(proposal.status), "neutral")}


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str, client_id: uuid.UUID) -> HttpResponse:
    desk, client = desk_of(request), get_object_or_404(Client, pk=client_id)
    form, key = _form(desk, client), key_of(request)
    if not form.is_bound or not form.is_valid() or key is None:
        return _new_page(desk, client, form, key, status=422 if form.is_bound else 200)
    try:
        made = proposals.propose(
            client_id=client.pk, proposal_id=key, now=desk.now, actor=desk.actor, **form.terms()
        )
    except CannotBeGiven as problem:
        form.add_error("agreement", str(problem))
        return _new_page(desk, client, form, key, status=422)
    messages.success(request, f"It is on its way to {made.payer.name} by mail.")
    return desk.go("proposal", made.pk)


def _new_page(
    desk: Desk, client: Client, form: ProposalForm, key: uuid.UUID | None, *, status: int
) -> HttpResponse:
    shown = {"client": client, "form": form, "key": key or uuid7()}
    return desk.page("proposal_new", "clients", status=status, **shown)


def _form(desk: Desk, client: Client) -> ProposalForm:
    return ProposalForm(
        desk.request.POST if desk.request.method == "POST" else None,
        practice=desk.practice,
        types=session_types.on_offer(),
        agreements=papers.on_offer(kind=PaperKind.AGREEMENT),
        packets=papers.on_offer(kind=PaperKind.PACKET),
        payers=[relation.payer for relation in relations.payers_of(client)],
        client=client,
    )


@require_safe
def proposal(request: HttpRequest, slug: str, proposal_id: uuid.UUID) -> HttpResponse:
    rows = Proposal.objects.select_related("client", "payer", "agreement__paper", "pack")
    found = get_object_or_404(rows, pk=proposal_id)
    return desk_of(request).page(
        "proposal",
        "offers",
        **_row(found),
        sessions=SESSIONS.count(found.units) if found.units else "",
        invoice=Document.objects.get(pk=found.invoice_id) if found.invoice_id else None,
        public_url=address_of(found),
    )


@require_POST
def withdraw(request: HttpRequest, slug: str, proposal_id: uuid.UUID) -> HttpResponse:
    desk, found = desk_of(request), get_object_or_404(Proposal, pk=proposal_id)
    try:
        proposals.withdraw(proposal_id=found.pk, now=desk.now, actor=desk.actor)
    except proposals.NotOpen:
        messages.info(request, "It was decided in the meantime: see below.")
    else:
        messages.success(request, "Withdrawn. It cannot be accepted any more, and its reader is told.")
    return desk.go("proposal", found.pk)
