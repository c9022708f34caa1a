"""Coming back from Stripe: ask Stripe at once what became of the payment, then show the booking."""

from urllib.parse import urlencode

import structlog
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from connect.gateway import GatewayRefused, GatewayUnavailable
from kit.clock import now
from kit.requests import looked_for
from public_pages.booking.booking import by_link, client_of
from public_pages.booking.stages import latest_attempt
from tenants.billing.decisions import settle
from tenants.billing.models import UNFINISHED, PaymentAttempt
from tenants.registry.middleware import writes_on_get
from tenants.scheduling import links
from tenants.scheduling.models import Booking

log = structlog.get_logger()


@writes_on_get
@require_safe
@by_link
def booking_return(request: HttpRequest, paid: Booking) -> HttpResponse:
    """Confirms in the same second when Stripe answers; else the booking's page waits and asks again."""
    attempt = _attempt(paid, looked_for(request, "cs", longest=120))
    token = links.token_of(paid)
    if attempt is None or _is_settled(attempt, paid):
        return redirect("booking", token)
    asked = {"paid": "1", "asked": request.GET.get("asked", "0")}
    return redirect(f"{reverse('booking', args=[token])}?{urlencode(asked)}")


def _attempt(paid: Booking, checkout_id: str) -> PaymentAttempt | None:
    latest = latest_attempt(paid)
    if not checkout_id or (latest and latest.checkout_id == checkout_id):
        return latest
    tries = PaymentAttempt.objects.filter(charge__reference=paid.pk, checkout_id=checkout_id)
    return tries.first() or latest


def _is_settled(attempt: PaymentAttempt, paid: Booking) -> bool:
    """Whether nothing more is to be waited for."""
    try:
        settled = settle(attempt_id=attempt.pk, now=now(), actor=client_of(paid))
    except (GatewayUnavailable, GatewayRefused) as error:
        log.warning("payment_not_settled_on_return", attempt=str(attempt.pk), error=str(error))
        return False
    return settled.status not in UNFINISHED
