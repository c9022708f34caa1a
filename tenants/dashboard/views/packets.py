"""Welcome packets and documents of the coach: what is in them, and their text."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.packets import DocumentForm, PacketForm
from tenants.dashboard.views.forms import current_of, given_rows, saved_in_words, seen_version
from tenants.files.keeping import store_checked
from tenants.files.models import StoredFile
from tenants.paperwork import packets, papers
from tenants.paperwork.models import Paper, PaperKind
from tenants.paperwork.requirements import REQUIRABLE


@require_http_methods(["GET", "HEAD", "POST"])
def packet_new(request: HttpRequest, slug: str) -> HttpResponse:
    return _packet(desk_of(request), None)


@require_http_methods(["GET", "HEAD", "POST"])
def packet(request: HttpRequest, slug: str, packet_line: uuid.UUID) -> HttpResponse:
    return _packet(desk_of(request), current_of(packet_line, PaperKind.PACKET))


def _packet(desk: Desk, paper: Paper | None) -> HttpResponse:
    inside = [part["line"] for part in paper.parts if "line" in part] if paper else []
    rows = Paper.objects.filter(is_current=True, kind__in=REQUIRABLE)
    choice = [each for each in rows.order_by("kind", "name") if each.is_active or str(each.line) in inside]
    sent = desk.request.POST if desk.request.method == "POST" else None
    form = PacketForm(sent, desk.request.FILES, paper=paper, papers=choice)
    if not form.is_bound or not form.is_valid():
        return _page(desk, "packet", form, paper, status=422 if form.is_bound else 200)
    file = keep_added(desk, form)
    parts = packets.written(form.items(file.pk if file else None))
    try:
        saved = _save(desk, PaperKind.PACKET, form, paper, parts=parts)
    except papers.PaperChanged as conflict:
        return _page(desk, "packet", form, conflict.current, status=409, has_changed=True)
    return _saved(desk, "packet", paper, saved)


@require_http_methods(["GET", "HEAD", "POST"])
def document_new(request: HttpRequest, slug: str) -> HttpResponse:
    return _document(desk_of(request), None)


@require_http_methods(["GET", "HEAD", "POST"])
def document(request: HttpRequest, slug: str, document_line: uuid.UUID) -> HttpResponse:
    return _document(desk_of(request), current_of(document_line, PaperKind.DOCUMENT))


def _document(desk: Desk, paper: Paper | None) -> HttpResponse:
    sent = desk.request.POST if desk.request.method == "POST" else None
    initial = {"name": paper.name, "body": paper.body} if paper else {}
    form = DocumentForm(sent, desk.request.FILES if sent is not None else None, initial=initial, paper=paper)
    if not form.is_bound or not form.is_valid():
        return _page(desk, "document", form, paper, status=422 if form.is_bound else 200)
    file = keep_added(desk, form)
    kept = None if "without" in desk.request.POST or paper is None else paper.file_id
    try:
        saved = _save(desk, PaperKind.DOCUMENT, form, paper, file_id=file.pk if file else kept)
    except papers.PaperChanged as conflict:
        return _page(desk, "document", form, conflict.current, status=409, has_changed=True)
    return _saved(desk, "document", paper, saved)


# --- both ----------------------------------------------------------------------------------------------


def keep_added(desk: Desk, form: DocumentForm | PacketForm) -> StoredFile | None:
    """The file that came with the form."""
    checked = form.cleaned_data.get("file")
    return store_checked(checked=checked, now=desk.now) if checked else None


def _save(
    desk: Desk, kind: PaperKind, form: DocumentForm | PacketForm, paper: Paper | None, **content: Any
) -> Paper:
    return papers.save(
        line=paper.line if paper else None,
        kind=kind,
        name=form.cleaned_data["name"],
        body=form.cleaned_data["body"],
        ask_again=form.cleaned_data.get("ask_again", False),
        seen_version=seen_version(desk.request),
        now=desk.now,
        actor=desk.actor,
        **content,
    )


def _saved(desk: Desk, page: str, before: Paper | None, saved: Paper) -> HttpResponse:
    ready = f"“{saved.name}” is ready: give it to a client."
    messages.success(desk.request, saved_in_words(before, saved) if before else ready)
    return desk.go(page, saved.line)


def _page(
    desk: Desk,
    page: str,
    form: DocumentForm | PacketForm,
    paper: Paper | None,
    *,
    status: int = 200,
    has_changed: bool = False,
) -> HttpResponse:
    file_id = paper.file_id if paper else None
    return desk.page(
        page,
        "offers",
        status=status,
        form=form,
        paper=paper,
        has_changed=has_changed,
        file=StoredFile.objects.defer("content").filter(pk=file_id).first() if file_id else None,
        given=given_rows(desk, paper),
    )
