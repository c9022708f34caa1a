"""The coach's page: who this is, what can be booked, and the first free times at once."""

from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from kit.clock import zone
from kit.words import duration
from public_pages.booking.coach import Coach, coach_and, show
from public_pages.booking.cookies import know_again
from public_pages.booking.picker import first_times
from public_pages.booking.slots import clock_line, picker_page
from public_pages.booking.wording import cancel_rule, place_in_words
from public_pages.packs.cards import cards_of
from public_pages.retainers.cards import cards_of as retainer_cards_of
from tenants.offers.models import SessionType
from tenants.offers.session_types import ON_OFFER
from tenants.packs import offers
from tenants.packs.models import PackOffer
from tenants.retainers import plans
from tenants.retainers.models import RetainerPlan
from tenants.shop import products as products_on_offer
from tenants.shop.models import Product

FIRST_TIMES = 6
PACKS_ON_OFFER = (offers.ON_OFFER, (PackOffer,))
PLANS_ON_OFFER = (plans.ON_OFFER, (RetainerPlan,))
PRODUCTS_ON_OFFER = (products_on_offer.ON_OFFER, (Product,))


@require_safe
def coach_page(request: HttpRequest) -> HttpResponse:
    """With one session type, its free times stand here; with several, a choice and the first times."""
    asked = (ON_OFFER, PACKS_ON_OFFER, PLANS_ON_OFFER, PRODUCTS_ON_OFFER)
    coach, [rows, packs, plan_rows, products] = coach_and(request, *asked, slug="")
    types = [each for (each,) in rows]
    cards = cards_of([each for (each,) in packs], types, coach.locale)
    retainers = retainer_cards_of([each for (each,) in plan_rows], coach.locale)
    if len(types) == 1:
        shown: dict[str, Any] = {"packs": cards, "retainers": retainers, "has_shop": bool(products)}
        return picker_page(request, coach, types[0], template="page_with_picker.html", **shown)
    bookable = [each for each in types if coach.can_be_booked(each)]
    context = {
        "groups": _groups(coach, types),
        "packs": cards,
        "retainers": retainers,
        "has_shop": bool(products),
        "some_closed": len(bookable) < len(types),
        "rule": cancel_rule(
            coach.practice.cancel_window_hours, free=not any(each.price_minor for each in types)
        ),
        **(_first(coach, bookable[0]) if bookable else {}),
    }
    response = show(request, coach, "page.html", context)
    know_again(request, response)
    return response


def _groups(coach: Coach, types: list[SessionType]) -> list[dict[str, Any]]:
    """The types in the coach's order; those of one group that follow each other share its heading."""
    return [
        {"name": name, "cards": [_card(coach, each) for each in rows]}
        for name, rows in groupby(types, key=lambda each: each.group_name)
    ]


def _card(coach: Coach, session_type: SessionType) -> dict[str, Any]:
    return {
        "type": session_type,
        "length": duration(session_type.duration_min, coach.locale),
        "place": place_in_words(session_type.place, session_type.place_detail),
        "bookable": coach.can_be_booked(session_type),
        "href": reverse("session_type", args=[session_type.slug]),
    }


def _first(coach: Coach, session_type: SessionType) -> dict[str, Any]:
    tz, starts = first_times(coach, session_type, FIRST_TIMES)
    return {
        "type": session_type,
        "tz": tz,
        **clock_line(session_type, reverse("coach_page")),
        "first_day": starts[0].astimezone(zone(tz)).date() if starts else None,
        "starts": [{"starts_at": at} for at in starts],
    }
