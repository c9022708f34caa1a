"""What Prometheus reads, and who may; and whose a logged request was."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client as Browser
from django_tenants.utils import tenant_context
from prometheus_client.parser import text_string_to_metric_families

from accounts.models import User
from connect.models import StripeEvent
from kit import wiring
from kit.clock import now
from tenants.registry import wakeups
from tenants.registry.models import Tenant
from tests import worlds

TOKEN = "a-token-of-prometheus"  # noqa: S105


@pytest.fixture
def prometheus(settings: Any) -> Browser:
    settings.METRICS_TOKEN = TOKEN
    return central(f"Bearer {TOKEN}")


def central(authorization: str) -> Browser:
    return Browser(HTTP_HOST="localhost:8000", headers={"Authorization": authorization})


def read(browser: Browser) -> dict[tuple[str, ...], float]:
    """Each sample by its name and the values of its labels."""
    answer = browser.get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


@pytest.mark.parametrize("said", ["", "Bearer ", "Bearer wrong", TOKEN])
def test_only_who_knows_the_token_may_read(db: None, settings: Any, said: str) -> None:
    settings.METRICS_TOKEN = TOKEN
    assert (
        Browser(HTTP_HOST="localhost:8000", headers={"Authorization": said}).get("/metrics").status_code
        == 404
    )


def test_nobody_may_read_while_no_token_is_set(db: None, settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert (
        Browser(HTTP_HOST="localhost:8000", headers={"Authorization": "Bearer "}).get("/metrics").status_code
        == 404
    )


def test_requests_are_counted_by_route_never_by_address(prometheus: Browser, anna: Tenant) -> None:
    worlds.open_for_bookings(anna)
    coach = Browser(HTTP_HOST="anna.localhost:8000")
    name = ("upfront_requests_total", "GET", "b/<str:token>/", "404")
    before = read(prometheus).get(name, 0)
    coach.get("/b/a-secret-of-a-link/")
    after = prometheus.get("/metrics").content.decode()
    assert read(prometheus)[name] == before + 1
    assert "a-secret-of-a-link" not in after


def test_due_work_and_what_failed_are_told(
    prometheus: Browser, anna: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    ago = now() - timedelta(minutes=7)
    with tenant_context(anna), transaction.atomic():
        wakeups.ask(kind="hold", reference=uuid.uuid4(), due_at=ago, now=ago - timedelta(days=1))
    told = read(prometheus)
    assert told["upfront_work_due", "hold"] == 1
    assert 420 <= told["upfront_work_overdue_seconds",] < 440

    def broken(**_given: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(wiring, "named", lambda _path: broken)
    failed = told.get(("upfront_work_total", "hold", "failed"), 0)
    wakeups.work_off(schema_name=anna.schema_name)
    told = read(prometheus)
    assert told["upfront_work_total", "hold", "failed"] == failed + 1
    assert told["upfront_work_failing", "hold"] == 1
    assert ("upfront_work_due", "hold") not in told


def test_unhandled_events_have_an_age(prometheus: Browser, db: None) -> None:
    StripeEvent.objects.create(
        stripe_id="evt_late", type="charge.updated", received_at=now() - timedelta(hours=1)
    )
    told = read(prometheus)
    assert told["upfront_stripe_events", "waiting"] == 1
    assert told["upfront_stripe_event_age_seconds",] >= 3600


def test_a_dead_queue_is_told_with_the_rest(prometheus: Browser, db: None, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    told = read(prometheus)
    assert told["upfront_queue_up",] == 0
    assert ("upfront_stripe_events", "waiting") in told


def test_a_request_is_logged_with_tenant_and_actor(
    anna: Tenant, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.LOG_EVERY_REQUEST = True
    worlds.open_for_bookings(anna)
    Browser(HTTP_HOST="anna.localhost:8000").get("/")
    owner = User.objects.get(memberships__tenant=anna)
    coach = Browser(HTTP_HOST="localhost:8000")
    coach.force_login(owner)
    coach.get("/coach/anna/")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    public, dashboard = [line for line in lines if line["event"] == "request"]
    assert public["tenant"] == dashboard["tenant"] == anna.schema_name
    assert (public.get("actor"), dashboard["actor"]) == (None, f"user:{owner.pk}")
    assert {"request_id", "method", "route", "status", "seconds"} <= set(public)
