"""A coach moves a session to any time at which nothing else stands, and back again."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django_tenants.utils import tenant_context

from kit import clock
from tenants.offers.models import SessionType
from tenants.offers.practice import change_practice
from tenants.registry.models import Tenant
from tenants.scheduling import cancelling
from tenants.scheduling.models import Booking, Cause
from tests import worlds
from tests.dashboard.desk import Coach
from tests.scheduling import booked


@pytest.fixture
def lesson(shop: worlds.Shop) -> SessionType:
    return worlds.session_type(shop.tenant)


@pytest.fixture
def paid(shop: worlds.Shop, lesson: SessionType) -> Booking:
    return worlds.sell(shop, lesson, at=worlds.hour(24))


def typed(shop: worlds.Shop, at: datetime) -> dict[str, str]:
    """A moment as the coach types it."""
    there = at.astimezone(ZoneInfo(worlds.practice(shop.tenant).timezone))
    return {"day": f"{there:%Y-%m-%d}", "time": f"{there:%H:%M}"}


def starts_at(shop: worlds.Shop, booking: Booking) -> datetime:
    return worlds.reread(shop.tenant, booking).session.starts_at


def test_moved_it_stands_at_the_new_time_and_can_be_moved_back(shop: worlds.Shop, paid: Booking) -> None:
    coach, path = Coach(shop.tenant), f"booking/{paid.pk}/move/"
    page = coach.read(path)
    assert "may decline the new time" in page
    assert f'value="{typed(shop, paid.session.starts_at)["time"]}"' in page
    answer = coach.post(path, typed(shop, worlds.hour(30)))
    assert (answer.status_code, answer["Location"]) == (303, f"{coach.base}booking/{paid.pk}/")
    assert starts_at(shop, paid) == worlds.hour(30)
    page = coach.read(f"booking/{paid.pk}/")
    assert "Moved by you" in page
    assert ">Move back<" in page
    coach.post(path, typed(shop, worlds.hour(24)))
    assert starts_at(shop, paid) == worlds.hour(24)
    assert ">Move back<" not in coach.read(f"booking/{paid.pk}/")


def test_a_taken_time_is_a_conflict_and_keeps_what_was_typed(
    shop: worlds.Shop, lesson: SessionType, paid: Booking
) -> None:
    worlds.sell(shop, lesson, at=worlds.hour(30), browser="dan", email="dan@example.com")
    answer = Coach(shop.tenant).post(f"booking/{paid.pk}/move/", typed(shop, worlds.hour(30)))
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Something else stands at that time" in page
    assert f'value="{typed(shop, worlds.hour(30))["day"]}"' in page
    assert starts_at(shop, paid) == worlds.hour(24)


def test_the_past_and_nonsense_are_refused(shop: worlds.Shop, paid: Booking) -> None:
    coach, path = Coach(shop.tenant), f"booking/{paid.pk}/move/"
    assert coach.post(path, {"day": "2026-01-05", "time": "9"}).status_code == 409
    assert coach.post(path, {"day": "", "time": "soon"}).status_code == 422
    assert starts_at(shop, paid) == worlds.hour(24)


def test_a_time_that_the_clocks_skip_is_named(shop: worlds.Shop, paid: Booking) -> None:
    with tenant_context(shop.tenant):
        change_practice(now=clock.now(), timezone="Europe/Berlin")
    answer = Coach(shop.tenant).post(f"booking/{paid.pk}/move/", {"day": "2027-03-28", "time": "02:30"})
    assert answer.status_code == 422
    assert "The clocks skip this time" in answer.content.decode()


def test_what_is_being_called_off_is_not_moved(shop: worlds.Shop, paid: Booking) -> None:
    with tenant_context(shop.tenant):
        cancelling.cancel(booking_id=paid.pk, cause=Cause.CLIENT, now=clock.now(), actor=booked.CLIENT)
    answer = Coach(shop.tenant).post(f"booking/{paid.pk}/move/", typed(shop, worlds.hour(30)))
    assert answer.status_code == 409
    assert "not booked any more" in answer.content.decode()


def test_another_coachs_session_is_unknown(shop: worlds.Shop, paid: Booking, ben: Tenant) -> None:
    stranger = Coach(ben)
    assert stranger.get(f"booking/{paid.pk}/move/").status_code == 404
    assert stranger.post(f"booking/{paid.pk}/move/", typed(shop, worlds.hour(30))).status_code == 404
    assert starts_at(shop, paid) == worlds.hour(24)
