"""What holds on every page of coach, client and platform, by day and by night, on any screen."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.shortcuts import render
from django.test import RequestFactory, override_settings
from playwright.sync_api import Page, Route, expect

from accounts.models import WaitlistEntry
from demo.world import OPERATOR
from public_pages.central.forms import WaitlistForm
from tests.browser import pack_walks, walks
from tests.browser.findings import Findings
from tests.browser.stack import Stack
from tests.browser.visitors import Visitors

PRICE = "/?price=0.10&currency=usd"
CENTRAL = (
    "/",
    PRICE,
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/help/",
    "/help/sent/",
)
MARKETING = (
    "/how-it-works/",
    "/fees/",
    "/fees/?price=x&currency=usd&sessions=0",
    "/compared-with-invoicing/",
    "/questions/",
)
DEMO = ("/components/", "/demo/", "/mailbox/", "/mailbox/?to=nobody")
COACH_PAGES = (
    "/",
    "/book/private-lesson/",
    "/book/video-review/",
    "/shop/",
    "/embed/",
    "/embed/?type=private-lesson&tz=Asia/Tokyo",
    "/zone",
    "/my/sign-in/",
    "/my/enter/not-a-link/",
    "/nothing",
    "/b/not-a-link/",
    "/o/not-a-link/",
    "/packs-for/not-a-link/",
    "/api/",
)
DASHBOARD = (
    "",
    "clients/",
    "clients/?show=active&sort=next",
    "clients/new/",
    "clients/lists/",
    "clients/balances/",
    "calendar/",
    "calendar/subscribe/",
    "money/",
    "money/?period=all",
    "money/papers/",
    "money/papers/?period=all&kind=receipt",
    "money/invoices/new/",
    "money/matched/",
    "money/fees/",
    "money/payouts/",
    "money/owed/",
    "money/bank/",
    "offers/",
    "offers/new/",
    "offers/packs/new/",
    "offers/retainers/new/",
    "retainers/",
    "offers/coupons/",
    "offers/coupons/new/",
    "offers/forms/",
    "offers/forms/new/?starter=1",
    "offers/documents/new/",
    "offers/packets/new/",
    "offers/agreements/",
    "offers/agreements/new/?starter=1",
    "offers/agreements/mail/",
    "offers/products/",
    "offers/products/new/",
    "offers/sequences/",
    "offers/sequences/new/",
    "help/?from=/coach/anna/money/",
    "news/",
    "settings/",
    "settings/practice/",
    "settings/brand/",
    "settings/words/",
    "settings/address/",
    "settings/widget/",
    "settings/take-out/",
    "settings/close/",
    "settings/programs/",
    "settings/webhooks/",
    "settings/by-operators/",
    "settings/papers/",
    "settings/cancelling/",
    "settings/cancelling/try/?cancel_window_hours=48",
    "settings/reminders/",
    "settings/automations/",
    "settings/automations/log/",
    "settings/hours/",
    "settings/dates/",
    "settings/time-off/",
    "settings/stripe/",
)


def test_the_platforms_pages(phone: Page, stack: Stack) -> None:
    inspect_all(phone, [stack.central + path for path in (*CENTRAL, *MARKETING, *DEMO)])


def test_the_coachs_public_pages(phone: Page, stack: Stack) -> None:
    inspect_all(phone, [stack.coach_page("anna") + path for path in COACH_PAGES])


def test_the_page_of_the_api_unfolded(phone: Page, stack: Stack) -> None:
    found = Findings(phone)
    phone.goto(f"{stack.coach_page('anna')}/api/")
    phone.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    found.look("everything of the API")
    found.none()


def test_the_steps_of_a_booking(phone: Page, stack: Stack) -> None:
    found = Findings(phone)
    walks.open_times(phone, stack, "anna", "video-review")
    walks.choose_time(phone)
    found.look("details")
    walks.give_details(phone, "Cleo", walks.NO_ADDRESS)
    phone.get_by_role("button", name="Pay ").click()
    phone.locator(".error").first.wait_for()
    found.look("details with mistakes")
    walks.give_details(phone, *walks.new_client())
    walks.go_to_pay(phone)
    phone.get_by_role("link", name="Cancel and go back").click()
    found.look("payment")
    walks.go_to_pay(phone)
    walks.pay(phone)
    walks.expect_booked(phone)
    found.look("booked")
    phone.get_by_role("link", name="Receipt").click()
    found.look("receipt")
    found.none()


def test_a_time_that_was_given_up(phone: Page, stack: Stack) -> None:
    found = Findings(phone)
    walks.open_times(phone, stack, "anna", "video-review")
    walks.choose_time(phone)
    left = phone.url
    phone.get_by_role("button", name="Choose another time").click()
    walks.times(phone).first.wait_for()
    phone.goto(left)
    found.look("given up")
    found.none()


def test_the_coachs_dashboard(as_anna: Callable[..., Page], stack: Stack) -> None:
    coach, base = as_anna(), f"{stack.central}/coach/anna/"
    coach.goto(f"{base}clients/")
    client = coach.locator("main .rows a[href*='/clients/']").first.get_attribute("href")
    coach.goto(f"{stack.central}{client}")
    booking = coach.locator("main a[href*='/booking/']").first.get_attribute("href")
    coach.goto(f"{base}money/?period=all")
    payment = coach.locator("main a[href*='/money/payments/']").first.get_attribute("href")
    coach.goto(f"{base}offers/")
    offer = coach.locator("main a[href*='/offers/']").last.get_attribute("href")
    pages = [base + path for path in DASHBOARD] + [f"{stack.central}{path}" for path in ("/mailbox/", "/")]
    found = (client, f"{client}sell/", f"{client}book/", booking, offer, *refunding(payment))
    inspect_all(coach, [*pages, *(f"{stack.central}{path}" for path in found)])


def refunding(payment: str | None) -> tuple[str, ...]:
    """A payment's page, the form, and what a refund would mean."""
    return (f"{payment}", f"{payment}refund/", f"{payment}refund/?how=whole&because=goodwill")


def test_the_operators_pages(visitors: Visitors, stack: Stack) -> None:
    operator = visitors.signed_in(OPERATOR[0])
    inspect_all(
        operator,
        [f"{stack.central}/start/", f"{stack.central}/operators/", f"{stack.central}/operators/stuck/"],
    )
    inspect_all(operator, [f"{stack.central}/operators/waitlist/", f"{stack.central}/operators/books/"])
    inspect_all(operator, [f"{stack.central}/operators/{path}/" for path in ("coaches", "due-work", "trail")])
    operator.goto(f"{stack.central}/operators/coaches/")
    coach = operator.locator("main tbody a[href*='/coaches/']").first.get_attribute("href")
    inspect_all(operator, [f"{stack.central}{coach}", f"{stack.central}/operators/questions/"])
    inspect_all(operator, [f"{stack.central}/operators/announcements/{path}" for path in ("", "new/")])


def test_the_pages_of_sign_up_by_invitation(phone: Page, stack: Stack) -> None:
    """The stack's own sign-up is open, so its pages are drawn here and laid over with its style."""
    request = RequestFactory(HTTP_HOST=stack.central.split("/")[-1]).get("/")
    request.user = AnonymousUser()
    form, wrong = WaitlistForm(), WaitlistForm({"email": "nobody"})
    drawn: dict[str, tuple[dict[str, Any], ...]] = {
        "public_pages/central/waitlist.html": ({"form": form}, {"form": wrong}),
        "public_pages/central/waitlist_joined.html": ({},),
        "public_pages/central/invited.html": ({"entry": WaitlistEntry(name="Zoë", email="zoe@example.com")},),
        "public_pages/central/invitation_ended.html": ({},),
        "account/signup_closed.html": ({},),
    }
    found = Findings(phone)
    with override_settings(SIGN_UP="invite"):
        pages = [
            (name, render(request, name, each).content) for name, given in drawn.items() for each in given
        ]
    for name, page in pages:
        phone.route(f"{stack.central}/waitlist/", partial(_lay_over, page=page))
        phone.goto(f"{stack.central}/waitlist/")
        expect(phone.get_by_role("heading", level=1)).to_be_visible()
        found.look(name)
        phone.unroute(f"{stack.central}/waitlist/")
    found.none()


def _lay_over(route: Route, *, page: bytes) -> None:
    route.fulfill(body=page, content_type="text/html")


def inspect_all(page: Page, addresses: list[str]) -> None:
    found = Findings(page)
    for address in addresses:
        page.goto(address)
        found.look(address)
    found.none()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_components_can_be_drawn(visitors: Visitors, stack: Stack, scheme: str) -> None:
    page = visitors.desk(color_scheme=scheme)
    page.goto(f"{stack.central}/components/")
    assert len(page.screenshot(full_page=True)) > 100_000


def test_the_pages_of_a_payer(phone: Page, stack: Stack) -> None:
    """A card is kept, its page is opened from the mail, and the next session is booked with one press."""
    found, (name, email) = Findings(phone), walks.new_client()
    book_and_keep_the_card(phone, stack, name, email)
    own = pack_walks.mailed_link(phone, stack, email, subject="keeps your", link="/payments/")
    phone.goto(own)
    expect(walks.heading(phone)).to_have_text("Your payments")
    found.look("own payments")
    for folded in phone.locator("summary").all():
        folded.click()
    found.look("own payments, unfolded")
    phone.get_by_role("link", name="Remove Visa").click()
    expect(walks.heading(phone)).to_contain_text("Remove Visa ending in 4242")
    found.look("removing a card")
    walks.open_times(phone, stack, "anna", "video-review")
    walks.times(phone).last.click()
    expect(walks.heading(phone)).to_have_text("Book with your card")
    found.look("one press")
    phone.get_by_role("button", name=re.compile("^Pay .* with Visa ending in 4242 and book$")).click()
    walks.expect_booked(phone)
    found.none()


def book_and_keep_the_card(page: Page, stack: Stack, name: str, email: str) -> None:
    walks.open_times(page, stack, "anna", "video-review")
    walks.choose_time(page)
    walks.give_details(page, name, email)
    page.get_by_label("Keep this card for next time").check()
    walks.go_to_pay(page)
    walks.pay(page)
    walks.expect_booked(page)


def test_what_is_owed_and_paid_by_link(phone: Page, stack: Stack) -> None:
    found, (name, email) = Findings(phone), walks.new_client()
    stack.run("-m", "tests.browser.invoiced", name, email)
    phone.goto(pack_walks.mailed_link(phone, stack, email, subject="Invoice", link="/paper/"))
    phone.get_by_role("link", name="Pay", exact=True).click()
    expect(walks.heading(phone)).to_have_text("Your payment")
    phone.locator("summary").click()
    found.look("what is owed")
    phone.get_by_role("button", name="Pay €20.00 now").click()
    phone.wait_for_url("**/c/pay/**")
    walks.pay(phone)
    expect(walks.heading(phone)).to_have_text("All paid")
    found.look("all paid")
    for path in ("/payments-link", "/pay/not-a-link/", "/payments/not-a-link/"):
        phone.goto(stack.coach_page("anna") + path)
        found.look(path)
    found.none()
