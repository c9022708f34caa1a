"""A request that waits for the coach: its client can take it back."""

import structlog
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from connect.gateway import GatewayRefused, GatewayUnavailable
from kit.clock import now
from public_pages.booking.booking import by_link, client_of
from tenants.scheduling import answers, links
from tenants.scheduling.models import Booking, BookingStatus

log = structlog.get_logger()


@require_POST
@by_link
def withdraw(request: HttpRequest, asked: Booking) -> HttpResponse:
    """The time is free again and the bank is told at once; too late when the coach has accepted."""
    try:
        withdrawn = answers.withdraw(booking_id=asked.pk, now=now(), actor=client_of(asked))
    except (GatewayUnavailable, GatewayRefused) as error:
        # It is withdrawn; the bank's promise is let go as soon as Stripe can be asked.
        log.warning("request_withdrawn_without_stripe", booking=str(asked.pk), error=str(error))
        withdrawn = True
    if not withdrawn and asked.status == BookingStatus.REQUESTED:
        messages.warning(request, "It was too late to withdraw: your request was answered meanwhile.")
    return redirect("booking", links.token_of(asked))
