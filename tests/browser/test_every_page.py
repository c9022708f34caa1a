"""What holds on every page of coach, client and platform, by day and by night, on any screen."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Page

from demo.world import OPERATOR
from tests.browser import walks
from tests.browser.stack import Stack
from tests.browser.visitors import Visitors

SERIOUS = ("serious", "critical")
NARROWEST, WIDE = 320, 1280
LEAST_TARGET = 24
TARGETS = "button, select, input:not([type=hidden]), a.button, summary, nav a, a.row, a.choice"
AXE = Axe().axe_script
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

PRICE = "/?price=0.10&currency=usd"
CENTRAL = ("/", PRICE, "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/")
DEMO = ("/components/", "/demo/", "/mailbox/", "/mailbox/?to=nobody")
COACH_PAGES = ("/", "/book/private-lesson/", "/book/video-review/", "/zone", "/nothing", "/b/not-a-link/")
DASHBOARD = (
    "",
    "clients/",
    "calendar/",
    "money/",
    "money/?period=all",
    "offers/",
    "offers/new/",
    "settings/",
    "settings/practice/",
    "settings/cancelling/",
    "settings/hours/",
    "settings/dates/",
    "settings/time-off/",
    "settings/stripe/",
)


def test_the_platforms_pages(phone: Page, stack: Stack) -> None:
    inspect_all(phone, [stack.central + path for path in (*CENTRAL, *DEMO)])


def test_the_coachs_public_pages(phone: Page, stack: Stack) -> None:
    inspect_all(phone, [stack.coach_page("anna") + path for path in COACH_PAGES])


def test_the_steps_of_a_booking(phone: Page, stack: Stack) -> None:
    found = Findings(phone)
    walks.open_times(phone, stack, "anna", "private-lesson")
    walks.choose_time(phone)
    found.look("details")
    walks.give_details(phone, "Cleo", walks.NO_ADDRESS)
    phone.get_by_role("button", name="Pay ").click()
    phone.locator(".error").first.wait_for()
    found.look("details with mistakes")
    walks.give_details(phone, *walks.new_client())
    walks.go_to_pay(phone)
    phone.get_by_role("link", name="Cancel and go back").click()
    found.look("payment")
    walks.go_to_pay(phone)
    walks.pay(phone)
    walks.expect_booked(phone)
    found.look("booked")
    phone.get_by_role("link", name="Receipt").click()
    found.look("receipt")
    found.none()


def test_a_time_that_was_given_up(phone: Page, stack: Stack) -> None:
    found = Findings(phone)
    walks.open_times(phone, stack, "anna", "private-lesson")
    walks.choose_time(phone)
    left = phone.url
    phone.get_by_role("button", name="Choose another time").click()
    walks.times(phone).first.wait_for()
    phone.goto(left)
    found.look("given up")
    found.none()


def test_the_coachs_dashboard(as_anna: Callable[..., Page], stack: Stack) -> None:
    coach, base = as_anna(), f"{stack.central}/coach/anna/"
    coach.goto(f"{base}clients/")
    client = coach.locator("main a[href*='/clients/']").first.get_attribute("href")
    coach.goto(f"{stack.central}{client}")
    booking = coach.locator("main a[href*='/booking/']").first.get_attribute("href")
    coach.goto(f"{base}offers/")
    offer = coach.locator("main a[href*='/offers/']").last.get_attribute("href")
    pages = [base + path for path in DASHBOARD] + [f"{stack.central}{path}" for path in ("/mailbox/", "/")]
    inspect_all(coach, [*pages, *(f"{stack.central}{path}" for path in (client, booking, offer))])


def test_the_operators_pages(visitors: Visitors, stack: Stack) -> None:
    operator = visitors.signed_in(OPERATOR[0])
    inspect_all(operator, [f"{stack.central}/start/", f"{stack.central}/operators/"])


class Findings:
    """What is wrong with the pages that one browser has come to."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._found: list[str] = []

    def look(self, name: str) -> None:
        for scheme in ("light", "dark"):
            self._page.emulate_media(color_scheme=scheme)
            self._note(f"{name}, {scheme}", _axe(self._page, scheme))
        self._page.emulate_media(color_scheme="light")
        self._note(name, _small_targets(self._page))
        self._note(name, _sideways(self._page))

    def none(self) -> None:
        assert not self._found, "\n".join(self._found)

    def _note(self, name: str, found: list[str]) -> None:
        self._found += [f"{name}: {each}" for each in found]


def inspect_all(page: Page, addresses: list[str]) -> None:
    found = Findings(page)
    for address in addresses:
        page.goto(address)
        found.look(address)
    found.none()


def _axe(page: Page, scheme: str) -> list[str]:
    """Colours depend on the theme, all else does not."""
    values = RULES if scheme == "light" else ["color-contrast"]
    only = {"type": "tag" if scheme == "light" else "rule", "values": values}
    if page.evaluate("!window.axe"):
        page.evaluate(AXE)
    answer: dict[str, Any] = page.evaluate(
        "options => axe.run(options)", {"runOnly": only, "resultTypes": ["violations"]}
    )
    return [
        f"{each['id']}: {each['help']}: {json.dumps([node['target'] for node in each['nodes']][:3])}"
        for each in answer["violations"]
        if each["impact"] in SERIOUS
    ]


def _small_targets(page: Page) -> list[str]:
    """What a finger can miss: buttons, fields, and links that stand alone (WCAG 2.5.8)."""
    small: list[str] = page.evaluate(
        """([things, least]) => [...document.querySelectorAll(things)]
            .filter(one => one.checkVisibility() && !one.closest(".hidden-words"))
            .map(one => [one, one.getBoundingClientRect()])
            .filter(([one, box]) => box.width && (box.width < least || box.height < least))
            .filter(([one]) => !/radio|checkbox/.test(one.type)
                || one.labels[0].getBoundingClientRect().height < least)
            .map(([one, box]) => `${box.width | 0}×${box.height | 0} px: ${one.outerHTML.slice(0, 90)}`)""",
        [TARGETS, LEAST_TARGET],
    )
    return small


def _sideways(page: Page) -> list[str]:
    """What sticks out where the screen is narrow, or where the letters are twice as large."""
    size = page.viewport_size
    assert size
    found = []
    for words, width, letters in (("at 320 px", NARROWEST, ""), ("with text of 200 %", WIDE // 2, "200%")):
        page.set_viewport_size({"width": width, "height": 740})
        page.evaluate("size => { document.documentElement.style.fontSize = size }", letters)
        # A phone widens its window to what sticks out, so the window says nothing.
        out = page.evaluate("document.documentElement.scrollWidth") - width
        if out > 0:
            found.append(f"{words} it is {out} px too wide: {_widest(page, width)}")
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.set_viewport_size(size)
    return found


def _widest(page: Page, width: int) -> str:
    words: str = page.evaluate(
        """width => [...document.querySelectorAll("body *")]
            .filter(one => one.getBoundingClientRect().right > width + 1)
            .slice(-2).map(one => one.outerHTML.slice(0, 120)).join(" | ")""",
        width,
    )
    return words


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_components_can_be_drawn(visitors: Visitors, stack: Stack, scheme: str) -> None:
    page = visitors.desk(color_scheme=scheme)
    page.goto(f"{stack.central}/components/")
    assert len(page.screenshot(full_page=True)) > 100_000
