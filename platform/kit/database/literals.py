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

    def written(value: Any) -> str:
        kind = type(value)
        # Whether nothing in it has to be escaped, or refused.
        if kind is str and "'" not in value and "\\" not in value and "\0" not in value:
            return f"'{value}'"
        if kind in _USUAL:
            return _USUAL[kind](value)
        if kind is Jsonb:
            return written((value.dumps or json.dumps)(value.obj))
        if kind is Range and type(value.lower) is type(value.upper) is datetime:
            begins, ends = value.bounds
            return f"'{begins}{value.lower!s},{value.upper!s}{ends}'::tstzrange"
        return bytes(Transformer(connection).as_literal(value)).decode()

    if isinstance(values, Mapping):
        return statement % {name: written(value) for name, value in values.items()}
    return statement % tuple([written(value) for value in values])


def _moment(value: datetime) -> str:
    return f"'{value!s}'::timestamptz" if value.tzinfo else f"'{value!s}'::timestamp"


# Kinds whose text holds no quotes and no backslashes, so that nothing in them has to be escaped.
_USUAL: dict[type, Callable[[Any], str]] = {
    NoneType: lambda value: "NULL",
    bool: lambda value: "true" if value else "false",
    # With a space before a minus, as psycopg writes it: two of them begin a comment.
    int: lambda value: str(value) if value >= 0 else f" {value}",
    # Without hyphens, which Python sets one by one.
    UUID: lambda value: f"'{value.int:032x}'::uuid",
    datetime: _moment,
}
