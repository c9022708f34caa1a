"""A closed day from the coach's phone: the list first, one button, and a minute to take any of it back."""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from kit import clock
from tenants.offers.models import SessionType
from tenants.registry.models import Tenant
from tenants.scheduling import closing
from tenants.scheduling.models import Booking, TimeOff
from tests import worlds
from tests.dashboard.desk import Coach
from tests.packs import sold
from tests.scheduling import booked

MOST_QUERIES = 14
# With packs, requests and what is being called off, all at once.
MOST_ON_TODAY = 15


@pytest.fixture
def lesson(shop: worlds.Shop) -> SessionType:
    return worlds.session_type(shop.tenant)


@pytest.fixture
def day(shop: worlds.Shop) -> date:
    return (clock.now() + timedelta(days=3)).date()


def at(shop: worlds.Shop, day: date, hour: int) -> datetime:
    """A full hour of that day on the coach's clock."""
    zone = ZoneInfo(worlds.practice(shop.tenant).timezone)
    return datetime(day.year, day.month, day.day, hour, tzinfo=zone)


@pytest.fixture
def two(shop: worlds.Shop, lesson: SessionType, day: date) -> list[Booking]:
    """One by card, one by a pack's unit."""
    pack = booked.pack(shop.tenant, lesson)
    card = worlds.sell(shop, lesson, at=at(shop, day, 10), email="dan@example.com")
    return [card, booked.with_unit(shop.tenant, lesson, pack, at=at(shop, day, 12))]


def shown(page: str) -> list[str]:
    return re.findall(r'name="shown" value="([^"]+)"', page)


def states(shop: worlds.Shop, rows: list[Booking]) -> list[str]:
    return [str(worlds.reread(shop.tenant, row).status) for row in rows]


def a_minute_later() -> None:
    with clock.travel(61):
        worlds.drain()
    assert not worlds.failures()


def test_the_preview_lists_each_session_with_what_goes_back(
    shop: worlds.Shop, day: date, two: list[Booking]
) -> None:
    page = Coach(shop.tenant).read(f"calendar/close/?first={day}")
    assert shown(page) == [str(row.pk) for row in two]
    assert "€45.00 goes back to the client’s card" in page
    assert "1 session goes back to the client’s pack." in page
    assert re.search(r"Close \w{3} \d+ \w+: 2 sessions go back", page)
    assert states(shop, two) == ["confirmed", "confirmed"]


def test_one_press_closes_the_day_and_each_session_can_be_undone(
    shop: worlds.Shop, day: date, two: list[Booking]
) -> None:
    coach = Coach(shop.tenant)
    answer = coach.post("calendar/close/", {"first": str(day), "shown": [str(row.pk) for row in two]})
    assert answer.status_code == 303
    after = answer["Location"].removeprefix(coach.base)
    page = coach.read(after)
    assert page.count("Undo<span") == 2
    undone = coach.post(f"booking/{two[0].pk}/undo", {"next": coach.base + after})
    assert undone["Location"] == coach.base + after
    assert "Undone: the session stays booked" in coach.read(after)
    a_minute_later()
    assert states(shop, two) == ["confirmed", "cancelled"]
    with clock.travel(120):
        assert "Undo<span" not in coach.read(after)
    with tenant_context(shop.tenant):
        assert TimeOff.objects.count() == 1
    assert "Time off" in coach.read(f"calendar/?week={day}")


def test_a_list_that_has_changed_is_a_conflict_with_the_new_list(
    shop: worlds.Shop, day: date, two: list[Booking]
) -> None:
    answer = Coach(shop.tenant).post("calendar/close/", {"first": str(day), "shown": [str(two[0].pk)]})
    assert answer.status_code == 409
    page = " ".join(answer.content.decode().split())
    assert "Sessions were booked or called off since you looked." in page
    assert shown(page) == [str(row.pk) for row in two]
    assert states(shop, two) == ["confirmed", "confirmed"]
    with tenant_context(shop.tenant):
        assert not TimeOff.objects.exists()


def test_a_stretch_with_times_closes_just_that(shop: worlds.Shop, day: date, two: list[Booking]) -> None:
    query = f"first={day}&first_time=11&last={day}&last_time=18"
    page = Coach(shop.tenant).read(f"calendar/close/?{query}")
    assert shown(page) == [str(two[1].pk)]
    assert ": 1 session goes back" in page
    assert 'name="first_time" value="11"' in page


def test_packs_stay_valid_longer_if_so_ticked(shop: worlds.Shop, lesson: SessionType, day: date) -> None:
    with tenant_context(shop.tenant):
        pack = sold.bought(covers={str(lesson.pk): 1}, valid_months=6)
    assert pack.expires_at
    coach = Coach(shop.tenant)
    coach.post("calendar/close/", {"first": str(day), "extends_packs": "on"})
    with tenant_context(shop.tenant):
        assert sold.reread(pack).expires_at == pack.expires_at + timedelta(days=1)
    later = day + timedelta(days=7)
    off = {"first": str(later), "last": str(later + timedelta(days=1)), "extends_packs": "on"}
    assert coach.post("settings/time-off/", off).status_code == 303
    with tenant_context(shop.tenant):
        assert sold.reread(pack).expires_at == pack.expires_at + timedelta(days=3)
    assert "Packs stay valid longer by these days." in coach.read("settings/time-off/")


def test_what_waits_and_what_is_over_is_named(shop: worlds.Shop, lesson: SessionType) -> None:
    asking = worlds.session_type(shop.tenant, needs_approval=True, answer_within_hours=48)
    over = worlds.sell(shop, lesson, at=worlds.hour(0))
    worlds.sell(shop, asking, at=worlds.hour(25), browser="b", email="eve@example.com")
    first = over.session.starts_at.astimezone(ZoneInfo(worlds.practice(shop.tenant).timezone)).date()
    with clock.travel((over.session.ends_at - clock.now()).total_seconds() + 60):
        page = Coach(shop.tenant).read(f"calendar/close/?first={first}&last={first + timedelta(days=2)}")
    assert shown(page) == []
    assert "1 session of that time is over already and stays as it is." in page
    assert "1 request in that time still waits for your answer." in page


@pytest.mark.parametrize("typed", ["first=soon", "first=2020-01-05", "first=2999-01-01"])
def test_a_day_that_makes_no_sense_closes_nothing(anna: Tenant, typed: str) -> None:
    coach = Coach(anna)
    assert coach.get(f"calendar/close/?{typed}").status_code == 422
    name, value = typed.split("=")
    assert coach.post("calendar/close/", {name: value}).status_code == 422
    assert coach.get(f"calendar/closed/?{typed}").status_code == 303
    with tenant_context(anna):
        assert not TimeOff.objects.exists()


def test_today_and_the_calendar_lead_there(anna: Tenant) -> None:
    coach = Coach(anna)
    for page in ("", "calendar/", "settings/time-off/"):
        assert f'href="{coach.base}calendar/close/"' in coach.read(page), page


def test_ids_of_others_and_nonsense_close_nothing(
    shop: worlds.Shop, ben: Tenant, day: date, two: list[Booking]
) -> None:
    answer = Coach(ben).post("calendar/close/", {"first": str(day), "shown": [str(two[0].pk), "x"]})
    assert answer.status_code == 409
    assert states(shop, two) == ["confirmed", "confirmed"]
    assert booked.cancellations(shop.tenant, two[0]) == []


def test_pages_stay_within_their_budget_of_queries(
    shop: worlds.Shop, lesson: SessionType, day: date, two: list[Booking]
) -> None:
    for hour in (14, 16, 18):
        worlds.sell(shop, lesson, at=at(shop, day, hour), browser=f"{hour}")
    asking = worlds.session_type(shop.tenant, needs_approval=True, answer_within_hours=48)
    for number in range(2):
        worlds.sell(shop, asking, at=worlds.hour(100 + number), browser=f"a{number}")
    coach = Coach(shop.tenant)
    for step in ("hours", "policy", "shared"):
        coach.post(f"setup/{step}")
    with clock.travel((two[1].session.starts_at - clock.now()).total_seconds() - 600):
        coach.post(f"booking/{two[1].pk}/call-off", {"cause": "weather", "shown": "returned"})
        pages = (
            "",
            f"calendar/close/?first={day}",
            f"calendar/closed/?first={day}",
            *(f"booking/{row.pk}/" for row in two),
            f"booking/{two[0].pk}/move/",
        )
        for page in pages:
            with CaptureQueriesContext(connection) as asked:
                assert coach.get(page).status_code == 200
            queries = [each["sql"] for each in asked if not each["sql"].startswith(("BEGIN", "COMMIT"))]
            assert len(queries) <= (MOST_QUERIES if page else MOST_ON_TODAY), "\n".join([page, *queries])


def test_a_whole_day_is_a_whole_day(shop: worlds.Shop, day: date) -> None:
    """Midnight belongs to the next day: nothing of the last day stays open."""
    Coach(shop.tenant).post("settings/time-off/", {"first": str(day), "last": str(day)})
    with tenant_context(shop.tenant):
        off = TimeOff.objects.get()
        assert (off.starts_at, off.ends_at) == closing.day(day)
