"""A receiver that does not answer keeps nobody waiting but itself."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from celery import Task
from django.db import connections, transaction
from django_tenants.utils import tenant_context

from config.celery import app
from kit import clock
from kit.actors import Actor
from kit.ids import uuid7
from tenants.activity import events
from tenants.integrations import deliveries, endpoints, posting, sending
from tenants.integrations.models import WebhookDelivery, WebhookEndpoint
from tenants.integrations.turns import OF_ALL, OF_ONE, Turns
from tenants.registry.models import Tenant, Wakeup
from tenants.registry.tasks import reach_out_tenant, work_off_tenant
from tests import worlds
from tests.webhooks import receiver
from tests.webhooks.receiver import Heard, Receiver

ANNA = Actor("coach", "1", "Anna Keller")


@pytest.fixture
def silent() -> Iterator[str]:
    """An address that says nothing for as long as anybody waits."""
    with receiver.rude(receiver.silent) as port:
        yield f"http://localhost:{port}/"


def test_a_receiver_that_does_not_answer_holds_no_other_work(anna: Tenant, silent: str) -> None:
    held = worlds.held(anna, worlds.session_type(anna), at=worlds.hour(3))
    waiting_at(anna, silent)
    with clock.travel(timedelta(minutes=40).total_seconds()):
        begun = time.monotonic()
        work_off_tenant(anna.schema_name)
        took = time.monotonic() - begun
    assert worlds.reread(anna, held).status == "expired"
    assert took < posting.SECONDS, "it was waited for"


def test_it_is_sent_by_its_own_workers(anna: Tenant) -> None:
    with receiver.polite() as polite:
        waiting_at(anna, polite.url)
        work_off_tenant(anna.schema_name)
        assert polite.heard == []
        reach_out_tenant(anna.schema_name)
        assert len(polite.heard) == 1
    assert app.amqp.router.route({}, reach_out_tenant.name)["queue"].name == "outward"


def test_a_worker_of_their_own_is_asked_at_once_and_by_the_sweep(
    anna: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = list[str]()
    monkeypatch.setattr(Task, "apply_async", lambda task, _args, **_options: sent.append(task.name))
    waiting_at(anna, "http://localhost:9/")
    assert reach_out_tenant.name in sent
    sent.clear()
    monkeypatch.setattr("kit.tasks.Hint.take_off", lambda *_: True)
    app.tasks["tenants.registry.tasks.sweep"]()
    assert reach_out_tenant.name in sent


def test_dead_receivers_of_one_practice_leave_threads_for_another(anna: Tenant, ben: Tenant) -> None:
    """Five that say nothing until the other is served, and three threads: the fourth task is the other's."""
    is_served = threading.Event()

    def silent_until_then(visitor: socket.socket) -> None:
        visitor.recv(65536)
        is_served.wait(60)

    with ExitStack() as stack, receiver.polite() as polite:
        for _ in range(endpoints.MOST):
            port = stack.enter_context(receiver.rude(silent_until_then))
            failing(anna, waiting_at(anna, f"http://localhost:{port}/"))
        waiting_at(ben, polite.url)
        begun = time.monotonic()
        heard = list[float]()

        def served(_heard: Heard) -> None:
            heard.append(time.monotonic() - begun)
            is_served.set()

        polite.before = served
        with ThreadPoolExecutor(OF_ONE + 1) as pool:
            list(pool.map(reach_out_and_close, [anna, anna, anna, ben]))
    assert len(heard) == 1
    assert heard[0] < posting.SECONDS, "the first of the dead ones was given up before"


def reach_out_and_close(tenant: Tenant) -> None:
    try:
        reach_out_tenant(tenant.schema_name)
    finally:
        connections.close_all()


def test_of_a_hundred_that_keep_us_waiting_a_few_have_a_turn_and_the_next_when_it_ends() -> None:
    turns = Turns(of_all=OF_ALL, of_one=OF_ONE)
    with ExitStack() as stack:
        had = [stack.enter_context(turns.one_for(f"t_{number}")) for number in range(100)]
        assert had == [True] * OF_ALL + [False] * (100 - OF_ALL)
    with ExitStack() as stack:
        assert [stack.enter_context(turns.one_for("t_1")) for _ in range(3)] == [True, True, False]
        with turns.one_for("t_2") as other:
            assert other


def test_without_a_turn_it_comes_back_and_nothing_is_asked(
    anna: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiver.polite() as polite:
        endpoint = waiting_at(anna, polite.url)
        failing(anna, endpoint)
        monkeypatch.setattr(sending.turns, "slow", Turns(of_all=0, of_one=0))
        now = clock.now()
        with tenant_context(anna):
            assert sending.visit(reference=endpoint.pk, now=now) == now + sending.NO_TURN
        assert polite.heard == []


def test_one_that_takes_it_slowly_is_slow_until_it_is_quick(
    anna: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "QUICK", timedelta(milliseconds=300))
    with receiver.polite() as polite, tenant_context(anna):
        endpoint = waiting_at(anna, polite.url)
        polite.before = lambda _heard: time.sleep(0.4)
        sending.visit(reference=endpoint.pk, now=clock.now())
        assert sending._is_slow(endpoint.pk)
        polite.before = lambda _heard: None
        # A busy machine takes longer than that for a quick one.
        monkeypatch.setattr(sending, "QUICK", timedelta(minutes=1))
        again(endpoint)
        sending.visit(reference=endpoint.pk, now=clock.now())
        assert not sending._is_slow(endpoint.pk)
    assert len(polite.heard) == 2


# --- the endpoint rests -------------------------------------------------------------------------------


def test_one_that_fails_is_asked_less_and_less_whatever_happens_meanwhile(anna: Tenant) -> None:
    with receiver.polite() as polite, tenant_context(anna):
        polite.status = 500
        endpoint = waiting_at(anna, polite.url, count=50)
        tries = [tries_within(endpoint, polite, hours=number) for number in range(2)]
    assert tries[0] < 40
    assert tries[1] <= 13, "every five minutes"


def tries_within(endpoint: WebhookEndpoint, polite: Receiver, *, hours: int) -> int:
    """How often it is asked within that hour, by a worker that comes every ten seconds."""
    before = len(polite.heard)
    for moment in range(hours * 3600, (hours + 1) * 3600, 10):
        with clock.travel(moment):
            now = clock.now()
            rests_until = endpoints.found(endpoint.pk).rests_until
            if rests_until is None or rests_until <= now:
                sending.visit(reference=endpoint.pk, now=now)
    return len(polite.heard) - before


@pytest.mark.parametrize("act", ["test", "replay", "change", "on again"])
def test_who_looks_after_it_has_it_asked_at_once(anna: Tenant, act: str) -> None:
    with receiver.polite() as polite, tenant_context(anna):
        polite.status, polite.headers = 503, {"Retry-After": "600"}
        endpoint = waiting_at(anna, polite.url)
        sending.visit(reference=endpoint.pk, now=clock.now())
        polite.status, polite.headers = 200, {}
        sending.visit(reference=endpoint.pk, now=clock.now())
        assert len(polite.heard) == 1, "it rests"
        ACTS[act](endpoint)
        assert endpoints.found(endpoint.pk).rests_until is None
        wanted = Wakeup.objects.get(kind="webhook", reference=endpoint.pk)
        assert wanted.due_at <= clock.now()


SAID: dict[str, Any] = {"actor": ANNA}


def again(endpoint: WebhookEndpoint) -> None:
    row = WebhookDelivery.objects.get(endpoint=endpoint)
    endpoints.replay(delivery_id=row.pk, now=clock.now(), **SAID)


def on_again(endpoint: WebhookEndpoint) -> None:
    endpoints.switch_off(endpoint_id=endpoint.pk, now=clock.now(), **SAID)
    endpoints.switch_on(endpoint_id=endpoint.pk, now=clock.now(), **SAID)


ACTS: dict[str, Callable[[WebhookEndpoint], object]] = {
    "test": lambda it: endpoints.test(endpoint_id=it.pk, now=clock.now(), **SAID),
    "replay": again,
    "change": lambda it: endpoints.change(
        endpoint_id=it.pk, url=it.url, name="", kinds="", now=clock.now(), **SAID
    ),
    "on again": on_again,
}


def failing(tenant: Tenant, endpoint: WebhookEndpoint) -> None:
    """As after a try long ago."""
    with tenant_context(tenant), transaction.atomic():
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(failing_since=clock.now() - timedelta(hours=1))


def waiting_at(tenant: Tenant, url: str, count: int = 1) -> WebhookEndpoint:
    """An endpoint there, with messages about so many things."""
    now = clock.now()
    with tenant_context(tenant):
        endpoint = endpoints.make(url=url, name="", kinds="", shows_money=False, now=now, actor=ANNA)
        for _ in range(count):
            with transaction.atomic(durable=True):
                event = events.record(
                    kind="booking.confirmed",
                    subject_id=uuid7(),
                    actor=ANNA,
                    now=now,
                    client_id=uuid7(),
                    data={},
                )
            Wakeup.objects.filter(kind="event", reference=event.pk).delete()
            with transaction.atomic(durable=True):
                deliveries.plan(event=event, now=now)
    return endpoint
