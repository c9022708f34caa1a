"""A held time that a known client's pack or retainer pays for: one screen, nothing to type, one press."""

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse

from public_pages.booking.coach import Coach, show_private
from public_pages.booking.forms import DetailsForm
from public_pages.booking.prices import Prices, prices_of
from public_pages.booking.stages import Standing
from public_pages.booking.stages_shown import context_of
from public_pages.packs.funding import (
    MOST_OFFERS,
    OwnPacks,
    UnitChoice,
    as_if_paid_by,
    own_packs,
    unit_choices,
    unit_press,
)
from public_pages.retainers.funding import (
    OwnRetainers,
    RetainerChoice,
    own_retainers,
    retainer_choices,
)
from public_pages.retainers.funding import as_if_paid_by as as_if_paid_by_retainer
from tenants.clients.models import Client
from tenants.offers.models import Place
from tenants.scheduling.links import token_of
from tenants.scheduling.models import Booking


class UnitForm(DetailsForm):
    """What the coach has to know for this session and does not know of this client yet."""

    def __init__(self, *args: Any, held: Booking, known: Client | None, **kwargs: Any) -> None:
        by_phone = held.agreed.get("place") == Place.PHONE
        super().__init__(*args, needs_phone=by_phone and not (known and known.phone), **kwargs)
        del self.fields["name"], self.fields["email"]


def one_screen(
    request: HttpRequest, coach: Coach, standing: Standing, *, status: int = 200, **context: Any
) -> HttpResponse | None:
    """The details page for a browser whose pack can pay; None for others, and where something else shall."""
    held = standing.booking
    if "by" in request.GET or "form" in context:
        return None
    own, regular = own_packs(request, held, coach), own_retainers(request, held, coach)
    if not (own and own.usable) and not (regular and regular.usable):
        return None
    return _page(request, coach, standing, own, regular, status, context)


def client_known_by(own: OwnPacks | None, regular: OwnRetainers | None) -> Client | None:
    """Whose browser this is, by a link that was mailed; None where that is only claimed."""
    if own and own.access.knows_client:
        return own.access.pack.client
    return regular.access.retainer.client if regular and regular.access.knows_client else None


def _page(
    request: HttpRequest,
    coach: Coach,
    standing: Standing,
    own: OwnPacks | None,
    regular: OwnRetainers | None,
    status: int,
    context: dict[str, Any],
) -> HttpResponse:
    held = standing.booking
    choices, would_be = _choices(own, regular, held, coach)
    prices = prices_of(would_be, _chosen_extras(request))
    context = {
        **context_of(coach, replace(standing, booking=would_be), token_of(held)),
        "form": context.pop("unit_form", None) or _form(held, own, regular),
        **context,
        "prices": prices,
        "choices": [_row(each, prices, would_be, coach, request) for each in choices],
        "chosen_now": bool(request.htmx),  # type: ignore[attr-defined]
    }
    return show_private(request, coach, "packs/with_unit.html", context, status)


def _form(held: Booking, own: OwnPacks | None, regular: OwnRetainers | None) -> UnitForm:
    known = client_known_by(own, regular)
    return UnitForm(held=held, known=known, initial={"message": held.message})


def _chosen_extras(request: HttpRequest) -> list[str] | None:
    """None, which is what the booking has by now, on a page that is opened or come back to."""
    if request.method == "POST":
        return request.POST.getlist("extras")
    by_script = bool(request.htmx)  # type: ignore[attr-defined]
    return request.GET.getlist("extras") if by_script or "extras" in request.GET else None


def _choices(
    own: OwnPacks | None, regular: OwnRetainers | None, held: Booking, coach: Coach
) -> tuple[list[UnitChoice | RetainerChoice], Booking]:
    """Retainers before packs, since what they hold lapses sooner; and the booking as the first would pay."""
    by_retainer = retainer_choices(regular, held, coach) if regular else []
    by_pack = unit_choices(own, held, coach) if own else []
    every: list[UnitChoice | RetainerChoice] = [*by_retainer, *by_pack]
    choices = [replace(each, nth=nth) for nth, each in enumerate(every[:MOST_OFFERS])]
    if by_retainer:
        return choices, as_if_paid_by_retainer(held, by_retainer[0].usable)
    return choices, as_if_paid_by(held, by_pack[0].usable)


def _row(
    choice: UnitChoice | RetainerChoice, prices: Prices, would_be: Booking, coach: Coach, request: HttpRequest
) -> dict[str, Any]:
    asked = request.POST.get("fund", "")
    return {
        "choice": choice,
        "press": unit_press(choice, prices.total_minor, would_be, coach),
        "checked": asked == choice.value or (not asked and choice.nth == 0),
    }
