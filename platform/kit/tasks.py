"""Asking a worker for something. The queue carries hints: what is lost on it is found by a sweep."""

from functools import partial
from typing import Any, cast

import structlog
from celery import Task
from django.core.cache import caches
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from kit.cache import Cache
from kit.requests import after_answer

log = structlog.get_logger()

# For how long a hint counts as under way: less than a sweep takes to come round.
UNDER_WAY_SECONDS = 5


class Hint(Task):
    """A task that looks for work itself: while one waits for a worker, another would find nothing more.

    A flag in the cache says that one is under way. It is taken away before the look, so what is committed
    later is hinted at anew; where the worker or the queue dies, it lapses within seconds.
    """

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.land(*args)
        return super().__call__(*args, **kwargs)

    def take_off(self, *args: Any) -> bool:
        """Whether none is under way yet; without a cache none ever is."""
        try:
            return cast(Cache, caches["shared"]).count(self._flag(*args), seconds=UNDER_WAY_SECONDS) == 1
        except (RedisError, OSError) as error:
            log.warning("cache unreachable", task=self.name, error=str(error))
            return True

    def land(self, *args: Any) -> None:
        """From here on another is needed for what comes now."""
        try:
            caches["shared"].delete(self._flag(*args))
        except (RedisError, OSError) as error:
            log.warning("cache unreachable", task=self.name, error=str(error))

    def _flag(self, *args: Any) -> str:
        return ":".join(["hint", self.name, *map(str, args)])


def enqueue(task: Any, *args: Any) -> None:
    """Queue a task, a `Hint` unless one is under way; without a queue nothing is lost, only later.

    Where a request is being answered its answer goes first: nobody needs to wait for the queue.
    """
    after_answer(partial(_enqueue, task, *args))


def _enqueue(task: Any, *args: Any) -> None:
    if isinstance(task, Hint) and not task.take_off(*args):
        return
    try:
        # What Celery finds out for its log by itself, and its search for a parent, cost a fifth of the call.
        task.apply_async(args, argsrepr=repr(args), kwargsrepr="{}", add_to_parent=False)
    except (OperationalError, OSError) as error:
        log.warning("queue unreachable", task=task.name, error=str(error))
        if isinstance(task, Hint):
            task.land(*args)
