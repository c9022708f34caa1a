"""Changing one row if it is still in a state that allows it: each statement is composed once."""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from django.db import models
from psycopg import sql

from kit.database.transactions import typed


def update_if(row: models.Model, *, status: Collection[str], changes: Mapping[str, Any]) -> bool:
    """Change `row` in the database, not in memory, if its status there is one of those; whether it was.

    Changes are plain values by the fields' names, no expressions.
    """
    model, connection = type(row), typed()
    values = [_value(model, name, value, connection) for name, value in changes.items()]
    with connection.cursor() as cursor:
        cursor.execute(_statement(model, tuple(changes)), [*values, row.pk, [str(each) for each in status]])
        changed: bool = cursor.rowcount == 1
    return changed


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
    return _field(model, name).get_db_prep_save(plain, connection)


def _field(model: type[models.Model], name: str) -> Any:
    return model._meta.get_field(name)
