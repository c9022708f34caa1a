"""What is written down about faults names no person and holds no link."""

import io
import logging
from typing import Any

import pytest
import sentry_sdk
from django.test import Client as Browser

from kit.requests import RoutesOnly
from kit.sentry import report, without_people
from tenants.registry.models import Tenant
from tests import worlds
from tests.pages.test_booking_flow import held


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What reaches the log of the process."""
    handlers = logging.getLogger().handlers
    (console,) = (each for each in handlers if any(isinstance(one, RoutesOnly) for one in each.filters))
    stream = io.StringIO()
    monkeypatch.setattr(console, "stream", stream)
    return stream


@pytest.fixture
def page(anna: Tenant) -> str:
    """The address of a booking, with its secret."""
    worlds.open_for_bookings(anna)
    kind = worlds.session_type(anna, price_minor=0)
    return held(Browser(HTTP_HOST="anna.localhost:8000"), kind, worlds.hour(1))


def test_a_fault_is_logged_by_its_route(
    page: str, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_context: object) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr("public_pages.booking.booking.page", broken)
    Browser(HTTP_HOST="anna.localhost:8000", raise_request_exception=False).get(page)
    assert "Internal Server Error: b/<str:token>/" in written.getvalue()
    assert "a fault" in written.getvalue()
    assert page.split("/")[2] not in written.getvalue()


def test_a_forged_post_is_logged_by_its_route(page: str, written: io.StringIO) -> None:
    careful = Browser(HTTP_HOST="anna.localhost:8000", enforce_csrf_checks=True)
    assert careful.post(f"{page}details").status_code == 403
    assert "b/<str:token>/details" in written.getvalue()
    assert page.split("/")[2] not in written.getvalue()


def test_sentry_is_told_the_fault_and_not_the_person() -> None:
    event: dict[str, Any] = {
        "request": {
            "method": "POST",
            "url": "https://anna.example/b/secret/",
            "headers": {"Cookie": "secret"},
        },
        "user": {"ip_address": "secret"},
        "extra": {"sys.argv": ["secret"]},
        "breadcrumbs": {"values": [{"message": "secret"}]},
        "transaction": "/b/secret/",
        "transaction_info": {"source": "url"},
        "logentry": {"message": "Failed: %s", "params": ["secret"], "formatted": "Failed: secret"},
        "exception": {
            "values": [{"type": "IntegrityError", "value": 'constraint "client_email"\nDETAIL: (secret)'}]
        },
    }
    told = without_people(event, {})
    assert "secret" not in str(told)
    assert told["exception"]["values"][0]["value"] == 'constraint "client_email"'
    assert told["request"] == {"method": "POST"}
    assert without_people({"transaction": "b/<str:token>/", "transaction_info": {"source": "route"}}, {})[
        "transaction"
    ]


def test_what_is_logged_as_an_error_is_reported_by_its_name_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(sentry_sdk, "capture_message", lambda words, level: told.append(f"{level}: {words}"))
    event = {"event": "patrol found", "client": "cleo@example.com"}
    assert report(None, "error", event) == event
    assert report(None, "warning", event) == event
    assert told == ["error: patrol found"]
