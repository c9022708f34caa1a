"""Inserting: each model's statement is composed once, for composing costs more than running it."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from types import NoneType
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import sql
from django.db.models.constants import OnConflict

from kit.database.transactions import typed

# What psycopg writes as Django would; asking each field first costs more than writing.
AS_THEY_ARE = frozenset({str, int, bool, datetime, UUID, NoneType})


def insert(*rows: models.Model, unless_there: Sequence[models.Model] = ()) -> None:
    """Step: put new rows in, then those of `unless_there` that are not there: all in one message.

    Values are plain ones, no expressions. Of no rows at all nothing is sent.
    """
    if not (rows or unless_there):
        return
    statements = [_statement(type(row), None) for row in rows]
    statements += [_statement(type(row), OnConflict.IGNORE) for row in unless_there]
    _send(statements, [*rows, *unless_there])
    _mark_stored(rows)


def insert_later(*rows: models.Model, unless_there: Sequence[models.Model] = ()) -> None:
    """Step: as `insert`, but with the next message of this transaction, which may be its COMMIT.

    An error comes then too: for rows that break no constraint, and that nobody waits for.
    """
    statements = [(_statement(type(row), None), _values(row)) for row in rows]
    statements += [(_statement(type(row), OnConflict.IGNORE), _values(row)) for row in unless_there]
    typed().send_later(statements)
    _mark_stored(rows)


def insert_unless_there(row: models.Model) -> bool:
    """Step: one INSERT … ON CONFLICT DO NOTHING; whether this row went in.

    False means that a constraint (unique or exclusion) kept another one. Where two meet, the second waits
    for the first one's transaction. Two statements less than `bulk_create` and a look at what came of it.
    """
    inserted = _send([_statement(type(row), OnConflict.IGNORE)], [row]) == 1
    row._state.adding, row._state.db = not inserted, typed().alias
    return inserted


def _mark_stored(rows: Sequence[models.Model]) -> None:
    for row in rows:
        row._state.adding, row._state.db = False, typed().alias


def _send(statements: Sequence[str], rows: Sequence[models.Model]) -> int:
    with typed().cursor() as cursor:
        cursor.execute("; ".join(statements), [value for row in rows for value in _values(row)])
        count: int = cursor.rowcount
    return count


@cache
def _statement(model: type[models.Model], on_conflict: OnConflict | None) -> str:
    """With a placeholder for each column; it is the same for every row and every tenant."""
    query = sql.InsertQuery(model, on_conflict=on_conflict)
    query.insert_values(model._meta.concrete_fields, [model()])
    [(statement, _params)] = query.get_compiler(connection=typed()).as_sql()
    return statement


def _values(row: models.Model) -> list[Any]:
    connection = typed()
    values = [(field, field.pre_save(row, add=True)) for field in row._meta.concrete_fields]
    return [
        value if type(value) in AS_THEY_ARE else field.get_db_prep_save(value, connection)
        for field, value in values
    ]
