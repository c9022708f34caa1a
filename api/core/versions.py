"""Versions by date: what a program was made for stays as it was."""

from typing import Final

from django.http import HttpRequest

from api.core import problems
from api.core.problems import Problem
from tenants.integrations.keys import Caller

HEADER: Final = "Upfront-Version"
# In order; a change that a program could stumble over makes another one.
VERSIONS: Final = ("2026-11-01",)
NEWEST: Final = VERSIONS[-1]


def version_of(request: HttpRequest, caller: Caller) -> str:
    """The one that was asked for, or that was in force when the program got its key. Raises Problem."""
    asked = request.headers.get(HEADER)
    if asked is None:
        return max((each for each in VERSIONS if each <= caller.version), default=VERSIONS[0])
    if asked not in VERSIONS:
        raise Problem(
            problems.UNKNOWN_VERSION,
            f"There is no version “{asked[:20]}”. Leave {HEADER} out, or send {NEWEST}. Nothing was done.",
        )
    return asked
