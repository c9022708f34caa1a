"""Agreements of the coach: the list, the text with its preview, its versions, and the words of the mail."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tenants.dashboard.agreement_words import (
    STARTER,
    STARTER_NAME,
    counted,
    example_values,
    row_of,
)
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.agreements import AgreementForm, MailWordsForm
from tenants.paperwork import differences, giving, mail_words, merge_fields, overview, papers
from tenants.paperwork.models import Paper, PaperKind
from ui import markdown

MOST_GIVEN = 50
LONGEST_VERSION = 5


@require_safe
def agreements(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    counts = overview.counts_by_line(kind=PaperKind.AGREEMENT)
    rows = [
        {"paper": paper, "counted": counted(counts.get(paper.line, {}))}
        for paper in papers.current_of_kind(kind=PaperKind.AGREEMENT)
    ]
    return desk.page("agreements", "offers", rows=rows)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    begun = {"name": STARTER_NAME, "body": STARTER} if "starter" in request.GET else {}
    form = AgreementForm(_sent(request), initial=begun, paper=None)
    if page := _again(desk, form, None):
        return page
    paper = _save(desk, form, None)
    messages.success(request, f"“{paper.name}” is ready: send it, or require it before a payment.")
    return desk.go("agreement", paper.line)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str, paper_line: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    paper = current_agreement(paper_line)
    typed = {"name": paper.name, "body": paper.body}
    form = AgreementForm(_sent(request), initial=typed, paper=paper)
    if page := _again(desk, form, paper):
        return page
    try:
        saved = _save(desk, form, paper)
    except papers.PaperChanged as conflict:
        return _page(desk, form, conflict.current, status=409, has_changed=True)
    same = saved.version == paper.version
    told = "Nothing was different." if same else f"Saved as version {saved.version}, for whoever gets it now."
    messages.success(request, told)
    return desk.go("agreement", paper_line)


@require_POST
def switch(request: HttpRequest, slug: str, paper_line: uuid.UUID) -> HttpResponse:
    """In use or not; what was given stays as it is."""
    desk = desk_of(request)
    current_agreement(paper_line)
    papers.switch(line=paper_line, on=request.POST.get("to") == "on", now=desk.now, actor=desk.actor)
    return desk.go("agreement", paper_line)


@require_safe
def version(request: HttpRequest, slug: str, paper_id: uuid.UUID) -> HttpResponse:
    """One version as it was, and what it changed."""
    desk = desk_of(request)
    paper = get_object_or_404(Paper, pk=paper_id, kind=PaperKind.AGREEMENT)
    before = Paper.objects.filter(line=paper.line, version=paper.version - 1).first()
    changes = differences.as_html(_source(before), _source(paper)) if before else ""
    return desk.page(
        "agreement_version", "offers", paper=paper, text=untitled(_source(paper)), changes=changes
    )


@require_http_methods(["GET", "HEAD", "POST"])
def mail(request: HttpRequest, slug: str) -> HttpResponse:
    """The subject and the words with which agreements are sent."""
    desk = desk_of(request)
    words = mail_words.words_of(desk.practice)
    form = MailWordsForm(_sent(request), initial={"subject": words.subject, "body": words.body})
    if not form.is_bound or not form.is_valid():
        return desk.page(
            "agreement_mail",
            "offers",
            status=422 if form.is_bound else 200,
            form=form,
            fields=merge_fields.ALWAYS,
        )
    mail_words.save(**form.cleaned_data, now=desk.now, actor=desk.actor)
    messages.success(request, "Saved for mails from now on.")
    return desk.go("agreements")


def _save(desk: Desk, form: AgreementForm, paper: Paper | None) -> Paper:
    return papers.save(
        line=paper.line if paper else None,
        kind=PaperKind.AGREEMENT,
        name=form.cleaned_data["name"],
        body=form.cleaned_data["body"],
        ask_again=form.cleaned_data.get("ask_again", False),
        seen_version=_seen(desk.request),
        now=desk.now,
        actor=desk.actor,
    )


def current_agreement(line: uuid.UUID) -> Paper:
    try:
        paper = papers.current(line=line)
    except Paper.DoesNotExist as error:
        raise Http404("There is no such agreement.") from error
    if paper.kind != PaperKind.AGREEMENT:
        raise Http404("There is no such agreement.")
    return paper


def _sent(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _seen(request: HttpRequest) -> int | None:
    seen = request.POST.get("seen_version", "")
    return int(seen) if seen.isdecimal() and len(seen) <= LONGEST_VERSION else None


def _again(desk: Desk, form: AgreementForm, paper: Paper | None) -> HttpResponse | None:
    """The page with the form; None when it is right and is to be saved."""
    if not form.is_bound:
        return _page(desk, form, paper)
    if not form.is_valid():
        return _page(desk, form, paper, status=422)
    return _page(desk, form, paper) if "preview" in desk.request.POST else None


def _page(
    desk: Desk, form: AgreementForm, paper: Paper | None, *, status: int = 200, has_changed: bool = False
) -> HttpResponse:
    given = overview.given_of(line=paper.line, most=MOST_GIVEN) if paper else []
    return desk.page(
        "agreement",
        "offers",
        status=status,
        form=form,
        paper=paper,
        has_changed=has_changed,
        fields=merge_fields.FIELDS,
        preview=_preview(desk, form.draft(), paper) if form.is_bound and form.is_valid() else None,
        given=[row_of(each, desk) for each in given],
        versions=papers.versions(line=paper.line) if paper else [],
    )


def _preview(desk: Desk, draft: Paper, paper: Paper | None) -> dict[str, Any]:
    """As the client reads it, and as somebody reads it for whom another pays."""
    values = example_values(desk)
    priced, without = (
        giving.text_of(draft, client=None, at=desk.now, values=values, hides_prices=hides)
        for hides in (False, True)
    )
    return {
        "priced": untitled(priced),
        "without": untitled(without) if without != priced else "",
        "amounts": merge_fields.amounts_in(without),
        "changes": differences.as_html(_source(paper), _source(draft)) if paper else "",
    }


def untitled(text: str) -> SafeString:
    """A text whose title stands on the page already."""
    return markdown.as_html(text.partition("\n")[2], ids=False)


def _source(paper: Paper) -> str:
    """Name and text with their fields, which is what versions are compared by."""
    return f"# {merge_fields.as_plain_words(paper.name)}\n\n{paper.body}"
