"""The coach has Stripe's own dashboard: captures, cancels and refunds made there, and promises that lapse."""

import pytest
from django_tenants.utils import tenant_context

from connect import gateway
from connect.simulator.client import SimulatorRefused
from fees.models import FeeEntryKind
from kit import clock
from tenants.billing.models import AttemptStatus, ChargeStatus
from tenants.scheduling.models import Booking, BookingStatus, SessionStatus
from tests import worlds
from tests.journeys import steps
from tests.journeys.steps import later
from tests.worlds import Shop


@pytest.fixture
def kind(shop: Shop) -> worlds.SessionType:
    return worlds.session_type(shop.tenant)


@pytest.fixture
def authorised(shop: Shop, kind: worlds.SessionType) -> Booking:
    """Paid on Stripe's page; nothing here has heard of it."""
    booking = worlds.ask_and_pay(shop, kind, at=worlds.hour(30))
    shop.stripe.pending_events()
    return booking


# --- captured there ----------------------------------------------------------------------------------


def test_a_capture_before_ours_is_adopted(shop: Shop, authorised: Booking) -> None:
    shop.stripe.dashboard_capture(steps.intent_of(shop, authorised).id)
    worlds.hear_stripe(shop.stripe)
    booking = worlds.reread(shop.tenant, authorised)
    attempt = worlds.attempt_for(shop.tenant, booking)
    assert (booking.status, booking.funded_by) == (BookingStatus.CONFIRMED, attempt.pk)
    assert (attempt.status, attempt.reason) == (AttemptStatus.CAPTURED, "captured_at_stripe")
    assert attempt.free_numbers == [1]


def test_what_such_a_capture_left_uncollected_is_listed_and_the_fee_that_was_set_is_taken(
    shop: Shop, kind: worlds.SessionType
) -> None:
    """The last free session was still left when the page was opened, and is gone when it is captured."""
    worlds.set_free_units(shop.tenant, 1)
    first = worlds.ask_and_pay(shop, kind, at=worlds.hour(30))
    second = worlds.ask_and_pay(shop, kind, at=worlds.hour(32), browser="b2", email="b2@example.com")
    steps.settled(shop, first)
    shop.stripe.dashboard_capture(steps.intent_of(shop, second).id)

    worlds.hear_stripe(shop.stripe)

    attempt = worlds.attempt_for(shop.tenant, second)
    assert (attempt.fee_minor, attempt.application_fee_minor, attempt.free_numbers) == (450, 0, [])
    assert steps.fee_amounts(shop, FeeEntryKind.UNCOLLECTED) == [450]
    assert steps.fee_amounts(shop, FeeEntryKind.CHARGED) == []
    assert worlds.reread(shop.tenant, second).status == BookingStatus.CONFIRMED


def test_a_fee_that_such_a_capture_took_too_much_is_returned(shop: Shop, kind: worlds.SessionType) -> None:
    """No free session was left when the page was opened; one has come back since."""
    worlds.set_free_units(shop.tenant, 1)
    first = worlds.sell(shop, kind, at=worlds.hour(30))
    second = worlds.ask_and_pay(shop, kind, at=worlds.hour(32), browser="b2", email="b2@example.com")
    shop.stripe.pending_events()
    shop.stripe.dashboard_refund(worlds.attempt_for(shop.tenant, first).stripe_charge_id)
    worlds.hear_stripe(shop.stripe)
    assert steps.numbers_taken(shop) == set()
    shop.stripe.dashboard_capture(steps.intent_of(shop, second).id)

    worlds.hear_stripe(shop.stripe)

    attempt = worlds.attempt_for(shop.tenant, second)
    assert (attempt.fee_minor, attempt.application_fee_minor, attempt.fee_returned_minor) == (0, 450, 450)
    assert gateway.fetch_application_fee(fee_id=attempt.application_fee_id).amount_refunded_minor == 450
    assert steps.numbers_taken(shop) == {1}


@pytest.mark.parametrize("free_units", [0, 10])
def test_a_capture_of_what_is_not_wanted_any_more_is_refunded_with_its_fee(
    shop: Shop, kind: worlds.SessionType, free_units: int
) -> None:
    worlds.set_free_units(shop.tenant, free_units)
    booking = worlds.ask_and_pay(shop, kind, at=worlds.hour(30))
    shop.stripe.pending_events()
    steps.take_away(shop, booking)
    shop.stripe.dashboard_capture(steps.intent_of(shop, booking).id)

    worlds.hear_stripe(shop.stripe)

    attempt = worlds.attempt_for(shop.tenant, booking)
    assert (attempt.status, attempt.captured_minor, attempt.refunded_minor) == (
        AttemptStatus.CAPTURED,
        4500,
        4500,
    )
    assert attempt.fee_returned_minor == attempt.application_fee_minor == (0 if free_units else 450)
    assert steps.numbers_taken(shop) == set()
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.EXPIRED
    [refund] = steps.intent_of(shop, booking).charge.refunds  # type: ignore[union-attr]
    assert refund.amount_minor == 4500


def test_a_capture_after_our_release_is_impossible_and_changes_nothing(
    shop: Shop, authorised: Booking
) -> None:
    steps.take_away(shop, authorised)
    assert steps.settled(shop, authorised).status == AttemptStatus.RELEASED
    with pytest.raises(SimulatorRefused, match="canceled"):
        shop.stripe.dashboard_capture(steps.intent_of(shop, authorised).id)
    worlds.hear_stripe(shop.stripe)
    assert steps.ledger(shop) == []


# --- cancelled there, or lapsed ----------------------------------------------------------------------


def test_a_cancel_frees_the_slot_and_takes_no_money(shop: Shop, authorised: Booking) -> None:
    shop.stripe.dashboard_cancel(steps.intent_of(shop, authorised).id)
    worlds.hear_stripe(shop.stripe)
    attempt = worlds.attempt_for(shop.tenant, authorised)
    assert (attempt.status, attempt.reason) == (AttemptStatus.RELEASED, "cancelled_at_stripe")
    booking = worlds.reread(shop.tenant, authorised)
    assert booking.status == BookingStatus.EXPIRED
    assert booking.session.status == SessionStatus.RELEASED
    assert steps.ledger(shop) == []
    assert steps.events_of(shop.tenant, "payment.refunded") == []


def test_a_promise_that_lapses_takes_no_money(
    shop: Shop, kind: worlds.SessionType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every worker stood still for a week; then they go on."""
    booking = worlds.ask_and_pay(shop, kind, at=worlds.hour(300))
    capture_before = steps.intent_of(shop, booking).charge.capture_before  # type: ignore[union-attr]
    assert capture_before
    with later(shop.stripe, (capture_before - clock.now()).total_seconds() + 60):
        worlds.hear_stripe(shop.stripe)
        attempt = worlds.attempt_for(shop.tenant, booking)
        assert (attempt.status, attempt.captured_minor) == (AttemptStatus.RELEASED, 0)
        assert worlds.reread(shop.tenant, booking).status == BookingStatus.EXPIRED
    assert steps.ledger(shop) == []
    assert steps.events_of(shop.tenant, "payment.refunded") == []


# --- captures that the bank refuses ------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [
        "charge_expired_for_capture",
        "capture_charge_authorization_expired",
        "payment_intent_unexpected_state",
        "amount_too_large",
        "card_declined",
    ],
)
def test_a_refused_capture_frees_the_slot_and_gives_the_free_session_back(
    shop: Shop, authorised: Booking, code: str
) -> None:
    shop.stripe.fail_next("POST .*/capture", "refused", code=code)
    attempt = steps.settled(shop, authorised)
    assert (attempt.status, attempt.reason, attempt.captured_minor) == (
        AttemptStatus.CAPTURE_FAILED,
        code,
        0,
    )
    assert steps.intent_of(shop, authorised).status == "canceled"
    booking = worlds.reread(shop.tenant, authorised)
    assert (booking.status, booking.ended_reason) == (BookingStatus.EXPIRED, "payment_failed")
    assert steps.numbers_taken(shop) == set()
    assert [e.data["reason"] for e in steps.events_of(shop.tenant, "booking.released")] == ["payment_failed"]

    worlds.hear_stripe(shop.stripe)
    with later(shop.stripe, 3600):
        worlds.drain()
    assert worlds.attempt_for(shop.tenant, authorised).status == AttemptStatus.CAPTURE_FAILED
    assert steps.ledger(shop) == []


def test_after_a_refused_capture_the_same_client_can_book_again(
    shop: Shop, kind: worlds.SessionType, authorised: Booking
) -> None:
    shop.stripe.fail_next("POST .*/capture", "refused", code="card_declined")
    steps.settled(shop, authorised)
    again = worlds.sell(shop, kind, at=authorised.session.starts_at)
    assert again.status == BookingStatus.CONFIRMED
    assert worlds.attempt_for(shop.tenant, again).free_numbers == [1]


# --- refunded there ----------------------------------------------------------------------------------


def test_partial_refunds_add_up_to_the_cent(shop: Shop) -> None:
    """10 % of 33.35 is 3.33; a third, another third and the rest give back exactly that."""
    worlds.set_free_units(shop.tenant, 0)
    kind = worlds.session_type(shop.tenant, price_minor=3335)
    booking = worlds.sell(shop, kind, at=worlds.hour(30))
    attempt = worlds.attempt_for(shop.tenant, booking)
    returned = []
    for amount in (1111, 1111, 1113):
        shop.stripe.dashboard_refund(attempt.stripe_charge_id, amount)
        worlds.hear_stripe(shop.stripe)
        returned.append(worlds.attempt_for(shop.tenant, booking).fee_returned_minor)
    assert returned == [110, 221, 333]
    assert steps.fee_amounts(shop, FeeEntryKind.CHARGED) == [333]
    assert steps.fee_amounts(shop, FeeEntryKind.RETURNED) == [110, 111, 112]
    assert gateway.fetch_application_fee(fee_id=attempt.application_fee_id).amount_refunded_minor == 333
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CANCELLED
    kinds = [kind for kind, _ in steps.ledger(shop)]
    assert kinds.count("refund") == 3
    assert sum(amount for kind, amount in steps.ledger(shop) if kind.startswith("platform_fee")) == 0


def test_two_refunds_between_two_looks_return_one_fee(shop: Shop, kind: worlds.SessionType) -> None:
    worlds.set_free_units(shop.tenant, 0)
    booking = worlds.sell(shop, kind, at=worlds.hour(30))
    attempt = worlds.attempt_for(shop.tenant, booking)
    for amount in (1000, 500):
        shop.stripe.dashboard_refund(attempt.stripe_charge_id, amount)
    worlds.hear_stripe(shop.stripe)
    worlds.hear_stripe(shop.stripe)
    attempt = worlds.attempt_for(shop.tenant, booking)
    assert (attempt.refunded_minor, attempt.fee_returned_minor) == (1500, 150)
    with tenant_context(shop.tenant):
        assert attempt.charge.status == ChargeStatus.PARTIALLY_REFUNDED
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CONFIRMED


def test_a_refund_whose_events_are_lost_is_found_by_looking(shop: Shop, kind: worlds.SessionType) -> None:
    worlds.set_free_units(shop.tenant, 0)
    booking = worlds.sell(shop, kind, at=worlds.hour(100))
    shop.stripe.dashboard_refund(worlds.attempt_for(shop.tenant, booking).stripe_charge_id)
    shop.stripe.pending_events()
    with later(shop.stripe, 25 * 3600):
        worlds.sweep()
    attempt = worlds.attempt_for(shop.tenant, booking)
    assert (attempt.refunded_minor, attempt.fee_returned_minor) == (4500, 450)
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CANCELLED


def test_a_refunded_slot_is_free_for_others(shop: Shop, kind: worlds.SessionType) -> None:
    booking = worlds.sell(shop, kind, at=worlds.hour(30))
    shop.stripe.dashboard_refund(worlds.attempt_for(shop.tenant, booking).stripe_charge_id)
    worlds.hear_stripe(shop.stripe)
    assert (
        worlds.sell(shop, kind, at=booking.session.starts_at, browser="b2").status == BookingStatus.CONFIRMED
    )


def test_a_refund_after_the_session_is_about_money_only(shop: Shop, kind: worlds.SessionType) -> None:
    booking = worlds.sell(shop, kind, at=worlds.hour(1))
    with later(shop.stripe, 3 * 24 * 3600):
        shop.stripe.dashboard_refund(worlds.attempt_for(shop.tenant, booking).stripe_charge_id)
        worlds.hear_stripe(shop.stripe)
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CONFIRMED
    assert worlds.attempt_for(shop.tenant, booking).refunded_minor == 4500


def test_the_tenth_free_session_goes_out_again_after_its_refund(shop: Shop, kind: worlds.SessionType) -> None:
    sold = [worlds.ask_and_pay(shop, kind, at=worlds.hour(n), browser=f"b{n}") for n in range(10)]
    tenth = [steps.settled(shop, booking) for booking in sold][-1]
    assert tenth.free_numbers == [10]
    shop.stripe.pending_events()
    shop.stripe.dashboard_refund(tenth.stripe_charge_id, 2250)
    worlds.hear_stripe(shop.stripe)
    assert steps.numbers_taken(shop) == set(range(1, 11)), "half of a session gives none back"
    shop.stripe.dashboard_refund(tenth.stripe_charge_id, 2250)
    worlds.hear_stripe(shop.stripe)
    assert steps.numbers_taken(shop) == set(range(1, 10))

    last = [worlds.ask_and_pay(shop, kind, at=worlds.hour(n), browser=f"b{n}") for n in (20, 21)]

    attempts = [steps.settled(shop, each) for each in last]
    assert [each.free_numbers for each in attempts] == [[10], []]
    assert [each.application_fee_minor for each in attempts] == [0, 450]
