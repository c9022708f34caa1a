"""A coach on a phone brings their clients along: one by hand, the rest from a list, and takes it back."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import walks
from tests.browser.findings import Findings
from tests.browser.stack import Stack

pytestmark = pytest.mark.usefixtures("paula")
LIST = """Name,E-mail,Sessions left,Owes
Ada {0},ada.{0}@example.com,4,
Bo {0},,2,
Cem {0},cem.{0}@example.com,,45.50
"""


def test_clients_are_added_noted_brought_and_taken_back(as_paula: Callable[..., Page], stack: Stack) -> None:
    coach, petra = as_paula(), walks.another("Petra Prospekt")
    found, surname = Findings(coach), walks.another("Abend").replace(" ", "")
    brought = LIST.format(surname)
    coach.goto(f"{stack.central}/coach/paula/clients/")
    coach.get_by_role("link", name="Add a client").tap()
    expect(walks.heading(coach)).to_have_text("Add a client")
    found.look("adding a client")
    coach.get_by_label("Name").fill(petra)
    coach.get_by_label("E-mail").fill(f"{petra.lower().replace(' ', '.')}@example.com")
    coach.get_by_role("button", name="Add them").tap()
    expect(walks.heading(coach)).to_have_text(petra)
    expect(coach.get_by_text("Prospect", exact=True)).to_be_visible()

    coach.get_by_role("textbox", name="Private note").fill("Wants to play doubles.")
    coach.get_by_role("button", name="Note it").tap()
    expect(coach.get_by_text("Wants to play doubles.").first).to_be_visible()
    found.look("a client with a note")

    coach.goto(f"{stack.central}/coach/paula/clients/lists/")
    coach.get_by_role("textbox", name="Or paste its lines").fill(brought)
    coach.get_by_role("button", name="Look at it").tap()
    expect(coach.get_by_text("Row 3: no e-mail.")).to_be_visible()
    expect(coach.get_by_role("button", name="Bring 2 clients, leave 1 out")).to_be_visible()
    found.look("a list with a mistake")

    coach.get_by_role("textbox", name="The list", exact=True).fill(
        brought.replace(f"Bo {surname},", f"Bo {surname},bo.{surname}@example.com")
    )
    coach.get_by_role("button", name="Look again").tap()
    expect(coach.get_by_text("no e-mail")).to_have_count(0)
    coach.get_by_role("button", name="Bring 3 clients").tap()
    expect(coach.get_by_text("3 clients were brought. Nobody was mailed.")).to_be_visible()
    found.look("lists that were brought")

    coach.goto(f"{stack.central}/coach/paula/clients/?q={surname}")
    coach.get_by_role("link", name=f"Ada {surname}").tap()
    expect(coach.get_by_text("4 sessions were brought from the spreadsheet of")).to_be_visible()
    expect(walks.heading(coach)).to_have_text(f"Ada {surname}")
    found.look("a client who was brought")

    coach.goto(f"{stack.central}/coach/paula/clients/lists/")
    coach.get_by_text("Undo all of it").tap()
    coach.get_by_role("button", name="Undo this list").tap()
    expect(coach.get_by_text("3 clients were removed.")).to_be_visible()
    coach.goto(f"{stack.central}/coach/paula/clients/")
    expect(coach.get_by_text(f"Ada {surname}")).to_have_count(0)
    expect(coach.get_by_text(petra)).to_be_visible()
    found.look("the list of clients")
    found.none()
