"""What the coach offers: the list in its order, each session type's form, and a start by one tap."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.offers import SessionTypeForm, typed
from tenants.dashboard.rule_words import offer_in_words
from tenants.dashboard.stripe_words import newest_account, standing
from tenants.offers import session_types
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
}


@require_safe
def offers(request: HttpRequest, slug: str) -> HttpResponse:
    return _list(desk_of(request))


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    form = SessionTypeForm(request.POST or None, initial=USUAL, currency=desk.practice.currency)
    if request.method != "POST":
        return _form(desk, form)
    if not form.is_valid():
        return _form(desk, form, status=422)
    if "preview" in request.POST:
        return _form(desk, form)
    session_type = session_types.offer(now=desk.now, **form.changes())
    messages.success(request, f"“{session_type.name}” can be booked on your page.")
    return desk.go("offers")


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str, session_type_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    session_type = get_object_or_404(SessionType, pk=session_type_id)
    form = SessionTypeForm(request.POST or None, initial=typed(session_type), currency=session_type.currency)
    if request.method != "POST":
        return _form(desk, form, session_type)
    if not form.is_valid():
        return _form(desk, form, session_type, status=422)
    if "preview" in request.POST:
        return _form(desk, form, session_type)
    session_types.edit(session_type_id=session_type_id, **form.changes())
    messages.success(request, f"“{form.cleaned_data['name']}” is changed for new bookings.")
    return desk.go("offers")


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
    return desk.page(
        "offers",
        "offers",
        status=status,
        on_offer=[each for each in every if each.is_active],
        withdrawn=[each for each in every if not each.is_active],
        cannot_be_paid=any(each.price_minor and each.is_active for each in every)
        and not (account and account.can_charge),
        stripe=standing(account),
        problem=problem,
        typed_price=typed_price,
    )


def _form(
    desk: Desk, form: SessionTypeForm, session_type: SessionType | None = None, *, status: int = 200
) -> HttpResponse:
    currency = session_type.currency if session_type else desk.practice.currency
    with desk.speaking():
        shown = form.draft(currency) if form.is_bound and form.is_valid() else session_type
        preview = offer_in_words(shown) if shown else []
    return desk.page(
        "offer",
        "offers",
        status=status,
        form=form,
        session_type=session_type,
        currency=currency.upper(),
        preview=preview,
    )
