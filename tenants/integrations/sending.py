"""Sending what waits for an endpoint, one message after the other."""

import time
import uuid
from datetime import datetime, timedelta
from typing import Final

from tenants.integrations import deliveries, posting, signing
from tenants.integrations.models import WebhookDelivery

# Then other work has its turn.
VISIT: Final = timedelta(seconds=15)
SOONEST: Final = timedelta(seconds=1)
AGENT: Final = "Upfront-Webhooks/1"


class Watch:
    """The time, while others take theirs."""

    def __init__(self, now: datetime) -> None:
        self._begun_at, self._begun = now, time.monotonic()

    @property
    def passed(self) -> timedelta:
        return timedelta(seconds=time.monotonic() - self._begun)

    @property
    def shows(self) -> datetime:
        return self._begun_at + self.passed


def visit(*, reference: uuid.UUID, now: datetime) -> datetime | None:
    """Use case of the wakeup: send what is due for an endpoint, until one fails; says when to come again.

    One that takes nothing costs a worker one try at a time, however much waits for it.
    """
    by, watch = posting.road(), Watch(now)
    while watch.passed < VISIT:
        delivery = deliveries.claim(endpoint_id=reference, now=watch.shows)
        if delivery is None or not send(delivery=delivery, by=by, watch=watch):
            break
    next_at = deliveries.next_due(endpoint_id=reference)
    return next_at and max(next_at, watch.shows + SOONEST)


def send(*, delivery: WebhookDelivery, by: posting.Road, watch: Watch) -> bool:
    """Post one that was claimed, and mark what came of it. Whether it was taken."""
    endpoint, body = delivery.endpoint, delivery.body
    said = signing.headers(endpoint, message_id=str(delivery.event_id), body=body, now=watch.shows)
    said |= {"Content-Type": "application/json", "User-Agent": AGENT}
    try:
        answer = posting.post(endpoint.url, body=body.encode(), headers=said, by=by)
    except posting.Undelivered as error:
        deliveries.failed(delivery=delivery, problem=str(error), now=watch.shows)
        return False
    status, took_ms, now = answer.status, answer.took_ms, watch.shows
    if answer.is_taken:
        deliveries.delivered(delivery=delivery, status=status, took_ms=took_ms, now=now)
    else:
        problem = _words(status)
        deliveries.failed(delivery=delivery, problem=problem, status=status, took_ms=took_ms, now=now)
    return answer.is_taken


def _words(status: int) -> str:
    if 300 <= status < 400:
        return f"It answered with a redirect ({status}). We follow none: name the address that it leads to."
    return f"It answered {status}."
