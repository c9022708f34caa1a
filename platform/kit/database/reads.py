"""Statements that are written out, for what every page asks: composing them anew costs more than asking."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.base import ModelState

from kit.database.transactions import typed

M = TypeVar("M", bound=models.Model)
Fill = Callable[[Sequence[Any], BaseDatabaseWrapper], Any]

Question = tuple[str, tuple[type[models.Model], ...]]
Rows = list[tuple[Any, ...]]


def read(statement: str, named: Mapping[str, Any], *of: type[models.Model]) -> Rows:
    """The rows of a SELECT such as "SELECT 1 AS one, b.*, s.*": single values, then instances of the models.

    Every model's columns begin with its `id`; where that is null there is None. Columns that a model does
    not know (yet) are passed over. Raises KeyError for a column that is missing.
    """
    [rows] = read_together(named, (statement, of))
    return rows


def read_together(named: Mapping[str, Any], *questions: Question) -> list[Rows]:
    """The rows of several SELECTs, each with its models, that go to the database in one message."""
    answers = []
    connection = typed()
    text = connection.with_values(";".join([statement for statement, _ in questions]), named)
    cursor = connection.kept_cursor()
    cursor.execute(text)
    # psycopg's own: Django's around it looks at each call for errors, and those came with the answer.
    answered = cursor.cursor
    for _, of in questions:
        answers.append(_rows(answered, of, connection))
        answered.nextset()
    return answers


def _rows(cursor: Any, of: tuple[type[models.Model], ...], connection: BaseDatabaseWrapper) -> Rows:
    rows: Rows = cursor.fetchall()
    if not of or not rows:
        return rows
    # Not `description`, which makes an object of each column.
    result = cursor.pgresult
    parts = _parts(of, tuple([result.fname(nth) for nth in range(result.nfields)]))
    return [tuple([part(row, connection) for part in parts]) for row in rows]


@cache
def _parts(of: tuple[type[models.Model], ...], names: tuple[bytes, ...]) -> list[Fill]:
    """What makes a row's values and instances of its columns."""
    begins = [place for place, name in enumerate(names) if name == b"id"]
    ends = [*begins[1:], len(names)]
    single = [_single(place) for place in range(begins[0] if begins else len(names))]
    models_here = zip(of, begins, ends, strict=True)
    return [*single, *(_instance(model, names, begin, end) for model, begin, end in models_here)]


def _single(place: int) -> Fill:
    return lambda row, _connection: row[place]


def _instance(model: type[models.Model], names: tuple[bytes, ...], begin: int, end: int) -> Fill:
    fields = model._meta.concrete_fields
    place_of = {name.decode(): place for place, name in enumerate(names[begin:end], begin)}
    places = [place_of[str(field.column)] for field in fields]
    attnames = [field.attname for field in fields]
    readers = [
        (nth, field.from_db_value) for nth, field in enumerate(fields) if hasattr(field, "from_db_value")
    ]

    def fill(row: Sequence[Any], connection: BaseDatabaseWrapper) -> models.Model | None:
        if row[begin] is None:
            return None
        values = [row[place] for place in places]
        for nth, from_db_value in readers:
            values[nth] = from_db_value(values[nth], None, connection)
        return _stored(model, connection.alias, zip(attnames, values, strict=True))

    return fill


def copy_of(row: M) -> M:
    """The row once more, as it was read: of its columns alone, in a tenth of `copy.copy`'s time."""
    values = row.__dict__
    names = [field.attname for field in row._meta.concrete_fields]
    return _stored(type(row), str(row._state.db), [(name, values[name]) for name in names])


def _stored(model: type[M], alias: str, values: Iterable[tuple[str, Any]]) -> M:
    """As `Model.from_db`, for a row that has all its columns: without the signals, in a third of the time."""
    instance = model.__new__(model)
    instance.__dict__.update(values)
    instance._state = ModelState()
    instance._state.adding, instance._state.db = False, alias
    return instance
