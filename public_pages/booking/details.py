"""Who comes, and what is chosen beside the session: books at once what is free, and leads on to the rest."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from connect.accounts import CannotCharge
from kit.clock import now
from kit.limits import TooOften, connection_of, within
from public_pages.booking import cookies
from public_pages.booking.booking import (
    again,
    by_bare_link,
    card_page_away,
    form_of,
    return_pages,
    to_pay,
)
from public_pages.booking.coach import coach_of, not_here
from public_pages.booking.codes import Code, typed_code
from public_pages.booking.forms import details_in
from public_pages.booking.one_press import booked_with_card, is_by_card
from public_pages.booking.slots import slow_down
from public_pages.packs.funded import booked_by_pack, is_by_pack
from tenants.billing.checkout import AlreadyPaid, PageUnavailable
from tenants.offers.coupons import CouponRefused
from tenants.paperwork.requirements import PaperworkMissing
from tenants.scheduling import bookings, holds, links
from tenants.scheduling.kept_cards import consent
from tenants.scheduling.models import Booking

DETAILS = {"most": 40, "seconds": 600}


@require_POST
def details(request: HttpRequest, token: str) -> HttpResponse:
    """Who comes: books at once what is free, and leads to the payment of what is not."""
    try:
        with within("details", connection_of(request), **DETAILS):
            return _taken_down(request, token)
    except TooOften:
        return slow_down(request)


def _taken_down(request: HttpRequest, token: str) -> HttpResponse:
    if is_by_card(request):
        return by_bare_link(booked_with_card)(request, token)
    if "apply" in request.POST:
        return _typed_again(request, token, status=200)
    if is_by_pack(request):
        return by_bare_link(booked_by_pack)(request, token)
    said = details_in(request.POST)
    if said is None:
        return _typed_again(request, token, status=422)
    response = _book(request, token, said)
    chosen = " ".join(request.POST.getlist("extras"))
    cookies.keep_details(response, {**said, "extras": chosen})
    return response


def _book(request: HttpRequest, token: str, said: dict[str, Any]) -> HttpResponse:
    try:
        pay_at = bookings.book(
            booking_id=links.named_by(token),
            token=token,
            timezone=cookies.chosen_zone(request),
            links=return_pages(token),
            extras=request.POST.getlist("extras"),
            coupon=typed_code(request),
            address=connection_of(request),
            keep_card=_words_of_keeping(request),
            now=now(),
            **said,
        )
    except links.BadLink:
        return not_here(request, coach_of(request), "bad_link.html")
    except bookings.NeedsPhone:
        return _typed_again(request, token, status=422)
    except holds.HoldLapsed:
        return _typed_again(request, token, status=409)
    except bookings.OncePerClient:
        return _typed_again(request, token, status=409, problem="once")
    except CouponRefused as refused:
        code = Code(typed_code(request), problem=str(refused))
        return _typed_again(request, token, status=422, code=code)
    except CannotCharge:
        return _typed_again(request, token, status=409, problem="cannot_charge")
    except (AlreadyPaid, PaperworkMissing):
        return to_pay(None, token)
    except PageUnavailable:
        return _card_page_away(request, token)
    return to_pay(pay_at, token)


def _words_of_keeping(request: HttpRequest) -> str:
    """What was ticked, as it was shown."""
    return consent(coach=coach_of(request).name) if "keep_card" in request.POST else ""


@by_bare_link
def _typed_again(request: HttpRequest, held: Booking, *, status: int, **context: Any) -> HttpResponse:
    """The page with what was typed, and what is to be changed in it."""
    typed = {"initial": request.POST.dict()} if "apply" in request.POST else {"data": request.POST}
    return again(request, held, status, form=form_of(held, **typed), **context)


@by_bare_link
def _card_page_away(request: HttpRequest, held: Booking) -> HttpResponse:
    return card_page_away(request, held)
