"""Several sessions in one go: each at its wall time, each with what funds it, and all as shown or none."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import Actor
from tenants.clients.models import Client
from tenants.offers.extras import Extra
from tenants.offers.models import SessionType
from tenants.offers.practice import change_practice
from tenants.packs import ledger, removals
from tenants.packs.models import Pack
from tenants.registry.models import Tenant
from tenants.scheduling import hours, series
from tenants.scheduling.models import Booking, BookingStatus, Funding
from tests import worlds
from tests.packs import sold

CLEO = Actor("client", "c")
HALF_PAST_TWO, FIVE = time(2, 30), time(17)
Travel = Callable[[datetime], object]


@pytest.fixture
def at() -> Iterator[Travel]:
    """`at(moment)`: from here on it is that moment."""
    with ExitStack() as travelled:
        yield lambda moment: travelled.enter_context(clock.travel((moment - clock.now()).total_seconds()))


def coach(tenant: Tenant) -> Tenant:
    worlds.open_for_bookings(tenant)
    with tenant_context(tenant):
        change_practice(now=clock.now(), timezone="Europe/Berlin")
    return tenant


@pytest.fixture
def summer(anna: Tenant, at: Travel) -> Tenant:
    """Anna in Berlin, on a Tuesday noon of June 2027, with nothing on."""
    at(datetime(2027, 6, 1, 10, tzinfo=UTC))
    return coach(anna)


@pytest.fixture
def lesson(summer: Tenant) -> SessionType:
    return worlds.session_type(summer)


def pack(tenant: Tenant, kind: SessionType, *, units: int = 10, takes: int = 1, **terms: Any) -> Pack:
    """Cleo's."""
    with tenant_context(tenant):
        return sold.bought(units=units, covers={str(kind.pk): takes}, **terms)


def wanted(
    tenant: Tenant, kind: SessionType, days: list[date], at: time = FIVE, **more: Any
) -> dict[str, Any]:
    with tenant_context(tenant):
        cleo = Client.objects.get(email="cleo@example.com")
    asked = {"client_id": cleo.pk, "slug": kind.slug, "days": days, "at": at, "by_coach": False}
    return {**asked, "now": clock.now()}


def planned(tenant: Tenant, asked: dict[str, Any]) -> series.Plan:
    with tenant_context(tenant):
        return series.plan(**asked)


def confirmed(tenant: Tenant, asked: dict[str, Any], key: str) -> list[Booking]:
    with tenant_context(tenant):
        return series.confirm(**asked, key=key, actor=CLEO)


def left(tenant: Tenant, *packs: Pack) -> list[int]:
    with tenant_context(tenant):
        return [ledger.balance_of(each.pk) for each in packs]


def nothing_is_booked(tenant: Tenant) -> bool:
    with tenant_context(tenant):
        return not Booking.objects.exists()


def weekly(first: date, count: int) -> list[date]:
    return series.weekly(first, count=count)


JUNE = date(2027, 6, 8)


# --- which days --------------------------------------------------------------------------------------


def test_a_series_is_as_long_as_wanted_and_a_year_at_most() -> None:
    assert weekly(JUNE, 3) == [JUNE, date(2027, 6, 15), date(2027, 6, 22)]
    assert series.weekly(JUNE, count=2, every_weeks=2) == [JUNE, date(2027, 6, 22)]
    assert len(weekly(JUNE, 100)) == series.MOST_DATES


@pytest.mark.parametrize(
    ("today", "first", "utc_hours"),
    [
        (datetime(2027, 3, 10, 12, tzinfo=UTC), date(2027, 3, 16), [16, 16, 15, 15]),
        (datetime(2027, 10, 10, 12, tzinfo=UTC), date(2027, 10, 19), [15, 15, 16, 16]),
    ],
    ids=["spring", "autumn"],
)
def test_five_stays_five_on_the_wall_when_the_clocks_change(
    anna: Tenant, at: Travel, today: datetime, first: date, utc_hours: list[int]
) -> None:
    at(today)
    kind = worlds.session_type(coach(anna))
    pack(anna, kind)
    asked = wanted(anna, kind, weekly(first, 4))
    booked = confirmed(anna, asked, planned(anna, asked).key)
    assert [each.session.starts_at.hour for each in booked] == utc_hours
    assert [each.session.wall_start for each in booked] == [f"{day}T17:00" for day in asked["days"]]


def test_a_time_that_the_clocks_skip_is_left_out_with_its_reason(anna: Tenant, at: Travel) -> None:
    at(datetime(2027, 3, 10, 12, tzinfo=UTC))
    kind = worlds.session_type(coach(anna))
    pack(anna, kind)
    plan = planned(anna, wanted(anna, kind, weekly(date(2027, 3, 21), 3), HALF_PAST_TWO))
    assert [each.problem for each in plan.dates] == ["", series.NO_SUCH_TIME, ""]
    assert plan.dates[1].starts_at is None


def test_a_time_that_comes_twice_is_booked_once_at_the_first(anna: Tenant, at: Travel) -> None:
    at(datetime(2027, 10, 20, 12, tzinfo=UTC))
    kind = worlds.session_type(coach(anna))
    pack(anna, kind)
    [only] = planned(anna, wanted(anna, kind, [date(2027, 10, 31)], HALF_PAST_TWO)).booked
    assert only.starts_at == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


def test_holidays_time_off_and_taken_times_are_left_out(summer: Tenant, lesson: SessionType) -> None:
    days = weekly(JUNE, 5)
    of = pack(summer, lesson)
    with tenant_context(summer):
        hours.set_date(day=days[1], ranges=[])
        hours.take_time_off(
            starts_at=datetime(2027, 6, 22, tzinfo=UTC),
            ends_at=datetime(2027, 6, 23, tzinfo=UTC),
            note="",
            now=clock.now(),
        )
    worlds.held(summer, lesson, at=datetime(2027, 6, 29, 15, tzinfo=UTC))
    asked = wanted(summer, lesson, days)
    plan = planned(summer, asked)
    assert [each.problem for each in plan.dates] == ["", series.CLOSED, series.CLOSED, series.CLOSED, ""]
    booked = confirmed(summer, asked, plan.key)
    assert [each.session.starts_at.day for each in booked] == [8, 6]
    assert left(summer, of) == [8]


def test_a_day_that_is_named_twice_is_booked_once(summer: Tenant, lesson: SessionType) -> None:
    pack(summer, lesson)
    asked = wanted(summer, lesson, [JUNE, date(2027, 6, 2), JUNE])
    assert [each.day for each in planned(summer, asked).booked] == [date(2027, 6, 2), JUNE]


def test_a_series_may_go_beyond_what_strangers_are_offered(summer: Tenant) -> None:
    soon = worlds.session_type(summer, horizon_days=7)
    pack(summer, soon)
    assert len(planned(summer, wanted(summer, soon, weekly(JUNE, 4))).booked) == 4


# --- what funds it -----------------------------------------------------------------------------------


def test_the_pack_that_ends_first_pays_first_and_only_while_it_is_valid(
    summer: Tenant, lesson: SessionType
) -> None:
    lasting = pack(summer, lesson, units=3, valid_months=None)
    ending = pack(summer, lesson, units=3, valid_months=1)
    asked = wanted(summer, lesson, weekly(JUNE, 6))
    plan = planned(summer, asked)
    funded = [ending.pk] * 3 + [lasting.pk] * 3
    assert [each.pack_id for each in plan.booked] == funded
    assert [each.leaves for each in plan.booked] == [2, 1, 0, 2, 1, 0]
    booked = confirmed(summer, asked, plan.key)
    assert [each.pack_id for each in booked] == funded
    assert {(each.status, each.funding) for each in booked} == {(BookingStatus.CONFIRMED, Funding.PACK)}
    assert len({each.series for each in booked}) == 1
    assert left(summer, lasting, ending) == [0, 0]


def test_a_pack_does_not_pay_for_what_begins_after_its_end(summer: Tenant, lesson: SessionType) -> None:
    ending = pack(summer, lesson, valid_months=1)
    plan = planned(summer, wanted(summer, lesson, weekly(JUNE, 6)))
    assert [each.day for each in plan.booked] == weekly(JUNE, 4)
    assert {each.problem for each in plan.left_out} == {series.NOTHING_LEFT}
    assert left(summer, ending) == [10]


def test_a_session_of_two_units_is_not_paid_by_one_of_each_pack(summer: Tenant, lesson: SessionType) -> None:
    packs = [pack(summer, lesson, units=3, takes=2, valid_months=months) for months in (3, 4)]
    plan = planned(summer, wanted(summer, lesson, weekly(JUNE, 3)))
    assert [each.pack_id for each in plan.dates] == [packs[0].pk, packs[1].pk, None]
    assert [each.leaves for each in plan.booked] == [1, 1]
    assert plan.dates[2].problem == series.NOTHING_LEFT


def test_with_nothing_left_nothing_can_be_booked(summer: Tenant, lesson: SessionType) -> None:
    used_up = pack(summer, lesson, units=1)
    with tenant_context(summer):
        sold.spend(used_up, kind=lesson.pk)
    asked = wanted(summer, lesson, weekly(JUNE, 2))
    plan = planned(summer, asked)
    assert [each.problem for each in plan.dates] == [series.NOTHING_LEFT] * 2
    with pytest.raises(series.PlanChanged):
        confirmed(summer, asked, plan.key)
    assert nothing_is_booked(summer)


def test_what_costs_nothing_needs_no_pack(summer: Tenant) -> None:
    free = worlds.session_type(summer, price_minor=0)
    paid = worlds.session_type(summer, name="Paid")
    of = pack(summer, paid)
    asked = wanted(summer, free, weekly(JUNE, 2))
    booked = confirmed(summer, asked, planned(summer, asked).key)
    assert [each.funding for each in booked] == [Funding.FREE] * 2
    assert left(summer, of) == [10]


def test_each_session_can_be_cancelled_by_the_packs_own_rule(summer: Tenant, lesson: SessionType) -> None:
    pack(summer, lesson, cancel_window_hours=48)
    asked = wanted(summer, lesson, weekly(JUNE, 2))
    booked = confirmed(summer, asked, planned(summer, asked).key)
    assert [each.agreed["cancel_window_hours"] for each in booked] == [48, 48]


# --- as it was shown ---------------------------------------------------------------------------------


def take_a_time(tenant: Tenant, kind: SessionType, of: Pack) -> None:
    worlds.held(tenant, kind, at=datetime(2027, 6, 15, 15, tzinfo=UTC), browser="another")


def use_up(tenant: Tenant, kind: SessionType, of: Pack) -> None:
    with tenant_context(tenant):
        removals.correct(pack_id=of.pk, units=-8, note="Counted", now=clock.now(), actor=CLEO)


def close(tenant: Tenant, kind: SessionType, of: Pack) -> None:
    with tenant_context(tenant):
        hours.set_date(day=date(2027, 6, 15), ranges=[])


def buy_what_ends_sooner(tenant: Tenant, kind: SessionType, of: Pack) -> None:
    pack(tenant, kind, valid_months=1)


@pytest.mark.parametrize("change", [take_a_time, use_up, close, buy_what_ends_sooner])
def test_a_plan_that_has_changed_since_it_was_shown_books_nothing(
    summer: Tenant, lesson: SessionType, change: Callable[[Tenant, SessionType, Pack], None]
) -> None:
    of = pack(summer, lesson)
    asked = wanted(summer, lesson, weekly(JUNE, 3))
    shown = planned(summer, asked)
    change(summer, lesson, of)
    before = left(summer, of)
    with pytest.raises(series.PlanChanged) as changed:
        confirmed(summer, asked, shown.key)
    assert changed.value.plan.key == planned(summer, asked).key != shown.key
    with tenant_context(summer):
        assert not Booking.objects.filter(status=BookingStatus.CONFIRMED).exists()
    assert left(summer, of) == before
    # What is shown now can be booked.
    assert confirmed(summer, asked, changed.value.plan.key)


def test_pressed_twice_it_is_booked_once(summer: Tenant, lesson: SessionType) -> None:
    of = pack(summer, lesson)
    asked = wanted(summer, lesson, weekly(JUNE, 3))
    key = planned(summer, asked).key
    confirmed(summer, asked, key)
    with pytest.raises(series.PlanChanged):
        confirmed(summer, asked, key)
    assert left(summer, of) == [7]


def test_what_needs_more_than_a_unit_is_booked_by_itself(summer: Tenant) -> None:
    court = Extra(name="Court", price_minor=1200)
    with_court = worlds.session_type(summer, extras=[court])
    asking = worlds.session_type(summer, name="Asked", needs_approval=True)
    pack(summer, with_court)
    pack(summer, asking)
    days = weekly(JUNE, 2)
    assert {each.problem for each in planned(summer, wanted(summer, with_court, days)).dates} == {
        series.TO_PAY
    }
    asked = wanted(summer, asking, days)
    assert {each.problem for each in planned(summer, asked).dates} == {series.ASKED_FIRST}
    assert not planned(summer, {**asked, "by_coach": True}).left_out


def test_a_lapsed_hold_is_in_nobodys_way(summer: Tenant, lesson: SessionType, at: Travel) -> None:
    pack(summer, lesson)
    worlds.held(summer, lesson, at=datetime(2027, 6, 8, 15, tzinfo=UTC))
    at(clock.now() + timedelta(minutes=11))
    asked = wanted(summer, lesson, weekly(JUNE, 2))
    assert len(confirmed(summer, asked, planned(summer, asked).key)) == 2
