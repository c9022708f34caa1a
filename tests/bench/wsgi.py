"""The site as it is served, which tells the bench its CPU time and, when asked, counts statements."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from config.wsgi import application as site

Environ = dict[str, Any]


def application(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/bench/cpu":
        # Of the whole process, all its threads, user and system.
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [str(time.process_time_ns()).encode()]
    if "HTTP_X_COUNT_QUERIES" in environ:
        return _counted(environ, start_response)
    return site(environ, start_response)


def _counted(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The statements besides BEGIN and COMMIT, in a header of the answer."""
    from django.db import connection

    statements: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        statements.append(sql)
        return execute(sql, *rest)

    def answer(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
        return start_response(status, [*headers, ("X-Queries", str(len(statements)))], *rest)

    with connection.execute_wrapper(note):
        return site(environ, answer)
