"""What a schema lacks, as SQL that is the same for every schema in its state."""

from collections.abc import Iterable

from django.db import connections
from django.db.migrations import Migration as DjangoMigration
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from psycopg import sql

from kit.database import typed
from tenants.registry.planes import OWNER, tenant_labels
from tenants.registry.rendering import Migration, executable, migrations_table, record


class CannotReplay(RuntimeError):
    """A migration of a tenant app cannot be written as SQL, or not in one transaction."""


def applied_in(schema_name: str) -> frozenset[Migration]:
    """The migrations that a tenant's schema has recorded."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute(sql.SQL("SELECT app, name FROM {}").format(migrations_table(schema_name)))
        return frozenset((app, name) for app, name in cursor.fetchall())


def collect(loader: MigrationLoader, applied: Iterable[Migration], model_schema: str | None) -> list[str]:
    """The statements that bring a schema in which `applied` were run to this code's state.

    `model_schema` is one such schema: names of constraints are looked up in it; none is needed when
    nothing was applied yet. Raises CannotReplay.
    """
    state, pending = _state_and_pending(loader, frozenset(applied))
    connection = typed(OWNER)
    connection.set_schema(model_schema or "t_" + "0" * 32)
    try:
        statements: list[str] = []
        for migration in pending:
            _check_is_sql(migration)
            with connection.schema_editor(collect_sql=True, atomic=False) as editor:
                state = migration.apply(state, editor, collect_sql=True)
            statements += executable(editor.collected_sql)
    finally:
        connection.set_schema_to_public()
    return [*statements, record((m.app_label, m.name) for m in pending)] if pending else []


def _state_and_pending(
    loader: MigrationLoader, applied: frozenset[Migration]
) -> tuple[ProjectState, list[DjangoMigration]]:
    state, pending = ProjectState(real_apps=loader.unmigrated_apps), []
    for key in _in_order(loader.graph):
        migration = loader.graph.nodes[key]
        if key in applied or key[0] not in tenant_labels():
            state = migration.mutate_state(state, preserve=False)
        else:
            pending.append(migration)
    return state, pending


def _in_order(graph: MigrationGraph) -> list[Migration]:
    return list(dict.fromkeys(key for leaf in graph.leaf_nodes() for key in graph.forwards_plan(leaf)))


def _check_is_sql(migration: DjangoMigration) -> None:
    if not migration.atomic or not all(operation.reduces_to_sql for operation in migration.operations):
        raise CannotReplay(
            f"{migration} of a tenant app runs Python or leaves the transaction, which `migrate` cannot "
            "replay to every tenant. Write it as SQL, or teach tenants/registry/replaying.py to run it."
        )
