"""Forms of the coach: the list with documents and packets, the builder, who has it, and the answers."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tenants.clients import relations
from tenants.clients.models import Client
from tenants.dashboard.agreement_words import counted, row_of
from tenants.dashboard.desk import Desk, SeeOther, desk_of
from tenants.dashboard.downloads import download
from tenants.dashboard.form_words import as_csv
from tenants.dashboard.forms.agreements import SendForm
from tenants.dashboard.forms.questions import STARTER, PaperForm
from tenants.files import serving
from tenants.messaging import switches
from tenants.paperwork import forms, giving, links, overview, papers, reading, sending
from tenants.paperwork.answers import answered
from tenants.paperwork.handing_over import hand_over
from tenants.paperwork.models import ClientPaper, ClientPaperStatus, Paper, PaperKind
from tenants.paperwork.packets import progress_of
from tenants.paperwork.questions import parts_of

MOST_GIVEN = 50
MOST_CLIENTS = 500
LONGEST_VERSION = 5
# Where a paper of each kind is edited.
PAGES = {PaperKind.FORM: "form", PaperKind.DOCUMENT: "document", PaperKind.PACKET: "packet"}


@require_safe
def form_list(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    return desk.page("forms", "offers", kinds=[_of_kind(desk, kind) for kind in PAGES])


def _of_kind(desk: Desk, kind: PaperKind) -> dict[str, Any]:
    counts = overview.counts_by_line(kind=kind)
    rows = [
        {
            "paper": paper,
            "counted": counted(counts.get(paper.line, {})).replace("accepted", "done"),
            "url": desk.address(PAGES[kind], paper.line),
        }
        for paper in papers.current_of_kind(kind=kind)
    ]
    return {"kind": kind.value, "rows": rows, "new_url": desk.address(f"{PAGES[kind]}_new")}


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    form = PaperForm(_sent(request), paper=None, begun=STARTER if "starter" in request.GET else ())
    if page := _again(desk, form, None):
        return page
    paper = _save(desk, form, None)
    messages.success(
        request, f"“{paper.name}” is ready: require it before a payment, or give it to a client."
    )
    return desk.go("form", paper.line)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str, form_line: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    paper = current_of(form_line, PaperKind.FORM)
    form = PaperForm(_sent(request), paper=paper)
    if page := _again(desk, form, paper):
        return page
    try:
        saved = _save(desk, form, paper)
    except papers.PaperChanged as conflict:
        return _page(desk, form, conflict.current, status=409, has_changed=True)
    messages.success(request, saved_in_words(paper, saved))
    return desk.go("form", form_line)


def _save(desk: Desk, form: PaperForm, paper: Paper | None) -> Paper:
    return papers.save(
        line=paper.line if paper else None,
        kind=PaperKind.FORM,
        name=form.cleaned_data["name"],
        body=form.cleaned_data["body"],
        parts=form.parts,
        ask_again=form.cleaned_data.get("ask_again", False),
        seen_version=seen_version(desk.request),
        now=desk.now,
        actor=desk.actor,
    )


def _again(desk: Desk, form: PaperForm, paper: Paper | None) -> HttpResponse | None:
    """The page with the form; None when it is right and is to be saved."""
    if not form.is_bound:
        return _page(desk, form, paper)
    return None if form.is_valid() else _page(desk, form, paper, status=422)


def _page(
    desk: Desk, form: PaperForm, paper: Paper | None, *, status: int = 200, has_changed: bool = False
) -> HttpResponse:
    return desk.page(
        "form",
        "offers",
        status=status,
        form=form,
        paper=paper,
        has_changed=has_changed,
        given=given_rows(desk, paper),
    )


# --- of any kind ---------------------------------------------------------------------------------------


def current_of(line: uuid.UUID, kind: PaperKind) -> Paper:
    found = Paper.objects.filter(line=line, is_current=True, kind=kind).first()
    if found is None:
        raise Http404("There is no such paper.")
    return found


def saved_in_words(before: Paper, saved: Paper) -> str:
    same = saved.version == before.version
    return "Nothing was different." if same else f"Saved as version {saved.version}, for whoever gets it now."


def given_rows(desk: Desk, paper: Paper | None) -> list[Any]:
    given = overview.given_of(line=paper.line, most=MOST_GIVEN) if paper else []
    return [row_of(each, desk) for each in given]


def _sent(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def seen_version(request: HttpRequest) -> int | None:
    seen = request.POST.get("seen_version", "")
    return int(seen) if seen.isdecimal() and len(seen) <= LONGEST_VERSION else None


def _any_of(line: uuid.UUID) -> Paper:
    found = Paper.objects.filter(line=line, is_current=True, kind__in=PAGES).first()
    if found is None:
        raise Http404("There is no such paper.")
    return found


@require_POST
def switch(request: HttpRequest, slug: str, form_line: uuid.UUID) -> HttpResponse:
    """In use or not; what was given stays as it is."""
    desk = desk_of(request)
    paper = _any_of(form_line)
    papers.switch(line=form_line, on=request.POST.get("to") == "on", now=desk.now, actor=desk.actor)
    return desk.go(PAGES[PaperKind(paper.kind)], form_line)


@require_http_methods(["GET", "HEAD", "POST"])
def give(request: HttpRequest, slug: str, form_line: uuid.UUID) -> HttpResponse:
    """To one client, who is mailed the link, or gets it from the coach where such mails are switched off."""
    desk = desk_of(request)
    mails = switches.is_on(switches.Automation.PAPERS_GIVEN, desk.practice)
    paper = _any_of(form_line)
    clients = Client.objects.filter(archived_at=None, erased_at=None).order_by("name")[:MOST_CLIENTS]
    form = SendForm(_sent(request), initial={"client": request.GET.get("client", "")}, clients=list(clients))
    if not form.is_bound or not form.is_valid():
        return _give_page(desk, form, paper, status=422 if form.is_bound else 200)
    client_id = uuid.UUID(form.cleaned_data["client"])
    try:
        given = hand_over(line=form_line, client_id=client_id, mails=mails, now=desk.now, actor=desk.actor)
    except giving.CannotBeGiven as refused:
        return _give_page(desk, form, paper, status=409, refusal=str(refused))
    if given.sent_at == desk.now:
        messages.success(request, f"Given. The link is on its way to {given.client.name}.")
    return desk.go("paper_given", given.pk)


def _give_page(desk: Desk, form: SendForm, paper: Paper, *, status: int, refusal: str = "") -> HttpResponse:
    back = desk.address(PAGES[PaperKind(paper.kind)], paper.line)
    return desk.page(
        "paper_give",
        "offers",
        status=status,
        form=form,
        paper=paper,
        refusal=refusal,
        mails=switches.is_on(switches.Automation.PAPERS_GIVEN, desk.practice),
        back=back,
    )


@require_safe
def given(request: HttpRequest, slug: str, given_id: uuid.UUID) -> HttpResponse:
    """One client's form with its answers, document or packet."""
    desk = desk_of(request)
    found = _given(given_id)
    is_form = found.paper.kind == PaperKind.FORM
    return desk.page(
        "paper_given",
        "clients",
        row=row_of(found, desk),
        given=found,
        link=links.address_of(found),
        answered=answered(parts_of(found.paper.parts), found.answers) if is_form else (),
        progress=progress_of(found) if found.paper.kind == PaperKind.PACKET else None,
        is_open=found.status == ClientPaperStatus.OPEN,
        mailed_to=relations.mail_address_of(found.client),
        back=desk.address(PAGES[PaperKind(found.paper.kind)], found.paper.line),
    )


@require_POST
def remind(request: HttpRequest, slug: str, given_id: uuid.UUID) -> SeeOther:
    """The link by mail, because the coach presses for it."""
    desk = desk_of(request)
    found = _given(given_id)
    try:
        sending.remind(client_paper_id=found.pk, now=desk.now, actor=desk.actor)
    except giving.CannotBeGiven as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, "The link is on its way.")
    return desk.go("paper_given", found.pk)


@require_POST
def withdraw(request: HttpRequest, slug: str, given_id: uuid.UUID) -> SeeOther:
    desk = desk_of(request)
    found = _given(given_id)
    if found.status == ClientPaperStatus.OPEN:
        giving.withdraw(client_paper_id=found.pk, now=desk.now, actor=desk.actor)
        messages.success(request, "Withdrawn. Its link shows nothing any more.")
    return desk.go(PAGES[PaperKind(found.paper.kind)], found.paper.line)


@require_safe
def answer_file(request: HttpRequest, slug: str, given_id: uuid.UUID, question_id: str) -> HttpResponse:
    """A file that a client has brought with a form, or that comes with a document."""
    found = _given(given_id)
    is_form = found.paper.kind == PaperKind.FORM
    file = forms.file_of(found, question_id) if is_form else reading.file_of(found)
    if file is None:
        raise Http404("There is no such file.")
    return serving.response(file)


@require_safe
def answers_csv(request: HttpRequest, slug: str, form_line: uuid.UUID) -> HttpResponse:
    """All that was handed in, of all versions."""
    desk = desk_of(request)
    paper = current_of(form_line, PaperKind.FORM)
    rows = ClientPaper.objects.select_related("paper", "client").filter(
        paper__line=paper.line, status=ClientPaperStatus.DONE
    )
    text = as_csv(rows.order_by("done_at", "pk"), tz=desk.tz)
    return download(text, name=f"answers-{slug}.csv")


def _given(given_id: uuid.UUID) -> ClientPaper:
    rows = ClientPaper.objects.select_related("paper", "client").filter(paper__kind__in=PAGES)
    return get_object_or_404(rows, pk=given_id)
