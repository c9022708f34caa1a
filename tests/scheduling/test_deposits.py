"""Sessions with a deposit: booked when it is paid, the rest due before they begin."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import Actor
from tenants.billing.models import Charge, Instalment, InstalmentStatus, Mandate, PaymentAttempt, SavedCard
from tenants.offers.extras import Extra
from tenants.offers.models import IfRestFails, SessionType
from tenants.scheduling import cancelling, moving, patrol
from tenants.scheduling.models import Booking, BookingStatus, Cause, Funding
from tests import worlds
from tests.worlds import Shop

COACH = Actor("coach", "1", "Anna")


@pytest.fixture
def course(shop: Shop) -> SessionType:
    """60.00, of which 20.00 are paid at booking."""
    return worlds.session_type(shop.tenant, price_minor=6000, deposit_minor=2000, rest_due_hours=24)


def paid_deposit(shop: Shop, course: SessionType, *, hour: int = 72) -> Booking:
    return worlds.sell(shop, course, at=worlds.hour(hour))


def charge_of(shop: Shop, booking: Booking) -> Charge:
    with tenant_context(shop.tenant):
        return Charge.objects.get(reference=booking.pk)


def parts_of(shop: Shop, booking: Booking) -> list[tuple[str, int, str]]:
    with tenant_context(shop.tenant):
        rows = Instalment.objects.filter(charge__reference=booking.pk).order_by("number")
        return [(each.kind, each.amount_minor, each.status) for each in rows]


def attempts_of(shop: Shop, booking: Booking) -> list[PaymentAttempt]:
    with tenant_context(shop.tenant):
        found = PaymentAttempt.objects.filter(charge__reference=booking.pk)
        return list(found.order_by("created_at", "pk"))


@contextmanager
def before_start(shop: Shop, booking: Booking, left: timedelta) -> Iterator[None]:
    """So long before the session, for us and for Stripe."""
    seconds = (booking.session.starts_at - left - clock.now()).total_seconds()
    with clock.travel(seconds):
        shop.stripe.set_clock(clock.now())
        yield


def let_pass(shop: Shop, booking: Booking, left: timedelta) -> None:
    """What is due until then is worked off, and Stripe heard."""
    with before_start(shop, booking, left):
        worlds.sweep()
        worlds.hear_stripe(shop.stripe)


def test_the_deposit_confirms_the_session(shop: Shop, course: SessionType) -> None:
    booking = paid_deposit(shop, course)
    assert (booking.status, booking.funding) == (BookingStatus.CONFIRMED, Funding.CARD)
    assert parts_of(shop, booking) == [("deposit", 2000, "paid"), ("rest", 4000, "open")]
    charge = charge_of(shop, booking)
    assert (charge.status, charge.paid_minor) == ("partially_paid", 2000)
    with tenant_context(shop.tenant):
        mandate = Mandate.objects.get()
    assert "40.00" in mandate.text
    assert mandate.purpose == "rest"


def test_the_rest_is_charged_when_it_is_due_and_both_are_one_fee_free_session(
    shop: Shop, course: SessionType
) -> None:
    worlds.set_free_units(shop.tenant, 1)
    booking = paid_deposit(shop, course)
    let_pass(shop, booking, timedelta(hours=23))
    assert parts_of(shop, booking) == [("deposit", 2000, "paid"), ("rest", 4000, "paid")]
    first, second = attempts_of(shop, booking)
    assert (first.captured_minor, second.captured_minor) == (2000, 4000)
    assert (first.free_numbers, first.fee_minor, second.fee_minor) == ([1], 0, 0)
    assert charge_of(shop, booking).status == "paid"


def test_a_patrol_takes_both_parts_for_what_the_session_stands_on(shop: Shop, course: SessionType) -> None:
    booking = paid_deposit(shop, course)
    let_pass(shop, booking, timedelta(hours=23))
    assert len(attempts_of(shop, booking)) == 2
    with before_start(shop, booking, timedelta(hours=20)), tenant_context(shop.tenant):
        assert patrol.payments_without_booking(now=clock.now()) == []
        with transaction.atomic():
            Booking.objects.filter(pk=booking.pk).update(status=BookingStatus.EXPIRED)
        found = patrol.payments_without_booking(now=clock.now())
    assert [each.reference for each in found] == [booking.pk] * 2


def test_the_fee_of_both_parts_is_the_fee_of_the_whole(shop: Shop) -> None:
    worlds.set_free_units(shop.tenant, 0)
    course = worlds.session_type(shop.tenant, price_minor=6666, deposit_minor=3333)
    booking = paid_deposit(shop, course)
    let_pass(shop, booking, timedelta(hours=23))
    assert [each.fee_minor for each in attempts_of(shop, booking)] == [333, 333]
    assert sum(each.fee_minor or 0 for each in attempts_of(shop, booking)) == 666


def test_too_late_for_a_rest_the_whole_is_paid_at_once(shop: Shop, course: SessionType) -> None:
    soon = (clock.now() + timedelta(hours=5)).replace(minute=0, second=0, microsecond=0)
    booking = worlds.sell(shop, course, at=soon)
    assert parts_of(shop, booking) == []
    assert attempts_of(shop, booking)[0].captured_minor == 6000


def test_extras_are_paid_with_the_rest(shop: Shop) -> None:
    course = worlds.session_type(
        shop.tenant, price_minor=6000, deposit_bp=5000, extras=[Extra("Court", 1000)]
    )
    booking = paid_deposit(shop, course)
    assert parts_of(shop, booking) == [("deposit", 3000, "paid"), ("rest", 4000, "open")]


@pytest.mark.parametrize(
    ("cause", "hours", "back_minor"),
    [(Cause.CLIENT, 48, 2000), (Cause.CLIENT, 2, 0), (Cause.COACH, 2, 2000)],
)
def test_a_session_that_is_called_off_costs_the_deposit_at_most(
    shop: Shop, cause: Cause, hours: int, back_minor: int
) -> None:
    """In time, or by the coach, all goes back; too late the deposit is kept, and no rest is asked for."""
    course = worlds.session_type(
        shop.tenant, price_minor=6000, deposit_minor=2000, rest_due_hours=0, rest_by_card=False
    )
    booking = paid_deposit(shop, course)
    with before_start(shop, booking, timedelta(hours=hours)):
        with tenant_context(shop.tenant):
            cancelling.cancel(booking_id=booking.pk, cause=cause, now=clock.now(), actor=COACH)
        with clock.travel(120):
            worlds.drain()
            worlds.hear_stripe(shop.stripe)
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CANCELLED
    assert parts_of(shop, booking)[1][2] == InstalmentStatus.VOID
    assert charge_of(shop, booking).refunded_minor == back_minor


@pytest.mark.parametrize(
    ("rule", "status"),
    [(IfRestFails.KEEP, BookingStatus.CONFIRMED), (IfRestFails.CANCEL, BookingStatus.CANCELLED)],
)
def test_a_rest_that_cannot_be_charged(shop: Shop, rule: IfRestFails, status: BookingStatus) -> None:
    course = worlds.session_type(
        shop.tenant, price_minor=6000, deposit_minor=2000, rest_due_hours=336, if_rest_fails=rule
    )
    booking = paid_deposit(shop, course, hour=24 * 20)
    with tenant_context(shop.tenant):
        shop.stripe.decline_from_now_on(SavedCard.objects.get().method_id)
    for days in range(14, 1, -1):
        let_pass(shop, booking, timedelta(days=days - 0.01))
    assert parts_of(shop, booking)[1][2] in ("failed", "void")
    assert worlds.reread(shop.tenant, booking).status == status


@pytest.mark.parametrize("hours", [-30, 50])
def test_a_session_that_is_moved_takes_the_day_of_its_rest_with_it(
    shop: Shop, course: SessionType, hours: int
) -> None:
    booking = paid_deposit(shop, course, hour=100)
    starts_at = booking.session.starts_at + timedelta(hours=hours)
    with tenant_context(shop.tenant):
        moving.move_by_coach(booking_id=booking.pk, starts_at=starts_at, now=clock.now(), actor=COACH)
    booking = worlds.reread(shop.tenant, booking)
    let_pass(shop, booking, timedelta(hours=25))
    assert parts_of(shop, booking)[1][2] == "open"
    let_pass(shop, booking, timedelta(hours=23))
    assert parts_of(shop, booking)[1][2] == "paid"
