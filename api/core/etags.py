"""The state of what was read, by a digest of how it was shown: `ETag`, `If-None-Match`, `If-Match`."""

import re
from hashlib import sha256
from typing import Final

from django.http import HttpRequest

from api.core import problems
from api.core.problems import Problem

_QUOTED: Final = re.compile(r'(?:W/)?"[^"]*"')


def etag_of(body: str) -> str:
    return f'"{sha256(body.encode()).hexdigest()[:32]}"'


def is_known(request: HttpRequest, etag: str) -> bool:
    """Whether who asks has this state already."""
    asked = request.headers.get("If-None-Match", "")
    return asked.strip() == "*" or etag in (each.removeprefix("W/") for each in _QUOTED.findall(asked))


def require_said(request: HttpRequest) -> None:
    """Raise Problem unless the request says which state it goes by."""
    if not request.headers.get("If-Match"):
        raise Problem(
            problems.IF_MATCH_MISSING,
            "Read it first, and send its ETag as If-Match: so nobody changes what somebody else has just "
            "changed. Nothing was done.",
        )


def require_match(request: HttpRequest, etag: str) -> None:
    """Raise Problem when it is in another state than the request goes by."""
    asked = request.headers.get("If-Match", "")
    if asked.strip() != "*" and etag not in _QUOTED.findall(asked):
        raise Problem(
            problems.CHANGED,
            "It is not as you have read it any more. Nothing was done: read it again, then decide again.",
            headers={"ETag": etag},
        )
