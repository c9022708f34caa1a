"""Buying a pack for somebody else, or for several people: for whom, the total for who pays, then the card."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from connect.accounts import CannotCharge
from connect.gateway import GatewayRefused, GatewayUnavailable
from kit.clock import now, zone
from kit.database import read_only
from kit.limits import allows, connection_of
from public_pages.booking.coach import coach_of, not_here, show
from public_pages.booking.cookies import chosen_zone, keep_details, know_again, typed_details
from public_pages.booking.slots import slow_down
from public_pages.packs.cards import card_of
from public_pages.packs.for_others_access import ORDERS, return_pages
from public_pages.packs.for_others_forms import ForOthersForm
from public_pages.packs.offer import BUYS, Shown, accepted, asked_for
from tenants.billing.checkout import AlreadyPaid, PageUnavailable
from tenants.packs import offers, selling
from tenants.shop import packs_for
from tenants.shop.packs_for import MOST_PEOPLE, CannotBuyFor

SEVERAL = 3


@require_http_methods(["GET", "HEAD", "POST"])
def pack_for_others(request: HttpRequest, pack_slug: str) -> HttpResponse:
    if request.method == "POST":
        return _posted(request, pack_slug)
    coach, shown = asked_for(request, pack_slug)
    if shown is None or shown.offer.instalments > 1:
        return not_here(request, coach, "packs/not_offered.html")
    people = _number(request.GET.get("people", ""))
    form = _form(shown, people, initial={**typed_details(request), "for_me": people > 1})
    return _page(request, shown, form)


def _number(written: str) -> int:
    return min(max(int(written), 1), MOST_PEOPLE) if written.isdecimal() and len(written) < 3 else 1


def _form(shown: Shown, people: int, *args: Any, **kwargs: Any) -> ForOthersForm:
    today = shown.coach.now.astimezone(zone(shown.coach.practice.timezone)).date()
    return ForOthersForm(*args, people=people, today=today, **kwargs)


def _posted(request: HttpRequest, slug: str) -> HttpResponse:
    if not allows("packs", connection_of(request), **BUYS):
        return slow_down(request)
    with read_only():
        coach, shown = asked_for(request, slug)
    if shown is None:
        return not_here(request, coach, "packs/not_offered.html")
    people = _number(request.POST.get("people", ""))
    if "more" in request.POST or "count" in request.POST:
        wanted = people + 1 if "more" in request.POST else people
        return _again(request, slug, _form(shown, wanted, initial=request.POST.dict()), 200)
    form = _form(shown, people, request.POST)
    if not form.is_valid():
        return _again(request, slug, form, 422)
    if request.POST.get("shown") != shown.digest:
        typed = {name: value for name, value in request.POST.dict().items() if name != "agreed"}
        return _again(request, slug, _form(shown, people, initial=typed), 409, problem="changed")
    response = _order(request, shown, form)
    keep_details(response, {"name": form.cleaned_data["name"], "email": form.cleaned_data["email"]})
    return response


def _order(request: HttpRequest, shown: Shown, form: ForOthersForm) -> HttpResponse:
    slug = shown.offer.slug
    try:
        order, pay_at = packs_for.buy(
            slug=slug,
            offer_id=shown.offer.pk,
            payer=form.payer(chosen_zone(request) or shown.coach.practice.timezone),
            people=form.beneficiaries(),
            gift=form.gift(),
            accepted=accepted(request, shown),
            links=return_pages,
            now=now(),
        )
    except selling.NotOnOffer:
        return not_here(request, coach_of(request), "packs/not_offered.html")
    except CannotBuyFor as refused:
        form.add_error(None, str(refused))
        return _again(request, slug, form, 422)
    except offers.OfferChanged:
        typed = {name: value for name, value in request.POST.dict().items() if name != "agreed"}
        return _again(request, slug, _form(shown, form.people, initial=typed), 409, problem="changed")
    except CannotCharge:
        return _again(request, slug, form, 409, problem="cannot_charge")
    except (AlreadyPaid, selling.OrderEnded):
        return _again(request, slug, form, 409, problem="paid")
    except (PageUnavailable, GatewayUnavailable, GatewayRefused):
        return _again(request, slug, form, 502, problem="no_page")
    return redirect(pay_at or ORDERS.address_of(order))


def _again(request: HttpRequest, slug: str, form: ForOthersForm, status: int, **context: Any) -> HttpResponse:
    with read_only():
        coach, shown = asked_for(request, slug)
        if shown is None:
            return not_here(request, coach, "packs/not_offered.html")
        return _page(request, shown, form, status, **context)


def _page(
    request: HttpRequest, shown: Shown, form: ForOthersForm, status: int = 200, **context: Any
) -> HttpResponse:
    count = form.people + bool(form["for_me"].value())
    context |= {
        "shown": shown,
        "offer": shown.offer,
        "card": card_of(shown.offer, shown.types, shown.coach.locale),
        "form": form,
        "rows": list(form.rows()),
        "can_add": form.people < MOST_PEOPLE,
        "count": count,
        "total": shown.amount(shown.offer.price_minor * count),
        "several": SEVERAL,
    }
    response = show(request, shown.coach, "packs/for_others.html", context, status)
    know_again(request, response)
    return response
