"""Disputes as Stripe tells of them: mirrored once, of effect once, in whatever order the news comes."""

from typing import Any

import pytest
from django_tenants.utils import tenant_context

from connect import gateway
from connect.origins import Origin
from connect.simulator.client import PostedEvent
from fees.models import FeeEntryKind
from kit import clock
from kit.actors import Actor
from kit.ids import uuid7
from tenants.billing import coach_refunds, decisions, disputes, fraud_warnings, patrol
from tenants.billing.models import Charge, ChargeStatus, Dispute, DisputeStatus, PaymentAttempt, Refund
from tenants.packs.models import Pack
from tenants.registry.models import Wakeup
from tenants.scheduling.models import Booking, BookingStatus
from tests import worlds
from tests.journeys import steps
from tests.scheduling import booked
from tests.worlds import Shop

FEE = 1500  # Stripe's, for a dispute of a card payment in euros.
HOUR = 3600


@pytest.fixture
def sold(shop: Shop) -> Booking:
    """Paid, 45.00, of which 4.50 are the platform's."""
    worlds.set_free_units(shop.tenant, 0)
    return worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(300))


def disputed(shop: Shop, sold: Booking | Pack, **how: Any) -> str:
    """The bank has taken it back; we have not heard of it yet. Stripe's name of the dispute."""
    return shop.stripe.open_dispute(worlds.attempt_for(shop.tenant, sold).stripe_charge_id, **how)


def hear(shop: Shop) -> None:
    worlds.hear_stripe(shop.stripe)


def row(shop: Shop) -> Dispute:
    with tenant_context(shop.tenant):
        return Dispute.objects.get()


def charge_of(shop: Shop, sold: Booking | Pack) -> Charge:
    with tenant_context(shop.tenant):
        return Charge.objects.get(reference=sold.pk)


def moved(shop: Shop) -> list[tuple[str, int]]:
    """What the ledger says of disputes, in order."""
    return [each for each in steps.ledger(shop) if each[0].startswith("dispute")]


def told(shop: Shop, kind: str) -> list[str]:
    return [event.data["status"] for event in steps.events_of(shop.tenant, kind)]


# --- opened ------------------------------------------------------------------------------------------


def test_an_open_dispute_takes_the_money_and_stripes_fee(shop: Shop, sold: Booking) -> None:
    disputed(shop, sold, reason="product_not_received")
    hear(shop)
    found = row(shop)
    assert (found.status, found.reason, found.amount_minor) == ("open", "product_not_received", 4500)
    assert found.evidence_due_by
    assert moved(shop) == [("dispute", -4500), ("dispute_fee", -fee(shop))]
    charge = charge_of(shop, sold)
    assert charge.disputed_at
    assert charge.status == ChargeStatus.PAID
    assert told(shop, "dispute.opened") == ["open"]
    assert worlds.reread(shop.tenant, sold).status == BookingStatus.CONFIRMED
    assert worlds.attempt_for(shop.tenant, sold).fee_returned_minor == 0


def fee(shop: Shop) -> int:
    """What Stripe takes for the one dispute that there is, by its own line."""
    with tenant_context(shop.tenant):
        attempt = PaymentAttempt.objects.get(disputes__isnull=False)
    [view] = gateway.fetch_disputes(account_id=attempt.account_id, charge_id=attempt.stripe_charge_id)
    return sum(line.fee_minor for line in view.lines)


def test_an_inquiry_is_no_dispute(shop: Shop, sold: Booking) -> None:
    asked = disputed(shop, sold, kind="inquiry")
    hear(shop)
    assert (row(shop).status, moved(shop)) == ("inquiry", [])
    assert charge_of(shop, sold).disputed_at is None
    assert told(shop, "dispute.opened") == ["inquiry"]
    shop.stripe.win_dispute(asked)
    hear(shop)
    assert (row(shop).status, moved(shop)) == ("inquiry_closed", [])
    assert told(shop, "dispute.closed") == ["inquiry_closed"]


def test_an_inquiry_that_becomes_a_dispute_is_told_again(shop: Shop, sold: Booking) -> None:
    asked = disputed(shop, sold, kind="inquiry")
    hear(shop)
    shop.stripe.escalate_dispute(asked)
    hear(shop)
    assert told(shop, "dispute.opened") == ["inquiry", "open"]
    assert moved(shop)[0] == ("dispute", -4500)
    assert charge_of(shop, sold).disputed_at


def test_an_open_dispute_freezes_what_is_left_of_a_pack(shop: Shop) -> None:
    kind = worlds.session_type(shop.tenant)
    pack = worlds.buy_pack(shop, worlds.pack_offer(shop.tenant, kind))
    name = disputed(shop, pack)
    hear(shop)
    frozen = worlds.reread_pack(shop.tenant, pack)
    assert frozen.frozen_at
    assert booked.balance(shop.tenant, pack) == 10
    shop.stripe.win_dispute(name)
    hear(shop)
    assert worlds.reread_pack(shop.tenant, pack).frozen_at is None


# --- decided -----------------------------------------------------------------------------------------


def test_what_is_won_comes_back_and_stripes_fee_does_not(shop: Shop, sold: Booking) -> None:
    name = disputed(shop, sold)
    hear(shop)
    shop.stripe.answer_dispute(name)
    hear(shop)
    assert row(shop).status == DisputeStatus.UNDER_REVIEW
    assert charge_of(shop, sold).disputed_at
    shop.stripe.win_dispute(name)
    hear(shop)
    found = row(shop)
    assert (found.status, bool(found.closed_at)) == ("won", True)
    assert moved(shop) == [("dispute", -4500), ("dispute_fee", -fee(shop)), ("dispute_won", 4500)]
    assert charge_of(shop, sold).disputed_at is None
    assert (told(shop, "dispute.opened"), told(shop, "dispute.closed")) == (["open"], ["won"])
    attempt = worlds.attempt_for(shop.tenant, sold)
    assert (attempt.lost_minor, attempt.fee_returned_minor) == (0, 0)


def test_what_is_lost_returns_our_fee_as_a_refund_does(shop: Shop, sold: Booking) -> None:
    name = disputed(shop, sold)
    hear(shop)
    shop.stripe.lose_dispute(name)
    hear(shop)
    attempt = worlds.attempt_for(shop.tenant, sold)
    assert (row(shop).status, attempt.lost_minor, attempt.fee_returned_minor) == ("lost", 4500, 450)
    assert steps.fee_amounts(shop, FeeEntryKind.RETURNED) == [450]
    charge = charge_of(shop, sold)
    assert (charge.status, charge.disputed_at) == (ChargeStatus.REFUNDED, None)
    assert moved(shop) == [("dispute", -4500), ("dispute_fee", -fee(shop))]
    assert told(shop, "dispute.closed") == ["lost"]
    # Whether the session is held the coach decides, and the client is told nothing.
    assert worlds.reread(shop.tenant, sold).status == BookingStatus.CONFIRMED
    assert steps.events_of(shop.tenant, "payment.refunded") == []


def test_what_is_lost_makes_a_free_session_free_again(shop: Shop) -> None:
    sold = worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(300))
    assert steps.numbers_taken(shop) == {1}
    disputed(shop, sold, kind="lost")
    hear(shop)
    assert steps.numbers_taken(shop) == set()


def test_one_that_arrives_lost_has_all_of_its_effects(shop: Shop, sold: Booking) -> None:
    disputed(shop, sold, kind="lost")
    hear(shop)
    attempt = worlds.attempt_for(shop.tenant, sold)
    assert (row(shop).status, attempt.lost_minor, attempt.fee_returned_minor) == ("lost", 4500, 450)
    assert moved(shop) == [("dispute", -4500), ("dispute_fee", -fee(shop))]
    assert (told(shop, "dispute.opened"), told(shop, "dispute.closed")) == ([], ["lost"])
    assert charge_of(shop, sold).disputed_at is None


def test_units_go_with_a_pack_that_is_lost_and_it_is_not_frozen_any_more(shop: Shop) -> None:
    kind = worlds.session_type(shop.tenant)
    pack = worlds.buy_pack(shop, worlds.pack_offer(shop.tenant, kind))
    booked.with_unit(shop.tenant, kind, pack, at=worlds.hour(300))
    name = disputed(shop, pack)
    hear(shop)
    shop.stripe.lose_dispute(name)
    hear(shop)
    after = worlds.reread_pack(shop.tenant, pack)
    assert (booked.balance(shop.tenant, pack), after.owed_minor, after.frozen_at) == (0, 4500, None)
    assert steps.numbers_taken(shop) == set()


def test_what_was_refunded_before_cannot_be_lost_as_well(shop: Shop, sold: Booking) -> None:
    charge_id = worlds.attempt_for(shop.tenant, sold).stripe_charge_id
    shop.stripe.dashboard_refund(charge_id, 1000)
    hear(shop)
    disputed(shop, sold, kind="lost", amount=4500)
    hear(shop)
    attempt = worlds.attempt_for(shop.tenant, sold)
    assert (attempt.refunded_minor, attempt.lost_minor, attempt.fee_returned_minor) == (1000, 3500, 450)


# --- whatever comes, late, twice, never or in whatever order -----------------------------------------


def test_the_same_news_twice_and_the_other_way_round_come_to_the_same(shop: Shop, sold: Booking) -> None:
    name = disputed(shop, sold)
    shop.stripe.answer_dispute(name)
    shop.stripe.lose_dispute(name)
    events: list[PostedEvent] = shop.stripe.pending_events()
    for news in (list(reversed(events)), events, events):
        worlds.post(news)
        worlds.drain()
    assert not worlds.failures()
    assert moved(shop) == [("dispute", -4500), ("dispute_fee", -fee(shop))]
    assert told(shop, "dispute.closed") == ["lost"]
    assert worlds.attempt_for(shop.tenant, sold).fee_returned_minor == 450


def test_without_any_news_it_is_found_by_looking(shop: Shop, sold: Booking) -> None:
    name = disputed(shop, sold)
    shop.stripe.pending_events()
    later(shop, 2 * 24)
    assert row(shop).status == DisputeStatus.OPEN
    assert Wakeup.objects.filter(kind="dispute").count() == 1
    shop.stripe.lose_dispute(name)
    shop.stripe.pending_events()
    later(shop, 4 * 24)
    assert row(shop).status == DisputeStatus.LOST
    assert worlds.attempt_for(shop.tenant, sold).fee_returned_minor == 450
    assert not Wakeup.objects.filter(kind="dispute").exists()


def later(shop: Shop, hours: int) -> None:
    with clock.travel(hours * HOUR):
        worlds.sweep()


def test_an_older_answer_than_the_one_applied_changes_nothing(
    shop: Shop, sold: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = disputed(shop, sold)
    hear(shop)
    attempt = worlds.attempt_for(shop.tenant, sold)
    before = gateway.fetch_disputes(account_id=attempt.account_id, charge_id=attempt.stripe_charge_id)
    asked_at = clock.now()
    shop.stripe.win_dispute(name)
    with clock.travel(60):
        hear(shop)
    monkeypatch.setattr(gateway, "fetch_disputes", lambda **_: before)
    with tenant_context(shop.tenant):
        disputes.look_after(reference=attempt.pk, now=asked_at)
    assert row(shop).status == DisputeStatus.WON
    assert charge_of(shop, sold).disputed_at is None


def test_a_dispute_that_comes_before_the_capture_is_known_is_settled_first(shop: Shop) -> None:
    worlds.set_free_units(shop.tenant, 0)
    booking = worlds.ask_and_pay(shop, worlds.session_type(shop.tenant), at=worlds.hour(300))
    intent = steps.intent_of(shop, booking)
    shop.stripe.dashboard_capture(intent.id)
    assert intent.charge
    shop.stripe.open_dispute(intent.charge.id)
    [created] = [e for e in shop.stripe.pending_events() if b"charge.dispute.created" in e.body]
    worlds.post([created])
    worlds.drain()
    assert row(shop).status == DisputeStatus.OPEN
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CONFIRMED


def test_a_dispute_of_a_payment_made_elsewhere_is_none_of_ours(
    shop: Shop, sold: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its payment bears no mark of ours."""
    monkeypatch.setattr(decisions, "origin_of", lambda **_: Origin("pi_made_elsewhere", None))
    disputed(shop, sold)
    worlds.post(shop.stripe.pending_events())
    worlds.drain()
    with tenant_context(shop.tenant):
        assert not Dispute.objects.exists()


def test_what_nobody_looks_at_is_found_by_the_patrol(shop: Shop, sold: Booking) -> None:
    disputed(shop, sold)
    hear(shop)
    with clock.travel(48 * HOUR), tenant_context(shop.tenant):
        assert patrol.forgotten_disputes(now=clock.now()) == []
    Wakeup.objects.filter(kind="dispute").delete()
    with clock.travel(48 * HOUR), tenant_context(shop.tenant):
        [missed] = patrol.forgotten_disputes(now=clock.now())
    assert missed.mended_by == ("dispute", worlds.attempt_for(shop.tenant, sold).pk)


# --- refunds meanwhile -------------------------------------------------------------------------------


def test_while_it_is_open_nothing_can_be_refunded_here(shop: Shop, sold: Booking) -> None:
    attempt = worlds.attempt_for(shop.tenant, sold)
    name = disputed(shop, sold)
    hear(shop)
    with pytest.raises(coach_refunds.NotRefundable, match="looks into this payment"):
        facts(shop, attempt)
    shop.stripe.win_dispute(name)
    hear(shop)
    assert facts(shop, attempt).preview().amount_minor == 4500


def test_an_inquiry_may_be_answered_with_a_refund(shop: Shop, sold: Booking) -> None:
    attempt = worlds.attempt_for(shop.tenant, sold)
    disputed(shop, sold, kind="inquiry")
    hear(shop)
    assert facts(shop, attempt).preview().amount_minor == 4500


def facts(shop: Shop, attempt: PaymentAttempt) -> coach_refunds.Facts:
    with tenant_context(shop.tenant):
        fresh = PaymentAttempt.objects.select_related("charge").get(pk=attempt.pk)
        return coach_refunds.facts_of(attempt=fresh)


def test_a_refund_that_the_dispute_overtook_is_refused_and_told(shop: Shop, sold: Booking) -> None:
    attempt = worlds.attempt_for(shop.tenant, sold)
    with tenant_context(shop.tenant):
        asked = coach_refunds.refund(
            attempt_id=attempt.pk,
            amount_minor=None,
            because=coach_refunds.Because.GOODWILL,
            shown=facts(shop, attempt).preview().fingerprint,
            reference=uuid7(),
            now=clock.now(),
            actor=Actor("coach", "7", "Anna"),
        )
    disputed(shop, sold)
    worlds.drain()
    with tenant_context(shop.tenant):
        refused = Refund.objects.get(pk=asked.pk)
    assert (refused.status, refused.note) == ("refused", "charge_disputed")
    hear(shop)
    assert moved(shop)[0] == ("dispute", -4500)
    assert worlds.attempt_for(shop.tenant, sold).refunded_minor == 0


# --- warnings before it comes to that ----------------------------------------------------------------


def test_a_warning_after_the_capture_is_told_to_the_coach_once(shop: Shop, sold: Booking) -> None:
    charge_id = worlds.attempt_for(shop.tenant, sold).stripe_charge_id
    for _ in range(2):
        shop.stripe.warn_of_fraud(charge_id)
        hear(shop)
    [event] = steps.events_of(shop.tenant, "payment.warned")
    assert event.subject_id == worlds.attempt_for(shop.tenant, sold).pk
    assert worlds.attempt_for(shop.tenant, sold).refunded_minor == 0


def test_a_warning_before_the_capture_lets_the_payment_go(shop: Shop) -> None:
    booking = worlds.ask_and_pay(
        shop, worlds.session_type(shop.tenant, needs_approval=True), at=worlds.hour(300)
    )
    hear(shop)
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.REQUESTED
    charge = steps.intent_of(shop, booking).charge
    assert charge
    shop.stripe.warn_of_fraud(charge.id)
    hear(shop)
    attempt = worlds.attempt_for(shop.tenant, booking)
    assert (attempt.status, attempt.reason) == ("released", fraud_warnings.WARNED)
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.EXPIRED
    assert steps.intent_of(shop, booking).status == "canceled"


def test_a_warning_about_what_is_refunded_asks_for_nothing(shop: Shop, sold: Booking) -> None:
    charge_id = worlds.attempt_for(shop.tenant, sold).stripe_charge_id
    shop.stripe.dashboard_refund(charge_id)
    hear(shop)
    shop.stripe.warn_of_fraud(charge_id)
    hear(shop)
    assert steps.events_of(shop.tenant, "payment.warned") == []
