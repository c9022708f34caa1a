"""JSON schemas of Stripe's requests and answers, derived from the installed SDK's own types.

So a misspelt or removed parameter, and an answer that Stripe would not give, cannot pass unseen.
"""

import builtins
import decimal
import importlib
import inspect
import sys
import types
import typing
from functools import cache
from typing import Any, ForwardRef

import stripe
import typing_extensions
from jsonschema import Draft202012Validator
from stripe._request_options import RequestOptions
from stripe._stripe_object import StripeObject

Schema = dict[str, Any]

ANYTHING: Schema = {}
PLAIN: dict[Any, Schema] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    decimal.Decimal: {"type": ["string", "number"]},
    type(None): {"type": "null"},
    dict: {"type": "object"},
}
WRAPPERS = (
    typing_extensions.NotRequired,
    typing_extensions.Required,
    typing_extensions.Annotated,
    typing.ClassVar,
)
NAMES = {**vars(typing), **vars(typing_extensions), **vars(builtins), "Decimal": decimal.Decimal}


@cache
def validator(type_path: str) -> Draft202012Validator:
    """The validator of one SDK type, such as `stripe.params._refund_create_params.RefundCreateParams`."""
    return Draft202012Validator(schema(type_path))


@cache
def schema(type_path: str) -> Schema:
    module, _, name = type_path.rpartition(".")
    deriver = _Deriver()
    reference = deriver.reference(getattr(importlib.import_module(module), name))
    return {**reference, "$defs": deriver.definitions}


def resolve(node: Schema, root: Schema) -> Schema:
    """Follow a `$ref` inside a derived schema."""
    while "$ref" in node:
        node = root["$defs"][node["$ref"].removeprefix("#/$defs/")]
    return node


class _Deriver:
    def __init__(self) -> None:
        self.definitions: dict[str, Schema] = {}

    def reference(self, kind: type) -> Schema:
        name = f"{kind.__module__}.{kind.__qualname__}"
        if name not in self.definitions:
            self.definitions[name] = {}  # stands while a type that names itself is being derived
            self.definitions[name] = self._object(kind)
        return {"$ref": f"#/$defs/{name}"}

    def _object(self, kind: type) -> Schema:
        members = _members(kind)
        optional = _may_be_absent if issubclass(kind, StripeObject) else _is_not_required
        return {
            "type": "object",
            "properties": {name: self._of(hint, kind) for name, hint in members.items()},
            "required": [name for name, hint in members.items() if not optional(hint)],
            "additionalProperties": False,
        }

    def _of(self, hint: Any, owner: type) -> Schema:
        hint = _evaluated(hint, owner)
        if hint in PLAIN:
            return PLAIN[hint]
        origin, inner = typing.get_origin(hint), typing.get_args(hint)
        if origin in WRAPPERS:
            return self._of(inner[0], owner)
        if origin in (typing.Union, types.UnionType):
            return self._any_of([self._of(part, owner) for part in inner])
        if origin is typing.Literal:
            return {"enum": list(inner)}
        if origin is list:
            return {"type": "array", "items": self._of(inner[0], owner)}
        if _is_list_object(hint, origin):
            return LIST
        if origin is dict:
            return {"type": "object", "additionalProperties": self._of(inner[1], owner)}
        if isinstance(origin, type) and issubclass(origin, StripeObject):
            return {"type": "object"}
        if isinstance(hint, type) and (typing_extensions.is_typeddict(hint) or _is_described(hint)):
            return self.reference(hint)
        return ANYTHING

    @staticmethod
    def _any_of(parts: list[Schema]) -> Schema:
        """The SDK writes `Literal[…] | str` for lists that may grow; what we know of is what we accept."""
        if any(part.get("enum", [""]) != [""] for part in parts):
            parts = [part for part in parts if part != PLAIN[str]]
        return {"anyOf": parts} if len(parts) > 1 else parts[0]


LIST: Schema = {
    "type": "object",
    "required": ["object", "data", "has_more", "url"],
    "properties": {"object": {"const": "list"}, "data": {"type": "array"}, "has_more": {"type": "boolean"}},
}


def _members(kind: type) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        if base is StripeObject or not base.__module__.startswith("stripe."):
            continue
        found |= inspect.get_annotations(base)
    # Some requests inherit the SDK's own options; Stripe is never sent them as parameters.
    own = RequestOptions.__annotations__ if typing_extensions.is_typeddict(kind) else {}
    return {name: hint for name, hint in found.items() if not _is_internal(name) and name not in own}


def _is_internal(name: str) -> bool:
    return name.startswith("_") or name.isupper()


def _evaluated(hint: Any, owner: type) -> Any:
    """Written-out hints name things of their module; names of other resources are objects of their own."""
    names = {**NAMES, **vars(stripe), **vars(sys.modules[owner.__module__])}
    while isinstance(hint, str | ForwardRef):
        source = hint if isinstance(hint, str) else hint.__forward_arg__
        try:
            hint = eval(source, names)  # noqa: S307  (the installed SDK's own source)
        except NameError as missing:
            names[str(missing.name)] = dict
        else:
            hint = dict if _is_another_resource(hint, owner) else hint
    return hint


def _is_another_resource(hint: Any, owner: type) -> bool:
    is_object = isinstance(hint, type) and issubclass(hint, StripeObject)
    return is_object and hint.__module__ != owner.__module__


def _is_described(hint: type) -> bool:
    return issubclass(hint, StripeObject) and bool(_members(hint))


def _is_list_object(hint: Any, origin: Any) -> bool:
    return any(isinstance(kind, type) and kind.__name__ == "ListObject" for kind in (hint, origin))


def _may_be_absent(hint: Any) -> bool:
    return type(None) in typing.get_args(hint)


def _is_not_required(hint: Any) -> bool:
    return typing.get_origin(hint) is typing_extensions.NotRequired
