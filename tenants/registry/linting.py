"""What the tenants' DDL must be free of, so that schemas can be spread over machines one day.

Citus moves whole schemas between servers, and refuses some of what PostgreSQL allows; the rest is here
because it costs too much when it is there a thousand times.
"""

import re
from collections.abc import Iterable, Iterator

FORBIDDEN = {
    r"\bCREATE\b[^;]*\bTRIGGER\b": "has a trigger; do it in the use case",
    r"\bCREATE EXTENSION\b": "needs an extension; tenants' schemas use none",
    r"\bGENERATED\b[^;]*\bAS IDENTITY\b|\b(?:BIG|SMALL)?SERIAL\b|\bSEQUENCE\b": "has a sequence; use kit.ids",
}
_CREATE_TABLE = re.compile(r'CREATE TABLE "(?P<table>[^"]+)" \((?P<columns>.*)\)', re.DOTALL)
_REFERENCES = re.compile(r'\bREFERENCES "(?P<table>[^"]+)"')
_NAMED_CHECK = re.compile(r'CONSTRAINT "[^"]+" CHECK\b')
_CHECK = re.compile(r"\bCHECK\b")
_TEXT = re.compile(r"'(?:[^']|'')*'")


def faults(statements: Iterable[str]) -> Iterator[str]:
    """A sentence for each fault of a tenant's DDL."""
    bare = [_TEXT.sub("''", statement) for statement in statements]
    tables = {found["table"] for found in map(_CREATE_TABLE.match, bare) if found}
    for statement in bare:
        yield from (f"{reason}: {statement}" for reason in _reasons(statement, tables))


def _reasons(statement: str, tables: set[str]) -> Iterator[str]:
    for pattern, reason in FORBIDDEN.items():
        if re.search(pattern, statement, re.IGNORECASE):
            yield reason
    for reference in _REFERENCES.finditer(statement):
        if reference["table"] not in tables:
            yield f"leaves the schema for {reference['table']}; keep an id without a foreign key"
    if len(_CHECK.findall(statement)) > len(_NAMED_CHECK.findall(statement)):
        yield "has a check without a name in a column; use a CheckConstraint with a name"
    if _CREATE_TABLE.match(statement) and "PRIMARY KEY" not in statement:
        yield "has no primary key"
