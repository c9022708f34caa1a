"""Connections between requests: whoever comes next takes the one that was laid down last."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import close_old_connections, connection, connections, transaction

from kit.database import shelf
from tenants.registry.models import Tenant


@pytest.fixture(autouse=True)
def alone(anna: Tenant) -> Iterator[None]:
    """Nothing lies there when a test begins, nor when it is over."""
    connections.close_all()
    clear()
    yield
    clear()


def clear() -> None:
    for laid in shelf._SHELVES.values():
        while laid:
            laid.pop().connection.close()


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def as_a_request(ask: Callable[[], Any] = backend) -> Any:
    """What a thread of the server does: Django signals the beginning and the end of a request."""
    close_old_connections()
    try:
        return ask()
    finally:
        close_old_connections()


def test_threads_that_take_turns_are_answered_by_one_backend() -> None:
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
        turns = [pool.submit(as_a_request).result() for pool in (one, other, one, other)]
    assert len(set(turns)) == 1


def test_requests_at_once_have_a_connection_each() -> None:
    def two_at_once() -> tuple[int, int]:
        with ThreadPoolExecutor(1) as other:
            return backend(), other.submit(as_a_request).result()

    mine, theirs = as_a_request(two_at_once)
    assert mine != theirs
    # The one that was laid down last is the first to be taken.
    assert as_a_request() == mine


def test_a_transaction_that_was_left_open_ends_and_nobody_gets_its_connection() -> None:
    with transaction.atomic(), ThreadPoolExecutor(1) as other:
        mine = backend()
        close_old_connections()
        assert other.submit(as_a_request).result() != mine


def test_a_connection_grows_no_older_by_going_from_hand_to_hand(settings: Any) -> None:
    first = as_a_request()
    due = shelf._SHELVES["default", connection.settings_dict["NAME"]][0].close_at
    assert as_a_request(lambda: (backend(), connection.close_at)) == (first, due)


def test_one_that_is_too_old_is_closed_and_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    first = as_a_request()
    [laid] = shelf._SHELVES["default", connection.settings_dict["NAME"]]
    later = laid.close_at + 1
    monkeypatch.setattr(shelf.time, "monotonic", lambda: later)
    assert as_a_request() != first
    assert laid.connection.closed


def test_a_broken_one_is_not_laid_down(as_owner: Any) -> None:
    def broken() -> None:
        with as_owner.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [backend()])
        with pytest.raises(Exception, match="terminat"):
            backend()

    as_a_request(broken)
    assert as_a_request()
