"""What a request says: JSON in its body, or words in its address, held against what was declared."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.http.request import UnreadablePostError

from api.core import problems
from api.core.fields import Taken
from api.core.problems import Problem

LARGEST = 65_536


def json_of(request: HttpRequest) -> dict[str, Any]:
    """The body; an empty one says nothing. Raises Problem."""
    body = _read(request)
    if not body:
        return {}
    if request.content_type != "application/json":
        raise Problem(
            problems.UNSUPPORTED,
            "Send the body as “Content-Type: application/json”. Nothing was done.",
        )
    try:
        said = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Problem(
            problems.BAD_REQUEST, f"The body is not JSON: {str(error)[:120]}. Nothing was done."
        ) from error
    if not isinstance(said, dict):
        raise Problem(problems.BAD_REQUEST, "The body is to be one JSON object. Nothing was done.")
    return said


def _read(request: HttpRequest) -> bytes:
    try:
        body = request.body
    except RequestDataTooBig:
        body = b" " * (LARGEST + 1)
    except UnreadablePostError as error:
        raise Problem(problems.BAD_REQUEST, "The body broke off. Nothing was done.") from error
    if len(body) > LARGEST:
        raise Problem(problems.TOO_LARGE, f"A body may have up to {LARGEST // 1024} KB. Nothing was done.")
    return body


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def words_of(request: HttpRequest) -> dict[str, Any]:
    """The query parameters; of one that comes twice the last."""
    return request.GET.dict()


def checked(said: Mapping[str, Any], shape: type[Taken] | None) -> dict[str, Any]:
    """What was said, in the types that were declared. Raises Problem with every mistake by its field."""
    form = (shape or Taken)(data=said)
    if form.is_valid():
        return dict(form.validated_data)
    raise Problem(
        problems.INVALID,
        "Some of it cannot be used: `errors` says what, by field. Nothing was done.",
        errors=form.errors,
    )


def digest_of(request: HttpRequest, said: Mapping[str, Any]) -> str:
    """Of what is asked, whatever the order and spacing of its JSON."""
    plain = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return sha256(f"{request.method}\n{request.path}\n{plain}".encode()).hexdigest()
