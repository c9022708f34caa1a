"""Calling a booking off: the edge of the window, a minute to undo, and what really goes back."""

from datetime import timedelta
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import Actor
from kit.states import IllegalMove
from tenants.activity.models import Event
from tenants.billing.models import Refund
from tenants.offers.models import SessionType
from tenants.offers.practice import change_practice
from tenants.scheduling import bookings, cancelling
from tenants.scheduling.models import Booking, Cancellation, Cause, Session
from tests import worlds
from tests.scheduling import booked
from tests.scheduling.booked import CLIENT, COACH

DAY = timedelta(hours=24)
SECOND = timedelta(seconds=1)
MINUTE = 60


@pytest.fixture
def paid(shop: worlds.Shop, lesson: SessionType) -> Booking:
    """A lesson for 45.00 by card, two days ahead."""
    return worlds.sell(shop, lesson, at=worlds.hour(24))


def cancel(
    shop: worlds.Shop, booking: Booking, cause: Cause = Cause.CLIENT, *, actor: Actor = CLIENT, **said: Any
) -> Cancellation:
    said.setdefault("now", clock.now())
    with tenant_context(shop.tenant):
        return cancelling.cancel(booking_id=booking.pk, cause=cause, actor=actor, **said)


def waive(shop: worlds.Shop, booking: Booking, *, because: str) -> Cancellation:
    with tenant_context(shop.tenant):
        return cancelling.waive(booking_id=booking.pk, because=because, now=clock.now(), actor=COACH)


def undo(shop: worlds.Shop, booking: Booking, **said: Any) -> bool:
    with tenant_context(shop.tenant):
        return cancelling.undo(booking_id=booking.pk, now=clock.now(), **said)


def a_minute_later(shop: worlds.Shop) -> None:
    """What the workers do once the time to undo is over."""
    with clock.travel(MINUTE + 1):
        worlds.drain()
    assert not worlds.failures()


def refunds(shop: worlds.Shop) -> list[int]:
    with tenant_context(shop.tenant):
        return list(Refund.objects.values_list("amount_minor", flat=True))


def state(shop: worlds.Shop, booking: Booking) -> str:
    return str(worlds.reread(shop.tenant, booking).status)


# --- the edge ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "outcome", "back_minor"),
    [(DAY + SECOND, "returned", 4500), (DAY, "returned", 4500), (DAY - SECOND, "used", 0)],
)
def test_a_second_decides_at_24_hours(
    shop: worlds.Shop, paid: Booking, before: timedelta, outcome: str, back_minor: int
) -> None:
    row = cancel(shop, paid, now=paid.session.starts_at - before)
    assert (row.outcome, row.money_back_minor) == (outcome, back_minor)
    assert row.window_hours == 24


def test_what_was_shown_and_is_not_so_any_more_does_nothing(shop: worlds.Shop, paid: Booking) -> None:
    late = paid.session.starts_at - DAY + SECOND
    with pytest.raises(cancelling.OutcomeChanged) as changed:
        cancel(shop, paid, now=late, shown="returned")
    assert changed.value.outcome.kind == "used"
    assert booked.cancellations(shop.tenant, paid) == []
    assert cancel(shop, paid, now=late, shown="used").outcome == "used"


def test_the_rule_is_the_one_that_was_agreed(shop: worlds.Shop, paid: Booking) -> None:
    with tenant_context(shop.tenant):
        change_practice(now=clock.now(), cancel_window_hours=100)
    assert cancel(shop, paid, now=paid.session.starts_at - DAY).outcome == "returned"


# --- a minute to undo -------------------------------------------------------------------------------


def test_nothing_moves_within_the_minute_and_all_of_it_after(shop: worlds.Shop, paid: Booking) -> None:
    cancel(shop, paid)
    with clock.travel(MINUTE - 5):
        worlds.drain()
        assert (state(shop, paid), refunds(shop)) == ("confirmed", [])
    a_minute_later(shop)
    assert (state(shop, paid), refunds(shop)) == ("cancelled", [4500])
    with tenant_context(shop.tenant):
        assert Session.objects.get(pk=paid.session_id).status == "cancelled"
        told = Event.objects.get(kind="booking.cancelled", subject_id=paid.pk)
    assert (told.data["reason"], told.actor_kind) == ("client", "client")
    assert worlds.reread(shop.tenant, paid).calendar_sequence == paid.calendar_sequence + 1
    assert worlds.held(shop.tenant, paid.session.session_type, at=paid.session.starts_at)


def test_money_goes_back_once_however_often_it_is_carried_out(shop: worlds.Shop, paid: Booking) -> None:
    row = cancel(shop, paid)
    a_minute_later(shop)
    with tenant_context(shop.tenant), clock.travel(2 * MINUTE):
        assert cancelling.carry_out(reference=row.pk, now=clock.now()) is None
    a_minute_later(shop)
    assert refunds(shop) == [4500]
    attempt = worlds.attempt_for(shop.tenant, paid)
    assert (attempt.captured_minor, attempt.refunded_minor) == (4500, 4500)


def test_undone_it_is_as_if_nothing_had_been_pressed(shop: worlds.Shop, paid: Booking) -> None:
    cancel(shop, paid)
    assert undo(shop, paid)
    a_minute_later(shop)
    assert (state(shop, paid), refunds(shop)) == ("confirmed", [])
    assert [row.status for row in booked.cancellations(shop.tenant, paid)] == ["undone"]
    assert cancel(shop, paid).status == "pending"


def test_after_the_minute_it_is_too_late_to_undo(shop: worlds.Shop, paid: Booking) -> None:
    cancel(shop, paid)
    a_minute_later(shop)
    assert not undo(shop, paid)
    assert state(shop, paid) == "cancelled"


def test_nobody_undoes_what_the_other_has_pressed(shop: worlds.Shop, paid: Booking) -> None:
    cancel(shop, paid)
    assert not undo(shop, paid, actor=COACH)
    assert undo(shop, paid, actor=CLIENT)


def test_pressed_twice_it_is_one_cancellation(shop: worlds.Shop, paid: Booking) -> None:
    assert cancel(shop, paid).pk == cancel(shop, paid).pk
    a_minute_later(shop)
    assert refunds(shop) == [4500]


# --- packs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("units_each", [1, 2])
def test_in_time_the_pack_gets_back_exactly_what_it_gave(
    shop: worlds.Shop, lesson: SessionType, units_each: int
) -> None:
    pack = booked.pack(shop.tenant, lesson, units_each=units_each)
    booking = booked.with_unit(shop.tenant, lesson, pack, at=worlds.hour(24))
    assert booked.balance(shop.tenant, pack) == 10 - units_each
    assert cancel(shop, booking).units_back == units_each
    a_minute_later(shop)
    assert booked.books(shop.tenant, pack)[-1] == ("returned", units_each)
    assert booked.balance(shop.tenant, pack) == 10


def test_too_late_the_unit_counts_as_used_and_the_ledger_says_why(
    shop: worlds.Shop, lesson: SessionType
) -> None:
    pack = booked.pack(shop.tenant, lesson)
    booking = booked.with_unit(shop.tenant, lesson, pack, at=worlds.hour(2))
    with clock.travel(3 * 3600):
        cancel(shop, booking)
        a_minute_later(shop)
    assert booked.books(shop.tenant, pack)[-1] == ("kept", 0)
    with tenant_context(shop.tenant):
        kept = pack.entries.get(kind="kept")
    assert (kept.cause, kept.rule, kept.data["window_hours"]) == ("client", "window:24", 24)
    assert 22 * 60 - 1 <= kept.data["minutes_before"] <= 23 * 60
    assert state(shop, booking) == "cancelled"


@pytest.mark.parametrize("cause", [Cause.COACH, Cause.WEATHER])
def test_through_no_fault_of_the_client_all_goes_back_at_any_time(
    shop: worlds.Shop, lesson: SessionType, cause: Cause
) -> None:
    pack = booked.pack(shop.tenant, lesson)
    booking = booked.with_unit(shop.tenant, lesson, pack, at=worlds.hour(0))
    with clock.travel((booking.session.starts_at - clock.now()).total_seconds() + 600):
        assert cancel(shop, booking, cause, actor=COACH).outcome == "returned"
        a_minute_later(shop)
    assert booked.balance(shop.tenant, pack) == 10


# --- attendance and the coach's grace ---------------------------------------------------------------


def mark(shop: worlds.Shop, booking: Booking, *, came: bool) -> None:
    with tenant_context(shop.tenant):
        bookings.record_attendance(booking_id=booking.pk, came=came, now=clock.now(), actor=COACH)


def test_a_no_show_keeps_the_unit_until_the_coach_waives_the_rule(
    shop: worlds.Shop, lesson: SessionType
) -> None:
    pack = booked.pack(shop.tenant, lesson)
    booking = booked.with_unit(shop.tenant, lesson, pack, at=worlds.hour(0))
    with clock.travel((booking.session.starts_at - clock.now()).total_seconds() + 600):
        mark(shop, booking, came=False)
        assert booked.books(shop.tenant, pack)[-1] == ("kept", 0)
        row = cancel(shop, booking, Cause.NO_SHOW, actor=COACH, waived_because="Her train was late.")
        assert (row.outcome, row.note, row.units_back) == ("waived", "Her train was late.", 1)
        a_minute_later(shop)
    assert booked.balance(shop.tenant, pack) == 10
    with tenant_context(shop.tenant):
        assert pack.entries.get(kind="returned").rule == "waived"


def test_while_it_is_being_called_off_nobody_marks_it_as_done(shop: worlds.Shop, paid: Booking) -> None:
    with clock.travel((paid.session.starts_at - clock.now()).total_seconds() + 600):
        cancel(shop, paid, Cause.WEATHER, actor=COACH)
        with pytest.raises(IllegalMove):
            mark(shop, paid, came=True)
        assert undo(shop, paid, actor=COACH)
        mark(shop, paid, came=True)
    assert state(shop, paid) == "completed"


def test_the_rule_can_be_waived_after_a_late_cancel_was_carried_out(shop: worlds.Shop, paid: Booking) -> None:
    with clock.travel(25 * 3600):
        cancel(shop, paid)
        a_minute_later(shop)
        assert (state(shop, paid), refunds(shop)) == ("cancelled", [])
        with clock.travel(2 * MINUTE):
            row = waive(shop, paid, because="Her child was ill.")
            assert (row.outcome, row.money_back_minor, row.note) == ("waived", 4500, "Her child was ill.")
            a_minute_later(shop)
    assert refunds(shop) == [4500]
    with tenant_context(shop.tenant):
        assert Event.objects.filter(kind="booking.cancelled", subject_id=paid.pk).count() == 1
        assert Event.objects.filter(kind="booking.waived", subject_id=paid.pk).count() == 1


def test_a_unit_that_is_waived_later_says_how_late_the_client_was(
    shop: worlds.Shop, lesson: SessionType
) -> None:
    pack = booked.pack(shop.tenant, lesson)
    booking = booked.with_unit(shop.tenant, lesson, pack, at=worlds.hour(1))
    with clock.travel(20 * 3600):
        cancel(shop, booking)
        a_minute_later(shop)
    with clock.travel(40 * 3600):
        waive(shop, booking, because="Ill.")
        a_minute_later(shop)
    with tenant_context(shop.tenant):
        back = pack.entries.get(kind="returned")
    assert 4 * 60 - 1 <= back.data["minutes_before"] <= 5 * 60
    assert booked.balance(shop.tenant, pack) == 10


def test_there_is_nothing_to_waive_where_nothing_is_kept(shop: worlds.Shop, paid: Booking) -> None:
    cancel(shop, paid)
    a_minute_later(shop)
    with clock.travel(2 * MINUTE), pytest.raises(cancelling.CannotCancel):
        waive(shop, paid, because="Grace.")


def test_only_what_is_booked_and_has_not_begun_is_cancelled_by_its_client(
    shop: worlds.Shop, paid: Booking
) -> None:
    with pytest.raises(cancelling.CannotCancel, match="begun"):
        cancel(shop, paid, now=paid.session.starts_at)
    with pytest.raises(cancelling.CannotCancel, match="not moved"):
        cancel(shop, paid, Cause.DECLINED_MOVE)
    cancel(shop, paid)
    a_minute_later(shop)
    with clock.travel(2 * MINUTE), pytest.raises(cancelling.CannotCancel, match="not booked"):
        cancel(shop, paid)


def test_what_stripe_gave_back_before_is_not_promised_again(shop: worlds.Shop, paid: Booking) -> None:
    attempt = worlds.attempt_for(shop.tenant, paid)
    shop.stripe.dashboard_refund(attempt.stripe_charge_id, 2000)
    worlds.hear_stripe(shop.stripe)
    assert cancel(shop, paid).money_back_minor == 2500
    a_minute_later(shop)
    assert refunds(shop) == [2500]
