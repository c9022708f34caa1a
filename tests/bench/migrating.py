"""`migrate` over many tenants, beside what django-tenants' `migrate_schemas` needs for a few of them."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from kit.ids import uuid7
from tests.bench.measuring import Finding, Limit
from tests.template import owner_address

ROOT = Path(__file__).resolve().parents[2]
NOOP_MUST, COLUMN_MUST = 1, 3
LATER = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clients", "{last}")]
    operations = [migrations.AddField("client", "nickname", models.CharField(max_length=40, default=""))]
"""
TENANTS = "SELECT schema_name FROM registry_tenant ORDER BY 1"


@contextmanager
def a_migration_more() -> Iterator[dict[str, str]]:
    """The variables under which the clients' app has one migration more: a new column."""
    with tempfile.TemporaryDirectory(prefix="upfront-bench-") as folder:
        package = Path(folder) / "later_migrations"
        shutil.copytree(ROOT / "tenants" / "clients" / "migrations", package)
        last = max(path.stem for path in package.glob("0*.py"))
        (package / "9999_nickname.py").write_text(LATER.format(last=last))
        yield {"BENCH_CLIENTS_MIGRATIONS": package.name, "PYTHONPATH": folder}


def migrated(variables: dict[str, str], *, times: int) -> tuple[list[float], list[float]]:
    """Seconds of `migrate` with nothing to do, and with a new column for every tenant."""
    noop = [_seconds(variables, "migrate") for _ in range(times)]
    column = []
    with a_migration_more() as more, psycopg.connect(**owner_address()) as owner:  # type: ignore[arg-type]
        for _ in range(times):
            column.append(_seconds({**variables, **more}, "migrate"))
            _take_back(owner)
    return noop, column


def _take_back(owner: Any) -> None:
    """Make the schemas what they were, so that the column can be added again and tenants be made."""
    for (name,) in owner.execute(TENANTS).fetchall():
        _drop_column(owner, name)
    owner.execute(
        """UPDATE registry_tenantschemastate SET migrations = (
            SELECT md5(string_agg(app || '.' || name, ',' ORDER BY (app || '.' || name) COLLATE "C"))
            FROM {}) WHERE schema_name <> 'public'""".format(f'"{name}".django_migrations')
    )


def _drop_column(owner: Any, schema_name: str) -> None:
    table = f'"{schema_name}".clients_client'
    if not owner.execute(f"ALTER TABLE {table} DROP COLUMN nickname").statusmessage:
        raise AssertionError("the column was not there")
    owner.execute(f"DELETE FROM \"{schema_name}\".django_migrations WHERE name = '9999_nickname'")


def compared(variables: dict[str, str], *, tenants: int) -> tuple[float, float]:
    """The same two with django-tenants' own command over a few tenants: seconds for each tenant."""
    with _database_of_its_own(variables) as own:
        _seconds(own, "migrate_schemas", "--shared")
        with psycopg.connect(own["OWNER_DATABASE_URL"], autocommit=True) as owner:
            for _ in range(tenants):
                _register(owner)
        _seconds(own, "migrate_schemas", "--tenant")
        noop = statistics.median(_seconds(own, "migrate_schemas", "--tenant") for _ in range(3))
        with a_migration_more() as more:
            column = _seconds({**own, **more}, "migrate_schemas", "--tenant")
    return noop / tenants, column / tenants


@contextmanager
def _database_of_its_own(variables: dict[str, str]) -> Iterator[dict[str, str]]:
    base, _, taken = variables["OWNER_DATABASE_URL"].rpartition("/")
    name = f"{taken}_compared"
    with psycopg.connect(**owner_address()) as owner:  # type: ignore[arg-type]
        owner.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        owner.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            settings = {"DJANGO_SETTINGS_MODULE": "tests.bench.migrate_schemas_settings"}
            yield {**variables, **settings, "OWNER_DATABASE_URL": f"{base}/{name}"}
        finally:
            owner.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _register(owner: Any) -> None:
    tenant_id = uuid7()
    name = f"t_{tenant_id.hex}"
    owner.execute(
        """INSERT INTO registry_tenant (id, schema_name, name, slug, status, timezone, country, currency,
            contact_email, created_at, asked_at, status_reason, is_sandbox, own_host, moving_to, move_seal)
            VALUES (%s, %s, 'Coach', %s, 'open', 'Europe/Berlin', 'DE', 'eur', '', now(), now(), '', false,
            '', '', '')""",
        [tenant_id, name, f"coach-{tenant_id.hex[-12:]}"],
    )
    owner.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))


def _seconds(variables: dict[str, str], *command: str) -> float:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.bench.migrating_settings", **variables}
    more = [variables["PYTHONPATH"]] if "PYTHONPATH" in variables else []
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "platform"), *more])
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.timed", *command],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout[-1000:]}{done.stderr[-2000:]}")
    return float(done.stdout.splitlines()[-1])


def found(what: str, must: float, seconds: list[float], *, among: int, theirs: float) -> Finding:
    each = statistics.median(seconds) / among
    return Finding(
        f"migrate over {among} tenants, {what}",
        [one * 1000 for one in seconds],
        limits=[Limit("seconds", seconds, must=must, unit=" s")],
        note=f"per tenant {each * 1000:.1f} ms; migrate_schemas {theirs * 1000:.0f} ms, "
        f"{theirs / each:.0f} × as much",
    )
