"""What is asked for is done: once, at the earlier time, and again when it was asked for while being done."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from config import wiring
from kit import clock
from tenants.registry import wakeups
from tenants.registry.models import Tenant, Wakeup
from tests.crowd import at_once

REFERENCE = uuid4()
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
Act = Callable[[datetime], datetime | None]


class Worker:
    """The work of the kind "test": what was done, and what happens meanwhile."""

    def __init__(self) -> None:
        self.done: list[UUID] = []
        self.meanwhile: list[Act] = []

    def work(self, *, reference: UUID, now: datetime) -> datetime | None:
        self.done.append(reference)
        return self.meanwhile.pop(0)(now) if self.meanwhile else None


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    worker, known = Worker(), wiring.WAKEUPS
    monkeypatch.setattr(wiring, "WAKEUPS", {**known, "test": "the test's own"})
    named = wakeups.wiring.named
    monkeypatch.setattr(
        wakeups.wiring, "named", lambda path: worker.work if path == "the test's own" else named(path)
    )
    return worker


def ask(tenant: Tenant, due_at: datetime, **how: Any) -> None:
    with tenant_context(tenant), transaction.atomic():
        wakeups.ask(kind="test", reference=REFERENCE, due_at=due_at, now=clock.now(), **how)


def withdraw(tenant: Tenant) -> bool:
    with tenant_context(tenant), transaction.atomic():
        return wakeups.withdraw(kind="test", reference=REFERENCE)


def work_off(tenant: Tenant) -> int:
    return wakeups.work_off(schema_name=tenant.schema_name)


def due() -> datetime | None:
    return Wakeup.objects.values_list("due_at", flat=True).first()


# --- asked for twice --------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [MINUTE, 2 * DAY])
def test_asked_for_twice_it_is_due_at_the_earlier_time(anna: Tenant, first: timedelta) -> None:
    now = clock.now()
    ask(anna, now + first)
    ask(anna, now + DAY)
    assert due() == now + min(first, DAY)
    assert Wakeup.objects.count() == 1


@pytest.mark.parametrize("first", [MINUTE, 2 * DAY])
def test_where_a_date_has_moved_the_new_one_holds(anna: Tenant, first: timedelta) -> None:
    now = clock.now()
    ask(anna, now + first)
    ask(anna, now + DAY, replace=True)
    assert due() == now + DAY


def test_of_many_at_once_the_earliest_time_holds(anna: Tenant) -> None:
    now = clock.now()
    at_once(partial(ask, anna, now + minutes * MINUTE) for minutes in (5, 3, 8, 4))
    assert due() == now + 3 * MINUTE


def test_another_practices_work_is_not_moved(anna: Tenant, ben: Tenant) -> None:
    now = clock.now()
    ask(anna, now + 2 * DAY)
    ask(ben, now + DAY)
    ask(ben, now + MINUTE, replace=True)
    assert Wakeup.objects.get(schema_name=anna.schema_name).due_at == now + 2 * DAY


# --- asked for while it is being done ---------------------------------------------------------------


@pytest.mark.parametrize("replace", [False, True])
def test_asked_for_while_it_is_done_it_comes_again_when_it_is_due(
    anna: Tenant, worker: Worker, replace: bool
) -> None:
    now = clock.now()
    ask(anna, now)
    worker.meanwhile = [lambda _: ask(anna, now + DAY, replace=replace)]
    assert work_off(anna) == 1
    assert due() == now + DAY
    with clock.travel(DAY.total_seconds() + 1):
        assert work_off(anna) == 1
    assert (len(worker.done), due()) == (2, None)


def test_asked_for_at_once_while_it_is_done_it_is_done_again_at_once(anna: Tenant, worker: Worker) -> None:
    ask(anna, clock.now())
    worker.meanwhile = [lambda now: ask(anna, now)]
    assert work_off(anna) == 2
    assert due() is None


def test_of_what_the_handler_says_and_what_was_asked_the_earlier_holds(anna: Tenant, worker: Worker) -> None:
    now = clock.now()
    for asked, said in ((DAY, 2 * DAY), (2 * DAY, DAY)):

        def meanwhile(_: datetime, asked: timedelta = asked, said: timedelta = said) -> datetime:
            ask(anna, now + asked)
            return now + said

        ask(anna, now, replace=True)
        worker.meanwhile = [meanwhile]
        work_off(anna)
        assert due() == now + DAY


def test_what_failed_is_tried_again_and_still_comes_when_it_was_asked_for(
    anna: Tenant, worker: Worker
) -> None:
    """The later time must not put off what has not been done yet."""
    now = clock.now()
    ask(anna, now)

    def fails(_: datetime) -> None:
        ask(anna, now + DAY)
        raise RuntimeError("not now")

    worker.meanwhile = [fails]
    work_off(anna)
    with clock.travel(10):
        work_off(anna)
    assert (len(worker.done), due()) == (2, now + DAY)


@pytest.mark.parametrize("replace", [False, True])
def test_killed_while_it_is_done_it_is_done_after_the_lease_though_asked_for_later(
    anna: Tenant, worker: Worker, replace: bool
) -> None:
    class Killed(BaseException):
        pass

    def dies(_: datetime) -> None:
        ask(anna, now + DAY, replace=replace)
        raise Killed

    now = clock.now()
    ask(anna, now)
    worker.meanwhile = [dies]
    with pytest.raises(Killed):
        work_off(anna)
    with clock.travel(wakeups.LEASE.total_seconds() + 1):
        assert work_off(anna) == 1
    assert due() == now + DAY


def test_who_took_longer_than_the_lease_leaves_the_row_to_who_has_it_now(
    anna: Tenant, worker: Worker
) -> None:
    def another_begins(_: datetime) -> None:
        with clock.travel(wakeups.LEASE.total_seconds() + 1):
            assert wakeups._lease(anna.schema_name, wakeups._due(clock.now()), 1)

    ask(anna, clock.now())
    worker.meanwhile = [another_begins]
    work_off(anna)
    assert Wakeup.objects.filter(leased_until__gt=clock.now() + wakeups.LEASE).exists()


# --- withdrawn --------------------------------------------------------------------------------------


def test_what_is_withdrawn_is_not_done(anna: Tenant, worker: Worker) -> None:
    ask(anna, clock.now())
    assert withdraw(anna)
    assert not withdraw(anna)
    assert (work_off(anna), worker.done) == (0, [])


def test_what_is_withdrawn_while_it_is_done_does_not_come_back(anna: Tenant, worker: Worker) -> None:
    ask(anna, clock.now())

    def meanwhile(now: datetime) -> datetime:
        assert withdraw(anna)
        return now + DAY

    worker.meanwhile = [meanwhile]
    assert work_off(anna) == 1
    assert due() is None


def test_withdrawing_leaves_other_practices_work(anna: Tenant, ben: Tenant) -> None:
    ask(anna, clock.now())
    assert not withdraw(ben)
    assert due() is not None
