"""Cancelling by the client: what is read before the press is what happens, and a minute to undo it."""

import re
from datetime import timedelta

import pytest
from django_tenants.utils import tenant_context

from kit import clock
from tenants.offers.models import SessionType
from tenants.packs import ledger
from tenants.registry.models import Tenant
from tenants.scheduling import cancelling, moving
from tenants.scheduling.models import BookingStatus, CancellationStatus, Cause
from tests import worlds
from tests.pages import clients
from tests.pages.clients import booked, booked_with_pack, browser, of, words
from tests.worlds import Shop

SECOND = timedelta(seconds=1)


@pytest.fixture
def lesson(shop: Shop) -> SessionType:
    return worlds.session_type(shop.tenant)


def shown(page: str) -> str:
    """The outcome that the page's form carries."""
    found = re.search(r'name="shown" value="(\w+)"', page)
    assert found, page
    return found[1]


def test_before_the_press_the_page_says_what_goes_back_and_until_when(
    shop: Shop, lesson: SessionType
) -> None:
    visitor, starts_at = browser(shop.tenant), worlds.hour(48)
    page = booked(shop, visitor, lesson, starts_at)
    assert "Cancel this session" in visitor.get(page).text
    look = words(visitor.get(f"{page}cancel").text)
    assert "€45.00 goes back to your card" in look
    assert "Cancel and get €45.00 back" in look
    assert "Cancelled in time (the rule is 24 hours)" in look
    deadline = (starts_at - timedelta(hours=24)).astimezone(clock.zone("Europe/Berlin"))
    assert f"{deadline:%H:%M}. After that the session counts as used" in look
    assert clients.cancellations(shop.tenant, page) == []


def test_cancelled_in_time_the_money_goes_back_after_a_minute(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    page = booked(shop, visitor, lesson, worlds.hour(48))
    answer = visitor.post(f"{page}cancel", {"shown": "returned"})
    assert (answer.status_code, answer.headers["Location"]) == (302, page)
    pressed = words(visitor.get(page).text)
    assert "Undo: keep the session" in pressed
    assert of(shop.tenant, page).status == BookingStatus.CONFIRMED
    with clock.travel(61):
        worlds.drain()
        worlds.hear_stripe(shop.stripe)
        final = words(visitor.get(page).text)
    assert of(shop.tenant, page).status == BookingStatus.CANCELLED
    assert "Undo" not in final
    assert "Cancelled in time (the rule is 24 hours)" in final
    assert re.search("Back to your card</dt><dd>.{0,40}€45.00", final)
    assert "Sent to Visa" in final
    assert worlds.attempt_for(shop.tenant, of(shop.tenant, page)).refunded_minor == 4500
    assert "Book another time" in final


def test_a_packs_unit_goes_back(anna: Tenant) -> None:
    worlds.open_for_bookings(anna)
    kind, visitor = worlds.session_type(anna), browser(anna)
    page, pack = booked_with_pack(anna, kind, worlds.hour(48))
    assert "1 session of your pack" in words(visitor.get(page).text)
    assert "Cancel and get 1 session back" in words(visitor.get(f"{page}cancel").text)
    visitor.post(f"{page}cancel", {"shown": "returned"})
    assert "1 session goes back to your pack" in words(visitor.get(page).text)
    with tenant_context(anna):
        assert ledger.balance_of(pack.pk) == 9
    with clock.travel(61):
        worlds.sweep()
    with tenant_context(anna):
        assert ledger.balance_of(pack.pk) == 10
    assert "1 session goes back to your pack" in words(visitor.get(page).text)


def test_too_late_the_press_says_that_the_session_counts_as_used(anna: Tenant) -> None:
    worlds.open_for_bookings(anna)
    kind, visitor = worlds.session_type(anna), browser(anna)
    page, pack = booked_with_pack(anna, kind, worlds.hour(-20))
    look = words(visitor.get(f"{page}cancel").text)
    assert "Cancel: the session counts as used" in look
    assert "everything would have gone back" in look
    visitor.post(f"{page}cancel", {"shown": "used"})
    with clock.travel(61):
        worlds.sweep()
        final = words(visitor.get(page).text)
    assert "The session counts as used: nothing goes back" in final
    assert "(the rule is 24 hours)" in final
    with tenant_context(anna):
        assert ledger.balance_of(pack.pk) == 9


def test_a_free_session_gives_nothing_back_and_says_so(anna: Tenant) -> None:
    worlds.open_for_bookings(anna)
    kind, visitor = worlds.session_type(anna, price_minor=0), browser(anna)
    page = clients.held(visitor, kind, worlds.hour(-20))
    visitor.post(f"{page}details", clients.CLEO)
    look = words(visitor.get(f"{page}cancel").text)
    assert "Nothing was paid, so nothing goes back" in look
    assert "counts as used" not in look
    visitor.post(f"{page}cancel", {"shown": shown(look)})
    assert "Nothing was charged for it" in visitor.get(page).text


# --- the minute ------------------------------------------------------------------------------------


def test_undone_within_the_minute_the_session_stands(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    page = booked(shop, visitor, lesson, worlds.hour(48))
    visitor.post(f"{page}cancel", {"shown": "returned"})
    with clock.travel(50):
        answer = visitor.post(f"{page}undo")
        assert (answer.status_code, answer.headers["Location"]) == (302, page)
        stands = visitor.get(page).text
    assert "Nothing was cancelled" in stands
    assert "You are booked" in stands
    with clock.travel(90):
        worlds.sweep()
    assert of(shop.tenant, page).status == BookingStatus.CONFIRMED
    [undone] = clients.cancellations(shop.tenant, page)
    assert undone.status == CancellationStatus.UNDONE


def test_after_the_minute_it_is_too_late_even_where_nothing_was_carried_out(
    shop: Shop, lesson: SessionType
) -> None:
    visitor = browser(shop.tenant)
    page = booked(shop, visitor, lesson, worlds.hour(48))
    visitor.post(f"{page}cancel", {"shown": "returned"})
    with clock.travel(60):
        assert "Undo: keep" not in visitor.get(page).text
        visitor.post(f"{page}undo")
        assert "too late to undo" in visitor.get(page).text
        worlds.sweep()
    assert of(shop.tenant, page).status == BookingStatus.CANCELLED


def test_pressed_twice_it_is_one_cancellation(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    page = booked(shop, visitor, lesson, worlds.hour(48))
    for _ in range(2):
        answer = visitor.post(f"{page}cancel", {"shown": "returned"})
        assert (answer.status_code, answer.headers["Location"]) == (302, page)
    assert len(clients.cancellations(shop.tenant, page)) == 1
    with clock.travel(61):
        worlds.sweep()
        visitor.post(f"{page}cancel", {"shown": "returned"})
        visitor.get(page)
    assert len(clients.cancellations(shop.tenant, page)) == 1


def test_what_the_coach_is_cancelling_is_not_the_clients_to_undo(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    page = booked(shop, visitor, lesson, worlds.hour(48))
    booking = of(shop.tenant, page)
    with tenant_context(shop.tenant):
        cancelling.cancel(booking_id=booking.pk, cause=Cause.COACH, now=clock.now(), actor=clients.COACH)
    assert "Undo" not in visitor.get(page).text
    visitor.post(f"{page}undo")
    with clock.travel(61):
        worlds.sweep()
        final = words(visitor.get(page).text)
    assert of(shop.tenant, page).status == BookingStatus.CANCELLED
    assert "The coach cancelled, so everything is returned" in final
    assert f"by {shop.tenant.name}" in final


# --- the boundary ----------------------------------------------------------------------------------


def test_at_the_deadline_it_is_in_time_and_a_moment_later_it_is_not(shop: Shop, lesson: SessionType) -> None:
    visitor, starts_at = browser(shop.tenant), worlds.hour(48)
    page = booked(shop, visitor, lesson, starts_at)
    deadline = starts_at - timedelta(hours=24)
    with clients.at(deadline - 5 * SECOND):
        look = visitor.get(f"{page}cancel").text
        assert shown(look) == "returned"
    with clients.at(deadline + SECOND):
        answer = visitor.post(f"{page}cancel", {"shown": shown(look)})
        assert answer.status_code == 409
        changed = words(answer.text)
        assert "The deadline passed while this page was open" in changed
        assert "Cancel: the session counts as used" in changed
        assert clients.cancellations(shop.tenant, page) == []
        again = visitor.post(f"{page}cancel", {"shown": shown(answer.text)})
        assert again.status_code == 302
    [asked] = clients.cancellations(shop.tenant, page)
    assert (asked.outcome, asked.money_back_minor) == ("used", 0)


def test_a_press_that_does_not_say_what_was_shown_is_asked_again(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    page = booked(shop, visitor, lesson, worlds.hour(48))
    assert visitor.post(f"{page}cancel").status_code == 409
    assert clients.cancellations(shop.tenant, page) == []


def test_a_session_that_has_begun_is_not_cancelled_by_its_client(shop: Shop, lesson: SessionType) -> None:
    visitor, starts_at = browser(shop.tenant), worlds.hour(1)
    page = booked(shop, visitor, lesson, starts_at)
    with clients.at(starts_at + SECOND):
        assert "cancel" not in visitor.get(page).text.lower()
        assert visitor.get(f"{page}cancel").headers["Location"] == page
        visitor.post(f"{page}cancel", {"shown": "used"})
        assert "This session has begun" in visitor.get(page).text
    assert clients.cancellations(shop.tenant, page) == []


# --- the coach moved it -----------------------------------------------------------------------------


def moved_by_coach(shop: Shop, page: str, hours: int) -> None:
    booking = of(shop.tenant, page)
    with tenant_context(shop.tenant):
        moving.move_by_coach(
            booking_id=booking.pk, starts_at=worlds.hour(hours), now=clock.now(), actor=clients.COACH
        )


def test_a_move_by_the_coach_can_be_declined_for_everything_back(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    page = booked(shop, visitor, lesson, worlds.hour(48))
    moved_by_coach(shop, page, -20)
    assert "moved this session from" in words(visitor.get(page).text)
    look = words(visitor.get(f"{page}decline-move").text)
    assert "Cancel and get €45.00 back" in look
    assert "The new time was declined" in look
    visitor.post(f"{page}decline-move", {"shown": shown(look)})
    with clock.travel(61):
        worlds.drain()
        worlds.hear_stripe(shop.stripe)
    [done] = clients.cancellations(shop.tenant, page)
    assert (done.cause, done.status, done.money_back_minor) == ("declined_move", "done", 4500)


def test_what_nobody_moved_cannot_be_declined(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    page = booked(shop, visitor, lesson, worlds.hour(-20))
    assert visitor.get(f"{page}decline-move").headers["Location"] == page
    visitor.post(f"{page}decline-move", {"shown": "returned"})
    assert clients.cancellations(shop.tenant, page) == []


def test_a_time_that_was_kept_cannot_be_declined_any_more(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    page = booked(shop, visitor, lesson, worlds.hour(48))
    moved_by_coach(shop, page, -20)
    for _ in range(2):
        assert visitor.post(f"{page}keep-time").headers["Location"] == page
    agreed = words(visitor.get(page).text)
    assert "The new time is agreed" in agreed
    assert "moved this session from" not in agreed
    visitor.post(f"{page}decline-move", {"shown": "returned"})
    assert clients.cancellations(shop.tenant, page) == []


# --- whose it is, and what it costs -----------------------------------------------------------------


def test_on_another_coachs_host_nothing_of_it_works(shop: Shop, lesson: SessionType, ben: Tenant) -> None:
    page = booked(shop, browser(shop.tenant), lesson, worlds.hour(48))
    stranger = browser(ben)
    for path in ("cancel", "decline-move"):
        assert stranger.get(f"{page}{path}").status_code == 404
    for path in ("cancel", "decline-move", "undo", "keep-time"):
        assert stranger.post(f"{page}{path}", {"shown": "returned"}).status_code == 404
    assert clients.cancellations(shop.tenant, page) == []


def test_a_link_alone_cancels_nothing(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    page = booked(shop, visitor, lesson, worlds.hour(48))
    visitor.get(f"{page}cancel")
    assert visitor.get(f"{page}undo").status_code == 405
    assert clients.cancellations(shop.tenant, page) == []


def test_the_pages_of_a_booking_stay_within_their_queries(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    page = booked(shop, visitor, lesson, worlds.hour(48))
    visitor.get(page)
    for path, most in (("", 4), ("cancel", 5)):
        with clients.counted() as statements:
            assert visitor.get(f"{page}{path}").status_code == 200
        assert len(statements) <= most, statements
    visitor.post(f"{page}cancel", {"shown": "returned"})
    with clients.counted() as statements:
        assert "Undo" in visitor.get(page).text
    assert len(statements) <= 4, statements


def test_the_calendar_file_takes_a_cancelled_session_out(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    page = booked(shop, visitor, lesson, worlds.hour(48))
    assert "METHOD:PUBLISH" in visitor.get(f"{page}session.ics").text
    visitor.post(f"{page}cancel", {"shown": "returned"})
    with clock.travel(61):
        worlds.sweep()
        file = visitor.get(f"{page}session.ics")
    assert "method=CANCEL" in file.headers["Content-Type"]
    for line in ("METHOD:CANCEL", "SEQUENCE:1", "STATUS:CANCELLED"):
        assert line in file.text
