"""Closing a day: what it would mean for each session, one button, and a minute to undo any of it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from kit.clock import zone
from tenants.dashboard import presses
from tenants.dashboard.desk import Desk, SeeOther, desk_of
from tenants.dashboard.diary import Badge
from tenants.dashboard.forms.closing import ClosingForm, shown
from tenants.dashboard.hour_words import stretch, stretch_in_short
from tenants.dashboard.refund_progress import progress_of
from tenants.scheduling import closing
from tenants.scheduling.models import Booking, BookingStatus, Cancellation, CancellationStatus, Cause

FIELDS = ("first", "first_time", "last", "last_time")
STATES = {
    CancellationStatus.PENDING: "Being called off",
    CancellationStatus.DONE: "Called off",
    CancellationStatus.UNDONE: "Undone: the session stays booked",
    CancellationStatus.OVERTAKEN: "It was called off otherwise",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One session of the closed time, and what becomes of it."""

    booking: Booking
    says: str
    state: str = ""
    can_undo: bool = False
    refund: Badge | None = None


@require_http_methods(["GET", "HEAD", "POST"])
def close(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose the time, read what it means, press."""
    desk = desk_of(request)
    if request.method == "POST":
        return _close(desk)
    form = ClosingForm(request.GET if "first" in request.GET else None, tz=desk.tz, now=desk.now)
    if form.is_bound and not form.is_valid():
        return _page(desk, form, status=422)
    return _page(desk, form)


def _close(desk: Desk) -> HttpResponse:
    form = ClosingForm(desk.request.POST, tz=desk.tz, now=desk.now)
    if not form.is_valid():
        return _page(desk, form, status=422)
    try:
        closing.close(
            since=form.starts_at,
            until=form.ends_at,
            shown=shown(desk.request.POST.getlist("shown")),
            note=form.cleaned_data["note"],
            extends_packs=form.cleaned_data["extends_packs"],
            now=desk.now,
            actor=desk.actor,
        )
    except closing.ClosingChanged:
        return _page(desk, form, status=409, changed=True)
    return SeeOther(f"{desk.address('closed')}?{urlencode(_typed(form))}")


def _typed(form: ClosingForm) -> dict[str, str]:
    return {name: form.data[name] for name in FIELDS if form.data.get(name)}


def _page(desk: Desk, form: ClosingForm, *, status: int = 200, **said: Any) -> HttpResponse:
    today = desk.now.astimezone(zone(desk.tz)).date()
    if form.is_bound and form.is_valid():
        said |= _preview(desk, form)
    return desk.page(
        "close", "calendar", status=status, form=form, days=[today, today + timedelta(days=1)], **said
    )


def _preview(desk: Desk, form: ClosingForm) -> dict[str, Any]:
    since, until = form.starts_at, form.ends_at
    rows = [
        Row(each.booking, presses.in_words(desk, each.booking, each.outcome))
        for each in closing.affected(since=since, until=until, now=desk.now)
    ]
    when = stretch(since, until, desk.tz, desk.practice.locale)
    in_short = stretch_in_short(since, until, desk.tz, desk.practice.locale)
    within = Booking.objects.filter(session__starts_at__lt=until, session__ends_at__gt=since)
    return {
        "rows": rows,
        "when": when,
        "button": f"Close {in_short}{_going_back(len(rows))}",
        "typed": _typed(form),
        "asked": within.filter(status=BookingStatus.REQUESTED).count(),
        "over": within.filter(status=BookingStatus.CONFIRMED, session__ends_at__lte=desk.now).count(),
    }


def _going_back(sessions: int) -> str:
    if not sessions:
        return ""
    return ": 1 session goes back" if sessions == 1 else f": {sessions} sessions go back"


@require_safe
def closed(request: HttpRequest, slug: str) -> HttpResponse:
    """What became of each session of the time that was closed."""
    desk = desk_of(request)
    form = ClosingForm(request.GET, tz=desk.tz, now=desk.now)
    if not form.is_valid():
        return desk.go("close")
    found = Cancellation.objects.filter(
        cause=Cause.WEATHER,
        booking__session__starts_at__lt=form.ends_at,
        booking__session__ends_at__gt=form.starts_at,
    ).select_related("booking__session", "booking__client")
    progress = progress_of([each.booking_id for each in found])
    in_order = found.order_by("booking__session__starts_at", "asked_at")
    rows = [_row(desk, each, progress.of(each.booking_id)) for each in in_order]
    when = stretch(form.starts_at, form.ends_at, desk.tz, desk.practice.locale)
    return desk.page("closed", "calendar", rows=rows, when=when, progress=progress)


def _row(desk: Desk, row: Cancellation, refund: Badge | None) -> Row:
    says = presses.in_words(desk, row.booking, row)
    state = STATES[CancellationStatus(row.status)]
    undone = row.status == CancellationStatus.UNDONE
    can_undo = presses.may_undo(desk.actor, row)
    return Row(row.booking, "" if undone else says, state, can_undo, refund)
