"""Stripe's bracketed forms, and the types that their texts stand for."""

import re
from typing import Any
from urllib.parse import parse_qsl

from connect.simulator.schemas import Schema, resolve

WORDS = {"true": True, "false": False}


def decode(text: str) -> dict[str, Any]:
    """`a[b]=1&c[0]=x&c[1]=y` becomes {"a": {"b": "1"}, "c": ["x", "y"]}."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        first, *rest = re.findall(r"[^\[\]]+|(?<=\[)(?=\])", name)
        _put(tree, [first, *rest], value)
    return {name: _listed(value) for name, value in tree.items()}


def _put(tree: dict[str, Any], path: list[str], value: str) -> None:
    head, *rest = path
    head = head or str(len(tree))
    if rest:
        _put(tree.setdefault(head, {}), rest, value)
    else:
        tree[head] = value


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(name.isdigit() for name in value):
        return [_listed(value[name]) for name in sorted(value, key=int)]
    return {name: _listed(inner) for name, inner in value.items()}


def typed(value: Any, node: Schema, root: Schema) -> Any:
    """Give form texts the types that the schema names; what fits none stays a text, and is then refused."""
    node = resolve(node, root)
    if isinstance(value, dict):
        return _typed_members(value, node, root)
    if isinstance(value, list):
        items: Schema = next((part["items"] for part in _options(node, root) if "items" in part), {})
        return [typed(item, items, root) for item in value]
    return _typed_text(value, [part.get("type") for part in _options(node, root)])


def _typed_members(value: dict[str, Any], node: Schema, root: Schema) -> dict[str, Any]:
    fitting = (part for part in _options(node, root) if part.get("type") == "object")
    members = next(fitting, {}).get("properties", {})
    return {name: typed(inner, members.get(name, {}), root) for name, inner in value.items()}


def _typed_text(value: str, kinds: list[Any]) -> Any:
    if "boolean" in kinds and value in WORDS:
        return WORDS[value]
    if "integer" in kinds and re.fullmatch(r"-?\d{1,15}", value):
        return int(value)
    return value


def _options(node: Schema, root: Schema) -> list[Schema]:
    return [resolve(part, root) for part in node.get("anyOf", [node])]
