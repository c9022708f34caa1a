"""Real slots of a real coach: the edges of notice and horizon, and the days on which clocks change."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django_tenants.utils import tenant_context

from kit import clock
from tenants.offers.models import SessionType
from tenants.offers.practice import change_practice
from tenants.registry.models import Tenant
from tenants.scheduling import holds, hours, slots
from tenants.scheduling.availability import calendar
from tenants.scheduling.models import Booking
from tests import worlds

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
Free = Callable[[SessionType, datetime, datetime], list[datetime]]


def settle_down(tenant: Tenant, tz: str, ranges: list[slots.WeeklyHours]) -> None:
    with tenant_context(tenant):
        change_practice(now=clock.now(), timezone=tz)
        hours.set_weekly(ranges=ranges)


@pytest.fixture
def at() -> Iterator[Callable[[datetime], object]]:
    """`at(moment)`: from here on it is that moment."""
    from contextlib import ExitStack

    with ExitStack() as travelled:
        yield lambda moment: travelled.enter_context(clock.travel((moment - clock.now()).total_seconds()))


def free(tenant: Tenant, kind: SessionType, day: date, tz: ZoneInfo) -> list[datetime]:
    """The starts of one day of the coach, as its clock shows them."""
    since = datetime.combine(day, time(0), tz).astimezone(UTC)
    until = datetime.combine(day + timedelta(days=1), time(0), tz).astimezone(UTC)
    with tenant_context(tenant):
        week = calendar(practice=worlds.Practice.objects.get(), since=since, until=until, now=clock.now())
        found = week.free(kind, since=since, until=until, now=clock.now())
    return [moment.astimezone(tz) for moment in found]


def hold(tenant: Tenant, kind: SessionType, moment: datetime) -> Booking:
    return worlds.held(tenant, kind, at=moment.astimezone(UTC), browser=f"{moment}")


NINE_TO_FIVE = [slots.WeeklyHours(day, time(9), time(17)) for day in range(7)]


# --- the days on which clocks change -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "utc_hour"),
    [(date(2027, 3, 27), 8), (date(2027, 3, 28), 7), (date(2027, 10, 30), 7), (date(2027, 10, 31), 8)],
    ids=["the day before spring", "spring forward", "the day before autumn", "fall back"],
)
def test_nine_is_nine_on_the_coachs_wall(
    anna: Tenant, at: Callable[[datetime], object], day: date, utc_hour: int
) -> None:
    at(datetime.combine(day - timedelta(days=3), time(12), UTC))
    settle_down(anna, "Europe/Berlin", NINE_TO_FIVE)
    kind = worlds.session_type(anna, price_minor=0)
    starts = free(anna, kind, day, BERLIN)
    assert starts[0].time() == time(9)
    booking = hold(anna, kind, starts[0])
    worlds.book(anna, booking)
    session = worlds.reread(anna, booking).session
    assert session.starts_at == datetime.combine(day, time(utc_hour), UTC)
    assert session.wall_start == f"{day}T09:00"
    assert session.ends_at - session.starts_at == timedelta(hours=1)


def test_an_hour_that_does_not_exist_cannot_be_booked(anna: Tenant, at: Callable[[datetime], object]) -> None:
    day = date(2027, 3, 14)
    at(datetime(2027, 3, 12, 12, tzinfo=UTC))
    settle_down(anna, "America/New_York", [slots.WeeklyHours(6, time(1), time(5))])
    kind = worlds.session_type(anna, price_minor=0)
    shown = [start.time() for start in free(anna, kind, day, NEW_YORK)]
    assert time(2) not in shown
    assert time(3) in shown
    assert len(free(anna, kind, day, NEW_YORK)) == len(
        {s.astimezone(UTC) for s in free(anna, kind, day, NEW_YORK)}
    )


def test_an_hour_that_comes_twice_is_two_sessions(anna: Tenant, at: Callable[[datetime], object]) -> None:
    day = date(2027, 11, 7)
    at(datetime(2027, 11, 5, 12, tzinfo=UTC))
    settle_down(anna, "America/New_York", [slots.WeeklyHours(6, time(0), time(4))])
    kind = worlds.session_type(anna, price_minor=0)
    twice = [start for start in free(anna, kind, day, NEW_YORK) if start.time() == time(1)]
    assert len(twice) == 2
    first, second = (hold(anna, kind, start) for start in twice)
    worlds.book(anna, first)
    worlds.book(anna, second, email="b@example.com")
    gap = worlds.reread(anna, second).session.starts_at - worlds.reread(anna, first).session.starts_at
    assert gap == timedelta(hours=1)


# --- notice and horizon ------------------------------------------------------------------------------


def test_exactly_the_notice_before_is_early_enough(anna: Tenant, at: Callable[[datetime], object]) -> None:
    settle_down(anna, "UTC", NINE_TO_FIVE)
    kind = worlds.session_type(anna, price_minor=0, minimum_notice_min=120)
    start = (clock.now() + timedelta(days=2)).replace(hour=14, minute=0, second=0, microsecond=0)
    at(start - timedelta(minutes=120, seconds=5))
    assert hold(anna, kind, start)
    with clock.travel(6), pytest.raises(holds.SlotTaken) as late:
        worlds.held(anna, kind, at=start, browser="late")
    assert start not in late.value.nearest


def test_beyond_the_horizon_nothing_is_free(anna: Tenant) -> None:
    settle_down(anna, "UTC", NINE_TO_FIVE)
    kind = worlds.session_type(anna, price_minor=0, horizon_days=7)
    last = (clock.now() + timedelta(days=7)).date()
    assert free(anna, kind, last, ZoneInfo("UTC")) != []
    assert free(anna, kind, last + timedelta(days=1), ZoneInfo("UTC")) == []
    beyond = datetime.combine(last + timedelta(days=1), time(9), UTC)
    with pytest.raises(holds.SlotTaken):
        hold(anna, kind, beyond)


@pytest.mark.parametrize("minute", [1, 7, 59])
def test_a_start_that_no_page_offers_cannot_be_had(anna: Tenant, minute: int) -> None:
    settle_down(anna, "UTC", NINE_TO_FIVE)
    kind = worlds.session_type(anna, price_minor=0)
    start = (clock.now() + timedelta(days=2)).replace(hour=10, minute=minute, second=0, microsecond=0)
    with pytest.raises(holds.SlotTaken):
        hold(anna, kind, start)


def test_time_off_and_closed_dates_are_not_offered_and_what_was_booked_stays(anna: Tenant) -> None:
    settle_down(anna, "UTC", NINE_TO_FIVE)
    kind = worlds.session_type(anna, price_minor=0)
    day = (clock.now() + timedelta(days=3)).date()
    start = datetime.combine(day, time(10), UTC)
    booking = hold(anna, kind, start)
    worlds.book(anna, booking)
    with tenant_context(anna):
        hours.take_time_off(
            starts_at=start + timedelta(hours=2),
            ends_at=start + timedelta(hours=4),
            note="Dentist",
            now=start,
        )
    offered = {moment.hour for moment in free(anna, kind, day, ZoneInfo("UTC"))}
    assert offered == {9, 11, 14, 15, 16}
    with tenant_context(anna):
        hours.set_date(day=day, ranges=[])
    assert free(anna, kind, day, ZoneInfo("UTC")) == []
    assert worlds.reread(anna, booking).status == "confirmed"


def test_buffers_keep_sessions_apart_in_the_database_too(anna: Tenant) -> None:
    settle_down(anna, "UTC", NINE_TO_FIVE)
    kind = worlds.session_type(anna, price_minor=0, buffer_before_min=15, buffer_after_min=15)
    day = (clock.now() + timedelta(days=3)).date()
    hold(anna, kind, datetime.combine(day, time(11), UTC))
    offered = {moment.time() for moment in free(anna, kind, day, ZoneInfo("UTC"))}
    # From 10:45 to 12:15 it is taken, and a quarter of an hour of one's own stands around each session.
    assert not {start for start in offered if time(9, 30) < start < time(12, 30)}
    assert {time(9), time(12, 30)} <= offered
    with pytest.raises(holds.SlotTaken):
        hold(anna, kind, datetime.combine(day, time(12), UTC))


def test_a_type_that_was_withdrawn_cannot_be_held_and_what_was_held_can_be_booked(anna: Tenant) -> None:
    settle_down(anna, "UTC", NINE_TO_FIVE)
    kind = worlds.session_type(anna, price_minor=0)
    start = (clock.now() + timedelta(days=2)).replace(hour=10, minute=0, second=0, microsecond=0)
    booking = hold(anna, kind, start)
    with tenant_context(anna):
        worlds.session_types.edit(session_type_id=kind.pk, is_active=False)
    with pytest.raises(holds.NotOffered):
        hold(anna, kind, start + timedelta(hours=2))
    assert worlds.book(anna, booking) is None


def test_the_zone_that_was_agreed_outlives_a_move_of_the_coach(anna: Tenant) -> None:
    settle_down(anna, "Europe/Berlin", NINE_TO_FIVE)
    kind = worlds.session_type(anna, price_minor=0)
    start = free(anna, kind, (clock.now() + timedelta(days=3)).date(), BERLIN)[0]
    booking = hold(anna, kind, start)
    worlds.book(anna, booking)
    with tenant_context(anna):
        change_practice(now=clock.now(), timezone="America/New_York")
    booking = worlds.reread(anna, booking)
    assert booking.session.starts_at == start
    assert (booking.session.timezone, booking.agreed["timezone"]) == ("Europe/Berlin", "Europe/Berlin")
