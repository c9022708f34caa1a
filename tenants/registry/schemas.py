"""A tenant's schema in the database, made by the owner in one transaction."""

from datetime import datetime

from django.db import connections, transaction

from kit.database import require_transaction
from tenants.registry import grants
from tenants.registry.models import TenantSchemaState
from tenants.registry.planes import OWNER
from tenants.registry.rendering import blueprint, digest


class RoleMissing(RuntimeError):
    """A role of the cluster that only its administrator can make is not there."""


def create_schema(schema_name: str, *, now: datetime) -> bool:
    """Make schema, tables, role and rights of a tenant; False if they were there already.

    Whole or not at all. Two that run at once for one tenant take turns.
    """
    with transaction.atomic(using=OWNER, durable=True):
        return make_schema(schema_name=schema_name, now=now)


def make_schema(*, schema_name: str, now: datetime) -> bool:
    """Step of the owner: as `create_schema`, for a transaction that does more."""
    require_transaction(using=OWNER)
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [schema_name])
        if TenantSchemaState.objects.using(OWNER).filter(schema_name=schema_name).exists():
            return False
        cursor.execute(_everything(schema_name, role_exists=_has_role(cursor, schema_name)))
        TenantSchemaState.objects.using(OWNER).create(
            schema_name=schema_name,
            migrations=digest(blueprint().migrations),
            rights=grants.tenant_rights_digest(),
            applied_at=now,
        )
    return True


def _everything(schema_name: str, *, role_exists: bool) -> str:
    # Without "public" on the path, a table of the shared plane cannot be spoken of by accident.
    return "\n".join(
        [
            f'CREATE SCHEMA "{schema_name}";',
            f'SET LOCAL search_path = "{schema_name}";',
            blueprint().ddl,
            grants.tenant_role(schema_name, exists=role_exists),
            grants.tenant_grants(schema_name),
            "SET LOCAL search_path = public;",
        ]
    )


def ensure_roles() -> None:
    """Make the group of the tenants' roles, if it is missing. Raises RoleMissing without a web role."""
    web, group = grants.web_role(), grants.group_role()
    with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
        if not _has_role(cursor, web):
            raise RoleMissing(f"The role {web} is missing. Run infra/postgres/roles.sql as an administrator.")
        if not _has_role(cursor, group):
            cursor.execute(f'CREATE ROLE "{group}" NOLOGIN')


def _has_role(cursor: object, name: str) -> bool:
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])  # type: ignore[attr-defined]
    return cursor.fetchone() is not None  # type: ignore[attr-defined]
