"""A product on a phone: made by its coach with its terms, bought without an account, downloaded."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import walks
from tests.browser.findings import Findings
from tests.browser.stack import Stack

LEAST_HEIGHT = 44


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "winter-plan.txt"
    path.write_text("Three runs a week, and two evenings of stretching.\n")
    return path


def test_a_product_with_terms_is_made_and_bought_on_a_phone(
    phone: Page, as_anna: Callable[..., Page], stack: Stack, file: Path
) -> None:
    """From the coach's form to the download, and to the coach's list of buyers."""
    coach = as_anna()
    found, seen = Findings(phone), Findings(coach)
    base = f"{stack.central}/coach/anna"
    winter, terms_of_it = walks.another("Winter fitness plan"), walks.another("Terms of the winter plan")

    # The coach writes the terms, makes the product and puts its file there.
    coach.goto(f"{base}/offers/agreements/new/")
    coach.get_by_label("Name", exact=True).fill(terms_of_it)
    coach.locator("textarea").first.fill(
        "For {{client_name}} alone.\n\n{{#price}}\nIt costs {{price}}.\n{{/price}}"
    )
    coach.get_by_role("button", name="Save").click()
    expect(walks.heading(coach)).to_have_text(re.compile("^(Agreements|Terms of the winter plan)"))
    coach.goto(f"{base}/offers/products/")
    seen.look("products")
    coach.get_by_role("link", name="New product").click()
    coach.get_by_label("Name", exact=True).fill(winter)
    coach.get_by_role("textbox", name="Price", exact=True).fill("39")
    coach.get_by_label(terms_of_it).check()
    coach.get_by_label("The page after buying").fill("Begin **slowly**.")
    seen.look("a new product")
    coach.get_by_role("button", name="Offer it").click()
    expect(coach.get_by_text(f"“{winter}” is in your shop")).to_be_visible()
    coach.get_by_label("File", exact=True).set_input_files(str(file))
    coach.get_by_role("button", name="Add the file").click()
    expect(coach.get_by_text("Buyers download “winter-plan.txt”")).to_be_visible()
    seen.look("the product at its coach's")

    # Somebody finds it among products and services, reads the terms first, and buys.
    phone.goto(f"{stack.coach_page('anna')}/")
    phone.get_by_role("link", name="All products and services").tap()
    expect(walks.heading(phone)).to_have_text("Products and services")
    found.look("products and services")
    phone.get_by_role("link", name=re.compile(f"^Buy now.*{winter}$")).tap()
    terms = phone.get_by_role("heading", name="By purchasing this product you agree to the following terms")
    assert top_of(terms) < top_of(phone.get_by_label("Your name"))
    expect(phone.get_by_text("It costs €39.00.")).to_be_visible()
    found.look("the product")
    buy = phone.get_by_role("button", name="Buy now for €39.00")
    assert height_of(buy) >= LEAST_HEIGHT
    name, email = walks.new_client()
    walks.give_details(phone, name, walks.NO_ADDRESS)
    phone.get_by_label("I have read these terms").check()
    buy.tap()
    expect(phone.get_by_text("Write the whole address").first).to_be_visible()
    expect(phone.get_by_label("Your name")).to_have_value(name)
    found.look("the product with a mistake")
    phone.get_by_label("E-mail", exact=True).fill(email)
    phone.get_by_role("button", name="Buy now for €39.00").tap()
    phone.wait_for_url("**/c/pay/**")
    walks.pay(phone)

    # Signed in, on the page of thanks, with the download.
    expect(walks.heading(phone)).to_have_text(f"Thank you: {winter}")
    expect(phone.get_by_text("You are signed in")).to_be_visible()
    found.look("thanks")
    with phone.expect_download() as began:
        phone.get_by_role("button", name=re.compile("^Download.*winter-plan.txt$")).tap()
    assert Path(began.value.path()).read_text() == file.read_text()
    phone.get_by_role("link", name="Open my pages").tap()
    expect(phone).to_have_url(re.compile("/my/$"))
    found.look("own pages")

    # The coach sees the buyer.
    coach.goto(f"{base}/offers/products/")
    coach.get_by_role("link", name=f"Orders of {winter}").click()
    walks.reload_until(coach, coach.get_by_text(name))
    seen.look("orders")
    found.none()
    seen.none()


def top_of(what: object) -> float:
    box = what.bounding_box()  # type: ignore[attr-defined]
    assert box
    return float(box["y"])


def height_of(what: object) -> float:
    box = what.bounding_box()  # type: ignore[attr-defined]
    assert box
    return float(box["height"])
