"""What the platform's people did to a practice, in its own record: the coach reads who, when and why."""

import uuid
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from kit.actors import Actor
from kit.database import current_schema
from tenants.activity import events
from tenants.activity.models import Event

BY_OPERATORS = (
    "practice.suspended",
    "practice.reopened",
    "practice.terms_changed",
    "practice.looked_at",
    "practice.look_ended",
)


def record(*, kind: str, now: datetime, actor: Actor, data: dict[str, Any]) -> None:
    """Step of a change from outside, in its transaction and inside the practice."""
    tenant_id = uuid.UUID(current_schema().removeprefix("t_"))
    events.record(kind=kind, subject_id=tenant_id, actor=actor, now=now, data=data)


def by_operators() -> QuerySet[Event]:
    """The newest first."""
    return Event.objects.filter(kind__in=BY_OPERATORS).order_by("-at", "-pk")
