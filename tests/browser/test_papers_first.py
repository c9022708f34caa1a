"""An agreement and a form before the card, on a phone: asked for once; the second booking asks nothing."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser import walks
from tests.browser.findings import Findings
from tests.browser.stack import Stack


def test_papers_before_the_first_payment_and_never_again(
    phone: Page, as_anna: Callable[..., Page], stack: Stack
) -> None:
    coach = as_anna()
    at_the_desk = Findings(coach)
    agreement, form, session = map(walks.another, ("Coaching agreement", "Intake form", "Deep dive"))
    require_papers(coach, stack, at_the_desk, agreement, form, session)
    type_slug = session.lower().replace(" ", "-")
    at_the_desk.none()

    name, email = walks.new_client()
    found = Findings(phone)
    walks.open_times(phone, stack, "anna", type_slug)
    expect(phone.get_by_text("come before payment")).to_be_visible()
    walks.choose_time(phone)
    found.look("details of a session that asks for papers")
    walks.give_details(phone, name, email)
    phone.get_by_role("button", name=re.compile("^Pay")).first.tap()
    expect(walks.heading(phone)).to_have_text("Before you pay")
    found.look("papers before the payment")
    sign(phone, name, agreement)
    fill_in(phone, found, form)
    expect(walks.heading(phone)).to_have_text("Pay to confirm your session")
    found.look("the payment after the papers")
    walks.go_to_pay(phone)
    walks.pay(phone)
    walks.expect_booked(phone)

    walks.open_times(phone, stack, "anna", type_slug)
    walks.choose_time(phone)
    walks.give_details(phone, name, email)
    walks.go_to_pay(phone)
    walks.pay(phone)
    walks.expect_booked(phone)
    found.none()


def require_papers(
    coach: Page, stack: Stack, found: Findings, agreement: str, form: str, session: str
) -> None:
    """The coach makes an agreement and a form, and a session that asks for both."""
    offers = f"{stack.central}/coach/anna/offers/"
    coach.goto(f"{offers}agreements/new/?starter=1")
    coach.get_by_label("Name").fill(agreement)
    coach.get_by_role("button", name="Save").last.click()
    expect(coach.get_by_text("is ready")).to_be_visible()
    coach.goto(f"{offers}forms/")
    found.look("forms and packets")
    coach.goto(f"{offers}forms/new/?starter=1")
    found.look("a new form")
    coach.get_by_label("Name", exact=True).fill(form)
    coach.get_by_role("button", name="Save").last.click()
    expect(coach.get_by_text("is ready")).to_be_visible()
    coach.goto(f"{offers}new/")
    coach.get_by_label("Name", exact=True).fill(session)
    coach.get_by_label("Price", exact=True).first.fill("45")
    coach.get_by_text("Agreement and forms before the payment").click()
    coach.get_by_label(agreement).check()
    coach.get_by_label(form).check()
    found.look("what a session requires")
    coach.get_by_role("button", name="Offer it").last.click()
    expect(coach.get_by_text("can be booked on your page")).to_be_visible()


def sign(phone: Page, name: str, agreement: str) -> None:
    phone.get_by_role("link", name="Begin").tap()
    expect(walks.heading(phone)).to_have_text(agreement)
    phone.get_by_label("Your full name").fill(name)
    phone.get_by_role("button", name="I accept").tap()
    expect(phone.get_by_text("1 of 2 done")).to_be_visible()


def fill_in(phone: Page, found: Findings, form: str) -> None:
    phone.get_by_role("link", name="Continue").tap()
    expect(walks.heading(phone)).to_have_text(form)
    found.look("a form to fill in")
    phone.get_by_role("button", name="Hand in").tap()
    expect(phone.get_by_text("Write an answer.").first).to_be_visible()
    found.look("a form with a mistake")
    answer(phone)


def answer(phone: Page) -> None:
    """The form that we offer to begin with."""
    phone.get_by_label("What would you like to reach with me?").fill("A calm serve")
    phone.get_by_role("button", name="Hand in").tap()
