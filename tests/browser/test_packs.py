"""A client on a phone with a pack: bought, used in few taps, with a balance that says why."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser import pack_walks, walks
from tests.browser.findings import Findings
from tests.browser.pack_walks import DAYS_AHEAD, TEN, expect_left
from tests.browser.stack import Stack
from tests.browser.test_mishaps import press_twice, slow_down
from tests.browser.test_speed import MOST_BYTES, bytes_of
from tests.browser.test_ways_to_book import press
from tests.browser.visitors import Visitors, find_network, lose_network

TAPS_FROM_THE_LINK = 3
LEAST_HEIGHT = 44
pytestmark = pytest.mark.usefixtures("paula")


def test_a_pack_is_bought_with_its_rules_in_view_and_used_in_three_taps(phone: Page, stack: Stack) -> None:
    found = Findings(phone)
    phone.goto(stack.coach_page(pack_walks.SLUG))
    found.look("the coach's page with packs")
    expect(phone.get_by_role("link", name=re.compile("^Indoor lesson"))).to_contain_text(
        "plus Indoor court €15.00"
    )
    phone.get_by_role("link", name=f"Buy {TEN}").tap()
    rule = phone.get_by_text("Cancel at least 24 hours before a session begins")
    field = phone.get_by_label("Your name")
    assert top_of(rule) < top_of(field)
    found.look("the pack on offer")
    walks.give_details(phone, *walks.new_client())
    phone.get_by_label("I have read these rules").check()
    phone.get_by_role("button", name=re.compile("^Pay .*450.00$")).tap()
    phone.wait_for_url("**/c/pay/**")
    walks.pay(phone)

    expect_left(phone, 10)
    expect(phone.locator(".balance")).to_contain_text(f"You bought {TEN} on")
    expect(phone.locator(".balance")).to_contain_text("paid €450.00 by card")
    found.look("the pack")
    pack = phone.url

    phone.goto(pack)
    taps = walks.Taps()
    pack_walks.choose_day(phone, DAYS_AHEAD, taps)
    taps.tap(walks.times(phone).first)
    expect(phone.get_by_text("Uses 1, leaves 9")).to_be_visible()
    found.look("booking with the pack")
    taps.tap(phone.get_by_role("button", name="Use 1 session and book"))
    walks.expect_booked(phone)
    assert taps.count <= TAPS_FROM_THE_LINK
    expect_left(phone, 9, after=True)
    expect(phone.locator(".balance-lines")).to_contain_text("this booking")
    found.look("booked with the pack")
    found.none()


def top_of(what: object) -> float:
    box = what.bounding_box()  # type: ignore[attr-defined]
    assert box
    return float(box["y"])


def test_a_pack_can_be_bought_inside_a_booking(phone: Page, stack: Stack) -> None:
    """One payment: the pack's price, and the session is booked with its first unit."""
    walks.open_times(phone, stack, pack_walks.SLUG, "lesson")
    pack_walks.choose_day(phone, DAYS_AHEAD)
    walks.choose_time(phone)
    found = Findings(phone)
    found.look("what to pay")
    phone.locator("label.choice", has_text=f"Buy {TEN}").tap()
    expect(phone.get_by_role("button", name="Pay €450.00 and book")).to_be_visible()
    expect(phone.get_by_role("button", name="Pay €50.00 and book")).to_be_hidden()
    found.look("a pack chosen")
    walks.give_details(phone, *walks.new_client())
    phone.get_by_label("I have read these rules").locator("visible=true").check()
    phone.get_by_role("button", name="Pay €450.00 and book").tap()
    phone.wait_for_url("**/c/pay/**")
    expect(phone.get_by_text("450.00").first).to_be_visible()
    walks.pay(phone)
    walks.expect_booked(phone)
    expect_left(phone, 9, after=True)
    expect(phone.locator("main")).to_contain_text("paid €450.00 by card")
    found.none()


def test_what_is_always_paid_beside_a_unit_goes_to_the_card(phone: Page, stack: Stack) -> None:
    pack_walks.buy(phone, stack)
    phone.get_by_role("link", name=re.compile("^Indoor lesson")).tap()
    phone.wait_for_url("**/for/indoor-lesson/**")
    pack_walks.choose_day(phone, DAYS_AHEAD)
    walks.times(phone).first.tap()
    button = phone.get_by_role("button", name="Use 1 session, pay €15.00 and book")
    expect(button).to_be_visible()
    phone.locator("label.choice", has_text="Racket").tap()
    button = phone.get_by_role("button", name="Use 1 session, pay €18.00 and book")
    expect(button).to_be_visible()
    found = Findings(phone)
    found.look("a unit and extras")
    found.none()
    button.tap()
    phone.wait_for_url("**/c/pay/**")
    walks.pay(phone)
    walks.expect_booked(phone)
    expect_left(phone, 9, after=True)


def test_what_is_chosen_before_the_scripts_are_there_counts_when_they_are(phone: Page, stack: Stack) -> None:
    pack_walks.buy(phone, stack)
    phone.get_by_role("link", name=re.compile("^Indoor lesson")).tap()
    phone.wait_for_url("**/for/indoor-lesson/**")
    pack_walks.choose_day(phone, DAYS_AHEAD)
    on_their_way = list[Route]()
    phone.route("**/htmx*.js", lambda script: on_their_way.append(script))
    walks.times(phone).first.tap(no_wait_after=True)
    phone.locator("label.choice", has_text="Racket").tap()
    expect(phone.get_by_role("checkbox", name="Racket")).to_be_checked()
    expect(phone.get_by_role("button", name="Use 1 session, pay €15.00 and book")).to_be_visible()
    for script in on_their_way:
        script.continue_()
    expect(phone.get_by_role("button", name="Use 1 session, pay €18.00 and book")).to_be_visible()


def test_by_keyboard_alone(visitors: Visitors, stack: Stack) -> None:
    client = visitors.desk()
    name, email = walks.new_client()
    client.goto(f"{stack.coach_page(pack_walks.SLUG)}/packs/10-session-pack/")
    press(client, "", on=client.get_by_label("Your name"))
    client.keyboard.type(name)
    client.keyboard.press("Tab")
    client.keyboard.type(email)
    press(client, "Space", on=client.get_by_label("I have read these rules"))
    press(client, "Enter", on=client.get_by_role("button", name=re.compile("^Pay ")))
    client.wait_for_url("**/c/pay/**")
    press(client, "Space", on=client.get_by_label(re.compile("^Succeeds .Visa")))
    press(client, "Enter", on=client.locator("button.main"))
    expect_left(client, 10)
    walks.settle(client)
    press(client, "Enter", on=walks.times(client).nth(1))
    press(client, "Enter", on=client.get_by_role("button", name="Use 1 session and book"))
    walks.expect_booked(client)
    expect_left(client, 9, after=True)


def test_whoever_presses_twice_uses_one_session(visitors: Visitors, stack: Stack) -> None:
    client = visitors.phone()
    pack_walks.buy(client, stack)
    pack = client.url
    pack_walks.choose_day(client, DAYS_AHEAD)
    walks.times(client).first.tap()
    button = client.get_by_role("button", name="Use 1 session and book")
    expect(button).to_be_visible()
    slow_down(client)
    press_twice(button)
    walks.expect_booked(client)
    expect_left(client, 9, after=True)
    client.reload()
    walks.expect_booked(client)
    expect_left(client, 9, after=True)
    client.go_back()
    client.goto(pack)
    expect_left(client, 9)


def test_back_from_a_booked_session_books_nothing_again(phone: Page, stack: Stack) -> None:
    pack_walks.buy(phone, stack)
    pack = phone.url
    pack_walks.book_on(phone, stack, DAYS_AHEAD)
    phone.go_back()
    again = phone.get_by_role("button", name="Use 1 session and book")
    if again.count():
        again.tap()
    walks.expect_booked(phone)
    phone.goto(pack)
    expect_left(phone, 9)


def test_without_a_network_nothing_is_used(visitors: Visitors, stack: Stack) -> None:
    client = visitors.phone()
    pack_walks.buy(client, stack)
    pack_walks.choose_day(client, DAYS_AHEAD)
    walks.times(client).first.tap()
    button = client.get_by_role("button", name="Use 1 session and book")
    expect(button).to_be_visible()
    # What is still on its way would fail, too.
    client.wait_for_load_state("networkidle")
    lose_network(client)
    button.tap()
    expect(client.get_by_role("alert")).to_contain_text("You are offline")
    find_network(client)
    button.tap()
    walks.expect_booked(client)
    expect_left(client, 9, after=True)


def test_the_statement_is_a_page_and_a_document(phone: Page, stack: Stack, tmp_path: Path) -> None:
    pack_walks.buy(phone, stack)
    pack_walks.book_on(phone, stack, DAYS_AHEAD)
    phone.get_by_role("link", name="Open your pack").tap()
    phone.get_by_role("link", name="Every change, as a statement").tap()
    expect_left(phone, 9)
    found = Findings(phone)
    found.look("statement")
    found.none()
    with phone.expect_download() as download:
        phone.get_by_role("link", name="As a PDF").tap()
    file = tmp_path / "statement.pdf"
    download.value.save_as(file)
    content = file.read_bytes()
    assert content.startswith(b"%PDF")
    assert len(content) > 5_000


def test_the_link_in_the_mail_opens_all_that_its_client_may_do(phone: Page, stack: Stack) -> None:
    _, email = pack_walks.buy(phone, stack)
    link = pack_walks.mailed_link(phone, stack, email, subject=TEN, link="/p/")
    phone.goto(link)
    expect_left(phone, 10)
    found = Findings(phone)
    phone.get_by_role("link", name="Book several").tap()
    expect(walks.heading(phone)).to_have_text("Book several")
    found.look("several")
    phone.get_by_label("First on").fill(f"{stack.now() + timedelta(days=DAYS_AHEAD):%Y-%m-%d}")
    phone.get_by_label("At", exact=True).fill(pack_walks.an_evening())
    phone.get_by_role("button", name="Show the plan").tap()
    book = phone.get_by_role("button", name="Book 4 sessions")
    expect(book).to_be_visible()
    found.look("several, planned")
    book.tap()
    expect(walks.heading(phone)).to_have_text(re.compile("sessions booked$"))
    found.look("several, booked")
    phone.goto(link)
    phone.get_by_role("link", name="Pass some on").tap()
    expect(walks.heading(phone)).to_have_text("Pass some on")
    found.look("pass on")
    name, email = walks.new_client()
    phone.get_by_label("Their name").fill(name)
    phone.get_by_label("Their e-mail").fill(email)
    phone.get_by_label("How many").fill("2")
    phone.get_by_role("button", name="Continue").tap()
    expect(walks.heading(phone)).to_have_text("Pass on 2 sessions?")
    found.look("pass on, once more")
    phone.get_by_role("button", name="Pass on 2 sessions").tap()
    expect_left(phone, 4)
    expect(phone.locator(".balance-lines")).to_contain_text(f"passed on to {name}")
    found.none()


def test_what_a_thumb_presses_is_large_enough(phone: Page, stack: Stack) -> None:
    pack_walks.buy(phone, stack)
    pack = phone.url
    assert_large(phone, "main button, main a.button, #days a")
    pack_walks.choose_day(phone, DAYS_AHEAD)
    walks.times(phone).first.tap()
    expect(phone.get_by_role("button", name="Use 1 session and book")).to_be_visible()
    assert_large(phone, "main button, main a.button")
    phone.get_by_role("button", name="Use 1 session and book").tap()
    walks.expect_booked(phone)
    pack_walks.to_cancel(phone)
    assert_large(phone, "main button")
    phone.goto(f"{stack.coach_page(pack_walks.SLUG)}/packs/10-session-pack/")
    assert_large(phone, "main button, main label:has(input)")
    phone.goto(pack)


def assert_large(page: Page, what: str) -> None:
    # Until the styles are there, everything is small.
    page.wait_for_load_state()
    shown = [one for one in page.locator(what).all() if one.is_visible()]
    assert shown
    small = {one.inner_text(): one.bounding_box() for one in shown}
    assert not {words: box for words, box in small.items() if box and box["height"] < LEAST_HEIGHT}


def test_the_coachs_page_with_packs_is_light(phone: Page, stack: Stack) -> None:
    received = bytes_of(phone)
    phone.goto(stack.coach_page(pack_walks.SLUG), wait_until="networkidle")
    expect(phone.get_by_role("link", name=f"Buy {TEN}")).to_be_visible()
    assert 0 < sum(received) < MOST_BYTES
