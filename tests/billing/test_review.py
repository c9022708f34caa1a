"""A payment that Stripe wants to look at waits; nothing is confirmed and nobody else gets the slot."""

from dataclasses import replace
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from connect import gateway
from kit import clock
from tenants.billing.decisions import settle
from tenants.billing.models import AttemptStatus, PaymentAttempt
from tenants.scheduling.holds import SlotTaken
from tenants.scheduling.models import Booking, BookingStatus
from tests import worlds
from tests.journeys import steps
from tests.worlds import Shop


@pytest.fixture
def under_review(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    fetch = gateway.fetch_intent

    def reviewed(**which: Any) -> gateway.IntentView:
        return replace(fetch(**which), under_review=True)

    monkeypatch.setattr(gateway, "fetch_intent", reviewed)
    return monkeypatch


def settled(shop: Shop, booking: Booking) -> PaymentAttempt:
    attempt = worlds.attempt_for(shop.tenant, booking)
    with tenant_context(shop.tenant):
        return settle(attempt_id=attempt.pk, now=clock.now())


def test_it_waits_and_the_slot_is_kept(shop: Shop, under_review: pytest.MonkeyPatch) -> None:
    kind, at = worlds.session_type(shop.tenant), worlds.hour(200)
    booking = worlds.ask_and_pay(shop, kind, at=at)
    assert settled(shop, booking).status == AttemptStatus.OPEN
    with clock.travel(3 * 3600):
        worlds.drain()
        with pytest.raises(SlotTaken):
            worlds.held(shop.tenant, kind, at=at, browser="another")
        under_review.undo()
        shop.stripe.advance(3 * 3600)
        assert settled(shop, booking).status == AttemptStatus.CAPTURED
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CONFIRMED


def test_a_review_that_never_closes_ends_in_a_release(shop: Shop, under_review: pytest.MonkeyPatch) -> None:
    booking = worlds.ask_and_pay(shop, worlds.session_type(shop.tenant), at=worlds.hour(300))
    attempt = settled(shop, booking)
    assert attempt.capture_before
    seconds = int((attempt.capture_before - clock.now()).total_seconds()) - 11 * 3600
    shop.stripe.advance(seconds)
    with clock.travel(seconds):
        attempt = settled(shop, booking)
    assert (attempt.status, attempt.captured_minor) == (AttemptStatus.RELEASED, 0)
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.EXPIRED


def test_a_review_that_is_open_when_the_notice_begins_ends_in_a_release(
    shop: Shop, under_review: pytest.MonkeyPatch
) -> None:
    """Nobody learns of a session after it should have begun; and the bank lets the money go at once."""
    kind = worlds.session_type(shop.tenant, minimum_notice_min=120)
    booking = worlds.ask_and_pay(shop, kind, at=worlds.hour(5))
    assert settled(shop, booking).status == AttemptStatus.OPEN
    start = booking.session.starts_at
    seconds = int((start - clock.now()).total_seconds()) - 121 * 60
    shop.stripe.advance(seconds)
    with clock.travel(seconds):
        worlds.sweep()
        assert worlds.reread(shop.tenant, booking).status == BookingStatus.HELD
    shop.stripe.advance(3 * 60)
    with clock.travel(seconds + 3 * 60):
        attempt = settled(shop, booking)
    assert (attempt.status, attempt.captured_minor) == (AttemptStatus.RELEASED, 0)
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.EXPIRED


def test_a_review_of_a_booking_that_was_given_away_is_not_waited_for(
    shop: Shop, under_review: pytest.MonkeyPatch
) -> None:
    booking = worlds.ask_and_pay(shop, worlds.session_type(shop.tenant), at=worlds.hour(200))
    steps.take_away(shop, booking)
    assert settled(shop, booking).status == AttemptStatus.RELEASED
