"""Suspending a practice and opening it again: an operator's word, with a reason that the coach reads.

Suspended, its public pages say that it is not open now, and nothing new begins: no booking, no sale, no
charge of its own accord. What is under way ends as it would have: payments settle, refunds arrive, sessions
stand.
"""

from datetime import datetime
from typing import Any

import structlog
from django.db import transaction
from django_tenants.utils import schema_context

from accounts import audit
from kit import wiring
from kit.actors import Actor
from kit.database import current_schema
from kit.states import IllegalMove, move
from tenants.registry.hosts import forget_hosts
from tenants.registry.models import Tenant, TenantStatus

log = structlog.get_logger()


class NotPossible(Exception):
    """The practice is not in a state from which this can be done. Nothing was changed."""


class NoReason(ValueError):
    """Nobody would know later why it was done."""


def suspend(*, schema_name: str, reason: str, now: datetime, actor: Actor) -> Tenant:
    """Use case of an operator. The coach is mailed the reason. Raises NoReason and NotPossible."""
    return _stand(
        TenantStatus.SUSPENDED, "practice.suspended", schema_name, reason, now, actor, status_reason=reason
    )


def reopen(*, schema_name: str, reason: str, now: datetime, actor: Actor) -> Tenant:
    """Use case of an operator, of a practice that is suspended. Raises NoReason and NotPossible."""
    return _stand(TenantStatus.OPEN, "practice.reopened", schema_name, reason, now, actor, status_reason="")


def does_business() -> bool:
    """Whether the current practice is open, so that something new may begin by itself."""
    mine = Tenant.objects.filter(schema_name=current_schema(), status=TenantStatus.OPEN)
    return mine.exists()


def is_closed() -> bool:
    """Whether the current practice is closed, so that it takes no booking and no money."""
    return Tenant.objects.filter(schema_name=current_schema(), status=TenantStatus.CLOSED).exists()


def insist_it_is_here(*, schema_name: str) -> None:
    """Step of a change of what is kept outside of a practice: its archive will hold it, or it is not made.

    Nobody packs it to move until the transaction ends. Raises NotPossible between two installations, and when
    it has moved.
    """
    tenant = Tenant.objects.select_for_update(no_key=True).get(schema_name=schema_name)
    if tenant.status in (TenantStatus.PACKED, TenantStatus.ARRIVING):
        raise NotPossible(f"{tenant.name} is between two installations. Change it when the move is over.")
    if tenant.status == TenantStatus.MOVED:
        raise NotPossible(f"{tenant.name} has moved. Change it where it is now: {tenant.moving_to}")


def say(*, schema_name: str, kind: str, now: datetime, actor: Actor, data: dict[str, Any]) -> None:
    """Step: what was done to a practice stands in its own record, too, in the same transaction."""
    with schema_context(schema_name):
        for path in wiring.table("PRACTICE_CHANGED"):
            wiring.named(path)(kind=kind, now=now, actor=actor, data=data)


def _stand(
    status: TenantStatus,
    kind: str,
    schema_name: str,
    reason: str,
    now: datetime,
    actor: Actor,
    **changes: Any,
) -> Tenant:
    if not reason.strip():
        raise NoReason("Say why.")
    with schema_context("public"), transaction.atomic(durable=True):
        tenant = Tenant.objects.select_for_update().get(schema_name=schema_name)
        before = tenant.status
        if before not in (TenantStatus.OPEN, TenantStatus.SUSPENDED):
            raise NotPossible(f"{tenant.name} is {tenant.get_status_display().lower()}.")
        try:
            move(tenant, status, **changes)
        except IllegalMove as error:
            raise NotPossible(f"{tenant.name} is {tenant.get_status_display().lower()} already.") from error
        data = {"before": before, "after": str(status)}
        audit.note_if_operator(
            actor=actor, kind=kind, schema_name=schema_name, reason=reason, data=data, now=now
        )
        say(schema_name=schema_name, kind=kind, now=now, actor=actor, data={"reason": reason})
        transaction.on_commit(forget_hosts)
    log.info(kind, schema=schema_name, actor_kind=actor.kind, actor_id=actor.id)
    return tenant
