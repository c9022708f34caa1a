"""Mails in a row: written by the coach, sent by themselves, ended with one press, seen where they fail."""

import uuid
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser import pack_walks, walks
from tests.browser.findings import Findings
from tests.browser.stack import Stack


def test_a_sequence_from_its_first_word_to_the_press_that_ends_it(
    phone: Page, as_anna: Callable[..., Page], stack: Stack
) -> None:
    coach, email = as_anna(), f"bounce@{uuid.uuid4().hex[:8]}.example.com"
    at_the_desk, found = Findings(coach), Findings(phone)
    sequence, subject = walks.another("After a first booking"), walks.another("Hello")
    write(coach, stack, at_the_desk, sequence, subject)
    name = f"Bo {walks.another('Back')}"
    walks.open_times(phone, stack, "anna", "video-review")
    walks.choose_time(phone)
    walks.give_details(phone, name, email)
    walks.go_to_pay(phone)
    walks.pay(phone)
    walks.expect_booked(phone)

    phone.goto(pack_walks.mailed_link(phone, stack, email, subject=f"{subject}, Bo", link="/unsubscribe/"))
    found.look("before unsubscribing")
    phone.get_by_role("button", name="Unsubscribe").tap()
    expect(walks.heading(phone)).to_have_text("You are unsubscribed")
    found.look("unsubscribed")

    coach.goto(f"{stack.central}/coach/anna/")
    told = coach.locator(".notice", has_text=f"A mail to {name} came back")
    walks.reload_until(coach, told)
    told.last.get_by_role("link", name="See what came back").click()
    expect(coach.get_by_text("Mail does not arrive")).to_be_visible()
    at_the_desk.look("the mails of a client")
    coach.get_by_role("link", name=sequence).click()
    expect(coach.get_by_text("Came back").first).to_be_visible()
    at_the_desk.look("a sequence with a client on the way")
    at_the_desk.none()
    found.none()


def write(coach: Page, stack: Stack, at_the_desk: Findings, sequence: str, subject: str) -> None:
    """A sequence of one mail for first bookings, switched on."""
    coach.goto(f"{stack.central}/coach/anna/offers/sequences/new/")
    coach.get_by_label("Name").fill(sequence)
    coach.get_by_label("It starts when").select_option(label="A first session is booked")
    coach.get_by_role("button", name="Make it").click()
    coach.get_by_label("Sent after").fill("0")
    coach.get_by_label("Subject").fill(subject + ", {{client_first_name}}")
    coach.get_by_label("Words").fill("Dear {{surname}}")
    coach.get_by_role("button", name="Save").click()
    expect(coach.get_by_text("There is no field").first).to_be_visible()
    at_the_desk.look("a mail with a field that there is not")
    coach.get_by_label("Words").fill("See you soon.\n\n{{coach_name}}")
    with coach.expect_navigation():
        coach.get_by_role("button", name="Save").click()
    coach.get_by_role("button", name="Switch on").click()
    expect(coach.get_by_text("is on: it starts by itself")).to_be_visible()
    at_the_desk.look("a sequence that nobody is on")
