"""Free times on the page of what pays for them: a pack, or a retainer's period."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from kit.words import duration
from public_pages.booking.coach import Coach, show_private
from public_pages.booking.picker import picker
from public_pages.booking.slots import clock_line, wants_part
from tenants.offers.models import SessionType


def times_of(request: HttpRequest, coach: Coach, chosen: SessionType) -> dict[str, Any]:
    # Units pay for the session: only what is always paid beside it needs a card.
    bookable = coach.takes_cards or not any(extra["required"] for extra in chosen.extras)
    return {
        "type": chosen,
        "length": duration(chosen.duration_min, coach.locale),
        "bookable": bookable,
        "picker": picker(coach, chosen, request.GET, page=request.path) if bookable else None,
        **clock_line(chosen, request.path),
    }


def show_with_times(
    request: HttpRequest, coach: Coach, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """The page, or its times alone where a script asks for them."""
    in_part = wants_part(request) and bool(context.get("picker"))
    response = show_private(
        request, coach, "_picker.html" if in_part else template, {**context, "in_part": in_part}, status
    )
    response.headers.setdefault("Vary", "HX-Request")
    return response
