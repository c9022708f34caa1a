"""A client's own pages on a phone: in by a mailed code, and from there everything that is theirs."""

import json
import re
import zipfile

import pytest
from playwright.sync_api import Page, expect

from tests.browser import pack_walks, walks
from tests.browser.findings import Findings
from tests.browser.stack import Stack

PAGES = ("sessions/", "packs/", "payments/", "papers/", "profile/", "calendar/", "data/", "data/erase/")


@pytest.fixture
def client(phone: Page, stack: Stack) -> tuple[str, str]:
    """Somebody with a session of next week, and an invoice that is open."""
    name, email = walks.new_client()
    walks.open_times(phone, stack, "anna", "video-review")
    pack_walks.choose_day(phone, pack_walks.DAYS_AHEAD)
    walks.choose_time(phone)
    walks.give_details(phone, name, email)
    walks.go_to_pay(phone)
    walks.pay(phone)
    walks.expect_booked(phone)
    stack.run("-m", "tests.browser.invoiced", name, email)
    return name, email


def mailed_code(page: Page, stack: Stack, email: str) -> str:
    """From the subject of the newest mail."""
    tab = page.context.new_page()
    tab.goto(f"{stack.central}/mailbox/?to={email}")
    row = tab.locator("ul.rows a.row", has_text="is your code for")
    walks.reload_until(tab, row)
    found = re.search(r"\d{3} \d{3}", row.first.inner_text())
    tab.close()
    assert found
    return found[0]


def rows_of_the_way_around(phone: Page) -> int:
    """On how many lines the links between one's own pages stand."""
    links = phone.get_by_role("navigation", name="Your pages").get_by_role("link").all()
    assert len(links) >= 5
    return len({round(box["y"]) for each in links if (box := each.bounding_box())})


def test_from_the_mailed_code_to_signing_out(phone: Page, stack: Stack, client: tuple[str, str]) -> None:
    (name, email), found = client, Findings(phone)
    phone.get_by_role("link", name="Your own pages", exact=True).tap()
    expect(walks.heading(phone)).to_have_text("Your own pages")
    found.look("sign in")
    phone.get_by_label("Your e-mail address").fill(email)
    phone.get_by_role("button", name="Mail me a code").tap()
    expect(walks.heading(phone)).to_have_text("Look into your mail")
    found.look("the code")
    phone.get_by_label("The code from the mail").fill("000 000")
    phone.get_by_role("button", name="Sign in").tap()
    expect(phone.locator("main")).to_contain_text("4 more tries")
    phone.get_by_label("The code from the mail").fill(mailed_code(phone, stack, email))
    phone.get_by_role("button", name="Sign in").tap()
    expect(walks.heading(phone)).to_have_text(f"Hello, {name}")
    found.look("home")

    move_the_session(phone)
    pay_what_is_open(phone, stack)
    for path in PAGES:
        phone.goto(f"{stack.coach_page('anna')}/my/{path}")
        expect(walks.heading(phone)).to_be_visible()
        assert rows_of_the_way_around(phone) == 2
        found.look(path)
    take_the_data_along(phone, stack, email)

    phone.goto(f"{stack.coach_page('anna')}/my/profile/")
    phone.get_by_role("button", name="Sign out", exact=True).tap()
    expect(phone.get_by_text("You are signed out.")).to_be_visible()
    phone.goto(f"{stack.coach_page('anna')}/my/")
    expect(walks.heading(phone)).to_have_text("Your own pages")
    found.none()


def move_the_session(phone: Page) -> None:
    phone.get_by_role("link", name=re.compile("^Move")).first.tap()
    expect(walks.times(phone).first).to_be_visible()
    pack_walks.choose_day(phone, pack_walks.DAYS_AHEAD + 1)
    walks.times(phone).first.tap()
    expect(walks.heading(phone)).to_have_text("Move this session?")
    phone.get_by_role("button", name="Move the session").tap()
    walks.expect_booked(phone)


def pay_what_is_open(phone: Page, stack: Stack, what: str = "Training plan", amount: str = "20.00") -> None:
    phone.goto(f"{stack.coach_page('anna')}/my/")
    phone.get_by_role("link", name=re.compile(what)).first.tap()
    expect(walks.heading(phone)).to_have_text(re.compile("payment|Pay early"))
    phone.get_by_role("button", name=re.compile(f"^Pay .*{amount}")).tap()
    phone.wait_for_url("**/c/pay/**")
    walks.pay(phone)
    expect(walks.heading(phone)).to_have_text("All paid")
    phone.goto(f"{stack.coach_page('anna')}/my/")
    expect(phone.get_by_role("link", name=re.compile(f"{what}.*{amount}"))).to_have_count(0)


def take_the_data_along(phone: Page, stack: Stack, email: str) -> None:
    phone.goto(f"{stack.coach_page('anna')}/my/data/")
    with phone.expect_download() as download:
        phone.get_by_role("link", name="Download everything").tap()
    with zipfile.ZipFile(download.value.path()) as file:
        tables = json.loads(file.read("own-data.json"))
    assert tables["profile"][0]["email"] == email
    assert len(tables["sessions"]) == 1
