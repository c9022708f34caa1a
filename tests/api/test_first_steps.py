"""A step that a use case takes first without knowing of it: in its transaction, and only there."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django_tenants.utils import schema_context

from kit.database import beginning_with, insert_later, new, read_only
from tenants.clients.models import Client
from tenants.registry.models import Tenant


class Refused(Exception):
    """Not one of the database's errors, for which Django would roll back by itself."""


@pytest.fixture
def taken(anna: Tenant, in_tenant: Any) -> Any:
    """Inside Anna's practice: a list that a step adds to, with whether its transaction was open."""
    with in_tenant(anna):
        yield []


def step(taken: list[bool]) -> Any:
    return lambda: taken.append(connection.in_atomic_block) or add("first")


def add(name: str) -> Client:
    return Client.objects.create(name=name, email=f"{uuid4().hex}@example.com")


def refused() -> None:
    with transaction.atomic(durable=True):
        add("one")
        raise Refused


def names() -> list[str]:
    """In the order in which they were put in."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM clients_client ORDER BY ctid")
        return [name for (name,) in cursor.fetchall()]


def test_it_is_taken_once_before_anything_else(taken: list[bool]) -> None:
    with beginning_with(step(taken)):
        for name in ("one", "two"):
            with transaction.atomic(durable=True):
                add(name)
                add(name)
    assert names() == ["first", "one", "one", "two", "two"]
    assert taken == [True]


def test_what_is_undone_takes_it_along_and_what_is_tried_again_takes_it_again(taken: list[bool]) -> None:
    with beginning_with(step(taken)):
        with pytest.raises(Refused):
            refused()
        assert names() == []
        with transaction.atomic(durable=True):
            add("two")
    assert names() == ["first", "two"]
    assert taken == [True, True]


def test_reading_does_not_take_it_and_does_not_use_it_up(taken: list[bool]) -> None:
    with beginning_with(step(taken)):
        assert names() == []
        with read_only():
            assert names() == []
        assert taken == []
        with transaction.atomic(durable=True):
            add("one")
    assert names() == ["first", "one"]


def test_the_shared_plane_does_not_take_it(taken: list[bool]) -> None:
    with beginning_with(step(taken)):
        with schema_context("public"), transaction.atomic(durable=True):
            assert Tenant.objects.exists()
        assert taken == []
        with transaction.atomic(durable=True):
            add("one")
    assert taken == [True]


def test_a_transaction_that_sends_all_with_commit_takes_it_first(taken: list[bool]) -> None:
    with beginning_with(step(taken)), transaction.atomic(durable=True):
        insert_later(new(Client, name="late", email="late@example.com"))
    assert taken == [True]
    assert names() == ["first", "late"]


def test_a_transaction_that_sends_nothing_leaves_it_for_the_next(taken: list[bool]) -> None:
    with beginning_with(step(taken)):
        with transaction.atomic(durable=True):
            pass
        # A single read after it is no part of any transaction that may write.
        assert names() == []
        assert taken == []
        with transaction.atomic(durable=True):
            add("one")
    assert taken == [True]


@pytest.mark.parametrize("all_at_commit", [False, True])
def test_what_it_raises_ends_the_transaction(taken: list[bool], all_at_commit: bool) -> None:
    def refuse() -> None:
        raise Refused

    def use_case() -> None:
        with transaction.atomic(durable=True):
            insert_later(new(Client, name="late", email="late@example.com"))
            if not all_at_commit:
                add("one")

    with pytest.raises(Refused), beginning_with(refuse):
        use_case()
    assert names() == []
    assert connection.connection.info.transaction_status.name == "IDLE"
    assert not connection.in_atomic_block


def test_where_nobody_asks_for_it_there_is_none(taken: list[bool]) -> None:
    with beginning_with(step(taken)):
        pass
    with transaction.atomic(durable=True):
        add("one")
    assert names() == ["one"]
    assert taken == []
