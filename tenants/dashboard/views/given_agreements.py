"""An agreement on its way to one client: sent, asked for once more, withdrawn, given anew, kept."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kit.states import IllegalMove
from tenants.clients.models import Client
from tenants.dashboard.agreement_words import state_of
from tenants.dashboard.desk import Desk, SeeOther, desk_of
from tenants.dashboard.downloads import download
from tenants.dashboard.forms.agreements import SendForm
from tenants.dashboard.views.agreements import current_agreement, untitled
from tenants.paperwork import certificate, giving, links, mail_words, overview, sending
from tenants.paperwork.accepting import DECLINED_WORDS
from tenants.paperwork.models import ClientPaper, ClientPaperStatus, PaperKind

MOST_CLIENTS = 500


@require_http_methods(["GET", "HEAD", "POST"])
def send(request: HttpRequest, slug: str, paper_line: uuid.UUID) -> HttpResponse:
    """To a client, with the coach's own mail, which is shown before it goes out."""
    desk = desk_of(request)
    paper = current_agreement(paper_line)
    chosen = {"client": request.GET.get("client", "")}
    form = SendForm(request.POST if request.method == "POST" else None, initial=chosen, clients=_clients())
    if not form.is_bound or not form.is_valid():
        return _send_page(desk, form, paper, status=422 if form.is_bound else 200)
    client_id = uuid.UUID(form.cleaned_data["client"])
    try:
        given = sending.send(line=paper.line, client_id=client_id, now=desk.now, actor=desk.actor)
    except giving.CannotBeGiven as refused:
        return _send_page(desk, form, paper, status=409, refusal=str(refused))
    messages.success(request, f"The link is on its way to {given.client.name}.")
    return desk.go("agreement_given", given.pk)


@require_safe
def given(request: HttpRequest, slug: str, client_paper_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    found = _given(client_paper_id)
    accepted = certificate.accepted_of(found)
    meaning, state = state_of(found)
    return desk.page(
        "agreement_given",
        "offers",
        given=found,
        meaning=meaning,
        state=state,
        is_open=found.status == ClientPaperStatus.OPEN,
        can_withdraw=found.status in (ClientPaperStatus.OPEN, ClientPaperStatus.DECLINED),
        can_give_anew=found.reference is None and found.status != ClientPaperStatus.OPEN,
        link=links.address_of(found),
        twins=overview.twins_of(found),
        text=untitled(accepted.text if accepted else found.text),
        facts=(
            certificate.rows_of(accepted, paper_name=found.paper.name, here=desk.practice) if accepted else []
        ),
        said=found.answers.get(DECLINED_WORDS, ""),
    )


@require_safe
def given_pdf(request: HttpRequest, slug: str, client_paper_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    found = _given(client_paper_id)
    with desk.speaking():
        content = certificate.as_document(found, coach=desk.tenant.name, here=desk.practice)
    return download(content, name=certificate.file_name(found))


@require_POST
def remind(request: HttpRequest, slug: str, client_paper_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    return _pressed(desk, _given(client_paper_id), sending.remind, "The link is on its way once more.")


@require_POST
def withdraw(request: HttpRequest, slug: str, client_paper_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    return _pressed(
        desk, _given(client_paper_id), giving.withdraw, "Withdrawn. Its link shows no text any more."
    )


@require_POST
def change_link(request: HttpRequest, slug: str, client_paper_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    told = "The old link has stopped working. Send the new one."
    return _pressed(desk, _given(client_paper_id), giving.change_link, told)


@require_POST
def anew(request: HttpRequest, slug: str, client_paper_id: uuid.UUID) -> HttpResponse:
    """The current version once more, ready to be sent."""
    desk = desk_of(request)
    found = _given(client_paper_id)
    try:
        given_anew = giving.give_anew(client_paper_id=found.pk, now=desk.now, actor=desk.actor)
    except giving.CannotBeGiven as refused:
        messages.warning(request, str(refused))
        return desk.go("agreement_given", found.pk)
    messages.success(request, "Here is the current version. Send its link when you are ready.")
    return desk.go("agreement_given", given_anew.pk)


def _pressed(desk: Desk, found: ClientPaper, press: Callable[..., Any], done: str) -> SeeOther:
    try:
        press(client_paper_id=found.pk, now=desk.now, actor=desk.actor)
    except (giving.CannotBeGiven, IllegalMove):
        messages.warning(desk.request, "Nothing was changed: see below how it stands by now.")
    else:
        messages.success(desk.request, done)
    return desk.go("agreement_given", found.pk)


def _given(client_paper_id: uuid.UUID) -> ClientPaper:
    rows = ClientPaper.objects.select_related("paper", "client", "acceptance")
    return get_object_or_404(rows, pk=client_paper_id, paper__kind=PaperKind.AGREEMENT)


def _clients() -> list[Client]:
    """Those that a mail reaches."""
    here = Client.objects.filter(archived_at=None, erased_at=None).exclude(email="")
    return list(here.order_by("name")[:MOST_CLIENTS])


def _send_page(desk: Desk, form: SendForm, paper: Any, *, status: int, refusal: str = "") -> HttpResponse:
    words = mail_words.words_of(desk.practice)
    values = {**giving.always_known(None, at=desk.now)}
    subject, lines = words.filled(values)
    return desk.page(
        "agreement_send",
        "offers",
        status=status,
        form=form,
        paper=paper,
        refusal=refusal,
        subject=subject,
        lines=lines,
    )
