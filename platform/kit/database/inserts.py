"""Inserting without looking first: the database's own constraints say whether a row was there."""

from django.db import models
from django.db.models import sql
from django.db.models.constants import OnConflict

from kit.database.transactions import typed


def insert_unless_there(row: models.Model) -> bool:
    """Step: one INSERT … ON CONFLICT DO NOTHING; whether this row went in.

    False means that a constraint (unique or exclusion) kept another one. Where two meet, the second waits
    for the first one's transaction. Two statements less than `bulk_create` and a look at what came of it.
    """
    model = type(row)
    query = sql.InsertQuery(model, on_conflict=OnConflict.IGNORE)
    query.insert_values(model._meta.concrete_fields, [row])
    connection = typed()
    [(statement, params)] = query.get_compiler(connection=connection).as_sql()
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        inserted: bool = cursor.rowcount == 1
    row._state.adding, row._state.db = not inserted, connection.alias
    return inserted
