"""Several sessions for a client in one go: the dates with what pays for each, and all of them or none."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django_tenants.utils import tenant_context

from kit import clock
from tenants.offers import session_types
from tenants.offers.models import SessionType
from tenants.packs.models import Pack
from tenants.registry.models import Tenant
from tenants.scheduling.models import Booking
from tests import worlds
from tests.dashboard.desk import Coach
from tests.packs import sold
from tests.scheduling import booked

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def lesson(anna: Tenant) -> SessionType:
    worlds.open_for_bookings(anna)
    return worlds.session_type(anna)


@pytest.fixture
def pack(anna: Tenant, lesson: SessionType) -> Pack:
    """Three lessons of Cleo's, for good."""
    return booked.pack(anna, lesson, units=3, valid_months=None)


@pytest.fixture
def coach(anna: Tenant) -> Coach:
    return Coach(anna)


def first() -> datetime:
    """17:00 in Berlin, in some days, where no clock changes in the weeks after."""
    there = clock.now().astimezone(BERLIN) + timedelta(days=3)
    return there.replace(hour=17, minute=0, second=0, microsecond=0)


def asked(lesson: SessionType, **others: Any) -> dict[str, str]:
    usual = {"type": lesson.slug, "first": f"{first().date()}", "time": "17:00", "every": "1", "count": "3"}
    return {**usual, **{name: str(value) for name, value in others.items()}}


def look(coach: Coach, pack: Pack, values: dict[str, str]) -> tuple[str, str]:
    """The page of a plan, and the key that it was given."""
    answer = coach.get(f"clients/{pack.client_id}/book/", data=values)
    assert answer.status_code == 200
    page = " ".join(answer.content.decode().split())
    _, _, rest = page.partition('name="key" value="')
    return page, rest[:32]


def press(coach: Coach, pack: Pack, values: dict[str, str], key: str) -> Any:
    return coach.post(f"clients/{pack.client_id}/book/", {**values, "key": key})


def bookings_of(tenant: Tenant, pack: Pack) -> list[Booking]:
    with tenant_context(tenant):
        rows = Booking.objects.filter(client=pack.client_id, status="confirmed").select_related("session")
        return list(rows.order_by("session__starts_at"))


def test_each_date_is_shown_with_what_pays_for_it(
    anna: Tenant, coach: Coach, lesson: SessionType, pack: Pack
) -> None:
    page, _ = look(coach, pack, asked(lesson))
    assert "Book 3 sessions" in page
    for left in (2, 1, 0):
        assert f"Ten lessons, {left} left after it" in page
    assert "Left out" not in page
    assert bookings_of(anna, pack) == []


def test_what_was_shown_is_booked_once_however_often_it_is_pressed(
    anna: Tenant, coach: Coach, lesson: SessionType, pack: Pack
) -> None:
    values = asked(lesson, every=2)
    _, key = look(coach, pack, values)
    assert [press(coach, pack, values, key).status_code for _ in range(2)] == [303, 303]
    made = bookings_of(anna, pack)
    starts = [first(), first() + timedelta(weeks=2), first() + timedelta(weeks=4)]
    assert [each.session.starts_at for each in made] == starts
    assert len({each.series for each in made}) == 1
    assert booked.balance(anna, pack) == 0
    assert "Booked: 3 sessions." in coach.read(f"clients/{pack.client_id}/")


def test_dates_that_cannot_be_booked_are_left_out_with_the_reason(
    anna: Tenant, coach: Coach, lesson: SessionType, pack: Pack
) -> None:
    worlds.held(anna, lesson, at=first() + timedelta(weeks=1), browser="stranger")
    values = asked(lesson, count=5)
    page, key = look(coach, pack, values)
    assert "Closed or not open at this time" in page
    assert page.count("No session left to pay for it") == 1
    assert "Book 3 sessions" in page
    assert press(coach, pack, values, key).status_code == 303
    assert len(bookings_of(anna, pack)) == 3


def test_a_plan_that_has_changed_is_shown_anew_and_nothing_is_booked(
    anna: Tenant, coach: Coach, lesson: SessionType, pack: Pack
) -> None:
    values = asked(lesson)
    _, key = look(coach, pack, values)
    worlds.held(anna, lesson, at=first(), browser="stranger")
    answer = press(coach, pack, values, key)
    page = " ".join(answer.content.decode().split())
    assert answer.status_code == 409
    assert "Nothing was booked" in page
    assert "Book 2 sessions" in page
    assert bookings_of(anna, pack) == []
    _, _, rest = page.partition('name="key" value="')
    assert press(coach, pack, values, rest[:32]).status_code == 303
    assert len(bookings_of(anna, pack)) == 2


def test_a_pack_that_is_not_paid_plans_no_more_than_it_allows(
    anna: Tenant, coach: Coach, lesson: SessionType
) -> None:
    with tenant_context(anna):
        covers = {str(lesson.pk): 1}
        unpaid = sold.bought(paid=False, unpaid="some", unpaid_units=2, covers=covers, valid_months=None)
    values = asked(lesson)
    page, key = look(coach, unpaid, values)
    assert "Book 2 sessions" in page
    assert "No session left to pay for it" in page
    assert press(coach, unpaid, values, key).status_code == 303
    assert booked.balance(anna, unpaid) == 8


def test_what_costs_nothing_needs_no_pack(anna: Tenant, coach: Coach, pack: Pack) -> None:
    free = worlds.session_type(anna, name="Talk", price_minor=0)
    values = asked(free, count=2)
    page, key = look(coach, pack, values)
    assert "17:00</time> · free" in page.replace("</span>", "")
    assert press(coach, pack, values, key).status_code == 303
    assert [each.funding for each in bookings_of(anna, pack)] == ["free", "free"]
    assert booked.balance(anna, pack) == 3


def test_who_has_nothing_to_pay_with_is_offered_a_pack(
    anna: Tenant, coach: Coach, lesson: SessionType
) -> None:
    used_up = booked.pack(anna, lesson, units=1, valid_months=None)
    booked.with_unit(anna, lesson, used_up, at=worlds.hour(0))
    page, _ = look(coach, used_up, asked(lesson))
    assert "None of these can be booked" in page
    assert f'href="{coach.base}clients/{used_up.client_id}/sell/"' in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"first": "2020-01-01"},
        {"first": "2199-01-01"},
        {"time": "late"},
        {"count": "53"},
        {"type": "nothing"},
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    anna: Tenant, coach: Coach, lesson: SessionType, pack: Pack, wrong: dict[str, str]
) -> None:
    page = f"clients/{pack.client_id}/book/"
    values = asked(lesson, **wrong)
    assert coach.get(page, data=values).status_code == 422
    assert coach.post(page, {**values, "key": "x"}).status_code == 422
    assert bookings_of(anna, pack) == []


def test_a_session_that_was_taken_off_meanwhile_is_not_booked(
    anna: Tenant, coach: Coach, lesson: SessionType, pack: Pack
) -> None:
    values = asked(lesson)
    _, key = look(coach, pack, values)
    with tenant_context(anna):
        session_types.edit(session_type_id=lesson.pk, is_active=False)
    assert press(coach, pack, values, key).status_code == 422
    assert bookings_of(anna, pack) == []


def test_the_form_begins_with_the_same_session_a_week_later(
    anna: Tenant, coach: Coach, lesson: SessionType, pack: Pack
) -> None:
    booked.with_unit(anna, lesson, pack, at=first())
    page = coach.read(f"clients/{pack.client_id}/book/")
    assert f'value="{(first() + timedelta(weeks=1)).date()}"' in page
    assert 'value="17:00"' in page
