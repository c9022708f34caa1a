"""The seven steps of selling with an agreement: from the template to the paid invoice and the packet."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import pack_walks, test_agreements, test_own_pages, test_papers_first, walks
from tests.browser.findings import Findings
from tests.browser.stack import Stack


@pytest.fixture
def prospect(phone: Page, stack: Stack) -> tuple[str, str]:
    """Somebody who had the free first session with Anna."""
    name, email = walks.new_client()
    test_agreements.known_to_the_coach(phone, stack, name, email)
    return name, email


def test_from_the_template_to_the_welcome_packet(
    phone: Page, as_anna: Callable[..., Page], stack: Stack, prospect: tuple[str, str]
) -> None:
    (name, email), coach = prospect, as_anna()
    at_the_desk, found = Findings(coach), Findings(phone)
    offers = f"{stack.central}/coach/anna/offers/"

    # 1. The agreement, the packet, and the mails that follow are set up once.
    names = ("Three months together", "About you", "Welcome")
    agreement, form, packet = map(walks.another, names)
    coach.goto(f"{offers}agreements/new/?starter=1")
    coach.get_by_label("Name").fill(agreement)
    coach.get_by_role("button", name="Save").last.click()
    expect(coach.get_by_text("is ready")).to_be_visible()
    coach.goto(f"{offers}forms/new/?starter=1")
    coach.get_by_label("Name", exact=True).fill(form)
    coach.get_by_role("button", name="Save").last.click()
    expect(coach.get_by_text("is ready")).to_be_visible()
    coach.goto(f"{offers}packets/new/")
    coach.get_by_label("Name", exact=True).first.fill(packet)
    coach.locator("select").first.select_option(label=f"Form: {form}")
    coach.get_by_role("button", name="Save").last.click()
    expect(coach.get_by_text("is ready")).to_be_visible()

    coach.goto(f"{offers}sequences/")
    coach.get_by_role("button", name=re.compile("Use it.*Welcome after signing")).click()
    expect(walks.heading(coach)).to_have_text("Welcome after signing")
    coach.get_by_role("button", name="Switch on").click()
    expect(coach.get_by_text("is on: it starts by itself")).to_be_visible()

    # 2. The prospect says yes, and is sent the proposal.
    coach.goto(f"{stack.central}/coach/anna/clients/?q={email}")
    coach.get_by_role("link", name=re.compile(name)).first.click()
    coach.get_by_role("link", name="Propose something").click()
    at_the_desk.look("a new proposal")
    coach.get_by_role("button", name="Send the proposal").click()
    expect(coach.get_by_label("What you propose")).to_have_attribute("aria-invalid", "true")
    at_the_desk.look("a proposal with nothing in it")
    coach.get_by_label("What you propose").fill("Twelve weeks")
    coach.get_by_label("Your words").fill("As we said: twelve weeks, one hour in each.")
    coach.get_by_label("Price", exact=True).fill("480")
    coach.get_by_label("Sessions that it includes").fill("12")
    coach.get_by_role("group", name="Good for").get_by_role("checkbox").first.check()
    coach.get_by_label("Agreement that is accepted with it").select_option(label=agreement)
    coach.get_by_label("Welcome packet that follows").select_option(label=packet)
    coach.get_by_role("button", name="Send the proposal").click()
    expect(coach.get_by_text("is on its way")).to_be_visible()
    at_the_desk.look("a proposal on its way")

    # 3 and 4. The client reads the terms on a page of the coach's, and presses "I accept".
    phone.goto(pack_walks.mailed_link(phone, stack, email, subject="Twelve weeks", link="/proposal/"))
    expect(walks.heading(phone)).to_have_text("Twelve weeks")
    found.look("a proposal")
    phone.get_by_role("link", name="Read and accept").tap()
    expect(walks.heading(phone)).to_have_text(agreement)
    phone.get_by_label("Your full name").fill(name)
    phone.get_by_role("button", name="I accept").tap()
    walks.reload_until(phone, phone.get_by_role("link", name="Pay the invoice"))
    found.look("an accepted proposal")

    # 5 and 6. The first mail of the sequence and the invoice come by themselves.
    stack.let_pass(3700)
    welcome = pack_walks.mailed_link(phone, stack, email, subject="Good to have you", link="/my/")
    assert welcome.endswith("/my/")
    paper = pack_walks.mailed_link(phone, stack, email, subject="Invoice", link="/paper/")
    phone.goto(paper)
    expect(phone.locator("main")).to_contain_text("480.00")

    # 7. On their own pages the client pays it, and does what the packet holds.
    phone.goto(f"{stack.coach_page('anna')}/my/")
    phone.get_by_label("Your e-mail address").fill(email)
    phone.get_by_role("button", name="Mail me a code").tap()
    phone.get_by_label("The code from the mail").fill(test_own_pages.mailed_code(phone, stack, email))
    phone.get_by_role("button", name="Sign in").tap()
    expect(walks.heading(phone)).to_have_text(f"Hello, {name}")
    found.look("own pages of who has to pay")
    test_own_pages.pay_what_is_open(phone, stack, "Twelve weeks", "480.00")
    phone.goto(f"{stack.coach_page('anna')}/my/papers/")
    phone.get_by_role("link", name=re.compile(form)).first.tap()
    test_papers_first.answer(phone)
    expect(phone.get_by_text("1 of 1 done").first).to_be_visible()
    phone.goto(f"{stack.coach_page('anna')}/my/packs/")
    walks.reload_until(phone, phone.get_by_text("12 of 12 sessions"))

    coach.reload()
    expect(coach.locator("main")).to_contain_text("Accepted")
    at_the_desk.look("an accepted proposal at the desk")
    found.none()
    at_the_desk.none()
