"""What is to be sent to endpoints: planned with the event, taken up in order, marked with what came of it.

Messages about one thing reach an endpoint in the order in which it happened: none is taken up while an
earlier one waits, or while an earlier event is still to be announced, wherever the workers are just now.
"""

import json
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Greatest

from kit.actors import SYSTEM
from kit.database import current_schema, insert
from kit.states import change
from tenants.activity import events
from tenants.activity.models import Event
from tenants.integrations.models import DeliveryStatus, WebhookDelivery, WebhookEndpoint
from tenants.integrations.pauses import PAUSES, rest_after
from tenants.integrations.public_events import PUBLIC_EVENTS, TESTED, is_wanted, payload
from tenants.registry import wakeups
from tenants.registry.models import Wakeup

# Longer than a receiver is given: only a killed worker's message is taken up by another.
LEASE: Final = timedelta(minutes=1)
# An endpoint that has taken nothing for so long is switched off, and the coach told.
PATIENCE: Final = timedelta(days=5)
GONE: Final = 410
KEPT: Final = timedelta(days=30)
LOG_LOOKED_AT: Final = timedelta(days=1)
SWITCHED_OFF: Final = "webhook.switched_off"
PAGE: Final = 50
# The fields of an endpoint that takes what it is sent.
WELL: Final = {"failing_since": None, "rests_until": None}
NOT_SENT: Final = "The endpoint was switched off."
_NAMESPACE: Final = uuid.UUID("5f8a1f0b-1c63-4b8e-9a55-1d2f0a9d7c40")


def plan(*, event: Event, now: datetime) -> None:
    """Step: note what endpoints are to be told of an event, each once however often it is announced."""
    told = [each for each in WebhookEndpoint.objects.filter(off_at__isnull=True) if _is_told_of(event, each)]
    insert(unless_there=[_planned(event, each, now) for each in told])
    for endpoint in told:
        wakeups.ask(kind="webhook", reference=endpoint.pk, due_at=now, now=now)


def _is_told_of(event: Event, endpoint: WebhookEndpoint) -> bool:
    if event.kind == TESTED:
        return event.subject_id == endpoint.pk
    if PUBLIC_EVENTS[event.kind].is_about_money and not endpoint.shows_money:
        return False
    return is_wanted(event.kind, endpoint.kinds)


def _planned(event: Event, endpoint: WebhookEndpoint, now: datetime) -> WebhookDelivery:
    said = payload(event, shows_money=endpoint.shows_money)
    return WebhookDelivery(
        pk=uuid.uuid5(_NAMESPACE, f"{endpoint.pk} {event.pk}"),
        endpoint=endpoint,
        event_id=event.pk,
        kind=event.kind,
        subject_id=event.subject_id,
        at=event.at,
        body=json.dumps(said, ensure_ascii=False, separators=(",", ":")),
        due_at=now,
    )


# --- taken up in order --------------------------------------------------------------------------------


def claim(*, endpoint_id: uuid.UUID, now: datetime) -> WebhookDelivery | None:
    """Use case: the next message that may go, for this worker alone; None when there is none just now."""
    with transaction.atomic(durable=True):
        due = _heads(endpoint_id).filter(_free(now), ~_rests(now), ~_follows_unannounced(), due_at__lte=now)
        due = due.select_related("endpoint").select_for_update(skip_locked=True, of=("self",))
        delivery = due.order_by("at", "event_id").first()
        if delivery is not None:
            change(delivery, leased_until=now + LEASE)
    return delivery


def next_due(*, endpoint_id: uuid.UUID) -> datetime | None:
    """When to look at an endpoint again; None when nothing waits."""
    # Of NULLs it takes no notice.
    free_at = Greatest("due_at", "leased_until", "endpoint__rests_until")
    next_at: datetime | None = _heads(endpoint_id).aggregate(at=Min(free_at))["at"]
    return next_at


def _heads(endpoint_id: uuid.UUID) -> QuerySet[WebhookDelivery]:
    """Of each thing the first message that waits, while the endpoint is on."""
    waiting = WebhookDelivery.objects.filter(status=DeliveryStatus.WAITING)
    before = waiting.filter(
        _earlier("event_id"), endpoint=OuterRef("endpoint"), subject_id=OuterRef("subject_id")
    )
    return waiting.filter(~Exists(before), endpoint=endpoint_id, endpoint__off_at__isnull=True)


def _free(now: datetime) -> Q:
    return Q(leased_until__isnull=True) | Q(leased_until__lte=now)


def _rests(now: datetime) -> Q:
    return Q(endpoint__rests_until__isnull=False, endpoint__rests_until__gt=now)


def _follows_unannounced() -> Exists:
    """An earlier event of the same thing, for which no message is planned yet."""
    asked = Wakeup.objects.filter(schema_name=current_schema(), kind="event", reference=OuterRef("pk"))
    before = Event.objects.filter(_earlier("pk"), subject_id=OuterRef("subject_id"), kind__in=PUBLIC_EVENTS)
    return Exists(before.filter(Exists(asked)))


def _earlier(key: str) -> Q:
    """Of one moment, by the event's key: it was made in that order."""
    return Q(at__lt=OuterRef("at")) | Q(at=OuterRef("at"), **{f"{key}__lt": OuterRef("event_id")})


# --- what came of it ----------------------------------------------------------------------------------


def delivered(*, delivery: WebhookDelivery, status: int, took_ms: int, now: datetime) -> None:
    """Use case: it was taken. Of one that another worker has by now, that one says so."""
    with transaction.atomic(durable=True):
        # Before the message, as wherever both are changed.
        if delivery.endpoint.failing_since is not None:
            WebhookEndpoint.objects.filter(pk=delivery.endpoint_id).update(**WELL)
        _as_leased(delivery).update(
            status=DeliveryStatus.DELIVERED,
            leased_until=None,
            attempts=F("attempts") + 1,
            answered=status,
            took_ms=took_ms,
            problem="",
            delivered_at=now,
        )


def failed(
    *,
    delivery: WebhookDelivery,
    problem: str,
    now: datetime,
    status: int | None = None,
    took_ms: int = 0,
    wait: timedelta = timedelta(),
) -> None:
    """Use case: try it again later, or give it up; and the endpoint, where it has failed for long.

    Before `wait` is over, which the receiver asked for, nothing goes there at all.
    """
    tries = delivery.attempts + 1
    with transaction.atomic(durable=True):
        endpoint = WebhookEndpoint.objects.select_for_update().filter(pk=delivery.endpoint_id).first()
        is_last = tries > len(PAUSES) or endpoint is None or endpoint.off_at is not None
        mine = _as_leased(delivery).update(
            status=DeliveryStatus.GIVEN_UP if is_last else DeliveryStatus.WAITING,
            due_at=now if is_last else now + max(PAUSES[tries - 1], wait),
            leased_until=None,
            attempts=tries,
            answered=status,
            took_ms=took_ms,
            problem=problem[:200],
        )
        if endpoint is not None and mine:
            _bear_with(endpoint, status, problem, wait, now)


def _bear_with(
    endpoint: WebhookEndpoint, status: int | None, problem: str, wait: timedelta, now: datetime
) -> None:
    failing_since = endpoint.failing_since or now
    rest = max(rest_after(failing_since=failing_since, now=now), wait)
    change(endpoint, failing_since=failing_since, rests_until=now + rest)
    if status == GONE:
        _give_up(endpoint, "It answered that it is gone for good (410).", now)
    elif now - failing_since >= PATIENCE:
        _give_up(endpoint, f"It has taken nothing for {PATIENCE.days} days. The last time: {problem}", now)


def _give_up(endpoint: WebhookEndpoint, because: str, now: datetime) -> None:
    if stop(endpoint=endpoint, because=because, now=now):
        events.record(kind=SWITCHED_OFF, subject_id=endpoint.pk, actor=SYSTEM, now=now)


def stop(*, endpoint: WebhookEndpoint, because: str, now: datetime) -> bool:
    """Step: nothing goes to a locked endpoint any more, and what waits is given up. False if it was off.

    What is being sent just now is left to whoever sends it.
    """
    if endpoint.off_at is not None:
        return False
    change(endpoint, off_at=now, off_reason=because[:200])
    waiting = WebhookDelivery.objects.filter(_free(now), endpoint=endpoint, status=DeliveryStatus.WAITING)
    waiting.update(status=DeliveryStatus.GIVEN_UP, leased_until=None, problem=NOT_SENT)
    return True


def send_again(*, ids: Iterable[uuid.UUID], endpoint: WebhookEndpoint, now: datetime) -> int:
    """Step: messages wait once more, with all tries before them, the first at once; how many these are.

    One that is being sent just now is left to whoever sends it.
    """
    count = WebhookDelivery.objects.filter(_free(now), pk__in=list(ids)).update(
        status=DeliveryStatus.WAITING, attempts=0, due_at=now, leased_until=None, delivered_at=None
    )
    wake(endpoint=endpoint, now=now)
    return count


def wake(*, endpoint: WebhookEndpoint, now: datetime) -> None:
    """Step: what waits for a locked endpoint is tried at once, however long it has failed."""
    change(endpoint, rests_until=None)
    wakeups.ask(kind="webhook", reference=endpoint.pk, due_at=now, now=now)


class NoSuchDelivery(LookupError):
    """It was never planned, or is kept no longer."""


def found(delivery_id: uuid.UUID) -> WebhookDelivery:
    """Raises NoSuchDelivery."""
    delivery = WebhookDelivery.objects.select_related("endpoint").filter(pk=delivery_id).first()
    if delivery is None:
        raise NoSuchDelivery("This message is not kept any more.")
    return delivery


def log_of(*, endpoint_id: uuid.UUID, number: str | None) -> Page[WebhookDelivery]:
    """What an endpoint was told of, or is to be, the newest first; `number` is of a page."""
    rows = WebhookDelivery.objects.filter(endpoint=endpoint_id).order_by("-at", "-event_id")
    return Paginator(rows, PAGE).get_page(number)


def given_up_of(*, endpoint_id: uuid.UUID) -> int:
    """How many messages were given up, and can be sent again."""
    return WebhookDelivery.objects.filter(endpoint=endpoint_id, status=DeliveryStatus.GIVEN_UP).count()


def forget(*, reference: uuid.UUID, now: datetime) -> datetime | None:
    """Use case of every night: what is settled is kept for 30 days."""
    with transaction.atomic(durable=True):
        settled = WebhookDelivery.objects.exclude(status=DeliveryStatus.WAITING)
        settled.filter(at__lte=now - KEPT).filter(
            Q(delivered_at__isnull=True) | Q(delivered_at__lte=now - KEPT)
        ).delete()
        goes_on = WebhookEndpoint.objects.exists()
    return now + LOG_LOOKED_AT if goes_on else None


def _as_leased(delivery: WebhookDelivery) -> QuerySet[WebhookDelivery]:
    """Nothing, when the lease has lapsed and another worker has it now."""
    return WebhookDelivery.objects.filter(
        pk=delivery.pk, status=DeliveryStatus.WAITING, leased_until=delivery.leased_until
    )
