"""The rights in the database are those that the models and the table of rights say."""

from typing import Any

import pytest
from django.apps import apps
from django.db import transaction

from kit.ledgers import InsertOnlyModel
from tenants.registry import grants
from tenants.registry.grants import LIBRARIES, SHARED, group_role, web_role
from tenants.registry.models import Tenant
from tenants.registry.planes import shared_models, tenant_models

RIGHTS = """
    SELECT 'table', n.nspname, c.relname, NULL, coalesce(r.rolname, 'PUBLIC'), x.privilege_type
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN aclexplode(c.relacl) x LEFT JOIN pg_roles r ON r.oid = x.grantee
    WHERE n.nspname = ANY (%(schemas)s) AND x.grantee <> c.relowner
    UNION ALL
    SELECT 'column', n.nspname, c.relname, a.attname, coalesce(r.rolname, 'PUBLIC'), x.privilege_type
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN aclexplode(a.attacl) x LEFT JOIN pg_roles r ON r.oid = x.grantee
    WHERE n.nspname = ANY (%(schemas)s)
    UNION ALL
    SELECT 'schema', n.nspname, NULL, NULL, coalesce(r.rolname, 'PUBLIC'), x.privilege_type
    FROM pg_namespace n CROSS JOIN aclexplode(n.nspacl) x LEFT JOIN pg_roles r ON r.oid = x.grantee
    WHERE n.nspname = ANY (%(schemas)s) AND x.grantee <> n.nspowner
    UNION ALL
    SELECT 'policy', schemaname, tablename, policyname, roles::text, concat(qual, ' ', with_check)
    FROM pg_policies WHERE schemaname = ANY (%(schemas)s)
    UNION ALL
    SELECT 'rows', n.nspname, c.relname, NULL, NULL, c.relrowsecurity::text
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY (%(schemas)s) AND c.relkind = 'r'"""
LETTERS = {"S": "SELECT", "I": "INSERT", "U": "UPDATE", "D": "DELETE"}


def rights(cursor: Any, tenants: list[Tenant]) -> set[tuple[str, ...]]:
    cursor.execute(RIGHTS, {"schemas": ["public", *(tenant.schema_name for tenant in tenants)]})
    return set(cursor.fetchall())


def may(cursor: Any, role: str, table: str) -> str:
    """The letters of what a role may do with a whole table."""
    letters = ""
    for letter, word in LETTERS.items():
        cursor.execute("SELECT has_table_privilege(%s, %s, %s)", [role, table, word])
        letters += letter if cursor.fetchone()[0] else ""
    return letters


def test_the_rights_are_the_rendered_ones(as_owner: Any, tenants: list[Tenant]) -> None:
    """Rendering them into the database once more changes nothing there."""
    with transaction.atomic(using="owner"), as_owner.cursor() as cursor:
        before = rights(cursor, tenants)
        cursor.execute(grants.shared_grants())
        for tenant in tenants:
            cursor.execute(grants.tenant_grants(tenant.schema_name))
        after = rights(cursor, tenants)
        transaction.set_rollback(True, using="owner")
    assert len(before) > 200
    assert before ^ after == set()


def test_a_right_too_many_would_be_seen(as_owner: Any, tenants: list[Tenant]) -> None:
    with transaction.atomic(using="owner"), as_owner.cursor() as cursor:
        before = rights(cursor, tenants)
        cursor.execute(f'GRANT DELETE ON fees_feeentry TO "{web_role()}"')
        cursor.execute(f'GRANT SELECT ON "{tenants[0].schema_name}".clients_client TO PUBLIC')
        after = rights(cursor, tenants)
        transaction.set_rollback(True, using="owner")
    assert len(after - before) == 2


def test_nothing_is_for_everybody(as_owner: Any, tenants: list[Tenant]) -> None:
    with as_owner.cursor() as cursor:
        assert [right for right in rights(cursor, tenants) if right[4] == "PUBLIC"] == []


@pytest.mark.parametrize(
    ("label", "web", "tenant"),
    [
        ("accounts.User", "SIUD", ""),
        ("sessions.Session", "SIUD", ""),
        ("account.EmailAddress", "SIUD", ""),
        ("registry.Tenant", "SIU", "S"),
        ("registry.Domain", "SIUD", ""),
        ("registry.Membership", "SIU", ""),
        ("registry.Wakeup", "SUD", "SID"),
        ("registry.Finding", "S", "SI"),
        ("registry.TenantSchemaState", "S", ""),
        ("accounts.AuditEntry", "SI", ""),
        ("registry.Volume", "S", "SI"),
        ("fees.FeeAccount", "SI", "S"),
        ("fees.FeeEntry", "S", "SI"),
        ("connect.ConnectAccount", "SIU", "S"),
        ("connect.StripeEvent", "SIU", ""),
    ],
)
def test_the_rights_to_the_shared_plane(
    as_owner: Any, anna: Tenant, label: str, web: str, tenant: str
) -> None:
    table = f"public.{apps.get_model(label)._meta.db_table}"
    with as_owner.cursor() as cursor:
        assert may(cursor, web_role(), table) == web
        assert may(cursor, group_role(), table) == tenant
        assert may(cursor, anna.schema_name, table) == tenant


@pytest.mark.parametrize(
    ("table", "role", "columns"),
    [
        ("fees_feeaccount", web_role, {"rate_bp", "free_units", "unit_cap_minor", "unit_cap_currency"}),
        ("fees_feeaccount", group_role, {"locked_at"}),
        ("registry_wakeup", group_role, {"due_at", "again_at"}),
        ("registry_finding", web_role, set()),
        ("registry_finding", group_role, {"found_at", "seen_at", "cleared_at"}),
    ],
)
def test_the_columns_that_alone_may_be_changed(
    as_owner: Any, db: None, table: str, role: Any, columns: set[str]
) -> None:
    with as_owner.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 "
            "AND has_column_privilege(%s, attrelid, attnum, 'UPDATE')",
            [table, role()],
        )
        assert {name for (name,) in cursor.fetchall()} == columns


def test_a_tenant_may_change_everything_of_its_own_but_ledgers(as_owner: Any, anna: Tenant) -> None:
    ledgers = 0
    with as_owner.cursor() as cursor:
        for model in tenant_models():
            table = f'"{anna.schema_name}"."{model._meta.db_table}"'
            is_ledger = issubclass(model, InsertOnlyModel)
            ledgers += is_ledger
            assert may(cursor, anna.schema_name, table) == ("SI" if is_ledger else "SIUD"), model
    assert ledgers >= 2


def test_the_record_of_migrations_is_closed(as_owner: Any, anna: Tenant) -> None:
    with as_owner.cursor() as cursor:
        assert may(cursor, anna.schema_name, f'"{anna.schema_name}".django_migrations') == ""
        assert may(cursor, web_role(), "public.django_migrations") == ""


def test_the_web_role_alone_may_nothing_in_a_tenant(as_owner: Any, anna: Tenant) -> None:
    with as_owner.cursor() as cursor:
        cursor.execute("SELECT has_schema_privilege(%s, %s, 'USAGE')", [web_role(), anna.schema_name])
        assert cursor.fetchone() == (False,)


def test_no_role_of_ours_is_an_administrator(as_owner: Any, anna: Tenant) -> None:
    with as_owner.cursor() as cursor:
        cursor.execute(
            """SELECT rolname, rolsuper, rolbypassrls, rolcanlogin, rolinherit FROM pg_roles
            WHERE rolname = ANY (%s) OR rolname = current_user""",
            [[web_role(), group_role(), anna.schema_name]],
        )
        found = {name: flags for name, *flags in cursor.fetchall()}
    assert len(found) == 4
    assert not any(superuser or bypasses for superuser, bypasses, *_rest in found.values())
    assert found[web_role()][2:] == [True, False]
    assert found[group_role()][2] is False
    assert found[anna.schema_name][2:] == [False, True]


def test_every_shared_table_is_named_in_the_table_of_rights() -> None:
    """A table that is forgotten is closed; this says so before its page fails."""
    labels = {model._meta.label for model in shared_models() if model._meta.app_label not in LIBRARIES}
    assert labels == set(SHARED)


def test_what_tenants_share_is_known_by_its_schema_name() -> None:
    for label, right in SHARED.items():
        columns = {field.column for field in apps.get_model(label)._meta.local_fields}
        assert not right.is_shared_with_tenants or "schema_name" in columns, label
        assert columns >= {*right.web_updates, *right.tenant_updates}, label
