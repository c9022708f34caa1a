"""Many at once: threads that start together, each with a database connection of its own."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

from django.db import connections

T = TypeVar("T")
TOGETHER_SECONDS = 20


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
