"""Choosing a time: by day, in the visitor's zone, and kept from the moment it is chosen."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST, require_safe

from kit.clock import now, zone
from kit.database import read_only
from kit.limits import TooOften, connection_of, within
from kit.words import duration
from public_pages.booking.coach import Coach, coach_and, coach_of, not_here, show
from public_pages.booking.cookies import holder_secret, keep_details, keep_holder, know_again, typed_details
from public_pages.booking.picker import picker
from public_pages.booking.wording import cancel_rule, place_in_words
from public_pages.paperwork.before import announced
from tenants.offers.models import Place, SessionType
from tenants.offers.session_types import OFFERED
from tenants.scheduling import links
from tenants.scheduling.holds import NotOffered, SlotTaken, digest, hold
from tenants.scheduling.models import Booking

HOLDS = {"most": 40, "seconds": 600}


@require_safe
def session_type(request: HttpRequest, type_slug: str) -> HttpResponse:
    coach, found = _coach_and_offered(request, type_slug)
    if found is None:
        return not_here(request, coach, "not_offered.html")
    return picker_page(request, coach, found, **_chosen_elsewhere(request, coach, found))


def _chosen_elsewhere(request: HttpRequest, coach: Coach, offered: SessionType) -> dict[str, Any]:
    """A time that was pressed in the frame on another site: shown with its day, and kept by a press here."""
    at = moment_of(request.GET.get("at", ""))
    if at is None:
        return {}
    day = at.astimezone(zone(coach.zone_for(offered.place))).date().isoformat()
    return {"day": day, "at": at}


def _coach_and_offered(request: HttpRequest, type_slug: str) -> tuple[Coach, SessionType | None]:
    coach, [offered] = coach_and(request, OFFERED, slug=type_slug)
    return coach, offered[0][0] if offered else None


def _steps(offered: SessionType) -> str:
    papers = ["Papers"] if offered.requires else []
    return "|".join(["Time", "Details", *papers, *([] if offered.is_free else ["Pay"])])


def picker_page(
    request: HttpRequest,
    coach: Coach,
    offered: SessionType,
    *,
    template: str = "session_type.html",
    status: int = 200,
    day: str = "",
    at: datetime | None = None,
    **context: Any,
) -> HttpResponse:
    """A page with the free times of one type; htmx is answered with the picker alone."""
    asked = {"day": day} if day else request.GET
    page = request.path if request.method == "GET" else reverse("session_type", args=[offered.slug])
    bookable = coach.can_be_booked(offered)
    context |= {
        "type": offered,
        "length": duration(offered.duration_min, coach.locale),
        "place": place_in_words(offered.place, offered.place_detail),
        "rule": cancel_rule(coach.practice.cancel_window_hours, free=offered.is_free),
        "bookable": bookable,
        "picker": picker(coach, offered, asked, page=page) if bookable else None,
        # Whoever changes the zone comes back to the time that was pressed.
        **clock_line(offered, f"{page}?{urlencode({'at': at.isoformat()})}" if at else page),
        "papers_first": announced(
            offered.requires, coach.locale, before="booking" if offered.is_free else "payment"
        ),
        "steps": _steps(offered),
    }
    if at and context["picker"]:
        is_free = any(each["starts_at"] == at for each in context["picker"].starts)
        context |= {"chosen_at": at} if is_free else {"wanted": at}
    if wants_part(request):
        template = "_picker.html"
    response = show(request, coach, template, {**context, "in_part": template == "_picker.html"}, status)
    response.headers.setdefault("Vary", "HX-Request")
    know_again(request, response)
    return response


def wants_part(request: HttpRequest) -> bool:
    """Whether a script asks for the picker alone."""
    return bool(request.htmx) and not request.htmx.history_restore_request  # type: ignore[attr-defined]


def clock_line(offered: SessionType, page: str) -> dict[str, Any]:
    """Whose clock the times of a type are on, and where to change that."""
    return {
        "is_venue_time": offered.place == Place.IN_PERSON,
        "page": page,
        "change_zone_url": f"{reverse('choose_zone')}?{urlencode({'next': page})}",
    }


@require_POST
def hold_slot(request: HttpRequest, type_slug: str) -> HttpResponse:
    """Keep the chosen time for this browser and go on to the details."""
    try:
        with within("holds", connection_of(request), **HOLDS):
            return _held(request, type_slug)
    except TooOften:
        return slow_down(request)


def _held(request: HttpRequest, type_slug: str) -> HttpResponse:
    starts_at, secret = _chosen(request), holder_secret(request)
    if starts_at is None:
        return _no_such_time(request, type_slug)
    try:
        booking = hold(slug=type_slug, starts_at=starts_at, holder=digest(secret), now=now())
    except NotOffered:
        return _no_such_time(request, type_slug)
    except SlotTaken as taken:
        return _taken(request, type_slug, starts_at, taken.nearest)
    response = HttpResponseRedirect(links.path_of(links.token_of(booking)))
    keep_holder(response, secret)
    _carry_details(request, response)
    return response


def _chosen(request: HttpRequest) -> datetime | None:
    return moment_of(request.POST.get("starts_at", ""))


def moment_of(words: str) -> datetime | None:
    """The moment on a button; None for anything that no button of ours says."""
    try:
        moment = parse_datetime(words)
    except ValueError:
        return None
    # Beyond these years there is no day before, or none after.
    return moment if moment and moment.tzinfo and 2000 <= moment.year <= 2200 else None


def _carry_details(request: HttpRequest, response: HttpResponse) -> None:
    """Whoever lost a time types nothing twice: what they said then comes along."""
    if not request.POST.get("again"):
        return
    try:
        before = links.booking_by(request.POST["again"])
    except links.BadLink:
        return
    keep_details_of(request, response, before)


def keep_details_of(request: HttpRequest, response: HttpResponse, booking: Booking) -> None:
    """Remember in this browser what was said for a booking, and nothing else that the coach knows.

    Whoever types somebody's address learns neither name nor number: those of a record that is older than
    the booking were not said for it.
    """
    if client := booking.client:
        said = {"email": client.email, "message": booking.message}
        if client.created_at >= booking.created_at:
            said |= {"name": client.name, "phone": client.phone}
        typed = typed_details(request)
        keep_details(response, {**said, **typed} if typed.get("email", "").lower() == client.email else said)


def _no_such_time(request: HttpRequest, type_slug: str) -> HttpResponse:
    with read_only():
        coach, found = _coach_and_offered(request, type_slug)
        if found is None:
            return not_here(request, coach, "not_offered.html")
        return picker_page(request, coach, found, status=422, unreadable=True)


def _taken(request: HttpRequest, type_slug: str, wanted: datetime, nearest: list[datetime]) -> HttpResponse:
    """The page stays, says what happened, and offers the three nearest."""
    with read_only():
        coach, found = _coach_and_offered(request, type_slug)
        if found is None:
            return not_here(request, coach, "not_offered.html")
        return picker_page(
            request,
            coach,
            found,
            status=409,
            day=wanted.astimezone(zone(coach.zone_for(found.place))).date().isoformat(),
            wanted=wanted,
            nearest=[{"starts_at": at} for at in nearest],
            again=request.POST.get("again", ""),
        )


def slow_down(request: HttpRequest) -> HttpResponse:
    """429 in words: what is kept, and when to go on."""
    with read_only():
        response = show(request, coach_of(request), "slow_down.html", {}, status=429)
    response["Retry-After"] = str(HOLDS["seconds"])
    return response


def picker_address(offered: SessionType) -> str:
    """Where the free times of a type are; the coach's page when it is not offered any more."""
    if not offered.is_active:
        return reverse("coach_page")
    return reverse("session_type", args=[offered.slug])
