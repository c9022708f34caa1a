"""Retainers from the first payment to sessions, cancellations and refunds, on the real stack."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import Actor
from tenants.billing.models import Charge, ChargeStatus, SavedCard
from tenants.offers.models import Practice
from tenants.packs.spending import CannotSpend
from tenants.retainers import ledger, spending
from tenants.retainers.models import Retainer, RetainerPlan, RetainerStatus
from tenants.scheduling import answers, bookings, cancelling, moving, retainer_bookings
from tenants.scheduling.models import Booking, BookingStatus, Cause, Funding
from tests import worlds
from tests.journeys.steps import DECLINED, events_of, fee_amounts
from tests.retainers import stack
from tests.worlds import Shop

ANNA, CLEO = Actor("coach", "7", "Anna"), Actor("client", "c")


@pytest.fixture
def kind(shop: Shop) -> worlds.SessionType:
    return worlds.session_type(shop.tenant)


@pytest.fixture
def plan(shop: Shop, kind: worlds.SessionType) -> RetainerPlan:
    return stack.plan(shop, kind)


def use(
    shop: Shop, retainer: Retainer, kind: worlds.SessionType, at: datetime, *, extras: list[str] | None = None
) -> Booking:
    """The client books with the retainer."""
    booking = worlds.held(shop.tenant, kind, at=at)
    with tenant_context(shop.tenant):
        retainer_bookings.book_with_retainer(
            booking_id=booking.pk,
            client=retainer.client,
            retainer_id=retainer.pk,
            extras=extras or [],
            timezone="Europe/Berlin",
            links=lambda _attempt: worlds.RETURN_PAGES,
            now=clock.now(),
        )
    return worlds.reread(shop.tenant, booking)


def cancel(shop: Shop, booking: Booking, cause: Cause) -> None:
    with tenant_context(shop.tenant):
        cancelling.cancel(booking_id=booking.pk, cause=cause, now=clock.now(), actor=CLEO)
    with clock.travel(61):
        worlds.drain()


def left(shop: Shop, retainer: Retainer) -> int:
    with tenant_context(shop.tenant):
        return ledger.left_of(stack.periods(shop, retainer)[-1].pk)


# --- beginning ---------------------------------------------------------------------------------------------


def test_it_begins_with_its_payment_and_keeps_the_card(shop: Shop, plan: RetainerPlan) -> None:
    retainer = stack.subscribed(shop, plan)
    assert retainer.status == RetainerStatus.PENDING
    stack.pay(shop, retainer)
    worlds.hear_stripe(shop.stripe)
    retainer = stack.reread(shop, retainer)
    assert (retainer.status, left(shop, retainer)) == (RetainerStatus.ACTIVE, 4)
    [attempt] = stack.attempts(shop, retainer)
    # Its four sessions are the first four of ten that bear no fee.
    assert (attempt.captured_minor, attempt.application_fee_minor, attempt.free_numbers) == (
        20000,
        0,
        [1, 2, 3, 4],
    )
    with tenant_context(shop.tenant):
        assert SavedCard.objects.get().client_id == retainer.payer_id


def test_pressed_twice_it_is_one_order_with_one_page(shop: Shop, plan: RetainerPlan) -> None:
    first, second = stack.subscribed(shop, plan), stack.subscribed(shop, plan)
    assert first == second
    assert len(stack.attempts(shop, first)) == 1


def test_an_order_that_is_not_paid_comes_to_nothing(shop: Shop, plan: RetainerPlan) -> None:
    retainer = stack.subscribed(shop, plan)
    stack.pay(shop, retainer, card=DECLINED)
    shop.stripe.advance(45 * 60)
    with clock.travel(45 * 60):
        worlds.hear_stripe(shop.stripe)
        worlds.drain()
    assert stack.reread(shop, retainer).status == RetainerStatus.VOID
    [charge] = stack.charges(shop, retainer)
    assert (charge.status, stack.money(shop)) == (ChargeStatus.VOID, [])
    assert len(events_of(shop.tenant, "retainer.released")) == 1


def test_an_unlimited_one_counts_as_its_weeks(shop: Shop, kind: worlds.SessionType) -> None:
    retainer = stack.begin(shop, stack.plan(shop, kind, included=None))
    [attempt] = stack.attempts(shop, retainer)
    assert attempt.free_numbers == [1, 2, 3, 4]


# --- sessions -----------------------------------------------------------------------------------------------


def test_a_session_is_funded_by_the_entry_of_its_period(
    shop: Shop, kind: worlds.SessionType, plan: RetainerPlan
) -> None:
    retainer = stack.begin(shop, plan)
    booking = use(shop, retainer, kind, worlds.hour(30))
    assert (booking.status, booking.funding, booking.retainer_id) == (
        "confirmed",
        Funding.RETAINER,
        retainer.pk,
    )
    [period] = stack.periods(shop, retainer)
    with tenant_context(shop.tenant):
        entry = period.entries.get(kind="spent")
    assert (entry.pk, entry.booking_id, left(shop, retainer)) == (booking.funded_by, booking.pk, 3)
    assert booking.agreed["cancel_window_hours"] == retainer.cancel_window_hours


def test_a_session_outside_what_is_paid_is_refused(
    shop: Shop, kind: worlds.SessionType, plan: RetainerPlan
) -> None:
    retainer = stack.begin(shop, plan)
    with pytest.raises(CannotSpend):
        use(shop, retainer, kind, worlds.hour(24 * 40))
    assert left(shop, retainer) == 4


@pytest.mark.parametrize(
    ("cause", "hours", "now_left"),
    [(Cause.CLIENT, 60, 4), (Cause.CLIENT, 5, 3), (Cause.COACH, 5, 4), (Cause.WEATHER, 5, 4)],
)
def test_what_is_called_off_comes_back_by_the_retainers_rule(
    shop: Shop, kind: worlds.SessionType, plan: RetainerPlan, cause: Cause, hours: int, now_left: int
) -> None:
    retainer = stack.begin(shop, plan)
    at = (clock.now() + timedelta(hours=hours + 1)).replace(minute=0, second=0, microsecond=0)
    booking = use(shop, retainer, kind, at)
    with tenant_context(shop.tenant):
        outcome = cancelling.preview(booking=booking, cause=cause, now=clock.now())
    assert (outcome.units_back, outcome.back_to) == (now_left - 3, "retainer")
    cancel(shop, booking, cause)
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CANCELLED
    assert left(shop, retainer) == now_left


def test_extras_are_paid_beside_it_and_come_back_with_it(
    shop: Shop, kind: worlds.SessionType, plan: RetainerPlan
) -> None:
    court = {"id": "c", "name": "Court", "price_minor": 1200, "required": True}
    with tenant_context(shop.tenant), transaction.atomic():
        type(kind).objects.filter(pk=kind.pk).update(extras=[court])
    retainer = stack.begin(shop, plan)
    booking = use(shop, retainer, kind, worlds.hour(60))
    assert (booking.status, left(shop, retainer)) == (BookingStatus.HELD, 4)
    worlds.pay(shop, booking)
    worlds.hear_stripe(shop.stripe)
    booking = worlds.reread(shop.tenant, booking)
    assert (booking.status, booking.funding, left(shop, retainer)) == ("confirmed", Funding.RETAINER, 3)
    attempt = worlds.attempt_for(shop.tenant, booking)
    assert (attempt.captured_minor, attempt.application_fee_minor) == (1200, 120)
    cancel(shop, booking, Cause.WEATHER)
    worlds.hear_stripe(shop.stripe)
    assert left(shop, retainer) == 4
    assert worlds.attempt_for(shop.tenant, booking).refunded_minor == 1200


def test_extras_that_are_not_paid_take_nothing(
    shop: Shop, kind: worlds.SessionType, plan: RetainerPlan
) -> None:
    court = {"id": "c", "name": "Court", "price_minor": 1200, "required": False}
    with tenant_context(shop.tenant), transaction.atomic():
        type(kind).objects.filter(pk=kind.pk).update(extras=[court])
    retainer = stack.begin(shop, plan)
    use(shop, retainer, kind, worlds.hour(1), extras=["c"])
    shop.stripe.advance(45 * 60)
    with clock.travel(45 * 60):
        worlds.hear_stripe(shop.stripe)
        worlds.drain()
    assert left(shop, retainer) == 4


def test_whoever_pays_by_card_after_all_uses_nothing_of_it(
    shop: Shop, kind: worlds.SessionType, plan: RetainerPlan
) -> None:
    court = {"id": "c", "name": "Court", "price_minor": 1200, "required": True}
    with tenant_context(shop.tenant), transaction.atomic():
        type(kind).objects.filter(pk=kind.pk).update(extras=[court])
    retainer = stack.begin(shop, plan)
    booking = worlds.held(shop.tenant, kind, at=worlds.hour(1))
    with tenant_context(shop.tenant), transaction.atomic():
        Booking.objects.filter(pk=booking.pk).update(retainer=retainer)
    worlds.book(shop.tenant, booking)
    worlds.pay(shop, booking)
    worlds.hear_stripe(shop.stripe)
    booking = worlds.reread(shop.tenant, booking)
    assert (booking.funding, booking.retainer_id, left(shop, retainer)) == (Funding.CARD, None, 4)
    assert worlds.attempt_for(shop.tenant, booking).captured_minor == 5700


def test_a_request_takes_its_session_when_the_coach_accepts(shop: Shop) -> None:
    asked = worlds.session_type(shop.tenant, name="Asked", needs_approval=True)
    retainer = stack.begin(shop, stack.plan(shop, asked))
    booking = use(shop, retainer, asked, worlds.hour(30))
    assert (booking.status, left(shop, retainer)) == (BookingStatus.REQUESTED, 4)
    with tenant_context(shop.tenant):
        answers.accept(booking_id=booking.pk, now=clock.now(), actor=ANNA)
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CONFIRMED
    assert left(shop, retainer) == 3


def test_a_session_moves_within_its_period(shop: Shop, kind: worlds.SessionType, plan: RetainerPlan) -> None:
    retainer = stack.begin(shop, plan)
    booking = use(shop, retainer, kind, worlds.hour(60))
    [period] = stack.periods(shop, retainer)
    with tenant_context(shop.tenant):
        free = moving.free_times(
            booking=booking, since=worlds.hour(0), until=worlds.hour(24 * 45), now=clock.now()
        )
        assert max(free) < period.ends_at
        moving.move_by_client(booking_id=booking.pk, starts_at=free[0], now=clock.now(), actor=CLEO)
        assert period.entries.filter(kind="kept", cause="moved").count() == 1
    assert left(shop, retainer) == 3


def test_attendance_is_noted_with_the_session(
    shop: Shop, kind: worlds.SessionType, plan: RetainerPlan
) -> None:
    retainer = stack.begin(shop, plan)
    booking = use(shop, retainer, kind, worlds.hour(1))
    with clock.travel(27 * 3600), tenant_context(shop.tenant):
        bookings.record_attendance(booking_id=booking.pk, came=False, now=clock.now(), actor=ANNA)
        [period] = stack.periods(shop, retainer)
        assert period.entries.get(kind="kept").cause == "no_show"
    assert left(shop, retainer) == 3


# --- refunds ------------------------------------------------------------------------------------------------


def test_a_refund_in_stripes_dashboard_takes_sessions_and_returns_the_fee(
    shop: Shop, plan: RetainerPlan
) -> None:
    worlds.set_free_units(shop.tenant, 0)
    retainer = stack.begin(shop, plan)
    [attempt] = stack.attempts(shop, retainer)
    assert attempt.application_fee_minor == 2000
    shop.stripe.dashboard_refund(attempt.stripe_charge_id, 10000)
    worlds.hear_stripe(shop.stripe)
    [charge] = stack.charges(shop, retainer)
    assert (charge.status, left(shop, retainer)) == (ChargeStatus.PARTIALLY_REFUNDED, 2)
    assert fee_amounts(shop, "returned") == [1000]  # type: ignore[arg-type]


def test_the_fee_of_each_period_is_its_own_order(shop: Shop, plan: RetainerPlan) -> None:
    """Ten are free: four, four and two of the third period's; the other two bear half of its fee."""
    retainer = stack.begin(shop, plan)
    for month in (1, 2):
        shop.stripe.advance(31 * 86400)
        with clock.travel(31 * 86400 * month):
            worlds.drain()
            worlds.hear_stripe(shop.stripe)
    fees = [each.application_fee_minor for each in stack.attempts(shop, retainer)]
    assert fees == [0, 0, 1000]


@pytest.fixture(autouse=True)
def in_berlin(shop: Shop) -> Iterator[Any]:
    with tenant_context(shop.tenant), transaction.atomic():
        Practice.objects.update(timezone="Europe/Berlin")
    yield
    with tenant_context(shop.tenant):
        # Whatever was done, no period holds less than nothing, and its entries say the same as its charge.
        for period in (each for retainer in Retainer.objects.all() for each in stack.periods(shop, retainer)):
            paid = Charge.objects.get(reference=period.pk).paid_minor
            assert (period.status == "paid") == (paid == period.price_minor)
            assert period.included is None or ledger.left_of(period.pk) >= 0
        standing = Booking.objects.filter(funding=Funding.RETAINER, status=BookingStatus.CONFIRMED)
        assert all(spending.spent_on(each.pk) for each in standing)
