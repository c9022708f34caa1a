"""The program on the API's page, run as it stands there: by somebody who has read nothing else."""

import html
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from tenants.billing.models import PaymentAttempt
from tenants.scheduling.models import Booking
from tests import worlds
from tests.api.conftest import MakeProgram
from tests.api.programs import Program
from tests.worlds import Shop

PATIENCE_SECONDS = 30


@pytest.fixture
def script(shop: Shop, live_server: Any, tmp_path: Path) -> Path:
    """Saved from the page, where only the port is another one here."""
    page = Browser(HTTP_HOST=shop.host).get("/api/").content.decode()
    [shown] = re.findall(r'<code id="program-book_a_session">(.*?)</code>', page, re.DOTALL)
    written = html.unescape(shown)
    assert '"http://127.0.0.1:8000", "anna.localhost:8000"' in written
    saved = tmp_path / "book_a_session.py"
    saved.write_text(written.replace("127.0.0.1:8000", f"127.0.0.1:{live_server.thread.port}"))
    return saved


def begun(script: Path, program: Program) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, script, "order-1017"],
        cwd=script.parent,
        env={**os.environ, "UPFRONT_KEY": program.secret},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_the_program_on_the_page_books_is_paid_and_hears_of_it_and_once_however_often_it_runs(
    shop: Shop, program: MakeProgram, script: Path
) -> None:
    worlds.session_type(shop.tenant)
    partner = program(shop.tenant, ["catalogue:read", "bookings:read", "bookings:write"])
    stopped = begun(script, partner)
    assert stopped.stdout is not None
    told = stopped.stdout.readline()
    # It is stopped while it waits, and run again.
    stopped.kill()
    stopped.communicate()
    again = begun(script, partner)
    assert again.stdout is not None
    assert again.stdout.readline() == told
    address = told.removeprefix("Send the client to ").strip()
    pay(shop, address)
    said, _ = again.communicate(timeout=PATIENCE_SECONDS)
    assert said.strip().endswith("is confirmed")
    third = begun(script, partner)
    assert third.communicate(timeout=PATIENCE_SECONDS)[0] == said
    with tenant_context(shop.tenant):
        assert Booking.objects.get().status == "confirmed"
        assert PaymentAttempt.objects.count() == 1
    assert stopped.returncode != 0
    assert (again.returncode, third.returncode) == (0, 0)


def pay(shop: Shop, address: str) -> None:
    """The client, in a browser: opens the link, presses the button, and fills in the card."""
    browser = Browser(HTTP_HOST=shop.host)
    path = address.removeprefix(f"http://{shop.host}")
    assert path.startswith("/b/")
    assert browser.get(path).status_code == 200
    led_to = browser.post(f"{path}pay")
    assert led_to.status_code == 302
    with tenant_context(shop.tenant):
        booking = Booking.objects.get()
    assert worlds.attempt_for(shop.tenant, booking).checkout_id in led_to["Location"]
    worlds.pay(shop, booking)
    worlds.hear_stripe(shop.stripe)
    time.sleep(0.1)
