"""A practice out of its archive, on this instance: all of it, or nothing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import IntegrityError, connections, transaction

from tenants.registry import addresses
from tenants.registry.archive import contents, rows
from tenants.registry.archive.file import Archive, ArchiveRefused
from tenants.registry.models import (
    MOVES_OR_MOVED,
    Domain,
    Membership,
    Tenant,
    TenantStatus,
    Wakeup,
    schema_name_for,
)
from tenants.registry.planes import OWNER
from tenants.registry.rendering import blueprint, digest
from tenants.registry.schemas import make_schema

CLAIMED = ("domain", "is_own", "token", "created_at")
ASLEEP = "Restored from an archive, and not opened yet."


@dataclass(frozen=True)
class Restored:
    """What stands here now; `new_users` cannot sign in before they have set a password."""

    tenant: Tenant
    new_users: list[Any]
    rows: dict[str, int]


def restore(*, archive: Archive, address: str = "", opens: bool = False, now: datetime) -> Restored:
    """Use case of the owner: make the practice of an archive, under its own or another address.

    It does no business until it is reopened: an open copy would mail clients and charge cards, beside the one
    that was exported. One that was packed to move arrives: it is opened with the word that is told when the
    move is finished there. With `opens` it stands as it did. Raises ArchiveRefused; nothing is kept then.
    """
    archive.verify()
    _refuse_other_code(archive)
    told = archive.only_line(contents.PRACTICE)
    slug = address or told["slug"]
    try:
        with transaction.atomic(using=OWNER, durable=True):
            tenant = _practice(archive, told, slug, opens)
            users = _members(archive, tenant)
            counts = _rows(archive, tenant, now)
            _let_go(tenant)
    except IntegrityError as error:
        raise ArchiveRefused(f"Something of it is here already: {str(error).splitlines()[0]}.") from error
    return Restored(tenant, users, counts)


def _refuse_other_code(archive: Archive) -> None:
    migrations = blueprint().migrations
    applied = archive.manifest["migrations"]["applied"]
    ours = [f"{app}.{name}" for app, name in migrations]
    if applied == ours and archive.manifest["migrations"]["digest"] == digest(migrations):
        return
    odd = sorted({*applied} ^ {*ours})
    raise ArchiveRefused(
        f"It was written by code with other migrations ({', '.join(odd[:3]) or 'of other names'}). Restore "
        "it with the code that wrote it, and migrate there; or export it anew after both run the same code."
    )


def _practice(archive: Archive, told: dict[str, Any], slug: str, opens: bool) -> Tenant:
    _refuse_taken(told, slug)
    line = json.dumps({**told, "slug": slug, "own_host": "", **_standing(told, opens)})
    table = contents.Table(Tenant, contents.PRACTICE)
    rows.write(table, [line], schema="public", using=OWNER)
    tenant = Tenant.objects.using(OWNER).get(pk=told["id"])
    _domains(archive, tenant)
    return tenant


def _standing(told: dict[str, Any], opens: bool) -> dict[str, Any]:
    """How it stands here, by how it stood there."""
    status, still = told["status"], {"moving_to": "", "move_seal": "", "move_step_at": None}
    if status in (TenantStatus.MOVED, TenantStatus.ARRIVING) and not opens:
        raise ArchiveRefused(
            "It is a copy that was not the practice itself any more, or not yet. Take the archive that "
            "move_tenant wrote; with --open this copy is made the practice."
        )
    if status == TenantStatus.PACKED and not opens:
        return {"status": TenantStatus.ARRIVING, "moving_to": ""}
    if status == TenantStatus.OPEN or status in MOVES_OR_MOVED:
        reason = told["status_reason"] or ("" if opens else ASLEEP)
        stands = TenantStatus.SUSPENDED if reason else TenantStatus.OPEN
        return {**still, "status": stands, "status_reason": reason, "closed_at": None, "erase_at": None}
    return still


def _refuse_taken(told: dict[str, Any], slug: str) -> None:
    if told["schema_name"] != schema_name_for(UUID(told["id"])):
        raise ArchiveRefused("Its schema does not bear the name that its key gives it: it was changed.")
    if problem := addresses.malformed(slug):
        raise ArchiveRefused(problem)
    if slug in addresses.RESERVED:
        raise ArchiveRefused(f"“{slug}” is kept for the platform. Choose another address with --as.")
    practices = Tenant.objects.using(OWNER)
    if practices.filter(pk=told["id"]).exists() or _has_schema(told["schema_name"]):
        raise ArchiveRefused("This very practice is here already. Erase it first, or restore elsewhere.")
    if practices.filter(slug=slug).exists():
        raise ArchiveRefused(f"“{slug}” belongs to another practice here. Choose another address with --as.")


def _has_schema(schema_name: str) -> bool:
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [schema_name])
        return cursor.fetchone() is not None


def _domains(archive: Archive, tenant: Tenant) -> None:
    """Ours by the address; the coach's own are claims until the DNS says that they lead here."""
    told = [json.loads(line) for line in archive.lines(contents.DOMAINS)]
    since = next((each["created_at"] for each in told if not each["is_own"]), tenant.created_at)
    host = addresses.host_for(tenant.slug)
    ours = Domain(tenant=tenant, domain=host, is_primary=True, created_at=since)
    claims = [
        Domain(tenant=tenant, is_primary=False, **{name: each[name] for name in CLAIMED})
        for each in told
        if each["is_own"]
    ]
    # Not by `save`, which looks for a primary one as the web role.
    Domain.objects.using(OWNER).bulk_create([ours, *claims])


def _members(archive: Archive, tenant: Tenant) -> list[Any]:
    """By their e-mails: who has a login here keeps it, the others get one without a password."""
    users, new = get_user_model().objects.using(OWNER), []
    for line in archive.lines(contents.MEMBERS):
        told = json.loads(line)
        user = users.filter(email__iexact=told["email"]).first()
        if user is None:
            user = users.model(email=told["email"].lower(), name=told["name"])
            user.set_unusable_password()
            user.save(using=OWNER)
            new.append(user)
        Membership.objects.using(OWNER).create(
            tenant=tenant, user=user, role=told["role"], created_at=told["created_at"]
        )
    return new


def _rows(archive: Archive, tenant: Tenant, now: datetime) -> dict[str, int]:
    make_schema(schema_name=tenant.schema_name, now=now)
    tables = [(table, "public") for table in contents.shared_tables()]
    tables += [(table, tenant.schema_name) for table in contents.own_tables()]
    return {table.name: _fill(archive, table, schema, tenant.schema_name) for table, schema in tables}


def _fill(archive: Archive, table: contents.Table, schema: str, schema_name: str) -> int:
    lines = _only_of(archive.lines(table.path), schema_name) if schema == "public" else _own(archive, table)
    written = rows.write(table, lines, schema=schema, using=OWNER)
    if written != archive.files[table.path]["rows"]:
        raise ArchiveRefused(
            f"{table.path} says {archive.files[table.path]['rows']} rows, and has {written}."
        )
    return written


def _only_of(lines: Iterator[str], schema_name: str) -> Iterator[str]:
    for line in lines:
        if json.loads(line)["schema_name"] != schema_name:
            raise ArchiveRefused("A shared row in it speaks of another practice: it was changed.")
        yield line


def _let_go(tenant: Tenant) -> None:
    """Leases are of other workers, which will never end them. Of one that arrives all work stands still."""
    if tenant.status != TenantStatus.ARRIVING:
        asked = Wakeup.objects.using(OWNER).filter(schema_name=tenant.schema_name)
        asked.filter(leased_until__isnull=False).update(leased_until=None)


def _own(archive: Archive, table: contents.Table) -> Iterator[str]:
    for line in archive.lines(table.path):
        yield _with_bytes(archive, table, line) if table.contents else line


def _with_bytes(archive: Archive, table: contents.Table, line: str) -> str:
    told = json.loads(line)
    named = {name: told[name]["file"] for name in table.contents if told[name] is not None}
    return rows.changed(line, **{name: f"\\x{archive.content(path).hex()}" for name, path in named.items()})
