"""Moving a booking: who may, where to, and what stays with it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django_tenants.utils import tenant_context

from kit import clock
from tenants.activity.models import Event
from tenants.offers.models import SessionType
from tenants.scheduling import cancelling, moving
from tenants.scheduling.holds import SlotTaken
from tenants.scheduling.models import Booking, Cause
from tests import worlds
from tests.scheduling import booked
from tests.scheduling.booked import CLIENT, COACH

SECOND = timedelta(seconds=1)


@pytest.fixture
def paid(shop: worlds.Shop, lesson: SessionType) -> Booking:
    return worlds.sell(shop, lesson, at=worlds.hour(48))


def by_client(shop: worlds.Shop, booking: Booking, to: datetime, *, now: datetime | None = None) -> Booking:
    with tenant_context(shop.tenant):
        moving.move_by_client(booking_id=booking.pk, starts_at=to, now=now or clock.now(), actor=CLIENT)
    return worlds.reread(shop.tenant, booking)


def by_coach(shop: worlds.Shop, booking: Booking, to: datetime) -> Booking:
    with tenant_context(shop.tenant):
        moving.move_by_coach(booking_id=booking.pk, starts_at=to, now=clock.now(), actor=COACH)
    return worlds.reread(shop.tenant, booking)


def cancel(shop: worlds.Shop, booking: Booking, cause: Cause) -> str:
    with tenant_context(shop.tenant):
        row = cancelling.cancel(booking_id=booking.pk, cause=cause, now=clock.now(), actor=CLIENT)
    return row.outcome


def test_the_same_booking_and_payment_stand_at_the_new_time(shop: worlds.Shop, paid: Booking) -> None:
    to = worlds.hour(50)
    moved = by_client(shop, paid, to)
    assert (moved.session.starts_at, moved.session.ends_at) == (to, to + timedelta(hours=1))
    assert (moved.status, moved.funded_by, moved.moved_from) == ("confirmed", paid.funded_by, None)
    assert moved.calendar_sequence == paid.calendar_sequence + 1
    there = to.astimezone(ZoneInfo(moved.session.timezone))
    assert moved.session.wall_start == f"{there:%Y-%m-%dT%H:%M}"
    with tenant_context(shop.tenant):
        told = Event.objects.get(kind="booking.moved")
    assert told.data == {"from": paid.session.starts_at.isoformat(), "to": to.isoformat()}


def test_the_old_time_is_free_and_the_new_one_is_not(
    shop: worlds.Shop, lesson: SessionType, paid: Booking
) -> None:
    by_client(shop, paid, worlds.hour(50))
    assert worlds.held(shop.tenant, lesson, at=worlds.hour(48), browser="other")
    with pytest.raises(SlotTaken):
        worlds.held(shop.tenant, lesson, at=worlds.hour(50), browser="third")


@pytest.mark.parametrize("early", [True, False])
def test_the_client_may_move_as_long_as_cancelling_is_free(
    shop: worlds.Shop, paid: Booking, early: bool
) -> None:
    deadline = paid.session.starts_at - timedelta(hours=24)
    if early:
        assert by_client(shop, paid, worlds.hour(80), now=deadline).session.starts_at == worlds.hour(80)
    else:
        with pytest.raises(moving.CannotMove, match="Your coach can"):
            by_client(shop, paid, worlds.hour(80), now=deadline + SECOND)
        assert worlds.reread(shop.tenant, paid).session.starts_at == worlds.hour(48)


def test_a_taken_time_is_refused_and_nothing_has_changed(
    shop: worlds.Shop, lesson: SessionType, paid: Booking
) -> None:
    worlds.sell(shop, lesson, at=worlds.hour(60), browser="dan", email="dan@example.com")
    with pytest.raises(SlotTaken):
        by_client(shop, paid, worlds.hour(60))
    with pytest.raises(SlotTaken):
        by_coach(shop, paid, worlds.hour(60) + timedelta(minutes=30))
    same = worlds.reread(shop.tenant, paid)
    assert (same.session.starts_at, same.calendar_sequence) == (worlds.hour(48), paid.calendar_sequence)


def test_it_may_overlap_its_own_time(shop: worlds.Shop, paid: Booking) -> None:
    half_later = paid.session.starts_at + timedelta(minutes=30)
    assert by_coach(shop, paid, half_later).session.starts_at == half_later


def test_a_lapsed_hold_is_in_nobodys_way(shop: worlds.Shop, lesson: SessionType, paid: Booking) -> None:
    worlds.held(shop.tenant, lesson, at=worlds.hour(60), browser="gone")
    with clock.travel(11 * 60):
        assert by_coach(shop, paid, worlds.hour(60)).session.starts_at == worlds.hour(60)


def test_a_move_by_the_coach_may_be_declined_for_a_full_return(shop: worlds.Shop, paid: Booking) -> None:
    moved = by_coach(shop, paid, worlds.hour(2))
    assert moved.moved_from == worlds.hour(48)
    with clock.travel(24 * 3600):
        assert cancel(shop, paid, Cause.DECLINED_MOVE) == "returned"


def test_moved_again_it_remembers_where_it_was_agreed_and_moved_back_nothing(
    shop: worlds.Shop, paid: Booking
) -> None:
    by_coach(shop, paid, worlds.hour(50))
    assert by_coach(shop, paid, worlds.hour(52)).moved_from == worlds.hour(48)
    assert by_coach(shop, paid, worlds.hour(48)).moved_from is None
    with pytest.raises(cancelling.CannotCancel):
        cancel(shop, paid, Cause.DECLINED_MOVE)


def test_a_time_the_client_chose_cannot_be_declined(shop: worlds.Shop, paid: Booking) -> None:
    by_coach(shop, paid, worlds.hour(50))
    assert by_client(shop, paid, worlds.hour(54)).moved_from is None


def test_the_past_and_what_is_called_off_are_refused(shop: worlds.Shop, paid: Booking) -> None:
    with pytest.raises(moving.CannotMove, match="still to come"):
        by_coach(shop, paid, clock.now() - SECOND)
    cancel(shop, paid, Cause.CLIENT)
    with pytest.raises(moving.CannotMove, match="not booked"):
        by_coach(shop, paid, worlds.hour(50))


def test_a_unit_stays_spent_and_the_ledger_names_the_new_time(shop: worlds.Shop, lesson: SessionType) -> None:
    pack = booked.pack(shop.tenant, lesson)
    booking = booked.with_unit(shop.tenant, lesson, pack, at=worlds.hour(48))
    by_client(shop, booking, worlds.hour(50))
    assert booked.books(shop.tenant, pack) == [("bought", 10), ("spent", -1), ("kept", 0)]
    with tenant_context(shop.tenant):
        assert pack.entries.get(kind="kept").data["starts_at"] == worlds.hour(50).isoformat()


def test_a_client_is_offered_no_time_at_which_the_pack_is_over(
    shop: worlds.Shop, lesson: SessionType
) -> None:
    pack = booked.pack(shop.tenant, lesson, valid_months=1)
    booking = booked.with_unit(shop.tenant, lesson, pack, at=worlds.hour(48))
    assert pack.expires_at
    with tenant_context(shop.tenant):
        offered = moving.free_times(
            booking=worlds.reread(shop.tenant, booking),
            since=pack.expires_at - timedelta(hours=3),
            until=pack.expires_at + timedelta(hours=3),
            now=clock.now(),
        )
    assert offered
    assert max(offered) < pack.expires_at
