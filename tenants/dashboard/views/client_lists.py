"""Lists of clients from elsewhere: looked at, brought, and undone."""

import uuid
from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST

from kit.clock import zone
from kit.words import listing
from tenants.clients.models import Import
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.clients import BringForm, ListForm, chosen_columns
from tenants.packs.offers import all_offers
from tenants.packs.openings import NothingToBookWith
from tenants.people import import_undo, importing
from tenants.people.client_lists import UnreadableList, text_of

SHOWN = 20


@require_http_methods(["GET", "HEAD", "POST"])
def lists(request: HttpRequest, slug: str) -> HttpResponse:
    """Send a list, or look at one again with other columns; below, those that were brought."""
    desk = desk_of(request)
    if request.method != "POST":
        return _page(desk, ListForm())
    form = ListForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(desk, form, status=422)
    chosen = chosen_columns(request.POST)
    file_name = form.file_name or request.POST.get("file_name", "")
    try:
        return _looked(desk, text_of(form.content), chosen, file_name)
    except UnreadableList as refusal:
        form.add_error(None, f"Nothing was brought. {refusal}")
        return _page(desk, form, status=422)


def _page(desk: Desk, form: ListForm, *, status: int = 200) -> HttpResponse:
    rows = [{"made": each, "kept": import_undo.kept_of(each)} for each in importing.imports()]
    return desk.page("client_lists", "clients", status=status, form=form, rows=rows)


def _looked(
    desk: Desk,
    text: str,
    chosen: dict[int, str],
    file_name: str,
    *,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    """What the list would do, and the button that does it."""
    found = importing.look(text=text, chosen=chosen, now=desk.now)
    posted = desk.request.POST
    form = BringForm(None, table=found.table, offers=all_offers(), today=_today(desk))
    form.initial.update(lines=text, file_name=file_name[:140])
    form.initial.update({name: posted[name] for name in ("list_of", "pack") if posted.get(name)})
    return desk.page(
        "client_list",
        "clients",
        status=status,
        form=form,
        found=found,
        refusal=refusal,
        before=importing.before_of(text),
        problems=found.problems[:SHOWN],
        more_problems=max(len(found.problems) - SHOWN, 0),
        fresh=found.fresh[:SHOWN],
        more_fresh=max(len(found.fresh) - SHOWN, 0),
        known=found.known[:SHOWN],
        more_known=max(len(found.known) - SHOWN, 0),
        currency=desk.practice.currency,
    )


def _today(desk: Desk) -> date:
    return desk.now.astimezone(zone(desk.tz)).date()


@require_POST
def bring(request: HttpRequest, slug: str) -> HttpResponse:
    """All rows of new people, in one go."""
    desk, posted = desk_of(request), request.POST
    try:
        text = text_of(posted.get("lines", "").encode())
        return _bring(desk, text, chosen_columns(posted), posted.get("file_name", ""))
    except UnreadableList as refusal:
        form = ListForm(posted)
        form.is_valid()
        form.add_error(None, f"Nothing was brought. {refusal}")
        return _page(desk, form, status=422)


def _bring(desk: Desk, text: str, chosen: dict[int, str], file_name: str) -> HttpResponse:
    form = BringForm(desk.request.POST, table=None, offers=all_offers(), today=_today(desk))
    if not form.is_valid():
        said = " ".join(str(message) for errors in form.errors.values() for message in errors)
        return _looked(desk, text, chosen, file_name, refusal=said, status=422)
    try:
        made = importing.bring(
            text=text,
            chosen=chosen,
            file_name=file_name,
            list_of=form.cleaned_data["list_of"],
            pack_line=form.pack_line,
            now=desk.now,
            actor=desk.actor,
        )
    except (importing.BroughtAlready, importing.NothingToBring, NothingToBookWith) as refusal:
        return _looked(desk, text, chosen, file_name, refusal=str(refusal), status=409)
    messages.success(desk.request, f"{_people(made.made['count'])} brought. Nobody was mailed.")
    return desk.go("client_lists")


@require_POST
def undo(request: HttpRequest, slug: str, import_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    made = get_object_or_404(Import, pk=import_id)
    done = import_undo.undo(import_id=made.pk, now=desk.now, actor=desk.actor)
    said = f"{_people(done.removed)} removed."
    if done.kept:
        names = listing([each.name for each in done.kept[:SHOWN]], desk.practice.locale)
        more = f", and {len(done.kept) - SHOWN} more" if len(done.kept) > SHOWN else ""
        said += f" You have worked with these since, so they stay: {names}{more}."
    messages.success(request, said)
    return desk.go("client_lists")


def _people(count: int) -> str:
    return "1 client was" if count == 1 else f"{count} clients were"
