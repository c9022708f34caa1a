"""A session that costs nothing: booked at once, and Stripe never hears of it."""

import pytest
from django_tenants.utils import tenant_context

from tenants.billing.models import Charge, PaymentAttempt
from tenants.registry.models import Tenant
from tenants.scheduling.holds import HoldLapsed
from tenants.scheduling.models import BookingStatus, Funding
from tests import worlds
from tests.journeys.steps import events_of


@pytest.fixture
def coach(anna: Tenant) -> Tenant:
    worlds.open_for_bookings(anna)
    return anna


def test_it_is_confirmed_by_the_details_alone_and_without_stripe(coach: Tenant) -> None:
    """No account, and no simulator runs: a call to Stripe would fail."""
    booking = worlds.held(coach, worlds.session_type(coach, price_minor=0), at=worlds.hour(1))
    assert worlds.book(coach, booking) is None
    booking = worlds.reread(coach, booking)
    assert (booking.status, booking.funding, booking.funded_by) == (
        BookingStatus.CONFIRMED,
        Funding.FREE,
        None,
    )
    with tenant_context(coach):
        assert not Charge.objects.exists()
        assert not PaymentAttempt.objects.exists()


def test_it_is_told_once_though_the_button_is_pressed_twice(coach: Tenant) -> None:
    booking = worlds.held(coach, worlds.session_type(coach, price_minor=0), at=worlds.hour(1))
    worlds.book(coach, booking)
    with pytest.raises(HoldLapsed):
        worlds.book(coach, booking)
    worlds.drain()
    assert len(events_of(coach, "booking.confirmed")) == 1


def test_a_hold_that_ran_out_books_nothing(coach: Tenant) -> None:
    booking = worlds.held(coach, worlds.session_type(coach, price_minor=0), at=worlds.hour(1))
    with worlds.clock.travel(601), pytest.raises(HoldLapsed):
        worlds.book(coach, booking)
    assert worlds.reread(coach, booking).status == BookingStatus.HELD


def test_a_price_set_later_changes_nothing_that_was_held(coach: Tenant) -> None:
    kind = worlds.session_type(coach, price_minor=0)
    booking = worlds.held(coach, kind, at=worlds.hour(1))
    with tenant_context(coach):
        worlds.session_types.edit(session_type_id=kind.pk, price_minor=9900, name="Dearer")
    assert worlds.book(coach, booking) is None
    booking = worlds.reread(coach, booking)
    assert (booking.price_minor, booking.agreed["name"]) == (0, "Lesson")


def test_it_counts_for_none_of_the_free_ten(coach: Tenant) -> None:
    from fees import accounts as fee_accounts

    for n in range(3):
        booking = worlds.held(
            coach, worlds.session_type(coach, price_minor=0), at=worlds.hour(n), browser=f"b{n}"
        )
        worlds.book(coach, booking)
    assert fee_accounts.numbers_taken(schema_name=coach.schema_name) == set()
