"""Sending what waits for an endpoint, one message after the other."""

import time
import uuid
from datetime import datetime, timedelta
from typing import Final

from kit.database import current_schema
from tenants.integrations import deliveries, posting, signing, turns
from tenants.integrations.models import WebhookDelivery, WebhookEndpoint
from tenants.integrations.pauses import asked_for

# Then other work has its turn.
VISIT: Final = timedelta(seconds=15)
SOONEST: Final = timedelta(seconds=1)
# Who took longer than this is slow, until it answers sooner.
QUICK: Final = timedelta(seconds=2)
NO_TURN: Final = timedelta(seconds=5)
AGENT: Final = "Upfront-Webhooks/1"


# Of this process: those endpoints that took what they were sent, and their time over it.
_slow: set[uuid.UUID] = set()


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

    One that takes nothing costs a worker one try at a time, however much waits for it; and of those that
    fail or are slow only a few are waited for at once, so that the others are served meanwhile.
    """
    if not _is_slow(reference):
        return _send_what_is_due(reference, now)
    with turns.slow.one_for(current_schema()) as is_ours:
        return _send_what_is_due(reference, now) if is_ours else now + NO_TURN


def _is_slow(endpoint_id: uuid.UUID) -> bool:
    failing = WebhookEndpoint.objects.filter(pk=endpoint_id, failing_since__isnull=False)
    return endpoint_id in _slow or failing.exists()


def _send_what_is_due(reference: uuid.UUID, now: datetime) -> datetime | None:
    by, watch = posting.road(), Watch(now)
    while watch.passed < VISIT:
        delivery = deliveries.claim(endpoint_id=reference, now=watch.shows)
        if delivery is None or not send(delivery=delivery, by=by, watch=watch):
            break
    next_at = deliveries.next_due(endpoint_id=reference)
    return next_at and max(next_at, watch.shows + SOONEST)


def send(*, delivery: WebhookDelivery, by: posting.Road, watch: Watch) -> bool:
    """Post one that was claimed, and mark what came of it. Whether it was taken."""
    begun = watch.passed
    is_taken = _sent(delivery, by, watch)
    keep = _slow.add if watch.passed - begun > QUICK else _slow.discard
    keep(delivery.endpoint_id)
    return is_taken


def _sent(delivery: WebhookDelivery, by: posting.Road, watch: Watch) -> bool:
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
        wait = asked_for(answer.retry_after, now=now)
        problem = _words(status, wait)
        deliveries.failed(
            delivery=delivery, problem=problem, status=status, took_ms=took_ms, wait=wait, now=now
        )
    return answer.is_taken


def _words(status: int, wait: timedelta) -> str:
    if 300 <= status < 400:
        return f"It answered with a redirect ({status}). We follow none: name the address that it leads to."
    if wait:
        return f"It answered {status}, and asks to be left alone for {round(wait.total_seconds())} seconds."
    return f"It answered {status}."
