"""A coach on a phone gives money back, watches it go, and answers a dispute with the evidence."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser import walks
from tests.browser.findings import Findings
from tests.browser.stack import Stack
from tests.pdf_text import text_of

AsAnna = Callable[..., Page]


def paid_by_somebody_new(phone: Page, stack: Stack, *, card: str = "Succeeds") -> str:
    """A paid session; the client's name. `card` is one of the simulator's, by what becomes of it."""
    name, email = walks.new_client()
    walks.open_times(phone, stack, "anna", "video-review")
    walks.choose_time(phone)
    walks.give_details(phone, name, email)
    walks.go_to_pay(phone)
    if card != "Succeeds":
        phone.locator("summary").first.tap()
    walks.pay(phone, card)
    walks.expect_booked(phone)
    return name


def open_payment(coach: Page, stack: Stack, name: str) -> None:
    """From Money, by the line that names the client.

    Once its processing fee is known: a refund that was shown before says afterwards that it has changed.
    """
    line = coach.locator("tr", has_text=name).last
    coach.goto(f"{stack.central}/coach/anna/money/?period=all")
    known = coach.locator("tr", has_text=name).filter(has_not_text="pending")
    walks.reload_until(coach, known)
    line.get_by_role("rowheader").get_by_role("link").tap()
    expect(walks.heading(coach)).to_have_text(f"Payment by {name}")


def test_a_part_is_given_back_and_seen_to_arrive(phone: Page, as_anna: AsAnna, stack: Stack) -> None:
    name = paid_by_somebody_new(phone, stack)
    coach = as_anna()
    found = Findings(coach)
    open_payment(coach, stack, name)
    coach.get_by_role("link", name="Refund").tap()
    coach.get_by_label("A part of it").check()
    coach.get_by_label("The part").fill("5,00")
    coach.get_by_role("button", name="Show what it means").tap()
    expect(coach.get_by_role("heading", name="What it means")).to_be_visible()
    found.look("what a refund means")
    coach.get_by_role("button", name=re.compile(r"^Refund .5\.00 to")).tap()
    expect(walks.heading(coach)).to_have_text(f"Payment by {name}")
    # The page looks again by itself until the refund has arrived.
    refunds = coach.locator("section", has=coach.get_by_role("heading", name="Refunds"))
    expect(refunds.get_by_text("Refunded", exact=True)).to_be_visible()
    found.look("a refund")
    found.none()


def test_a_dispute_is_shown_with_its_date_and_its_evidence(
    phone: Page, as_anna: AsAnna, stack: Stack
) -> None:
    name = paid_by_somebody_new(phone, stack, card="Succeeds, then disputed as not received")
    coach = as_anna()
    open_payment(coach, stack, name)
    found = Findings(coach)
    walks.reload_until(coach, coach.get_by_role("heading", name="Dispute"))
    expect(coach.get_by_text("Answer until")).to_be_visible()
    expect(coach.get_by_role("link", name="Refund", exact=True)).to_have_count(0)
    found.look("a dispute")
    with coach.expect_download() as file:
        coach.get_by_role("link", name="Evidence bundle").tap()
    assert name in text_of(file.value.path().read_bytes())
    coach.goto(f"{stack.central}/coach/anna/")
    expect(coach.get_by_text(re.compile(f"by {re.escape(name)} is disputed"))).to_be_visible()
    found.look("Today with a dispute")
    found.none()
