"""What a change came to, for who asked for it: told by whoever knows, to whoever wants to know."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[uuid.UUID], object]
_listening: ContextVar[Listener | None] = ContextVar("listening", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Have `listener` told, in the transaction of the change, of each thing that something happened to."""
    before = _listening.set(listener)
    try:
        yield
    finally:
        _listening.reset(before)


def came_to(*, subject_id: uuid.UUID) -> None:
    """Step: something was made or changed."""
    listener = _listening.get()
    if listener is not None:
        listener(subject_id)
