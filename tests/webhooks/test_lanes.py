"""A receiver that does not answer keeps nobody waiting but itself."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import Actor
from kit.ids import uuid7
from tenants.activity import events
from tenants.integrations import deliveries, endpoints
from tenants.integrations.models import WebhookEndpoint
from tenants.registry.models import Tenant, Wakeup
from tenants.registry.tasks import work_off_tenant
from tests import worlds
from tests.webhooks import receiver

ANNA = Actor("coach", "1", "Anna Keller")


@pytest.fixture
def silent() -> Iterator[str]:
    """An address that takes three seconds to say nothing."""
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
    assert took < 2


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
