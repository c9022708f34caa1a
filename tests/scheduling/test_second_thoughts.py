"""The minute in which a cancellation can be undone, and a client's yes to a time that the coach chose."""

from datetime import timedelta

import pytest
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import Actor
from tenants.activity.models import Event
from tenants.scheduling import cancelling, moving
from tenants.scheduling.models import Booking, Cause
from tests import worlds
from tests.worlds import Shop

CLEO, ANNA = Actor("client", "1"), Actor("coach", "7", "Anna")


@pytest.fixture
def booking(shop: Shop) -> Booking:
    kind = worlds.session_type(shop.tenant, price_minor=0)
    held = worlds.held(shop.tenant, kind, at=worlds.hour(48))
    worlds.book(shop.tenant, held)
    return held


def agreed(booking: Booking) -> bool:
    return moving.keep_new_time(booking_id=booking.pk, now=clock.now(), actor=CLEO)


@pytest.mark.parametrize(("after", "undone"), [(0, True), (59, True), (60, False), (3600, False)])
def test_a_cancellation_is_undone_before_it_takes_effect_and_not_after(
    shop: Shop, booking: Booking, after: int, undone: bool
) -> None:
    """Whether or not the sweeper has come by."""
    now = clock.now()
    with tenant_context(shop.tenant):
        cancelling.cancel(booking_id=booking.pk, cause=Cause.CLIENT, now=now, actor=CLEO)
        later = now + timedelta(seconds=after)
        assert cancelling.undo(booking_id=booking.pk, now=later, actor=CLEO) is undone


def test_a_new_time_is_agreed_to_once(shop: Shop, booking: Booking) -> None:
    with tenant_context(shop.tenant):
        assert not agreed(booking)
        moving.move_by_coach(booking_id=booking.pk, starts_at=worlds.hour(60), now=clock.now(), actor=ANNA)
        assert agreed(booking)
        assert not agreed(booking)
        assert Event.objects.filter(kind="booking.move_kept").count() == 1
        with pytest.raises(cancelling.CannotCancel):
            cancelling.cancel(booking_id=booking.pk, cause=Cause.DECLINED_MOVE, now=clock.now(), actor=CLEO)


def test_what_is_being_declined_is_not_kept(shop: Shop, booking: Booking) -> None:
    with tenant_context(shop.tenant):
        moving.move_by_coach(booking_id=booking.pk, starts_at=worlds.hour(60), now=clock.now(), actor=ANNA)
        cancelling.cancel(booking_id=booking.pk, cause=Cause.DECLINED_MOVE, now=clock.now(), actor=CLEO)
        assert not agreed(booking)
