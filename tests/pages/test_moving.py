"""Moving a session by its client: chosen, read once more, moved with what was paid for it."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from kit import clock
from tenants.activity.models import Event
from tenants.offers.models import SessionType
from tenants.packs import ledger
from tenants.packs.models import Pack
from tenants.registry.models import Tenant
from tenants.scheduling import cancelling, moving
from tenants.scheduling.models import Cause
from tests import worlds
from tests.pages import clients
from tests.pages.clients import CLEO, booked, browser, held, of, words
from tests.worlds import Shop

FROM, TO = 48, 60


@pytest.fixture
def lesson(shop: Shop) -> SessionType:
    return worlds.session_type(shop.tenant)


@pytest.fixture
def visitor(shop: Shop) -> Browser:
    return browser(shop.tenant)


@pytest.fixture
def page(shop: Shop, lesson: SessionType, visitor: Browser) -> str:
    return booked(shop, visitor, lesson, worlds.hour(FROM))


def review(visitor: Browser, page: str, at: datetime) -> Any:
    return visitor.get(f"{page}move-to", {"starts_at": at.isoformat()})


def move(visitor: Browser, page: str, at: datetime) -> Any:
    return visitor.post(f"{page}move-to", {"starts_at": at.isoformat()})


def day_of(at: datetime) -> str:
    return at.astimezone(clock.zone("Europe/Berlin")).date().isoformat()


def test_the_picker_offers_other_times_and_not_its_own(
    shop: Shop, lesson: SessionType, visitor: Browser, page: str
) -> None:
    own, taken = worlds.hour(FROM), worlds.hour(FROM + 3)
    booked(shop, browser(shop.tenant), lesson, taken, email="ben@example.com")
    assert f"{page}move" in visitor.get(page).text
    picker = visitor.get(f"{page}move", {"day": day_of(own)}).text
    assert f'value="{own.isoformat()}"' not in picker
    assert f'value="{taken.isoformat()}"' not in picker
    assert f'value="{(taken + timedelta(hours=1)).isoformat()}"' in picker
    assert f'action="{page}move-to"' in picker
    assert 'name="starts_at"' in picker


def test_half_a_session_further_is_free_for_the_session_itself(
    shop: Shop, lesson: SessionType, visitor: Browser, page: str
) -> None:
    """Its own time hides none of the times that overlap it."""
    near = worlds.hour(FROM) + timedelta(minutes=30)
    assert near.isoformat() in visitor.get(f"{page}move", {"day": day_of(near)}).text
    assert move(visitor, page, near).status_code == 302
    assert of(shop.tenant, page).session.starts_at == near


def test_the_review_names_both_times_and_moves_nothing(shop: Shop, visitor: Browser, page: str) -> None:
    look = words(review(visitor, page, worlds.hour(TO)).text)
    assert "Move this session?" in look
    assert "Nothing is charged" in look
    for at in (worlds.hour(FROM), worlds.hour(TO)):
        assert f'datetime="{at.isoformat()}"' in look
    assert of(shop.tenant, page).session.starts_at == worlds.hour(FROM)


def test_the_review_says_when_free_cancelling_would_be_over(visitor: Browser, page: str) -> None:
    soon, late = (words(review(visitor, page, worlds.hour(at)).text) for at in (-20, TO))
    assert "neither moved again nor cancelled for free" in soon
    assert "Free to cancel until" in late
    assert "neither" not in late


def test_what_nobody_paid_for_has_no_free_cancelling_to_give_up(shop: Shop, visitor: Browser) -> None:
    talk = worlds.session_type(shop.tenant, name="Talk", price_minor=0)
    page = held(visitor, talk, worlds.hour(FROM))
    visitor.post(f"{page}details", CLEO)
    look = words(review(visitor, page, worlds.hour(-20)).text)
    assert "it cannot be moved again" in look
    assert "cancelled for free" not in look


def test_moved_the_link_goes_on_and_nothing_is_charged(shop: Shop, visitor: Browser, page: str) -> None:
    before = worlds.attempt_for(shop.tenant, of(shop.tenant, page))
    answer = move(visitor, page, worlds.hour(TO))
    assert (answer.status_code, answer.headers["Location"]) == (302, page)
    moved = words(visitor.get(page).text)
    assert "Your session is now on" in moved
    assert "Nothing was charged" in moved
    assert "You are booked" in moved
    booking = of(shop.tenant, page)
    assert (booking.session.starts_at, booking.calendar_sequence) == (worlds.hour(TO), 1)
    assert worlds.attempt_for(shop.tenant, booking).pk == before.pk


def test_pressed_twice_it_is_moved_once(shop: Shop, visitor: Browser, page: str) -> None:
    for _ in range(2):
        answer = move(visitor, page, worlds.hour(TO))
        assert (answer.status_code, answer.headers["Location"]) == (302, page)
        visitor.get(page)
    assert of(shop.tenant, page).calendar_sequence == 1
    with tenant_context(shop.tenant):
        assert Event.objects.filter(kind="booking.moved").count() == 1


def test_the_old_time_is_free_again(shop: Shop, lesson: SessionType, visitor: Browser, page: str) -> None:
    move(visitor, page, worlds.hour(TO))
    clients.held(browser(shop.tenant), lesson, worlds.hour(FROM))


def test_a_time_taken_meanwhile_leaves_it_where_it_was_and_offers_the_nearest(
    shop: Shop, lesson: SessionType, visitor: Browser, page: str
) -> None:
    assert review(visitor, page, worlds.hour(TO)).status_code == 200
    clients.held(browser(shop.tenant), lesson, worlds.hour(TO))
    for answer in (move(visitor, page, worlds.hour(TO)), review(visitor, page, worlds.hour(TO))):
        assert answer.status_code == 409
        notice = answer.text[answer.text.index("not free") : answer.text.index("<h1")]
        offered = re.findall(r'name="starts_at" value="([^"]+)"', notice)
        assert len(offered) == 3
        assert "Your session stays where it is" in words(answer.text)
    assert of(shop.tenant, page).session.starts_at == worlds.hour(FROM)
    assert move(visitor, page, datetime.fromisoformat(offered[0])).status_code == 302


def test_when_the_deadline_has_passed_it_is_said_and_nothing_moves(
    shop: Shop, visitor: Browser, page: str
) -> None:
    with clients.at(worlds.hour(FROM) - timedelta(hours=24) + timedelta(seconds=2)):
        assert "Move to another time" not in visitor.get(page).text
        for turn in (lambda: visitor.get(f"{page}move"), lambda: move(visitor, page, worlds.hour(TO + 48))):
            assert turn().headers["Location"] == page
            assert "The time for moving is over" in visitor.get(page).text
    assert of(shop.tenant, page).session.starts_at == worlds.hour(FROM)


@pytest.mark.parametrize("starts_at", ["", "soon", "2026-06-10T17:00:00", "9999-12-31T23:59-12:00"])
def test_a_time_that_is_none_is_refused_in_words(visitor: Browser, page: str, starts_at: str) -> None:
    for answer in (
        visitor.get(f"{page}move-to", {"starts_at": starts_at}),
        visitor.post(f"{page}move-to", {"starts_at": starts_at}),
    ):
        assert answer.status_code == 422
        assert "No time was chosen" in answer.text


def test_while_a_cancellation_can_be_undone_nothing_moves(shop: Shop, visitor: Browser, page: str) -> None:
    booking = of(shop.tenant, page)
    with tenant_context(shop.tenant):
        cancelling.cancel(booking_id=booking.pk, cause=Cause.COACH, now=clock.now(), actor=clients.COACH)
    assert move(visitor, page, worlds.hour(TO)).headers["Location"] == page
    assert "Nothing was changed" in visitor.get(page).text
    assert of(shop.tenant, page).session.starts_at == worlds.hour(FROM)


def test_a_packs_unit_moves_along_while_the_pack_is_valid(anna: Tenant) -> None:
    worlds.open_for_bookings(anna)
    kind, visitor = worlds.session_type(anna), browser(anna)
    page, pack = clients.booked_with_pack(anna, kind, worlds.hour(FROM))
    with tenant_context(anna), transaction.atomic():
        Pack.objects.filter(pk=pack.pk).update(expires_at=worlds.hour(TO))
    assert "It stays 1 session of your pack" in words(review(visitor, page, worlds.hour(TO - 1)).text)
    assert review(visitor, page, worlds.hour(TO)).status_code == 409
    move(visitor, page, worlds.hour(TO - 1))
    with tenant_context(anna):
        assert ledger.balance_of(pack.pk) == 9
    assert of(anna, page).session.starts_at == worlds.hour(TO - 1)


def test_moved_by_the_client_the_coachs_move_is_settled(shop: Shop, visitor: Browser, page: str) -> None:
    booking = of(shop.tenant, page)
    with tenant_context(shop.tenant):
        moving.move_by_coach(
            booking_id=booking.pk, starts_at=worlds.hour(TO), now=clock.now(), actor=clients.COACH
        )
    assert "Keep the new time" in visitor.get(page).text
    move(visitor, page, worlds.hour(TO + 5))
    assert "Keep the new time" not in visitor.get(page).text


def test_the_calendar_file_puts_it_where_it_was_moved_to(visitor: Browser, page: str) -> None:
    move(visitor, page, worlds.hour(TO))
    file = visitor.get(f"{page}session.ics").text
    for line in ("METHOD:REQUEST", "SEQUENCE:1", f"DTSTART:{worlds.hour(TO):%Y%m%dT%H%M%SZ}"):
        assert line in file


def test_htmx_gets_the_days_alone(visitor: Browser, page: str) -> None:
    part = visitor.get(f"{page}move", headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert f'action="{page}move-to"' in part.text
    assert "no-cache" in part.headers["Cache-Control"]


def test_on_another_coachs_host_nothing_moves(ben: Tenant, shop: Shop, page: str) -> None:
    stranger = browser(ben)
    for path in ("move", "move-to"):
        assert stranger.get(f"{page}{path}").status_code == 404
    assert move(stranger, page, worlds.hour(TO)).status_code == 404
    assert of(shop.tenant, page).session.starts_at == worlds.hour(FROM)


def test_the_pages_of_moving_stay_within_their_queries(visitor: Browser, page: str) -> None:
    visitor.get(f"{page}move")
    for path, most in (("move", 6), (f"move-to?starts_at={worlds.hour(TO):%Y-%m-%dT%H:%MZ}", 6)):
        with clients.counted() as statements:
            assert visitor.get(f"{page}{path}").status_code == 200
        assert len(statements) <= most, statements
