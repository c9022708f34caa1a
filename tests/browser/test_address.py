"""A coach brings a domain on a phone: the records to set, the look, the address, and back."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import walks
from tests.browser.findings import Findings
from tests.browser.stack import Stack


@pytest.fixture
def coach(as_anna: Callable[..., Page], stack: Stack) -> Iterator[Page]:
    """Anna on a phone, whose address is in the end what it was before."""
    page = as_anna()
    yield page
    page.goto(f"{stack.central}/coach/anna/settings/address/")
    for words in ("Go back to anna.localhost", "Remove book.anna"):
        button = page.get_by_role("button", name=words)
        if button.count():
            button.first.click()
            expect(button).to_have_count(0)


def test_a_domain_from_the_records_to_the_address_and_back(coach: Page, stack: Stack) -> None:
    found, main = Findings(coach), coach.locator("main")
    name = walks.another("book.anna").replace(" ", "") + ".example"
    coach.goto(f"{stack.central}/coach/anna/settings/")
    coach.get_by_role("link", name="Address http").tap()
    coach.get_by_label("Address that you own").fill("not a name")
    coach.get_by_role("button", name="Add").tap()
    expect(main).to_contain_text("cannot be a name in the internet")
    found.look("refused")
    coach.get_by_label("Address that you own").fill(f"https://{name}/")
    coach.get_by_role("button", name="Add").tap()
    expect(main).to_contain_text("Not verified yet")
    expect(coach.get_by_role("textbox", name="Name").last).to_have_value(f"_upfront.{name}")
    found.look("the records")
    coach.get_by_role("button", name="Check now").tap()
    expect(main).to_contain_text(f"{name} is yours, and leads here.")
    coach.get_by_role("button", name="Make it my address").tap()
    expect(coach.get_by_label("Your page, to share")).to_have_value(f"http://{name}:{stack.port}")
    found.look("the address")
    coach.get_by_role("button", name="Go back to anna.localhost").tap()
    expect(coach.get_by_label("Your page, to share")).to_have_value(stack.coach_page("anna"))
    coach.get_by_role("button", name=f"Remove {name}").tap()
    expect(main).to_contain_text("is removed")
    found.none()
