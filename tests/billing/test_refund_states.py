"""Refunds whose state changes after the fact, as Stripe tells it: pending, done, or failed after all."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from connect import gateway
from kit import clock
from tenants.billing.models import AttemptStatus, ChargeStatus
from tenants.scheduling.models import Booking, BookingStatus
from tests import worlds
from tests.journeys import steps
from tests.worlds import Shop

States = Callable[[str], None]


@pytest.fixture
def sold(shop: Shop) -> Booking:
    worlds.set_free_units(shop.tenant, 0)
    booking = worlds.ask_and_pay(shop, worlds.session_type(shop.tenant), at=worlds.hour(30))
    attempt = steps.settled(shop, booking)
    assert attempt.status == AttemptStatus.CAPTURED
    shop.stripe.dashboard_refund(attempt.stripe_charge_id)
    return booking


@pytest.fixture
def stripe_says(monkeypatch: pytest.MonkeyPatch) -> States:
    """All refunds stand so from now on; the simulator knows only those that succeed at once."""
    said: list[str] = []
    fetch = gateway.fetch_intent

    def changed(**which: Any) -> gateway.IntentView:
        intent = fetch(**which)
        assert intent.charge is not None
        refunds = tuple(replace(refund, status=said[-1]) for refund in intent.charge.refunds)
        return replace(intent, charge=replace(intent.charge, refunds=refunds))

    monkeypatch.setattr(gateway, "fetch_intent", changed)
    return said.append


def refund_entries(shop: Shop) -> list[int]:
    return [amount for kind, amount in steps.ledger(shop) if kind == "refund"]


@pytest.mark.parametrize("state", ["pending", "requires_action", "failed", "canceled"])
def test_a_refund_that_has_not_succeeded_has_no_effect(
    shop: Shop, sold: Booking, stripe_says: States, state: str
) -> None:
    stripe_says(state)
    attempt = steps.settled(shop, sold)
    assert (attempt.refunded_minor, attempt.fee_returned_minor) == (0, 0)
    assert refund_entries(shop) == []
    assert worlds.reread(shop.tenant, sold).status == BookingStatus.CONFIRMED


def test_a_pending_refund_counts_when_it_succeeds(shop: Shop, sold: Booking, stripe_says: States) -> None:
    for state in ("pending", "succeeded", "succeeded"):
        stripe_says(state)
        attempt = steps.settled(shop, sold)
    assert (attempt.refunded_minor, attempt.fee_returned_minor) == (4500, 450)
    assert refund_entries(shop) == [-4500]
    assert worlds.reread(shop.tenant, sold).status == BookingStatus.CANCELLED


def test_a_refund_that_failed_after_all_is_put_right_by_an_entry_of_its_own(
    shop: Shop, sold: Booking, stripe_says: States
) -> None:
    """The money is the coach's again. What the first answer led to was told to people, and stays."""
    for state in ("succeeded", "failed", "failed"):
        stripe_says(state)
        with clock.travel(60):
            attempt = steps.settled(shop, sold)
    assert attempt.refunded_minor == 0
    assert refund_entries(shop) == [-4500, 4500]
    assert worlds.reread(shop.tenant, sold).status == BookingStatus.CANCELLED


def test_an_older_answer_than_the_one_applied_changes_nothing(
    shop: Shop, sold: Booking, stripe_says: States
) -> None:
    stripe_says("succeeded")
    with clock.travel(60):
        steps.settled(shop, sold)
    stripe_says("failed")
    assert steps.settled(shop, sold).refunded_minor == 4500
    with tenant_context(shop.tenant):
        assert worlds.attempt_for(shop.tenant, sold).charge.status == ChargeStatus.REFUNDED
