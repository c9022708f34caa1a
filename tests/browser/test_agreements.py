"""An agreement on a phone: written and sent by the coach, read, accepted by name and kept by the client."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser import pack_walks, walks
from tests.browser.findings import Findings
from tests.browser.stack import Stack
from tests.pdf_text import text_of


def test_an_agreement_from_the_first_word_to_the_kept_copy(
    phone: Page, as_anna: Callable[..., Page], stack: Stack
) -> None:
    (name, email), agreement = walks.new_client(), walks.another("Our agreement")
    known_to_the_coach(phone, stack, name, email)
    coach = as_anna()
    at_the_desk = Findings(coach)
    coach.goto(f"{stack.central}/coach/anna/offers/agreements/new/")
    coach.get_by_role("link", name="Begin with our text").click()
    coach.get_by_label("Name").fill(agreement)
    coach.get_by_role("button", name="Show how clients read it").click()
    expect(coach.get_by_text("Kim Example").first).to_be_visible()
    at_the_desk.look("the preview of an agreement")
    coach.get_by_role("button", name="Save").click()
    expect(coach.get_by_text("is ready")).to_be_visible()
    at_the_desk.look("an agreement")
    coach.get_by_role("link", name="Send to a client").click()
    coach.get_by_label("Client").select_option(label=f"{name}, {email}")
    at_the_desk.look("sending an agreement")
    coach.get_by_role("button", name="Send the link").click()
    expect(coach.get_by_text("Not accepted yet")).to_be_visible()
    at_the_desk.look("an agreement on its way")

    found = Findings(phone)
    phone.goto(pack_walks.mailed_link(phone, stack, email, subject="Our agreement, Cleo", link="/sign/"))
    expect(walks.heading(phone)).to_have_text(agreement)
    found.look("an agreement to read")
    phone.get_by_role("link", name="What coaching is not").tap()
    expect(phone.get_by_role("heading", name="What coaching is not")).to_be_in_viewport()
    phone.get_by_role("button", name="I accept").tap()
    expect(phone.get_by_text("Type your full name").first).to_be_visible()
    found.look("an agreement without a name")
    phone.get_by_label("Your full name").fill(name)
    phone.get_by_role("button", name="I accept").tap()
    expect(phone.get_by_role("heading", name="What happens next")).to_be_visible()
    found.look("an accepted agreement")
    phone.reload()
    expect(phone.get_by_role("button", name="I accept")).to_have_count(0)
    kept = keep(phone)
    assert f"Accepted by {name}" in kept
    assert "What coaching is not" in kept

    coach.reload()
    expect(coach.get_by_text("Certificate of acceptance")).to_be_visible()
    expect(coach.locator("main")).to_contain_text(name)
    phone.goto(sent_with_two_days_notice(coach, f"{name}, {email}"))
    phone.get_by_text("What changed since").tap()
    expect(phone.locator("ins")).to_contain_text("48")
    found.look("what changed in an agreement")
    found.none()
    at_the_desk.none()


def sent_with_two_days_notice(coach: Page, client: str) -> str:
    """Another version, of which everybody is asked again; the client's link to it."""
    coach.locator(".page-up a").click()
    text = coach.get_by_label("Text")
    text.fill(text.input_value().replace("24 hours", "48 hours"))
    coach.get_by_label("Whoever accepted an earlier version is asked again").check()
    coach.get_by_role("button", name="Save").click()
    expect(coach.get_by_text("Saved as version 2")).to_be_visible()
    coach.get_by_role("link", name="Send to a client").click()
    coach.get_by_label("Client").select_option(label=client)
    coach.get_by_role("button", name="Send the link").click()
    return coach.get_by_label("Link for").input_value()


def known_to_the_coach(phone: Page, stack: Stack, name: str, email: str) -> None:
    """A client by having begun to book a session."""
    walks.open_times(phone, stack, "anna", "video-review")
    walks.choose_time(phone)
    walks.give_details(phone, name, email)
    walks.go_to_pay(phone)


def keep(page: Page) -> str:
    """The text of the PDF that the page gives."""
    with page.expect_download() as started:
        page.get_by_role("link", name="Keep it as a PDF").tap()
    return " ".join(text_of(Path(started.value.path()).read_bytes()).split())
