"""Looking at a practice as its coach does: begun with a reason, for half an hour, and known to the coach."""

import uuid
from datetime import datetime

from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction

from accounts import audit
from kit.actors import Actor
from tenants.registry import looking, standing
from tenants.registry.models import Tenant, TenantStatus

BEGAN, ENDED = "practice.looked_at", "practice.look_ended"
LOOKED_AT = (TenantStatus.OPEN, TenantStatus.SUSPENDED)


def begin(*, tenant_id: uuid.UUID, reason: str, session: SessionBase, now: datetime, actor: Actor) -> Tenant:
    """Use case of an operator. A look that is under way ends with it.

    Raises Tenant.DoesNotExist, `standing.NoReason`, and `standing.NotPossible` where there is nothing to see.
    """
    if not reason.strip():
        raise standing.NoReason("Say why.")
    tenant = Tenant.objects.get(pk=tenant_id)
    if tenant.status not in LOOKED_AT:
        raise standing.NotPossible(f"{tenant.name} is {tenant.get_status_display().lower()}.")
    end(session=session, now=now, actor=actor)
    with transaction.atomic(durable=True):
        data = {"until": (now + looking.LASTS).isoformat()}
        _say(BEGAN, tenant, reason, data, now, actor)
    looking.begin(session, tenant_id=tenant.pk, now=now)
    return tenant


def end(*, session: SessionBase, now: datetime, actor: Actor) -> Tenant | None:
    """Use case of an operator: whose practice was looked at; None when none was."""
    tenant_id = looking.end(session)
    if tenant_id is None:
        return None
    tenant = Tenant.objects.get(pk=tenant_id)
    with transaction.atomic(durable=True):
        _say(ENDED, tenant, "", {}, now, actor)
    return tenant


def _say(kind: str, tenant: Tenant, reason: str, data: dict[str, str], now: datetime, actor: Actor) -> None:
    audit.note(actor=actor, kind=kind, schema_name=tenant.schema_name, reason=reason, data=data, now=now)
    standing.say(
        schema_name=tenant.schema_name, kind=kind, now=now, actor=actor, data={"reason": reason, **data}
    )
