"""Problems as programs read them: RFC 9457, with a name that stays and sentences for people."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import structlog
from django.http import JsonResponse

MEDIA_TYPE: Final = "application/problem+json"
PAGE: Final = "/api/"


@dataclass(frozen=True, slots=True)
class Kind:
    """One way in which a request is not done. `code` never changes; a program may ask for it."""

    code: str
    status: int
    title: str

    @property
    def type(self) -> str:
        """Where the kind is explained: on the API's own page."""
        return f"{PAGE}#{self.code}"


_ALL: dict[str, Kind] = {}


def kind(code: str, status: int, title: str) -> Kind:
    """Name a kind of problem. Each has a place on the API's page."""
    made = _ALL[code] = Kind(code, status, title)
    return made


def every_kind() -> list[Kind]:
    return sorted(_ALL.values(), key=lambda each: (each.status, each.code))


BAD_REQUEST = kind("bad-request", 400, "This request cannot be read.")
KEY_MISSING = kind("idempotency-key-missing", 400, "A write needs an Idempotency-Key.")
BAD_CURSOR = kind("bad-cursor", 400, "This cursor leads to no page.")
UNKNOWN_VERSION = kind("unknown-version", 400, "There is no such version.")
UNAUTHENTICATED = kind("unauthenticated", 401, "This needs a key of this practice.")
SCOPE_MISSING = kind("scope-missing", 403, "This key does not open this.")
NOT_FOUND = kind("not-found", 404, "There is nothing here.")
METHOD_NOT_ALLOWED = kind("method-not-allowed", 405, "This address cannot be asked that.")
NOT_JSON = kind("not-json", 406, "Answers are JSON.")
IN_PROGRESS = kind("request-in-progress", 409, "The same request is being carried out.")
OUTCOME_UNKNOWN = kind("outcome-unknown", 409, "It was done, and its answer was lost.")
CHANGED = kind("changed", 412, "It has changed since you read it.")
TOO_LARGE = kind("too-large", 413, "This request is too large.")
UNSUPPORTED = kind("unsupported-media-type", 415, "Send JSON.")
INVALID = kind("invalid", 422, "Something in this request cannot be used.")
KEY_REUSED = kind("idempotency-key-reused", 422, "This Idempotency-Key belongs to another request.")
IF_MATCH_MISSING = kind("if-match-missing", 428, "Say which state you have read.")
TOO_MANY = kind("too-many-requests", 429, "Too many requests.")
OUR_FAULT = kind("our-fault", 500, "Something broke on our side.")
PAYMENTS_AWAY = kind("payments-unavailable", 503, "Stripe could not be asked.")


class Problem(Exception):
    """A request that is not done. `detail` says what happened, what was kept, and what to do next."""

    def __init__(
        self, kind: Kind, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.headers, self.more = kind, detail, dict(headers or {}), more


def answer(problem: Problem) -> JsonResponse:
    """The problem as it is sent."""
    body = {
        "type": problem.kind.type,
        "title": problem.kind.title,
        "status": problem.kind.status,
        "detail": problem.detail,
        "code": problem.kind.code,
        "request_id": request_id(),
        **problem.more,
    }
    return JsonResponse(
        body,
        status=problem.kind.status,
        content_type=MEDIA_TYPE,
        headers=problem.headers,
        json_dumps_params={"ensure_ascii": False},
    )


def request_id() -> str:
    """By which we find the request in our log."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def reason(status: int) -> str:
    return HTTPStatus(status).phrase
