"""The page of a plan on offer: its terms in full, then who begins it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from connect.accounts import CannotCharge
from kit.clock import now
from kit.database import read_only
from kit.limits import allows, connection_of
from public_pages.booking.coach import Coach, coach_and, not_here, show
from public_pages.booking.cookies import chosen_zone, keep_details, know_again, typed_details
from public_pages.booking.slots import slow_down
from public_pages.paperwork.before import announced
from public_pages.retainers.access import ORDERS
from public_pages.retainers.cards import card_of
from public_pages.retainers.forms import BeginForm
from public_pages.retainers.shown import Shown, shown_of
from tenants.billing import checkout
from tenants.offers import session_types
from tenants.retainers import plans, subscribing
from tenants.retainers.models import Retainer, RetainerPlan

BEGINS = {"most": 20, "seconds": 600}


@require_http_methods(["GET", "HEAD", "POST"])
def retainer_plan(request: HttpRequest, plan_slug: str) -> HttpResponse:
    if request.method == "POST":
        return _begin(request, plan_slug)
    coach, shown = _asked(request, plan_slug)
    if shown is None:
        return not_here(request, coach, "retainers/not_offered.html")
    return _page(request, shown, BeginForm(initial=typed_details(request)))


def _asked(request: HttpRequest, slug: str) -> tuple[Coach, Shown | None]:
    on_offer = (plans.ON_OFFER, (RetainerPlan,))
    coach, [found, types] = coach_and(request, on_offer, session_types.ON_OFFER, slug=slug)
    if not found:
        return coach, None
    plan = found[0][0]
    return coach, shown_of(coach, plan, [each for (each,) in types], name=plan.name)


def _page(
    request: HttpRequest, shown: Shown, form: BeginForm, status: int = 200, **context: Any
) -> HttpResponse:
    assert isinstance(shown.terms, RetainerPlan)
    context |= {
        "shown": shown,
        "plan": shown.terms,
        "card": card_of(shown.terms, shown.coach.locale),
        "form": form,
        "papers_first": announced(shown.terms.requires, shown.coach.locale),
        "press": f"Pay {shown.price} and begin",
    }
    response = show(request, shown.coach, "retainers/plan.html", context, status)
    know_again(request, response)
    return response


def _begin(request: HttpRequest, slug: str) -> HttpResponse:
    if not allows("retainers", connection_of(request), **BEGINS):
        return slow_down(request)
    with read_only():
        coach, shown = _asked(request, slug)
    if shown is None:
        return not_here(request, coach, "retainers/not_offered.html")
    form = BeginForm(request.POST)
    if not form.is_valid():
        return _again(request, slug, form, 422)
    if request.POST.get("shown") != shown.digest:
        return _again(request, slug, _to_agree_anew(request), 409, problem="changed")
    response = _order(request, shown, form)
    keep_details(response, form.cleaned_data)
    return response


def _to_agree_anew(request: HttpRequest) -> BeginForm:
    typed = request.POST.copy()
    typed.pop("agreed", None)
    return BeginForm(initial=typed.dict())


def _again(request: HttpRequest, slug: str, form: BeginForm, status: int, **context: Any) -> HttpResponse:
    with read_only():
        coach, shown = _asked(request, slug)
        if shown is None:
            return not_here(request, coach, "retainers/not_offered.html")
        return _page(request, shown, form, status, **context)


def _order(request: HttpRequest, shown: Shown, form: BeginForm) -> HttpResponse:
    plan = shown.terms
    assert isinstance(plan, RetainerPlan)
    try:
        pay_at = subscribing.subscribe(
            slug=plan.slug,
            name=form.cleaned_data["name"],
            email=form.cleaned_data["email"],
            phone="",
            timezone=chosen_zone(request) or shown.coach.practice.timezone,
            accepted=shown.accepted(request),
            links=return_pages,
            now=now(),
            seen=plans.terms_of(plan),
        )
    except (subscribing.NotOnOffer, plans.PlanChanged):
        return _again(request, plan.slug, _to_agree_anew(request), 409, problem="changed")
    except CannotCharge:
        return _again(request, plan.slug, form, 409, problem="cannot_charge")
    except checkout.AlreadyPaid:
        return _again(request, plan.slug, form, 409, problem="paid")
    except checkout.PageUnavailable:
        return _again(request, plan.slug, form, 503, problem="no_page")
    return redirect(pay_at)


def return_pages(retainer: Retainer) -> checkout.Links:
    """Where Stripe sends the browser back to: when it is paid, and when it is not."""
    paid = ORDERS.address_of(retainer, "paid?cs={CHECKOUT_SESSION_ID}")
    return lambda _attempt: (paid, ORDERS.address_of(retainer))
