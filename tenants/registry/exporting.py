"""Take everything with you: a practice as one archive, which says itself what is in it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django_tenants.utils import schema_context

from kit import wiring
from kit.database import read_only
from tenants.registry.archive import contents, rows
from tenants.registry.archive.file import Writer, written_to
from tenants.registry.archive.parts import Part
from tenants.registry.archive.readme import readme
from tenants.registry.models import Domain, Membership, Tenant
from tenants.registry.rendering import MIGRATIONS_TABLE, blueprint, digest

__all__ = ["MIGRATIONS_TABLE", "Exported", "export"]


@dataclass(frozen=True)
class Exported:
    """An archive that was written: rows by table, and how many files there are in all."""

    path: Path
    rows: dict[str, int]
    files: int


def export(*, tenant: Tenant, to: Path, now: datetime) -> Exported:
    """Use case: write everything of a practice to the file `to`, which is there once it is whole.

    All of it is read in one transaction as the practice's own role, so that every part is of the same moment.
    """
    with written_to(to) as writer, schema_context(tenant.schema_name), read_only():
        _of_one_moment()
        counts = _write(writer, tenant, now)
    return Exported(to, counts, len(writer.files))


def _of_one_moment() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute(rows.AS_WRITTEN)


def _write(writer: Writer, tenant: Tenant, now: datetime) -> dict[str, int]:
    schema_name, using = tenant.schema_name, DEFAULT_DB_ALIAS
    writer.add(contents.README, [readme(tenant.name)])
    counts: dict[str, int] = {}
    for table in contents.own_tables():
        lines = rows.read(table, schema=schema_name, using=using)
        counts[table.name] = writer.add(table.path, lines, are_rows=True)
        for path, content in rows.contents(table, schema=schema_name, using=using):
            writer.add(path, [content])
    counts |= _write_shared(writer, schema_name)
    for part in _parts(now):
        writer.add(f"people/{part.path}", part.content(), about=part.about)
    writer.finish(_facts(tenant, now))
    return counts


def _write_shared(writer: Writer, schema_name: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    practice = contents.Table(Tenant, contents.PRACTICE)
    for table in (practice, *contents.shared_tables()):
        lines = rows.read(table, schema="public", only_of=schema_name, using=DEFAULT_DB_ALIAS)
        counts[table.name] = writer.add(table.path, lines, are_rows=True)
    # Whose logins those are, and which hosts, the practice's own role may not read.
    with schema_context("public"):
        writer.add(contents.DOMAINS, _lines(_domains(schema_name)), are_rows=True)
        writer.add(contents.MEMBERS, _lines(_members(schema_name)), are_rows=True)
    return counts


def _lines(found: Iterator[dict[str, Any]]) -> Iterator[str]:
    return (json.dumps(row, ensure_ascii=False, default=_plain) + "\n" for row in found)


def _plain(value: Any) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)


def _domains(schema_name: str) -> Iterator[dict[str, Any]]:
    shown = ("domain", "is_primary", "is_own", "token", "created_at", "verified_at")
    yield from Domain.objects.filter(tenant__schema_name=schema_name).order_by("domain").values(*shown)


def _members(schema_name: str) -> Iterator[dict[str, Any]]:
    for each in Membership.objects.filter(tenant__schema_name=schema_name).order_by("user__email"):
        yield {
            "email": each.user.email,
            "name": each.user.name,
            "role": each.role,
            "created_at": each.created_at,
        }


def _parts(now: datetime) -> Iterator[Part]:
    for path in wiring.table("EXPORTS"):
        yield from wiring.named(path)(now=now)


def _facts(tenant: Tenant, now: datetime) -> dict[str, Any]:
    migrations = blueprint().migrations
    return {
        "made_at": now.astimezone(UTC).isoformat(),
        "practice": {"name": tenant.name, "address": tenant.slug, "schema": tenant.schema_name},
        "migrations": {
            "digest": digest(migrations),
            "applied": [f"{app}.{name}" for app, name in migrations],
        },
        "left_out": {**contents.LEFT_OUT, **contents.SHARED_LEFT_OUT},
    }
