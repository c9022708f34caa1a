"""Who asks: a key of this practice, in the header `Authorization: Bearer …` and nowhere else."""

from datetime import datetime

from django.http import HttpRequest

from api.core import problems
from api.core.problems import Problem
from kit import limits, wiring
from tenants.integrations.keys import Caller

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="Upfront"'}
LONGEST_TOKEN = 200
WRONG_KEYS, WITHIN_SECONDS = 30, 60


def caller_of(request: HttpRequest, *, now: datetime) -> Caller:
    """Raises Problem: 401 without a key that opens something here, 429 for who keeps trying others."""
    token = _token(request)
    caller = _opened(token, now) if token else None
    if caller is not None:
        return caller
    if token and not limits.allows(
        "api-wrong-key", limits.connection_of(request), most=WRONG_KEYS, seconds=WITHIN_SECONDS
    ):
        raise Problem(
            problems.TOO_MANY,
            "Too many wrong keys came from this address. Wait a minute, then try with the right one.",
            headers={"Retry-After": str(WITHIN_SECONDS)},
        )
    raise Problem(problems.UNAUTHENTICATED, _what_is_wrong(token), headers=CHALLENGE)


def _token(request: HttpRequest) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _opened(token: str, now: datetime) -> Caller | None:
    """By the beginning of the token: a coach's key, or the access of a partner."""
    if len(token) > LONGEST_TOKEN or not token.isascii() or "\x00" in token:
        return None
    for begins, path in wiring.table("API_CREDENTIALS").items():
        if token.startswith(begins):
            found: Caller | None = wiring.named(path)(token, now=now)
            return found
    return None


def _what_is_wrong(token: str) -> str:
    if not token:
        return "Send a key of this practice: “Authorization: Bearer upfk_…”. Nothing was done."
    return (
        "This key opens nothing here: it was mistyped, has ended, was revoked, or belongs to another "
        "practice. Nothing was done."
    )
