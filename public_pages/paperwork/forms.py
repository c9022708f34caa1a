"""A client's form: one column, nothing typed is lost, and files that need no script."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from kit.clock import now
from kit.database import read_only
from kit.limits import allows, connection_of
from public_pages.booking.coach import coach_of, not_here, show_private
from public_pages.booking.slots import slow_down
from public_pages.paperwork.access import PRESSES, by_link_to, onward, packet_path, who
from public_pages.paperwork.way_back import NAME, path_back, way_back
from tenants.files import serving
from tenants.files.keeping import Checked, FileRefused, check
from tenants.files.models import LARGEST_BYTES
from tenants.paperwork import forms, links
from tenants.paperwork.accepting import NotOpen
from tenants.paperwork.answers import AnswersForm, answered, name_of
from tenants.paperwork.models import ClientPaper, ClientPaperStatus, PaperKind
from tenants.paperwork.questions import Part, parts_of, questions_of
from ui import markdown

SAVE, WITHOUT = "save", "without"
Brought = tuple[dict[str, Any], dict[str, Checked], dict[str, str]]


@require_http_methods(["GET", "HEAD", "POST"])
@by_link_to(PaperKind.FORM)
def form(request: HttpRequest, given: ClientPaper) -> HttpResponse:
    if request.method != "POST":
        return _page(request, given)
    if not allows("forms", connection_of(request), **PRESSES):
        return slow_down(request)
    try:
        return _posted(request, given)
    except NotOpen:
        return redirect(links.path_of(given))


def _posted(request: HttpRequest, given: ClientPaper) -> HttpResponse:
    typed, files, refused = _brought(request, questions_of(given.paper.parts))
    if refused or _is_to_be_continued(request.POST):
        without = frozenset(request.POST.getlist(WITHOUT))
        draft = forms.keep_draft(
            client_paper_id=given.pk, typed=typed, files=files, without=without, now=now()
        )
        return _refused(request, draft, refused) if refused else _saved(request, given)
    try:
        forms.hand_in(client_paper_id=given.pk, answers=typed, files=files, now=now(), **who(request, given))
    except forms.AnswersWrong as wrong:
        return _again(request, given, wrong.form)
    messages.success(request, f"“{given.paper.name}” is handed in.")
    return onward(request, given)


def _is_to_be_continued(posted: QueryDict) -> bool:
    return SAVE in posted or WITHOUT in posted


def _brought(request: HttpRequest, questions: Sequence[Part]) -> Brought:
    """What was typed, the files that can be kept, and why others cannot: each by its question."""
    typed: dict[str, Any] = {}
    files: dict[str, Checked] = {}
    refused: dict[str, str] = {}
    for part in questions:
        if part.kind != "file":
            sent = request.POST.getlist(name_of(part))
            typed[part.id] = sent if part.kind == "several_choices" else "".join(sent[:1])
        elif brought := request.FILES.get(name_of(part)):
            try:
                files[part.id] = _checked(brought)
            except FileRefused as error:
                refused[part.id] = str(error)
    return typed, files, refused


def _checked(brought: UploadedFile) -> Checked:
    """A byte more than may be is enough to know that it is too large."""
    return check(name=brought.name or "", content=brought.read(LARGEST_BYTES + 1))


def _refused(request: HttpRequest, draft: ClientPaper, refused: dict[str, str]) -> HttpResponse:
    judged = AnswersForm(parts_of(draft.paper.parts), draft.answers, judged=True)
    judged.is_valid()
    for question_id, sentence in refused.items():
        field = f"q-{question_id}"
        judged.errors.pop(field, None)
        judged.add_error(field, sentence)
    return _again(request, draft, judged)


def _saved(request: HttpRequest, given: ClientPaper) -> HttpResponse:
    if WITHOUT not in request.POST:
        messages.success(request, "Saved. Continue whenever you like: the same link brings you back.")
    then = way_back(request)
    return redirect(f"{links.path_of(given)}?{NAME}={then}" if then else links.path_of(given))


def _again(request: HttpRequest, given: ClientPaper, judged: AnswersForm) -> HttpResponse:
    """The page as it was typed; of the row, only its files are read anew."""
    with read_only():
        fresh = links.paper_by(links.token_of(given))
        return _page(request, fresh, judged, status=422)


def _page(
    request: HttpRequest, given: ClientPaper, judged: AnswersForm | None = None, *, status: int = 200
) -> HttpResponse:
    parts = parts_of(given.paper.parts)
    is_done = given.status == ClientPaperStatus.DONE
    answers = AnswersForm(parts, _known(given, parts), judged=False) if judged is None else judged
    context: dict[str, Any] = {
        "given": given,
        "token": links.token_of(given),
        "intro": "" if is_done else markdown.as_html(given.text.partition("\n")[2]),
        "form": answers,
        "rows": () if is_done else [_row(part, answers, given) for part in parts],
        "answered": answered(parts, given.answers) if is_done else (),
        "is_done": is_done,
        "then_name": NAME,
        "then": way_back(request),
        "back": path_back(way_back(request)) or (packet_path(given) if is_done else ""),
    }
    return show_private(request, coach_of(request), "paperwork/form.html", context, status)


def _known(given: ClientPaper, parts: Sequence[Part]) -> dict[str, Any]:
    """The draft; nobody types again the address that the form was sent to."""
    asked = {part.id: given.client.email for part in parts if part.kind == "email"}
    return {**asked, **given.answers}


def _row(part: Part, answers: AnswersForm, given: ClientPaper) -> dict[str, Any]:
    kept = given.answers.get(part.id) if part.kind == "file" else None
    return {"part": part, "field": answers[name_of(part)] if part.is_question else None, "kept": kept}


@require_safe
@by_link_to(PaperKind.FORM)
def form_file(request: HttpRequest, given: ClientPaper, question_id: str) -> HttpResponse:
    """A file that the client has brought, to see that it is the right one."""
    file = forms.file_of(given, question_id)
    if file is None:
        return not_here(request, coach_of(request), "paperwork/bad_link.html")
    return serving.response(file)
