"""The tests' database: made once with four tenants, copied for each test process, put back after each test.

Tests sign in as the web role and commit for real, so nothing can be rolled back. `baseline.reset()` in
each copy makes every table again what it was, whoever wrote to it.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import md5
from importlib import import_module
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from django.db import connections
from psycopg import sql

ROOT = Path(__file__).resolve().parents[1]
KEPT_HOURS = 6
"""How long a template stays that nobody copies: other checkouts, on the same server, copy theirs."""
MADE_AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
TENANTS = {
    "anna": UUID("019b8c00-0000-7000-8000-00000000000a"),
    "ben": UUID("019b8c00-0000-7000-8000-00000000000b"),
    "chiara": UUID("019b8c00-0000-7000-8000-00000000000c"),
    "dev": UUID("019b8c00-0000-7000-8000-00000000000d"),
}
# "dev" is kept for the platform.
ADDRESSES = {name: "dev-coaching" if name == "dev" else name for name in TENANTS}


def owner_address(database: str | None = None) -> dict[str, object]:
    """How psycopg reaches a database of the tests as its owner."""
    settings = connections.settings["owner"]
    return {
        "host": settings["HOST"],
        "port": settings["PORT"] or 5432,
        "user": settings["USER"],
        "password": settings["PASSWORD"],
        "dbname": database or settings["NAME"],
        "autocommit": True,
    }


@contextmanager
def own_copy() -> Iterator[str]:
    """A copy of the template for this process alone; answers with its name. Dropped at the end."""
    if "owner" not in connections.settings:
        pytest.exit("The tests need DATABASE_URL and OWNER_DATABASE_URL: start them with ./run test", 2)
    base = connections.settings["owner"]["NAME"]
    with psycopg.connect(**owner_address()) as owner:  # type: ignore[arg-type]
        template = _template(owner, base)
        copy = _free_name(owner, base)
        _drop(owner, copy)
        owner.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(copy), sql.Identifier(template)
            )
        )
        _point_to(copy)
        try:
            yield copy
        finally:
            connections.close_all()
            _point_to(base)
            _drop(owner, copy)


def _free_name(owner: psycopg.Connection, base: str) -> str:
    """The first name that no living process uses: each holds a lock as long as its connection lives."""
    for number in range(100):
        taken = owner.execute("SELECT pg_try_advisory_lock(7417, %s)", [number]).fetchone() == (False,)
        if not taken:
            return f"{base}_copy_{number}"
    raise RuntimeError("A hundred test processes run already.")


def _template(owner: psycopg.Connection, base: str) -> str:
    """The template of this checkout, by name; made if there is none. It stays for hours from now on."""
    name = f"{base}_template_{_fingerprint()}"
    owner.execute("SELECT pg_advisory_lock(7416, 0)")
    try:
        if not owner.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            _forget_unused(owner, f"{base}_template_")
            _make(owner, name, building=f"{base}_template_building")
        _note_use(owner, name)
    finally:
        owner.execute("SELECT pg_advisory_unlock(7416, 0)")
    return name


def _fingerprint() -> str:
    """Changes with all that a provisioned tenant is made of."""
    contents = md5(usedforsecurity=False)
    for path in sorted(set(_sources())):
        contents.update(path.name.encode() + path.read_bytes())
    return contents.hexdigest()[:12]


def _sources() -> Iterable[Path]:
    from django.apps import apps

    from kit import wiring

    for app in apps.get_app_configs():
        yield from Path(app.path).glob("migrations/*.py")
        yield from Path(app.path).glob("models.py")
        yield from Path(app.path).glob("models/*.py")
    yield from (ROOT / "tenants" / "registry").glob("*.py")
    yield from (ROOT / "platform" / "kit").glob("*.py")
    for path in wiring.table("TENANT_CREATED"):
        yield Path(str(import_module(path.rpartition(".")[0]).__file__))
    yield Path(__file__)


def _make(owner: psycopg.Connection, name: str, *, building: str) -> None:
    before = connections.settings["owner"]["NAME"]
    _drop(owner, building)
    owner.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(building)))
    _point_to(building)
    try:
        _fill()
        with psycopg.connect(**owner_address()) as inside:  # type: ignore[arg-type]
            _remember_baseline(inside)
    finally:
        connections.close_all()
        _point_to(before)
    owner.execute(
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(building), sql.Identifier(name))
    )


def _fill() -> None:
    from accounts.models import User
    from tenants.registry.addresses import host_for
    from tenants.registry.migrating import migrate_all
    from tenants.registry.models import Domain, Membership, Tenant, schema_name_for
    from tenants.registry.provisioning import provision

    migrate_all(now=MADE_AT)
    for name, tenant_id in TENANTS.items():
        user = User.objects.create_user(f"{name}@example.com", name=name.title(), joined_at=MADE_AT)
        tenant = Tenant.objects.create(
            id=tenant_id,
            schema_name=schema_name_for(tenant_id),
            name=name.title(),
            slug=ADDRESSES[name],
            timezone="Europe/Berlin",
            country="DE",
            currency="eur",
            created_at=MADE_AT,
            asked_at=MADE_AT,
        )
        Domain.objects.create(tenant=tenant, domain=host_for(tenant.slug), is_primary=True)
        Membership.objects.create(tenant=tenant, user=user, created_at=MADE_AT)
        provision(tenant_id=tenant_id, now=MADE_AT)


def _remember_baseline(owner: psycopg.Connection) -> None:
    """Keep the rows there are, and write the function that brings them back."""
    owner.execute("CREATE SCHEMA baseline")
    body = sql.SQL(
        """
        DECLARE left_over text;
        BEGIN
          {steps}
          FOR left_over IN SELECT nspname FROM pg_namespace
              WHERE nspname ~ '^t_[0-9a-f]{{32}}$' AND nspname <> ALL ({schemas})
          LOOP
            EXECUTE format('DROP SCHEMA %I CASCADE', left_over);
            EXECUTE format('DROP ROLE IF EXISTS %I', left_over);
          END LOOP;
        END
        """
    ).format(
        steps=sql.SQL("\n").join(_step(owner, schema, table) for schema, table in _tables(owner)),
        schemas=sql.Literal(_schemas()),
    )
    owner.execute(
        sql.SQL("CREATE FUNCTION baseline.reset() RETURNS void LANGUAGE plpgsql AS {}").format(
            sql.Literal(body.as_string(owner))
        )
    )


def _schemas() -> list[str]:
    return [f"t_{tenant_id.hex}" for tenant_id in TENANTS.values()]


def _tables(owner: psycopg.Connection) -> list[tuple[str, str]]:
    return owner.execute(
        """SELECT schemaname, tablename FROM pg_tables
        WHERE schemaname = 'public' OR schemaname = ANY (%s) ORDER BY 1, 2""",
        [_schemas()],
    ).fetchall()


def _step(owner: psycopg.Connection, schema: str, table: str) -> sql.Composed:
    """An empty table is emptied; another one is filled again if it differs."""
    there = sql.Identifier(schema, table)
    kept = sql.Identifier("baseline", f"{schema[-2:]}.{table}")
    if not owner.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(there)).fetchone():
        return sql.SQL("DELETE FROM {};").format(there)
    owner.execute(sql.SQL("CREATE TABLE {} AS TABLE {}").format(kept, there))
    return sql.SQL(
        """
        IF EXISTS ((TABLE {there} EXCEPT ALL TABLE {kept}) UNION ALL (TABLE {kept} EXCEPT ALL TABLE {there}))
        THEN DELETE FROM {there}; INSERT INTO {there} TABLE {kept}; END IF;
        """
    ).format(there=there, kept=kept)


def _note_use(owner: psycopg.Connection, name: str) -> None:
    """When it was copied last, where whoever sweeps reads it."""
    at = str(owner.execute("SELECT now()::text").fetchall()[0][0])
    said = sql.SQL("COMMENT ON DATABASE {} IS {}")
    owner.execute(said.format(sql.Identifier(name), sql.Literal(at)))


def _forget_unused(owner: psycopg.Connection, prefix: str) -> None:
    """Templates that no checkout has copied for hours; never one that somebody is at just now."""
    unused = owner.execute(
        """SELECT datname FROM pg_database WHERE starts_with(datname, %s) AND coalesce(
            shobj_description(oid, 'pg_database')::timestamptz, '-infinity'
        ) < now() - make_interval(hours => %s)""",
        [prefix, KEPT_HOURS],
    ).fetchall()
    for (name,) in unused:
        with suppress(psycopg.errors.ObjectInUse):
            owner.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def _drop(owner: psycopg.Connection, name: str) -> None:
    """The server waits some seconds for connections that are closing; others are ended by force."""
    drop = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name))
    try:
        owner.execute(drop)
    except psycopg.errors.ObjectInUse:
        owner.execute(drop + sql.SQL(" WITH (FORCE)"))


def _point_to(database: str) -> None:
    connections.close_all()
    for settings in connections.settings.values():
        settings["NAME"] = database
