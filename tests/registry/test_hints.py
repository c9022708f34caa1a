"""Asking a worker to look for work: once for a burst, again for what comes later, and never for good."""

import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from celery import Task
from django.core.cache import caches
from django.db import transaction
from django_tenants.utils import tenant_context
from kombu.exceptions import OperationalError
from redis.exceptions import ConnectionError as RedisAway

from connect.tasks import sweep_events
from kit import clock, tasks
from kit.tasks import enqueue
from tenants.registry import wakeups
from tenants.registry.models import Tenant, Wakeup
from tenants.registry.tasks import provision_tenant, work_off_tenant

Published = list[tuple[str, tuple[object, ...]]]


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> Published:
    """What went to the queue."""
    sent: Published = []
    monkeypatch.setattr(
        Task, "apply_async", lambda task, args, **_options: sent.append((task.name, tuple(args)))
    )
    return sent


@pytest.fixture
def asks(anna: Tenant) -> Callable[[], None]:
    """Work that is due at Anna's, asked for in a transaction of its own."""

    def ask() -> None:
        now = clock.now()
        with tenant_context(anna), transaction.atomic(durable=True):
            wakeups.ask(kind="event", reference=uuid4(), due_at=now, now=now)

    return ask


def test_a_burst_is_published_once(asks: Callable[[], None], anna: Tenant, published: Published) -> None:
    for _ in range(5):
        asks()
    assert published == [(work_off_tenant.name, (anna.schema_name,))]
    assert Wakeup.objects.count() == 5


def test_each_coachs_work_has_a_hint_of_its_own(published: Published) -> None:
    for schema_name in ("t_1", "t_2", "t_1"):
        enqueue(work_off_tenant, schema_name)
    assert [args for _, args in published] == [("t_1",), ("t_2",)]


@pytest.mark.parametrize("eager", [True, False], ids=["by a worker", "by a call"])
def test_what_comes_after_the_task_began_is_published_again(
    eager: bool, asks: Callable[[], None], anna: Tenant, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    asks()

    def comes_meanwhile(*, schema_name: str) -> None:
        assert published == [(work_off_tenant.name, (schema_name,))]
        asks()

    monkeypatch.setattr(wakeups, "work_off", comes_meanwhile)
    work_off_tenant.apply([anna.schema_name]) if eager else work_off_tenant(anna.schema_name)
    assert len(published) == 2


def test_a_flag_without_a_worker_lapses(published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "UNDER_WAY_SECONDS", 600)
    enqueue(sweep_events)
    enqueue(sweep_events)
    assert len(published) == 1
    sweep_events.land()
    monkeypatch.setattr(tasks, "UNDER_WAY_SECONDS", 1)
    enqueue(sweep_events)
    assert len(published) == 2
    flag = sweep_events._flag()
    patience = time.monotonic() + 60
    while caches["shared"].get(flag):
        assert time.monotonic() < patience
        time.sleep(0.05)
    enqueue(sweep_events)
    assert len(published) == 3


def test_a_flag_lives_shorter_than_a_sweep_takes_to_come_round(settings: Any) -> None:
    sweeps = (settings.CELERY_BEAT_SCHEDULE[name]["schedule"] for name in ("sweep", "stripe-events"))
    assert min(sweeps) > tasks.UNDER_WAY_SECONDS


def test_what_could_not_be_published_leaves_no_flag(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise OperationalError("no queue")

    with monkeypatch.context() as away:
        away.setattr(Task, "apply_async", refuse)
        enqueue(sweep_events)
    enqueue(sweep_events)
    assert len(published) == 1


def test_without_a_cache_everything_is_published(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise RedisAway("no cache")

    for name in ("count", "delete"):
        monkeypatch.setattr(type(caches["shared"]), name, refuse)
    enqueue(sweep_events)
    enqueue(sweep_events)
    sweep_events.land()
    assert len(published) == 2


def test_what_is_no_hint_is_published_each_time(published: Published) -> None:
    enqueue(provision_tenant, "an id")
    enqueue(provision_tenant, "an id")
    assert len(published) == 2
