"""The nightly look at each practice for what fell through the cracks. Expected: nothing.

Each room names in `config.wiring.PATROL` what it looks for; here what is found is mended where that is
known how, kept until it is gone, and never kept quiet about.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django_tenants.utils import schema_context

from kit import wiring
from kit.database import current_schema, insert_unless_there, read_only
from tenants.registry import wakeups
from tenants.registry.models import Finding, Tenant, TenantStatus

log = structlog.get_logger()

# What workers do within seconds was missed when it is this much late.
LATE = timedelta(hours=1)
AGAIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Missed:
    """Something that should not be: the booking (or tenant) it is about, and the work that would mend it.

    `mended_by` is a kind of `WAKEUPS` with its reference; None where only a person can tell what is right.
    """

    reference: uuid.UUID
    mended_by: tuple[str, uuid.UUID] | None = None


def open_findings(**of: str) -> QuerySet[Finding]:
    """What was found and is not gone yet: of all tenants, or of the one with this `schema_name`."""
    return Finding.objects.filter(cleared_at__isnull=True, **of)


def schemas_to_visit() -> list[str]:
    """The tenants with something under way: in a suspended one, payments settle and sessions stand."""
    alive = Tenant.objects.filter(status__in=(TenantStatus.OPEN, TenantStatus.SUSPENDED))
    return list(alive.values_list("schema_name", flat=True))


def schemas_to_prove(*, now: datetime) -> list[str]:
    """Each night another seventh of them, so that every practice has its turn once a week."""
    return [each for each in schemas_to_visit() if int(each.removeprefix("t_"), 16) % 7 == now.weekday()]


def prove_tenant(*, schema_name: str, now: datetime) -> None:
    """Use case of the nightly task: everything that proves one practice."""
    for path in wiring.table("PROOFS").values():
        wiring.named(path)(schema_name=schema_name, now=now)


def patrol_tenant(*, schema_name: str, now: datetime) -> None:
    """Use case of the nightly task: one tenant's patrol."""
    with schema_context(schema_name):
        patrol(reference=uuid.UUID(schema_name.removeprefix("t_")), now=now)


def patrol(*, reference: uuid.UUID, now: datetime) -> datetime | None:
    """Use case of the night and of its own wakeup: look, have mended what can be, and keep what was found.

    Looks again every hour until nothing is found, so that nobody is told for a day of what is mended.
    """
    missed = _look(now)
    again = now + AGAIN if missed else None
    with transaction.atomic(durable=True):
        for kind, each in missed:
            _note(kind, each.reference, now)
            if each.mended_by:
                mending, row = each.mended_by
                wakeups.ask(kind=mending, reference=row, due_at=now, now=now)
        _clear_unseen(now)
        if again:
            wakeups.ask(kind="patrol", reference=reference, due_at=again, now=now)
    return again


def _look(now: datetime) -> list[tuple[str, Missed]]:
    """Reads only: each look is one statement, so that no payment is caught between two of its steps."""
    with read_only():
        looks = wiring.table("PATROL").items()
        return [(kind, each) for kind, path in looks for each in wiring.named(path)(now=now)]


def _note(kind: str, reference: uuid.UUID, now: datetime) -> None:
    mine = {"schema_name": current_schema(), "kind": kind, "reference": reference}
    is_new = insert_unless_there(Finding(**mine, found_at=now, seen_at=now))
    rows = Finding.objects.filter(**mine)
    came_back = rows.filter(cleared_at__isnull=False).update(found_at=now, cleared_at=None)
    rows.update(seen_at=now)
    if is_new or came_back:
        log.error("patrol found", schema=current_schema(), kind=kind, reference=str(reference))


def _clear_unseen(now: datetime) -> None:
    """What this patrol did not see any more is mended."""
    open_findings(schema_name=current_schema()).filter(seen_at__lt=now).update(cleared_at=now)
