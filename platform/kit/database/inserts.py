"""Inserting: each model's statement is composed once, for composing costs more than running it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache, lru_cache
from itertools import compress
from operator import is_not
from types import NoneType
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.db import models
from django.db.models.base import ModelState
from psycopg import sql

from kit.database.base import DatabaseWrapper
from kit.database.transactions import typed

M = TypeVar("M", bound=models.Model)

# What psycopg writes as Django would; asking each field first costs more than writing.
AS_THEY_ARE = frozenset({str, int, bool, datetime, UUID, NoneType})


class Defaults(NamedTuple):
    """What a model's columns hold when nothing is said of them."""

    fields: dict[str, Any]
    constant: dict[str, Any]
    made: dict[str, Callable[[], Any]]
    related: dict[str, Any]


def new(model: type[M], **given: Any) -> M:
    """A row that is not stored yet: as `model(**given)`, in a third of the time. Raises TypeError too."""
    fields, constant, made, related = _defaults(model)
    row = model.__new__(model)
    row._state = ModelState()
    values = row.__dict__
    values.update(constant)
    for name, value in given.items():
        if name in fields:
            values[name] = value
        elif name in related:
            related[name].set_cached_value(row, value)
            values[related[name].attname] = value.pk
        else:
            raise TypeError(f"{model.__name__} has no field “{name}”.")
    for name, make in made.items():
        if name not in given:
            values[name] = make()
    return row


@cache
def _defaults(model: type[models.Model]) -> Defaults:
    fields: dict[str, Any] = {field.attname: field for field in model._meta.concrete_fields}
    made = {name: field.default for name, field in fields.items() if callable(field.default)}
    # A field that has no default of its own says so with a class, which is callable too.
    made = {name: make for name, make in made.items() if make is not models.NOT_PROVIDED}
    constant = {name: field.get_default() for name, field in fields.items() if name not in made}
    related = {field.name: field for field in fields.values() if field.is_relation}
    return Defaults(fields, constant, made, related)


def insert(*rows: models.Model, unless_there: Sequence[models.Model] = ()) -> None:
    """Step: put new rows in, then those of `unless_there` that are not there: all in one message.

    Values are plain ones, no expressions. Of no rows at all nothing is sent.
    """
    if not (rows or unless_there):
        return
    connection = typed()
    _send(_written(rows, unless_there, connection), connection)
    _mark_stored(rows, connection)


def insert_later(*rows: models.Model, unless_there: Sequence[models.Model] = ()) -> None:
    """Step: as `insert`, but with the next message of this transaction, which may be its COMMIT.

    An error comes then too: for rows that break no constraint, or whose breaking it is an answer.
    """
    connection = typed()
    connection.send_later(_written(rows, unless_there, connection))
    _mark_stored(rows, connection)


def insert_unless_there(row: models.Model) -> bool:
    """Step: one INSERT … ON CONFLICT DO NOTHING; whether this row went in.

    False means that a constraint (unique or exclusion) kept another one. Where two meet, the second waits
    for the first one's transaction. Two statements less than `bulk_create` and a look at what came of it.
    """
    connection = typed()
    inserted = _send(_written([], [row], connection), connection) == 1
    row._state.adding, row._state.db = not inserted, connection.alias
    return inserted


def _mark_stored(rows: Sequence[models.Model], connection: DatabaseWrapper) -> None:
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def _send(statements: Sequence[str], connection: DatabaseWrapper) -> int:
    with connection.cursor() as cursor:
        cursor.execute("; ".join(statements))
        count: int = cursor.rowcount
    return count


def _written(
    rows: Sequence[models.Model], unless_there: Sequence[models.Model], connection: DatabaseWrapper
) -> list[str]:
    return [_insert(row, "", connection) for row in rows] + [
        _insert(row, " ON CONFLICT DO NOTHING", connection) for row in unless_there
    ]


def _insert(row: models.Model, ending: str, connection: DatabaseWrapper) -> str:
    """What is said of the row goes as values; what is not stands in the statement already."""
    fields, constant, made, _ = _defaults(type(row))
    value_of = row.__dict__
    # What is equal but not the same is said once more, which changes nothing.
    differs = map(is_not, map(value_of.__getitem__, constant), constant.values())
    said = (*made, *compress(constant, differs))
    values = [
        value if type(value) in AS_THEY_ARE else fields[name].get_db_prep_save(value, connection)
        for name, value in zip(said, map(value_of.__getitem__, said), strict=True)
    ]
    return connection.with_values(_statement(type(row), said), values) + ending


@lru_cache(maxsize=1000)
def _statement(model: type[models.Model], said: tuple[str, ...]) -> str:
    """With a placeholder for each column that something is said of; the others have their defaults.

    It is the same for every tenant. A column that is null by default is left out: the database's is null too.
    """
    fields, constant, *_ = _defaults(model)
    unsaid = {name: value for name, value in constant.items() if name not in said and value is not None}
    connection = typed()
    defaults = [
        sql.Literal(fields[name].get_db_prep_save(value, connection)) for name, value in unsaid.items()
    ]
    # Percent signs of names and defaults are doubled, for the placeholders that stand beside them.
    fixed = sql.SQL(", ").join(defaults).as_string(connection.connection).replace("%", "%%")
    columns = sql.SQL(", ").join(sql.Identifier(fields[name].column) for name in (*said, *unsaid))
    begin = sql.SQL("INSERT INTO {} ({}) VALUES (").format(sql.Identifier(model._meta.db_table), columns)
    places = ", ".join([*["%s"] * len(said), *[fixed] * bool(fixed)])
    return begin.as_string().replace("%", "%%") + places + ")"
