"""Clients: who comes next and what is paid for it; each with the whole history."""

import uuid
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.dateparse import parse_datetime
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from kit.requests import looked_for
from tenants.clients import notes
from tenants.clients.models import Client
from tenants.dashboard import called_off, client_packs, client_papers, diary, retainer_words
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.clients import NoteForm
from tenants.earnings import figures, owed
from tenants.earnings.periods import Period
from tenants.packs.wording import Clock
from tenants.people import stages, timeline
from tenants.people.stages import Stage
from tenants.scheduling.models import FUNDED, Booking, BookingStatus

ON_A_PAGE = 50
LATEST = 8
SHOWS = {"": "All", **{stage.value: stage.label for stage in Stage}, "archived": "Archived"}
SORTS = {"": "Name", "next": "Next session", "last": "Last session"}
STAGE_BADGES = {
    Stage.PROSPECT: diary.Badge("neutral", "Prospect", "user"),
    Stage.BUYER: diary.Badge("paid", "Buyer", "wallet"),
    Stage.ACTIVE: diary.Badge("paid", "Active", "check"),
    Stage.PAST: diary.Badge("neutral", "Past", "clock"),
}


@require_safe
def clients(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    wanted = looked_for(request, "q")
    show, sort = (_one_of(request, *each) for each in (("show", SHOWS), ("sort", SORTS)))
    found = _sorted(_shown(_found(wanted, desk.now), show, desk.now), sort)
    page = Paginator(found, ON_A_PAGE).get_page(request.GET.get("page"))
    coming = _next_sessions(desk, [client.pk for client in page])
    rows = [_row(client, coming, desk.now) for client in page]
    return desk.page(
        "clients",
        "clients",
        rows=rows,
        page=page,
        wanted=wanted,
        show=show,
        sort=sort,
        sorts=SORTS,
        filters=[_filter(name, show, wanted, sort) for name in SHOWS],
        asked=urlencode({"q": wanted, "show": show, "sort": sort}),
    )


def _one_of(request: HttpRequest, name: str, known: dict[str, str]) -> str:
    asked = request.GET.get(name, "")
    return asked if asked in known else ""


def _filter(name: str, show: str, wanted: str, sort: str) -> dict[str, object]:
    asked = urlencode({"show": name, "q": wanted, "sort": sort})
    return {"words": SHOWS[name], "asked": asked, "is_current": name == show}


def _found(wanted: str, now: datetime) -> QuerySet[Any]:
    rows = stages.with_facts(Client.objects.filter(erased_at=None), now=now)
    if not wanted:
        return rows
    return rows.filter(Q(name__icontains=wanted) | Q(email__icontains=wanted) | Q(phone__icontains=wanted))


def _shown(rows: QuerySet[Any], show: str, now: datetime) -> QuerySet[Any]:
    """Who is archived and has a session to come is in the list all the same: the coach will meet them."""
    if show == "archived":
        return rows.filter(archived_at__isnull=False)
    listed = rows.filter(Q(archived_at=None) | Q(next_at__isnull=False))
    return stages.at_stage(listed, show, now=now) if show else listed


def _sorted(rows: QuerySet[Any], sort: str) -> QuerySet[Any]:
    by_name = ("name", "created_at", "pk")
    if sort == "next":
        return rows.order_by(F("next_at").asc(nulls_last=True), *by_name)
    if sort == "last":
        return rows.order_by(F("last_at").desc(nulls_last=True), *by_name)
    return rows.order_by(*by_name)


def _row(client: Any, coming: dict[uuid.UUID, diary.Entry], now: datetime) -> dict[str, Any]:
    stage = stages.stage_of(stages.facts_of(client), now=now)
    return {"client": client, "next": coming.get(client.pk), "stage": STAGE_BADGES[stage]}


@require_safe
def client(request: HttpRequest, slug: str, client_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    found = get_object_or_404(stages.with_facts(Client.objects.all(), now=desk.now), pk=client_id)
    rows = diary.with_payment(Booking.objects.filter(client=found)).exclude(status=BookingStatus.EXPIRED)
    history = [diary.entry_of(row, desk.now) for row in rows.order_by("-session__starts_at")]
    lines = figures.lines(period=Period(desk.tz), client_id=client_id)
    paid = {line.booking_id: line for line in lines}
    with desk.speaking():
        packs = client_packs.packs_of(desk, found)
        last_called_off = called_off.last_of(desk, found, history)
        retainers = retainer_words.of_client(desk, found.pk)
        happened = _timeline(desk, found, None, LATEST)
    in_packs = {pack.pk for pack in packs.owed_for}
    open_charges = owed.open_charges(now=desk.now, tz=desk.tz, client_id=client_id)
    return desk.page(
        "client",
        "clients",
        client=found,
        stage=STAGE_BADGES[stages.stage_of(stages.facts_of(found), now=desk.now)],
        next=next((e for e in reversed(history) if e.is_kept and not e.has_begun), None),
        packs=packs,
        owed=[each for each in open_charges if each.charge.reference not in in_packs],
        papers=client_papers.of_client(desk, found),
        called_off=last_called_off,
        retainers=retainers,
        notes=notes.of_client(found.pk),
        note_form=NoteForm(),
        happened=happened,
        history=[{"entry": entry, "line": paid.get(entry.id)} for entry in history],
        totals=figures.totals(lines),
        lines=lines,
        taken_place=sum(entry.booking.status == BookingStatus.COMPLETED for entry in history),
        missed=sum(entry.booking.status == BookingStatus.NO_SHOW for entry in history),
    )


@require_safe
def timeline_page(request: HttpRequest, slug: str, client_id: uuid.UUID) -> HttpResponse:
    """Everything that happened, the newest first, a page at a time."""
    desk = desk_of(request)
    found = get_object_or_404(Client, pk=client_id)
    before = parse_datetime(looked_for(request, "before")) if request.GET.get("before") else None
    with desk.speaking():
        happened = _timeline(desk, found, before if before and before.tzinfo else None, timeline.A_PAGE)
    return desk.page("client_timeline", "clients", client=found, happened=happened, before=before)


def _timeline(desk: Desk, client: Client, before: datetime | None, size: int) -> dict[str, Any]:
    clock = Clock(desk.tz, desk.practice.locale, desk.now)
    page = timeline.page(client=client, clock=clock, before=before, size=size)
    rows = [{"row": row, "href": _href(desk, row.link, client)} for row in page.rows]
    return {"rows": rows, "before": page.before.isoformat() if page.before else ""}


def _href(desk: Desk, link: timeline.Link | None, client: Client) -> str:
    if link is None:
        return ""
    if link.to == "payments":
        return desk.address("client_payments", client.pk)
    if link.to in ("booking", "pack", "note"):
        return desk.address(link.to, link.id)
    return client_papers.href(desk, link.to, link.id)


def _next_sessions(desk: Desk, client_ids: list[uuid.UUID]) -> dict[uuid.UUID, diary.Entry]:
    """The next confirmed session of each client. One query."""
    rows = diary.with_payment(Booking.objects.filter(client__in=client_ids)).filter(
        status__in=FUNDED, session__starts_at__gt=desk.now
    )
    # Read backwards, so that the earliest of each client is the one that stays.
    entries = [diary.entry_of(row, desk.now) for row in rows.order_by("-session__starts_at")]
    return {entry.booking.client_id: entry for entry in entries if entry.booking.client_id}
