"""Looking at a practice as its coach does: begun with a reason, for half an hour, and known to the coach.

Each look has one entry at its beginning and one at its end, in the trail and in the practice's record: at
the press that ended it, or at the moment when its time was over.
"""

import uuid
from datetime import datetime

from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django_tenants.utils import schema_context

from accounts import audit
from accounts.models import AuditEntry
from kit.actors import Actor
from kit.database import current_schema
from kit.ids import uuid7
from tenants.registry import looking, standing, wakeups
from tenants.registry.models import Tenant, TenantStatus

BEGAN, ENDED = "practice.looked_at", "practice.look_ended"
LOOKED_AT = (TenantStatus.OPEN, TenantStatus.SUSPENDED)
WORK = "look"
TIME_WAS_OVER = "The half hour was over."


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
    look = looking.Look(uuid7(), tenant.pk, until=now + looking.LASTS)
    with transaction.atomic(durable=True):
        _say(BEGAN, look.look_id, tenant, reason, now, actor, until=look.until.isoformat())
        with schema_context(tenant.schema_name):
            wakeups.ask(kind=WORK, reference=look.look_id, due_at=look.until, now=now)
    looking.begin(session, look)
    return tenant


def end(*, session: SessionBase, now: datetime, actor: Actor) -> Tenant | None:
    """Use case of an operator: whose practice was looked at; None when none was.

    A look whose time was over before has ended then: the worker says so, and this says nothing.
    """
    look = looking.end(session)
    if look is None:
        return None
    tenant = Tenant.objects.get(pk=look.tenant_id)
    if now < look.until:
        with transaction.atomic(durable=True):
            with schema_context(tenant.schema_name):
                wakeups.withdraw(kind=WORK, reference=look.look_id)
            _say(ENDED, look.look_id, tenant, "", now, actor)
    return tenant


def run_out(*, reference: uuid.UUID, now: datetime) -> None:
    """Use case of the wakeup "look": its time is over, and nobody has ended it before."""
    schema_name = current_schema()
    with schema_context("public"), transaction.atomic(durable=True):
        of_it = AuditEntry.objects.filter(schema_name=schema_name, data__look=str(reference))
        began = of_it.get(kind=BEGAN)
        if of_it.filter(kind=ENDED).exists():
            return
        tenant = Tenant.objects.get(schema_name=schema_name)
        actor = Actor("operator", str(began.user_id), began.user_name)
        until = datetime.fromisoformat(began.data["until"])
        _say(ENDED, reference, tenant, TIME_WAS_OVER, until, actor)


def _say(
    kind: str, look_id: uuid.UUID, tenant: Tenant, reason: str, now: datetime, actor: Actor, **more: str
) -> None:
    schema_name, data = tenant.schema_name, {"look": str(look_id), **more}
    audit.note(actor=actor, kind=kind, schema_name=schema_name, reason=reason, data=data, now=now)
    standing.say(schema_name=schema_name, kind=kind, now=now, actor=actor, data={"reason": reason, **more})
