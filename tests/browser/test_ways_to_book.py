"""The client's path by keyboard, without scripts, for nothing, and with as few taps as there should be."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser import walks
from tests.browser.stack import Stack
from tests.browser.visitors import Visitors

MOST_TABS = 60
TAPS_FOR_FREE = 4
TAPS_BEFORE_THE_CARD = 6  # with several session types to choose from


def test_by_keyboard_alone(visitors: Visitors, stack: Stack) -> None:
    client = visitors.desk()
    name, email = walks.new_client()
    client.goto(stack.coach_page("anna"))
    press(client, "Enter", on=client.get_by_role("link", name=re.compile("^Video review")))
    expect(walks.times(client).first).to_be_visible()
    press(client, "Enter", on=walks.times(client).first)
    walks.expect_details(client)
    press(client, "", on=client.get_by_label("Your name"))
    client.keyboard.type(name)
    client.keyboard.press("Tab")
    client.keyboard.type(email)
    press(client, "Enter", on=client.get_by_role("button", name=re.compile("^Pay ")))
    client.wait_for_url("**/c/pay/**")
    press(client, "Space", on=client.get_by_label(re.compile("^Succeeds .Visa")))
    press(client, "Enter", on=client.locator("button.main"))
    walks.expect_booked(client)


def press(page: Page, key: str, *, on: Locator) -> None:
    """Go there with the Tab key, see the focus on it, and press the key, if any."""
    # Without the styles no focus shows.
    page.wait_for_load_state()
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if on.evaluate("element => element === document.activeElement"):
            break
    expect(on).to_be_focused()
    assert is_marked(on)
    if key:
        page.keyboard.press(key)


def is_marked(element: Locator) -> bool:
    """Whether the focus can be seen, and nothing that sticks to the screen covers it."""
    marked: bool = element.evaluate(
        """element => {
            const ring = getComputedStyle(element), box = element.getBoundingClientRect();
            const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
            const top = document.elementFromPoint(x, y);
            return ring.outlineStyle !== "none" && parseFloat(ring.outlineWidth) >= 2
                && top !== null && (element.contains(top) || top.contains(element));
        }"""
    )
    # The card page is Stripe's own.
    return marked or "/c/pay/" in element.page.url


def test_without_scripts(visitors: Visitors, stack: Stack) -> None:
    client = visitors.phone(java_script_enabled=False)
    name, email = walks.new_client()
    client.goto(f"{stack.coach_page('anna')}/book/video-review/")
    day = client.locator("#days a:not([aria-current])").first
    day.click()
    expect(client.locator("#days [aria-current]")).to_have_count(1)
    walks.choose_time(client)
    walks.give_details(client, name, walks.NO_ADDRESS)
    client.get_by_role("button", name=re.compile("^Pay ")).click()
    expect(client.get_by_text("Write the whole address, like ana@example.org.").first).to_be_visible()
    expect(client.get_by_label("Your name")).to_have_value(name)
    walks.give_details(client, name, email)
    walks.go_to_pay(client)
    walks.pay(client)
    walks.expect_booked(client)


def test_a_free_session_takes_few_taps_and_no_card(phone: Page, stack: Stack) -> None:
    name, email = walks.new_client()
    taps = walks.Taps()
    phone.goto(stack.coach_page("ben"))
    taps.tap(phone.get_by_role("link", name=re.compile("^First talk")))
    expect(walks.times(phone).first).to_be_visible()
    walks.settle(phone)
    taps.tap(walks.times(phone).first)
    walks.expect_details(phone)
    walks.give_details(phone, name, email)
    taps.tap(phone.get_by_role("button", name="Book for free"))
    walks.expect_booked(phone)
    assert taps.count <= TAPS_FOR_FREE


def test_a_paid_session_among_several_takes_few_taps(phone: Page, stack: Stack) -> None:
    name, email = walks.new_client()
    taps = walks.Taps()
    phone.goto(stack.coach_page("ben"))
    taps.tap(phone.get_by_role("link", name=re.compile("^Career session")))
    expect(walks.times(phone).first).to_be_visible()
    # Before its script is there, a day is a page of its own, and nothing is put into focus.
    walks.settle(phone)
    taps.tap(phone.locator("#days a:not([aria-current])").first)
    expect(phone.locator("#chosen-day")).to_be_focused()
    taps.tap(walks.times(phone).first)
    walks.expect_details(phone)
    walks.give_details(phone, name, email)
    taps.tap(phone.get_by_role("button", name=re.compile("^Pay ")))
    phone.wait_for_url("**/c/pay/**")
    assert taps.count <= TAPS_BEFORE_THE_CARD


def test_the_zone_of_the_device_is_named_and_can_be_changed(visitors: Visitors, stack: Stack) -> None:
    client = visitors.phone(timezone_id="Asia/Tokyo")
    walks.open_times(client, stack, "ben", "career-session")
    note = client.locator(".zone-note")
    expect(note).to_contain_text("Tokyo, GMT+9")
    note.get_by_role("link").click()
    client.get_by_label("Show times in").select_option("Europe/London")
    client.get_by_role("button", name="Use this zone").click()
    expect(note).to_contain_text("London")


def test_the_button_names_the_sum_before_anything_is_ticked(phone: Page, stack: Stack) -> None:
    walks.open_times(phone, stack, "anna", "private-lesson")
    walks.choose_time(phone)
    expect(phone.get_by_role("button", name="Pay €50.00 and book")).to_be_visible()
    phone.locator("label.choice", has_text="Floodlit court").tap()
    expect(phone.get_by_role("button", name="Pay €56.00 and book")).to_be_visible()
    expect(phone.locator("#price-lines")).to_have_text(re.compile(r"^\s*Private lesson\s*€50.00"))


def test_every_step_offers_the_same_help(phone: Page, stack: Stack) -> None:
    def help_link() -> str | None:
        return phone.locator("header .help-link").get_attribute("href")

    phone.goto(stack.coach_page("anna"))
    first = help_link()
    walks.open_times(phone, stack, "anna", "video-review")
    seen = [help_link()]
    walks.choose_time(phone)
    seen.append(help_link())
    walks.give_details(phone, *walks.new_client())
    walks.go_to_pay(phone)
    phone.go_back()
    seen.append(help_link())
    assert first == "mailto:anna@example.com"
    assert set(seen) == {first}


def test_the_coach_sees_what_came_of_it(as_anna: Callable[..., Page], phone: Page, stack: Stack) -> None:
    name, email = walks.new_client()
    walks.open_times(phone, stack, "anna", "video-review")
    walks.choose_time(phone)
    walks.give_details(phone, name, email)
    walks.go_to_pay(phone)
    walks.pay(phone)
    walks.expect_booked(phone)
    coach = as_anna(desk=True)
    coach.goto(f"{stack.central}/coach/anna/money/")
    line = coach.locator("tr", has_text=name).filter(has_text="Video review")
    expect(line).to_have_count(1)
    expect(line).to_contain_text("€30.00")
