"""Who the client is to the coach and on papers, and where they are signed in."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from kit.actors import Actor
from kit.clock import now
from kit.database import read_only
from tenants.clients import own_details, paper_details, relations, sign_in
from tenants.clients.details_form import PaperDetailsForm
from tenants.clients.models import Client, Relation
from tenants.portal.agents import in_words
from tenants.portal.forms import ProfileForm
from tenants.portal.page import Visitor, show_own, signed_in


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def portal_profile(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    if request.method != "POST":
        return _page(request, visitor)
    form = ProfileForm(request.POST, client=visitor.client)
    if not form.is_valid():
        with read_only():
            return _page(request, visitor, form=form, status=422)
    said = form.cleaned_data
    own_details.change(
        client_id=visitor.client.pk,
        name=said["name"],
        phone=said["phone"],
        now=now(),
        actor=actor_of(visitor.client),
    )
    messages.success(request, f"Saved. {visitor.coach.name} sees it too.")
    return redirect("portal_profile")


@require_POST
@signed_in
def portal_paper_details(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """What receipts and invoices from now on call the client."""
    form = PaperDetailsForm(request.POST, client=visitor.client)
    if not form.is_valid():
        with read_only():
            return _page(request, visitor, paper_form=form, status=422)
    actor = actor_of(visitor.client)
    paper_details.change(client_id=visitor.client.pk, now=now(), actor=actor, **form.details())
    messages.success(request, "Saved. Papers from now on say so; those that you have stay as they are.")
    return redirect("portal_profile")


@require_POST
@signed_in
def portal_share(request: HttpRequest, visitor: Visitor, relation_id: UUID) -> HttpResponse:
    """Let who pays see which sessions were attended, or end that. Nobody else can say so."""
    share = request.POST.get("share") == "yes"
    try:
        relations.share_attendance(
            relation_id=relation_id, beneficiary_id=visitor.client.pk, share=share, now=now()
        )
    except Relation.DoesNotExist as error:
        raise Http404("There is no such relation of yours.") from error
    messages.success(request, "They see it from now on." if share else "They do not see it any more.")
    return redirect("portal_profile")


def _page(request: HttpRequest, visitor: Visitor, *, status: int = 200, **forms: Form) -> HttpResponse:
    client = visitor.client
    context: dict[str, Any] = {
        "form": forms.get("form") or ProfileForm(client=client),
        "paper_form": forms.get("paper_form") or PaperDetailsForm(None, client=client),
        "sessions": _signed_in(visitor),
        "payers": relations.payers_of(client),
    }
    return show_own(request, visitor, "profile.html", context, status)


def _signed_in(visitor: Visitor) -> list[dict[str, Any]]:
    """Where this client is signed in, this browser first."""
    rows = sign_in.sessions_of(visitor.client, now=visitor.now)
    here = visitor.session.pk
    return [
        {"session": each, "name": in_words(each.agent), "is_here": each.pk == here}
        for each in sorted(rows, key=lambda each: each.pk != here)
    ]


def actor_of(client: Client) -> Actor:
    return Actor("client", str(client.pk))
