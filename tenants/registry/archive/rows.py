"""Rows out of the database and into it again, as PostgreSQL itself writes them in JSON: nothing is rounded.

Amounts, moments, ranges and keys go through no type of ours on the way. What is read is streamed.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connections
from psycopg import sql

from tenants.registry.archive.contents import Table

LINES_AT_ONCE = 500
BYTES_AT_ONCE = 1_000_000
# Of all that shows in how a value is written.
AS_WRITTEN = "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL extra_float_digits = 1"


def read(table: Table, *, schema: str, only_of: str = "", using: str) -> Iterator[str]:
    """The table's rows as JSON, by their keys; `only_of` a schema's, in a shared table.

    In the place of bytes stands the file that they are in, as `contents` names it.
    """
    where = sql.SQL("WHERE schema_name = {}").format(sql.Literal(only_of)) if only_of else sql.SQL("")
    statement = sql.SQL(
        "COPY (SELECT row_to_json(r) FROM (SELECT {columns} FROM {table} {where} ORDER BY id) AS r) TO STDOUT"
    ).format(
        columns=sql.SQL(", ").join(_column(table, name) for name in table.columns),
        table=sql.Identifier(schema, table.name),
        where=where,
    )
    with connections[using].cursor() as cursor, cursor.copy(statement) as copy:
        for (line,) in copy.rows():
            yield f"{line}\n"


def _column(table: Table, name: str) -> sql.Composable:
    column = sql.Identifier(name)
    if name not in table.contents:
        return column
    return sql.SQL(
        "CASE WHEN {column} IS NOT NULL THEN json_build_object('file', {path}) END AS {column}"
    ).format(column=column, path=_path(table, name))


def _path(table: Table, column: str) -> sql.Composable:
    """A file's own name where it has one, so that it opens outside, too."""
    begin = sql.Literal(f"files/{table.name}/")
    if "name" not in table.columns:
        return sql.SQL("{begin} || id || {end}").format(begin=begin, end=sql.Literal(f"/{column}"))
    return sql.SQL("{begin} || id || '/' || translate(name, {bad}, '__')").format(
        begin=begin, bad=sql.Literal("/\\")
    )


def contents(table: Table, *, schema: str, using: str) -> Iterator[tuple[str, bytes]]:
    """The files of a table, each with its path: one at a time."""
    for column in table.contents:
        for key, path in _named(table, column, schema, using):
            statement = sql.SQL("SELECT {} FROM {} WHERE id = %s").format(
                sql.Identifier(column), sql.Identifier(schema, table.name)
            )
            with connections[using].cursor() as cursor:
                cursor.execute(statement, [key])
                yield path, bytes(cursor.fetchone()[0])


def _named(table: Table, column: str, schema: str, using: str) -> list[tuple[Any, str]]:
    statement = sql.SQL("SELECT id, {} FROM {} WHERE {} IS NOT NULL ORDER BY id").format(
        _path(table, column), sql.Identifier(schema, table.name), sql.Identifier(column)
    )
    with connections[using].cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def write(table: Table, lines: Iterable[str], *, schema: str, using: str) -> int:
    """Put rows in as they were read; how many. Bytes stand in them as PostgreSQL writes them: \\x…"""
    columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    values = sql.SQL(", ").join(sql.Identifier("told", name) for name in table.columns)
    there = sql.Identifier(schema, table.name)
    statement = sql.SQL(
        "INSERT INTO {there} ({columns}) SELECT {values} FROM unnest(%s::text[]) AS line(text), "
        "json_populate_record(NULL::{there}, line.text::json) AS told"
    ).format(there=there, columns=columns, values=values)
    written = 0
    with connections[using].cursor() as cursor:
        for some in _batches(lines):
            cursor.execute(statement, [some])
            written += cursor.rowcount
    return written


def _batches(lines: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line)
        if len(batch) == LINES_AT_ONCE or size >= BYTES_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def changed(line: str, **values: Any) -> str:
    """A row with other values in some columns; all others stay as they were written."""
    return json.dumps({**json.loads(line, parse_float=str), **values}, ensure_ascii=False)
