"""Writes that are safe to repeat: the first acts, and who sends the same key again hears what it heard."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from api.core import problems
from api.core.declaring import Call, Operation
from api.core.problems import Problem
from tenants.integrations import requests
from tenants.integrations.models import ApiRequest

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
USABLE: Final = "^[!-~]{1,200}$"
# How long a second request waits for the first one's answer.
PATIENCE_SECONDS: Final = 3.0
PAUSE_SECONDS: Final = 0.05
TRIES: Final = 3


@dataclass(slots=True)
class Answer:
    """What is sent: the text of the body, and headers that belong to it."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)

    def sent(self) -> HttpResponse:
        return HttpResponse(
            self.body, status=self.status, content_type="application/json", headers=self.headers
        )


@dataclass(frozen=True, slots=True)
class Write:
    """One write: `run` does it, `again` shows what it came to, `guard` holds it against its If-Match.

    `prepare` comes before the claim and answers what it is about, if that is known; where it is refused after
    that, `undo` takes back what was prepared.
    """

    call: Call
    operation: Operation
    digest: str
    run: Callable[[], Answer]
    again: Callable[[Any], Answer]
    prepare: Callable[[], Any]
    undo: Callable[[Any], object]
    guard: Callable[[], object] | None = None


def key_of(request: HttpRequest) -> str:
    """Raises Problem without a usable key."""
    key = request.headers.get(HEADER, "")
    if not re.match(USABLE, key):
        raise Problem(
            problems.KEY_MISSING,
            f"Send {HEADER} with a value of your own for this one write, up to 200 letters: sent again with "
            "the same one, it is done once. Nothing was done.",
        )
    return key


def carried_out(write: Write) -> HttpResponse:
    """Do it, or answer as it was answered. Raises Problem."""
    asked = {"asked_by": write.call.caller.asked_by, "key": write.call.key}
    for _ in range(TRIES):
        if row := requests.earlier(**asked):
            if (answer := _as_before(write, row)) is not None:
                return answer
            continue
        try:
            return _first(write, asked)
        except requests.AlreadyAsked:
            continue
    raise _in_progress()


def _first(write: Write, asked: Mapping[str, str]) -> HttpResponse:
    claim: requests.Claim | None = None
    subject_id = None
    try:
        subject_id = write.prepare()
        with requests.once(
            **asked, digest=write.digest, now=write.call.now, subject_id=subject_id, then=write.guard
        ) as claim:
            answer = write.run()
    except requests.AlreadyAsked:
        raise
    except Problem as problem:
        # Refused because the same request has just been done, by somebody who was faster.
        if not (claim and claim.is_made) and requests.earlier(**asked):
            raise requests.AlreadyAsked from problem
        _let_go(claim)
        write.undo(subject_id)
        raise
    except Exception:
        _leave(claim)
        raise
    return _kept(claim, answer)


def _let_go(claim: requests.Claim | None) -> None:
    if claim and claim.is_made:
        requests.withdrawn(claim=claim)


def _leave(claim: requests.Claim | None) -> None:
    if claim and claim.is_made:
        requests.left(claim=claim)


def _kept(claim: requests.Claim, answer: Answer) -> HttpResponse:
    requests.answered(claim=claim, status=answer.status, headers=answer.headers, body=answer.body)
    return answer.sent()


def _as_before(write: Write, row: ApiRequest) -> HttpResponse | None:
    """None when it was given up meanwhile, so that it may be done after all."""
    if row.digest != write.digest:
        raise Problem(
            problems.KEY_REUSED,
            f"This {HEADER} came with another request before. Nothing was done: give each write its own.",
        )
    until = time.monotonic() + PATIENCE_SECONDS
    while row.status <= requests.OPEN:
        if requests.is_abandoned(row, now=write.call.now):
            return _gone_on_with(write, row)
        if time.monotonic() > until:
            raise _in_progress()
        time.sleep(PAUSE_SECONDS)
        fresh = requests.earlier(asked_by=write.call.caller.asked_by, key=write.call.key)
        if fresh is None:
            return None
        row = fresh
    return Answer(row.status, row.body, {**row.headers, REPLAYED: "true"}).sent()


def _gone_on_with(write: Write, row: ApiRequest) -> HttpResponse | None:
    """It had its effect, and nobody heard: show what it came to."""
    claim = requests.taken_over(row=row, now=write.call.now)
    if claim is None:
        return None
    work = partial(write.again, row.subject_id) if row.subject_id else partial(_anew, write)
    if not row.subject_id and not write.operation.is_repeatable:
        requests.left(claim=claim)
        raise Problem(
            problems.OUTCOME_UNKNOWN,
            "This was done, but its answer was lost. Look at the list of what you made before you go on.",
        )
    try:
        answer = work()
    except Exception:
        _leave(claim)
        raise
    return _kept(claim, answer)


def _anew(write: Write) -> Answer:
    write.prepare()
    return write.run()


def _in_progress() -> Problem:
    return Problem(
        problems.IN_PROGRESS,
        "The first request with this key is still being carried out. Ask again in a second, with the same "
        "key.",
        headers={"Retry-After": "1"},
    )
