"""A payment that is promised waits for the coach's yes, and no longer than the bank keeps its promise."""

from datetime import datetime, timedelta

import pytest

from kit import clock
from tenants.billing import decisions
from tenants.billing.models import AttemptStatus, PaymentAttempt
from tenants.registry.models import Wakeup
from tenants.scheduling import fulfilment
from tenants.scheduling.models import Booking, BookingStatus
from tests import worlds
from tests.journeys import steps
from tests.worlds import Shop

DAY = 24 * 3600


class Coach:
    """Answers by `until`; None: has answered, or nobody needs to."""

    until: datetime | None = None
    asked: datetime | None = None

    def awaits(self, *, intent_capture_before: datetime | None, **_: object) -> datetime | None:
        self.asked = intent_capture_before
        return self.until


@pytest.fixture
def coach(monkeypatch: pytest.MonkeyPatch) -> Coach:
    coach = Coach()
    monkeypatch.setattr(fulfilment, "awaits", coach.awaits)
    return coach


@pytest.fixture
def paid(shop: Shop) -> Booking:
    """Paid on Stripe's page for a time in a fortnight."""
    return worlds.ask_and_pay(shop, worlds.session_type(shop.tenant), at=worlds.hour(14 * 24))


def settled_in(shop: Shop, booking: Booking, seconds: float) -> PaymentAttempt:
    with clock.travel(seconds):
        return steps.settled(shop, booking)


def test_until_the_coach_accepts_nothing_is_captured(shop: Shop, paid: Booking, coach: Coach) -> None:
    coach.until = clock.now() + timedelta(days=2)
    waiting = steps.settled(shop, paid)
    assert (waiting.status, waiting.captured_minor, waiting.fee_minor) == (AttemptStatus.OPEN, 0, None)
    assert coach.asked == waiting.capture_before
    assert worlds.reread(shop.tenant, paid).hold_expires_at == coach.until
    coach.until = None
    assert settled_in(shop, paid, DAY).status == AttemptStatus.CAPTURED
    assert worlds.reread(shop.tenant, paid).status == BookingStatus.CONFIRMED


def test_what_was_refused_is_let_go(shop: Shop, paid: Booking, coach: Coach) -> None:
    coach.until = clock.now() + timedelta(days=2)
    steps.settled(shop, paid)
    coach.until = None
    steps.take_away(shop, paid)
    released = settled_in(shop, paid, DAY)
    assert (released.status, released.reason) == (AttemptStatus.RELEASED, decisions.UNWANTED)
    assert steps.intent_of(shop, paid).amount_received_minor == 0


def test_somebody_looks_at_the_moment_itself(shop: Shop, paid: Booking, coach: Coach) -> None:
    coach.until = clock.now() + timedelta(minutes=90)
    steps.settled(shop, paid)
    with clock.travel(80 * 60):
        worlds.sweep()
        assert Wakeup.objects.get(kind="attempt").due_at <= coach.until
    with clock.travel(90 * 60 + 1):
        worlds.sweep()
    attempt = worlds.attempt_for(shop.tenant, paid)
    assert (attempt.status, attempt.reason) == (AttemptStatus.RELEASED, "not_answered")
    assert worlds.reread(shop.tenant, paid).status == BookingStatus.EXPIRED


def test_half_a_day_before_the_banks_promise_ends_it_is_let_go(
    shop: Shop, paid: Booking, coach: Coach
) -> None:
    coach.until = clock.now() + timedelta(days=30)
    before = steps.settled(shop, paid).capture_before
    assert before
    seconds = (before - clock.now()).total_seconds() - 12 * 3600
    assert settled_in(shop, paid, seconds - 5).status == AttemptStatus.OPEN
    assert settled_in(shop, paid, seconds + 5).status == AttemptStatus.RELEASED


def test_captured_in_stripes_dashboard_is_accepted(shop: Shop, paid: Booking, coach: Coach) -> None:
    coach.until = clock.now() + timedelta(days=2)
    steps.settled(shop, paid)
    shop.stripe.dashboard_capture(steps.intent_of(shop, paid).id)
    attempt = settled_in(shop, paid, 60)
    assert (attempt.status, attempt.reason) == (AttemptStatus.CAPTURED, decisions.CAPTURED_ELSEWHERE)
    assert worlds.reread(shop.tenant, paid).status == BookingStatus.CONFIRMED
