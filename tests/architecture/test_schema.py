"""The tenants' schema: the same however it was made, small, and closed in itself."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import models, transaction
from django.db.migrations.loader import MigrationLoader

from kit.clock import now
from tenants.registry.linting import faults
from tenants.registry.models import Tenant
from tenants.registry.planes import tenant_labels, tenant_models
from tenants.registry.rendering import MIGRATIONS_TABLE, blueprint, digest
from tenants.registry.replaying import collect
from tenants.registry.schemas import create_schema

MOST_RELATIONS = 250

COLUMNS = """
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
           a.attcollation::regcollation::text, pg_get_expr(d.adbin, d.adrelid)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relkind = 'r' AND c.relnamespace = %s::regnamespace"""
CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, replace(pg_get_constraintdef(oid), %s, ''),
           condeferrable, condeferred
    FROM pg_constraint WHERE connamespace = %s::regnamespace"""
INDEXES = "SELECT tablename, indexname, replace(indexdef, %s, '') FROM pg_indexes WHERE schemaname = %s"


@pytest.fixture
def rendered(db: None) -> str:
    """A schema as provisioning makes it."""
    name = f"t_{uuid4().hex}"
    create_schema(name, now=now())
    return name


@pytest.fixture
def migrated(as_owner: Any) -> Iterator[str]:
    """A schema in which every migration was run, from the first to the last."""
    name = f"t_{uuid4().hex}"
    statements = [MIGRATIONS_TABLE, *collect(MigrationLoader(None), [], None)]
    with transaction.atomic(using="owner"), as_owner.cursor() as cursor:
        cursor.execute(f'CREATE SCHEMA "{name}"; SET LOCAL search_path = "{name}"')
        cursor.execute("\n".join(statements))
    return name


def shape(connection: Any, schema: str) -> set[tuple[Any, ...]]:
    """Everything that the schema is made of, without its name and the order of columns."""
    found: set[tuple[Any, ...]] = set()
    with transaction.atomic(using="owner"), connection.cursor() as cursor:
        cursor.execute(f'SET LOCAL search_path = "{schema}"')
        for query, values in (
            (COLUMNS, [schema]),
            (CONSTRAINTS, [f"{schema}.", schema]),
            (INDEXES, [f"{schema}.", schema]),
        ):
            cursor.execute(query, values)
            found |= set(cursor.fetchall())
    return found


def test_a_rendered_schema_equals_a_migrated_one(as_owner: Any, rendered: str, migrated: str) -> None:
    ours, theirs = shape(as_owner, rendered), shape(as_owner, migrated)
    assert len(ours) > 100
    assert sorted(map(str, ours ^ theirs)) == []


def test_a_difference_of_schemas_is_seen(as_owner: Any, rendered: str, migrated: str) -> None:
    before = shape(as_owner, rendered)
    with as_owner.cursor() as cursor:
        cursor.execute(f'ALTER TABLE "{rendered}".clients_client ALTER COLUMN phone DROP NOT NULL')
    assert len(before ^ shape(as_owner, rendered)) >= 2


def test_a_rendered_schema_has_recorded_every_migration(as_owner: Any, rendered: str) -> None:
    with as_owner.cursor() as cursor:
        cursor.execute(f'TABLE "{rendered}".django_migrations')
        recorded = {(app, name) for app, name, _applied in cursor.fetchall()}
    assert digest(recorded) == digest(blueprint().migrations)
    assert {app for app, _name in recorded} == tenant_labels()


def test_no_foreign_key_leaves_the_tenant() -> None:
    leaving = [
        f"{field.model._meta.label}.{field.name} -> {field.related_model}"
        for model in tenant_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey | models.ManyToManyField)
        and field.related_model._meta.app_label not in tenant_labels()  # type: ignore[union-attr]
    ]
    assert leaving == []


def test_the_budget_of_relations_is_kept(as_owner: Any, rendered: str) -> None:
    """With their TOAST tables and the indexes of those: what the catalogue carries for every tenant."""
    with as_owner.cursor() as cursor:
        cursor.execute(
            """WITH own AS (SELECT oid, reltoastrelid FROM pg_class WHERE relnamespace = %s::regnamespace)
            SELECT (SELECT count(*) FROM own) + (SELECT count(*) FROM own WHERE reltoastrelid <> 0)
                 + (SELECT count(*) FROM pg_index WHERE indrelid IN (SELECT reltoastrelid FROM own))""",
            [rendered],
        )
        [relations] = cursor.fetchone()
    assert len(tenant_models()) < relations <= MOST_RELATIONS


@pytest.mark.parametrize(
    "what",
    [
        "SELECT tgname FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid "
        "WHERE NOT tgisinternal AND relnamespace = %s::regnamespace",
        "SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace = %s::regnamespace",
        "SELECT relname FROM pg_class c WHERE relkind = 'r' AND relnamespace = %s::regnamespace "
        "AND NOT EXISTS (SELECT 1 FROM pg_index WHERE indrelid = c.oid AND indisprimary)",
        "SELECT proname FROM pg_proc WHERE pronamespace = %s::regnamespace",
    ],
    ids=["triggers", "sequences", "tables without a key", "functions"],
)
def test_a_tenants_schema_has_no(as_owner: Any, rendered: str, what: str) -> None:
    with as_owner.cursor() as cursor:
        cursor.execute(what, [rendered])
        assert cursor.fetchall() == []


def test_the_rendered_ddl_is_clean() -> None:
    assert list(faults(blueprint().statements)) == []


TABLE = 'CREATE TABLE "a" ("id" uuid NOT NULL PRIMARY KEY%s);'


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("CREATE TRIGGER x BEFORE INSERT ON a EXECUTE FUNCTION f();", "trigger"),
        ("CREATE CONSTRAINT TRIGGER x AFTER INSERT ON a EXECUTE FUNCTION f();", "trigger"),
        ("CREATE EXTENSION btree_gist;", "extension"),
        (TABLE % ', "n" bigint GENERATED BY DEFAULT AS IDENTITY', "sequence"),
        ('CREATE TABLE "a" ("id" bigserial PRIMARY KEY);', "sequence"),
        (TABLE % ', "n" integer NOT NULL CHECK ("n" >= 0)', "check without a name"),
        ('ALTER TABLE "a" ADD COLUMN "n" integer CHECK ("n" >= 0);', "check without a name"),
        ('CREATE TABLE "a" ("id" uuid NOT NULL);', "primary key"),
        (
            'ALTER TABLE "a" ADD CONSTRAINT "fk" FOREIGN KEY ("u") REFERENCES "accounts_user" ("id");',
            "leaves",
        ),
    ],
)
def test_the_lint_names_what_is_wrong(statement: str, reason: str) -> None:
    [fault] = faults([TABLE % "", statement])
    assert reason in fault


@pytest.mark.parametrize(
    "statement",
    [
        TABLE % ', CONSTRAINT "positive" CHECK ("n" >= 0 AND "word" <> \'CHECK (it)\')',
        'ALTER TABLE "b" ADD CONSTRAINT "fk" FOREIGN KEY ("a_id") REFERENCES "a" ("id");',
        'ALTER TABLE "a" ADD CONSTRAINT "free" EXCLUDE USING GIST ("period" WITH &&);',
    ],
)
def test_the_lint_lets_pass_what_is_right(statement: str) -> None:
    assert list(faults([TABLE % "", statement])) == []


def test_all_tenants_are_alike(as_owner: Any, tenants: list[Tenant]) -> None:
    shapes = [shape(as_owner, tenant.schema_name) for tenant in tenants]
    assert all(other == shapes[0] for other in shapes)
