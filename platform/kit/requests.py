"""What comes with a request; and one log line for each, under an id, that says whose it was."""

import logging
import time
import uuid
from collections.abc import Callable
from contextvars import ContextVar

import structlog
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from kit import metrics

log = structlog.get_logger()

SLOW_SECONDS = 1.0

Work = Callable[[], object]
_until_sent: ContextVar[list[Work] | None] = ContextVar("until_sent", default=None)


def after_answer(work: Work) -> None:
    """Do `work` when the answer to this thread's request is sent; at once where there is no request.

    For hints, which may be lost: whoever asked does not wait for it, nor hears that it failed.
    """
    waiting = _until_sent.get()
    if waiting is None:
        work()
    else:
        waiting.append(work)


def _once_sent(response: HttpResponseBase, waiting: list[Work]) -> None:
    """The server closes a response when it has sent it."""
    close = response.close

    def close_and_work() -> None:
        close()
        for work in waiting:
            work()

    response.close = close_and_work  # type: ignore[method-assign]


def looked_for(request: HttpRequest, name: str, longest: int = 100) -> str:
    """What an address asks to be looked up. Without NUL, which no database takes for a text."""
    return request.GET.get(name, "").replace("\x00", "").strip()[:longest]


class RoutesOnly(logging.Filter):
    """Django logs what failed by its address, which may hold a link's secret: the route says enough."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest) and isinstance(record.args, tuple):
            match = request.resolver_match
            route = match.route if match else "an address without a route"
            record.args = tuple(route if arg == request.path else arg for arg in record.args)
        return True


def said_by(*, tenant: str = "", actor: str = "") -> None:
    """From here on, whatever this request or piece of work logs names the tenant's schema and the actor.

    An actor is "user:…", "client:…" or a program's credential, with an id: never a name.
    """
    named = {"tenant": tenant, "actor": actor}
    structlog.contextvars.bind_contextvars(**{name: value for name, value in named.items() if value})


class RequestLog:
    """Names the request in every log line that it causes. Query strings and bodies are never logged."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = uuid.uuid4().hex[:16]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id, method=request.method)
        begun = time.monotonic()
        waiting: list[Work] = []
        asked = _until_sent.set(waiting)
        try:
            response = self.get_response(request)
        finally:
            _until_sent.reset(asked)
        if waiting:
            _once_sent(response, waiting)
        _tell(request, response.status_code, time.monotonic() - begun)
        response["X-Request-Id"] = request_id
        return response


def _tell(request: HttpRequest, status: int, seconds: float) -> None:
    match = request.resolver_match
    route = match.route if match else None
    metrics.count_request(
        route=route,
        is_of_a_coach=getattr(request, "tenant", None) is not None,
        method=request.method or "",
        status=status,
        seconds=seconds,
    )
    is_amiss = status >= 500 or seconds > SLOW_SECONDS
    if is_amiss or settings.LOG_EVERY_REQUEST:
        tell = log.warning if is_amiss else log.info
        tell("request", status=status, seconds=round(seconds, 3), route=route)
