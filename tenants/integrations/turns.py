"""Who keeps us waiting takes turns: so many are waited for at once in this process, so few of one practice.

A worker has more threads than there are turns: the others serve those who answer.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final


class Turns:
    """Turns to be had at the same time, `of_all` together and `of_one` for each."""

    def __init__(self, *, of_all: int, of_one: int) -> None:
        self._of_all, self._of_one = of_all, of_one
        self._taken: Counter[str] = Counter()
        self._lock = Lock()

    @contextmanager
    def one_for(self, who: str) -> Iterator[bool]:
        """Whether there is one just now; it is given back at the end."""
        is_had = self._take(who)
        try:
            yield is_had
        finally:
            if is_had:
                self._give_back(who)

    def _take(self, who: str) -> bool:
        with self._lock:
            if self._taken.total() >= self._of_all or self._taken[who] >= self._of_one:
                return False
            self._taken[who] += 1
            return True

    def _give_back(self, who: str) -> None:
        with self._lock:
            self._taken[who] -= 1
            # Only who has one is kept.
            self._taken += Counter()


OF_ALL: Final = 4
OF_ONE: Final = 2
slow = Turns(of_all=OF_ALL, of_one=OF_ONE)
