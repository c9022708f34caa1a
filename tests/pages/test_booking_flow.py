"""From a free time to a booked session, as a browser without scripts meets it."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from connect import gateway
from kit import clock
from tenants.offers.models import SessionType
from tenants.offers.practice import change_practice
from tenants.registry.models import Tenant
from tenants.scheduling import links
from tenants.scheduling.models import BookingStatus
from tests import worlds
from tests.worlds import Shop

CLEO = {"name": "Cleo Adler", "email": "cleo@example.com", "message": "My backhand, please"}


def browser(tenant: Tenant) -> Browser:
    return Browser(HTTP_HOST=f"{tenant.slug}.localhost:8000")


def hold(visitor: Browser, kind: SessionType, at: datetime, **more: str) -> Any:
    return visitor.post(f"/book/{kind.slug}/hold", {"starts_at": at.isoformat(), **more})


def held(visitor: Browser, kind: SessionType, at: datetime) -> str:
    """The address of the booking's page."""
    answer = hold(visitor, kind, at)
    assert answer.status_code == 302, answer.text
    return str(answer.headers["Location"])


@pytest.fixture
def free(anna: Tenant) -> SessionType:
    with tenant_context(anna):
        worlds.hours.set_weekly(ranges=worlds.ALWAYS)
        change_practice(now=clock.now(), contact_email="anna@example.com")
    return worlds.session_type(anna, name="First talk", price_minor=0, duration_min=20)


@pytest.fixture
def lesson(shop: Shop) -> SessionType:
    with tenant_context(shop.tenant):
        change_practice(now=clock.now(), contact_email="anna@example.com")
    return worlds.session_type(shop.tenant, name="Lesson")


def test_who_books_late_reads_that_cancelling_is_not_free(lesson: SessionType, shop: Shop) -> None:
    visitor = browser(shop.tenant)
    late = visitor.get(held(visitor, lesson, worlds.hour(-3))).text
    assert "It starts in less than 24 hours: if you cancel, the price is not returned." in late
    assert "Free to cancel" not in late
    assert "Free to cancel until 24 hours" in visitor.get(held(visitor, lesson, worlds.hour(3))).text


# --- a session that costs nothing ------------------------------------------------------------------


def test_a_free_session_is_booked_in_two_posts(anna: Tenant, free: SessionType) -> None:
    visitor = browser(anna)
    page = held(visitor, free, worlds.hour(1))
    details = visitor.get(page).text
    assert "Book for free" in details
    assert "Kept for you until" in details
    assert "24 hours before the start" in details

    answer = visitor.post(f"{page}details", CLEO)
    assert (answer.status_code, answer.headers["Location"]) == (302, page)
    booked = visitor.get(page).text
    assert "You are booked" in booked
    assert "cleo@example.com" in booked
    assert "calendar.google.com" in booked
    assert "If you cannot come, please cancel it early." in booked


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": ""}, "Write the name"),
        ({"email": "cleo"}, "Write the whole address"),
        ({"email": ""}, "Write the address"),
        ({"email": f"{'c' * 250}@example.com"}, "at most 254 characters"),
    ],
)
def test_a_mistake_is_named_and_nothing_typed_is_lost(
    anna: Tenant, free: SessionType, wrong: dict[str, str], words: str
) -> None:
    visitor = browser(anna)
    page = held(visitor, free, worlds.hour(1))
    answer = visitor.post(f"{page}details", {**CLEO, **wrong})
    assert answer.status_code == 422
    assert words in answer.text
    for typed in ({**CLEO, **wrong}).values():
        assert typed in answer.text


def test_a_session_by_phone_asks_for_a_number(anna: Tenant, free: SessionType) -> None:
    kind = worlds.session_type(anna, name="Call", price_minor=0, place="phone")
    visitor = browser(anna)
    page = held(visitor, kind, worlds.hour(1))
    assert visitor.post(f"{page}details", CLEO).status_code == 422
    assert visitor.post(f"{page}details", {**CLEO, "phone": "12"}).status_code == 422
    assert visitor.post(f"{page}details", {**CLEO, "phone": "+49 30 1234567"}).status_code == 302


def test_both_zones_are_named_where_they_differ(anna: Tenant, free: SessionType) -> None:
    visitor = browser(anna)
    visitor.post("/zone", {"tz": "Asia/Tokyo"})
    page = held(visitor, free, worlds.hour(1))
    visitor.post(f"{page}details", CLEO)
    booked = visitor.get(page).text
    assert "Tokyo, GMT+9" in booked
    assert "Berlin, GMT" in booked


def test_once_per_client_is_said_and_the_time_stays(anna: Tenant, free: SessionType) -> None:
    kind = worlds.session_type(anna, name="Trial", price_minor=0, once_per_client=True)
    visitor = browser(anna)
    visitor.post(f"{held(visitor, kind, worlds.hour(1))}details", CLEO)
    page = held(visitor, kind, worlds.hour(5))
    answer = visitor.post(f"{page}details", CLEO)
    assert answer.status_code == 409
    assert "once to each client" in answer.text
    assert CLEO["message"] in answer.text


# --- a time that is taken or runs out ---------------------------------------------------------------


def test_a_time_taken_meanwhile_offers_the_three_nearest(anna: Tenant, free: SessionType) -> None:
    held(browser(anna), free, worlds.hour(1))
    answer = hold(browser(anna), free, worlds.hour(1))
    assert answer.status_code == 409
    assert "just taken" in answer.text
    notice = answer.text[answer.text.index("just taken") : answer.text.index('id="picker"')]
    assert notice.count('name="starts_at"') == 3


def test_the_own_time_stays_to_be_seen_when_going_back(anna: Tenant, free: SessionType) -> None:
    visitor, at = browser(anna), worlds.hour(1)
    page = held(visitor, free, at)
    day = at.astimezone(clock.zone("Europe/Berlin")).date().isoformat()
    assert at.isoformat() in visitor.get(f"/book/first-talk/?day={day}").text
    assert at.isoformat() not in browser(anna).get(f"/book/first-talk/?day={day}").text
    assert held(visitor, free, at) == page


def test_a_hold_that_ran_out_says_so_and_keeps_what_was_typed(anna: Tenant, free: SessionType) -> None:
    visitor = browser(anna)
    page = held(visitor, free, worlds.hour(1))
    with clock.travel(11 * 60):
        answer = visitor.post(f"{page}details", CLEO)
        assert answer.status_code == 409
        assert "has run out" in answer.text
        assert "Nothing was charged" in answer.text
        assert answer.text.count('name="starts_at"') == 3
        another = visitor.get(held(visitor, free, worlds.hour(2))).text
    for typed in CLEO.values():
        assert f'value="{typed}"' in another or f">\n{typed}" in another


def test_more_time_twice_and_then_no_more(anna: Tenant, free: SessionType) -> None:
    visitor = browser(anna)
    page = held(visitor, free, worlds.hour(1))
    for _ in range(2):
        assert visitor.post(f"{page}more-time").headers["Location"] == page
        assert "Your time is now kept until" in visitor.get(page).text
    visitor.post(f"{page}more-time")
    last = visitor.get(page).text
    assert "as often as it can be" in last
    assert "More time" not in last


def test_another_time_frees_the_first(anna: Tenant, free: SessionType) -> None:
    visitor = browser(anna)
    page = held(visitor, free, worlds.hour(1))
    answer = visitor.post(f"{page}another-time")
    assert answer.headers["Location"] == "/book/first-talk/"
    assert "You chose another time" in visitor.get(page).text
    assert hold(browser(anna), free, worlds.hour(1)).status_code == 302


# --- a session that costs something ----------------------------------------------------------------


def paying(shop: Shop, lesson: SessionType, visitor: Browser) -> tuple[str, str]:
    """The booking's page and where the browser is sent to pay."""
    page = held(visitor, lesson, worlds.hour(1))
    assert "Pay €45.00 and book" in visitor.get(page).text
    answer = visitor.post(f"{page}details", CLEO)
    assert answer.status_code == 302, answer.text
    return page, answer.headers["Location"]


def paid(shop: Shop, visitor: Browser, page: str, **how: Any) -> str:
    """Press Pay on Stripe's page; where it sends the browser, as a path."""
    with tenant_context(shop.tenant):
        booking = links.booking_by(page.split("/")[2])
    return worlds.pay(shop, booking, **how).success_url.partition(shop.host)[2]


def test_paid_is_confirmed_on_the_way_back(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    page, pay_at = paying(shop, lesson, visitor)
    assert pay_at.startswith(shop.stripe.url)
    answer = visitor.get(paid(shop, visitor, page))
    assert (answer.status_code, answer.headers["Location"]) == (302, page)
    booked = visitor.get(page).text
    assert "You are booked" in booked
    assert "€45.00" in booked
    assert "4242" in booked


def test_the_receipt_says_what_was_paid_and_returned(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    page, _ = paying(shop, lesson, visitor)
    assert visitor.get(f"{page}receipt").status_code == 302
    visitor.get(paid(shop, visitor, page))
    with tenant_context(shop.tenant):
        attempt = worlds.attempt_for(shop.tenant, links.booking_by(page.split("/")[2]))
    shop.stripe.dashboard_refund(attempt.stripe_charge_id, 1000)
    worlds.hear_stripe(shop.stripe)
    receipt = visitor.get(f"{page}receipt").text
    assert "Receipt" in receipt
    assert "€35.00" in receipt
    assert "Cleo Adler" in receipt


def test_left_and_come_back_leads_to_the_same_payment(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    page, pay_at = paying(shop, lesson, visitor)
    waiting = visitor.get(page).text
    assert "Not booked yet" in waiting
    assert "Pay €45.00 and book" in waiting
    assert visitor.post(f"{page}pay").headers["Location"] == pay_at


def test_a_declined_card_is_said_in_words_and_the_time_is_kept(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    page, _ = paying(shop, lesson, visitor)
    paid(shop, visitor, page, card="4000000000009995")
    worlds.hear_stripe(shop.stripe)
    declined = visitor.get(page).text
    assert "there is not enough money on it" in declined
    assert "Nothing was charged" in declined
    visitor.get(paid(shop, visitor, page))
    assert "You are booked" in visitor.get(page).text


def test_giving_up_before_paying_closes_the_payment_and_prefills_the_next(
    shop: Shop, lesson: SessionType
) -> None:
    visitor = browser(shop.tenant)
    page, _ = paying(shop, lesson, visitor)
    assert visitor.post(f"{page}another-time").headers["Location"] == "/book/lesson/"
    assert "Nothing was charged" in visitor.get(page).text
    another = visitor.get(held(visitor, lesson, worlds.hour(3))).text
    assert 'value="Cleo Adler"' in another


def test_a_mailed_link_brings_the_details_along_on_another_device(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    page, _ = paying(shop, lesson, visitor)
    visitor.post(f"{page}another-time")
    phone = browser(shop.tenant)
    ended = phone.get(page).text
    again = re.search(r'name="again" value="([^"]+)"', ended)
    assert again
    answer = hold(phone, lesson, worlds.hour(3), again=again[1])
    details = phone.get(answer.headers["Location"]).text
    assert 'value="Cleo Adler"' in details
    assert 'value="cleo@example.com"' in details


def test_whoever_types_somebodys_address_learns_neither_name_nor_number(
    shop: Shop, lesson: SessionType
) -> None:
    call = worlds.session_type(shop.tenant, name="Call", price_minor=0, place="phone")
    cleo, stranger = browser(shop.tenant), browser(shop.tenant)
    cleo.post(f"{held(cleo, call, worlds.hour(5))}details", {**CLEO, "phone": "+49 30 7654321"})
    page = held(stranger, lesson, worlds.hour(1))
    stranger.post(f"{page}details", {"name": "Nobody", "email": CLEO["email"]})
    seen = [stranger.get(page).text]
    stranger.post(f"{page}another-time")
    seen.append(stranger.get(page).text)
    again = re.search(r'name="again" value="([^"]+)"', seen[-1])
    assert again
    for visitor, at in ((stranger, worlds.hour(7)), (browser(shop.tenant), worlds.hour(9))):
        seen.append(visitor.get(hold(visitor, call, at, again=again[1]).headers["Location"]).text)
    for text in seen:
        assert "Adler" not in text
        assert "7654321" not in text
    assert 'value="Nobody"' in seen[2]


@pytest.mark.parametrize("action", ["pay", "another-time"])
def test_a_payment_that_stripe_does_not_know_is_no_error_page(
    shop: Shop, lesson: SessionType, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    def unknown(**_which: object) -> None:
        raise gateway.GatewayMissing("resource_missing", None, "No such checkout session.")

    visitor = browser(shop.tenant)
    page, _ = paying(shop, lesson, visitor)
    for call in ("fetch_checkout", "expire_checkout"):
        monkeypatch.setattr(gateway, call, unknown)
    with clock.travel(31 * 60):
        assert visitor.post(f"{page}{action}").headers["Location"] == page
        assert "just now" in visitor.get(page).text


def test_giving_up_what_was_paid_meanwhile_is_too_late(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    page, _ = paying(shop, lesson, visitor)
    paid(shop, visitor, page)
    assert visitor.post(f"{page}another-time").headers["Location"] == page
    with tenant_context(shop.tenant):
        assert links.booking_by(page.split("/")[2]).status == BookingStatus.HELD


def test_a_way_back_that_was_tampered_with_asks_for_the_latest_payment(
    shop: Shop, lesson: SessionType
) -> None:
    visitor = browser(shop.tenant)
    page, _ = paying(shop, lesson, visitor)
    paid(shop, visitor, page)
    assert visitor.get(f"{page}paid?cs=%00").headers["Location"] == page
    assert "You are booked" in visitor.get(page).text


def test_while_stripe_is_away_on_the_way_back_the_page_waits(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    page, _ = paying(shop, lesson, visitor)
    back = paid(shop, visitor, page)
    shop.stripe.fail_next(".*", "unreachable", count=20)
    answer = visitor.get(back)
    waiting = visitor.get(answer.headers["Location"])
    assert "nothing is charged twice" in waiting.text
    assert waiting.headers["Refresh"].endswith("paid?asked=1")
    shop.stripe.clear_faults()
    assert visitor.get(waiting.headers["Refresh"].partition("url=")[2]).headers["Location"] == page
    assert "You are booked" in visitor.get(page).text


def test_a_page_that_asked_long_enough_stops_asking(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    page, _ = paying(shop, lesson, visitor)
    waiting = visitor.get(f"{page}?paid=1&asked=20")
    assert "Refresh" not in waiting.headers
    assert "takes longer than usual" in waiting.text


def test_when_stripe_gives_no_page_details_and_time_are_kept(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    page = held(visitor, lesson, worlds.hour(1))
    shop.stripe.fail_next(".*checkout/sessions", "unreachable", count=10)
    answer = visitor.post(f"{page}details", CLEO)
    assert answer.headers["Location"] == page
    sorry = visitor.get(page).text
    assert "could not be opened just now" in sorry
    shop.stripe.clear_faults()
    assert visitor.post(f"{page}pay").headers["Location"].startswith(shop.stripe.url)


def test_a_coach_who_lost_stripe_meanwhile_charges_nobody(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    page = held(visitor, lesson, worlds.hour(1))
    shop.stripe.restrict(shop.account_id)
    worlds.hear_stripe(shop.stripe)
    answer = visitor.post(f"{page}details", CLEO)
    assert answer.status_code == 409
    assert "card payment is not possible right now" in answer.text
    assert CLEO["message"] in answer.text


def test_a_time_lost_after_paying_is_released_and_said(shop: Shop, lesson: SessionType) -> None:
    visitor, at = browser(shop.tenant), worlds.hour(1)
    page, _ = paying(shop, lesson, visitor)
    back = paid(shop, visitor, page)
    with clock.travel(45 * 60):
        held(browser(shop.tenant), lesson, at)
        visitor.get(back)
        lost = visitor.get(page).text
    assert "Somebody else was first" in lost
    assert "pending for up to 7 days" in lost
    assert lost.count('name="starts_at"') == 3


def test_a_refund_in_full_cancels_and_says_where_the_money_went(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    page, _ = paying(shop, lesson, visitor)
    visitor.get(paid(shop, visitor, page))
    with tenant_context(shop.tenant):
        attempt = worlds.attempt_for(shop.tenant, links.booking_by(page.split("/")[2]))
    shop.stripe.dashboard_refund(attempt.stripe_charge_id)
    worlds.hear_stripe(shop.stripe)
    cancelled = visitor.get(page).text
    assert "This session was cancelled" in cancelled
    assert "€45.00" in cancelled


# --- papers, links, limits -------------------------------------------------------------------------


def test_the_calendar_file_is_there_once_it_is_booked(anna: Tenant, free: SessionType) -> None:
    visitor = browser(anna)
    page = held(visitor, free, worlds.hour(1))
    assert visitor.get(f"{page}session.ics").status_code == 302
    visitor.post(f"{page}details", CLEO)
    file = visitor.get(f"{page}session.ics")
    assert file.headers["Content-Type"].startswith("text/calendar")
    with tenant_context(anna):
        booking = links.booking_by(page.split("/")[2])
    assert f"UID:{booking.pk}@anna.localhost" in file.text.replace("\r\n ", "")
    assert f"DTSTART:{worlds.hour(1):%Y%m%dT%H%M%SZ}" in file.text


@pytest.mark.parametrize("path", ["/b/nonsense/", "/b/AAAA/receipt", "/b/%C3%A9/session.ics"])
def test_a_broken_link_is_a_page_that_helps(anna: Tenant, path: str) -> None:
    page = browser(anna).get(path)
    assert page.status_code == 404
    assert "This link does not work" in page.text


def test_a_link_opens_nothing_on_another_coachs_host(anna: Tenant, ben: Tenant, free: SessionType) -> None:
    page = held(browser(anna), free, worlds.hour(1))
    assert browser(ben).get(page).status_code == 404
    for action in ("details", "more-time", "pay", "another-time"):
        assert browser(ben).post(f"{page}{action}", CLEO).status_code == 404


def test_a_bookings_page_is_kept_by_no_cache_and_told_to_nobody(anna: Tenant, free: SessionType) -> None:
    visitor = browser(anna)
    page = visitor.get(held(visitor, free, worlds.hour(1)))
    assert "no-cache" in page.headers["Cache-Control"]
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize(
    "starts_at",
    [
        "",
        "soon",
        "2026-06-10T17:00:00",
        "2026-99-99T00:00+00:00",
        "0001-01-01T00:00+00:00",
        "9999-12-31T23:59-12:00",
    ],
)
def test_a_time_that_is_none_is_refused_in_words(anna: Tenant, free: SessionType, starts_at: str) -> None:
    answer = browser(anna).post("/book/first-talk/hold", {"starts_at": starts_at})
    assert answer.status_code == 422
    assert "No time was chosen" in answer.text


def test_a_time_that_was_never_offered_is_not_held(anna: Tenant, free: SessionType) -> None:
    answer = hold(browser(anna), free, worlds.hour(1) + timedelta(minutes=7))
    assert answer.status_code == 409


def test_cookies_stay_on_the_host_and_away_from_scripts(anna: Tenant, free: SessionType) -> None:
    visitor = browser(anna)
    held(visitor, free, worlds.hour(1))
    cookie = visitor.cookies["holder"]
    assert (cookie["domain"], cookie["httponly"], cookie["samesite"]) == ("", True, "Lax")
    assert not re.search("holder", visitor.get("/").text)


def test_too_many_tries_from_one_connection_wait_in_words(anna: Tenant, free: SessionType) -> None:
    network = f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}"
    # One household has all addresses of its network.
    nonsense = [
        browser(anna).post("/book/first-talk/hold", {}, REMOTE_ADDR=f"{network}::{n + 1:x}").status_code
        for n in range(41)
    ]
    assert nonsense == [422] * 40 + [429]
    elsewhere = browser(anna).post("/book/first-talk/hold", {}, REMOTE_ADDR="192.0.2.200")
    assert elsewhere.status_code == 422


def test_too_many_details_from_one_connection_wait_too(anna: Tenant, free: SessionType) -> None:
    visitor, address = browser(anna), f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::1"
    page = held(visitor, free, worlds.hour(1))
    tries = [visitor.post(f"{page}details", {}, REMOTE_ADDR=address).status_code for _ in range(41)]
    assert tries == [422] * 40 + [429]
    assert "stay kept" in visitor.post(f"{page}details", CLEO, REMOTE_ADDR=address).text


def test_without_the_cache_everybody_may_go_on(anna: Tenant, free: SessionType, settings: Any) -> None:
    broken = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:9/0"}
    settings.CACHES = {**settings.CACHES, "default": broken}
    answer = browser(anna).post("/book/first-talk/hold", {}, REMOTE_ADDR="192.0.2.201")
    assert answer.status_code == 422


def test_two_presses_of_a_first_visit_are_one_browsers(shop: Shop) -> None:
    kind, browser = worlds.session_type(shop.tenant), Browser(HTTP_HOST=shop.host)
    browser.get(f"/book/{kind.slug}/")
    first_sent = browser.cookies["holder"].value
    pressed = {"starts_at": worlds.hour(3).isoformat()}
    first = browser.post(f"/book/{kind.slug}/hold", pressed)
    browser.cookies["holder"] = first_sent
    assert browser.post(f"/book/{kind.slug}/hold", pressed)["Location"] == first["Location"]
