"""Who may do what: rendered from the models, sent by the owner, compared with the database by a test.

Three kinds of role. `web` is what the web and worker processes sign in as; bare, it sees the shared
plane only. A tenant's own role, taken at BEGIN, sees the tenant's schema. All of those are members of
one group, which sees those shared rows that carry the tenant's schema name (row-level security).
A table that is named nowhere here is closed to everybody but its owner.
"""

from collections import defaultdict
from dataclasses import dataclass
from hashlib import md5

from django.conf import settings
from django.db import models

from kit.ledgers import InsertOnlyModel
from tenants.registry.planes import shared_models, tenant_models

_WORDS = {"S": "SELECT", "I": "INSERT", "U": "UPDATE", "D": "DELETE"}


@dataclass(frozen=True)
class Rights:
    """Letters of Select, Insert, Update, Delete, and columns of which alone an update may speak."""

    web: str = ""
    web_updates: tuple[str, ...] = ()
    tenant: str = ""
    tenant_updates: tuple[str, ...] = ()

    @property
    def is_shared_with_tenants(self) -> bool:
        """Tenants see their own rows of the table, by its column `schema_name`."""
        return bool(self.tenant or self.tenant_updates)


CLOSED = Rights()

# By app, for the tables of libraries.
LIBRARIES = {
    "sessions": Rights(web="SIUD"),
    "account": Rights(web="SIUD"),
    "mfa": Rights(web="SIUD"),
    "contenttypes": Rights(web="S"),
    "auth": Rights(web="S"),
    "oauth2_provider": Rights(web="SIUD"),
}

# By model, for our own.
SHARED = {
    "accounts.User": Rights(web="SIUD"),
    "accounts.WaitlistEntry": Rights(web="SIU"),
    "accounts.SupportRequest": Rights(web="SIU", tenant="SI"),
    "accounts.Announcement": Rights(web="SIU"),
    "accounts.AuditEntry": Rights(web="SI"),
    "registry.Tenant": Rights(web="SIU", tenant="S"),
    "registry.Domain": Rights(web="SIUD"),
    "registry.Membership": Rights(web="SIU"),
    # PostgreSQL lets nobody delete by a column that they may not read.
    "registry.Wakeup": Rights(web="SUD", tenant="SID", tenant_updates=("due_at", "again_at")),
    "registry.Finding": Rights(web="S", tenant="SI", tenant_updates=("found_at", "seen_at", "cleared_at")),
    "registry.Books": Rights(
        web="S",
        tenant="SI",
        tenant_updates=(
            *("day", "sessions", "funded", "payments", "matched", "waiting", "waiting_since", "stated_at"),
            *("spared_minutes", "compared", "differences", "named", "proved_at"),
            *("bookings", "clients", "mails_failed", "first_booking_at", "tenth_session_at"),
        ),
    ),
    "registry.Volume": Rights(
        web="S",
        tenant="SI",
        tenant_updates=("payments", "paid_minor", "refunded_minor", "by_hand_minor", "stated_at"),
    ),
    "registry.TenantSchemaState": Rights(web="S"),
    "fees.FeeAccount": Rights(
        web="SI",
        web_updates=("rate_bp", "free_units", "unit_cap_minor", "unit_cap_currency"),
        tenant="S",
        tenant_updates=("locked_at",),
    ),
    "fees.FeeEntry": Rights(web="S", tenant="SI"),
    "fees.FeeStatement": Rights(web="S", tenant="SI"),
    "connect.ConnectAccount": Rights(web="SIU", tenant="S"),
    "connect.StripeEvent": Rights(web="SIU"),
    "partners.Access": Rights(web="SIU"),
}


def web_role() -> str:
    """The role that the web and worker processes sign in as."""
    return str(settings.DATABASES["default"]["USER"])


def group_role() -> str:
    """The group of all tenants' roles."""
    return str(settings.TENANT_GROUP_ROLE)


def shared_rights(model: type[models.Model]) -> Rights:
    """The rights to a table of the shared plane; CLOSED where none are named."""
    return SHARED.get(model._meta.label) or LIBRARIES.get(model._meta.app_label) or CLOSED


def tenant_rights(model: type[models.Model]) -> str:
    """A tenant's rights to a table of its own: ledgers and events can be written and read only."""
    return "SI" if issubclass(model, InsertOnlyModel) else "SIUD"


def shared_grants() -> str:
    """The statements that give the shared plane its rights, whatever they were before."""
    web, group = _quoted(web_role()), _quoted(group_role())
    statements = [
        "REVOKE ALL ON SCHEMA public FROM PUBLIC;",
        f"GRANT USAGE ON SCHEMA public TO {web}, {group};",
    ]
    for model in shared_models():
        rights, table = shared_rights(model), f"public.{_quoted(model._meta.db_table)}"
        statements.append(f"REVOKE ALL ON {table} FROM PUBLIC, {web}, {group};")
        statements += _grants(rights.web, rights.web_updates, table, web)
        statements += _grants(rights.tenant, rights.tenant_updates, table, group)
        if rights.is_shared_with_tenants:
            statements += _own_rows_only(table, web, group)
    return "\n".join(statements)


def _grants(letters: str, updates: tuple[str, ...], table: str, role: str) -> list[str]:
    words = [_WORDS[letter] for letter in letters]
    if updates:
        words.append(f"UPDATE ({', '.join(_quoted(column) for column in updates)})")
    return [f"GRANT {', '.join(words)} ON {table} TO {role};"] if words else []


def _own_rows_only(table: str, web: str, group: str) -> list[str]:
    # A role's name has the collation "C", under which an index on the column would not be used.
    own = 'schema_name = (current_user::text COLLATE "default")'
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;",
        f"DROP POLICY IF EXISTS own_rows ON {table};",
        f"DROP POLICY IF EXISTS all_rows ON {table};",
        f"CREATE POLICY own_rows ON {table} TO {group} USING ({own}) WITH CHECK ({own});",
        f"CREATE POLICY all_rows ON {table} TO {web} USING (true) WITH CHECK (true);",
    ]


def tenant_grants(schema_name: str) -> str:
    """The statements that give a tenant's role its rights to the tables of its schema."""
    role = _quoted(schema_name)
    tables: dict[str, list[str]] = defaultdict(list)
    for model in tenant_models():
        tables[tenant_rights(model)].append(f"{role}.{_quoted(model._meta.db_table)}")
    everything = ", ".join(table for group in tables.values() for table in group)
    statements = [f"GRANT USAGE ON SCHEMA {role} TO {role};", f"REVOKE ALL ON {everything} FROM {role};"]
    for letters, group in tables.items():
        statements += _grants(letters, (), ", ".join(group), role)
    return "\n".join(statements)


def tenant_role(schema_name: str, *, exists: bool) -> str:
    """The statements that make a tenant's role and let the web role take it."""
    role = _quoted(schema_name)
    create = [] if exists else [f"CREATE ROLE {role} NOLOGIN INHERIT;"]
    return "\n".join(
        [
            *create,
            f"GRANT {_quoted(group_role())} TO {role};",
            f"GRANT {role} TO {_quoted(web_role())};",
        ]
    )


def shared_rights_digest() -> str:
    """The name of the shared plane's rights: another one when the models or this table change."""
    return _digest(shared_grants())


def tenant_rights_digest() -> str:
    """The name of every tenant's rights."""
    return _digest(tenant_grants(""))


def _digest(rendered: str) -> str:
    return md5(rendered.encode(), usedforsecurity=False).hexdigest()


def _quoted(name: str) -> str:
    if '"' in name:
        raise ValueError(f"{name} cannot be the name of a role, table or column.")
    return f'"{name}"'
