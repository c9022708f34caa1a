"""The page of the API as a partner reads it: a key of the coach, a program of the page, a client who pays."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from api import client as client_package
from demo.launching import free_port
from tenants.integrations.scopes import SCOPES
from tests.browser import walks
from tests.browser.stack import Stack

PATIENCE_SECONDS = 60
NEEDED = ("catalogue:read", "bookings:read", "bookings:write", "webhooks:write")


class Partner:
    """Has a key and the program of the page in a folder, beside what the page tells them to install."""

    def __init__(self, folder: Path, key: str) -> None:
        self.folder, self.port = folder, free_port()
        self.order = f"order-{uuid4().hex[:8]}"
        known = {**os.environ, "PYTHONPATH": str(folder / client_package.PROJECT)}
        self.variables = {**known, "UPFRONT_KEY": key}
        self.running: list[subprocess.Popen[str]] = []

    def run(self) -> subprocess.Popen[str]:
        address = f"http://127.0.0.1:{self.port}/upfront"
        command = [sys.executable, "book_and_hear.py", self.order, address, str(self.port)]
        program = subprocess.Popen(
            command, cwd=self.folder, env=self.variables, stdout=subprocess.PIPE, text=True
        )
        self.running.append(program)
        return program

    def leave(self) -> None:
        for program in self.running:
            program.kill()
            program.communicate()


@pytest.fixture
def partner(as_anna: Callable[..., Page], phone: Page, stack: Stack, tmp_path: Path) -> Iterator[Partner]:
    phone.goto(f"{stack.coach_page('anna')}/api/")
    generate_client(shown(phone, "#generate"), tmp_path)
    (tmp_path / "book_and_hear.py").write_text(shown(phone, "#program-book_and_hear"))
    coach = as_anna()
    offer_a_session(coach, stack)
    made = Partner(tmp_path, key_from(coach, stack))
    yield made
    made.leave()


def shown(page: Page, block: str) -> str:
    written = page.locator(block).text_content()
    assert written
    return written


def generate_client(commands: str, folder: Path) -> None:
    """As the page says it, but for what is installed here already."""
    run = "\n".join(line for line in commands.splitlines() if not line.startswith("pip install "))
    assert run.count("\n") == commands.count("\n") - 2
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(["bash", "-ec", run], cwd=folder, env={**os.environ, "PATH": beside}, check=True)


def offer_a_session(coach: Page, stack: Stack) -> None:
    """The newest on offer, which is what the program takes."""
    coach.goto(f"{stack.central}/coach/anna/offers/new/")
    coach.get_by_label("Name", exact=True).fill(walks.another("For programs"))
    coach.get_by_label("Price", exact=True).first.fill("45")
    coach.get_by_role("button", name="Offer it").last.click()
    expect(coach.get_by_text("can be booked on your page")).to_be_visible()


def key_from(coach: Page, stack: Stack) -> str:
    coach.goto(f"{stack.central}/coach/anna/settings/programs/")
    coach.get_by_label("What it is for").fill("A partner’s program")
    for scope in NEEDED:
        coach.get_by_label(SCOPES[scope]).check()
    coach.get_by_role("button", name="Make the key").click()
    return coach.locator("#new-key").input_value()


def test_a_partners_program_books_is_paid_and_hears_of_it_however_often_it_is_run(
    partner: Partner, phone: Page
) -> None:
    stopped = partner.run()
    told = first_line(stopped)
    stopped.kill()
    stopped.wait()
    again = partner.run()
    assert first_line(again) == told
    phone.goto(told.removeprefix("Send the client to ").strip())
    phone.get_by_role("button", name=re.compile("^Pay ")).click()
    phone.wait_for_url("**/c/pay/**")
    walks.pay(phone)
    walks.expect_booked(phone)
    said = again.communicate(timeout=PATIENCE_SECONDS)[0].splitlines()
    assert "Heard booking.confirmed" in said
    assert said[-1].endswith(" is confirmed")
    third = partner.run()
    assert third.communicate(timeout=PATIENCE_SECONDS)[0].splitlines() == said[-1:]
    assert (again.returncode, third.returncode) == (0, 0)


def first_line(program: subprocess.Popen[str]) -> str:
    assert program.stdout
    told = program.stdout.readline()
    assert told.startswith("Send the client to http"), told
    return told
