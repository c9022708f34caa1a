"""When the coach works: the week, single dates that differ, and time off."""

import uuid
from datetime import date

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from kit.clock import zone
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.hours import DateForm, TimeOffForm, WeekForm
from tenants.dashboard.hour_words import stretch, wall
from tenants.offers.practice import change_practice
from tenants.scheduling import hours
from tenants.scheduling.models import TimeOff


@require_http_methods(["GET", "HEAD", "POST"])
def weekly(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    if request.method != "POST":
        return desk.page("hours", "settings", form=WeekForm.of(hours.weekly(), desk.practice.locale))
    form = WeekForm.typed(request.POST, desk.practice.locale)
    if "add" in request.POST or "drop" in request.POST:
        return desk.page("hours", "settings", form=form, is_changed=True)
    if not form.is_valid():
        return desk.page("hours", "settings", status=422, form=form, is_changed=True)
    hours.set_weekly(ranges=form.ranges)
    change_practice(now=desk.now, hours_agreed_at=desk.now)
    messages.success(request, "Saved. Sessions that are booked already stay.")
    return desk.go("settings")


@require_http_methods(["GET", "HEAD", "POST"])
def dates(request: HttpRequest, slug: str) -> HttpResponse:
    """Other hours on one date, or none at all."""
    desk = desk_of(request)
    form = DateForm(request.POST or None, today=_today(desk))
    if request.method != "POST":
        return _dates(desk, form=form)
    if not form.is_valid():
        return _dates(desk, form=form, status=422)
    hours.set_date(day=form.cleaned_data["day"], ranges=form.ranges)
    messages.success(request, "Saved. Sessions that are booked already stay.")
    return desk.go("dates")


@require_POST
def clear_date(request: HttpRequest, slug: str, day: str) -> HttpResponse:
    desk = desk_of(request)
    try:
        hours.clear_date(day=date.fromisoformat(day))
    except ValueError as error:
        raise Http404("That is no date.") from error
    messages.success(request, "That date has its usual hours again.")
    return desk.go("dates")


@require_http_methods(["GET", "HEAD", "POST"])
def time_off(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    form = TimeOffForm(request.POST or None, tz=desk.tz, now=desk.now)
    if request.method != "POST":
        return _time_off(desk, form)
    if not form.is_valid():
        return _time_off(desk, form, status=422)
    hours.take_time_off(
        starts_at=form.starts_at,
        ends_at=form.ends_at,
        note=form.cleaned_data["note"],
        extends_packs=form.cleaned_data["extends_packs"],
        now=desk.now,
        actor=desk.actor,
    )
    messages.success(request, "Nothing new can be booked in that time. What is booked already stays.")
    return desk.go("time_off")


@require_POST
def end_time_off(request: HttpRequest, slug: str, time_off_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    hours.cancel_time_off(time_off_id=time_off_id)
    messages.success(request, "That time can be booked again.")
    return desk.go("time_off")


def _today(desk: Desk) -> date:
    return desk.now.astimezone(zone(desk.tz)).date()


def _dates(desk: Desk, *, form: DateForm, status: int = 200) -> HttpResponse:
    told: dict[date, list[str]] = {}
    for each in hours.exceptions(since=_today(desk)):
        ranges = told.setdefault(each.date, [])
        if each.starts is not None and each.ends is not None:
            locale = desk.practice.locale
            ranges.append(f"{wall(each.starts, locale)}–{wall(each.ends, locale)}")
    rows = [{"date": day, "hours": ", ".join(ranges) or "Closed"} for day, ranges in told.items()]
    return desk.page("dates", "settings", status=status, form=form, rows=rows)


def stretch_of(desk: Desk, off: TimeOff) -> str:
    return stretch(off.starts_at, off.ends_at, desk.tz, desk.practice.locale)


def _time_off(desk: Desk, form: TimeOffForm, *, status: int = 200) -> HttpResponse:
    rows = [(off, stretch_of(desk, off)) for off in hours.time_off(since=desk.now)]
    return desk.page("time_off", "settings", status=status, form=form, rows=rows)
