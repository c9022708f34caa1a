"""The OpenAPI file, written from what each address declares."""

import re
from typing import Any, Final

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent, force_instance
from drf_spectacular.utils import OpenApiExample, OpenApiParameter

from api.core import problems
from api.core.declaring import Operation, operation_of
from api.core.fields import name_of
from api.core.versions import HEADER, NEWEST
from api.core.writing import USABLE

PROBLEM_SCHEMA: Final = {
    "type": "object",
    "description": "RFC 9457. `code` never changes; `detail` is for people.",
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "object",
            "description": "With `invalid`: what is wrong, by field.",
            "additionalProperties": {},
        },
    },
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "additionalProperties": {},
}
ALWAYS: Final = (
    problems.UNKNOWN_VERSION,
    problems.UNAUTHENTICATED,
    problems.SCOPE_MISSING,
    problems.TOO_MANY,
    problems.OUR_FAULT,
)
READING: Final = (problems.INVALID,)
WRITING: Final = (
    problems.BAD_REQUEST,
    problems.KEY_MISSING,
    problems.IN_PROGRESS,
    problems.OUTCOME_UNKNOWN,
    problems.TOO_LARGE,
    problems.UNSUPPORTED,
    problems.INVALID,
    problems.KEY_REUSED,
)
VERSION: Final = "The version that the program was made for."
KEY: Final = "Your own name of this one write: sent again with the same one, it is done once."
MATCH: Final = "The ETag of what you have read."
MATCHING: Final = (problems.CHANGED, problems.IF_MATCH_MISSING)


class Schema(AutoSchema):
    """One operation of the file, from its `Operation`."""

    @property
    def declared(self) -> Operation:
        operation = operation_of(self.view, self.method)
        assert operation is not None
        return operation

    def is_excluded(self) -> bool:
        return operation_of(self.view, self.method) is None

    def get_operation_id(self) -> str:
        """What it is called in a client that is generated from the file: book_a_session."""
        return "_".join(re.findall(r"[a-z0-9]+", self.declared.summary.lower()))

    def get_summary(self) -> str:
        return self.declared.summary

    def get_description(self) -> str:
        needs = f"Needs the scope `{self.declared.scope}`."
        return f"{self.declared.description}\n\n{needs}".strip()

    def get_tags(self) -> list[str]:
        return [str(getattr(self.view, "group", "Other"))]

    def get_auth(self) -> list[dict[str, list[str]]]:
        return [{"key": []}]

    def get_request_serializer(self) -> Any:
        return self.declared.takes if self.declared.is_write else None

    def get_response_serializers(self) -> Any:
        return self.declared.gives

    def get_override_parameters(self) -> list[Any]:
        declared = self.declared
        found: list[Any] = []
        if not declared.is_write and declared.takes:
            found.append(declared.takes)
        found.append(_header(HEADER, VERSION, NEWEST))
        if declared.is_write:
            found.append(_header("Idempotency-Key", KEY, "order-1017", required=True, pattern=USABLE))
        if declared.needs_match:
            found.append(_header("If-Match", MATCH, '"3f1c0a52"', required=True))
        return found

    def get_examples(self) -> list[OpenApiExample]:
        declared = self.declared
        found = []
        if declared.is_write and declared.example is not None:
            found.append(OpenApiExample("Request", dict(declared.example), request_only=True))
        if declared.answer_example is not None:
            found.append(
                OpenApiExample(
                    "Answer",
                    dict(declared.answer_example),
                    response_only=True,
                    status_codes=[str(declared.status)],
                )
            )
        return found

    def _get_serializer_name(self, serializer: Any, direction: str, bypass_extensions: bool = False) -> Any:
        return name_of(type(force_instance(serializer)))

    def _is_list_view(self, serializer: Any = None) -> bool:
        return False

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        declared = self.declared
        body = self._get_response_for_code(declared.gives, str(declared.status))
        content = body["content"]["application/json"]
        if declared.is_page:
            content["schema"] = self._page(content["schema"])
            content.pop("examples", None)
            if declared.answer_example is not None:
                one = {"data": [dict(declared.answer_example)], "next_cursor": None}
                content["examples"] = {"Answer": {"value": one}}
        body["description"] = "Done." if declared.is_write else "As it is now."
        body["headers"] = _ANSWER_HEADERS
        return {str(declared.status): body, **_problem_bodies(declared, self.path)}

    def _page(self, one: dict[str, Any]) -> dict[str, Any]:
        """A shape of its own, by the name of what it lists."""
        name = f"{one['$ref'].rpartition('/')[2]}Page"
        component = ResolvedComponent(
            name=name, type=ResolvedComponent.SCHEMA, schema=_page_of(one), object=name
        )
        self.registry.register_on_missing(component)
        return component.ref


def _header(
    name: str, description: str, example: str, *, required: bool = False, **schema: Any
) -> OpenApiParameter:
    return OpenApiParameter(
        name,
        {"type": "string", **schema},
        OpenApiParameter.HEADER,
        required=required,
        description=description,
        examples=[OpenApiExample(name, example)],
    )


def _page_of(one: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "data": {"type": "array", "items": one},
            "next_cursor": {"type": ["string", "null"], "description": "Of the next page; null on the last."},
        },
        "required": ["data", "next_cursor"],
    }


def kinds_of(declared: Operation, path: str) -> list[problems.Kind]:
    """The problems that an operation may be answered with."""
    found = [*ALWAYS, *(WRITING if declared.is_write else READING), *declared.problems]
    if declared.needs_match:
        found += MATCHING
    if "{" in path:
        found.append(problems.NOT_FOUND)
    if declared.is_page:
        found.append(problems.BAD_CURSOR)
    return sorted(set(found), key=lambda each: (each.status, each.code))


def _problem_bodies(declared: Operation, path: str) -> dict[str, Any]:
    bodies: dict[str, Any] = {}
    for kind in kinds_of(declared, path):
        body = bodies.setdefault(
            str(kind.status),
            {
                "description": "",
                "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        )
        said = f"`{kind.code}`: {kind.title}"
        body["description"] = f"{body['description']} {said}".strip()
    return bodies


_ANSWER_HEADERS: Final = {
    "ETag": {"schema": {"type": "string"}, "description": "The state that is shown."},
    "Upfront-Version": {"schema": {"type": "string"}, "description": "The version of this answer."},
    "RateLimit": {"schema": {"type": "string"}, "description": "What is left of this minute."},
    "X-Request-Id": {"schema": {"type": "string"}, "description": "By which we find the request."},
}
