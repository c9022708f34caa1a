"""Where Stripe posts its events."""

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from connect import gateway, inbox, tasks
from kit import clock
from kit.tasks import enqueue

log = structlog.get_logger()

SECRETS = {
    "accounts": "STRIPE_WEBHOOK_SECRET_ACCOUNTS",
    "self": "STRIPE_WEBHOOK_SECRET_SELF",
    # The simulated Stripe's, about the accounts of sandboxes alone.
    "sandbox": "SANDBOX_STRIPE_WEBHOOK_SECRET",
}


@csrf_exempt
@require_POST
def stripe_events(request: HttpRequest, source: str) -> HttpResponse:
    """Verify, store, answer: Checkout keeps the payer waiting for this answer."""
    now = clock.now()
    secret = getattr(settings, SECRETS[source])
    if not secret:
        # An empty secret would be one that anybody can sign with.
        return HttpResponse("No secret is set for this endpoint.\n", status=503, content_type="text/plain")
    try:
        notice = gateway.parse_event(
            payload=request.body,
            signature=request.headers.get("Stripe-Signature", ""),
            secret=secret,
            now=now,
        )
    except (gateway.BadSignature, gateway.MalformedEvent) as error:
        log.warning("stripe event refused", source=source, reason=str(error), size=len(request.body))
        return HttpResponse(f"{error}\n", status=400, content_type="text/plain")
    if inbox.receive(notice=notice, now=now, is_simulated=source == "sandbox"):
        enqueue(tasks.sweep_events)
    return HttpResponse(status=200)
