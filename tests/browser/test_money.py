"""Money on a phone: a deposit with a code and its rest, and cash that is recorded."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import pack_walks, walks
from tests.browser.findings import Findings
from tests.browser.pack_coach import CODE
from tests.browser.pack_walks import DAYS_AHEAD, FIVE
from tests.browser.stack import Stack
from tests.browser.test_packs_of_a_coach import open_client

AsPaula = Callable[..., Page]
pytestmark = pytest.mark.usefixtures("paula")


def test_a_deposit_is_paid_with_a_code_and_the_rest_by_its_link(phone: Page, stack: Stack) -> None:
    """What is due now and later is said before the card page, and each page says what is open."""
    name, email = walks.new_client()
    found = Findings(phone)
    walks.open_times(phone, stack, pack_walks.SLUG, "course")
    pack_walks.choose_day(phone, DAYS_AHEAD)
    walks.choose_time(phone)
    walks.give_details(phone, name, email)
    phone.get_by_text("I have a code").tap()
    phone.get_by_label("Code", exact=True).fill(CODE.lower())
    phone.get_by_role("button", name="Apply the code").tap()
    expect(phone.get_by_text("It takes €30.00 off.")).to_be_visible()
    expect(phone.get_by_label("Your name")).to_have_value(name)
    expect(phone.get_by_text("Due now")).to_be_visible()
    found.look("a deposit with a code")
    phone.get_by_role("button", name="Pay €20.00 deposit and book").tap()
    phone.wait_for_url("**/c/pay/**")
    walks.pay(phone)
    walks.expect_booked(phone)
    rest = phone.get_by_role("link", name="Pay it now")
    expect(phone.get_by_text("€10.00 is charged to your card on")).to_be_visible()
    expect(phone.locator("dt", has_text="Paid so far").locator("~ dd")).to_contain_text("€20.00")
    found.look("booked with a deposit")

    rest.tap()
    expect(walks.heading(phone)).to_have_text("Pay early, if you like")
    expect(phone.locator(".figure-big")).to_have_text("€10.00")
    found.look("the rest")
    phone.get_by_role("button", name=re.compile("^Pay €10.00")).tap()
    phone.wait_for_url("**/c/pay/**")
    walks.pay(phone)
    walks.reload_until(phone, phone.get_by_role("heading", name="All paid"))
    found.look("all paid")
    found.none()


def test_cash_is_recorded_in_parts_and_a_slip_taken_back(
    phone: Page, as_paula: AsPaula, stack: Stack
) -> None:
    name = pack_walks.book_by_card(phone, stack, DAYS_AHEAD)
    coach = as_paula()
    found = Findings(coach)
    open_client(coach, stack, name)
    coach.get_by_role("link", name="Sell a pack").tap()
    coach.locator("a.choice", has_text=FIVE).tap()
    coach.get_by_role("button", name="Sell it, to be paid later").tap()
    expect(coach.get_by_role("heading", name="Not paid yet")).to_be_visible()
    open_client(coach, stack, name)
    coach.get_by_role("link", name="Record a payment").tap()
    record(coach, "100")
    owed = coach.locator("main")
    expect(coach.get_by_role("heading", name="Owed €140.00")).to_be_visible()
    found.look("what a client owes")
    record(coach, "1000")
    expect(coach.locator(".error").first).to_be_visible()
    found.look("more than is owed")
    coach.get_by_label("Amount").fill("140")
    coach.get_by_role("button", name="Record it").tap()
    expect(coach.get_by_role("heading", name="Received by hand")).to_be_visible()
    expect(coach.get_by_role("heading", name=re.compile("^Owed"))).to_have_count(0)

    coach.get_by_role("link", name="Take back").first.tap()
    expect(walks.heading(coach)).to_have_text("Take a payment back")
    found.look("taking a slip back")
    coach.get_by_label(re.compile("^Why|happened")).fill("It was 40, not 140")
    coach.get_by_role("button", name=re.compile("Take .*back")).tap()
    expect(coach.get_by_role("heading", name="Owed €140.00")).to_be_visible()
    expect(owed).to_contain_text("It was 40, not 140")
    found.none()


def record(coach: Page, amount: str) -> None:
    """For what the client owes, in cash."""
    coach.locator("main article").get_by_role("link", name="Record a payment").tap()
    coach.get_by_label("Amount").fill(amount)
    coach.get_by_label("Cash").check()
    coach.get_by_role("button", name="Record it").tap()
