"""Receipts, invoices and credit notes: all of them, each to read and in print; a file for the accountant."""

import uuid
from collections.abc import Sequence
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kit.clock import zone
from tenants.billing import documents, invoices, paper_list
from tenants.billing.invoices import STILL_ASKS, standing_of
from tenants.billing.links import pay_address
from tenants.billing.models import Document, DocumentKind
from tenants.billing.paper_links import address_of
from tenants.billing.paper_pdf import paper_as_pdf
from tenants.billing.paper_words import shown_now
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.downloads import download
from tenants.dashboard.forms.papers import OnPapersForm, PapersFilter
from tenants.earnings.paper_export import as_csv
from tenants.earnings.periods import NAMES
from tenants.offers.practice import change_practice

ON_A_PAGE = 25
USUAL = "year"


@require_safe
def papers(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    form = _filter(request)
    if not form.is_valid():
        return desk.page("papers", "money", status=422, form=form)
    rows = _rows(desk, form)
    asked = request.GET.copy()
    asked.pop("page", None)
    return desk.page(
        "papers",
        "money",
        form=form,
        asked=asked.urlencode(),
        periods=_periods(form),
        page=Paginator(rows, ON_A_PAGE).get_page(request.GET.get("page")),
        is_narrowed=bool(form.kind_asked_for or form.state_asked_for or form.client_asked_for),
    )


@require_safe
def papers_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """The papers that the page shows under the same filter, all of them."""
    desk = desk_of(request)
    form = _filter(request)
    if not form.is_valid():
        return desk.page("papers", "money", status=422, form=form)
    period = form.span(tz=desk.tz, now=desk.now)
    ends = "-to-".join(day.isoformat() for day in (period.first, period.last) if day)
    return download(as_csv(_rows(desk, form)), name=f"papers-{slug}-{ends or 'all'}.csv")


def _filter(request: HttpRequest) -> PapersFilter:
    """This year's, unless another period is asked for: an accountant thinks in years."""
    asked = request.GET.copy()
    asked.setdefault("period", USUAL)
    return PapersFilter(asked)


def _rows(desk: Desk, form: PapersFilter) -> list[paper_list.Row]:
    period, client = form.span(tz=desk.tz, now=desk.now), form.client_asked_for
    return paper_list.papers(
        today=desk.now.astimezone(zone(desk.tz)).date(),
        first=period.first,
        last=period.last,
        kind=form.kind_asked_for,
        state=form.state_asked_for,
        client_id=client.pk if client else None,
    )


def _periods(form: PapersFilter) -> list[dict[str, object]]:
    """The periods as links, which keep what else was asked for."""
    client = form.client_asked_for
    kept = {"kind": form.kind_asked_for, "state": form.state_asked_for, "client": client and str(client.pk)}
    kept = {name: value for name, value in kept.items() if value}
    return [
        {"words": words, "asked": urlencode({"period": name, **kept}), "is_current": name == form.name}
        for name, words in NAMES.items()
        if name != "custom" or form.name == "custom"
    ]


# --- one of them -------------------------------------------------------------------------------------


@require_safe
def paper(request: HttpRequest, slug: str, document_id: uuid.UUID) -> HttpResponse:
    return _page(desk_of(request), _document(document_id))


def _document(document_id: uuid.UUID) -> Document:
    rows = Document.objects.select_related("charge__client", "corrects")
    return get_object_or_404(rows, pk=document_id)


def _page(desk: Desk, document: Document, *, refusal: str = "") -> HttpResponse:
    corrections = list(document.corrections.order_by("number"))
    again = documents.can_be_issued_again(document, corrections) and documents.differs(document)
    with desk.speaking():
        shown = shown_now(document, desk.practice, desk.now, corrections)
    return desk.page(
        "paper",
        "money",
        status=409 if refusal else 200,
        refusal=refusal,
        document=document,
        client=document.charge.client,
        paper=shown,
        corrections=corrections,
        link=address_of(document),
        pay_link=pay_address(document.charge) if shown.asks_for else "",
        can_cancel=_still_asks(desk, document, corrections),
        can_issue_again=again,
    )


def _still_asks(desk: Desk, document: Document, corrections: Sequence[Document]) -> bool:
    if document.kind != DocumentKind.INVOICE:
        return False
    today = desk.now.astimezone(zone(desk.tz)).date()
    standing = standing_of(invoice=document, charge=document.charge, corrections=corrections, today=today)
    return standing in STILL_ASKS


@require_safe
def paper_pdf(request: HttpRequest, slug: str, document_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    document = _document(document_id)
    with desk.speaking():
        content = paper_as_pdf(shown_now(document, desk.practice, desk.now), desk.practice)
    return download(content, name=f"{document.label}.pdf")


@require_POST
def cancel(request: HttpRequest, slug: str, document_id: uuid.UUID) -> HttpResponse:
    """What is not paid of an invoice is not asked for any more."""
    desk = desk_of(request)
    document = _invoice(document_id)
    try:
        note = invoices.cancel(document_id=document.pk, now=desk.now, actor=desk.actor)
    except documents.NothingLeft:
        return _page(desk, document, refusal="Nothing was changed: nothing of it is open any more.")
    except invoices.BeingPaid:
        return _page(desk, document, refusal="Nothing was changed: it is being paid at this moment.")
    messages.success(request, f"Cancelled with {note.label}. {document.charge.client.name} gets a mail.")
    return desk.go("paper", document.pk)


def _invoice(document_id: uuid.UUID) -> Document:
    rows = Document.objects.select_related("charge__client", "corrects")
    return get_object_or_404(rows, pk=document_id, kind=DocumentKind.INVOICE)


@require_POST
def again(request: HttpRequest, slug: str, document_id: uuid.UUID) -> HttpResponse:
    """Taken back, and issued with the details that are on file now."""
    desk = desk_of(request)
    document = _document(document_id)
    try:
        new = documents.issue_again(document_id=document.pk, now=desk.now, actor=desk.actor)
    except documents.NothingLeft:
        return _page(desk, document, refusal="Nothing was changed: all of it was taken back before.")
    except documents.NothingChanged:
        return _page(desk, document, refusal="Nothing was changed: it says what is on file already.")
    messages.success(request, f"Issued again as {new.label}. {document.label} is taken back.")
    return desk.go("paper", new.pk)


# --- what stands on all of them ----------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def on_papers(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    form = OnPapersForm(request.POST if request.method == "POST" else None, practice=desk.practice)
    if not form.is_bound:
        return desk.page("on_papers", "settings", form=form)
    if not form.is_valid():
        return desk.page("on_papers", "settings", status=422, form=form)
    change_practice(now=desk.now, **form.changes())
    messages.success(request, "Saved for papers from now on. What was issued stays as it is.")
    return desk.go("settings")
