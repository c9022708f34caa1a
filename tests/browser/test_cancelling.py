"""Calling a session off on a phone: what it means is read before the press, done by it, and can be undone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import pack_walks, walks
from tests.browser.findings import Findings
from tests.browser.pack_walks import DAYS_AHEAD, TOMORROW, UNDO_SECONDS, expect_left
from tests.browser.stack import Stack

pytestmark = pytest.mark.usefixtures("paula")


def test_what_comes_back_is_read_first_can_be_undone_and_then_comes_back(phone: Page, stack: Stack) -> None:
    pack_walks.buy(phone, stack)
    pack = phone.url
    pack_walks.book_on(phone, stack, DAYS_AHEAD)
    booking = phone.url

    found = Findings(phone)
    press = pack_walks.to_cancel(phone)
    expect(phone.locator("main")).to_contain_text("1 session goes back to your pack")
    found.look("cancelling")
    press.tap()
    expect(walks.heading(phone)).to_have_text("Cancelled")
    found.look("cancelled, for a minute")
    phone.get_by_role("button", name=re.compile("^Undo")).tap()
    walks.expect_booked(phone)
    expect(phone.get_by_text("Nothing was cancelled: your session stays booked.")).to_be_visible()
    expect_left(phone, 9, after=True)

    pack_walks.to_cancel(phone).tap()
    expect(walks.heading(phone)).to_have_text("Cancelled")
    stack.let_pass(UNDO_SECONDS)
    phone.goto(booking)
    walks.reload_until(phone, phone.get_by_role("heading", name="This session was cancelled"))
    expect(phone.get_by_role("button", name=re.compile("^Undo"))).to_have_count(0)
    found.look("cancelled for good")
    phone.goto(pack)
    pack_walks.come_to_be_left(phone, 10)
    expect(phone.locator(".balance-lines")).to_contain_text("taken, then returned")
    found.none()


def test_a_late_cancel_says_so_before_the_press_and_in_the_balance(phone: Page, stack: Stack) -> None:
    pack_walks.buy(phone, stack)
    pack = phone.url
    pack_walks.book_on(phone, stack, TOMORROW)
    press = pack_walks.to_cancel(phone)
    expect(phone.locator("main")).to_contain_text("counts as used")
    press.tap()
    expect(walks.heading(phone)).to_have_text("Cancelled")
    stack.let_pass(UNDO_SECONDS)
    phone.goto(pack)
    walks.reload_until(phone, phone.locator(".balance-lines", has_text="1 late cancel"))
    expect_left(phone, 9)
    lines = phone.locator(".balance-lines")
    expect(lines).to_contain_text("rule: 24 h")


def test_a_deadline_that_passes_while_the_page_is_open_is_said_before_anything_happens(
    phone: Page, stack: Stack
) -> None:
    pack_walks.buy(phone, stack)
    pack_walks.book_on(phone, stack, TOMORROW, hours_ahead=24.4)
    booking = phone.url
    press = pack_walks.to_cancel(phone)
    expect(phone.locator("main")).to_contain_text("goes back to your pack")
    stack.let_pass(2 * 3600)
    with phone.expect_response(re.compile("/cancel$")) as answer:
        press.tap()
    assert answer.value.status == 409
    expect(phone.get_by_text("Nothing was cancelled yet")).to_be_visible()
    expect(phone.get_by_text("The deadline passed while this page was open")).to_be_visible()
    expect(phone.locator("main")).to_contain_text("counts as used")
    found = Findings(phone)
    found.look("deadline that has passed")
    found.none()
    phone.goto(booking)
    walks.expect_booked(phone)


def test_a_paid_session_says_what_goes_back_to_the_card(phone: Page, stack: Stack) -> None:
    pack_walks.book_by_card(phone, stack, DAYS_AHEAD)
    press = pack_walks.to_cancel(phone)
    expect(phone.locator("main")).to_contain_text("€50.00")
    press.tap()
    expect(walks.heading(phone)).to_have_text("Cancelled")
    stack.let_pass(UNDO_SECONDS)
    walks.reload_until(phone, phone.get_by_role("heading", name="This session was cancelled"))
    expect(phone.locator("main")).to_contain_text("Back to your card")


def test_a_client_moves_a_session(phone: Page, stack: Stack) -> None:
    pack_walks.buy(phone, stack)
    pack_walks.book_on(phone, stack, DAYS_AHEAD)
    before = when(phone)
    phone.get_by_role("link", name="Move to another time").tap()
    expect(walks.times(phone).first).to_be_visible()
    found = Findings(phone)
    found.look("another time")
    pack_walks.choose_day(phone, DAYS_AHEAD + 1)
    walks.times(phone).first.tap()
    expect(walks.heading(phone)).to_have_text("Move this session?")
    found.look("move")
    phone.get_by_role("button", name="Move the session").tap()
    walks.expect_booked(phone)
    assert when(phone) != before
    expect_left(phone, 9, after=True)
    found.none()


def when(page: Page) -> str:
    return page.locator("dl.facts > div", has_text="When").inner_text()
