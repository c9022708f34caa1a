"""A coach's own archive: asked for on a page, made by a worker, kept for a week, and then gone by itself.

The files stand outside of the database, in a folder that all web and worker machines see (`EXPORTS_DIR`): an
archive is larger than what a row may hold, and would be part of the next one.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import transaction

from kit.actors import SYSTEM, Actor
from kit.database import current_schema
from kit.ids import uuid7
from tenants.activity import events
from tenants.activity.models import Event
from tenants.registry import wakeups
from tenants.registry.exporting import export
from tenants.registry.models import Tenant

KEPT: Final = timedelta(days=7)
ASKED: Final = "export.asked"
READY: Final = "export.ready"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a coach is with it: `asked_at` of one that is being made, and the newest that can be had."""

    asked_at: datetime | None = None
    file: Path | None = None
    made_at: datetime | None = None
    until: datetime | None = None


def ask(*, now: datetime, actor: Actor) -> bool:
    """Use case: have the current practice's archive made. False while one is being made already."""
    with transaction.atomic(durable=True):
        if standing(now=now).asked_at:
            return False
        export_id = uuid7()
        events.record(kind=ASKED, subject_id=export_id, actor=actor, now=now)
        wakeups.ask(kind="export", reference=export_id, due_at=now, now=now)
    return True


def make(*, reference: uuid.UUID, now: datetime) -> datetime | None:
    """Use case of the wakeup: make it, and a week later remove it."""
    path = _path(reference)
    made = Event.objects.filter(kind=READY, subject_id=reference).first()
    if made is not None:
        return _remove_in_time(path, made.at + KEPT, now)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    exported = export(tenant=Tenant.objects.get(schema_name=current_schema()), to=path, now=now)
    with transaction.atomic(durable=True):
        data = {"files": exported.files, "rows": sum(exported.rows.values()), "bytes": path.stat().st_size}
        events.record(kind=READY, subject_id=reference, actor=SYSTEM, now=now, data=data)
    return now + KEPT


def _remove_in_time(path: Path, until: datetime, now: datetime) -> datetime | None:
    if now < until:
        return until
    path.unlink(missing_ok=True)
    return None


def standing(*, now: datetime) -> Standing:
    """Of the current practice."""
    recent = Event.objects.filter(at__gt=now - KEPT)
    asked = recent.filter(kind=ASKED).order_by("-at", "-pk").first()
    ready = {event.subject_id: event for event in recent.filter(kind=READY).order_by("at", "pk")}
    waits = asked.at if asked and asked.subject_id not in ready else None
    if not ready:
        return Standing(waits)
    newest = list(ready.values())[-1]
    path = _path(newest.subject_id)
    return Standing(waits, path, newest.at, newest.at + KEPT) if path.exists() else Standing(waits)


def _path(export_id: uuid.UUID) -> Path:
    return Path(settings.EXPORTS_DIR) / current_schema() / f"{export_id}.zip"
