"""From nothing to the first earnings, by hand on a small phone: the coach's side and the client's."""

import re
import time

from playwright.sync_api import Page, expect

from tests.browser import walks
from tests.browser.findings import Findings
from tests.browser.stack import Stack
from tests.browser.visitors import Visitors

FOUR_WORDS = "four words on paper"
CODE = re.compile(r"^\s*([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})\s*$", re.MULTILINE)
MINUTES_OF_SET_UP = 5
TAPS_BEFORE_THE_CARD = 5


def test_a_coach_signs_up_and_a_client_pays_for_the_first_session(visitors: Visitors, stack: Stack) -> None:
    coach, client = visitors.phone(), visitors.phone()
    found, name = Findings(coach), walks.another("Nora Lake")
    slug = name.lower().replace(" ", "-")
    email = f"{slug}@example.org"
    sign_up(coach, stack, found, email)
    name_the_page(coach, found, name, slug)
    set_up(coach, name)
    found.none()
    link = coach.get_by_label("Link to share").input_value()
    assert link.rstrip("/") == stack.coach_page(slug)
    coach.get_by_role("button", name="I have shared it").click()
    expect(coach.get_by_role("heading", name="Ready for your first paid session")).to_have_count(0)

    start = book_and_pay(client, link)

    own = f"{stack.central}/coach/{slug}/"
    see_the_session(coach, own, start)
    see_the_earnings(coach, own)
    read_the_mails(coach, stack, email)


def sign_up(coach: Page, stack: Stack, found: Findings, email: str) -> None:
    coach.goto(stack.central)
    coach.get_by_role("link", name="Create your page").first.click()
    coach.get_by_label("E-mail").fill(email)
    coach.get_by_label("Password").fill(FOUR_WORDS)
    coach.get_by_role("button", name="Continue").click()
    expect(walks.heading(coach)).to_have_text("Type the code from the mail")
    found.look("code")
    coach.get_by_label("Code from the mail").fill(mailed_code(coach, stack, email))
    coach.get_by_role("button", name="Confirm").click()
    expect(walks.heading(coach)).to_have_text("Create your page")


def mailed_code(coach: Page, stack: Stack, email: str) -> str:
    """Read in the mailbox, in a second tab as people do."""
    tab = coach.context.new_page()
    tab.goto(f"{stack.central}/mailbox/?to={email}")
    row = tab.locator("ul.rows a.row").first
    walks.reload_until(tab, row)
    row.click()
    found = CODE.search(tab.locator("pre").inner_text())
    assert found, tab.locator("pre").inner_text()
    tab.close()
    return found[1]


def name_the_page(coach: Page, found: Findings, name: str, slug: str) -> None:
    """The address is made from the name, and whether it is free is said while it is typed."""
    # The address is made by a script.
    coach.wait_for_load_state()
    address, state = coach.get_by_label("Address of your page"), coach.locator("#address-state")
    coach.get_by_label("Your name").press_sequentially("Anna")
    expect(address).to_have_value("anna")
    expect(state).to_contain_text("anna belongs to another coach.")
    found.look("address that is taken")
    coach.get_by_label("Your name").fill(name)
    expect(address).to_have_value(slug)
    expect(state).to_contain_text(f"{slug} is free.")
    expect(coach.get_by_label("Time zone")).to_have_value("Europe/Berlin")
    coach.get_by_label("Country").select_option("DE")
    coach.get_by_role("button", name="Create my page").click()
    coach.wait_for_url(f"**/coach/{slug}/")
    found.look("first look at Today")


def set_up(coach: Page, name: str) -> None:
    """The list on Today, from top to bottom."""
    began = time.monotonic()
    coach.get_by_label("60-minute session, price in EUR").fill("80")
    coach.get_by_role("button", name="Offer it").click()
    coach.get_by_role("button", name="These are my hours").click()
    coach.get_by_role("button", name="Use this rule").click()
    coach.get_by_role("button", name="Connect Stripe").click()
    expect(walks.heading(coach)).to_have_text(f"Set up payments for {name}")
    coach.get_by_role("button", name="Give everything and finish").click()
    expect(coach.get_by_text("Stripe is connected.").first).to_be_visible()
    coach.get_by_role("link", name="Today").first.click()
    assert time.monotonic() - began < MINUTES_OF_SET_UP * 60


def book_and_pay(client: Page, link: str) -> str:
    """Returns the start that the client chose, as the button said it."""
    client.goto(link)
    expect(walks.heading(client)).to_have_text("Book a session")
    taps = walks.Taps()
    chosen = walks.times(client).first
    start = walks.clock_of(chosen)
    taps.tap(chosen)
    expect(walks.heading(client)).to_have_text("Your details")
    expect(client.get_by_text("80.00").first).to_be_visible()
    walks.give_details(client, "Cleo Reed", "cleo.reed@example.org")
    taps.tap(client.get_by_role("button", name=re.compile("^Pay .*80.* and book$")))
    client.wait_for_url("**/c/pay/**")
    assert taps.count <= TAPS_BEFORE_THE_CARD
    walks.pay(client)
    walks.expect_booked(client)
    expect(client.get_by_text("cleo.reed@example.org")).to_be_visible()
    expect(client.get_by_role("link", name="Calendar file")).to_be_visible()
    return start


def see_the_session(coach: Page, own: str, start: str) -> None:
    coach.goto(own)
    row = coach.locator("main a.row", has_text="Cleo Reed")
    expect(row).to_contain_text(start)
    row.click()
    expect(coach.get_by_text("Cleo Reed").first).to_be_visible()


def see_the_earnings(coach: Page, own: str) -> None:
    coach.goto(f"{own}money/")
    line = coach.locator("#lines").locator("xpath=..").locator("tbody tr")
    expect(line).to_have_count(1)
    expect(line).to_contain_text("Cleo Reed")
    expect(line).to_contain_text("80.00")
    expect(line).to_contain_text("free session 1 of 10")


def read_the_mails(coach: Page, stack: Stack, email: str) -> None:
    for address, words in (("cleo.reed@example.org", "Confirmed: Session"), (email, "Cleo Reed")):
        coach.goto(f"{stack.central}/mailbox/?to={address}")
        walks.reload_until(coach, coach.locator("ul.rows a.row", has_text=words))
