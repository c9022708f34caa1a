"""The coach's monthly statement of platform fees, made by itself once its month is over."""

import uuid
from datetime import datetime

from django.db import transaction

from fees import statements
from kit.actors import SYSTEM
from kit.database import current_schema
from tenants.activity import events
from tenants.activity.models import Event
from tenants.registry import wakeups


def begin(*, event: Event, now: datetime) -> None:
    """Step: a fee moved, so there is a statement of this month. Asked for again it is asked for once."""
    tenant_id = uuid.UUID(current_schema().removeprefix("t_"))
    wakeups.ask(kind="fee_statement", reference=tenant_id, due_at=statements.next_due(now), now=now)


def state(*, reference: uuid.UUID, now: datetime) -> datetime:
    """Use case of the wakeup "fee_statement": draw up what is due and tell the coach; again in a month."""
    with transaction.atomic(durable=True):
        for made in statements.draw_up(schema_name=current_schema(), now=now):
            events.record(kind="fees.stated", subject_id=made.pk, actor=SYSTEM, now=now)
    return statements.next_due(now)
