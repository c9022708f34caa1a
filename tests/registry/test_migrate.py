"""`migrate` over all tenants: planned once, replayed to each, resumable."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

from kit.clock import now
from operators import work
from tenants.registry.migrating import migrate_all
from tenants.registry.models import Tenant, TenantSchemaState

NEXT = ("clients", "9999_later")


def add_field(name: str = "nickname") -> Operation:
    return migrations.AddField("client", name, models.CharField(max_length=40, default=""))


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Operation]]:
    """The operations of a migration of `clients` that comes after all that are written."""
    operations: list[Operation] = []
    load = MigrationLoader.load_disk

    def load_with_one_more(loader: MigrationLoader) -> None:
        load(loader)
        [leaf] = [name for app, name in loader.disk_migrations if app == "clients"][-1:]
        one_more = migrations.Migration(NEXT[1], NEXT[0])
        one_more.dependencies, one_more.operations = [("clients", leaf)], operations
        loader.disk_migrations[NEXT] = one_more

    monkeypatch.setattr(MigrationLoader, "load_disk", load_with_one_more)
    yield operations
    _take_back()


def _take_back() -> None:
    """Schemas are not put back after a test: undo what the migrations above did to them."""
    with connections["owner"].cursor() as cursor:
        for tenant in Tenant.objects.all():
            cursor.execute(
                f'ALTER TABLE "{tenant.schema_name}".clients_client DROP COLUMN IF EXISTS nickname'
            )


def columns(schema_name: str) -> set[str]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND NOT attisdropped",
            [f'"{schema_name}".clients_client'],
        )
        return {name for (name,) in cursor.fetchall()}


def test_nothing_to_do_is_said(tenants: list[Tenant]) -> None:
    said = StringIO()
    call_command("migrate", stdout=said)
    assert said.getvalue() == "tenants: 0 migrated, 4 were current\n"


def test_a_new_column_reaches_every_tenant(tenants: list[Tenant], later: list[Operation]) -> None:
    later.append(add_field())
    outcome = migrate_all(now=now())
    assert (len(outcome.migrated), outcome.current, outcome.failed) == (4, 0, {})
    assert all("nickname" in columns(tenant.schema_name) for tenant in tenants)
    assert migrate_all(now=now()).current == 4


def test_a_tenant_that_fails_is_named_and_taken_up_by_the_next_run(
    tenants: list[Tenant], ben: Tenant, later: list[Operation]
) -> None:
    later.append(add_field())
    with connections["owner"].cursor() as cursor:
        cursor.execute(f'ALTER TABLE "{ben.schema_name}".clients_client ADD COLUMN nickname text')
    said, complained = StringIO(), StringIO()
    with pytest.raises(CommandError, match="1 tenants failed"):
        call_command("migrate", stdout=said, stderr=complained)
    assert said.getvalue() == "tenants: 3 migrated, 0 were current\n"
    assert complained.getvalue().startswith(f'{ben.schema_name}: column "nickname"')
    assert [(each.tenant, each.error) for each in work.failed_migrations()] == [
        (ben, 'column "nickname" of relation "clients_client" already exists')
    ]
    with connections["owner"].cursor() as cursor:
        cursor.execute(f'ALTER TABLE "{ben.schema_name}".clients_client DROP COLUMN nickname')
    outcome = migrate_all(now=now())
    assert (outcome.migrated, outcome.current) == ([ben.schema_name], 3)
    assert work.failed_migrations() == []


def test_a_migration_that_fails_half_way_leaves_the_tenant_as_it_was(
    ben: Tenant, later: list[Operation]
) -> None:
    later += [add_field(), migrations.RunSQL("SELECT 1 / 0")]
    outcome = migrate_all(now=now())
    assert set(outcome.failed.values()) == {"division by zero"}
    assert "nickname" not in columns(ben.schema_name)


def test_the_new_table_of_a_migration_is_open_to_its_tenant_only(
    tenants: list[Tenant], later: list[Operation]
) -> None:
    """Rights come with the model; a table without a model has none."""
    later.append(
        migrations.RunSQL("CREATE TABLE clients_secret (id int PRIMARY KEY)", "DROP TABLE clients_secret")
    )
    migrate_all(now=now())
    with connections["owner"].cursor() as cursor:
        for tenant in tenants:
            table = f'"{tenant.schema_name}".clients_secret'
            cursor.execute("SELECT has_table_privilege(%s, %s, 'SELECT')", [tenant.schema_name, table])
            assert cursor.fetchone() == (False,)
            cursor.execute(f"DROP TABLE {table}")


def test_rights_that_changed_are_given_again(tenants: list[Tenant], anna: Tenant) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(f'REVOKE ALL ON "{anna.schema_name}".clients_client FROM "{anna.schema_name}"')
        cursor.execute(f'GRANT UPDATE ON "{anna.schema_name}".activity_event TO "{anna.schema_name}"')
    TenantSchemaState.objects.using("owner").filter(schema_name=anna.schema_name).update(rights="older")
    assert migrate_all(now=now()).migrated == [anna.schema_name]
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT has_table_privilege(%s, %s, 'UPDATE'), has_table_privilege(%s, %s, 'UPDATE')",
            [
                anna.schema_name,
                f'"{anna.schema_name}".clients_client',
                anna.schema_name,
                f'"{anna.schema_name}".activity_event',
            ],
        )
        assert cursor.fetchone() == (True, False)


def test_a_restored_schema_is_taken_in_at_the_state_it_is_in(anna: Tenant, later: list[Operation]) -> None:
    TenantSchemaState.objects.using("owner").filter(schema_name=anna.schema_name).delete()
    later.append(add_field())
    assert anna.schema_name in migrate_all(now=now()).migrated
    assert "nickname" in columns(anna.schema_name)


def test_an_open_tenant_without_a_schema_is_named(anna: Tenant) -> None:
    lost = Tenant.objects.get(pk=anna.pk)
    lost.pk, lost.slug, lost._state.adding = type(anna.pk)(int=anna.pk.int + 256), "lost", True
    lost.schema_name = f"t_{lost.pk.hex}"
    lost.save(force_insert=True)
    assert migrate_all(now=now()).failed == {
        lost.schema_name: f'relation "{lost.schema_name}.django_migrations" does not exist'
    }


@pytest.mark.parametrize("not_sql", [migrations.RunPython(migrations.RunPython.noop)])
def test_what_cannot_be_replayed_is_refused_before_anything_is_done(
    tenants: list[Tenant], later: list[Operation], not_sql: Operation
) -> None:
    later += [add_field(), not_sql]
    with pytest.raises(CommandError, match="runs Python"):
        call_command("migrate")
    assert not any("nickname" in columns(tenant.schema_name) for tenant in tenants)


def test_only_the_owner_migrates(db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(settings.DATABASES, "owner")
    with pytest.raises(CommandError, match="OWNER_DATABASE_URL"):
        call_command("migrate")


def test_two_runs_at_once_migrate_each_tenant_once(tenants: list[Tenant], later: list[Operation]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    later.append(add_field())

    def run(_number: int) -> Any:
        try:
            return migrate_all(now=now(), workers=2)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(run, range(3)))
    assert [outcome.failed for outcome in outcomes] == [{}, {}, {}]
    assert all("nickname" in columns(tenant.schema_name) for tenant in tenants)


def test_the_lint_is_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("ddl_lint")
    assert capsys.readouterr().out == "The tenants' DDL is clean.\n"
