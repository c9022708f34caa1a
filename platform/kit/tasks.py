"""Asking a worker for something. The queue carries hints: what is lost on it is found by a sweep."""

from typing import Any

import structlog
from kombu.exceptions import OperationalError

log = structlog.get_logger()


def enqueue(task: Any, *args: Any) -> None:
    """Queue a task now; without a queue nothing is lost, only later."""
    try:
        # What Celery finds out for its log by itself, and its search for a parent, cost a fifth of the call.
        task.apply_async(args, argsrepr=repr(args), kwargsrepr="{}", add_to_parent=False)
    except (OperationalError, OSError) as error:
        log.warning("queue unreachable", task=task.name, error=str(error))
