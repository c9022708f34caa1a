"""Booking one session for a client: a free time, then money in hand or a gift, and it is confirmed."""

import uuid
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from kit.clock import zone
from kit.ids import uuid7
from tenants.billing import by_hand
from tenants.clients.models import Client
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.desk_booking import GivenForm, TimeForm
from tenants.dashboard.typed import key_of
from tenants.offers import session_types
from tenants.paperwork import requirements
from tenants.scheduling import bookings, desk_bookings, holds

FIELDS = ("type", "day", "time")
TAKEN = "This time is not free any more. Nothing was booked; choose another one."
ONCE = "This session is offered once to each client, and this one has had it. Nothing was booked."
NOT_OFFERED = "This session is not offered any more. Choose another one."


@require_http_methods(["GET", "HEAD", "POST"])
def book_one(request: HttpRequest, slug: str, client_id: uuid.UUID) -> HttpResponse:
    """Choose a time, read what it costs, say what was given, press."""
    desk = desk_of(request)
    client = get_object_or_404(Client, pk=client_id)
    form = _time_form(desk)
    if not form.is_bound:
        return _page(desk, client, form)
    if not form.is_valid():
        return _page(desk, client, form, status=422)
    try:
        plan = desk_bookings.plan(slug=form.cleaned_data["type"], starts_at=form.starts_at, now=desk.now)
    except holds.NotOffered:
        form.add_error("type", NOT_OFFERED)
        return _page(desk, client, form, status=422)
    given = _given_form(desk, plan)
    if request.method != "POST":
        return _page(desk, client, form, plan=plan, given=given)
    return _book(desk, client, form, plan, given)


def _time_form(desk: Desk) -> TimeForm:
    request = desk.request
    sent = request.POST if request.method == "POST" else request.GET if "day" in request.GET else None
    return TimeForm(sent, types=session_types.on_offer(), today=_today(desk), tz=desk.tz)


def _today(desk: Desk) -> date:
    return desk.now.astimezone(zone(desk.tz)).date()


def _given_form(desk: Desk, plan: desk_bookings.Plan) -> GivenForm:
    sent = desk.request.POST if desk.request.method == "POST" else None
    kind = plan.session_type
    if not plan.price_minor:
        sent = {"given": "cash", "amount": "1"} if sent else None  # type: ignore[assignment]
    return GivenForm(sent, currency=kind.currency, price_minor=plan.price_minor)


def _book(
    desk: Desk, client: Client, form: TimeForm, plan: desk_bookings.Plan, given: GivenForm
) -> HttpResponse:
    key = key_of(desk.request)
    if key is None or not given.is_valid():
        return _page(desk, client, form, status=422, plan=plan, given=given)
    try:
        booking = desk_bookings.book(
            client_id=client.pk,
            slug=plan.session_type.slug,
            starts_at=plan.starts_at,
            by=given.by(_today(desk)),
            key=key,
            now=desk.now,
            actor=desk.actor,
        )
    except holds.SlotTaken as taken:
        return _page(desk, client, form, status=409, refusal=TAKEN, nearest=taken.nearest)
    except bookings.OncePerClient:
        return _page(desk, client, form, status=409, refusal=ONCE)
    except by_hand.TooMuch as refusal:
        given.add_error("amount", str(refusal))
    except (desk_bookings.CannotBook, by_hand.CannotRecord) as refusal:
        given.add_error(None, str(refusal))
    else:
        messages.success(desk.request, f"Booked. {client.name} is told by mail.")
        return desk.go("booking", booking.pk)
    return _page(desk, client, form, status=409, plan=plan, given=given)


def _page(
    desk: Desk,
    client: Client,
    form: TimeForm,
    *,
    status: int = 200,
    plan: desk_bookings.Plan | None = None,
    given: GivenForm | None = None,
    **said: Any,
) -> HttpResponse:
    if plan and not plan.is_free:
        said.setdefault("nearest", plan.nearest)
    return desk.page(
        "book_one",
        "clients",
        status=status,
        client=client,
        form=form,
        plan=plan,
        given=given,
        papers=requirements.missing(lines=plan.session_type.requires, client=client) if plan else (),
        key=key_of(desk.request) or uuid7(),
        typed={name: form.data.get(name, "") for name in FIELDS} if form.is_bound else {},
        has_types=bool(form.fields["type"].choices),  # type: ignore[attr-defined]
        nearest=[_typed(each, desk.tz) for each in said.pop("nearest", ())],
        **said,
    )


def _typed(starts_at: Any, tz: str) -> dict[str, Any]:
    """A time as the form would have it."""
    wall = starts_at.astimezone(zone(tz))
    return {"at": starts_at, "day": f"{wall:%Y-%m-%d}", "time": f"{wall:%H:%M}"}
