"""Letting a partner's program into a practice, what its tokens open there, and ending it."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django_tenants.utils import schema_context, tenant_context
from oauth2_provider.models import get_access_token_model, get_grant_model, get_refresh_token_model

from accounts.models import User
from kit.actors import Actor
from kit.database import current_schema
from partners.models import Access
from tenants.activity import events
from tenants.integrations import scopes as names
from tenants.integrations.keys import Caller, digest_of
from tenants.registry.models import Tenant

_PATH = "/oauth/access/"


class NoSuchAccess(LookupError):
    """This practice has let no such program in, or has ended it."""


def allow(
    *, application_id: int, tenant: Tenant, user: User, scopes: Collection[str], now: datetime
) -> Access:
    """Use case: the program may do at this practice what `scopes` say, from now on no less and no more.

    Allowed once more it is the same access. Raises `scopes.UnknownScope`.
    """
    said = names.written(scopes)
    with transaction.atomic(durable=True):
        access, _made = Access.objects.update_or_create(
            application_id=application_id,
            schema_name=tenant.schema_name,
            ended_at=None,
            defaults={"user": user, "scopes": said},
            create_defaults={"user": user, "scopes": said, "allowed_at": now},
        )
    _record("partner.allowed", access, tenant, Actor("coach", str(user.pk), str(user)), now)
    return access


def end(*, access_id: uuid.UUID, tenant: Tenant, now: datetime, actor: Actor) -> None:
    """Use case: no token of this access opens anything from now on, nor brings another.

    Raises NoSuchAccess for one of another practice.
    """
    with schema_context("public"), transaction.atomic(durable=True):
        here = Access.objects.filter(schema_name=tenant.schema_name).select_related("application")
        access = here.select_for_update(of=("self",)).filter(pk=access_id).first()
        if access is None:
            raise NoSuchAccess("No such program was let in here.")
        if access.ended_at is not None:
            return
        access.ended_at = now
        access.save(update_fields=["ended_at"])
        of_it = {"resource": [resource_of(access)]}
        get_grant_model().objects.filter(**of_it).delete()
        get_access_token_model().objects.filter(**of_it).delete()
        get_refresh_token_model().objects.filter(**of_it, revoked=None).update(revoked=now)
    _record("partner.ended", access, tenant, actor, now)


def of_practice(schema_name: str) -> list[Access]:
    """Every program that is let in, the newest first."""
    living = Access.objects.filter(schema_name=schema_name, ended_at=None)
    with schema_context("public"):
        return list(living.select_related("application").order_by("-allowed_at", "-pk"))


def opener(token: str, *, now: datetime) -> Caller | None:
    """What a partner's token opens in the current practice; None for one of another practice, or ended."""
    schema_name, digest = current_schema(), digest_of(token)
    with schema_context("public"):
        found = get_access_token_model().objects.filter(token_checksum=digest).first()
        if found is None or found.is_expired():
            return None
        access = _living(found.resource).filter(schema_name=schema_name).select_related("application").first()
    if access is None:
        return None
    # What the coach allows now, should that have become less than what the token was given.
    scopes = frozenset(found.scope.split()) & frozenset(access.scopes.split())
    return Caller(
        asked_by=f"access:{access.pk}",
        name=access.application.name,
        scopes=scopes,
        version=f"{access.allowed_at:%Y-%m-%d}",
    )


def resource_of(access: Access) -> str:
    """What tokens are bound to, as a resource indicator (RFC 8707)."""
    return f"{settings.SITE_SCHEME}://{settings.CENTRAL_HOST}{_PATH}{access.pk}"


def living_of(resource: Sequence[str]) -> Access | None:
    """The access that a code or token is bound to, unless it has ended."""
    return _living(resource).first()


def _living(resource: Sequence[str]) -> QuerySet[Access]:
    [named] = resource if len(resource) == 1 else [""]
    try:
        access_id = uuid.UUID(named.rpartition(_PATH)[2])
    except ValueError:
        return Access.objects.none()
    return Access.objects.filter(pk=access_id, ended_at=None)


def _record(kind: str, access: Access, tenant: Tenant, actor: Actor, now: datetime) -> None:
    data = {"partner": access.application.name, "scopes": access.scopes}
    with tenant_context(tenant), transaction.atomic(durable=True):
        events.record(kind=kind, subject_id=access.pk, actor=actor, now=now, data=data)
