"""Several sessions for a client in one go: each date with what pays for it, read first, then booked."""

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from kit.clock import zone
from tenants.clients.models import Client
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.series import SeriesForm, usual
from tenants.offers import session_types
from tenants.paperwork import requirements
from tenants.scheduling import series
from tenants.scheduling.holds import NotOffered
from tenants.scheduling.models import FUNDED, Booking

LATELY = timedelta(minutes=10)
FIELDS = ("type", "first", "time", "every", "count")


@require_http_methods(["GET", "HEAD", "POST"])
def book_several(request: HttpRequest, slug: str, client_id: uuid.UUID) -> HttpResponse:
    """Choose, read what would be booked and what is left out, press."""
    desk = desk_of(request)
    client = get_object_or_404(Client, pk=client_id)
    form = _form(desk, client)
    if not form.is_bound:
        return _page(desk, client, form)
    if not form.is_valid():
        return _page(desk, client, form, status=422)
    asked = _asked(desk, client, form)
    try:
        if request.method != "POST":
            return _page(desk, client, form, plan=series.plan(**asked))
        booked = series.confirm(**asked, key=request.POST.get("key", ""), actor=desk.actor)
    except NotOffered:
        form.add_error("type", "This session is not offered any more. Choose another one.")
        return _page(desk, client, form, status=422)
    except series.PlanChanged as changed:
        if _booked_lately(desk, client, changed.plan):
            return desk.go("client", client.pk)
        return _page(desk, client, form, status=409, plan=changed.plan, has_changed=True)
    messages.success(request, f"Booked: {_sessions(len(booked))}. {client.name} is told by mail.")
    return desk.go("client", client.pk)


def _form(desk: Desk, client: Client) -> SeriesForm:
    request = desk.request
    sent = request.POST if request.method == "POST" else request.GET if "first" in request.GET else None
    today = desk.now.astimezone(zone(desk.tz)).date()
    types = session_types.on_offer()
    initial = usual(_last(client), tz=desk.tz, now=desk.now) if sent is None else {}
    return SeriesForm(sent, types=types, today=today, initial=initial)


def _last(client: Client) -> Booking | None:
    """The client's latest session, to go on from."""
    rows = Booking.objects.filter(client=client, status__in=FUNDED).select_related("session__session_type")
    return rows.order_by("-session__starts_at").first()


def _asked(desk: Desk, client: Client, form: SeriesForm) -> dict[str, Any]:
    return {
        "client_id": client.pk,
        "slug": form.cleaned_data["type"],
        "days": form.days(),
        "at": form.at(),
        "now": desk.now,
        "by_coach": True,
    }


def _booked_lately(desk: Desk, client: Client, plan: series.Plan) -> bool:
    """Whether the same press has booked these dates just before."""
    if plan.booked:
        return False
    starts = [each.starts_at for each in plan.dates if each.starts_at]
    rows = Booking.objects.filter(
        client=client,
        status__in=FUNDED,
        series__isnull=False,
        session__session_type=plan.session_type,
        session__starts_at__in=starts,
        created_at__gt=desk.now - LATELY,
    )
    return rows.exists()


def _page(
    desk: Desk,
    client: Client,
    form: SeriesForm,
    *,
    status: int = 200,
    plan: series.Plan | None = None,
    **said: Any,
) -> HttpResponse:
    return desk.page(
        "book_several",
        "clients",
        status=status,
        client=client,
        form=form,
        has_types=bool(session_types.on_offer()) if plan is None else True,
        plan=plan,
        papers=requirements.missing(lines=plan.session_type.requires, client=client) if plan else (),
        button=f"Book {_sessions(len(plan.booked))}" if plan else "",
        typed={name: form.data.get(name, "") for name in FIELDS} if plan else {},
        **said,
    )


def _sessions(count: int) -> str:
    return "1 session" if count == 1 else f"{count} sessions"
