"""Coming back from Stripe: it is asked at once, and a page that waits for it asks again, and not for ever."""

from urllib.parse import urlencode

import structlog
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from connect.gateway import GatewayRefused, GatewayUnavailable
from kit.actors import Actor
from kit.clock import now
from kit.requests import looked_for
from tenants.billing.decisions import settle
from tenants.billing.models import UNFINISHED, PaymentAttempt

log = structlog.get_logger()

TIMES, PAUSE_SECONDS = 20, 3


def come_back(
    request: HttpRequest, tries: QuerySet[PaymentAttempt], *, payer: Actor, page: str
) -> HttpResponse:
    """To the `page` that this is paid on, settled if Stripe answers; else it waits and asks again.

    Of the `tries`, the last first, it is the one whose card page the browser comes from, or the last.
    """
    attempt = _tried(tries, looked_for(request, "cs", longest=120))
    if attempt is None or _is_settled(attempt, payer):
        return HttpResponseRedirect(page)
    asked = {"paid": "1", "asked": request.GET.get("asked", "0")}
    return HttpResponseRedirect(f"{page}?{urlencode(asked)}")


def _tried(tries: QuerySet[PaymentAttempt], checkout_id: str) -> PaymentAttempt | None:
    latest = tries.first()
    if not checkout_id or (latest and latest.checkout_id == checkout_id):
        return latest
    return tries.filter(checkout_id=checkout_id).first() or latest


def _is_settled(attempt: PaymentAttempt, payer: Actor) -> bool:
    """Whether nothing more is to be waited for."""
    try:
        settled = settle(attempt_id=attempt.pk, now=now(), actor=payer)
    except (GatewayUnavailable, GatewayRefused) as error:
        log.warning("payment_not_settled_on_return", attempt=str(attempt.pk), error=str(error))
        return False
    return settled.status not in UNFINISHED


def asks_again(request: HttpRequest) -> bool:
    """Whether the page may ask once more by itself."""
    return _asked(request) < TIMES


def ask_again(request: HttpRequest, response: HttpResponse, address: str) -> None:
    """Send the browser to this path after a pause, unless it went there often enough."""
    if asks_again(request):
        response["Refresh"] = f"{PAUSE_SECONDS}; url={address}?asked={_asked(request) + 1}"


def _asked(request: HttpRequest) -> int:
    times = looked_for(request, "asked", longest=3)
    return int(times) if times.isdecimal() else 0
