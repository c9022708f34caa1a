"""Values as they stand in a statement: as psycopg writes them, the usual kinds in a third of its time."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import NoneType
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.adapt import Transformer
from psycopg.types.json import Jsonb
from psycopg.types.range import Range


def with_values(
    statement: str, values: Sequence[Any] | Mapping[str, Any], connection: Connection[Any]
) -> str:
    """A statement with its values in the places that `%s`, or `%(name)s`, keep for them."""
    by_psycopg = Transformer(connection).as_literal

    def written(value: Any) -> str:
        kind = type(value)
        if kind is str and _is_plain(value):
            return f"'{value}'"
        if kind in _USUAL:
            return _USUAL[kind](value)
        if kind is Jsonb:
            value = (value.dumps or json.dumps)(value.obj)
        elif kind is Range and type(value.lower) is type(value.upper) is datetime:
            begins, ends = value.bounds
            return f"'{begins}{value.lower!s},{value.upper!s}{ends}'::tstzrange"
        return bytes(by_psycopg(value)).decode()

    if isinstance(values, Mapping):
        return statement % {name: written(value) for name, value in values.items()}
    return statement % tuple([written(value) for value in values])


def _is_plain(text: str) -> bool:
    """Whether nothing in it has to be escaped, or refused."""
    return "'" not in text and "\\" not in text and "\0" not in text


def _moment(value: datetime) -> str:
    return f"'{value!s}'::timestamptz" if value.tzinfo else f"'{value!s}'::timestamp"


# Kinds whose text holds no quotes and no backslashes, so that nothing in them has to be escaped.
_USUAL: dict[type, Callable[[Any], str]] = {
    NoneType: lambda value: "NULL",
    bool: lambda value: "true" if value else "false",
    UUID: lambda value: f"'{value!s}'::uuid",
    datetime: _moment,
}
