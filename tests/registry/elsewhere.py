"""Another installation: the same code with a database and a key of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.db import connections
from psycopg import sql

from tenants.registry.models import Tenant
from tests import template

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Instance:
    """Another installation: a database of its own, and a key of its own. It has never heard of Anna."""

    environment: dict[str, str]
    database: str

    def manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def owner(self) -> psycopg.Connection:
        return psycopg.connect(**template.owner_address(self.database))  # type: ignore[arg-type]


@contextmanager
def another(database: str, anna: Tenant) -> Iterator[Instance]:
    """Made of the template, from which Anna is taken out."""
    name = f"{database}_elsewhere"
    with psycopg.connect(**template.owner_address()) as owner:  # type: ignore[arg-type]
        template._drop(owner, name)
        source = sql.Identifier(template._template(owner, _base(database)))
        owner.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), source))
        try:
            _forget(name, anna)
            yield Instance(_environment(name), name)
        finally:
            template._drop(owner, name)


def _base(copy: str) -> str:
    return copy.rpartition("_copy_")[0]


def _forget(database: str, tenant: Tenant) -> None:
    with psycopg.connect(**template.owner_address(database)) as owner:  # type: ignore[arg-type]
        owner.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(tenant.schema_name)))
        for table in ("registry_membership", "registry_domain"):
            owner.execute(
                sql.SQL("DELETE FROM {} WHERE tenant_id = %s").format(sql.Identifier(table)), [tenant.pk]
            )
        owner.execute("DELETE FROM accounts_user WHERE email = 'anna@example.com'")
        for table in ("registry_tenantschemastate", "fees_feeaccount", "registry_wakeup", "registry_tenant"):
            owner.execute(
                sql.SQL("DELETE FROM {} WHERE schema_name = %s").format(sql.Identifier(table)),
                [tenant.schema_name],
            )


def _environment(database: str) -> dict[str, str]:
    addresses = {
        variable: "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{name}".format(
            name=database, **connections.settings[alias]
        )
        for variable, alias in (("DATABASE_URL", "default"), ("OWNER_DATABASE_URL", "owner"))
    }
    return {**os.environ, **addresses, "SECRET_KEY": "another instance's"}
