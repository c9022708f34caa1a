"""Packs on offer: a form with a preview as clients will read it, and their place on the coach's page."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.packs import PRESETS, PackForm, new_pack, typed
from tenants.dashboard.pack_words import preview_of, sold_in_words
from tenants.offers import session_types
from tenants.offers.models import SessionType
from tenants.packs import offers
from tenants.packs.models import PackOffer

USUAL_UNITS = 10
LONGEST_VERSION = 5


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    types = _types({})
    form = _form(desk, types, new_pack(desk.practice, types, _preset(request)))
    if page := _again(desk, form):
        return page
    pack = offers.offer(now=desk.now, **form.changes())
    messages.success(request, f"“{pack.name}” is on offer.")
    return desk.go("offers")


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str, line: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    pack = _current(line)
    types = _types(pack.covers)
    form = _form(desk, types, typed(pack, types))
    if page := _again(desk, form, pack):
        return page
    try:
        offers.edit(line=line, seen_version=_seen(request), now=desk.now, **form.changes())
    except offers.OfferChanged as conflict:
        return _page(desk, form, conflict.current, status=409, has_changed=True)
    messages.success(request, f"“{form.cleaned_data['name']}” is changed for new buyers.")
    return desk.go("offers")


@require_POST
def move(request: HttpRequest, slug: str, line: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    _current(line)
    offers.reorder(line=line, up=request.POST.get("to") == "up")
    return desk.go("offers")


@require_POST
def switch(request: HttpRequest, slug: str, line: uuid.UUID) -> HttpResponse:
    """On or off the page; what was sold stays good."""
    desk = desk_of(request)
    _current(line)
    offers.show(line=line) if request.POST.get("to") == "on" else offers.withdraw(line=line)
    return desk.go("offers")


def _current(line: uuid.UUID) -> PackOffer:
    pack = next((each for each in offers.all_offers() if each.line == line), None)
    if pack is None:
        raise Http404("There is no such pack.")
    return pack


def _types(covers: dict[str, int]) -> list[SessionType]:
    """What a pack can be good for: what costs something, and what it is good for already."""
    every = session_types.all_types()
    return [each for each in every if str(each.pk) in covers or (each.is_active and not each.is_free)]


def _preset(request: HttpRequest) -> int:
    asked = request.GET.get("sessions", "")
    return int(asked) if asked in map(str, PRESETS) else USUAL_UNITS


def _seen(request: HttpRequest) -> int | None:
    seen = request.POST.get("seen_version", "")
    return int(seen) if seen.isdecimal() and len(seen) <= LONGEST_VERSION else None


def _form(desk: Desk, types: Sequence[SessionType], initial: dict[str, Any]) -> PackForm:
    sent = desk.request.POST if desk.request.method == "POST" else None
    with desk.speaking():
        return PackForm(sent, initial=initial, types=types, practice=desk.practice)


def _again(desk: Desk, form: PackForm, pack: PackOffer | None = None) -> HttpResponse | None:
    """The page with the form; None when it is right and is to be saved."""
    if not form.is_bound:
        return _page(desk, form, pack)
    if not form.is_valid():
        return _page(desk, form, pack, status=422)
    return _page(desk, form, pack) if "preview" in desk.request.POST else None


def _page(
    desk: Desk, form: PackForm, pack: PackOffer | None, *, status: int = 200, has_changed: bool = False
) -> HttpResponse:
    shown = form.draft() if form.is_bound and form.is_valid() else pack
    return desk.page(
        "pack_offer",
        "offers",
        status=status,
        form=form,
        pack=pack,
        presets=PRESETS,
        has_changed=has_changed,
        sold=sold_in_words(offers.sold_by_version()[pack.line], pack.version) if pack else "",
        currency=desk.practice.currency.upper(),
        preview=shown and preview_of(shown, form.types, practice=desk.practice, now=desk.now),
    )
