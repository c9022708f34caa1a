"""Whether a document fits a derived schema, quickly: most do, and most of the time goes into seeing that.

A compiled schema may only ever be too strict. What it refuses is looked at again by the full validator, which
then says what is wrong with it, or nothing.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from connect.simulator import schemas
from connect.simulator.schemas import Schema

Fits = Callable[[Any], bool]

TYPES: dict[str, Fits] = {
    "string": lambda value: type(value) is str,
    "boolean": lambda value: type(value) is bool,
    "integer": lambda value: type(value) is int,
    "number": lambda value: type(value) in (int, float),
    "null": lambda value: value is None,
    "object": lambda value: type(value) is dict,
    "array": lambda value: type(value) is list,
}
UNDERSTOOD = {"$ref", "anyOf", "enum", "const", "type"}
UNDERSTOOD |= {"items", "properties", "required", "additionalProperties"}


@cache
def fits(type_path: str) -> Fits:
    root = schemas.schema(type_path)
    return _Compiler(root["$defs"]).of({"$ref": root["$ref"]})


class _Compiler:
    def __init__(self, definitions: dict[str, Schema]) -> None:
        self._definitions = definitions
        self._known: dict[str, list[Fits]] = {}

    def of(self, node: Schema) -> Fits:
        if not set(node) <= UNDERSTOOD:
            return lambda value: False
        if "$ref" in node:
            return self._reference(node["$ref"].removeprefix("#/$defs/"))
        if "anyOf" in node:
            options = [self.of(part) for part in node["anyOf"]]
            return lambda value: any(option(value) for option in options)
        if "enum" in node or "const" in node:
            return _one_of(node.get("enum", [node.get("const")]))
        if node.get("type") == "object":
            return self._object(node)
        if node.get("type") == "array":
            return self._array(node)
        return _of_type(node.get("type"))

    def _reference(self, name: str) -> Fits:
        """A type may contain itself: what is being compiled stands for what it will be."""
        if name not in self._known:
            compiled = self._known[name] = []
            compiled.append(self.of(self._definitions[name]))
        place = self._known[name]
        return lambda value: place[0](value)

    def _object(self, node: Schema) -> Fits:
        members = {name: self.of(part) for name, part in node.get("properties", {}).items()}
        needed = frozenset(node.get("required", ()))
        others = self._others(node.get("additionalProperties", True))

        def check(value: Any) -> bool:
            if type(value) is not dict or not needed <= value.keys():
                return False
            return all(members.get(name, others)(inner) for name, inner in value.items())

        return check

    def _others(self, allowed: Any) -> Fits:
        if isinstance(allowed, bool):
            return lambda value: allowed
        return self.of(allowed)

    def _array(self, node: Schema) -> Fits:
        item = self.of(node.get("items", {}))
        return lambda value: type(value) is list and all(item(inner) for inner in value)


def _of_type(name: Any) -> Fits:
    if name is None:
        return lambda value: True
    kinds = [TYPES[each] for each in ([name] if isinstance(name, str) else name)]
    return lambda value: any(kind(value) for kind in kinds)


def _one_of(values: list[Any]) -> Fits:
    """True is not 1 here, as little as in JSON."""
    known = frozenset((type(value), value) for value in values)
    return lambda value: isinstance(value, str | bool | int | None) and (type(value), value) in known
