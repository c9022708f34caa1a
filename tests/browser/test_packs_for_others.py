"""A father on a phone pays for five; each has a mail of their own; a daughter books, and sees no amount."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import pack_walks, walks
from tests.browser.findings import Findings
from tests.browser.pack_walks import DAYS_AHEAD, TEN
from tests.browser.stack import Stack
from tests.browser.visitors import Visitors

AMOUNT = re.compile(r"€\s?\d|2,250|450")
pytestmark = pytest.mark.usefixtures("paula")


def test_a_father_buys_for_five_and_his_daughter_reads_no_amount(
    phone: Page, stack: Stack, visitors: Visitors
) -> None:
    found = Findings(phone)
    name, email = walks.new_client()
    children = [walks.new_client() for _ in range(3)]
    phone.goto(stack.coach_page(pack_walks.SLUG))
    phone.get_by_role("link", name=f"Buy {TEN}").tap()
    phone.get_by_role("link", name=re.compile("^For several people")).tap()
    for nth, (child, address) in enumerate(children, start=1):
        phone.get_by_label(f"Name of person {nth}").fill(child)
        phone.get_by_label("Their e-mail").nth(nth - 1).fill(address)
    phone.get_by_role("button", name="Add a person").tap()
    phone.get_by_label("Name of person 4").fill("Little Ben")
    found.look("for whom")
    expect(phone.get_by_label("Name of person 1")).to_have_value(children[0][0])
    phone.get_by_label("Your name", exact=True).fill(name)
    phone.get_by_label("E-mail", exact=True).fill(email)
    expect(phone.get_by_text("€2,250.00")).to_be_visible()
    phone.get_by_label("I have read these rules").check()
    phone.get_by_role("button", name="Continue to payment").tap()
    phone.wait_for_url("**/c/pay/**")
    walks.pay(phone)
    expect(phone.get_by_text("None of them reads what it cost")).to_be_visible()
    expect(phone.get_by_text("€2,250.00")).to_be_visible()
    found.look("the order")

    for person, address in ((name, email), *children):
        expect_mail(phone, stack, address, f"Bought: 5 × {TEN}" if person == name else f"{TEN} from {name}")
    expect_mail(phone, stack, email, f"For Little Ben: {TEN} from {name}")

    child = visitors.phone()
    book_from_the_mail(child, stack, children[0][1], f"{TEN} from {name}")
    found.none()


def expect_mail(page: Page, stack: Stack, to: str, subject: str) -> None:
    page.goto(f"{stack.central}/mailbox/?to={to}")
    walks.reload_until(page, page.locator("ul.rows a.row", has_text=subject))


def book_from_the_mail(page: Page, stack: Stack, address: str, subject: str) -> None:
    """By the link in it, with a unit; and no page on the way names an amount."""
    found = Findings(page)
    page.goto(pack_walks.mailed_link(page, stack, address, subject=subject, link="/p/"))
    expect_no_amount(page)
    found.look("the pack of a child")
    pack_walks.choose_day(page, DAYS_AHEAD)
    walks.times(page).first.tap()
    expect(page.get_by_role("button", name="Use 1 session and book")).to_be_visible()
    expect_no_amount(page)
    page.get_by_role("button", name="Use 1 session and book").tap()
    walks.expect_booked(page)
    expect_no_amount(page)
    found.look("booked by a child")
    found.none()


def expect_no_amount(page: Page) -> None:
    expect(page.locator("main")).not_to_contain_text(AMOUNT)
