"""The trail of operators' acts: who did what to whom, when and why. It can be added to, and nothing else."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django_tenants.utils import schema_context

from accounts.models import AuditEntry
from kit.actors import Actor
from kit.database import insert, require_transaction

LONGEST_REASON = 300


def note(
    *,
    actor: Actor,
    kind: str,
    now: datetime,
    schema_name: str = "",
    reference: str = "",
    reason: str = "",
    data: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Step of an operator's act: one entry, kept or lost together with what was done.

    `schema_name` is the practice that it was done to, `reference` the row, `data` what was before and what
    is after: never text of a client. Raises ValueError for anybody but an operator.
    """
    require_transaction()
    if actor.kind != "operator":
        raise ValueError(f"The trail is of operators' acts; {actor.kind} {actor.id} is none.")
    entry = AuditEntry(
        user_id=uuid.UUID(actor.id),
        user_name=actor.name,
        kind=kind,
        schema_name=schema_name,
        reference=reference,
        reason=reason[:LONGEST_REASON],
        data=dict(data or {}),
        at=now,
    )
    with schema_context("public"):
        insert(entry)
    return entry


def note_if_operator(*, actor: Actor, kind: str, now: datetime, **of: Any) -> None:
    """Step: as `note`, of what coaches and programs may do, too; theirs stands in the practice's record."""
    if actor.kind == "operator":
        note(actor=actor, kind=kind, now=now, **of)


def entries(*, kind: str = "", schema_name: str = "", user_id: str = "") -> QuerySet[AuditEntry]:
    """The trail, the newest first, of those that are asked for: "" asks for all."""
    asked = {"kind": kind, "schema_name": schema_name, "user_id": user_id}
    return AuditEntry.objects.filter(**{name: value for name, value in asked.items() if value}).order_by(
        "-at", "-pk"
    )
