"""What is written for those who receive: the table is the code's, and the example works as it stands."""

import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook

from tenants.integrations.public_events import MINOR, PUBLIC_EVENTS, PublicEvent
from tests.webhooks import receiver

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "webhooks.md"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105


def table() -> str:
    """The events as the document lists them."""
    lines = ["| Event | `object` | What happened | Facts |", "|---|---|---|---|"]
    return "\n".join(lines + [_line(kind, each) for kind, each in PUBLIC_EVENTS.items()]) + "\n"


def _line(kind: str, event: PublicEvent) -> str:
    facts = [*event.facts, *(each.removesuffix(MINOR) for each in event.amounts)]
    named = ", ".join(f"`{each}`" for each in facts)
    says = f"{event.says} *Money.*" if event.is_about_money else event.says
    return f"| `{kind}` | `{event.object}` | {says} | {named} |"


def test_the_table_of_events_is_the_codes() -> None:
    assert DOCUMENT.read_text().endswith("\n\n" + table())


def answer_to(port: int, body: bytes, headers: dict[str, str]) -> int:
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/", body, headers)
    last = time.monotonic() + 60
    while time.monotonic() < last:
        try:
            with urllib.request.urlopen(asked, timeout=5) as answer:  # noqa: S310
                status: int = answer.status
                return status
        except urllib.error.HTTPError as refused:
            return refused.code
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
    pytest.fail("the example does not listen")


def test_the_example_takes_what_is_signed_once_and_refuses_the_rest() -> None:
    [code] = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    port = receiver.nobody()
    body, at = b'{"type":"pack.low","data":{"id":"1"}}', datetime.now(UTC)
    signed = Webhook(SECRET).sign(msg_id="7", timestamp=at, data=body.decode())
    said = {"webhook-id": "7", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signed}
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "WEBHOOK_SECRET": SECRET, "PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as running:
        try:
            statuses = [answer_to(port, body, said), answer_to(port, body, said)]
            statuses.append(answer_to(port, body + b" ", said))
        finally:
            running.terminate()
        printed = running.communicate()[0]
    assert statuses == [204, 204, 400]
    assert printed.splitlines() == ["pack.low 1"]
