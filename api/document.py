"""The OpenAPI file of the whole API. It is the same for every practice."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.settings import patched_settings

from api.core.etags import etag_of, is_known
from api.core.fields import MONEY_SCHEMA, SHOWS_MONEY, Shown, Taken, name_of
from api.core.openapi import PROBLEM_SCHEMA, VERSION
from api.core.versions import HEADER, NEWEST, VERSIONS

# Of the classes that shapes are made by: not of the shapes.
_DOCSTRINGS: Final = tuple(str(each.__doc__)[:30] for each in (Shown, Taken))
# As packages are numbered: generated clients take it over, and none may be called 2026-11-01.
_RELEASE: Final = ".".join(str(int(part)) for part in NEWEST.split("-"))
ABOUT: Final = (
    "Bookings and payments of one practice. Every request carries a key of it; every write an "
    "Idempotency-Key, so that it may be sent again and is done once. The page beside this file explains "
    "the rest, with examples that can be run."
)
SETTINGS: Final[dict[str, Any]] = {
    "TITLE": "Upfront",
    "DESCRIPTION": ABOUT,
    "VERSION": _RELEASE,
    "OAS_VERSION": "3.1.0",
    "SERVERS": [{"url": "/", "description": "The coach's own host."}],
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_NO_READ_ONLY_REQUIRED": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SORT_OPERATIONS": False,
    "POSTPROCESSING_HOOKS": [],
    "APPEND_COMPONENTS": {
        "schemas": {
            "Problem": PROBLEM_SCHEMA,
            "Version": {"type": "string", "enum": list(VERSIONS), "description": VERSION},
        },
        "securitySchemes": {
            "key": {"type": "http", "scheme": "bearer", "description": "A key of this practice: upfk_…"}
        },
    },
}


@cache
def document() -> dict[str, Any]:
    """The file, written from what the addresses declare."""
    with patched_settings(SETTINGS):
        generator = SchemaGenerator(patterns=[path("api/v1/", include("api.v1.urls"))])
        written: dict[str, Any] = generator.get_schema(request=None, public=True)
    for shape in written["components"]["schemas"].values():
        if shape.get("description", "").startswith(_DOCSTRINGS):
            del shape["description"]
        _leave_money_optional(shape)
        for field in shape.get("properties", {}).values():
            _tidy(field)
    for asked in _parameters(written):
        _tidy(asked["schema"])
        if asked["name"] == HEADER:
            # One shape, rather than one of each operation in clients that are generated.
            asked["schema"] = {"$ref": "#/components/schemas/Version"}
    for name in _names_of(Taken) & set(written["components"]["schemas"]):
        written["components"]["schemas"][name]["additionalProperties"] = False
    written["components"]["schemas"]["Money"] = {**MONEY_SCHEMA, "x-scope": SHOWS_MONEY}
    return written


def _leave_money_optional(shape: dict[str, Any]) -> None:
    """It is absent for who lacks the scope."""
    fields = shape.get("properties", {})
    absent = {name for name, field in fields.items() if field.get("x-scope") == SHOWS_MONEY}
    if absent:
        shape["required"] = [name for name in shape.get("required", []) if name not in absent]
    for name in absent:
        said = fields[name].get("description", "")
        words = f"{said} Absent without the scope `{SHOWS_MONEY}`.".strip()
        money = {"$ref": "#/components/schemas/Money"}
        which = {"oneOf": [money, {"type": "null"}]} if "null" in fields[name]["type"] else {"allOf": [money]}
        fields[name] = {**which, "description": words}


def _names_of(kind: type) -> set[str]:
    """Of all shapes of a kind."""
    below: list[type] = kind.__subclasses__()
    return {name for each in below for name in (name_of(each), *_names_of(each))}


def _parameters(written: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in written["paths"].values():
        for said in methods.values():
            yield from said.get("parameters", ())


def _tidy(field: dict[str, Any]) -> None:
    """What answers say is only read anyhow."""
    field.pop("readOnly", None)
    field.pop("x-spec-enum-id", None)


@cache
def text() -> str:
    return json.dumps(document(), ensure_ascii=False, indent=1)


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """For tools: from it clients are generated."""
    etag = etag_of(text())
    known = is_known(request, etag)
    answer = HttpResponse(
        "" if known else text(), status=304 if known else 200, content_type="application/json"
    )
    answer["ETag"] = etag
    # A page elsewhere may read it: it says nothing of anybody.
    answer["Access-Control-Allow-Origin"] = "*"
    patch_cache_control(answer, public=True, max_age=300)
    return answer
