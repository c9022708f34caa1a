"""A held time that a known client's pack pays for: one screen, nothing to type, one press."""

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse

from public_pages.booking.coach import Coach, show_private
from public_pages.booking.forms import DetailsForm
from public_pages.booking.prices import Prices, prices_of
from public_pages.booking.stages import Standing
from public_pages.booking.stages_shown import context_of
from public_pages.packs.funding import (
    OwnPacks,
    UnitChoice,
    as_if_paid_by,
    own_packs,
    unit_choices,
    unit_press,
)
from tenants.offers.models import Place
from tenants.scheduling.links import token_of
from tenants.scheduling.models import Booking


class UnitForm(DetailsForm):
    """What the coach has to know for this session and does not know of this client yet."""

    def __init__(self, *args: Any, held: Booking, own: OwnPacks, **kwargs: Any) -> None:
        by_phone = held.agreed.get("place") == Place.PHONE
        known = own.access.knows_client and own.access.pack.client.phone
        super().__init__(*args, needs_phone=by_phone and not known, **kwargs)
        del self.fields["name"], self.fields["email"]


def one_screen(
    request: HttpRequest, coach: Coach, standing: Standing, *, status: int = 200, **context: Any
) -> HttpResponse | None:
    """The details page for a browser whose pack can pay; None for others, and where a card shall."""
    held = standing.booking
    if request.GET.get("by") == "card" or "form" in context:
        return None
    own = own_packs(request, held, coach)
    if own is None or not own.usable:
        return None
    return _page(request, coach, standing, own, status, context)


def _page(
    request: HttpRequest,
    coach: Coach,
    standing: Standing,
    own: OwnPacks,
    status: int,
    context: dict[str, Any],
) -> HttpResponse:
    held, choices = standing.booking, unit_choices(own, standing.booking, coach)
    would_be = as_if_paid_by(held, own.usable[0])
    chosen_extras = (
        request.GET.getlist("extras") if request.method == "GET" else request.POST.getlist("extras")
    )
    prices = prices_of(would_be, chosen_extras)
    context = {
        **context_of(coach, replace(standing, booking=would_be), token_of(held)),
        "form": context.pop("unit_form", None) or UnitForm(held=held, own=own),
        **context,
        "prices": prices,
        "choices": [_row(each, prices, would_be, coach, request) for each in choices],
        "chosen_now": bool(request.htmx),  # type: ignore[attr-defined]
    }
    return show_private(request, coach, "packs/with_unit.html", context, status)


def _row(
    choice: UnitChoice, prices: Prices, would_be: Booking, coach: Coach, request: HttpRequest
) -> dict[str, Any]:
    asked = request.POST.get("fund", "")
    return {
        "choice": choice,
        "press": unit_press(choice, prices.total_minor, would_be, coach),
        "checked": asked == choice.value or (not asked and choice.nth == 0),
    }
