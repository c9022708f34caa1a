"""From a name on a form to an open page: sign-up by the web role, the schema by the owner's worker."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django_tenants.utils import tenant_context

from kit import wiring
from kit.actors import Actor
from kit.clock import zone
from kit.ids import uuid7
from kit.tasks import enqueue
from tenants.registry import addresses
from tenants.registry.models import Domain, Membership, Tenant, TenantStatus, schema_name_for
from tenants.registry.schemas import create_schema

ASK_AGAIN_AFTER = timedelta(seconds=30)

log = structlog.get_logger()

AddressState = Literal["free", "taken", "reserved", "malformed"]


class AddressRefused(ValueError):
    """The address cannot be had. Its message is for the person who asked for it."""


class AddressTaken(AddressRefused):
    """Another coach has it."""


class AddressReserved(AddressRefused):
    """The platform keeps it for itself."""


class AddressMalformed(AddressRefused):
    """It cannot stand in a host name."""


def address_state(slug: str) -> AddressState:
    """Whether a coach could have this address now. A hint for a form: `sign_up` decides."""
    if addresses.malformed(slug):
        return "malformed"
    if slug in addresses.RESERVED:
        return "reserved"
    return "taken" if Tenant.objects.filter(slug=slug).exists() else "free"


def sign_up(
    *,
    user: Any,
    name: str,
    slug: str,
    timezone: str,
    country: str,
    currency: str,
    now: datetime,
    actor: Actor,
    contact_email: str = "",
    is_sandbox: bool = False,
) -> Tenant:
    """Give `user` a tenant of their own, which opens once its schema is made.

    `country` is ISO 3166-1 ("DE"), `currency` ISO 4217 in small letters ("eur"). Raises AddressTaken,
    AddressReserved or AddressMalformed, and UnknownZone; nothing is kept then.
    """
    zone(timezone)
    if problem := addresses.malformed(slug):
        raise AddressMalformed(problem)
    tenant_id = uuid7()
    tenant = Tenant(
        id=tenant_id,
        schema_name=schema_name_for(tenant_id),
        name=name,
        slug=slug,
        timezone=timezone,
        country=country,
        currency=currency,
        contact_email=contact_email,
        is_sandbox=is_sandbox,
        created_at=now,
        asked_at=now,
    )
    try:
        with transaction.atomic(durable=True):
            _register(tenant, user)
            transaction.on_commit(partial(ask_to_provision, tenant_id), robust=True)
    except IntegrityError as error:
        raise _refusal(slug, error) from error
    log.info("tenant_signed_up", tenant=str(tenant_id), actor=f"{actor.kind}:{actor.id}")
    return tenant


def _register(tenant: Tenant, user: Any) -> None:
    tenant.save(force_insert=True)
    Domain.objects.bulk_create(
        [Domain(tenant=tenant, domain=addresses.host_for(tenant.slug), is_primary=True)]
    )
    Membership.objects.create(tenant=tenant, user=user)


def _refusal(slug: str, error: IntegrityError) -> Exception:
    """The refusal that a broken constraint stands for, or the error itself."""
    constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
    if constraint == "tenant_address_reserved":
        return AddressReserved(f"“{slug}” is kept for the platform. Please choose another address.")
    if constraint.startswith(("registry_tenant_slug", "domain_once")):
        return AddressTaken(f"“{slug}” belongs to another coach already. Please choose another address.")
    return error


def ask_to_provision(tenant_id: UUID) -> None:
    """Tell the provisioning worker. A queue that is away loses nothing: the sweep asks again."""
    from tenants.registry.tasks import provision_tenant

    enqueue(provision_tenant, str(tenant_id))


def ask_again(*, now: datetime) -> int:
    """Ask for the tenants that have waited too long once more. Returns how many."""
    waiting = Tenant.objects.filter(
        status=TenantStatus.PROVISIONING, asked_at__lt=now - ASK_AGAIN_AFTER
    ).values_list("id", "asked_at")
    asked = 0
    for tenant_id, asked_at in waiting:
        # Only one of several sweepers changes the row, and only that one asks.
        if Tenant.objects.filter(id=tenant_id, asked_at=asked_at).update(asked_at=now):
            ask_to_provision(tenant_id)
            asked += 1
    return asked


def provision(*, tenant_id: UUID, now: datetime) -> Tenant:
    """Make a tenant's schema and open its pages. Needs the owner's connection; may be called again."""
    tenant = Tenant.objects.get(pk=tenant_id)
    if tenant.status == TenantStatus.PROVISIONING:
        create_schema(tenant.schema_name, now=now)
        _open(tenant, now)
        tenant.refresh_from_db()
    return tenant


def _open(tenant: Tenant, now: datetime) -> None:
    """Open the tenant and let the apps put in what a new one starts with: both or neither."""
    with transaction.atomic(durable=True):
        opened = Tenant.objects.filter(pk=tenant.pk, status=TenantStatus.PROVISIONING).update(
            status=TenantStatus.OPEN, opened_at=now
        )
        if not opened:
            return
        with tenant_context(tenant):
            for path in wiring.table("TENANT_CREATED"):
                wiring.named(path)(tenant_id=tenant.pk, now=now)
