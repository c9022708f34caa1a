"""An agreement by its link: to read, to accept by typing one's name, to decline, and to keep."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kit.actors import Actor
from kit.clock import now
from kit.database import read_only
from kit.limits import address_of, allows, connection_of
from public_pages.booking.coach import Coach, coach_of, show_private
from public_pages.booking.opening import opened_by_link
from public_pages.booking.slots import slow_down
from public_pages.paperwork.access import onward
from public_pages.paperwork.signing_form import AcceptForm, DeclineForm
from public_pages.paperwork.way_back import NAME as THEN
from public_pages.paperwork.way_back import path_back, way_back
from tenants.offers.hosts import file_of
from tenants.offers.practice import speaking
from tenants.paperwork import accepting, certificate, differences, links, overview, sending
from tenants.paperwork.models import ClientPaper, ClientPaperStatus, PaperKind
from ui import markdown

PRESSES = {"most": 30, "seconds": 600}
LEAST_HEADINGS = 3
"""Fewer of them need no table of contents."""


def _agreement_by(_request: HttpRequest, token: str) -> ClientPaper:
    given = links.paper_by(token)
    if given.paper.kind != PaperKind.AGREEMENT:
        raise links.BadLink("another kind of paper")
    return given


def _readable_by(request: HttpRequest, token: str) -> ClientPaper:
    given = _agreement_by(request, token)
    if given.status == ClientPaperStatus.WITHDRAWN:
        raise links.BadLink("withdrawn")
    return given


by_sign_link = opened_by_link("sign_token", _agreement_by, "agreements/bad_link.html")
"""The link is the authority: it was mailed to the client, or handed on by the page that requires it."""

by_readable_link = opened_by_link("sign_token", _readable_by, "agreements/bad_link.html")
"""As `by_sign_link`, for what shows the text: one that was withdrawn shows it to nobody."""


@require_safe
@by_sign_link
def sign(request: HttpRequest, given: ClientPaper) -> HttpResponse:
    return _page(request, given, coach_of(request))


@require_POST
@by_sign_link
def accept(request: HttpRequest, given: ClientPaper) -> HttpResponse:
    if not allows("sign", connection_of(request), **PRESSES):
        return slow_down(request)
    form = AcceptForm(request.POST)
    if not form.is_valid():
        with read_only():
            return _page(request, given, coach_of(request), form=form, status=422)
    try:
        accepting.accept(
            client_paper_id=given.pk,
            name=form.cleaned_data["name"],
            shown=form.cleaned_data["shown"],
            address=address_of(request),
            agent=_agent(request),
            now=now(),
            actor=_client(given),
        )
    except accepting.TextChanged:
        with read_only():
            return _page(request, given, coach_of(request), form=form, changed=True, status=409)
    except accepting.NotOpen:
        return redirect("sign", links.token_of(given))
    next_page = onward(request, given)
    if next_page["Location"] != links.path_of(given):
        messages.success(request, "Accepted. A copy is on its way to you by mail.")
    return next_page


@require_http_methods(["GET", "HEAD", "POST"])
@by_sign_link
def decline(request: HttpRequest, given: ClientPaper) -> HttpResponse:
    if request.method != "POST":
        return _decline_page(request, given, DeclineForm(), 200)
    if not allows("sign", connection_of(request), **PRESSES):
        return slow_down(request)
    form = DeclineForm(request.POST)
    if not form.is_valid():
        with read_only():
            return _decline_page(request, given, form, 422)
    words = form.cleaned_data["words"]
    try:
        accepting.decline(client_paper_id=given.pk, words=words, now=now(), actor=_client(given))
    except accepting.NotOpen:
        messages.info(request, "Nothing was changed: see below how it stands.")
    return redirect("sign", links.token_of(given))


@require_POST
@by_sign_link
def newest(request: HttpRequest, given: ClientPaper) -> HttpResponse:
    """The link to what took the place of a withdrawn one: by mail, for this link may be in wrong hands."""
    if not allows("sign", connection_of(request), **PRESSES):
        return slow_down(request)
    newer = overview.newer_than(given) if given.status == ClientPaperStatus.WITHDRAWN else None
    if newer:
        sending.remind(client_paper_id=newer.pk, now=now(), actor=_client(given))
        messages.success(request, "The newest link is on its way by mail.")
    return redirect("sign", links.token_of(given))


@require_safe
@by_readable_link
def sign_pdf(request: HttpRequest, given: ClientPaper) -> HttpResponse:
    coach = coach_of(request)
    with speaking(coach.practice):
        content = certificate.as_document(given, coach=coach.name, here=coach.practice)
    return _file(content, "application/pdf", certificate.file_name(given))


@require_safe
@by_readable_link
def sign_text(request: HttpRequest, given: ClientPaper) -> HttpResponse:
    """The very bytes whose hash is kept."""
    accepted = certificate.accepted_of(given)
    content = (accepted.text if accepted else given.text).encode()
    return _file(content, "text/plain; charset=utf-8", "agreement.txt")


def _page(
    request: HttpRequest,
    given: ClientPaper,
    coach: Coach,
    *,
    form: AcceptForm | None = None,
    changed: bool = False,
    status: int = 200,
) -> HttpResponse:
    accepted = certificate.accepted_of(given)
    before = differences.signed_before(given) if given.status == ClientPaperStatus.OPEN else None
    is_withdrawn = given.status == ClientPaperStatus.WITHDRAWN
    headings = markdown.contents(given.text.partition("\n")[2])
    context: dict[str, Any] = {
        "given": given,
        "token": links.token_of(given),
        # The title stands on the page already.
        "text": markdown.as_html(given.text.partition("\n")[2]),
        "contents": headings if len(headings) >= LEAST_HEADINGS else (),
        "before": before,
        "changes": differences.as_html(before.text, given.text) if before else "",
        "form": form or AcceptForm(),
        "changed": changed,
        "then_name": THEN,
        "then": way_back(request),
        "back": path_back(way_back(request)),
        "accepted": accepted,
        "has_newer": is_withdrawn and overview.newer_than(given) is not None,
        "facts": _facts(given, coach),
    }
    return show_private(request, coach, "agreements/agreement.html", context, status)


def _facts(given: ClientPaper, coach: Coach) -> list[certificate.Row]:
    accepted = certificate.accepted_of(given)
    return certificate.rows_of(accepted, paper_name=given.paper.name, here=coach.practice) if accepted else []


def _decline_page(request: HttpRequest, given: ClientPaper, form: DeclineForm, status: int) -> HttpResponse:
    if given.status != ClientPaperStatus.OPEN:
        return redirect("sign", links.token_of(given))
    context = {"given": given, "token": links.token_of(given), "form": form}
    return show_private(request, coach_of(request), "agreements/decline.html", context, status)


def _file(content: bytes, content_type: str, name: str) -> HttpResponse:
    return file_of(content, content_type, f'attachment; filename="{name}"')


def _client(given: ClientPaper) -> Actor:
    return Actor("client", str(given.client_id))


def _agent(request: HttpRequest) -> str:
    return request.headers.get("User-Agent", "").replace("\x00", "")
