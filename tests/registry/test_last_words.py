"""A use case that looks while something else is asked elsewhere, and commits when that has agreed."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.core.cache import caches
from django.db import connection, transaction
from django_tenants.utils import tenant_context

from kit.database import ending_with, insert_later, new
from kit.limits import TooOften, within
from tenants.clients.models import Client
from tenants.registry.models import Tenant


@pytest.fixture(autouse=True)
def at_annas(anna: Tenant) -> Iterator[None]:
    with tenant_context(anna):
        yield


def add(name: str, told: list[str] | None = None) -> None:
    with transaction.atomic(durable=True):
        insert_later(new(Client, name=name, email=f"{uuid4().hex}@example.com"))
        if told is not None:
            transaction.on_commit(lambda: told.append(name))


def names() -> list[str]:
    return list(Client.objects.order_by("name").values_list("name", flat=True))


def test_it_is_said_after_the_look_and_before_the_commit() -> None:
    said: list[bool] = []
    with ending_with(lambda: said.append(connection.in_atomic_block)):
        add("one")
    assert (names(), len(said)) == (["one"], 1)
    add("two")
    assert len(said) == 1


def test_what_is_too_often_is_undone_and_nobody_is_told_of_it() -> None:
    told: list[str] = []
    somebody = uuid4().hex
    with within("tries", somebody, most=1, seconds=60):
        add("first", told)
    with pytest.raises(TooOften), within("tries", somebody, most=1, seconds=60):
        add("second", told)
    add("third", told)
    assert (names(), told) == (["first", "third"], ["first", "third"])


def test_it_is_too_often_also_where_nothing_was_committed() -> None:
    somebody = uuid4().hex
    for _ in range(2):
        with within("tries", somebody, most=2, seconds=60):
            pass
    with pytest.raises(TooOften), within("tries", somebody, most=2, seconds=60):
        raise LookupError("what the view was about to say")


def test_what_else_is_asked_of_the_cache_meanwhile_gets_its_own_answer() -> None:
    somebody, cache = uuid4().hex, caches["default"]
    cache.set("other", "as it was", 60)
    with within("tries", somebody, most=5, seconds=60):
        assert cache.get("other") == "as it was"
    assert cache.count(f"limit:tries:{somebody}", seconds=60) == 2


def test_nobody_in_particular_is_not_counted() -> None:
    for _ in range(3):
        with within("tries", "", most=1, seconds=60):
            add("somebody")
    assert len(names()) == 3
