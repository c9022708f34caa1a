"""One paper: to read, to print, to pay if it asks for money, and to have issued again in another name."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from kit.actors import Actor
from kit.clock import now
from kit.database import read_only
from kit.limits import allows, connection_of
from public_pages.booking.coach import Coach, coach_of, show_private
from public_pages.booking.opening import opened_by_link
from public_pages.booking.slots import slow_down
from tenants.billing import paper_links
from tenants.billing.documents import can_be_issued_again, issue_with_details
from tenants.billing.links import pay_address
from tenants.billing.models import Document
from tenants.billing.paper_pdf import paper_as_pdf
from tenants.billing.paper_words import shown_now
from tenants.clients.details_form import PaperDetailsForm
from tenants.offers.hosts import file_of
from tenants.offers.practice import speaking

# Each time takes two numbers of the coach's books.
CHANGES = {"most": 6, "seconds": 3600}

by_paper_link = opened_by_link(
    "paper_token", lambda _request, token: paper_links.paper_by(token), "papers/bad_link.html"
)
"""The link is the authority: it was mailed to the payer, who alone reads the amounts."""


@require_safe
@by_paper_link
def paper(request: HttpRequest, document: Document) -> HttpResponse:
    return _page(request, document, coach_of(request))


def _page(
    request: HttpRequest,
    document: Document,
    coach: Coach,
    *,
    form: PaperDetailsForm | None = None,
    status: int = 200,
) -> HttpResponse:
    corrections = list(document.corrections.order_by("number"))
    context: dict[str, Any] = {
        "paper": shown_now(document, coach.practice, coach.now, corrections),
        "token": paper_links.token_of(document),
        "form": form or PaperDetailsForm(None, client=paper_links.payer_of(document)),
        "can_change": can_be_issued_again(document, corrections),
        "pay_url": pay_address(document.charge),
    }
    return show_private(request, coach, "papers/paper.html", context, status)


@require_safe
@by_paper_link
def paper_pdf(request: HttpRequest, document: Document) -> HttpResponse:
    coach = coach_of(request)
    with speaking(coach.practice):
        content = paper_as_pdf(shown_now(document, coach.practice, coach.now), coach.practice)
    return file_of(content, "application/pdf", f'attachment; filename="{document.label}.pdf"')


@require_POST
@by_paper_link
def paper_details(request: HttpRequest, document: Document) -> HttpResponse:
    """The payer's own name and address, on this paper and those to come."""
    if not allows("paper-details", connection_of(request), **CHANGES):
        return slow_down(request)
    form = PaperDetailsForm(request.POST, client=paper_links.payer_of(document))
    if not form.is_valid():
        with read_only():
            return _page(request, document, coach_of(request), form=form, status=422)
    actor = Actor("client", str(document.client_id))
    issued = issue_with_details(document_id=document.pk, details=form.details(), now=now(), actor=actor)
    if issued.pk != document.pk:
        messages.success(request, f"Issued again as {issued.label}. Papers to come name you so, too.")
    else:
        messages.success(request, "Saved. This paper says so already.")
    return redirect("paper", paper_links.token_of(issued))
