"""The OpenAPI file as people read it: by heading, with fields, examples and what may go wrong."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from api.core import problems
from api.core.openapi import ALWAYS, READING, WRITING
from api.core.problems import Kind, every_kind
from api.document import document

METHODS: Final = ("get", "post", "put", "patch", "delete")
# What every operation may be answered with stands once on the page.
EVERYWHERE: Final = {
    each.code for each in (*ALWAYS, *READING, *WRITING, problems.NOT_FOUND, problems.BAD_CURSOR)
}
# More words than these are listed in a place of their own.
MOST_WORDS: Final = 12


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that may be said, or that is shown."""

    name: str
    type: str
    needed: bool
    words: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation."""

    name: str
    method: str
    path: str
    summary: str
    words: tuple[str, ...]
    asks: tuple[Field, ...]
    takes: tuple[Field, ...]
    gives: tuple[Field, ...]
    example: str
    answer: str
    problems: tuple[str, ...]


@cache
def groups() -> dict[str, list[Entry]]:
    """Every operation, under its heading, in the order of the addresses."""
    found: dict[str, list[Entry]] = {}
    for path, methods in document()["paths"].items():
        for method in METHODS:
            if method in methods:
                found.setdefault(methods[method]["tags"][0], []).append(_entry(path, method, methods[method]))
    return found


def kinds() -> list[Kind]:
    return every_kind()


def _entry(path: str, method: str, said: Mapping[str, Any]) -> Entry:
    body = said.get("requestBody", {}).get("content", {}).get("application/json", {})
    done = next(answer for status, answer in said["responses"].items() if status < "300")
    shown = done["content"]["application/json"]
    asked = [each for each in said.get("parameters", []) if each["in"] == "query"]
    return Entry(
        name=said["operationId"],
        method=method.upper(),
        path=path,
        summary=said["summary"],
        words=tuple(part.replace("`", "") for part in said["description"].split("\n\n")),
        asks=tuple(_field(each["name"], each["schema"], each.get("required", False), each) for each in asked),
        takes=_fields(_plain(body.get("schema", {}))),
        gives=_fields(_listed(_plain(shown["schema"]))),
        example=_example(body),
        answer=_example(shown),
        problems=tuple(_codes(said["responses"])),
    )


def _plain(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reference means."""
    if "$ref" in schema:
        found: Mapping[str, Any] = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return found
    return schema


def _listed(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of a page, what it lists."""
    fields = schema.get("properties", {})
    return _plain(fields["data"]["items"]) if set(fields) == {"data", "next_cursor"} else schema


def _fields(schema: Mapping[str, Any], within: str = "") -> tuple[Field, ...]:
    """Those of a shape, each followed by those of the shape within it: `client`, `client.name`."""
    found: list[Field] = []
    for name, each in schema.get("properties", {}).items():
        found.append(_field(within + name, each, name in schema.get("required", []), each))
        inner, many = _within(each)
        found += _fields(inner, f"{within}{name}{'[]' if many else ''}.")
    return tuple(found)


def _within(schema: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    """The shape that a field is of, and whether it is a list of them. Money is explained once on the page."""
    for each in (*schema.get("allOf", ()), *schema.get("oneOf", ()), schema, schema.get("items", {})):
        if "$ref" in each and not each["$ref"].endswith("/Money"):
            return _plain(each), "items" in schema
    return (schema, False) if "properties" in schema else ({}, False)


def _field(name: str, schema: Mapping[str, Any], needed: bool, said: Mapping[str, Any]) -> Field:
    words = said.get("description", "").replace("`", "")
    if schema.get("default") not in (None, "", []):
        default = json.dumps(schema["default"]).strip('"')
        words = f"{words} Without it: {default}.".strip()
    return Field(name, _type(schema), needed, words)


def _type(schema: Mapping[str, Any]) -> str:
    """As people say it."""
    several = schema.get("allOf") or schema.get("oneOf") or []
    if several:
        return " or ".join(_type(each) for each in several)
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "const" in schema:
        return json.dumps(schema["const"])
    if 0 < len(schema.get("enum", ())) <= MOST_WORDS:
        return " | ".join(json.dumps(each) for each in schema["enum"])
    kinds = schema.get("type", "any")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if "array" in kinds:
        return f"list of {_type(schema.get('items', {}))}"
    return " or ".join(schema.get("format", kind) if kind == "string" else kind for kind in kinds)


def _example(content: Mapping[str, Any]) -> str:
    for each in content.get("examples", {}).values():
        return json.dumps(each["value"], indent=2, ensure_ascii=False)
    return ""


def _codes(responses: Mapping[str, Any]) -> list[str]:
    """Those of the operation alone."""
    said = (code for answer in responses.values() for code in answer["description"].split("`")[1::2])
    return [code for code in said if code not in EVERYWHERE]
