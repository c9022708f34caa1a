"""Cursors whose statements take along what their connection has not sent yet, its tenant above all."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from django.db.backends.postgresql import base as postgresql
from psycopg import generators
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

if TYPE_CHECKING:
    from kit.database.base import DatabaseWrapper


class TenantCursor(postgresql.Cursor):
    """What Django uses for its statements."""

    plane: "DatabaseWrapper"
    _around = (0, 0)

    def execute(self, query: Any, params: Any = None, **kwargs: Any) -> Any:
        before, after = self.plane.taken_along()
        self._around = len(before), len(after)
        if not before:
            return super().execute(query, params, **kwargs)
        try:
            # With its values in it: psycopg remembers how statements are built, and not those of each tenant.
            text = query if params is None and isinstance(query, str) else self.mogrify(query, params)
            # A line of its own, should the statement end with a comment.
            return super().execute("\n;".join((*before, text, *after)), **kwargs)
        except BaseException:
            if after:
                self.plane.abandon()
            raise

    def _set_results(self, results: list[Any]) -> None:
        """Only those of the statement itself."""
        before, after = self._around
        super()._set_results(results[before : len(results) - after])

    def executemany(self, *args: Any, **kwargs: Any) -> None:
        with self.plane.as_current_tenant():
            super().executemany(*args, **kwargs)

    def stream(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        with self.plane.as_current_tenant():
            yield from super().stream(*args, **kwargs)

    @contextmanager
    def copy(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        with self.plane.as_current_tenant(), super().copy(*args, **kwargs) as copy:
            yield copy


class AskingCursor(TenantCursor):
    """For SELECTs with their values in them: what psycopg's own does around them is a third of their cost."""

    answers: list[PGresult]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._tx = Transformer(cast(Any, self))

    def execute(self, query: Any, params: Any = None, **kwargs: Any) -> Any:
        """Leave what each statement answers in `answers`, to be read by `rows`."""
        before, after = self.plane.taken_along()
        message = "\n;".join((*before, query, *after)).encode()
        self._query = _Asked(message)
        try:
            results = self._send(message)
        except BaseException:
            if after:
                self.plane.abandon()
            raise
        self.answers = results[len(before) : len(results) - len(after)]
        return self

    def _send(self, message: bytes) -> list[PGresult]:
        connection = self.connection
        with connection.lock:
            connection.pgconn.send_query(message)
            results = connection.wait(generators.execute(connection.pgconn))
        # An error is the last that is answered.
        if results[-1].status == ExecStatus.FATAL_ERROR:
            raise error_from_result(results[-1])
        return results

    def rows(self, answer: PGresult) -> list[tuple[Any, ...]]:
        self._tx.set_pgresult(answer)
        return self._tx.load_rows(0, answer.ntuples, tuple)


class _Asked(NamedTuple):
    """What Django's log of statements looks for."""

    query: bytes
