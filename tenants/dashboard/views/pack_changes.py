"""Changing a pack that was sold: each change is typed, read with what it would do, and then pressed."""

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from kit.words import short_date
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.pack_changes import CorrectForm, ExtendForm, PassOnForm
from tenants.dashboard.typed import number_of
from tenants.dashboard.views.packs import pack_or_404, pack_page
from tenants.packs import expiry, ledger, removals, terms, transfers
from tenants.packs.models import Pack, PackEntry, Transfer, UnitKind
from tenants.packs.validity import last_day, months_later

LONGER = (1, 3, 6)
METHODS = ["GET", "HEAD", "POST"]
LATELY = timedelta(minutes=10)
OTHER_BALANCE = "Something else is left than when you looked, so nothing was changed. Look again, and press."


def _sent(request: HttpRequest, field: str) -> Any:
    """What the form was sent with: to be read again (GET), or to be done (POST)."""
    if request.method == "POST":
        return request.POST
    return request.GET if field in request.GET else None


def _is_to_be_done(desk: Desk, form: Any) -> bool:
    return desk.request.method == "POST" and form.is_valid()


def _page(
    desk: Desk, template: str, pack: Pack, form: Any, *, refused: str = "", leaves: int = 0, **said: Any
) -> HttpResponse:
    """The form; what is wrong with it; or what it would do, with the button that does it."""
    wrong = form.is_bound and not form.is_valid()
    if refused:
        form.add_error(None, refused)
    return desk.page(
        template,
        "clients",
        status=422 if wrong else 409 if refused else 200,
        pack=pack,
        form=form,
        typed={name: form.data.get(name, "") for name in form.fields} if form.is_bound else {},
        is_review=form.is_bound and not wrong and leaves >= 0,
        leaves=leaves,
        noun=terms.counted(pack.offer),
        **said,
    )


# --- longer ------------------------------------------------------------------------------------------


@require_http_methods(METHODS)
def extend(request: HttpRequest, slug: str, pack_id: uuid.UUID) -> HttpResponse:
    desk, pack = desk_of(request), pack_or_404(pack_id)
    form = ExtendForm(_sent(request, "until"), pack=pack, tz=desk.tz, now=desk.now)
    if request.method == "POST" and _is_extended(pack, form, desk):
        return desk.go("pack", pack_id)
    if not _is_to_be_done(desk, form):
        return _extend_page(desk, pack, form)
    until, note = form.cleaned_data["until"], form.cleaned_data["note"]
    try:
        expiry.extend(pack_id=pack_id, until=until, note=note, now=desk.now, actor=desk.actor)
    except expiry.CannotExtend as refusal:
        return _extend_page(desk, pack, form, refused=str(refusal))
    messages.success(request, f"Valid until {short_date(until, desk.practice.locale)}.")
    return desk.go("pack", pack_id)


@require_POST
def take_back(request: HttpRequest, slug: str, pack_id: uuid.UUID) -> HttpResponse:
    """The extension undone; a second press finds it done."""
    desk, pack = desk_of(request), pack_or_404(pack_id)
    last = PackEntry.objects.filter(pack=pack).order_by("-number").first()
    if last is not None and last.cause == "taken_back":
        return desk.go("pack", pack_id)
    try:
        changed = expiry.take_back(pack_id=pack_id, now=desk.now, actor=desk.actor)
    except expiry.CannotExtend as refusal:
        return pack_page(desk, pack, refusal=str(refusal))
    assert changed.expires_at is not None
    until = short_date(last_day(changed.expires_at, desk.tz), desk.practice.locale)
    messages.success(request, f"Taken back: valid until {until} again.")
    return desk.go("pack", pack_id)


def _is_extended(pack: Pack, form: ExtendForm, desk: Desk) -> bool:
    """Whether the same press has been here before."""
    sent = form.data.get("until", "")
    return pack.expires_at is not None and f"{last_day(pack.expires_at, desk.tz)}" == sent


def _extend_page(desk: Desk, pack: Pack, form: ExtendForm, *, refused: str = "") -> HttpResponse:
    return _page(
        desk,
        "extend_pack",
        pack,
        form,
        refused=refused,
        before=form.before,
        is_over=form.before is not None and form.before < form.today,
        longer=[(count, months_later(max(form.before, form.today), count)) for count in LONGER]
        if form.before
        else [],
        back=_expired(pack) if form.is_bound else 0,
    )


def _expired(pack: Pack) -> int:
    """Units that had gone with the last day, and come back with a later one."""
    kinds = (UnitKind.EXPIRED, UnitKind.REOPENED)
    return -sum(PackEntry.objects.filter(pack=pack, kind__in=kinds).values_list("units", flat=True))


# --- to somebody else --------------------------------------------------------------------------------


@require_http_methods(METHODS)
def pass_on(request: HttpRequest, slug: str, pack_id: uuid.UUID) -> HttpResponse:
    desk, pack = desk_of(request), pack_or_404(pack_id)
    form = PassOnForm(_sent(request, "units"))
    if not _is_to_be_done(desk, form):
        return _pass_on_page(desk, pack, form)
    if done := _passed_on_lately(pack, form, desk):
        return desk.go("pack", done.pk)
    try:
        received = transfers.pass_on(
            pack_id=pack_id, **form.cleaned_data, seen=_seen(request), now=desk.now, actor=desk.actor
        )
    except transfers.Changed:
        return _pass_on_page(desk, pack, form, refused=OTHER_BALANCE)
    except (transfers.CannotPassOn, ledger.NotEnoughUnits) as refusal:
        return _pass_on_page(desk, pack, form, refused=str(refusal))
    counted = terms.counted(pack.offer).count(received.units)
    messages.success(request, f"{counted} passed on. This is their pack now.")
    return desk.go("pack", received.pk)


def _seen(request: HttpRequest) -> int:
    """What was left when the coach looked; a form that does not say looked at nothing there is."""
    seen = number_of(request, "seen")
    return -1 if seen is None else seen


def _passed_on_lately(pack: Pack, form: PassOnForm, desk: Desk) -> Pack | None:
    """What the same press did before: the balance that it saw is the one before that."""
    last = PackEntry.objects.filter(pack=pack).order_by("-number").first()
    is_ours = last is not None and last.kind == UnitKind.SENT and last.at > desk.now - LATELY
    if last is None or not is_ours or _seen(desk.request) != last.balance_after - last.units:
        return None
    received = Pack.objects.filter(pk=last.reference, client__email__iexact=form.cleaned_data["email"])
    return received.first() if -last.units == form.cleaned_data["units"] else None


def _pass_on_page(desk: Desk, pack: Pack, form: PassOnForm, *, refused: str = "") -> HttpResponse:
    left = ledger.balance_of(pack.pk)
    units = form.cleaned_data.get("units", 0) if form.is_bound and form.is_valid() else 0
    if units > left and not refused:
        form.add_error("units", f"There are {left} left. Choose a smaller number.")
    known = form.receiver() if form.is_bound and form.is_valid() else None
    return _page(
        desk,
        "pass_on_pack",
        pack,
        form,
        refused=refused,
        left=left,
        leaves=left - units,
        why_not=_why_not_passed_on(pack),
        receiver=known,
    )


def _why_not_passed_on(pack: Pack) -> str:
    if pack.offer.transfer == Transfer.NOBODY:
        return "This pack was sold as one that cannot be passed on."
    return "" if pack.paid_at else "This pack is not paid yet. It can be passed on when it is."


# --- by hand -----------------------------------------------------------------------------------------


@require_http_methods(METHODS)
def correct(request: HttpRequest, slug: str, pack_id: uuid.UUID) -> HttpResponse:
    desk, pack = desk_of(request), pack_or_404(pack_id)
    form = CorrectForm(_sent(request, "units"))
    if not _is_to_be_done(desk, form):
        return _correct_page(desk, pack, form)
    if _is_corrected(pack, form, desk):
        return desk.go("pack", pack_id)
    try:
        entry = removals.correct(
            pack_id=pack_id,
            units=form.change_of_units,
            note=form.cleaned_data["note"],
            seen=_seen(request),
            now=desk.now,
            actor=desk.actor,
        )
    except removals.BalanceChanged:
        return _correct_page(desk, pack, form, refused=OTHER_BALANCE)
    except (removals.CannotCorrect, ledger.NotEnoughUnits) as refusal:
        return _correct_page(desk, pack, form, refused=str(refusal))
    left = terms.counted(pack.offer).count(entry.balance_after)
    messages.success(request, f"Corrected: {left} left. {pack.client.name} reads why with the balance.")
    return desk.go("pack", pack_id)


def _is_corrected(pack: Pack, form: CorrectForm, desk: Desk) -> bool:
    """Whether the same press has been here before: the balance that it saw is the one before that."""
    last = PackEntry.objects.filter(pack=pack).order_by("-number").first()
    if last is None or last.kind != UnitKind.CORRECTED or last.at <= desk.now - LATELY:
        return False
    return (last.units, last.balance_after - last.units) == (form.change_of_units, _seen(desk.request))


def _correct_page(desk: Desk, pack: Pack, form: CorrectForm, *, refused: str = "") -> HttpResponse:
    left = ledger.balance_of(pack.pk)
    leaves = left + form.change_of_units if form.is_bound and form.is_valid() else left
    if leaves < 0 and not refused:
        form.add_error("units", f"There are {left} left. Choose a smaller number.")
    return _page(desk, "correct_pack", pack, form, refused=refused, left=left, leaves=leaves)
