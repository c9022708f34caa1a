"""Many at once: threads that start together, each with a database connection of its own."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any, TypeVar

import pytest
from django.db import connections

T = TypeVar("T")
TOGETHER_SECONDS = 20
# Longer than PostgreSQL waits before it looks for a deadlock.
WHILE_THE_OTHER_WAITS = 1.5


def at_once(calls: Iterable[Callable[[], T]]) -> list[T | Exception]:
    """Run all calls at the same moment; what each returned or raised, in their order."""
    calls = list(calls)
    start = Barrier(len(calls))

    def run(call: Callable[[], T]) -> T | Exception:
        start.wait(TOGETHER_SECONDS)
        try:
            return call()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def meeting(step: Callable[..., T], parties: int) -> Callable[..., T]:
    """`step`, which returns only when all parties have come out of it: the worst moment to be interrupted."""
    gate = Barrier(parties)

    def together(*args: Any, **kwargs: Any) -> T:
        result = step(*args, **kwargs)
        gate.wait(TOGETHER_SECONDS)
        return result

    return together


class Meeting:
    """Two transactions, each with its first lock: the one that settles goes on when the other has its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.settles, self.presses = Event(), Event()

    def after(self, where: Any, name: str) -> None:
        """When this step is done, the one who settles waits for the other to begin."""
        step = getattr(where, name)

        def stepping(*args: Any, **kwargs: Any) -> Any:
            result = step(*args, **kwargs)
            self.settles.set()
            self.presses.wait(WHILE_THE_OTHER_WAITS)
            return result

        self.monkeypatch.setattr(where, name, stepping)

    def press(self, press: Callable[[], Any], *, before: tuple[Any, str] | None = None) -> Callable[[], Any]:
        """To be pressed when the other settles; `before` this step what it is for is locked. Without one the
        other waits until this one must be waiting for it."""
        if before:
            self._note(*before)

        def begin() -> Any:
            assert self.settles.wait(TOGETHER_SECONDS)
            return press()

        return begin

    def _note(self, where: Any, name: str) -> None:
        step = getattr(where, name)

        def stepping(*args: Any, **kwargs: Any) -> Any:
            self.presses.set()
            return step(*args, **kwargs)

        self.monkeypatch.setattr(where, name, stepping)
