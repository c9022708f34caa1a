"""A practice is erased: its schema and role are gone, and of its shared rows the platform's own books stay.

Done by the owner, like provisioning, when nothing has to be kept any more; earlier only by a person who
types the address.
"""

import shutil
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import structlog
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connections, models, transaction
from psycopg import sql

from tenants.registry.archive.contents import speaks_of_a_practice
from tenants.registry.models import Domain, Membership, Tenant, TenantStatus
from tenants.registry.planes import OWNER, shared_models

NAME: Final = "Erased practice"
# Of the shared rows with a practice's name, what stays: fees and volumes are the platform's books, the acts
# of its operators their record, and Stripe's number of the account is what the fees were charged to.
STAYS: Final = frozenset(
    {
        "registry.Tenant",
        "registry.Volume",
        "fees.FeeAccount",
        "fees.FeeEntry",
        "fees.FeeStatement",
        "connect.ConnectAccount",
        "accounts.AuditEntry",
    }
)

log = structlog.get_logger()


class NotYet(Exception):
    """It is not closed, or has to be kept longer. Nothing was erased."""


def due(*, now: datetime) -> list[Tenant]:
    """The practices that closed, or moved away, of which nothing has to be kept any more."""
    gone = (TenantStatus.CLOSED, TenantStatus.MOVED)
    closed = Tenant.objects.using(OWNER).filter(status__in=gone, erase_at__lte=now)
    return list(closed.order_by("erase_at", "pk"))


def erase(*, tenant_id: Any, now: datetime, typed: str = "") -> None:
    """Use case of the owner: all of it in one transaction, for good. Done twice it is done once.

    With its address `typed`, a closed practice goes before its time, as does one that moved away, and a
    copy that has not arrived. Raises NotYet.
    """
    with transaction.atomic(using=OWNER, durable=True):
        tenant = Tenant.objects.using(OWNER).select_for_update().get(pk=tenant_id)
        if is_erased(tenant):
            return
        _require_due(tenant, now, typed)
        _drop_schema(tenant.schema_name)
        _forget_people(tenant)
        _forget_rows(tenant.schema_name)
        _empty(tenant)
    shutil.rmtree(Path(settings.EXPORTS_DIR) / tenant.schema_name, ignore_errors=True)
    log.warning("practice erased", schema=tenant.schema_name, before_its_time=bool(typed))


def is_erased(tenant: Tenant) -> bool:
    """Whether there is nothing left but a number in the platform's books."""
    return tenant.status == TenantStatus.CLOSED and tenant.erase_at is None


def _require_due(tenant: Tenant, now: datetime, typed: str) -> None:
    if tenant.status == TenantStatus.ARRIVING and typed == tenant.slug:
        # A copy that never was open: the practice itself is where it came from.
        return
    if tenant.status not in (TenantStatus.CLOSED, TenantStatus.MOVED) or tenant.erase_at is None:
        raise NotYet(f"{tenant.name} is {tenant.get_status_display().lower()}. Only a closed one is erased.")
    if tenant.erase_at > now and typed != tenant.slug:
        raise NotYet(f"{tenant.name} is kept until {tenant.erase_at:%Y-%m-%d}.")


def _drop_schema(schema_name: str) -> None:
    there = sql.Identifier(schema_name)
    with connections[OWNER].cursor() as cursor:
        cursor.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(there))
        # Fails as a whole while another database of the cluster has rights for it.
        cursor.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(there))


def _forget_people(tenant: Tenant) -> None:
    """Who worked only here is gone; who has another practice, or is an operator, keeps the login."""
    members = Membership.objects.using(OWNER).filter(tenant=tenant)
    users = list(members.values_list("user_id", flat=True))
    members.delete()
    Domain.objects.using(OWNER).filter(tenant=tenant).delete()
    others = Membership.objects.using(OWNER).filter(user_id__in=users).values("user_id")
    only_here = get_user_model().objects.using(OWNER).filter(pk__in=users, is_staff=False)
    only_here.exclude(pk__in=others).delete()


def _forget_rows(schema_name: str) -> None:
    for model in shared_models():
        if speaks_of_a_practice(model) and model._meta.label not in STAYS:
            _rows_of(model, schema_name).delete()


def _rows_of(model: type[models.Model], schema_name: str) -> Any:
    return model._default_manager.using(OWNER).filter(schema_name=schema_name)


def _empty(tenant: Tenant) -> None:
    Tenant.objects.using(OWNER).filter(pk=tenant.pk).update(
        name=NAME,
        slug=f"erased-{tenant.pk.hex}",
        contact_email="",
        own_host="",
        status=TenantStatus.CLOSED,
        status_reason="",
        erase_at=None,
        moving_to="",
        move_seal="",
    )
