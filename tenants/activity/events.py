"""Recording what happened, and telling those who want to know."""

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction

from kit import outcomes, wiring
from kit.actors import STRIPE, Actor
from kit.database import insert_later, new
from tenants.activity.models import Event
from tenants.registry import wakeups


def record(
    *,
    kind: str,
    subject_id: uuid.UUID,
    actor: Actor,
    now: datetime,
    client_id: uuid.UUID | None = None,
    data: dict[str, Any] | None = None,
) -> Event:
    """Step: write one event, and have its subscribers told after the commit."""
    event = new(
        Event,
        kind=kind,
        subject_id=subject_id,
        client_id=client_id,
        **actor.columns,
        data=data or {},
        at=now,
    )
    if kind in wiring.table("EVENT_SUBSCRIBERS"):
        wakeups.ask(kind="event", reference=event.pk, due_at=now, now=now, along_with=[event])
    else:
        insert_later(event)
    outcomes.came_to(subject_id=subject_id)
    return event


def record_shared(*, kind: str, schema_name: str, now: datetime) -> None:
    """Use case: something happened to the coach in the shared plane; the practice's own record says so."""
    tenant_id = uuid.UUID(schema_name.removeprefix("t_"))
    with transaction.atomic(durable=True):
        record(kind=kind, subject_id=tenant_id, actor=STRIPE, now=now)


def announce(*, reference: uuid.UUID, now: datetime) -> None:
    """Use case: let each subscriber of the event take its step, all in one transaction."""
    event = Event.objects.get(pk=reference)
    with transaction.atomic(durable=True):
        for path in wiring.table("EVENT_SUBSCRIBERS").get(event.kind, []):
            wiring.named(path)(event=event, now=now)
