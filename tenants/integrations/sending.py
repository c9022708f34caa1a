"""Sending what waits for an endpoint, one message after the other."""

import time
import uuid
from datetime import datetime, timedelta
from typing import Final

from kit import clock
from tenants.integrations import deliveries, posting, signing
from tenants.integrations.models import WebhookDelivery

# Then other work has its turn.
VISIT_SECONDS: Final = 15.0
SOONEST: Final = timedelta(seconds=1)
AGENT: Final = "Upfront-Webhooks/1"


def visit(*, reference: uuid.UUID, now: datetime) -> datetime | None:
    """Use case of the wakeup: send what is due for an endpoint, until one fails; says when to come again.

    One that takes nothing costs a worker one try at a time, however much waits for it.
    """
    by = posting.road()
    until = time.monotonic() + VISIT_SECONDS
    while time.monotonic() < until:
        delivery = deliveries.claim(endpoint_id=reference, now=clock.now())
        if delivery is None or not send(delivery, by=by):
            break
    next_at = deliveries.next_due(endpoint_id=reference)
    return next_at and max(next_at, clock.now() + SOONEST)


def send(delivery: WebhookDelivery, *, by: posting.Road) -> bool:
    """Post one that was claimed, and mark what came of it. Whether it was taken."""
    endpoint = delivery.endpoint
    said = signing.headers(
        endpoint, message_id=str(delivery.event_id), body=delivery.body, now=clock.now()
    ) | {"Content-Type": "application/json", "User-Agent": AGENT}
    try:
        answer = posting.post(endpoint.url, body=delivery.body.encode(), headers=said, by=by)
    except posting.Undelivered as error:
        deliveries.failed(delivery, problem=str(error), now=clock.now())
        return False
    status, took_ms, now = answer.status, answer.took_ms, clock.now()
    if answer.is_taken:
        deliveries.delivered(delivery, status=status, took_ms=took_ms, now=now)
    else:
        deliveries.failed(delivery, problem=_words(status), status=status, took_ms=took_ms, now=now)
    return answer.is_taken


def _words(status: int) -> str:
    if 300 <= status < 400:
        return f"It answered with a redirect ({status}). We follow none: name the address that it leads to."
    return f"It answered {status}."
