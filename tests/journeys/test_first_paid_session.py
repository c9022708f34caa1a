"""The path that everything stands on: held, paid, confirmed, earned."""

import pytest
from django_tenants.utils import tenant_context

from tenants.billing.models import AttemptStatus, EntryKind, LedgerEntry
from tenants.scheduling.models import BookingStatus
from tests import worlds
from tests.worlds import Shop


def test_a_session_is_confirmed_by_the_payment_and_by_nothing_before_it(shop: Shop) -> None:
    kind = worlds.session_type(shop.tenant)
    booking = worlds.held(shop.tenant, kind, at=worlds.hour(1))
    assert worlds.book(shop.tenant, booking)
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.HELD
    worlds.pay(shop, booking)
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.HELD

    worlds.hear_stripe(shop.stripe)

    booking = worlds.reread(shop.tenant, booking)
    assert booking.status == BookingStatus.CONFIRMED
    attempt = worlds.attempt_for(shop.tenant, booking)
    assert (attempt.status, attempt.captured_minor, attempt.application_fee_minor) == (
        AttemptStatus.CAPTURED,
        4500,
        0,
    )
    assert booking.funded_by == attempt.pk


def test_the_first_ten_bear_no_fee_and_the_eleventh_bears_a_tenth(shop: Shop) -> None:
    kind = worlds.session_type(shop.tenant, price_minor=8010)
    sold = [
        worlds.sell(shop, kind, at=worlds.hour(n), browser=f"b{n}", email=f"c{n}@example.com")
        for n in range(11)
    ]
    attempts = [worlds.attempt_for(shop.tenant, booking) for booking in sold]
    assert [a.free_numbers for a in attempts] == [[n] for n in range(1, 11)] + [[]]
    assert [a.application_fee_minor for a in attempts] == [0] * 10 + [801]


def test_the_sweeper_alone_confirms_when_every_event_is_lost(shop: Shop) -> None:
    kind = worlds.session_type(shop.tenant)
    booking = worlds.ask_and_pay(shop, kind, at=worlds.hour(1))
    shop.stripe.pending_events()

    with worlds.clock.travel(60):
        worlds.sweep()

    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CONFIRMED


def test_the_processors_fee_is_written_down_when_it_becomes_known(shop: Shop) -> None:
    booking = worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(1))
    with tenant_context(shop.tenant):
        entry = LedgerEntry.objects.get(kind=EntryKind.PROCESSOR_FEE, sold_id=booking.pk)
    assert entry.amount_minor == -161  # 2.9 % of 45.00 is 130.5, rounded to 131, and 30


@pytest.mark.parametrize("amount", [None, 1000])
def test_a_refund_in_stripes_dashboard_is_noticed_and_the_fee_follows(shop: Shop, amount: int | None) -> None:
    kind = worlds.session_type(shop.tenant)
    for n in range(10):
        worlds.sell(shop, kind, at=worlds.hour(n), browser=f"b{n}", email=f"c{n}@example.com")
    booking = worlds.sell(shop, kind, at=worlds.hour(20))
    attempt = worlds.attempt_for(shop.tenant, booking)
    assert attempt.application_fee_minor == 450

    shop.stripe.dashboard_refund(attempt.stripe_charge_id, amount)
    worlds.hear_stripe(shop.stripe)

    attempt = worlds.attempt_for(shop.tenant, booking)
    assert attempt.refunded_minor == (amount or 4500)
    assert attempt.fee_returned_minor == (100 if amount else 450)
    expected = BookingStatus.CONFIRMED if amount else BookingStatus.CANCELLED
    assert worlds.reread(shop.tenant, booking).status == expected
