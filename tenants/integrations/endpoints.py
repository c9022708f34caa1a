"""Where programs want to be told: made by the coach, tried, changed, switched off and on, removed."""

import uuid
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction

from kit.actors import Actor
from kit.database import current_schema
from kit.ids import uuid7
from kit.states import change as set_fields
from tenants.activity import events
from tenants.integrations import deliveries, public_events
from tenants.integrations.models import WebhookDelivery, WebhookEndpoint
from tenants.integrations.receivers import checked
from tenants.integrations.sealing import opened, sealed
from tenants.integrations.signing import checked_secret, new_secret
from tenants.registry import wakeups

MOST: Final = 5
# For so long after a rotation the old secret signs too, so that a receiver can be changed over.
OVERLAP = timedelta(hours=24)
BY_HAND: Final = "Switched off by hand."


class NoSuchEndpoint(LookupError):
    """There is no such endpoint, or not any more."""


class TooManyEndpoints(RuntimeError):
    """A practice has a handful. Its message is for people."""


class EndpointIsOff(RuntimeError):
    """Nothing is sent to it. Its message is for people."""


def make(
    *, url: str, name: str, kinds: str, shows_money: bool, now: datetime, actor: Actor, secret: str = ""
) -> WebhookEndpoint:
    """Use case: from now on events are sent there. `kinds` is empty for all of `PUBLIC_EVENTS`.

    A program brings a `secret` of its own, so that none has to be sent to it; for people one is made.
    Whether it shows money stays as it is: what was sent once is sent again word for word. Raises
    `receivers.AddressRefused`, `public_events.UnknownKinds`, `signing.BadSecret`, TooManyEndpoints.
    """
    endpoint = WebhookEndpoint(
        pk=uuid7(),
        url=checked(url),
        name=name,
        kinds=public_events.written(kinds),
        shows_money=shows_money,
        secret=sealed(checked_secret(secret) if secret else new_secret()),
        made_by=actor.id,
        created_at=now,
    )
    with transaction.atomic(durable=True):
        # One after the other, so that the count holds.
        WebhookEndpoint.objects.select_for_update().order_by("pk").first()
        if WebhookEndpoint.objects.count() >= MOST:
            raise TooManyEndpoints(f"There are {MOST} already. Remove one that you do not need first.")
        endpoint.save(force_insert=True)
        wakeups.ask(
            kind="webhook_log", reference=_of_tenant(), due_at=now + deliveries.LOG_LOOKED_AT, now=now
        )
        _record("webhook.made", endpoint, now, actor)
    return endpoint


def change(
    *, endpoint_id: uuid.UUID, url: str, name: str, kinds: str, now: datetime, actor: Actor
) -> WebhookEndpoint:
    """Use case: what still waits goes to the new address. Raises as `make` does, and NoSuchEndpoint."""
    said = {"url": checked(url), "name": name, "kinds": public_events.written(kinds)}
    with transaction.atomic(durable=True):
        endpoint = _locked(endpoint_id)
        set_fields(endpoint, **said)
        deliveries.wake(endpoint=endpoint, now=now)
        _record("webhook.changed", endpoint, now, actor)
    return endpoint


def secret_of(*, endpoint_id: uuid.UUID, now: datetime, actor: Actor) -> str:
    """Use case: what the receiver checks signatures with; who looked is kept. Raises NoSuchEndpoint."""
    with transaction.atomic(durable=True):
        endpoint = _locked(endpoint_id)
        _record("webhook.secret_seen", endpoint, now, actor)
    return opened(endpoint.secret)


def rotate(*, endpoint_id: uuid.UUID, now: datetime, actor: Actor, secret: str = "") -> WebhookEndpoint:
    """Use case: a new secret; the old one signs beside it for 24 hours.

    Raises NoSuchEndpoint, `signing.BadSecret`.
    """
    new = checked_secret(secret) if secret else new_secret()
    with transaction.atomic(durable=True):
        endpoint = _locked(endpoint_id)
        set_fields(
            endpoint,
            old_secret=endpoint.secret,
            old_secret_until=now + OVERLAP,
            secret=sealed(new),
        )
        _record("webhook.rotated", endpoint, now, actor)
    return endpoint


def test(*, endpoint_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """Use case: send it an event that says only that it was tested. Raises NoSuchEndpoint, EndpointIsOff."""
    with transaction.atomic(durable=True):
        endpoint = _locked(endpoint_id)
        _refuse_off(endpoint)
        deliveries.wake(endpoint=endpoint, now=now)
        events.record(kind=public_events.TESTED, subject_id=endpoint.pk, actor=actor, now=now)


def replay(*, delivery_id: uuid.UUID, now: datetime, actor: Actor) -> WebhookDelivery:
    """Use case: send one message once more, as it was. Of one that waits it is tried at once.

    Raises `deliveries.NoSuchDelivery`, NoSuchEndpoint, EndpointIsOff.
    """
    with transaction.atomic(durable=True):
        delivery = deliveries.found(delivery_id)
        endpoint = _locked(delivery.endpoint_id)
        _refuse_off(endpoint)
        deliveries.send_again(ids=[delivery.pk], endpoint=endpoint, now=now)
        _record("webhook.replayed", endpoint, now, actor, delivery=str(delivery_id))
    delivery.refresh_from_db()
    return delivery


def replay_given_up(*, endpoint_id: uuid.UUID, now: datetime, actor: Actor) -> int:
    """Use case: send again all that was given up; how many that is. Raises as `replay` does."""
    with transaction.atomic(durable=True):
        endpoint = _locked(endpoint_id)
        _refuse_off(endpoint)
        lost = WebhookDelivery.objects.filter(endpoint=endpoint, status=WebhookDelivery.Status.GIVEN_UP)
        count = deliveries.send_again(ids=lost.values_list("pk", flat=True), endpoint=endpoint, now=now)
        _record("webhook.replayed", endpoint, now, actor, deliveries=count)
    return count


def switch_off(*, endpoint_id: uuid.UUID, now: datetime, actor: Actor) -> WebhookEndpoint:
    """Use case: nothing is sent there until it is on again. Raises NoSuchEndpoint."""
    with transaction.atomic(durable=True):
        endpoint = _locked(endpoint_id)
        if deliveries.stop(endpoint=endpoint, because=BY_HAND, now=now):
            _record("webhook.off", endpoint, now, actor)
    return endpoint


def switch_on(*, endpoint_id: uuid.UUID, now: datetime, actor: Actor) -> WebhookEndpoint:
    """Use case: what happens from now on is sent there, and of before what is asked for.

    Raises NoSuchEndpoint.
    """
    with transaction.atomic(durable=True):
        endpoint = _locked(endpoint_id)
        if endpoint.off_at is not None:
            set_fields(endpoint, off_at=None, off_reason="", failing_since=None)
            deliveries.wake(endpoint=endpoint, now=now)
            _record("webhook.on", endpoint, now, actor)
    return endpoint


def remove(*, endpoint_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """Use case: it is gone, and its log with it. Twice is once."""
    with transaction.atomic(durable=True):
        endpoint = WebhookEndpoint.objects.select_for_update().filter(pk=endpoint_id).first()
        if endpoint is not None:
            _record("webhook.removed", endpoint, now, actor)
            WebhookDelivery.objects.filter(endpoint=endpoint).delete()
            WebhookEndpoint.objects.filter(pk=endpoint_id).delete()


def all_endpoints() -> list[WebhookEndpoint]:
    return list(WebhookEndpoint.objects.order_by("created_at", "pk"))


def found(endpoint_id: uuid.UUID) -> WebhookEndpoint:
    """Raises NoSuchEndpoint."""
    endpoint = WebhookEndpoint.objects.filter(pk=endpoint_id).first()
    if endpoint is None:
        raise NoSuchEndpoint("There is no such endpoint, or not any more.")
    return endpoint


def _locked(endpoint_id: uuid.UUID) -> WebhookEndpoint:
    endpoint = WebhookEndpoint.objects.select_for_update().filter(pk=endpoint_id).first()
    if endpoint is None:
        raise NoSuchEndpoint("There is no such endpoint, or not any more.")
    return endpoint


def _refuse_off(endpoint: WebhookEndpoint) -> None:
    if endpoint.off_at is not None:
        raise EndpointIsOff("It is switched off. Switch it on first; nothing was sent.")


def _record(kind: str, endpoint: WebhookEndpoint, now: datetime, actor: Actor, **said: Any) -> None:
    events.record(kind=kind, subject_id=endpoint.pk, actor=actor, now=now, data=said)


def _of_tenant() -> uuid.UUID:
    return uuid.UUID(current_schema().removeprefix("t_"))
