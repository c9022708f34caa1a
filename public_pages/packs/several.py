"""Several sessions in one go: what each date would come to, then all of it or nothing."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date, time
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from kit.actors import Actor
from kit.clock import now, zone
from kit.database import read_only
from kit.words import long_date, time_of_day, weekday
from public_pages.booking.coach import Coach, coach_and, coach_of, not_here, show_private
from public_pages.packs.access import Access, by_whole_link
from public_pages.packs.forms import SeveralForm
from public_pages.packs.pack import addresses_of, statement_for
from public_pages.paperwork.before import listed
from tenants.offers import session_types
from tenants.offers.models import SessionType
from tenants.offers.vocabulary import called
from tenants.packs.models import Pack
from tenants.paperwork.requirements import PaperworkMissing, ToDo
from tenants.scheduling import series as several_sessions
from tenants.scheduling.holds import NotOffered
from tenants.scheduling.links import token_of
from tenants.scheduling.models import Booking
from tenants.scheduling.series import Plan, PlanChanged, Planned

USUAL = {"every": "1", "count": 4}
ASKED = ("kind", "first", "at", "every", "count")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for, from a form that was valid."""

    slug: str
    days: list[date]
    at: time


@require_http_methods(["GET", "HEAD", "POST"])
@by_whole_link
def several(request: HttpRequest, access: Access) -> HttpResponse:
    """The form, the plan for what it says, and the press that books exactly that plan."""
    coach, types = _types(request, access)
    if not types:
        return redirect("pack", access.token)
    asked = request.POST if request.method == "POST" else request.GET
    form = _form(coach, types, data=asked if "first" in asked else None)
    if not form.is_bound:
        return _page(request, coach, access, form)
    if not form.is_valid():
        return _again(request, access, form, 422)
    wanted = _wanted(form)
    try:
        if request.method == "POST":
            return _confirm(request, access, wanted)
        plan = several_sessions.plan(**_asked(access, wanted), now=coach.now, by_coach=False)
    except PaperworkMissing as refused:
        return _again(request, access, form, 409, **_papers_first(request, access, wanted, refused))
    except PlanChanged as changed:
        return _again(request, access, form, 409, plan=changed.plan, changed=True)
    except NotOffered:
        return redirect("pack", access.token)
    return _page(request, coach, access, form, plan=plan)


def _reading(request: HttpRequest) -> AbstractContextManager[None]:
    """One transaction for all that a page reads; a GET has it already."""
    return read_only() if request.method == "POST" else nullcontext()


def _types(request: HttpRequest, access: Access) -> tuple[Coach, list[SessionType]]:
    with _reading(request):
        coach, [rows] = coach_and(request, session_types.ON_OFFER)
    return coach, [each for (each,) in rows if access.pack.offer.units_for(each.pk)]


def _form(coach: Coach, types: list[SessionType], data: Any) -> SeveralForm:
    today = coach.now.astimezone(zone(coach.practice.timezone)).date()
    kinds = [(each.slug, each.name) for each in types]
    return SeveralForm(data, kinds=kinds, today=today, initial={**USUAL, "kind": types[0].slug})


def _wanted(form: SeveralForm) -> Wanted:
    said = form.cleaned_data
    days = several_sessions.weekly(said["first"], count=said["count"], every_weeks=int(said["every"]))
    return Wanted(said["kind"], days, said["at"])


def _asked(access: Access, wanted: Wanted) -> dict[str, Any]:
    return {"client_id": access.pack.client_id, "slug": wanted.slug, "days": wanted.days, "at": wanted.at}


def _confirm(request: HttpRequest, access: Access, wanted: Wanted) -> HttpResponse:
    actor = Actor("client", str(access.pack.client_id))
    key = request.POST.get("key", "")
    booked = several_sessions.confirm(
        **_asked(access, wanted), key=key, now=now(), actor=actor, by_coach=False
    )
    return redirect("pack_series", access.token, booked[0].series)


def _papers_first(
    request: HttpRequest, access: Access, wanted: Wanted, refused: PaperworkMissing
) -> dict[str, Any]:
    """What is to be done first, and the plan, to which each paper leads back."""
    asked = {name: request.POST.get(name, "") for name in ASKED}
    path = f"{reverse('pack_several', args=[access.token])}?{urlencode(asked)}"
    with _reading(request):
        plan = several_sessions.plan(**_asked(access, wanted), now=now(), by_coach=False)
    to_do = [ToDo(given, is_done=False) for given in refused.client_papers]
    return {"plan": plan, **listed(to_do, path=path)}


# --- the pages -------------------------------------------------------------------------------------


def _page(
    request: HttpRequest, coach: Coach, access: Access, form: SeveralForm, status: int = 200, **context: Any
) -> HttpResponse:
    plan: Plan | None = context.get("plan")
    context |= {
        "form": form,
        "pack": access.pack,
        "zone_name": coach.practice.timezone,
        **addresses_of(access),
        **(_planned(plan, coach) if plan else {}),
    }
    return show_private(request, coach, "packs/several.html", context, status)


def _again(
    request: HttpRequest, access: Access, form: SeveralForm, status: int, **context: Any
) -> HttpResponse:
    with _reading(request):
        return _page(request, coach_of(request), access, form, status, **context)


def _planned(plan: Plan, coach: Coach) -> dict[str, Any]:
    takes = _takes(plan)
    booked = len(plan.booked)
    return {
        "heading": f"{weekday(plan.dates[0].day, coach.locale)}s, {_clock(plan, coach)}",
        "rows": [_row(each, takes, coach) for each in plan.dates],
        "book_words": f"Book {called.count(booked)}" if booked else "",
        "key": plan.key,
    }


def _clock(plan: Plan, coach: Coach) -> str:
    at = next((each.starts_at for each in plan.dates if each.starts_at), None)
    return (
        time_of_day(at.astimezone(zone(coach.practice.timezone)), coach.locale) if at else f"{plan.at:%H:%M}"
    )


def _takes(plan: Plan) -> dict[UUID, int]:
    """Units that each pack of the plan gives for one session."""
    ids = {each.pack_id for each in plan.dates if each.pack_id}
    packs = Pack.objects.select_related("offer").filter(pk__in=ids)
    return {pack.pk: pack.offer.units_for(plan.session_type.pk) or 1 for pack in packs}


def _row(planned: Planned, takes: dict[UUID, int], coach: Coach) -> dict[str, Any]:
    return {
        "day": long_date(planned.day, coach.locale),
        "problem": planned.problem,
        "fund": f"uses {takes[planned.pack_id]}, leaves {planned.leaves}" if planned.pack_id else "free",
        "pack": planned.pack_name,
    }


@require_safe
@by_whole_link
def booked_series(request: HttpRequest, access: Access, series: UUID) -> HttpResponse:
    """What was booked in one go, and the balance after it."""
    coach = coach_of(request)
    rows = Booking.objects.select_related("session").filter(series=series, client=access.pack.client_id)
    booked = list(rows.order_by("session__starts_at"))
    if not booked:
        return not_here(request, coach, "packs/bad_link.html")
    with_this_pack = [each.pk for each in booked if each.pack_id == access.pack.pk]
    context = {
        "pack": access.pack,
        "rows": [{"booking": each, "url": reverse("booking", args=[token_of(each)])} for each in booked],
        "tz": coach.practice.timezone,
        "balance": statement_for(access, coach, this_booking=with_this_pack).balance,
        **addresses_of(access),
    }
    return show_private(request, coach, "packs/series.html", context)
