"""Changing one row if it is still in a state that allows it: each statement is composed once."""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from django.db import models
from psycopg import sql

from kit.database.base import DatabaseWrapper
from kit.database.inserts import AS_THEY_ARE
from kit.database.transactions import typed


def update_if(row: models.Model, *, status: Collection[str], changes: Mapping[str, Any]) -> bool:
    """Change `row` in the database, not in memory, if its status there is one of those; whether it was.

    Changes are plain values by the fields' names, no expressions.
    """
    connection = typed()
    with connection.cursor() as cursor:
        cursor.execute(_update(row, status, changes, connection))
        changed: bool = cursor.rowcount == 1
    return changed


def update_later(row: models.Model, *, status: Collection[str], changes: Mapping[str, Any]) -> None:
    """As `update_if`, but with the next message of this transaction, and nobody hears whether it was.

    For a row that this transaction has locked, and then seen in one of those states.
    """
    connection = typed()
    connection.send_later([_update(row, status, changes, connection)])


def _update(
    row: models.Model, status: Collection[str], changes: Mapping[str, Any], connection: DatabaseWrapper
) -> str:
    model = type(row)
    values = [_value(model, name, value, connection) for name, value in changes.items()]
    # States are names of ours, without commas or quotes.
    return connection.with_values(
        _statement(model, tuple(changes)), [*values, row.pk, f"{{{','.join(status)}}}"]
    )


@cache
def _statement(model: type[models.Model], names: tuple[str, ...]) -> str:
    columns = (sql.Identifier(_field(model, name).column) for name in names)
    statement = sql.SQL("UPDATE {} SET {} WHERE id = %s AND status = ANY (%s)").format(
        sql.Identifier(model._meta.db_table),
        sql.SQL(", ").join(sql.SQL("{} = %s").format(column) for column in columns),
    )
    return statement.as_string()


def _value(model: type[models.Model], name: str, value: Any, connection: Any) -> Any:
    plain = value.pk if isinstance(value, models.Model) else value
    if type(plain) in AS_THEY_ARE:
        return plain
    return _field(model, name).get_db_prep_save(plain, connection)


def _field(model: type[models.Model], name: str) -> Any:
    return model._meta.get_field(name)
