"""Clients: who comes next and what is paid for it; each with the whole history."""

import uuid

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from kit.requests import looked_for
from tenants.clients.models import Client
from tenants.dashboard import called_off, client_packs, diary, retainer_words
from tenants.dashboard.desk import Desk, desk_of
from tenants.earnings import figures
from tenants.earnings.periods import Period
from tenants.scheduling.models import FUNDED, Booking, BookingStatus

ON_A_PAGE = 50


@require_safe
def clients(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    wanted = looked_for(request, "q")
    page = Paginator(_found(wanted), ON_A_PAGE).get_page(request.GET.get("page"))
    coming = _next_sessions(desk, [client.pk for client in page])
    rows = [{"client": client, "next": coming.get(client.pk)} for client in page]
    return desk.page("clients", "clients", rows=rows, page=page, wanted=wanted)


@require_safe
def client(request: HttpRequest, slug: str, client_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    found = get_object_or_404(Client, pk=client_id)
    rows = diary.with_payment(Booking.objects.filter(client=found)).exclude(status=BookingStatus.EXPIRED)
    history = [diary.entry_of(row, desk.now) for row in rows.order_by("-session__starts_at")]
    lines = figures.lines(period=Period(desk.tz), client_id=client_id)
    paid = {line.booking_id: line for line in lines}
    with desk.speaking():
        packs = client_packs.packs_of(desk, found)
        last_called_off = called_off.last_of(desk, found, history)
        retainers = retainer_words.of_client(desk, found.pk)
    return desk.page(
        "client",
        "clients",
        client=found,
        next=next((e for e in reversed(history) if e.is_kept and not e.has_begun), None),
        packs=packs,
        called_off=last_called_off,
        retainers=retainers,
        history=[{"entry": entry, "line": paid.get(entry.id)} for entry in history],
        totals=figures.totals(lines),
        lines=lines,
        taken_place=sum(entry.booking.status == BookingStatus.COMPLETED for entry in history),
        missed=sum(entry.booking.status == BookingStatus.NO_SHOW for entry in history),
    )


def _found(wanted: str) -> QuerySet[Client]:
    rows = Client.objects.order_by("name", "created_at")
    if not wanted:
        return rows
    return rows.filter(Q(name__icontains=wanted) | Q(email__icontains=wanted) | Q(phone__icontains=wanted))


def _next_sessions(desk: Desk, client_ids: list[uuid.UUID]) -> dict[uuid.UUID, diary.Entry]:
    """The next confirmed session of each client. One query."""
    rows = diary.with_payment(Booking.objects.filter(client__in=client_ids)).filter(
        status__in=FUNDED, session__starts_at__gt=desk.now
    )
    # Read backwards, so that the earliest of each client is the one that stays.
    entries = [diary.entry_of(row, desk.now) for row in rows.order_by("-session__starts_at")]
    return {entry.booking.client_id: entry for entry in entries if entry.booking.client_id}
