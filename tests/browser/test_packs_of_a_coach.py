"""A coach on a phone: answers requests, closes days, sells and changes packs, and reads what clients read."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import pack_walks, walks
from tests.browser.findings import Findings
from tests.browser.pack_walks import DAYS_AHEAD, FIVE, TEN, UNDO_SECONDS, balance_words, expect_left
from tests.browser.stack import Stack

AsPaula = Callable[..., Page]
pytestmark = pytest.mark.usefixtures("paula")


def test_requests_are_accepted_and_declined_on_today(phone: Page, as_paula: AsPaula, stack: Stack) -> None:
    accepted = ask(phone, stack, day=DAYS_AHEAD)
    asked = phone.url
    coach = as_paula()
    found = Findings(coach)
    coach.goto(today(stack))
    found.look("Today with a request")
    request_of(coach, accepted).get_by_role("button", name="Accept").tap()
    expect(request_of(coach, accepted)).to_have_count(0)
    phone.goto(asked)
    walks.reload_until(phone, phone.get_by_role("heading", name="You are booked"))

    declined = ask(phone, stack, day=DAYS_AHEAD + 1)
    asked = phone.url
    coach.goto(today(stack))
    request_of(coach, declined).get_by_role("link", name="Decline").tap()
    expect(walks.heading(coach)).to_contain_text("Decline")
    found.look("declining")
    coach.get_by_role("button", name="Decline the request").tap()
    expect(request_of(coach, declined)).to_have_count(0)
    phone.goto(asked)
    walks.reload_until(phone, phone.get_by_text(re.compile("declined|could not accept|not accepted", re.I)))
    found.none()


def ask(client: Page, stack: Stack, *, day: int) -> str:
    """A request with an authorised card; the client's name."""
    name, email = walks.new_client()
    walks.open_times(client, stack, pack_walks.SLUG, "match-analysis")
    pack_walks.choose_day(client, day)
    walks.times(client).first.tap()
    expect(walks.heading(client)).to_have_text("Ask for this time")
    walks.give_details(client, name, email)
    client.get_by_role("button", name=re.compile("^Authorise €80.00")).tap()
    client.wait_for_url("**/c/pay/**")
    walks.pay(client)
    expect(walks.heading(client)).to_have_text("You asked for this time")
    expect(client.get_by_text("Nothing has been taken")).to_be_visible()
    found = Findings(client)
    found.look("asked")
    found.none()
    return name


def request_of(coach: Page, name: str) -> Locator:
    return coach.locator("article", has_text=f"{name} asks for")


def test_a_session_of_today_is_marked_with_one_tap_and_taken_back(
    phone: Page, as_paula: AsPaula, stack: Stack
) -> None:
    """The words beside the buttons say what each does; what was pressed shows at the client's at once."""
    name, _ = pack_walks.buy(phone, stack)
    pack = phone.url
    pack_walks.book_with_unit(phone)
    pack_walks.let_it_come_near(phone, stack)

    coach = as_paula()
    found = Findings(coach)
    coach.goto(today(stack))
    card = coach.locator("article", has_text=name)
    expect(card).to_contain_text("Weather: 1 session goes back")
    found.look("Today with a session")
    card.get_by_role("button", name="Weather").tap()
    expect(card).to_contain_text("Being called off")
    found.look("Today, being called off")
    card.get_by_role("button", name="Undo").tap()
    expect(card.get_by_role("button", name="Weather")).to_be_visible()

    card.get_by_role("button", name="Weather").tap()
    expect(card.get_by_role("button", name="Undo")).to_be_visible()
    stack.let_pass(UNDO_SECONDS)
    phone.goto(pack)
    pack_walks.come_to_be_left(phone, 10)
    expect(phone.locator(".balance-lines")).to_contain_text("weather")
    found.none()


def test_a_missed_session_counts_as_used_on_both_sides(phone: Page, as_paula: AsPaula, stack: Stack) -> None:
    name, _ = pack_walks.buy(phone, stack)
    pack = phone.url
    pack_walks.book_with_unit(phone)
    pack_walks.let_it_come_near(phone, stack, minutes_before=-5)
    coach = as_paula()
    coach.goto(today(stack))
    card = coach.locator("article", has_text=name)
    card.get_by_role("button", name="No-show").tap()
    expect(card.get_by_text("Change how it went")).to_be_visible()
    phone.goto(pack)
    walks.reload_until(phone, phone.locator(".balance-lines", has_text="no-show"))
    expect_left(phone, 9)
    card.get_by_text("Change how it went").tap()
    card.get_by_role("button", name="Done").tap()
    expect(card.get_by_role("button", name="Done")).to_have_count(0)
    walks.reload_until(phone, phone.locator(".balance-lines", has_text="1 used"))


def test_a_day_is_closed_as_its_preview_said(phone: Page, as_paula: AsPaula, stack: Stack) -> None:
    name, _ = pack_walks.buy(phone, stack)
    pack = phone.url
    day = pack_walks.book_on(phone, stack, DAYS_AHEAD + 4)

    coach = as_paula()
    found = Findings(coach)
    coach.goto(today(stack))
    coach.get_by_role("link", name="Close for weather").tap()
    expect(walks.heading(coach)).to_have_text("Close a day")
    found.look("close")
    coach.get_by_text("Another day, or a stretch").tap()
    coach.get_by_label("First day").fill(day)
    coach.get_by_role("button", name="Show what it means").tap()
    row = coach.locator("main li", has_text=name)
    expect(row).to_contain_text("1 session goes back")
    found.look("close, previewed")
    coach.get_by_role("button", name=re.compile("^Close .* back$")).tap()
    expect(walks.heading(coach)).to_contain_text("Closed:")
    expect(coach.locator("main li", has_text=name).get_by_role("button", name="Undo")).to_be_visible()
    found.look("closed")
    stack.let_pass(UNDO_SECONDS)
    phone.goto(pack)
    pack_walks.come_to_be_left(phone, 10)
    found.none()


def test_a_coach_moves_a_session_and_its_client_declines(
    phone: Page, as_paula: AsPaula, stack: Stack
) -> None:
    name, _ = pack_walks.buy(phone, stack)
    pack = phone.url
    day = pack_walks.book_on(phone, stack, DAYS_AHEAD)
    booking = phone.url

    coach = as_paula()
    found = Findings(coach)
    open_client(coach, stack, name)
    coach.locator("section", has=coach.locator("#next")).locator("a.row").tap()
    expect(coach.get_by_role("link", name="Move", exact=True)).to_be_visible()
    found.look("session")
    coach.get_by_role("link", name="Move", exact=True).tap()
    coach.get_by_label("Day").fill(day)
    coach.get_by_label("Time").fill(pack_walks.an_evening())
    expect(walks.heading(coach)).to_contain_text("Move")
    found.look("move")
    coach.get_by_role("button", name="Move it").tap()
    expect(coach.get_by_text("Moved by you").first).to_be_visible()
    found.none()

    phone.goto(booking)
    expect(phone.get_by_text("The time has changed")).to_be_visible()
    looks = Findings(phone)
    looks.look("moved by the coach")
    phone.get_by_role("link", name="Decline and get everything back").tap()
    expect(walks.heading(phone)).to_have_text("Decline the new time?")
    expect(phone.locator("main")).to_contain_text("1 session goes back to your pack")
    looks.look("declining the new time")
    phone.locator("main form button").tap()
    expect(walks.heading(phone)).to_have_text("Cancelled")
    stack.let_pass(UNDO_SECONDS)
    phone.goto(pack)
    pack_walks.come_to_be_left(phone, 10)
    looks.none()


def test_the_coach_reads_the_same_balance_as_the_client(phone: Page, as_paula: AsPaula, stack: Stack) -> None:
    name, _ = pack_walks.buy(phone, stack)
    pack = phone.url
    pack_walks.book_on(phone, stack, DAYS_AHEAD)
    phone.goto(pack)
    theirs = balance_words(phone).replace("You bought", f"{name} bought")
    assert "Balance: 9 of 10 sessions." in theirs
    coach = as_paula()
    open_client(coach, stack, name)
    assert balance_words(coach) == theirs
    coach.get_by_role("link", name=re.compile("^Statement, extend, correct")).tap()
    expect(coach.get_by_role("heading", name="Change it")).to_be_visible()
    assert balance_words(coach) == theirs
    found = Findings(coach)
    found.look("a client's pack")
    found.none()


def test_a_pack_is_sold_extended_and_corrected(phone: Page, as_paula: AsPaula, stack: Stack) -> None:
    name, _ = pack_walks.buy(phone, stack)
    coach = as_paula()
    found = Findings(coach)
    open_client(coach, stack, name)
    found.look("a client with a pack")
    coach.get_by_role("link", name="Sell a pack").tap()
    coach.get_by_role("link", name=re.compile(f"^{FIVE}")).tap()
    sell = coach.get_by_role("button", name="Sell it, to be paid later")
    expect(sell).to_be_visible()
    found.look("selling")
    sell.tap()
    expect(coach.get_by_role("heading", name="Not paid yet")).to_be_visible()
    expect_left(coach, 5, of=5)
    pay_link = coach.get_by_label("Page to pay it on").input_value()
    found.look("sold, not paid")
    sold = coach.url

    coach.get_by_role("link", name="Extend").tap()
    coach.get_by_role("link", name=re.compile("^\\+ 1 month")).tap()
    extend = coach.get_by_role("button", name="Extend it")
    expect(extend).to_be_visible()
    found.look("extending")
    extend.tap()
    expect(coach.locator(".balance")).to_contain_text("Valid until")

    coach.get_by_role("link", name="Correct", exact=True).tap()
    coach.get_by_text("Take away").tap()
    coach.get_by_label("How many").fill("3")
    coach.get_by_role("button", name="Show what it means").tap()
    expect(coach.get_by_text("Say why, so that you and your client can read it later.").first).to_be_visible()
    coach.get_by_label("Why").fill("Three lessons were given before")
    coach.get_by_role("button", name="Show what it means").tap()
    expect(coach.get_by_role("heading", name="Balance 5 → 2")).to_be_visible()
    found.look("correcting")
    coach.get_by_role("button", name="Correct it").tap()
    expect_left(coach, 2, of=5)
    expect(coach.locator(".balance-lines")).to_contain_text("Three lessons were given before")

    phone.goto(pay_link)
    expect_left(phone, 2, of=5)
    phone.get_by_role("button", name="Pay €240.00").tap()
    phone.wait_for_url("**/c/pay/**")
    walks.pay(phone)
    expect(phone.locator(".balance")).to_contain_text("paid €240.00 by card")
    coach.goto(sold)
    walks.reload_until(coach, coach.locator(".balance", has_text="paid €240.00 by card"))
    expect(coach.get_by_role("heading", name="Not paid yet")).to_have_count(0)

    coach.goto(f"{today(stack)}clients/balances/")
    expect(walks.heading(coach)).to_have_text("Balances")
    found.look("balances")
    for filtered in ("Low", "Expiring"):
        coach.get_by_role("link", name=filtered, exact=True).tap()
        expect(coach.get_by_role("link", name=filtered, exact=True)).to_have_attribute("aria-current", "true")
        rows = coach.locator("tbody tr")
        if filtered == "Low":
            expect(rows.filter(has_text=name).filter(has_text=FIVE)).to_have_count(1)
        expect(rows.filter(has_text=name).filter(has_text=TEN)).to_have_count(0)
    found.none()


def test_several_sessions_are_booked_as_their_preview_said(
    phone: Page, as_paula: AsPaula, stack: Stack
) -> None:
    """One of the dates is taken by somebody else: it is left out, with the reason."""
    name, _ = pack_walks.buy(phone, stack)
    coach = as_paula()
    open_client(coach, stack, name)
    first = stack.now().date() + timedelta(days=DAYS_AHEAD + 2)
    at = pack_walks.an_evening()
    plan(coach, first, at, count=2)
    coach.get_by_role("button", name="Book 2 sessions").tap()
    expect_left(coach, 8)

    plan(coach, first, at, count=3)
    left_out = coach.locator("form li").filter(has=coach.locator("strong"))
    expect(left_out).to_have_count(3)
    found = Findings(coach)
    found.look("a plan with dates left out")
    found.none()
    expect(coach.get_by_role("heading", name="Left out")).to_be_visible()
    coach.get_by_role("button", name="Book 1 session", exact=True).tap()
    expect_left(coach, 7)


def plan(coach: Page, first: object, at: str, *, count: int) -> None:
    coach.get_by_role("link", name="Book sessions").tap()
    coach.get_by_label("Session", exact=True).select_option(label="Lesson, 60 minutes")
    coach.get_by_label("First day").fill(str(first))
    coach.get_by_label("Time").fill(at)
    coach.get_by_label("How many").fill(str(count))
    coach.get_by_role("button", name="Show the dates").tap()


def test_another_rule_is_tried_on_what_was_called_off(phone: Page, as_paula: AsPaula, stack: Stack) -> None:
    name = pack_walks.book_by_card(phone, stack, DAYS_AHEAD)
    pack_walks.to_cancel(phone).tap()
    expect(walks.heading(phone)).to_have_text("Cancelled")
    stack.let_pass(UNDO_SECONDS)
    walks.reload_until(phone, phone.get_by_text("Back to your card"))

    coach = as_paula()
    coach.goto(f"{today(stack)}settings/cancelling/")
    coach.get_by_role("link", name="Try another rule").tap()
    expect(walks.heading(coach)).to_have_text("Try another rule")
    coach.get_by_label("Hours before the session").fill("168")
    coach.get_by_role("button", name="Try it").tap()
    expect(coach.get_by_role("heading", name="168 hours before")).to_be_visible()
    expect(coach.locator("main a.row", has_text=name)).to_contain_text("Would count as used")
    found = Findings(coach)
    found.look("another rule")
    found.none()
    coach.goto(f"{today(stack)}settings/cancelling/")
    expect(coach.get_by_label("Hours before the session")).to_have_value("24")


# --- on the coach's side ----------------------------------------------------------------------------


def today(stack: Stack) -> str:
    return f"{stack.central}/coach/{pack_walks.SLUG}/"


def open_client(coach: Page, stack: Stack, name: str) -> None:
    coach.goto(f"{today(stack)}clients/?q={name}")
    coach.locator("main a.row", has=coach.get_by_text(name, exact=True)).tap()
    expect(walks.heading(coach)).to_have_text(name)
