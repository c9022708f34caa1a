"""What Paula's clients do with packs, step by step, as tests say it."""

import re
from datetime import datetime, timedelta
from itertools import count
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, expect

from tests.browser import walks
from tests.browser.stack import Stack

SLUG = "paula"
TEN, FIVE = "10-session pack", "5-session pack"
UNDO_SECONDS = 61
TOMORROW = 1
_evenings = count(21, -1)
DAYS_AHEAD = 3  # a day for which cancelling is free for long yet


def order(page: Page, stack: Stack, *, name: str, email: str, pack: str = TEN) -> None:
    """From the coach's page to Stripe's."""
    page.goto(stack.coach_page(SLUG))
    page.get_by_role("link", name=f"Buy {pack}").tap()
    walks.give_details(page, name, email)
    page.get_by_label("I have read these rules").check()
    page.get_by_role("button", name=re.compile("^Pay ")).tap()
    page.wait_for_url("**/c/pay/**")


def buy(page: Page, stack: Stack, *, pack: str = TEN) -> tuple[str, str]:
    """A new client with a paid pack, on the pack's page; their name and address."""
    name, email = walks.new_client()
    order(page, stack, name=name, email=email, pack=pack)
    walks.pay(page)
    expect(headline(page)).to_contain_text("Balance:")
    walks.settle(page)
    return name, email


def headline(page: Page) -> Locator:
    return page.locator(".balance-headline")


def expect_left(page: Page, left: int, of: int = 10, *, after: bool = False) -> None:
    opening = "Balance after this booking" if after else "Balance"
    expect(headline(page)).to_have_text(f"{opening}: {left} of {of} sessions.")


def come_to_be_left(page: Page, left: int, of: int = 10) -> None:
    """As `expect_left`, for what a worker does in a moment."""
    walks.reload_until(page, page.get_by_text(f"Balance: {left} of {of} sessions."))


def choose_day(page: Page, number: int, taps: walks.Taps | None = None) -> str:
    """The day that many days from today, by its tile; its date, as in an address."""
    walks.settle(page)
    tile = page.locator("#days a").nth(number)
    address = tile.get_attribute("href") or ""
    (taps or walks.Taps()).tap(tile)
    expect(page.locator("#days a").nth(number)).to_have_attribute("aria-current", re.compile("."))
    expect(page.locator("#chosen-day")).to_be_focused()
    return parse_qs(urlsplit(address).query)["day"][0]


def an_evening() -> str:
    """A time of day that no other caller of this run has had. The first free ones are far from it."""
    return f"{next(_evenings)}:00"


def starts_at(slot: Locator) -> datetime:
    value = slot.get_attribute("value")
    assert value
    return datetime.fromisoformat(value)


def first_after(page: Page, moment: datetime) -> Locator:
    """The first of the shown times that begins then or later."""
    return next(slot for slot in walks.times(page).all() if starts_at(slot) >= moment)


def book_with_unit(page: Page, taps: walks.Taps | None = None, slot: Locator | None = None) -> None:
    """One of the shown times, with the pack: the page says what is left before the press."""
    taps = taps or walks.Taps()
    taps.tap(slot or walks.times(page).first)
    press = page.get_by_role("button", name=re.compile("^Use 1 session"))
    expect(press).to_be_visible()
    taps.tap(press)
    walks.expect_booked(page)


def let_it_come_near(page: Page, stack: Stack, *, minutes_before: int = 30) -> None:
    """Close to the session whose page this is: how far that is depends on who booked before."""
    starts = page.locator("main time[datetime*=T]").first.get_attribute("datetime")
    assert starts is not None
    ahead = datetime.fromisoformat(starts) - timedelta(minutes=minutes_before) - stack.now()
    stack.let_pass(max(int(ahead.total_seconds()), 1))


def book_on(page: Page, stack: Stack, number: int, *, hours_ahead: float = 0) -> str:
    """With the pack whose page this is, so many days from today; the date."""
    day = choose_day(page, number)
    slot = first_after(page, stack.now() + timedelta(hours=hours_ahead)) if hours_ahead else None
    book_with_unit(page, slot=slot)
    return day


def book_by_card(page: Page, stack: Stack, number: int) -> str:
    """A lesson so many days from today, paid alone; the client's name."""
    name, email = walks.new_client()
    walks.open_times(page, stack, SLUG, "lesson")
    choose_day(page, number)
    walks.choose_time(page)
    walks.give_details(page, name, email)
    walks.go_to_pay(page)
    walks.pay(page)
    walks.expect_booked(page)
    return name


def to_cancel(page: Page) -> Locator:
    """The page that says what cancelling means; the press on it."""
    page.get_by_role("link", name="Cancel this session").tap()
    expect(walks.heading(page)).to_have_text("Cancel this session?")
    return page.locator("main form button")


def mailed_link(page: Page, stack: Stack, email: str, *, subject: str, link: str) -> str:
    """The shortest address in a mail that contains these words: of a thing itself, not of its papers."""
    tab = page.context.new_page()
    tab.goto(f"{stack.central}/mailbox/?to={email}")
    row = tab.locator("ul.rows a.row", has_text=subject)
    walks.reload_until(tab, row)
    row.first.click()
    text = tab.locator("pre").inner_text()
    tab.close()
    found = [word for word in text.split() if link in word and word.startswith("http")]
    assert found, text
    return min(found, key=len)


def balance_words(page: Page) -> str:
    """What stands there of the balance, whatever the layout."""
    return " ".join((page.locator(".balance").text_content() or "").split())
