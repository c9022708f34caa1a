"""One booking's page, and what its client can do there before it is booked: pay, ask for time, give up."""

import uuid
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from connect.accounts import CannotCharge
from connect.gateway import GatewayRefused, GatewayUnavailable
from kit.actors import Actor
from kit.clock import now
from kit.database import read_only
from kit.words import clock_time
from public_pages.booking import cookies
from public_pages.booking.asking_again import ask_again, asks_again
from public_pages.booking.coach import Coach, coach_of, not_here, show_private
from public_pages.booking.codes import code_of
from public_pages.booking.deposits import split_of
from public_pages.booking.forms import DetailsForm
from public_pages.booking.prices import prices_of
from public_pages.booking.slots import keep_details_of, picker_address
from public_pages.booking.stages import Stage, standing_of
from public_pages.booking.stages_shown import context_of
from public_pages.booking.with_card import card_screen, payer_details
from public_pages.booking.wording import press
from public_pages.packs.funding import balance_after, funding_of, known_details
from public_pages.packs.with_unit import one_screen
from tenants.billing.checkout import AlreadyPaid, PageUnavailable
from tenants.offers.models import Place
from tenants.paperwork.requirements import PaperworkMissing
from tenants.scheduling import bookings, holds, links, paperwork, paying, resuming
from tenants.scheduling.kept_cards import consent
from tenants.scheduling.models import Booking

P = ParamSpec("P")
BookingView = Callable[Concatenate[HttpRequest, Booking, P], HttpResponse]


def by_link(view: BookingView[P]) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
    """The link is the authority: it was given to one browser and mailed to one address."""
    return _opening(view, links.booking_by)


def by_bare_link(view: BookingView[P]) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
    """As `by_link`, for a view that does not look at the booking's session, type or client."""
    return _opening(view, links.bare_booking_by)


def _opening(
    view: BookingView[P], find: Callable[[str], Booking]
) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
    @wraps(view)
    def opened(request: HttpRequest, token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            found = find(token)
        except links.BadLink:
            return not_here(request, coach_of(request), "bad_link.html")
        return view(request, found, *args, **kwargs)

    return opened


@require_safe
@by_link
def booking(request: HttpRequest, shown: Booking) -> HttpResponse:
    return page(request, shown)


def page(request: HttpRequest, shown: Booking, *, status: int = 200, **context: Any) -> HttpResponse:
    """The page of whatever the booking has come to."""
    coach = coach_of(request)
    standing = standing_of(shown, coach.now, returned="paid" in request.GET)
    if standing.stage == Stage.DETAILS and (
        by_pack := one_screen(request, coach, standing, status=status, **context)
    ):
        return by_pack
    before = before_booking(request, shown, coach) if standing.stage == Stage.DETAILS else {}
    card_form = context.pop("card_form", None)
    by_card = (
        card_screen(request, shown, coach, before, card_form) if before and "form" not in context else {}
    )
    context = {**context_of(coach, standing, links.token_of(shown)), **before, **by_card, **context}
    if standing.stage == Stage.BOOKED:
        context |= balance_after(request, shown, coach)
    waits = standing.stage == Stage.CONFIRMING
    context["asks_again"] = waits and asks_again(request)
    template = "with_card.html" if by_card else f"{standing.stage}.html"
    response = show_private(request, coach, template, context, status)
    if waits:
        ask_again(request, response, context["return_url"])
    return response


def before_booking(request: HttpRequest, held: Booking, coach: Coach) -> dict[str, Any]:
    """What is typed and chosen on the details page, and what its button says."""
    typed = cookies.typed_details(request)
    asked = request.GET if request.method == "GET" else request.POST
    by_script = bool(request.htmx)  # type: ignore[attr-defined]
    seen = by_script or request.method == "POST"
    code = code_of(request, held, coach.now)
    extras = asked.getlist("extras") if seen else typed.get("extras", "").split()
    prices = prices_of(held, extras, code.discount if code else None)
    split = split_of(held, prices, code.discount if code else None)
    funding = funding_of(request, held, coach, extras_minor=prices.extras_minor)
    return {
        **funding,
        "code": code,
        "split": split,
        "keep_words": consent(coach=coach.name) if prices.may_cost and coach.takes_cards else "",
        "keeps_card": "keep_card" in request.POST,
        "form": form_of(held, initial={**known_details(funding["own"]), **payer_details(request), **typed}),
        "prices": prices,
        "chosen_now": by_script,
        "press": press(
            split.now_minor if split else prices.total_minor,
            held.currency,
            coach.locale,
            asks_first=held.agreed.get("needs_approval", False),
            is_exact=by_script or not prices.choices,
            is_deposit=split is not None,
        ),
    }


def form_of(held: Booking, **given: Any) -> DetailsForm:
    return DetailsForm(needs_phone=held.agreed.get("place") == Place.PHONE, **given)


def again(request: HttpRequest, held: Booking, status: int, **context: Any) -> HttpResponse:
    """The page once more, from what the booking is by now."""
    with read_only():
        return page(request, bookings.booking_of(booking_id=held.pk), status=status, **context)


def to_pay(pay_at: str | None, token: str) -> HttpResponse:
    return HttpResponseRedirect(pay_at or links.path_of(token))


def return_pages(token: str) -> Callable[[uuid.UUID], tuple[str, str]]:
    """Where Stripe sends the payer afterwards: paid, and not paid."""

    def pages(_attempt_id: uuid.UUID) -> tuple[str, str]:
        return links.address_by(token, "paid") + "?cs={CHECKOUT_SESSION_ID}", links.address_by(token)

    return pages


def client_of(booked: Booking) -> Actor:
    """Whoever has the booking's link acts as its client."""
    return Actor("client", str(booked.client_id or ""))


# --- paying later, more time, another time ---------------------------------------------------------


@require_POST
@by_link
def booking_pay(request: HttpRequest, held: Booking) -> HttpResponse:
    """Back to the payment that was left."""
    try:
        pay_at = resuming.resume(
            booking_id=held.pk,
            links=return_pages(links.token_of(held)),
            now=now(),
            another_card="another" in request.POST,
        )
    except (PageUnavailable, GatewayUnavailable, GatewayRefused):
        return card_page_away(request, held)
    except CannotCharge:
        messages.error(request, "Your coach cannot take cards right now. Nothing was charged.")
    except (AlreadyPaid, holds.HoldLapsed, PaperworkMissing):
        # The booking's page says how it stands, and what comes first.
        pass
    else:
        return to_pay(pay_at, links.token_of(held))
    return redirect("booking", links.token_of(held))


@require_POST
@by_bare_link
def booking_papers(request: HttpRequest, held: Booking) -> HttpResponse:
    """Papers that were declined, or of which there are newer ones, once more."""
    paperwork.hand_out_again(booking_id=held.pk, now=now())
    return redirect("booking", links.token_of(held))


def card_page_away(request: HttpRequest, held: Booking) -> HttpResponse:
    """Stripe gave no page: say what is kept, and let the client try again."""
    until = _clock(request, bookings.booking_of(booking_id=held.pk).hold_expires_at, held)
    messages.error(
        request,
        "The card page could not be opened just now. Nothing was charged. "
        f"Your details are saved and your time is kept until {until}: try again.",
    )
    return redirect("booking", links.token_of(held))


@require_POST
@by_link
def more_time(request: HttpRequest, held: Booking) -> HttpResponse:
    try:
        renewed = holds.renew(booking_id=held.pk, now=now())
    except holds.NoMoreTime:
        messages.warning(request, "The time was extended as often as it can be. Please finish within it.")
    except holds.HoldLapsed:
        pass
    else:
        messages.success(
            request,
            f"Your time is now kept until {_clock(request, renewed.hold_expires_at, held)}.",
        )
    return redirect("booking", links.token_of(held))


@require_POST
@by_link
def another_time(request: HttpRequest, held: Booking) -> HttpResponse:
    """Give the time up and choose again, with nothing to type twice."""
    try:
        given_up = paying.give_up(booking_id=held.pk, now=now())
    except (GatewayUnavailable, GatewayRefused):
        messages.error(
            request,
            "The open payment could not be closed just now, so your time is still kept. "
            "Try again in a minute.",
        )
        return redirect("booking", links.token_of(held))
    if not given_up:
        return redirect("booking", links.token_of(held))
    response = redirect(picker_address(held.session.session_type))
    keep_details_of(request, response, held)
    return response


def _clock(request: HttpRequest, moment: datetime, held: Booking) -> str:
    coach: Coach = coach_of(request)
    return clock_time(moment, coach.zone_for(held.agreed["place"]), coach.locale)
