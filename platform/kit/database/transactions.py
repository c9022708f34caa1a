"""The kinds of transaction, each said by name."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

from django.db import DEFAULT_DB_ALIAS, IntegrityError, connections, transaction
from psycopg.errors import ForeignKeyViolation

from kit.database.base import DatabaseWrapper


class TransactionRequired(RuntimeError):
    """A step was called outside the transaction of a use case."""


def typed(using: str = DEFAULT_DB_ALIAS) -> DatabaseWrapper:
    """This thread's connection, as what it is: one that knows its tenant."""
    return cast(DatabaseWrapper, connections[using])


def current_schema() -> str:
    """The schema of the tenant that this thread works for; "public" for none."""
    return typed().schema_name


@contextmanager
def read_only(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """An outermost transaction in which the database refuses every write. Raises RuntimeError if nested."""
    with typed(using).beginning_read_only(), transaction.atomic(using=using, durable=True):
        yield


@contextmanager
def beginning_with(step: Callable[[], object], using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Let the next use case of this tenant take `step` first, in its own transaction.

    For what has to stand or fall with an effect of which it knows nothing. Once that is committed the step is
    done; where the transaction is undone and tried again, so is the step. What it raises the use case raises.
    """
    with typed(using).beginning_with(step):
        yield


@contextmanager
def ending_with(last_word: Callable[[], object], using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Let no use case in here commit before `last_word` has returned; what it raises the use case raises.

    For what is asked elsewhere while the use case looks. It must not ask this database.
    """
    with typed(using).ending_with(last_word):
        yield


def names_no_row(error: IntegrityError) -> bool:
    """Whether a row was refused because it names another one that is not there."""
    return isinstance(error.__cause__, ForeignKeyViolation)


def require_transaction(using: str = DEFAULT_DB_ALIAS) -> None:
    """Raise TransactionRequired unless a transaction is open: the first line of a step."""
    if not connections[using].in_atomic_block:
        raise TransactionRequired("This step is part of a use case and needs its transaction.")
