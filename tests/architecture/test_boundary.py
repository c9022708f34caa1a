"""A tenant is a wall: the database's own roles refuse what the code should never ask."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django_tenants.utils import tenant_context

from kit.clock import now
from tenants.activity.models import Event
from tenants.clients.models import Client
from tenants.registry.grants import group_role
from tenants.registry.models import Tenant, Wakeup

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clients(anna: Tenant, ben: Tenant) -> None:
    """One client each of Anna and Ben."""
    for tenant, name in ((anna, "Kim"), (ben, "Lee")):
        with tenant_context(tenant), transaction.atomic():
            Client.objects.create(name=name, email=f"{name.lower()}@example.com")


def run(statement: str, *values: Any) -> list[Any]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def refused(statement: str, *values: Any, why: str = "permission denied") -> None:
    with pytest.raises(ProgrammingError, match=why):
        run(statement, *values)


def test_each_tenant_sees_its_own_rows(anna: Tenant, ben: Tenant) -> None:
    for tenant, name in ((anna, "Kim"), (ben, "Lee"), (anna, "Kim")):
        with tenant_context(tenant):
            assert [client.name for client in Client.objects.all()] == [name]


def test_an_id_of_another_tenants_row_finds_nothing(anna: Tenant, ben: Tenant) -> None:
    with tenant_context(ben):
        foreign = Client.objects.get().pk
    with tenant_context(anna):
        assert not Client.objects.filter(pk=foreign).exists()


@pytest.mark.parametrize(
    "statement",
    [
        'SELECT * FROM "{ben}".clients_client',
        'INSERT INTO "{ben}".clients_client SELECT * FROM clients_client',
        "UPDATE \"{ben}\".clients_client SET name = 'x'",
        'DELETE FROM "{ben}".clients_client',
        'SELECT * FROM clients_client a JOIN "{ben}".clients_client b USING (email)',
        'CREATE TABLE "{ben}".mine (id int)',
        'CREATE VIEW mine AS SELECT * FROM "{ben}".clients_client',
    ],
)
def test_another_tenants_schema_is_closed_to_sql_that_names_it(
    anna: Tenant, ben: Tenant, statement: str
) -> None:
    with tenant_context(anna):
        refused(statement.format(ben=ben.schema_name))


def test_another_tenants_schema_is_closed_to_a_search_path_that_names_it(anna: Tenant, ben: Tenant) -> None:
    with tenant_context(anna), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f'SET LOCAL search_path = "{ben.schema_name}"')
        with pytest.raises(ProgrammingError, match="does not exist"), transaction.atomic():
            cursor.execute("TABLE clients_client")


def test_a_tenants_schema_is_closed_to_the_bare_role(anna: Tenant) -> None:
    refused(f'TABLE "{anna.schema_name}".clients_client')
    with pytest.raises(ProgrammingError, match="does not exist"):
        Client.objects.count()


@pytest.mark.parametrize(
    "table",
    [
        "accounts_user",
        "django_session",
        "account_emailaddress",
        "registry_domain",
        "registry_membership",
        "registry_tenantschemastate",
        "connect_stripeevent",
        "public.django_migrations",
        "django_migrations",
    ],
)
def test_what_is_not_a_tenants_business_is_closed_to_it(anna: Tenant, table: str) -> None:
    with tenant_context(anna):
        refused(f"TABLE {table}")


def test_of_shared_rows_a_tenant_sees_its_own(anna: Tenant, ben: Tenant) -> None:
    for tenant in (anna, ben):
        with tenant_context(tenant), transaction.atomic():
            wakeup = Wakeup(schema_name=tenant.schema_name, kind="x", reference=uuid4(), due_at=now())
            Wakeup.objects.bulk_create([wakeup])
    with tenant_context(anna):
        assert list(Tenant.objects.all()) == [anna]
        assert [row.schema_name for row in Wakeup.objects.all()] == [anna.schema_name]
        assert run("SELECT DISTINCT schema_name FROM fees_feeaccount") == [(anna.schema_name,)]
        run("DELETE FROM registry_wakeup")
    assert [row.schema_name for row in Wakeup.objects.all()] == [ben.schema_name]
    assert Tenant.objects.count() == 4


@pytest.mark.parametrize("table", ["registry_tenant", "registry_wakeup", "fees_feeaccount", "fees_feeentry"])
def test_a_tenant_finds_its_shared_rows_by_an_index(anna: Tenant, table: str) -> None:
    with tenant_context(anna), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN SELECT * FROM {table}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Cond: ((schema_name)" in plan


def test_a_shared_row_cannot_be_written_in_anothers_name(anna: Tenant, ben: Tenant) -> None:
    values = (uuid4(), ben.schema_name, now(), uuid4())
    insert = """INSERT INTO registry_wakeup (id, schema_name, due_at, kind, reference, attempts, last_error)
        VALUES (%s, %s, %s, 'x', %s, 0, '')"""
    with tenant_context(anna):
        refused(insert, *values, why="row-level security")


def test_terms_are_not_a_tenants_to_change(anna: Tenant) -> None:
    with tenant_context(anna):
        refused("UPDATE fees_feeaccount SET rate_bp = 0")
        refused("UPDATE registry_tenant SET name = 'x'")
        refused("UPDATE connect_connectaccount SET status = 'active'")


@pytest.mark.parametrize("statement", ["UPDATE {} SET kind = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
@pytest.mark.parametrize("table", ["activity_event", "billing_ledgerentry", "fees_feeentry"])
def test_ledgers_and_events_are_never_changed(anna: Tenant, statement: str, table: str) -> None:
    with tenant_context(anna):
        refused(statement.format(table))


def test_an_event_is_written_once(anna: Tenant) -> None:
    with tenant_context(anna), transaction.atomic():
        event = Event.objects.create(kind="x", subject_id=uuid4(), actor_kind="system")
    with tenant_context(anna):
        assert Event.objects.get(pk=event.pk).kind == "x"


def test_the_fee_account_can_be_locked_by_its_tenant(anna: Tenant, ben: Tenant) -> None:
    with tenant_context(anna):
        assert run("UPDATE fees_feeaccount SET locked_at = now() RETURNING schema_name") == [
            (anna.schema_name,)
        ]
        assert run("SELECT schema_name FROM fees_feeaccount FOR UPDATE") == [(anna.schema_name,)]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "CREATE TABLE public.mine (id int)",
        "CREATE SCHEMA mine",
        "ALTER TABLE clients_client ADD COLUMN x int",
        "DROP TABLE clients_client",
        "CREATE ROLE mine",
    ],
)
def test_only_the_owner_changes_schemas(anna: Tenant, statement: str) -> None:
    with tenant_context(anna):
        refused(statement, why="permission denied|must be owner")
    refused(statement, why="permission denied|must be owner|does not exist")


def test_the_web_role_cannot_become_the_owner(as_owner: Any) -> None:
    refused(f'SET LOCAL ROLE "{as_owner.settings_dict["USER"]}"')


def test_the_group_of_all_tenants_sees_the_rows_of_none() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f'SET LOCAL ROLE "{group_role()}"')
        cursor.execute(
            "SELECT (SELECT count(*) FROM registry_tenant) + (SELECT count(*) FROM fees_feeaccount)"
        )
        assert cursor.fetchone() == (0,)
