"""Many want one slot: one gets it, the others are told at once, and money is taken once."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from tenants.billing.models import AttemptStatus, PaymentAttempt
from tenants.registry.models import Tenant
from tenants.scheduling import holds
from tenants.scheduling.holds import SlotTaken
from tenants.scheduling.models import Booking, BookingStatus
from tests import worlds
from tests.crowd import at_once, meeting
from tests.worlds import Shop

CONSTRAINT = "EXCLUDE USING gist (period WITH &&) WHERE (status = 'live')"


@contextmanager
def without_the_constraint(tenant: Tenant, owner: Any) -> Iterator[None]:
    """The calendar as it would be if only looking first protected it."""
    table = f'"{tenant.schema_name}".scheduling_session'
    with owner.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT session_no_overlap")
        yield
        cursor.execute(f'DELETE FROM "{tenant.schema_name}".scheduling_booking')
        cursor.execute(f"DELETE FROM {table}")
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT session_no_overlap {CONSTRAINT}")


def test_looking_first_alone_would_sell_a_slot_twice(
    anna: Tenant, as_owner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    worlds.open_for_bookings(anna)
    kind = worlds.session_type(anna)
    with without_the_constraint(anna, as_owner):
        monkeypatch.setattr(holds, "_clear_the_way", meeting(holds._clear_the_way, 2))
        got = at_once(partial(worlds.held, anna, kind, at=worlds.hour(1), browser=f"b{n}") for n in range(2))
        assert [type(each) for each in got] == [Booking, Booking]


def test_two_that_meet_between_look_and_take_get_one_slot(
    anna: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    worlds.open_for_bookings(anna)
    kind = worlds.session_type(anna)
    monkeypatch.setattr(holds, "_clear_the_way", meeting(holds._clear_the_way, 2))
    got = at_once(partial(worlds.held, anna, kind, at=worlds.hour(1), browser=f"b{n}") for n in range(2))
    assert sorted(type(each).__name__ for each in got) == ["Booking", "SlotTaken"]


def test_fifty_buyers_one_hold_and_one_captured_payment(shop: Shop) -> None:
    kind = worlds.session_type(shop.tenant)
    wanted = worlds.hour(30)
    got = at_once(partial(worlds.held, shop.tenant, kind, at=wanted, browser=f"buyer {n}") for n in range(50))
    winners = [each for each in got if isinstance(each, Booking)]
    losers = [each for each in got if isinstance(each, SlotTaken)]
    assert (len(winners), len(losers)) == (1, 49), [each for each in got if each not in losers]
    for loser in losers:
        assert len(loser.nearest) == 3
        assert wanted not in loser.nearest

    worlds.book(shop.tenant, winners[0])
    worlds.pay(shop, winners[0])
    worlds.hear_stripe(shop.stripe)

    with tenant_context(shop.tenant):
        assert Booking.objects.filter(status=BookingStatus.CONFIRMED).count() == 1
        assert PaymentAttempt.objects.get().status == AttemptStatus.CAPTURED


def test_overlapping_slots_of_different_lengths_are_one_place(anna: Tenant) -> None:
    worlds.open_for_bookings(anna)
    long = worlds.session_type(anna, name="Long", duration_min=120)
    short = worlds.session_type(anna, name="Short", duration_min=30)
    calls = [partial(worlds.held, anna, long, at=worlds.hour(4), browser="long")] + [
        partial(worlds.held, anna, short, at=worlds.hour(5), browser=f"short {n}") for n in range(7)
    ]
    got = at_once(calls)
    assert sum(isinstance(each, Booking) for each in got) == 1


def test_a_lapsed_hold_is_ended_by_the_next_taker(anna: Tenant) -> None:
    worlds.open_for_bookings(anna)
    kind, wanted = worlds.session_type(anna), worlds.hour(30)
    first = worlds.held(anna, kind, at=wanted, browser="first")
    with worlds.clock.travel(holds.HOLD.total_seconds() + 1):
        got = at_once(partial(worlds.held, anna, kind, at=wanted, browser=f"b{n}") for n in range(8))
    assert sum(isinstance(each, Booking) for each in got) == 1
    assert worlds.reread(anna, first).status == BookingStatus.EXPIRED


def test_a_hold_renewed_while_somebody_looked_is_not_taken_away(
    anna: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    worlds.open_for_bookings(anna)
    kind, wanted = worlds.session_type(anna), worlds.hour(30)
    first = worlds.held(anna, kind, at=wanted, browser="first")
    look = holds._look

    def looks_and_is_slow(*what: Any) -> Any:
        found = look(*what)
        monkeypatch.setattr(holds, "_look", look)
        with worlds.clock.travel(-5):
            at_once([partial(worlds.renewed, anna, first)])
        return found

    monkeypatch.setattr(holds, "_look", looks_and_is_slow)
    with worlds.clock.travel(holds.HOLD.total_seconds() + 1), pytest.raises(SlotTaken):
        worlds.held(anna, kind, at=wanted, browser="second")
    assert worlds.reread(anna, first).status == BookingStatus.HELD


def test_two_presses_on_one_slot_get_the_same_hold(anna: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    """A double click: both have looked before one of them took the time."""
    worlds.open_for_bookings(anna)
    kind = worlds.session_type(anna)
    monkeypatch.setattr(holds, "_clear_the_way", meeting(holds._clear_the_way, 2))
    got = at_once([partial(worlds.held, anna, kind, at=worlds.hour(1), browser="one")] * 2)
    assert [type(each) for each in got] == [Booking, Booking], got
    assert {each.pk for each in got if isinstance(each, Booking)} == {one.pk for one in holds_of(anna)}
    assert len(holds_of(anna)) == 1


def test_another_time_that_overlaps_is_not_the_same_hold(
    anna: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    worlds.open_for_bookings(anna)
    kind = worlds.session_type(anna, duration_min=120)
    monkeypatch.setattr(holds, "_clear_the_way", meeting(holds._clear_the_way, 2))
    starts = (worlds.hour(1), worlds.hour(2))
    got = at_once([partial(worlds.held, anna, kind, at=at, browser="one") for at in starts])
    assert sorted(type(each).__name__ for each in got) == ["Booking", "SlotTaken"]


def holds_of(tenant: Tenant) -> list[Booking]:
    with tenant_context(tenant):
        return list(Booking.objects.filter(status=BookingStatus.HELD))
