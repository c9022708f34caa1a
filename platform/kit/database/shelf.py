"""Connections between two requests. Whoever needs one takes the one that was laid down last.

A server's threads take turns. If each kept a connection of its own, one visitor after the other would be
answered by another backend, which has to fetch all it knows into the processor anew. And there would be as
many connections as threads, rather than as many as requests at once.
"""

import time
from collections import defaultdict
from contextlib import suppress
from typing import Any, NamedTuple

from django.db.backends.postgresql import base as postgresql


class Laid(NamedTuple):
    connection: Any
    close_at: float | None
    cursor: Any

    @property
    def is_too_old(self) -> bool:
        return self.close_at is not None and time.monotonic() >= self.close_at


# By alias and database. Appending and popping are safe among threads.
_SHELVES: defaultdict[tuple[str, str], list[Laid]] = defaultdict(list)


class DatabaseWrapper(postgresql.DatabaseWrapper):
    """Django's, which shares its connections with the other threads of its process."""

    # What is kept with a connection.
    _kept: Any = None
    _taken: Laid | None = None

    def close_if_unusable_or_obsolete(self) -> None:
        """Django asks for it where a request or task begins, and where it ends."""
        super().close_if_unusable_or_obsolete()
        if self.connection is not None and not self.in_atomic_block:
            self._shelf.append(Laid(self.connection, self.close_at, self._kept))
            self.connection = self._kept = None

    def connect(self) -> None:
        self._taken = self._last_laid()
        super().connect()
        if self._taken:
            self.close_at, self._taken = self._taken.close_at, None

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if self._taken is None:
            return self._opened(conn_params)
        self._kept = self._taken.cursor
        return self._taken.connection

    def _opened(self, conn_params: dict[str, Any]) -> Any:
        self._kept = None
        return super().get_new_connection(conn_params)

    def _last_laid(self) -> Laid | None:
        with suppress(IndexError):
            while (laid := self._shelf.pop()).is_too_old:
                laid.connection.close()
            return laid
        return None

    @property
    def _shelf(self) -> list[Laid]:
        return _SHELVES[self.alias, self.settings_dict["NAME"]]
