"""What a receiver asks for with Retry-After is done, within bounds; what makes no sense is passed over."""

from datetime import UTC, datetime, timedelta

import pytest
from django_tenants.utils import tenant_context
from hypothesis import given
from hypothesis import strategies as st

from kit import clock
from tenants.integrations import endpoints, sending
from tenants.integrations.models import WebhookDelivery
from tenants.integrations.pauses import MOST_ASKED, PAUSES, asked_for
from tenants.registry.models import Tenant
from tests.webhooks import receiver
from tests.webhooks.test_lanes import waiting_at

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
NOTHING = timedelta()


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", timedelta(minutes=2)),
        (" 0 ", NOTHING),
        ("Tue, 24 Nov 2026 12:05:00 GMT", timedelta(minutes=5)),
        ("Tuesday, 24-Nov-26 12:05:00 GMT", timedelta(minutes=5)),
        ("Tue Nov 24 12:05:00 2026", timedelta(minutes=5)),
        ("Tue, 24 Nov 2026 11:55:00 GMT", NOTHING),
        ("Fri, 31 Dec 9999 23:59:59 GMT", MOST_ASKED),
        ("9" * 5000, MOST_ASKED),
        ("86401", MOST_ASKED),
        ("-5", NOTHING),
        ("1.5", NOTHING),
        ("١٢٠", NOTHING),
        ("soon", NOTHING),
        ("120, 240", NOTHING),
        ("", NOTHING),
        ("Tue, 24 Nov 2026 12:05:00 " + "G" * 60000, timedelta(minutes=5)),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_seconds_and_dates_are_read(header: str, wait: timedelta) -> None:
    assert asked_for(header, now=NOW) == wait


@given(
    st.one_of(
        st.text(max_size=80),
        st.from_regex(r"(Mon, )?[0-9]{1,9} (Nov|Foo) [0-9]{1,9} [0-9:]{0,12} [+-]?[0-9A-Z]{0,8}"),
    )
)
def test_whatever_is_said_it_is_a_time_within_bounds(header: str) -> None:
    assert NOTHING <= asked_for(header, now=NOW) <= MOST_ASKED


@pytest.mark.parametrize("status", [429, 503])
def test_it_is_left_alone_for_as_long_as_it_asks(anna: Tenant, status: int) -> None:
    with receiver.polite() as polite, tenant_context(anna):
        polite.status, polite.headers = status, {"Retry-After": "1200"}
        endpoint = waiting_at(anna, polite.url, count=2)
        asked = clock.now()
        again_at = sending.visit(reference=endpoint.pk, now=asked)
        assert again_at is not None
        assert timedelta(0) <= again_at - asked - timedelta(minutes=20) < timedelta(seconds=5)
        with clock.travel(1190):
            sending.visit(reference=endpoint.pk, now=clock.now())
        assert len(polite.heard) == 1, "nor about anything else"
        assert endpoints.found(endpoint.pk).failing_since is not None
        row = WebhookDelivery.objects.get(endpoint=endpoint, attempts=1)
        assert row.problem == f"It answered {status}, and asks to be left alone for 1200 seconds."
        polite.status = 204
        with clock.travel(1210):
            assert sending.visit(reference=endpoint.pk, now=clock.now()) is None
        assert len(polite.heard) == 3


def test_who_asks_for_less_is_still_not_hurried(anna: Tenant) -> None:
    with receiver.polite() as polite, tenant_context(anna):
        polite.status, polite.headers = 503, {"Retry-After": "0"}
        endpoint = waiting_at(anna, polite.url)
        sending.visit(reference=endpoint.pk, now=clock.now())
        row = WebhookDelivery.objects.get(endpoint=endpoint)
        assert row.due_at >= clock.now() + PAUSES[0] - timedelta(seconds=1)
        assert row.problem == "It answered 503."


def test_who_asks_for_a_year_is_asked_after_a_day(anna: Tenant) -> None:
    with receiver.polite() as polite, tenant_context(anna):
        polite.status, polite.headers = 429, {"Retry-After": "31536000"}
        endpoint = waiting_at(anna, polite.url)
        sending.visit(reference=endpoint.pk, now=clock.now())
        with clock.travel(MOST_ASKED.total_seconds() + 5):
            sending.visit(reference=endpoint.pk, now=clock.now())
    assert len(polite.heard) == 2
