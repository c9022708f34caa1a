"""Migrating all tenants: planned once per group of equal schemas, replayed to each.

Asking Django for the plan of every schema costs more with every schema. Here one query tells which
schemas are behind, one member of each group stands model for the SQL, and each gets it in a transaction
of its own, over a few connections. What failed is named, and the next run takes up only that.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from django.db import Error, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from kit.database.base import PUBLIC
from tenants.registry import grants, replaying
from tenants.registry.models import Tenant, TenantSchemaState, TenantStatus
from tenants.registry.planes import OWNER, shared_labels, tenant_labels
from tenants.registry.rendering import DIGEST_SQL, digest, migrations_table
from tenants.registry.schemas import ensure_roles

LOCK_TIMEOUT = "5s"


@dataclass(frozen=True)
class Standing:
    """How far a schema is: the digests of its migrations and of its rights."""

    migrations: str
    rights: str


@dataclass(frozen=True)
class Outcome:
    """What a run did: names of migrations of the shared plane, schemas brought forward, and failures."""

    shared: list[str]
    current: int
    migrated: list[str]
    failed: dict[str, str]


def migrate_all(*, now: datetime, workers: int = 4) -> Outcome:
    """Bring the shared plane and every tenant's schema to this code's migrations and rights.

    A tenant that fails is left as it was and named in the outcome; the others go on.
    """
    ensure_roles()
    executor = MigrationExecutor(connections[OWNER])
    shared = _migrate_shared(executor, now)
    failed = _adopt_unknown(now)
    wanted = Standing(_digest_of(executor.loader), grants.tenant_rights_digest())
    groups = _groups()
    current = len(groups.pop(wanted, []))
    migrated: list[str] = []
    for standing, schemas in groups.items():
        done, lost = _bring_forward(executor.loader, standing, wanted, schemas, now, workers)
        migrated += done
        failed |= lost
    return Outcome(shared, current, migrated, failed)


def _migrate_shared(executor: MigrationExecutor, now: datetime) -> list[str]:
    executor.loader.check_consistent_history(executor.connection)
    targets = [leaf for leaf in executor.loader.graph.leaf_nodes() if leaf[0] in shared_labels()]
    plan = executor.migration_plan(targets)
    if plan:
        executor.migrate(targets, plan)
    _grant_shared(now)
    return [str(migration) for migration, _backwards in plan]


def _grant_shared(now: datetime) -> None:
    rights = grants.shared_rights_digest()
    states = TenantSchemaState.objects.using(OWNER)
    if states.filter(schema_name=PUBLIC, rights=rights).exists():
        return
    with transaction.atomic(using=OWNER, durable=True), connections[OWNER].cursor() as cursor:
        cursor.execute(grants.shared_grants())
        states.update_or_create(schema_name=PUBLIC, defaults={"rights": rights, "applied_at": now})


def _adopt_unknown(now: datetime) -> dict[str, str]:
    """Note how far the schemas are that came by another way, such as a restored dump.

    Answers with those tenants that should have a schema and have none.
    """
    states = TenantSchemaState.objects.using(OWNER)
    unknown = (
        Tenant.objects.using(OWNER)
        .exclude(status=TenantStatus.PROVISIONING)
        # An erased one is a number in the platform's books, and has no schema.
        .exclude(status=TenantStatus.CLOSED, erase_at__isnull=True)
        .exclude(schema_name__in=states.values("schema_name"))
        .values_list("schema_name", flat=True)
    )
    lost: dict[str, str] = {}
    for schema_name in unknown:
        try:
            found = _digest_in(schema_name)
        except Error as error:
            lost[schema_name] = _first_line(error)
        else:
            states.create(schema_name=schema_name, migrations=found, rights="", applied_at=now)
    return lost


def _digest_in(schema_name: str) -> str:
    with connections[OWNER].cursor() as cursor:
        cursor.execute(sql.SQL(f"SELECT {DIGEST_SQL} FROM {{}}").format(migrations_table(schema_name)))  # noqa: S608
        return str(cursor.fetchone()[0])


def _digest_of(loader: MigrationLoader) -> str:
    return digest(key for key in loader.graph.nodes if key[0] in tenant_labels())


def _groups() -> dict[Standing, list[str]]:
    groups: dict[Standing, list[str]] = defaultdict(list)
    states = TenantSchemaState.objects.using(OWNER).exclude(schema_name=PUBLIC).order_by("schema_name")
    for schema_name, migrations, rights in states.values_list("schema_name", "migrations", "rights"):
        groups[Standing(migrations, rights)].append(schema_name)
    return groups


def _bring_forward(
    loader: MigrationLoader,
    standing: Standing,
    wanted: Standing,
    schemas: Sequence[str],
    now: datetime,
    workers: int,
) -> tuple[list[str], dict[str, str]]:
    """Replay to all schemas of one group what the first of them lacks."""
    statements = (
        []
        if standing.migrations == wanted.migrations
        else replaying.collect(loader, replaying.applied_in(schemas[0]), schemas[0])
    )
    replay = _Replay("\n".join(statements), standing, wanted, now)
    shares = [schemas[start::workers] for start in range(min(workers, len(schemas)))]
    with ThreadPoolExecutor(len(shares)) as pool:
        answers = dict(answer for share in pool.map(replay.to_each, shares) for answer in share)
    return [name for name in answers if not answers[name]], {n: e for n, e in answers.items() if e}


@dataclass(frozen=True)
class _Replay:
    statements: str
    standing: Standing
    wanted: Standing
    now: datetime

    def to_each(self, schemas: Sequence[str]) -> list[tuple[str, str]]:
        """(schema, sentence of its failure or nothing) for each."""
        try:
            return list(self._answers(schemas))
        finally:
            connections[OWNER].close()

    def _answers(self, schemas: Sequence[str]) -> Iterator[tuple[str, str]]:
        for schema_name in schemas:
            try:
                self._to(schema_name)
                yield schema_name, ""
            except Error as error:
                self._note_failure(schema_name, error)
                yield schema_name, _first_line(error)

    def _to(self, schema_name: str) -> None:
        with transaction.atomic(using=OWNER, durable=True), connections[OWNER].cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            if self._claim(schema_name):
                cursor.execute(f'SET LOCAL search_path = "{schema_name}"; {self.statements}')
                # A table that was dropped and made again has lost its rights.
                if self.standing.rights != self.wanted.rights or "CREATE TABLE" in self.statements:
                    cursor.execute(grants.tenant_grants(schema_name))

    def _claim(self, schema_name: str) -> int:
        """Also the lock that makes two runs at once take turns: the second finds the schema moved on."""
        return (
            TenantSchemaState.objects.using(OWNER)
            .filter(schema_name=schema_name, migrations=self.standing.migrations, rights=self.standing.rights)
            .update(
                migrations=self.wanted.migrations,
                rights=self.wanted.rights,
                applied_at=self.now,
                failed_at=None,
                error="",
            )
        )

    def _note_failure(self, schema_name: str, error: Error) -> None:
        """Where operators read it, until a run brings the schema further."""
        TenantSchemaState.objects.using(OWNER).filter(schema_name=schema_name).update(
            failed_at=self.now, error=_first_line(error)[:300]
        )


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
