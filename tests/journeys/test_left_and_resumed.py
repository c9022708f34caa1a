"""Payments that are left, come back to, given up, declined, or paid too late."""

from datetime import timedelta

import pytest
from django_tenants.utils import tenant_context

from connect.simulator.client import SimulatorRefused
from kit import clock
from tenants.billing.models import AttemptStatus
from tenants.scheduling import holds
from tenants.scheduling.models import Booking, BookingStatus
from tenants.scheduling.paying import UNASKED
from tests import worlds
from tests.journeys import steps
from tests.journeys.steps import DECLINED, INSUFFICIENT, later
from tests.worlds import Shop

A_PAGES_LIFE = 31 * 60 + 1


@pytest.fixture
def kind(shop: Shop) -> worlds.SessionType:
    return worlds.session_type(shop.tenant)


@pytest.fixture
def asked(shop: Shop, kind: worlds.SessionType) -> Booking:
    """Held, details given, and the card page open."""
    booking = worlds.held(shop.tenant, kind, at=worlds.hour(5))
    worlds.book(shop.tenant, booking)
    return booking


# --- abandoned, then resumed -------------------------------------------------------------------------


def test_coming_back_leads_to_the_very_same_page(shop: Shop, asked: Booking) -> None:
    first = worlds.attempt_for(shop.tenant, asked)
    with later(shop.stripe, 20 * 60):
        worlds.drain()
        assert steps.resume(shop, asked) == first.checkout_url
        worlds.pay(shop, asked)
        worlds.hear_stripe(shop.stripe)
    assert steps.attempts_of(shop, asked) == [first]
    assert worlds.reread(shop.tenant, asked).status == BookingStatus.CONFIRMED


def test_pressing_pay_again_opens_no_second_page(shop: Shop, asked: Booking) -> None:
    again = worlds.book(shop.tenant, asked)
    assert again == worlds.attempt_for(shop.tenant, asked).checkout_url
    assert len(steps.attempts_of(shop, asked)) == 1


def test_nobody_else_gets_the_slot_while_the_page_can_be_paid_on(
    shop: Shop, kind: worlds.SessionType, asked: Booking
) -> None:
    with later(shop.stripe, 30 * 60):
        worlds.drain()
        with pytest.raises(holds.SlotTaken):
            worlds.held(shop.tenant, kind, at=asked.session.starts_at, browser="another")


# --- abandoned for good ------------------------------------------------------------------------------


def test_the_slot_is_free_when_the_page_has_expired(
    shop: Shop, kind: worlds.SessionType, asked: Booking
) -> None:
    at = asked.session.starts_at
    with later(shop.stripe, A_PAGES_LIFE):
        worlds.hear_stripe(shop.stripe)
        assert worlds.reread(shop.tenant, asked).ended_reason == "payment_abandoned"
        assert worlds.held(shop.tenant, kind, at=at, browser="another")
    assert worlds.attempt_for(shop.tenant, asked).status == AttemptStatus.EXPIRED
    [told] = steps.events_of(shop.tenant, "booking.released")
    assert told.data == {"reason": "payment_abandoned"}


def test_the_slot_is_free_though_stripe_cannot_be_asked(
    shop: Shop, kind: worlds.SessionType, asked: Booking
) -> None:
    at = asked.session.starts_at
    shop.stripe.fail_next(".*", "500", count=1000)
    with later(shop.stripe, A_PAGES_LIFE + UNASKED.total_seconds()):
        worlds.sweep()
        assert worlds.reread(shop.tenant, asked).status == BookingStatus.EXPIRED
        assert worlds.held(shop.tenant, kind, at=at, browser="another")
    shop.stripe.clear_faults()


def test_a_late_authorisation_for_a_slot_that_is_gone_is_released_without_a_refund(
    shop: Shop, kind: worlds.SessionType, asked: Booking
) -> None:
    """Paid on the page, heard of by nobody, and meanwhile somebody else has the time."""
    worlds.pay(shop, asked)
    steps.take_away(shop, asked)
    other = worlds.held(shop.tenant, kind, at=asked.session.starts_at, browser="another")

    worlds.hear_stripe(shop.stripe)

    attempt = worlds.attempt_for(shop.tenant, asked)
    assert (attempt.status, attempt.captured_minor, attempt.refunded_minor) == (AttemptStatus.RELEASED, 0, 0)
    assert steps.intent_of(shop, asked).status == "canceled"
    assert steps.ledger(shop) == []
    assert steps.numbers_taken(shop) == set()
    assert worlds.reread(shop.tenant, other).status == BookingStatus.HELD
    assert [e.data["reason"] for e in steps.events_of(shop.tenant, "booking.released")] == [
        "payment_released"
    ]


def test_a_payment_in_the_last_second_counts_while_nobody_else_took_the_time(
    shop: Shop, asked: Booking
) -> None:
    worlds.pay(shop, asked)
    shop.stripe.pending_events()
    with later(shop.stripe, A_PAGES_LIFE + 60):
        worlds.sweep()
    assert worlds.reread(shop.tenant, asked).status == BookingStatus.CONFIRMED


def test_who_comes_back_to_a_page_that_is_over_finds_the_time_given_free(shop: Shop, asked: Booking) -> None:
    with later(shop.stripe, A_PAGES_LIFE):
        assert steps.resume(shop, asked) is None
    assert worlds.reread(shop.tenant, asked).ended_reason == "payment_abandoned"
    assert len(steps.attempts_of(shop, asked)) == 1


def test_who_comes_back_to_a_page_that_was_paid_in_its_last_second_is_booked(
    shop: Shop, asked: Booking
) -> None:
    worlds.pay(shop, asked)
    with later(shop.stripe, A_PAGES_LIFE):
        assert steps.resume(shop, asked) is None
    assert worlds.reread(shop.tenant, asked).status == BookingStatus.CONFIRMED


# --- declined ----------------------------------------------------------------------------------------


def test_a_declined_card_can_be_followed_by_another_on_the_same_page(shop: Shop, asked: Booking) -> None:
    assert worlds.pay(shop, asked, card=DECLINED).status == "requires_payment_method"
    worlds.hear_stripe(shop.stripe)
    attempt = worlds.attempt_for(shop.tenant, asked)
    assert (attempt.status, attempt.decline) == (AttemptStatus.OPEN, "generic_decline")
    assert worlds.reread(shop.tenant, asked).status == BookingStatus.HELD
    assert steps.numbers_taken(shop) == set()

    worlds.pay(shop, asked)
    worlds.hear_stripe(shop.stripe)

    attempt = worlds.attempt_for(shop.tenant, asked)
    assert (attempt.status, attempt.decline, attempt.card) == (AttemptStatus.CAPTURED, "", "visa 4242")
    assert worlds.reread(shop.tenant, asked).status == BookingStatus.CONFIRMED
    assert steps.numbers_taken(shop) == {1}


def test_declined_and_left_is_as_never_paid(shop: Shop, asked: Booking) -> None:
    worlds.pay(shop, asked, card=INSUFFICIENT)
    with later(shop.stripe, A_PAGES_LIFE):
        worlds.hear_stripe(shop.stripe)
    assert worlds.reread(shop.tenant, asked).status == BookingStatus.EXPIRED
    assert worlds.attempt_for(shop.tenant, asked).status in (AttemptStatus.EXPIRED, AttemptStatus.RELEASED)
    assert steps.ledger(shop) == []


@pytest.mark.parametrize("confirmed", [True, False])
def test_the_bank_asks_and_the_client_answers(shop: Shop, asked: Booking, confirmed: bool) -> None:
    worlds.pay(shop, asked, card=steps.ASKS_THE_BANK, authenticate=confirmed)
    worlds.hear_stripe(shop.stripe)
    expected = BookingStatus.CONFIRMED if confirmed else BookingStatus.HELD
    assert worlds.reread(shop.tenant, asked).status == expected


# --- given up ----------------------------------------------------------------------------------------


def test_who_gives_up_can_take_another_slot_and_never_pays_for_the_first(
    shop: Shop, kind: worlds.SessionType, asked: Booking
) -> None:
    page = worlds.attempt_for(shop.tenant, asked).checkout_id
    assert steps.give_up(shop, asked)
    with pytest.raises(SimulatorRefused, match="no longer open"):
        shop.stripe.pay(page)
    other = worlds.sell(shop, kind, at=worlds.hour(8))
    assert other.status == BookingStatus.CONFIRMED
    first = worlds.reread(shop.tenant, asked)
    assert (first.status, first.ended_reason) == (BookingStatus.EXPIRED, "given_up")
    assert worlds.attempt_for(shop.tenant, asked).status == AttemptStatus.EXPIRED
    # Who gave up knows it: nobody is told that the time is free again.
    assert steps.events_of(shop.tenant, "booking.released") == []


def test_giving_up_what_was_just_paid_is_refused(shop: Shop, asked: Booking) -> None:
    worlds.pay(shop, asked)
    assert not steps.give_up(shop, asked)
    worlds.hear_stripe(shop.stripe)
    assert worlds.reread(shop.tenant, asked).status == BookingStatus.CONFIRMED


def test_giving_up_twice_is_giving_up(shop: Shop, asked: Booking) -> None:
    assert steps.give_up(shop, asked)
    assert not steps.give_up(shop, asked)
    assert worlds.reread(shop.tenant, asked).ended_reason == "given_up"


# --- holds -------------------------------------------------------------------------------------------


def test_a_hold_is_renewed_twice_and_no_more(shop: Shop, kind: worlds.SessionType) -> None:
    booking = worlds.held(shop.tenant, kind, at=worlds.hour(5))
    with tenant_context(shop.tenant):
        for minutes in (9, 18):
            with clock.travel(minutes * 60):
                renewed = holds.renew(booking_id=booking.pk, now=clock.now())
                assert renewed.hold_expires_at - clock.now() > timedelta(minutes=9, seconds=58)
        with clock.travel(20 * 60), pytest.raises(holds.NoMoreTime):
            holds.renew(booking_id=booking.pk, now=clock.now())
        with clock.travel(29 * 60), pytest.raises(holds.HoldLapsed):
            holds.renew(booking_id=booking.pk, now=clock.now())


def test_renewing_never_shortens_the_time_to_pay(shop: Shop, asked: Booking) -> None:
    before = worlds.reread(shop.tenant, asked).hold_expires_at
    with tenant_context(shop.tenant):
        after = holds.renew(booking_id=asked.pk, now=clock.now()).hold_expires_at
    assert after >= before


def test_a_browser_holds_two_slots_and_a_third_ends_the_oldest(shop: Shop, kind: worlds.SessionType) -> None:
    held = [worlds.held(shop.tenant, kind, at=worlds.hour(n)) for n in (5, 7, 9)]
    statuses = [worlds.reread(shop.tenant, each).status for each in held]
    assert statuses == [BookingStatus.EXPIRED, BookingStatus.HELD, BookingStatus.HELD]
    assert worlds.held(shop.tenant, kind, at=worlds.hour(5), browser="another")


def test_choosing_the_same_slot_again_is_the_same_hold(shop: Shop, kind: worlds.SessionType) -> None:
    first = worlds.held(shop.tenant, kind, at=worlds.hour(5))
    assert worlds.held(shop.tenant, kind, at=worlds.hour(5)) == first
    with pytest.raises(holds.SlotTaken):
        worlds.held(shop.tenant, kind, at=worlds.hour(5), browser="another")


def test_a_lapsed_hold_is_ended_by_the_sweeper_and_nobody_is_told(
    shop: Shop, kind: worlds.SessionType
) -> None:
    booking = worlds.held(shop.tenant, kind, at=worlds.hour(5))
    with clock.travel(601):
        worlds.sweep()
    assert worlds.reread(shop.tenant, booking).ended_reason == "hold_lapsed"
    assert steps.events_of(shop.tenant, "booking.released") == []


def test_an_address_that_was_mistyped_and_put_right_is_where_the_receipt_goes(
    shop: Shop, asked: Booking
) -> None:
    worlds.book(shop.tenant, asked, email="right@example.com")
    worlds.pay(shop, asked)
    worlds.hear_stripe(shop.stripe)
    booking = worlds.reread(shop.tenant, asked)
    assert booking.client is not None
    assert booking.client.email == "right@example.com"
    [told] = steps.events_of(shop.tenant, "payment.captured")
    assert told.client_id == booking.client_id
