"""The connection is a tenant's inside a transaction, and nobody's outside of one."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.db.utils import InternalError, OperationalError, ProgrammingError
from django_tenants.utils import schema_context, tenant_context
from psycopg.pq import TransactionStatus

from kit.database import TransactionRequired, read_only, require_transaction
from tenants.clients.models import Client
from tenants.registry.grants import web_role
from tenants.registry.models import Tenant


def where() -> tuple[str, str]:
    """Role and first schema of the path, as the database sees this statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user::text, current_schema()")
        return cursor.fetchone()


def wire() -> tuple[str, str]:
    """The same of the connection itself, asked past Django and past any tenant."""
    return connection.connection.execute("SELECT current_user::text, current_schema()").fetchone()


def bare() -> tuple[str, str]:
    return web_role(), "public"


def own(tenant: Tenant) -> tuple[str, str]:
    return tenant.schema_name, tenant.schema_name


def is_idle() -> bool:
    return connection.connection.info.transaction_status == TransactionStatus.IDLE


@contextmanager
def counted() -> Iterator[list[str]]:
    """The messages that go to the server."""
    sent: list[str] = []
    execute = psycopg.Cursor.execute

    def listening(cursor: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        sent.append(str(query))
        return execute(cursor, query, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg.Cursor, "execute", listening)
        yield sent


def test_role_and_path_come_with_begin_and_the_first_statement_in_one_message(anna: Tenant) -> None:
    with tenant_context(anna), counted() as sent, transaction.atomic():
        assert where() == own(anna)
        assert where() == own(anna)
    first, second = [text.replace("\n", " ").split(" ;") for text in sent]
    path = f'SET LOCAL search_path = "{anna.schema_name}", public'
    assert first == ["BEGIN", f'SET LOCAL ROLE "{anna.schema_name}"', path, second[0]]


def test_a_transaction_without_a_statement_sends_nothing(anna: Tenant) -> None:
    with tenant_context(anna), counted() as sent, transaction.atomic():
        pass
    assert sent == []


def test_a_single_statement_is_one_message_with_its_transaction(anna: Tenant) -> None:
    with tenant_context(anna), counted() as sent, connection.cursor() as cursor:
        cursor.execute("SELECT %s; SELECT current_user::text -- a comment", ["50 %"])
        assert cursor.fetchall() == [("50 %",)]
        assert cursor.nextset()
        assert cursor.fetchall() == [(anna.schema_name,)]
        assert not cursor.nextset()
    assert len(sent) == 1
    assert is_idle()


def test_the_connection_is_bare_and_idle_after_a_commit(anna: Tenant) -> None:
    with tenant_context(anna):
        with transaction.atomic():
            assert where() == own(anna)
        assert is_idle()
        assert wire() == bare()


def test_the_connection_is_bare_and_idle_after_a_rollback(anna: Tenant) -> None:
    with tenant_context(anna):
        with transaction.atomic():
            assert where() == own(anna)
            transaction.set_rollback(True)
        assert is_idle()
        assert wire() == bare()


def test_the_connection_is_bare_and_idle_after_an_error(anna: Tenant) -> None:
    with tenant_context(anna):
        with suppress(ProgrammingError), transaction.atomic():
            connection.cursor().execute("SELECT * FROM no_such_table")
        assert is_idle()
        assert wire() == bare()


@pytest.mark.parametrize("statement", ["SELECT 1", "SELECT * FROM no_such_table"])
def test_the_connection_is_bare_and_idle_after_a_single_statement(anna: Tenant, statement: str) -> None:
    with tenant_context(anna):
        try:
            connection.cursor().execute(statement)
        except ProgrammingError:
            assert "no_such_table" in statement
        assert is_idle()
        assert wire() == bare()


def test_a_commit_keeps_and_a_rollback_loses(anna: Tenant) -> None:
    with tenant_context(anna):
        with transaction.atomic():
            Client.objects.create(name="Kim", email="kim@example.com")
        with suppress(ZeroDivisionError), transaction.atomic():
            Client.objects.create(name="Lee", email="lee@example.com")
            raise ZeroDivisionError
        assert [client.name for client in Client.objects.all()] == ["Kim"]


def test_a_tenant_that_changes_inside_a_transaction_changes_the_role(anna: Tenant, ben: Tenant) -> None:
    with tenant_context(anna), transaction.atomic():
        assert where() == own(anna)
        with tenant_context(ben):
            assert where() == own(ben)
            with schema_context("public"):
                assert where() == bare()
            assert where() == own(ben)
        assert where() == own(anna)


def test_a_cursor_opened_before_the_change_follows_it(anna: Tenant, ben: Tenant) -> None:
    with tenant_context(anna), transaction.atomic(), connection.cursor() as cursor, tenant_context(ben):
        cursor.execute("SELECT current_user::text")
        assert cursor.fetchone() == (ben.schema_name,)


def test_a_savepoint_that_is_rolled_back_leaves_the_right_role(anna: Tenant, ben: Tenant) -> None:
    with tenant_context(anna), transaction.atomic():
        with suppress(ZeroDivisionError), transaction.atomic(), tenant_context(ben):
            assert where() == own(ben)
            raise ZeroDivisionError
        assert where() == own(anna)
        with tenant_context(ben):
            assert where() == own(ben)


def test_a_role_that_a_savepoint_took_back_is_sent_again(anna: Tenant, ben: Tenant) -> None:
    with tenant_context(anna), transaction.atomic():
        with suppress(ZeroDivisionError), transaction.atomic():
            connection.set_tenant(ben)
            assert where() == own(ben)
            raise ZeroDivisionError
        assert where() == own(ben)


def test_a_database_error_inside_a_savepoint_leaves_the_right_role(anna: Tenant, ben: Tenant) -> None:
    with tenant_context(anna), transaction.atomic():
        with tenant_context(ben), pytest.raises(ProgrammingError), transaction.atomic():
            connection.cursor().execute("SELECT * FROM no_such_table")
        assert where() == own(anna)


def test_a_write_outside_a_transaction_is_refused_by_the_database(anna: Tenant) -> None:
    with tenant_context(anna), pytest.raises(InternalError, match="read-only transaction"):
        connection.cursor().execute("DELETE FROM clients_client")


def test_an_update_outside_a_transaction_is_refused_by_the_database(anna: Tenant) -> None:
    with tenant_context(anna), pytest.raises(InternalError, match="read-only transaction"):
        Client.objects.update(name="Kim")


def test_a_write_in_a_read_only_transaction_is_refused_by_the_database(anna: Tenant) -> None:
    with tenant_context(anna), read_only():
        assert where() == own(anna)
        with pytest.raises(InternalError, match="read-only transaction"), transaction.atomic():
            Client.objects.create(name="Kim", email="kim@example.com")


def test_only_one_transaction_is_read_only(anna: Tenant) -> None:
    with tenant_context(anna):
        with read_only():
            assert Client.objects.count() == 0
        with transaction.atomic():
            Client.objects.create(name="Kim", email="kim@example.com")


def test_what_runs_after_a_read_only_transaction_may_write(anna: Tenant) -> None:
    def write() -> None:
        with transaction.atomic():
            Client.objects.create(name="Kim", email="kim@example.com")

    with tenant_context(anna):
        with read_only():
            transaction.on_commit(write)
        assert Client.objects.count() == 1


def test_a_read_only_transaction_is_an_outermost_one(anna: Tenant) -> None:
    refused = pytest.raises(RuntimeError, match="durable")
    with tenant_context(anna), transaction.atomic(), refused, read_only():
        pass
    with tenant_context(anna), transaction.atomic():
        Client.objects.create(name="Kim", email="kim@example.com")


def test_a_tenants_table_is_not_there_for_the_bare_role(anna: Tenant) -> None:
    with pytest.raises(ProgrammingError, match="does not exist"):
        Client.objects.count()
    with pytest.raises(ProgrammingError, match="permission denied for schema"):
        connection.cursor().execute(f'TABLE "{anna.schema_name}".clients_client')


def test_the_shared_plane_is_written_without_a_transaction(anna: Tenant) -> None:
    assert Tenant.objects.filter(pk=anna.pk).update(name="Anna B.") == 1
    anna.refresh_from_db()
    assert anna.name == "Anna B."


def test_threads_keep_their_tenants_apart(tenants: list[Tenant]) -> None:
    barrier = threading.Barrier(len(tenants))

    def visit(tenant: Tenant) -> set[tuple[str, str]]:
        seen = set()
        try:
            for _ in range(25):
                barrier.wait()
                with tenant_context(tenant):
                    seen.add(where())
                    with transaction.atomic():
                        seen.add(where())
                assert wire() == bare()
            return seen
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tenants)) as pool:
        assert list(pool.map(visit, tenants)) == [{own(tenant)} for tenant in tenants]


def test_a_schema_whose_role_is_missing_leaves_no_transaction_open(db: None) -> None:
    with schema_context("t_" + "f" * 32):
        with pytest.raises(DatabaseError), transaction.atomic():
            where()
        assert is_idle()
    assert where() == bare()


def test_a_connection_that_was_cut_is_replaced(anna: Tenant, as_owner: Any) -> None:
    with tenant_context(anna), suppress(OperationalError), transaction.atomic():
        connection.connection.close()
        where()
    connection.close()
    with tenant_context(anna), transaction.atomic():
        assert where() == own(anna)


def test_copy_runs_as_the_tenant(anna: Tenant) -> None:
    with tenant_context(anna), transaction.atomic():
        Client.objects.create(name="Kim", email="kim@example.com")
    rows = "COPY (SELECT name, current_user FROM clients_client) TO STDOUT"
    with tenant_context(anna), connection.cursor() as cursor, cursor.copy(rows) as copy:
        assert b"".join(copy) == f"Kim\t{anna.schema_name}\n".encode()
    assert is_idle()


def test_rows_are_fetched_before_a_tenant_is_left(anna: Tenant, ben: Tenant) -> None:
    with tenant_context(anna):
        with transaction.atomic():
            Client.objects.create(name="Kim", email="kim@example.com")
        rows = Client.objects.all().iterator(chunk_size=1)
        names = [next(rows).name]
    with tenant_context(ben):
        names += [client.name for client in rows]
    assert names == ["Kim"]


@pytest.mark.parametrize("name", ["t_1", "t_" + "g" * 32, 'x"; DROP SCHEMA public', "pg_catalog"])
def test_only_tenants_schemas_can_be_entered(db: None, name: str) -> None:
    with pytest.raises(ValueError, match="not the schema of a tenant"):
        connection.set_schema(name)


def test_a_step_needs_a_transaction(db: None) -> None:
    with pytest.raises(TransactionRequired):
        require_transaction()
    with transaction.atomic():
        require_transaction()


def test_the_owner_takes_the_schema_and_no_role(anna: Tenant, as_owner: Any) -> None:
    as_owner.set_schema(anna.schema_name)
    try:
        with transaction.atomic(using="owner"), as_owner.cursor() as cursor:
            cursor.execute("SELECT current_user::text = session_user::text, current_schema()")
            assert cursor.fetchone() == (True, anna.schema_name)
    finally:
        as_owner.set_schema_to_public()
