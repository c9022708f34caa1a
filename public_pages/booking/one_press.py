"""The press that books with a kept card: its client is known and present, and has read what it costs."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from connect.accounts import CannotCharge
from connect.gateway import GatewayRefused, GatewayUnavailable
from kit.clock import now
from kit.database import read_only
from kit.limits import connection_of
from public_pages.booking import cookies
from public_pages.booking.booking import (
    again,
    before_booking,
    card_page_away,
    return_pages,
    to_pay,
)
from public_pages.booking.coach import coach_of
from public_pages.booking.codes import Code, typed_code
from public_pages.booking.with_card import CardForm, OwnCard, due_now_minor, own_card
from tenants.billing import cards
from tenants.billing.checkout import AlreadyPaid, CardRefused, PageUnavailable
from tenants.offers.coupons import CouponRefused
from tenants.paperwork.requirements import PaperworkMissing
from tenants.scheduling import bookings, holds, links
from tenants.scheduling.models import Booking


def is_by_card(request: HttpRequest) -> bool:
    """Whether a kept card is chosen in this press."""
    return request.POST.get("fund", "").startswith("card:")


def booked_with_card(request: HttpRequest, bare: Booking) -> HttpResponse:
    """Asked for what was shown only: where the amount is another by now, it is shown first."""
    held = bookings.booking_of(booking_id=bare.pk)
    with read_only():
        coach = coach_of(request)
        own = own_card(request, coach)
        due_minor = due_now_minor(before_booking(request, held, coach))
    if own is None or request.POST.get("fund") != own.value:
        return again(request, held, 409, problem="card_not_known")
    form = CardForm(request.POST, held=held, own=own)
    if "apply" in request.POST:
        return again(request, held, 200)
    if not form.is_valid():
        return again(request, held, 422, card_form=form)
    if request.POST.get("shown") != str(due_minor):
        return again(request, held, 409, problem="amount_changed")
    return _pressed(request, held, own, form)


def _pressed(request: HttpRequest, held: Booking, own: OwnCard, form: CardForm) -> HttpResponse:
    try:
        ready = cards.ready(client_id=own.payer.pk, now=now(), card_id=own.card.pk)
        if ready is None:
            return again(request, held, 409, problem="card_not_known")
        go_on_at = _book(request, held, own, form.cleaned_data, ready)
    except CouponRefused as refused:
        return again(request, held, 422, code=Code(typed_code(request), problem=str(refused)))
    except bookings.OncePerClient:
        return again(request, held, 409, problem="once")
    except CannotCharge:
        return again(request, held, 409, problem="cannot_charge")
    except PaperworkMissing:
        return _papers_first(request, held)
    except (AlreadyPaid, CardRefused, holds.HoldLapsed):
        # The booking's page says what became of it, and keeps the time for another card.
        return redirect("booking", links.token_of(held))
    except (PageUnavailable, GatewayUnavailable, GatewayRefused):
        return card_page_away(request, held)
    return to_pay(go_on_at, links.token_of(held))


def _papers_first(request: HttpRequest, held: Booking) -> HttpResponse:
    """What was chosen stands there again when the papers are done."""
    response = redirect("booking", links.token_of(held))
    chosen = " ".join(request.POST.getlist("extras"))
    cookies.keep_details(response, {**cookies.typed_details(request), "extras": chosen})
    return response


def _book(
    request: HttpRequest, held: Booking, own: OwnCard, said: dict[str, Any], ready: cards.Ready
) -> str | None:
    return bookings.book(
        booking_id=held.pk,
        name=own.payer.name,
        email=own.payer.email,
        phone=own.payer.phone or said.get("phone", ""),
        message=_message(said),
        timezone=cookies.chosen_zone(request) or own.payer.timezone,
        links=return_pages(links.token_of(held)),
        extras=request.POST.getlist("extras"),
        coupon=typed_code(request),
        address=connection_of(request),
        ready=ready,
        now=now(),
    )


def _message(said: dict[str, Any]) -> str:
    """A number that the coach does not have yet comes with what the client writes."""
    phone, message = said.get("phone", ""), said["message"]
    return f"Phone: {phone}\n{message}".strip()[:1000] if phone else str(message)
