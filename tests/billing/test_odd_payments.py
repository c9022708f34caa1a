"""Payments that did not go the usual way: two for one thing, less than the price, money on its way back."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import structlog
from django.db import transaction
from django_tenants.utils import tenant_context

from connect import gateway
from kit import clock
from tenants.billing import decisions
from tenants.billing.decisions import on_stripe_event
from tenants.billing.models import AttemptStatus, PaymentAttempt
from tenants.scheduling.holds import end_hold
from tenants.scheduling.models import Booking, BookingStatus
from tests import worlds
from tests.journeys import steps
from tests.worlds import Shop


@pytest.fixture
def booking(shop: Shop) -> Booking:
    """Paid on Stripe's page; nothing here has heard of it yet."""
    worlds.set_free_units(shop.tenant, 0)
    return worlds.ask_and_pay(shop, worlds.session_type(shop.tenant), at=worlds.hour(100))


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What Stripe says of every payment, other than it is."""
    changes: dict[str, Any] = {}
    fetch = gateway.fetch_intent

    def changed(**which: Any) -> gateway.IntentView:
        intent = fetch(**which)
        of_charge = {name[7:]: value for name, value in changes.items() if name.startswith("charge_")}
        of_intent = {name: value for name, value in changes.items() if not name.startswith("charge_")}
        assert intent.charge
        return replace(intent, **of_intent, charge=replace(intent.charge, **of_charge))

    monkeypatch.setattr(gateway, "fetch_intent", changed)
    return changes


def test_letting_one_payment_go_keeps_the_time_for_another(
    shop: Shop, booking: Booking, said: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stripe looks at the first one for too long and cannot be told to let it go; so the client pays anew."""
    said["under_review"] = True
    shop.stripe.fail_next(".*/cancel", "unreachable", count=10)
    with monkeypatch.context() as at_the_end:
        at_the_end.setattr(decisions, "MARGIN", timedelta(days=30))
        with pytest.raises(gateway.GatewayUnavailable):
            steps.settled(shop, booking)
    shop.stripe.clear_faults()
    said.clear()
    assert steps.resume(shop, booking)
    worlds.sweep()
    with clock.travel(60):
        worlds.sweep()
    assert [each.status for each in steps.attempts_of(shop, booking)] == ["released", "open"]
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.HELD
    worlds.pay(shop, booking)
    worlds.hear_stripe(shop.stripe)
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CONFIRMED


def test_the_fee_of_a_smaller_capture_in_stripes_dashboard_is_a_tenth_of_it(
    shop: Shop, booking: Booking, said: dict[str, Any]
) -> None:
    shop.stripe.dashboard_capture(steps.intent_of(shop, booking).id)
    said.update(amount_received_minor=1000, charge_amount_captured_minor=1000)
    attempt = steps.settled(shop, booking)
    assert (attempt.captured_minor, attempt.fee_minor) == (1000, 100)
    assert attempt.application_fee_minor - attempt.fee_returned_minor == 100


def test_money_that_is_on_its_way_back_is_not_sent_twice(
    shop: Shop, booking: Booking, said: dict[str, Any]
) -> None:
    """A refund waits while the coach's balance is short: longer than Stripe remembers our key."""
    with tenant_context(shop.tenant), transaction.atomic():
        assert end_hold(worlds.reread(shop.tenant, booking), reason="taken", now=clock.now())
    shop.stripe.dashboard_capture(steps.intent_of(shop, booking).id)
    said["charge_refunds"] = ()
    assert steps.settled(shop, booking).refunded_minor == 0
    with steps.later(shop.stripe, 25 * 3600):
        assert steps.settled(shop, booking).refunded_minor == 0
        said.clear()
        assert steps.settled(shop, booking).refunded_minor == 4500


def test_a_payment_that_a_coach_marked_in_their_own_way_is_not_ours(
    shop: Shop, booking: Booking, said: dict[str, Any]
) -> None:
    said["metadata"] = {"attempt": "second one of today"}
    with tenant_context(shop.tenant):
        answer = on_stripe_event(
            account_id=shop.account_id,
            schema_name=shop.tenant.schema_name,
            object_id=steps.intent_of(shop, booking).id,
            now=clock.now(),
        )
    assert answer == "not made by Upfront"
    assert worlds.attempt_for(shop.tenant, booking).status == AttemptStatus.OPEN


@pytest.mark.parametrize("other", [{"amount_minor": 4501}, {"currency": "usd"}], ids=["amount", "currency"])
@pytest.mark.parametrize("page_known", [True, False], ids=["page known", "page not known"])
def test_a_payment_with_our_mark_but_of_another_amount_is_not_ours_and_is_reported(
    shop: Shop, booking: Booking, said: dict[str, Any], other: dict[str, Any], page_known: bool
) -> None:
    intent = steps.intent_of(shop, booking)
    said.update(other)
    with tenant_context(shop.tenant), structlog.testing.capture_logs() as logged:
        if not page_known:
            with transaction.atomic():
                PaymentAttempt.objects.update(checkout_id="")
        answer = on_stripe_event(
            account_id=shop.account_id,
            schema_name=shop.tenant.schema_name,
            object_id=intent.id,
            now=clock.now(),
        )
    assert answer == "not made by Upfront"
    attempt = worlds.attempt_for(shop.tenant, booking)
    assert (attempt.status, attempt.intent_id) == (AttemptStatus.OPEN, "")
    [report] = [each for each in logged if each["log_level"] == "error"]
    assert (report["attempt"], report["intent"]) == (str(attempt.pk), intent.id)
