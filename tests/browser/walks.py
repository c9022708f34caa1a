"""What clients do on a coach's page, step by step, as tests say it."""

import re
import time
from itertools import count

from playwright.sync_api import Locator, Page, expect

from tests.browser.stack import Stack

# Every script has run, htmx has taken over the days, and times show in the device's zone or offer to.
SETTLED = """() => document.readyState === "complete"
    && [...document.querySelectorAll("#days a")].every(one => one["htmx-internal-data"]?.boosted)
    && [...document.querySelectorAll("[data-zone]")].every(box =>
        box.dataset.zone === Intl.DateTimeFormat().resolvedOptions().timeZone
        || !box.querySelector("form").hidden)"""
# A browser lets it pass; no mail could ever reach it.
NO_ADDRESS = "cleo@nowhere"
MOMENT_SECONDS = 60
_clients = count(1)
_things = count(1)


class Taps:
    """Presses with a finger, counted. Typing is not a tap: the fields follow one another on the keyboard."""

    def __init__(self) -> None:
        self.count = 0

    def tap(self, what: Locator) -> None:
        self.count += 1
        what.tap()


def times(page: Page) -> Locator:
    """The free times of the shown day."""
    return page.locator("button[name=starts_at]")


def open_times(page: Page, stack: Stack, slug: str, type_slug: str) -> None:
    page.goto(f"{stack.coach_page(slug)}/book/{type_slug}/")
    expect(times(page).first).to_be_visible()
    settle(page)


def settle(page: Page) -> None:
    """Until the page stays as it is: its scripts are there, and its times in the device's zone."""
    page.wait_for_function(SETTLED)


def clock_of(slot: Locator) -> str:
    """The hour that a button shows, without what it says to screen readers."""
    found = re.search(r"\d{1,2}:\d\d(\s[AP]M)?", slot.inner_text())
    assert found, slot.inner_text()
    return found[0]


def choose_time(page: Page, number: int = 0) -> None:
    times(page).nth(number).click()
    expect_details(page)


def expect_details(page: Page) -> None:
    expect(heading(page)).to_have_text("Your details")


def heading(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


def new_client() -> tuple[str, str]:
    """A name and an address that no other client of this run has, and that are no part of another's."""
    number = next(_clients)
    return f"Cleo Client {number:03}", f"cleo{number:03}@example.com"


def another(name: str) -> str:
    """A name for something that a coach makes, which nothing else of this run has."""
    return f"{name} {next(_things)}"


def give_details(page: Page, name: str, email: str) -> None:
    page.get_by_label("Your name").fill(name)
    page.get_by_label("E-mail", exact=True).fill(email)


def go_to_pay(page: Page) -> None:
    """To Stripe's page, whichever of ours stands before it."""
    # Until the styles are there, the buttons of all ways to pay show.
    page.wait_for_load_state()
    page.get_by_role("button", name=re.compile("^Pay .* and book$")).click()
    page.wait_for_url("**/c/pay/**")


def pay(page: Page, card: str = "Succeeds") -> None:
    """On the card page."""
    page.get_by_label(re.compile(card)).first.check()
    page.locator("button.main").click()


def reload_until(page: Page, seen: Locator) -> None:
    """Look again until it is there: what comes by Stripe's events or by the worker takes its moment."""
    deadline = time.monotonic() + MOMENT_SECONDS
    while not seen.count() and time.monotonic() < deadline:
        page.wait_for_timeout(250)
        page.reload()
    expect(seen.first).to_be_visible()


def expect_booked(page: Page) -> None:
    expect(heading(page)).to_have_text("You are booked")
