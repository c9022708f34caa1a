"""Nothing that opens a door or names a person is written to the log, wherever it stands."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from django.conf import settings

from kit.logs import HIDDEN, hidden_in, without_secrets


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[list[dict[str, object]]]:
    """What is logged from here on, as a machine reads it."""
    found: list[dict[str, object]] = []

    def keep(_logger: object, _method: str, event: Any) -> Any:
        found.append(json.loads(event))
        return event

    configured = structlog.get_config()
    structlog.configure(processors=[*configured["processors"], keep])
    yield found
    structlog.configure(**configured)


@pytest.mark.parametrize(
    "private",
    [
        "anna@example.com",
        "4242 4242 4242 4242",
        "4242424242424242",
        "4242-4242-4242-4242",
        "sk_live_51Hxyz",
        "whsec_c2VjcmV0LW9mLWEtaG9vaw==",
        "upfk_ab12_c0ffee",
    ],
)
def test_what_looks_private_is_hidden_wherever_it_stands(
    private: str, lines: list[dict[str, object]]
) -> None:
    log = structlog.get_logger()
    log.warning(f"could not send {private}", error=f"{private}: no", more={"a": [private]})
    assert private not in json.dumps(lines)
    assert lines[0]["event"] == f"could not send {HIDDEN}"


def test_a_name_that_holds_something_private_is_emptied(lines: list[dict[str, object]]) -> None:
    structlog.get_logger().info("mail", body="Dear Cleo", card={"last4": "4242"}, text="a note")
    assert (lines[0]["body"], lines[0]["card"], lines[0]["text"]) == (HIDDEN, HIDDEN, HIDDEN)


def test_an_exception_is_hidden_like_any_text(lines: list[dict[str, object]]) -> None:
    try:
        raise ValueError("cleo@example.com is not free")
    except ValueError:
        structlog.get_logger().exception("failed")
    assert "cleo@example.com" not in json.dumps(lines)
    assert "is not free" in str(lines[0]["exception"])


@pytest.mark.parametrize(
    "plain",
    [
        "t_0192f0c0a1b27c3d8e4f5a6b7c8d9e0f",
        "0192f0c0-a1b2-7c3d-8e4f-5a6b7c8d9e0f",
        "2026-11-22T23:13:19.123456+00:00",
        "booking 12 of 14 at 09:00",
        "pi_3Oxyz",
    ],
)
def test_ids_and_times_stay(plain: str) -> None:
    assert hidden_in(plain) == plain


def test_the_settings_hide_last_before_a_line_is_written() -> None:
    assert structlog.get_config()["processors"][-2] is without_secrets
    formatters: Any = settings.LOGGING["formatters"]
    assert without_secrets in formatters["machines"]["processors"]
