"""A brand on a phone: the coach brings photo, colour and words, and clients see them at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser import walks
from tests.browser.findings import Findings
from tests.browser.stack import Stack
from tests.browser.visitors import Visitors

SUN = "#e0a000"
# White words on it could not be read, so buttons have a darker tone of it.
BY_DAY = "rgb(155, 109, 0)"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "me.png"
    Image.new("RGB", (1200, 900), (190, 150, 120)).save(path)
    return path


@pytest.fixture
def ben(visitors: Visitors, stack: Stack) -> Iterator[Page]:
    """Ben at his desk, whose pages look in the end as they did before."""
    page = visitors.signed_in("ben@example.com")
    yield page
    settings = f"{stack.central}/coach/ben/settings"
    page.goto(f"{settings}/words/")
    page.get_by_label("Sessions to clients").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Save").click()
    page.goto(f"{settings}/brand/")
    page.get_by_label("Indigo").check()
    page.get_by_role("button", name="Save the colour").click()
    expect(page.get_by_text("Your pages and mails have this colour")).to_be_visible()
    photo = page.get_by_role("button", name="Take it off")
    if photo.count():
        photo.click()
        expect(page.get_by_text("Your photo is taken off")).to_be_visible()


def test_photo_colour_and_words_are_chosen_on_a_phone_and_seen_by_a_client(
    phone: Page, ben: Page, stack: Stack, photo: Path
) -> None:
    found, seen = Findings(phone), Findings(ben)
    settings = f"{stack.central}/coach/ben/settings/"

    ben.goto(settings)
    ben.get_by_role("link", name="Brand").tap()
    expect(walks.heading(ben)).to_have_text("Brand")
    seen.look("a brand that is not there yet")
    ben.get_by_label("Choose a photo").set_input_files(str(photo))
    ben.get_by_role("button", name="Show this photo").tap()
    expect(ben.get_by_text("Your photo is on your pages.")).to_be_visible()
    expect(ben.get_by_label("Your own colour")).to_be_hidden()
    ben.get_by_label("A colour of my own").check()
    ben.get_by_label("Your own colour").fill(SUN)
    ben.get_by_role("button", name="Show how it looks").tap()
    expect(ben.get_by_text("A darker tone by day")).to_be_visible()
    seen.look("a colour before it is saved")
    ben.get_by_role("button", name="Save the colour").tap()
    expect(ben.get_by_text("Your pages and mails have this colour")).to_be_visible()

    ben.goto(settings)
    ben.get_by_role("link", name="Words").tap()
    expect(walks.heading(ben)).to_have_text("Words")
    ben.get_by_label("Words of my own").check()
    expect(ben.get_by_label("Who comes")).to_be_visible()
    ben.get_by_label("Appointments to patients").check()
    expect(ben.get_by_label("Who comes")).to_be_hidden()
    ben.get_by_role("button", name="Show how it reads").tap()
    expect(ben.get_by_text("Book an appointment")).to_be_visible()
    seen.look("words before they are saved")
    ben.get_by_role("button", name="Save", exact=True).tap()
    expect(ben.get_by_text("Appointment and patient")).to_be_visible()

    phone.goto(f"{stack.coach_page('ben')}/")
    expect(phone.get_by_role("heading", name="Appointments", exact=True)).to_be_visible()
    pictures = phone.locator("img.avatar")
    assert pictures.evaluate_all("all => all.map(one => one.naturalWidth)") == [480, 480]
    found.look("the page with photo and colour")
    phone.get_by_role("link", name="First talk").first.tap()
    expect(walks.heading(phone)).to_have_text("First talk")
    found.look("free times in the coach's colour")
    phone.goto(f"{stack.coach_page('ben')}/my/sign-in/")
    press = phone.get_by_role("button", name="Mail me a code")
    expect(press).to_have_css("background-color", BY_DAY)
    expect(phone.get_by_text("Your appointments, balances")).to_be_visible()
    found.look("signing in")

    ben.goto(f"{settings}brand/")
    ben.get_by_role("button", name="Take it off").tap()
    expect(ben.get_by_text("Your photo is taken off")).to_be_visible()
    phone.goto(f"{stack.coach_page('ben')}/")
    expect(phone.locator("img.avatar")).to_have_count(0)
    expect(walks.heading(phone)).to_be_visible()
    seen.none()
    found.none()
