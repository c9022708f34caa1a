"""What goes wrong on the way: declined, back, twice, too late, offline. Nothing is lost or paid twice."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, Request, expect

from tests.browser import walks
from tests.browser.findings import Findings
from tests.browser.stack import Stack
from tests.browser.visitors import Visitors, find_network, lose_network

NEAREST = 3


def test_a_declined_card_can_be_followed_by_another(phone: Page, stack: Stack) -> None:
    to_the_card(phone, stack)
    walks.pay(phone, "^Declined")
    expect(phone.get_by_role("alert")).to_contain_text("Nothing was taken")
    phone.get_by_role("link", name="Cancel and go back").click()
    expect(walks.heading(phone)).to_have_text("Pay to confirm your session")
    walks.reload_until(phone, phone.get_by_text("The card was declined by its bank."))
    walks.go_to_pay(phone)
    walks.pay(phone)
    walks.expect_booked(phone)


def test_the_way_back_from_the_card_resumes_the_same_payment(phone: Page, stack: Stack) -> None:
    to_the_card(phone, stack)
    first = payment_in(phone)
    phone.go_back()
    walks.go_to_pay(phone)
    assert payment_in(phone) == first
    phone.get_by_role("link", name="Cancel and go back").click()
    expect(walks.heading(phone)).to_have_text("Pay to confirm your session")
    walks.go_to_pay(phone)
    assert payment_in(phone) == first


def test_whoever_presses_twice_books_and_pays_once(visitors: Visitors, stack: Stack) -> None:
    client = visitors.desk()
    name, email = walks.new_client()
    posts = posts_of(client)
    walks.open_times(client, stack, "anna", "video-review")
    slow_down(client)
    press_twice(walks.times(client).first)
    walks.expect_details(client)
    walks.give_details(client, name, email)
    press_twice(client.get_by_role("button", name=re.compile("^Pay ")))
    client.wait_for_url("**/c/pay/**")
    press_twice(client.locator("button.main"))
    # The card page has no script to stop it: it says that the payment is there already.
    back = client.get_by_role("link", name="Back to the booking")
    expect(back.or_(client.get_by_role("heading", name="You are booked")).first).to_be_visible()
    if back.count():
        back.click()
    walks.expect_booked(client)
    assert [step for step in posts if step in ("hold", "details")] == ["hold", "details"]

    coach = visitors.signed_in("anna@example.com", desk=True)
    coach.goto(f"{stack.central}/coach/anna/money/")
    expect(coach.locator("tr", has_text=name).filter(has_text="Video review")).to_have_count(1)


def test_a_confirmation_can_be_looked_at_again(phone: Page, stack: Stack) -> None:
    to_the_card(phone, stack)
    walks.pay(phone)
    walks.expect_booked(phone)
    posts = posts_of(phone)
    phone.reload()
    walks.expect_booked(phone)
    assert posts == []


def test_a_time_that_somebody_else_took(visitors: Visitors, stack: Stack) -> None:
    """The page says so, offers the three nearest, and what was typed for another time comes along."""
    client, other = visitors.phone(), visitors.phone()
    name, email = walks.new_client()
    walks.open_times(client, stack, "ben", "career-session")
    walks.choose_time(client)
    walks.give_details(client, name, email)
    walks.go_to_pay(client)
    client.get_by_role("link", name="Cancel and go back").click()
    client.get_by_role("button", name="Choose another time").click()
    expect(walks.times(client).first).to_be_visible()

    walks.open_times(other, stack, "ben", "career-session")
    wanted = walks.times(other).nth(2).get_attribute("value")
    walks.choose_time(other, 2)

    lost = client.locator(f"button[name=starts_at][value='{wanted}']").first
    with client.expect_response(re.compile("/hold$")) as answer:
        lost.click()
    assert answer.value.status == 409
    notice = client.locator(".notice", has_text="That time was just taken")
    expect(notice.locator("button[name=starts_at]")).to_have_count(NEAREST)
    found = Findings(client)
    found.look("time that was taken")
    found.none()
    notice.locator("button[name=starts_at]").first.click()
    walks.expect_details(client)
    expect(client.get_by_label("Your name")).to_have_value(name)
    expect(client.get_by_label("E-mail", exact=True)).to_have_value(email)


def test_without_a_network_nothing_typed_is_lost(visitors: Visitors, stack: Stack) -> None:
    client = visitors.phone()
    name, email = walks.new_client()
    walks.open_times(client, stack, "anna", "video-review")
    lose_network(client)
    client.locator("#days a:not([aria-current])").first.click()
    expect(client.get_by_role("alert")).to_contain_text("You are offline")
    find_network(client)
    walks.choose_time(client)
    expect(client.get_by_role("alert")).to_have_count(0)
    walks.give_details(client, name, email)
    lose_network(client)
    pay = client.get_by_role("button", name=re.compile("^Pay "))
    pay.click()
    expect(client.get_by_role("alert")).to_contain_text("You are offline")
    expect(client.get_by_label("Your name")).to_have_value(name)
    find_network(client)
    pay.click()
    client.wait_for_url("**/c/pay/**")
    # Only now all of it has been told.
    visitors.expect("ERR_INTERNET_DISCONNECTED")
    visitors.expect("htmx:")


def to_the_card(page: Page, stack: Stack) -> None:
    walks.open_times(page, stack, "anna", "video-review")
    walks.choose_time(page)
    walks.give_details(page, *walks.new_client())
    walks.go_to_pay(page)


def slow_down(page: Page) -> None:
    """Every answer takes so long that one presses again."""
    network = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 1_200, "downloadThroughput": -1, "uploadThroughput": -1}
    network.send("Network.emulateNetworkConditions", slow)


def press_twice(what: Locator) -> None:
    """The second press comes while the first is under way, and the button may not take it any more."""
    what.scroll_into_view_if_needed()
    box = what.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    what.page.mouse.click(x, y)
    what.page.wait_for_timeout(200)
    what.page.mouse.click(x, y)


def payment_in(page: Page) -> str:
    """Which payment the card page is open for."""
    return urlsplit(page.url).path


def posts_of(page: Page) -> list[str]:
    """The last part of every address that the page posts to from now on."""
    seen: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST":
            seen.append(urlsplit(request.url).path.rpartition("/")[2])

    page.on("request", note)
    return seen
