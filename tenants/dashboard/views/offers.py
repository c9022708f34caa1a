"""What the coach offers: the list in its order, each session type's form, and a start by one tap."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.extras import ExtraRows, presses_rows
from tenants.dashboard.forms.offers import SessionTypeForm, typed
from tenants.dashboard.forms.packs import PRESETS
from tenants.dashboard.pack_words import packs_at_the_desk
from tenants.dashboard.retainer_words import plans_at_the_desk
from tenants.dashboard.rule_words import offer_in_words
from tenants.dashboard.stripe_words import newest_account, standing
from tenants.offers import session_types
from tenants.offers.extras import Extra, extras_of
from tenants.offers.models import Place, SessionType

STARTS: dict[str, dict[str, Any]] = {
    "intro": {"name": "Intro", "duration_min": 30, "once_per_client": True},
    "session": {"name": "Session", "duration_min": 60},
}
USUAL: dict[str, Any] = {
    "duration_min": 60,
    "place": Place.ONLINE,
    "minimum_notice_min": 240,
    "horizon_days": 60,
    "buffer_before_min": 0,
    "buffer_after_min": 0,
    "answer_within_hours": 48,
    "deposit_kind": "whole",
    "rest_due_hours": 24,
    "rest_by_card": True,
}


@require_safe
def offers(request: HttpRequest, slug: str) -> HttpResponse:
    return _list(desk_of(request))


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    form, rows = _typed(desk, desk.practice.currency, USUAL, [])
    if page := _again(desk, form, rows):
        return page
    session_type = session_types.offer(now=desk.now, extras=rows.extras(), **form.changes())
    messages.success(request, f"“{session_type.name}” can be booked on your page.")
    return desk.go("offers")


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str, session_type_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    session_type = get_object_or_404(SessionType, pk=session_type_id)
    known = extras_of(session_type)
    form, rows = _typed(desk, session_type.currency, typed(session_type), known)
    if page := _again(desk, form, rows, session_type):
        return page
    session_types.edit(session_type_id=session_type_id, extras=rows.extras(known), **form.changes())
    messages.success(request, f"“{form.cleaned_data['name']}” is changed for new bookings.")
    return desk.go("offers")


def _typed(
    desk: Desk, currency: str, initial: dict[str, Any], extras: Sequence[Extra]
) -> tuple[SessionTypeForm, ExtraRows]:
    """The form as it stands, or as it was sent; while rows are moved and dropped, nothing is judged."""
    sent = desk.request.POST
    if desk.request.method != "POST":
        return SessionTypeForm(initial=initial, currency=currency), ExtraRows.of(extras, currency)
    rows = ExtraRows.typed(sent, currency)
    if presses_rows(sent):
        as_sent = {**sent.dict(), "requires": sent.getlist("requires")}
        return SessionTypeForm(initial=as_sent, currency=currency), rows
    return SessionTypeForm(sent, initial=initial, currency=currency), rows


def _again(
    desk: Desk, form: SessionTypeForm, rows: ExtraRows, session_type: SessionType | None = None
) -> HttpResponse | None:
    """The page with the form; None when it is right and is to be saved."""
    if not form.is_bound:
        return _form(desk, form, rows, session_type)
    if not form.is_valid() or not rows.is_valid():
        for mistake in rows.mistakes:
            form.add_error(None, mistake)
        return _form(desk, form, rows, session_type, status=422)
    return _form(desk, form, rows, session_type) if "preview" in desk.request.POST else None


@require_POST
def from_template(request: HttpRequest, slug: str) -> HttpResponse:
    """One tap to the first session type: everything is proposed, but what it costs is the coach's to say."""
    desk = desk_of(request)
    start = STARTS.get(request.POST.get("start", ""), STARTS["session"])
    typed_price = request.POST.get("price", "0")
    form = SessionTypeForm({**USUAL, **start, "price": typed_price}, currency=desk.practice.currency)
    if not form.is_valid():
        return _list(
            desk, status=422, problem=" ".join(map(str, form.errors["price"])), typed_price=typed_price
        )
    session_type = session_types.offer(now=desk.now, **form.changes())
    messages.success(request, f"“{session_type.name}” can be booked on your page.")
    return desk.go_back("offers")


@require_POST
def move(request: HttpRequest, slug: str, session_type_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    get_object_or_404(SessionType, pk=session_type_id)
    session_types.reorder(session_type_id=session_type_id, up=request.POST.get("to") == "up")
    return desk.go("offers")


@require_POST
def switch(request: HttpRequest, slug: str, session_type_id: uuid.UUID) -> HttpResponse:
    """On or off the page; what is booked stays."""
    desk = desk_of(request)
    get_object_or_404(SessionType, pk=session_type_id)
    session_types.edit(session_type_id=session_type_id, is_active=request.POST.get("to") == "on")
    return desk.go("offers")


def _list(desk: Desk, *, status: int = 200, problem: str = "", typed_price: str = "") -> HttpResponse:
    every = session_types.all_types()
    account = newest_account(schema_name=desk.tenant.schema_name)
    packs = packs_at_the_desk(every, desk.practice)
    plans = plans_at_the_desk(desk)
    return desk.page(
        "offers",
        "offers",
        status=status,
        on_offer=[each for each in every if each.is_active],
        withdrawn=[each for each in every if not each.is_active],
        packs=[each for each in packs if each.offer.is_active],
        withdrawn_packs=[each for each in packs if not each.offer.is_active],
        plans=[each for each in plans if each.plan.is_active],
        withdrawn_plans=[each for each in plans if not each.plan.is_active],
        presets=PRESETS,
        can_offer_packs=any(each.price_minor and each.is_active for each in every),
        cannot_be_paid=any(each.price_minor and each.is_active for each in every)
        and not (account and account.can_charge),
        stripe=standing(account),
        problem=problem,
        typed_price=typed_price,
    )


def _form(
    desk: Desk,
    form: SessionTypeForm,
    rows: ExtraRows,
    session_type: SessionType | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    currency = session_type.currency if session_type else desk.practice.currency
    with desk.speaking():
        is_right = form.is_bound and form.is_valid()
        shown = form.draft(currency, rows.extras()) if is_right else session_type
        preview = offer_in_words(shown) if shown else []
    return desk.page(
        "offer",
        "offers",
        status=status,
        form=form,
        extras=rows.rows,
        session_type=session_type,
        is_changed=presses_rows(desk.request.POST),
        currency=currency.upper(),
        preview=preview,
    )
