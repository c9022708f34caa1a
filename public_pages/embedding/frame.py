"""The page in the frame, and the script that makes the frame.

Nothing in it needs a cookie, for browsers give none to a frame on another site. So nothing is kept or paid
here: a press opens the coach's own page in the whole window.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from csp.constants import NONE
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from kit.clock import UnknownZone, zone
from kit.words import duration
from public_pages.booking.coach import Coach, coach_and, show
from public_pages.booking.wording import place_in_words
from public_pages.embedding.week import week
from tenants.offers.models import Place, SessionType
from tenants.offers.session_types import ON_OFFER
from tenants.registry.pages import page_address

SCRIPT = (Path(__file__).parent / "embed.js").read_bytes()
HOUR = 3600


@require_safe
def embed(request: HttpRequest) -> HttpResponse:
    """The session types, and a week of the chosen one's free times."""
    coach, [rows] = coach_and(request, ON_OFFER, slug="")
    coach = _in_zone(coach, request.GET.get("tz", ""))
    types = [each for (each,) in rows]
    wanted = request.GET.get("type", "")
    chosen = next((each for each in types if each.slug == wanted), types[0] if len(types) == 1 else None)
    context: dict[str, Any] = {
        "address": page_address(coach.tenant),
        "types": [_card(coach, each) for each in types],
        "type": chosen,
        "several": len(types) > 1,
        "all_url": _here(coach),
    }
    if chosen:
        context |= _of_type(request, coach, chosen, context["address"])
    return _framed(show(request, coach, "embedding/embed.html", context), coach.practice.embed_sites)


def _in_zone(coach: Coach, tz: str) -> Coach:
    """The script says which zone the device is in; what is no zone is passed over."""
    try:
        return replace(coach, visitor_zone=zone(tz).key) if tz else coach
    except UnknownZone:
        return coach


def _here(coach: Coach, **asked: object) -> str:
    """This page with another choice, in the same zone."""
    wanted = {"tz": coach.visitor_zone, **asked}
    query = urlencode({name: value for name, value in wanted.items() if value})
    return f"{reverse('embed')}?{query}" if query else reverse("embed")


def _card(coach: Coach, offered: SessionType) -> dict[str, Any]:
    return {
        "type": offered,
        "length": duration(offered.duration_min, coach.locale),
        "place": place_in_words(offered.place, offered.place_detail),
        "bookable": coach.can_be_booked(offered),
        "href": _here(coach, type=offered.slug),
    }


def _of_type(request: HttpRequest, coach: Coach, offered: SessionType, address: str) -> dict[str, Any]:
    card = _card(coach, offered)
    if not card["bookable"]:
        return card
    shown = week(coach, offered, request.GET, address=address)
    return {
        **card,
        "week": shown,
        "is_venue_time": offered.place == Place.IN_PERSON,
        "earlier_url": _here(coach, type=offered.slug, **{"from": shown.earlier}) if shown.earlier else "",
        "later_url": _here(coach, type=offered.slug, **{"from": shown.later}) if shown.later else "",
    }


def _framed(response: HttpResponse, sites: list[str]) -> HttpResponse:
    """Only the sites that the coach has named may show this page; without any it is framed nowhere."""
    response._csp_replace = {"frame-ancestors": sites or [NONE]}  # type: ignore[attr-defined]
    # The older header knows no list: beside one it would refuse everybody.
    response.xframe_options_exempt = bool(sites)
    response["X-Robots-Tag"] = "noindex"
    return response


@require_safe
def script(request: HttpRequest) -> HttpResponse:
    """Under an address that never changes, for it stands on other people's pages."""
    response = HttpResponse(SCRIPT, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = f"public, max-age={HOUR}"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
