"""Requests: the coach's yes or no to a session that a client has asked for."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from connect.gateway import GatewayUnavailable
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.views.bookings import Refusal, booking_page, entry_or_404
from tenants.packs.spending import CannotSpend
from tenants.scheduling import answers
from tenants.scheduling.models import FUNDED, Booking, BookingStatus
from tenants.scheduling.paying import sale_of

UNASKED = (
    "Stripe does not answer at the moment. Your yes is kept: the money is taken, and the session confirmed, "
    "as soon as Stripe answers. There is nothing more to do for you."
)


@require_POST
def accept(request: HttpRequest, slug: str, booking_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    entry_or_404(desk, booking_id)
    try:
        booking = answers.accept(booking_id=booking_id, now=desk.now, actor=desk.actor)
    except answers.AlreadyAnswered as refusal:
        return booking_page(desk, booking_id, refusal=Refusal(str(refusal)))
    except CannotSpend as refusal:
        return booking_page(desk, booking_id, refusal=Refusal(f"{refusal.reason} The request still waits."))
    except GatewayUnavailable:
        messages.info(request, UNASKED)
        return desk.go_back("booking", booking_id)
    return _accepted(desk, booking)


def _accepted(desk: Desk, booking: Booking) -> HttpResponse:
    if booking.status in FUNDED:
        messages.success(desk.request, "Accepted and confirmed. Your client is told.")
    elif booking.status == BookingStatus.REQUESTED:
        messages.info(desk.request, "Accepted. It is confirmed as soon as the payment is through.")
    else:
        gone = Refusal("The payment could not be taken, so the session is not confirmed. Its time is free.")
        return booking_page(desk, booking.pk, refusal=gone)
    return desk.go_back("booking", booking.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def decline(request: HttpRequest, slug: str, booking_id: uuid.UUID) -> HttpResponse:
    """First what it means, then the button."""
    desk = desk_of(request)
    entry = entry_or_404(desk, booking_id)
    if request.method != "POST":
        promised_minor = sale_of(entry.booking).amount_minor if entry.is_asked else 0
        return desk.page("decline", "calendar", entry=entry, promised_minor=promised_minor)
    try:
        answers.decline(booking_id=booking_id, now=desk.now, actor=desk.actor)
    except answers.AlreadyAnswered as refusal:
        return booking_page(desk, booking_id, refusal=Refusal(str(refusal)))
    except GatewayUnavailable:
        messages.info(request, "Declined. Stripe lets the money go as soon as it answers.")
        return desk.go("today")
    messages.success(request, f"Declined. The time is free again, and {entry.name} is told.")
    return desk.go("today")
