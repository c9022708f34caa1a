"""A coach closes the practice, and may open it again for a while. Erasing it is another matter, much later.

Closed, it takes no booking and no money. Its clients can read their own pages and papers for 30 days more.
What the law asks a business to keep is kept for ten years after the year in which it closed, for nobody to
read but who restores or erases it; then it is erased.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from django.db import transaction
from django_tenants.utils import schema_context

from accounts import audit
from kit import wiring
from kit.actors import Actor
from kit.database import require_transaction
from kit.states import move
from tenants.registry.hosts import forget_hosts
from tenants.registry.models import Tenant, TenantStatus
from tenants.registry.standing import NotPossible, say

READABLE: Final = timedelta(days=30)
KEPT_YEARS: Final = 10

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Matter:
    """Something that is open, in words. What `hinders` is settled first; of the rest it says what becomes."""

    words: str
    hinders: bool = False


class StillOpen(Exception):
    """Something has to be settled first. The reasons are sentences for people; nothing was closed."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


def matters(*, now: datetime) -> list[Matter]:
    """What is open at the current practice, what hinders first. Every room names its own in the wiring."""
    found = [each for path in wiring.table("CLOSING") for each in wiring.named(path)(now=now)]
    return sorted(found, key=lambda matter: not matter.hinders)


def close(*, schema_name: str, now: datetime, actor: Actor) -> Tenant:
    """Use case: the pages say that it is closed, nothing new begins, and the day of erasing is set.

    What is open is looked at once more in the same transaction, after which no page takes anything. Raises
    StillOpen and NotPossible.
    """
    with schema_context("public"), transaction.atomic(durable=True):
        tenant = _locked(schema_name)
        if tenant.status not in (TenantStatus.OPEN, TenantStatus.SUSPENDED):
            raise NotPossible(f"{tenant.name} is {tenant.get_status_display().lower()} already.")
        _require_settled(schema_name, now)
        move(tenant, TenantStatus.CLOSED, closed_at=now, erase_at=erased_from(now))
        _tell("practice.closed", tenant, now, actor)
    return tenant


def reopen(*, schema_name: str, now: datetime, actor: Actor) -> Tenant:
    """Use case: as if it had never been closed, within the days in which its pages can be read.

    Retainers that ended stay ended. Raises NotPossible.
    """
    with schema_context("public"), transaction.atomic(durable=True):
        tenant = _locked(schema_name)
        if not can_reopen(tenant, now=now):
            raise NotPossible(f"{tenant.name} cannot be opened again by itself any more. Write to us.")
        move(tenant, TenantStatus.OPEN, closed_at=None, erase_at=None, status_reason="")
        _tell("practice.opened_again", tenant, now, actor)
    return tenant


def can_reopen(tenant: Tenant, *, now: datetime) -> bool:
    """Whether its own coach may still open it again."""
    return is_readable(tenant, now=now)


def is_readable(tenant: Tenant, *, now: datetime) -> bool:
    """Whether clients of a closed practice still read their own pages."""
    closed = tenant.status == TenantStatus.CLOSED and tenant.closed_at is not None
    return closed and now < readable_until(tenant)


def readable_until(tenant: Tenant) -> datetime:
    """Of a practice that is closed."""
    assert tenant.closed_at is not None
    return tenant.closed_at + READABLE


def erased_from(closed_at: datetime) -> datetime:
    """The first moment at which nothing has to be kept: counted, as tax law counts, from the year's end."""
    return datetime(closed_at.astimezone(UTC).year + KEPT_YEARS + 1, 1, 1, tzinfo=UTC)


def _locked(schema_name: str) -> Tenant:
    return Tenant.objects.select_for_update().get(schema_name=schema_name)


def _require_settled(schema_name: str, now: datetime) -> None:
    with schema_context(schema_name):
        hindering = [matter.words for matter in matters(now=now) if matter.hinders]
    if hindering:
        raise StillOpen(hindering)


def _tell(kind: str, tenant: Tenant, now: datetime, actor: Actor) -> None:
    require_transaction()
    audit.note_if_operator(actor=actor, kind=kind, schema_name=tenant.schema_name, now=now)
    say(schema_name=tenant.schema_name, kind=kind, now=now, actor=actor, data={})
    transaction.on_commit(forget_hosts)
    log.info(kind, schema=tenant.schema_name, actor_kind=actor.kind, actor_id=actor.id)
