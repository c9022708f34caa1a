"""Refunds that we decide: made once, for exactly what was decided, whatever is lost on the way."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from connect import gateway, shapes
from fees.models import FeeEntryKind
from kit import clock
from kit.ids import uuid7
from tenants.billing import refunding
from tenants.billing.models import Refund, RefundStatus
from tenants.registry.models import Wakeup
from tenants.scheduling.models import Booking, BookingStatus
from tests import worlds
from tests.journeys import steps
from tests.worlds import Shop


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def sold(shop: Shop) -> Booking:
    """Paid, 45.00, of which 4.50 are the platform's."""
    worlds.set_free_units(shop.tenant, 0)
    booking = worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(300))
    assert booking.status == BookingStatus.CONFIRMED
    return booking


def ask(
    shop: Shop, booking: Booking, amount_minor: int = 4500, *, reference: UUID | None = None
) -> Refund | None:
    with tenant_context(shop.tenant), transaction.atomic():
        found = refunding.ask(
            charge_purpose="booking",
            charge_reference=booking.pk,
            amount_minor=amount_minor,
            reference=reference or uuid7(),
            cause="client",
            now=clock.now(),
        )
    assert found.by_hand_minor == 0
    return found.refunds[0] if found.refunds else None


def send(shop: Shop, refund: Refund) -> Any:
    with tenant_context(shop.tenant):
        return refunding.send(reference=refund.pk, now=clock.now())


def reread(shop: Shop, refund: Refund) -> Refund:
    with tenant_context(shop.tenant):
        return Refund.objects.get(pk=refund.pk)


def at_stripe(shop: Shop, booking: Booking) -> list[int]:
    """The amounts of all refunds that Stripe knows of, from the first to the last."""
    charge = steps.intent_of(shop, booking).charge
    assert charge
    return [refund.amount_minor for refund in reversed(charge.refunds)]


def asked(shop: Shop, booking: Booking, amount_minor: int = 4500, **how: Any) -> Refund:
    refund = ask(shop, booking, amount_minor, **how)
    assert refund
    return refund


def test_what_was_asked_for_is_back_as_soon_as_the_workers_come_by(shop: Shop, sold: Booking) -> None:
    refund = asked(shop, sold)
    assert at_stripe(shop, sold) == []
    worlds.sweep()
    assert reread(shop, refund).status == RefundStatus.SENT
    attempt = worlds.attempt_for(shop.tenant, sold)
    assert (attempt.refunded_minor, attempt.fee_returned_minor) == (4500, 450)
    assert steps.ledger(shop)[-2:] == [("refund", -4500), ("platform_fee_returned", 450)]
    worlds.hear_stripe(shop.stripe)
    assert at_stripe(shop, sold) == [4500]
    assert not Wakeup.objects.filter(kind="refund").exists()


def test_a_part_gives_back_its_part_of_the_fee_and_leaves_the_session(shop: Shop, sold: Booking) -> None:
    asked(shop, sold, 1500)
    worlds.sweep()
    attempt = worlds.attempt_for(shop.tenant, sold)
    assert (attempt.refunded_minor, attempt.fee_returned_minor) == (1500, 150)
    assert worlds.reread(shop.tenant, sold).status == BookingStatus.CONFIRMED
    assert steps.fee_amounts(shop, FeeEntryKind.RETURNED) == [150]


def test_a_refunded_free_session_is_free_again(shop: Shop) -> None:
    worlds.set_free_units(shop.tenant, 1)
    booking = worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(300))
    assert steps.numbers_taken(shop) == {1}
    asked(shop, booking)
    worlds.sweep()
    assert steps.numbers_taken(shop) == set()


def test_no_more_is_asked_for_than_is_left(shop: Shop, sold: Booking) -> None:
    first, second = asked(shop, sold, 3000), asked(shop, sold, 3000)
    assert (first.amount_minor, second.amount_minor) == (3000, 1500)
    assert ask(shop, sold, 1) is None
    worlds.sweep()
    assert sorted(at_stripe(shop, sold)) == [1500, 3000]
    assert ask(shop, sold, 1) is None


def test_what_is_back_already_is_not_asked_for_again(shop: Shop, sold: Booking) -> None:
    shop.stripe.dashboard_refund(worlds.attempt_for(shop.tenant, sold).stripe_charge_id, 4000)
    worlds.hear_stripe(shop.stripe)
    assert asked(shop, sold).amount_minor == 500


def test_one_decision_is_one_refund(shop: Shop, sold: Booking) -> None:
    decision = uuid7()
    first = asked(shop, sold, 1000, reference=decision)
    assert asked(shop, sold, 1000, reference=decision).pk == first.pk
    worlds.sweep()
    assert asked(shop, sold, 1000, reference=decision).pk == first.pk
    assert at_stripe(shop, sold) == [1000]


def test_nothing_paid_nothing_back(shop: Shop) -> None:
    booking = worlds.held(shop.tenant, worlds.session_type(shop.tenant), at=worlds.hour(300))
    worlds.book(shop.tenant, booking)
    assert ask(shop, booking) is None


# What the SDK tries again by itself fails three times.
@pytest.mark.parametrize(("fault", "times"), [("lost", 3), ("500", 1), ("500_after", 1), ("unreachable", 3)])
def test_a_lost_answer_neither_loses_nor_doubles_a_refund(
    shop: Shop, sold: Booking, fault: str, times: int
) -> None:
    refund = asked(shop, sold, 1500)
    shop.stripe.fail_next("POST .*/refunds$", fault, count=times)
    with pytest.raises(gateway.GatewayUnavailable):
        send(shop, refund)
    assert reread(shop, refund).status == RefundStatus.ASKED
    assert send(shop, refund) is None
    assert reread(shop, refund).status == RefundStatus.SENT
    assert at_stripe(shop, sold) == [1500]
    assert worlds.attempt_for(shop.tenant, sold).refunded_minor == 1500


def test_a_key_that_nobody_answered_is_kept_for_it_may_still_be_at_work(
    shop: Shop, sold: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stripe makes the refund a little after our look at it: the same key gives the same refund."""
    refund = asked(shop, sold, 1500)
    shop.stripe.fail_next("POST .*/refunds$", "lost", count=3)
    with pytest.raises(gateway.GatewayUnavailable):
        send(shop, refund)
    monkeypatch.setattr(refunding, "_made", lambda _refund, _intent: None)
    send(shop, refund)
    assert at_stripe(shop, sold) == [1500]


@pytest.mark.parametrize("step", ["gateway.refund", "refunds.follow"])
def test_killed_anywhere_it_is_finished_once(
    shop: Shop, sold: Booking, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """After Stripe has made it, and after we have written that down."""
    room, _, name = step.partition(".")
    module = getattr(refunding, room)
    real = getattr(module, name)

    def die(**what: Any) -> None:
        if room == "gateway":
            real(**what)
        raise Killed

    refund = asked(shop, sold, 1500)
    with monkeypatch.context() as killing:
        killing.setattr(module, name, die)
        with pytest.raises(Killed):
            send(shop, refund)
    assert worlds.attempt_for(shop.tenant, sold).refunded_minor == 0
    worlds.sweep()
    attempt = worlds.attempt_for(shop.tenant, sold)
    assert (attempt.refunded_minor, attempt.fee_returned_minor) == (1500, 150)
    assert at_stripe(shop, sold) == [1500]


def test_a_refusal_is_kept_and_told_to_the_coach(shop: Shop, sold: Booking) -> None:
    refund = asked(shop, sold)
    shop.stripe.disconnect(shop.account_id)
    worlds.sweep()
    told = reread(shop, refund)
    assert told.status == RefundStatus.REFUSED
    assert told.note
    [event] = steps.events_of(shop.tenant, "refund.refused")
    assert (event.subject_id, event.data["amount_minor"]) == (sold.pk, 4500)
    assert event.data["code"] == told.note
    assert worlds.reread(shop.tenant, sold).status == BookingStatus.CONFIRMED


def test_the_coach_was_faster_in_stripes_dashboard(shop: Shop, sold: Booking) -> None:
    """The client has the money: nothing goes back twice, and nobody needs to be told."""
    refund = asked(shop, sold, 1500)
    shop.stripe.dashboard_refund(worlds.attempt_for(shop.tenant, sold).stripe_charge_id)
    worlds.sweep()
    assert reread(shop, refund).status == RefundStatus.REFUSED
    assert steps.events_of(shop.tenant, "refund.refused") == []
    worlds.hear_stripe(shop.stripe)
    assert at_stripe(shop, sold) == [4500]


def test_a_part_in_stripes_dashboard_leaves_the_rest_for_us(shop: Shop, sold: Booking) -> None:
    refund = asked(shop, sold)
    shop.stripe.dashboard_refund(worlds.attempt_for(shop.tenant, sold).stripe_charge_id, 2000)
    worlds.sweep()
    assert reread(shop, refund).amount_minor == 2500
    assert at_stripe(shop, sold) == [2000, 2500]
    assert worlds.attempt_for(shop.tenant, sold).refunded_minor == 4500


def test_a_refund_that_the_bank_sends_back_is_told_too(
    shop: Shop, sold: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    refund = asked(shop, sold, 1500)
    says(monkeypatch, "pending")
    come_back = send(shop, refund)
    assert come_back
    assert come_back > clock.now()
    assert reread(shop, refund).status == RefundStatus.SENT
    assert worlds.attempt_for(shop.tenant, sold).refunded_minor == 0
    assert asked(shop, sold).amount_minor == 3000
    says(monkeypatch, "failed")
    assert send(shop, refund) is None
    assert reread(shop, refund).status == RefundStatus.REFUSED
    [event] = steps.events_of(shop.tenant, "refund.refused")
    assert event.data["code"] == "refund_failed"


def says(monkeypatch: pytest.MonkeyPatch, status: str) -> None:
    """How Stripe calls all refunds from now on; the simulator knows only those that succeed at once."""
    read = shapes.read_refund
    monkeypatch.setattr(shapes, "read_refund", lambda refund: replace(read(refund), status=status))


def test_nobody_else_works_on_the_payment_meanwhile(shop: Shop, sold: Booking) -> None:
    refund = asked(shop, sold, 1500)
    attempt = worlds.attempt_for(shop.tenant, sold)
    with tenant_context(shop.tenant), refunding.leased(attempt.pk, clock.now()) as mine:
        assert mine
        assert refunding.send(reference=refund.pk, now=clock.now())
    assert at_stripe(shop, sold) == []
