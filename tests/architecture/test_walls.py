"""The wall between two practices, tried in every way that there is, over every table and host.

Each try is first shown to work where it is allowed: a try that works nowhere proves nothing.
"""

import ast
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client as Browser
from django.urls import path
from django_tenants.utils import schema_context, tenant_context
from PIL import Image
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from accounts.models import User
from kit import clock
from kit.actors import Actor
from tenants.clients.models import Client
from tenants.integrations import keys
from tenants.offers import brand
from tenants.offers.practice import practice
from tenants.registry import grants, planes
from tenants.registry.models import Tenant
from tests.portal import people
from tests.registry.test_middleware import remembered, whoami

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("platform", "tenants", "connect", "payouts", "public_pages", "api")
NOT_ALLOWED = (ProgrammingError, InsufficientPrivilege)
COACH = Actor("coach", "7", "Anna")


@pytest.fixture
def both(anna: Tenant, ben: Tenant) -> tuple[Tenant, Tenant]:
    """Anna, who tries, and Ben, whose client Bea nobody else may see."""
    people.client(anna, name="Ann", email="ann@example.com")
    people.client(ben, name="Bea", email="bea@example.com")
    return anna, ben


def ask(statement: Any, *values: Any) -> list[Any]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return list(cursor.fetchall()) if cursor.description else []


# --- by rows ------------------------------------------------------------------------------------------


def test_by_the_mapper_with_and_without_a_tenant(both: tuple[Tenant, Tenant]) -> None:
    anna, ben = both
    with tenant_context(ben):
        bea = Client.objects.get(name="Bea")
    with tenant_context(anna):
        assert [client.name for client in Client.objects.all()] == ["Ann"]
        assert not Client.objects.filter(pk=bea.pk).exists()
        with pytest.raises(Client.DoesNotExist):
            bea.refresh_from_db()
    with schema_context("public"), pytest.raises(ProgrammingError, match="does not exist"):
        Client.objects.count()


def test_a_row_of_another_is_never_saved_or_deleted_from_here(both: tuple[Tenant, Tenant]) -> None:
    anna, ben = both
    with tenant_context(ben):
        bea = Client.objects.get(name="Bea")
    with tenant_context(anna), transaction.atomic():
        assert Client.objects.filter(pk=bea.pk).update(name="Mine") == 0
        assert Client.objects.filter(pk=bea.pk).delete()[0] == 0
    with tenant_context(ben), transaction.atomic():
        assert Client.objects.filter(pk=bea.pk).update(name="Bea B.") == 1


# --- by SQL -------------------------------------------------------------------------------------------


TRIES: dict[str, Callable[[sql.Identifier, str], sql.Composed]] = {
    "select": lambda table, _c: sql.SQL("SELECT count(*) FROM {}").format(table),
    "insert": lambda table, _c: sql.SQL("INSERT INTO {} DEFAULT VALUES").format(table),
    "update": lambda table, column: sql.SQL("UPDATE {} SET {c} = {c} WHERE false").format(
        table, c=sql.Identifier(column)
    ),
    "delete": lambda table, _c: sql.SQL("DELETE FROM {} WHERE false").format(table),
}


def own_tables() -> Iterator[tuple[str, str, str]]:
    """Table, its first column, and the letters of what its practice may do with it."""
    for model in planes.tenant_models():
        yield model._meta.db_table, str(model._meta.pk.column), grants.tenant_rights(model)


@pytest.mark.parametrize("how", TRIES)
def test_by_the_name_of_another_schema_no_table_is_reached(both: tuple[Tenant, Tenant], how: str) -> None:
    anna, ben = both
    allowed = 0
    with tenant_context(anna):
        for table, column, letters in own_tables():
            if how[0].upper() in letters:
                _works(TRIES[how](sql.Identifier(anna.schema_name, table), column))
                allowed += 1
            with pytest.raises(ProgrammingError, match="permission denied for schema"):
                ask(TRIES[how](sql.Identifier(ben.schema_name, table), column))
    assert allowed >= 30


def _works(statement: sql.Composed) -> None:
    """As far as rights go: a row of defaults alone breaks constraints."""
    with suppress(IntegrityError):
        ask(statement)


READS = (
    "COPY {}.clients_client TO STDOUT",
    "LOCK TABLE {}.clients_client IN ACCESS SHARE MODE",
    "SELECT '{}.clients_client'::regclass",
    "SELECT pg_relation_size('{}.clients_client')",
)
OWNERS = (
    "TRUNCATE {}.clients_note",
    "ALTER TABLE {}.clients_client ADD COLUMN mine text",
    "CREATE TABLE {}.mine (id int)",
    "DROP SCHEMA {} CASCADE",
    "ALTER SCHEMA {} RENAME TO mine",
)


@pytest.mark.parametrize("statement", READS)
def test_by_any_other_reading_statement_neither(both: tuple[Tenant, Tenant], statement: str) -> None:
    anna, ben = both
    with tenant_context(anna):
        sent(statement.format(anna.schema_name))
        with pytest.raises(NOT_ALLOWED, match="permission denied"):
            sent(statement.format(ben.schema_name))


@pytest.mark.parametrize("statement", OWNERS)
def test_what_is_the_owners_is_not_allowed_in_anybodys_schema(
    as_owner: Any, both: tuple[Tenant, Tenant], statement: str
) -> None:
    with transaction.atomic(using="owner"), as_owner.cursor() as cursor:
        cursor.execute(statement.format(both[1].schema_name))
        transaction.set_rollback(True, using="owner")
    for tenant in both:
        with tenant_context(both[0]), pytest.raises(NOT_ALLOWED, match=r"permission denied|must be owner"):
            sent(statement.format(tenant.schema_name))


def sent(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        if not statement.startswith("COPY"):
            cursor.execute(statement)
            return
        with cursor.copy(statement) as copy:
            assert list(copy.rows())


def test_by_the_search_path(both: tuple[Tenant, Tenant]) -> None:
    anna, ben = both
    with tenant_context(anna):
        assert _names_on(anna.schema_name) == [("Ann",)]
        with pytest.raises(ProgrammingError, match="does not exist"):
            _names_on(ben.schema_name)
        with pytest.raises(ProgrammingError, match="does not exist"):
            _names_on(f"{ben.schema_name}, public")


def _names_on(path: str) -> list[Any]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL search_path = {path}")
        cursor.execute("SELECT name FROM clients_client")
        return list(cursor.fetchall())


def test_the_one_door_that_the_database_leaves_is_named_in_one_place() -> None:
    """SET ROLE asks who signed in, and that is the web role: so SQL that changes roles stands nowhere else.

    The other place makes the cluster of the demo, as its administrator, before there is any practice.
    """
    doors = re.compile(r"\b(SET|RESET)\s+(LOCAL\s+|SESSION\s+)?(ROLE|AUTHORIZATION)\b", re.IGNORECASE)
    named = {
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if any(doors.search(text) for text in _texts(path))
    }
    assert named == {"platform/kit/database/base.py", "platform/demo/postgres.py"}


def _texts(path: Path) -> Iterator[str]:
    """Strings of the code that are no docstrings."""
    tree = ast.parse(path.read_text())
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


def test_the_role_of_another_is_nobodys_but_the_web_roles(as_owner: Any, both: tuple[Tenant, Tenant]) -> None:
    """Whoever signed in as Anna's role could not take Ben's: membership is what the database asks for."""
    anna, ben = both
    with as_owner.cursor() as cursor:
        cursor.execute(
            "SELECT pg_has_role(%(web)s, %(ben)s, 'MEMBER'), pg_has_role(%(anna)s, %(ben)s, 'MEMBER')",
            {"web": grants.web_role(), "anna": anna.schema_name, "ben": ben.schema_name},
        )
        assert cursor.fetchone() == (True, False)


# --- by shared rows -----------------------------------------------------------------------------------


def shared_with_tenants() -> Iterator[str]:
    for model in planes.shared_models():
        if grants.shared_rights(model).is_shared_with_tenants:
            yield model._meta.db_table


def test_of_every_shared_table_a_practice_sees_its_own_rows(as_owner: Any, tenants: list[Tenant]) -> None:
    anna, ben = tenants[0], tenants[1]
    tables = list(shared_with_tenants())
    with as_owner.cursor() as cursor:
        for table in tables:
            for tenant in (anna, ben):
                _give_a_row(cursor, table, tenant.schema_name)
    for tenant in (anna, ben):
        with tenant_context(tenant):
            for table in tables:
                seen = ask(sql.SQL("SELECT DISTINCT schema_name FROM {}").format(sql.Identifier(table)))
                assert seen == [(tenant.schema_name,)], table
    assert len(tables) >= 8


def _give_a_row(cursor: Any, table: str, schema_name: str) -> None:
    """One with something in every column that must not be empty, if the practice has none."""
    cursor.execute(f"SELECT 1 FROM {table} WHERE schema_name = %s", [schema_name])
    if cursor.fetchone():
        return
    cursor.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'public' "
        "AND table_name = %s AND is_nullable = 'NO' AND column_name <> 'schema_name'",
        [table],
    )
    columns = cursor.fetchall()
    values = ", ".join(_SOME[kind] for _name, kind in columns)
    names = ", ".join(f'"{name}"' for name, _kind in columns)
    cursor.execute(f"INSERT INTO {table} (schema_name, {names}) VALUES (%s, {values})", [schema_name])


_SOME = {
    "uuid": "gen_random_uuid()",
    "character varying": "'usd'",
    "text": "'text'",
    "timestamp with time zone": "now()",
    "date": "current_date",
    "integer": "0",
    "bigint": "0",
    "smallint": "0",
    "boolean": "false",
    "jsonb": "'[]'",
}


def test_no_shared_row_is_written_in_anothers_name(both: tuple[Tenant, Tenant]) -> None:
    anna, ben = both
    statement = (
        "INSERT INTO registry_wakeup (id, schema_name, due_at, kind, reference, attempts, last_error) "
        "VALUES (gen_random_uuid(), %s, now(), 'mail', gen_random_uuid(), 0, '')"
    )
    with tenant_context(anna):
        ask(statement, anna.schema_name)
        with pytest.raises(ProgrammingError, match="row-level security"):
            ask(statement, ben.schema_name)


# --- by requests --------------------------------------------------------------------------------------


def on(host: str, **options: Any) -> Browser:
    return Browser(headers={"host": host}, raise_request_exception=False, **options)


def test_by_a_key_of_another_practice(both: tuple[Tenant, Tenant]) -> None:
    anna, _ben = both
    with tenant_context(anna):
        _key, secret = keys.make(
            name="Script", scopes=["catalogue:read"], expires_at=None, now=clock.now(), actor=COACH
        )
    said = {"Authorization": f"Bearer {secret}"}
    asked = {host: on(host).get("/api/v1/session-types", headers=said).status_code for host in HOSTS}
    assert asked == {"anna.localhost:8000": 200, "ben.localhost:8000": 401}


HOSTS = ("anna.localhost:8000", "ben.localhost:8000")


def test_by_a_cookie_and_by_a_link_of_another_practice(both: tuple[Tenant, Tenant]) -> None:
    anna, _ben = both
    with tenant_context(anna):
        ann = Client.objects.get(name="Ann")
    own = people.browser_of(anna, ann)
    secret = own.cookies["own-pages"].value
    answers = {}
    for host in HOSTS:
        visitor = on(host)
        visitor.cookies["own-pages"] = secret
        answers[host] = visitor.get("/my/").status_code
    assert answers == {"anna.localhost:8000": 200, "ben.localhost:8000": 302}


def test_by_the_id_of_a_file(both: tuple[Tenant, Tenant]) -> None:
    anna, _ben = both
    drawn = BytesIO()
    Image.new("RGB", (40, 40), "green").save(drawn, "PNG")
    with tenant_context(anna):
        brand.show_photo(name="anna.png", content=drawn.getvalue(), now=clock.now())
        path = f"/brand/{practice().photo_id}"
    assert [on(host).get(path).status_code for host in HOSTS] == [200, 404]


def test_by_the_address_of_anothers_dashboard(both: tuple[Tenant, Tenant]) -> None:
    browser = on("localhost:8000")
    browser.force_login(User.objects.get(email="anna@example.com"))
    paths = (
        "/coach/anna/clients/",
        "/coach/ben/clients/",
        "/coach/ANNA/../ben/clients/",
        "/coach/Ben/clients/",
    )
    answers = [browser.get(path) for path in paths]
    assert [answer.status_code for answer in answers] == [200, 404, 404, 404]
    assert "Ann" in answers[0].text
    assert not any("Bea" in answer.text for answer in answers)


# --- by the host --------------------------------------------------------------------------------------


@pytest.fixture
def urls(settings: Any) -> None:
    for name in ("ROOT_URLCONF", "COACH_URLCONF"):
        module = ModuleType(name)
        module.urlpatterns = [path("whoami", whoami), path("remembered", remembered)]  # type: ignore[attr-defined]
        setattr(settings, name, module)


def role_on(host: str, **said: str) -> str | int:
    """The role that answers on a host, or the status where nobody does."""
    answer = on(host).get("/whoami", headers=said)
    return str(answer.json()["role"]) if answer.status_code == 200 else answer.status_code


@pytest.mark.parametrize(
    "host",
    ["anna.localhost:8000", "anna.localhost", "anna.localhost:9", "ANNA.LocalHost:8000", "anna.localhost."],
)
def test_every_way_to_write_a_host_leads_to_the_same_practice(urls: None, anna: Tenant, host: str) -> None:
    assert role_on(host) == anna.schema_name


@pytest.mark.parametrize(
    "host",
    [
        "anna.localhost.evil.example",
        "evil.example",
        "anna.localhost@ben.localhost",
        "anna.localhost, ben.localhost",
        "anna.localhost:8000, ben.localhost:8000",
        "anna.localhost/ben.localhost",
        "anna.localhost%00",
        "anna..localhost",
        ".localhost",
        "[::1]",
        "",
    ],
)
def test_a_host_that_is_no_practices_leads_nowhere(urls: None, both: Any, host: str) -> None:
    assert role_on("anna.localhost") == both[0].schema_name
    assert role_on(host) in (400, 404)


@pytest.mark.parametrize(
    "said",
    [
        {"X-Forwarded-Host": "ben.localhost:8000"},
        {"X-Host": "ben.localhost"},
        {"X-Original-Host": "ben.localhost"},
        {"Forwarded": "host=ben.localhost"},
        {"X-Forwarded-Server": "ben.localhost"},
        {"X-HTTP-Host-Override": "ben.localhost"},
        {"X-Rewrite-URL": "http://ben.localhost/whoami"},
        {"X-Original-URL": "http://ben.localhost/whoami"},
    ],
)
def test_what_else_a_visitor_says_about_hosts_is_not_listened_to(
    urls: None, both: tuple[Tenant, Tenant], said: dict[str, str]
) -> None:
    anna, ben = both
    assert role_on("ben.localhost:8000") == ben.schema_name
    assert role_on("anna.localhost:8000", **said) == anna.schema_name


def test_an_absolute_address_in_the_request_changes_no_practice(
    urls: None, both: tuple[Tenant, Tenant]
) -> None:
    """`GET http://ben.localhost/whoami` with Anna's host: a server passes the path on, or all of it."""
    assert role_on("ben.localhost") == both[1].schema_name
    for target in ("http://ben.localhost/whoami", "//ben.localhost/whoami"):
        answer = on("anna.localhost").generic("GET", "/whoami", PATH_INFO=target)
        assert answer.status_code in (404, 301), target
        assert "ben.localhost" not in answer.headers.get("Location", "")


def test_a_session_of_the_central_host_is_none_on_a_practices(urls: None, both: Any) -> None:
    browser = on("localhost:8000")
    browser.force_login(User.objects.get(email="anna@example.com"))
    assert browser.get("/remembered").json()["of_the_browser"] == ["session", "user"]
    answer = browser.get("/remembered", headers={"host": "anna.localhost:8000"})
    assert answer.json()["of_the_browser"] == []
