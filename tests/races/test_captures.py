"""Payments that are settled by several at once, and fee-free sessions that many claim at once."""

from functools import partial

import pytest
from django.db import transaction
from django_tenants.utils import schema_context, tenant_context

from connect import gateway
from fees import accounts as fee_accounts
from fees.models import FeeEntry, FeeEntryKind
from kit import clock
from tenants.billing import decisions, order_fees
from tenants.billing.decisions import settle
from tenants.billing.models import AttemptStatus, LedgerEntry, PaymentAttempt
from tenants.scheduling.holds import end_hold
from tenants.scheduling.models import Booking, BookingStatus
from tests import worlds
from tests.crowd import at_once, meeting
from tests.worlds import Shop


def authorised(shop: Shop, count: int) -> list[Booking]:
    """Bookings whose money the bank has promised, and of which we have heard nothing yet."""
    kind = worlds.session_type(shop.tenant)
    return [
        worlds.ask_and_pay(shop, kind, at=worlds.hour(n), browser=f"b{n}", email=f"c{n}@example.com")
        for n in range(count)
    ]


def settle_booking(shop: Shop, booking: Booking) -> PaymentAttempt:
    attempt = worlds.attempt_for(shop.tenant, booking)
    with tenant_context(shop.tenant):
        return settle(attempt_id=attempt.pk, now=clock.now())


def claimed(shop: Shop) -> list[int]:
    with tenant_context(shop.tenant):
        entries = FeeEntry.objects.filter(kind=FeeEntryKind.UNIT_CLAIMED)
        return sorted(entries.values_list("number", flat=True))


def test_without_the_accounts_lock_two_captures_claim_the_same_free_session(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    bookings = authorised(shop, 2)
    monkeypatch.setattr(
        fee_accounts, "locked_terms", lambda *, schema_name, now: fee_accounts.terms(schema_name=schema_name)
    )
    monkeypatch.setattr(fee_accounts, "free_numbers_left", meeting(fee_accounts.free_numbers_left, 2))
    at_once(partial(settle_booking, shop, booking) for booking in bookings)
    assert claimed(shop) == [1, 1]


def test_thirty_captures_at_once_claim_exactly_the_first_ten(shop: Shop) -> None:
    bookings = authorised(shop, 30)
    got = at_once(partial(settle_booking, shop, booking) for booking in bookings)
    assert {each.status for each in got if isinstance(each, PaymentAttempt)} == {AttemptStatus.CAPTURED}
    assert len(got) == 30
    assert claimed(shop) == list(range(1, 11))
    fees = sorted(each.application_fee_minor for each in got if isinstance(each, PaymentAttempt))
    assert fees == [0] * 10 + [450] * 20


def test_without_lease_and_lock_one_payment_would_claim_twice(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    [booking] = authorised(shop, 1)
    monkeypatch.setattr(decisions, "leased", _everybody_at_once)
    monkeypatch.setattr(decisions, "locked", meeting(lambda pk: PaymentAttempt.objects.get(pk=pk), 2))
    monkeypatch.setattr(decisions, "_capture", lambda *_args: None)
    monkeypatch.setattr(decisions, "fulfilment_of", lambda _purpose: _AlwaysWanted())
    monkeypatch.setattr(decisions, "move", lambda row, to, **changes: None)
    monkeypatch.setattr(order_fees, "_write_terms", lambda *_as_if_nobody_else_had: True)
    at_once([partial(settle_booking, shop, booking)] * 2)
    assert claimed(shop) == [1, 2]


def test_return_page_event_and_sweeper_at_once_settle_once(shop: Shop) -> None:
    [booking] = authorised(shop, 1)
    events = shop.stripe.pending_events()
    calls = [partial(settle_booking, shop, booking)] * 4 + [partial(worlds.post, [each]) for each in events]
    with clock.travel(120):
        at_once([*calls, worlds.drain, worlds.drain])
        worlds.drain()
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CONFIRMED
    assert claimed(shop) == [1]
    with tenant_context(shop.tenant):
        kinds = sorted(LedgerEntry.objects.values_list("kind", flat=True))
    assert kinds == ["capture", "processor_fee"]


def test_twenty_authorisations_for_slots_taken_away_are_released_without_a_refund(shop: Shop) -> None:
    bookings = authorised(shop, 20)
    with tenant_context(shop.tenant), transaction.atomic():
        for booking in Booking.objects.all():
            assert end_hold(booking, reason="taken", now=clock.now())
    at_once(partial(settle_booking, shop, booking) for booking in bookings)
    worlds.hear_stripe(shop.stripe)
    for booking in bookings:
        attempt = worlds.attempt_for(shop.tenant, booking)
        assert attempt.status == AttemptStatus.RELEASED
        assert (attempt.captured_minor, attempt.refunded_minor) == (0, 0)
        intent = gateway.fetch_intent(account_id=shop.account_id, intent_id=attempt.intent_id)
        assert intent.status == "canceled"
        assert intent.amount_received_minor == 0
    with tenant_context(shop.tenant):
        assert not LedgerEntry.objects.exists()
    assert claimed(shop) == []


@pytest.mark.parametrize("round_", range(3))
def test_a_capture_in_stripes_dashboard_against_ours_is_one_payment(shop: Shop, round_: int) -> None:
    [booking] = authorised(shop, 1)
    attempt = worlds.attempt_for(shop.tenant, booking)
    with schema_context("public"):
        intent_id = gateway.fetch_checkout(
            account_id=shop.account_id, checkout_id=attempt.checkout_id
        ).payment_intent_id
    assert intent_id
    at_once([partial(settle_booking, shop, booking), partial(shop.stripe.dashboard_capture, intent_id)])
    worlds.hear_stripe(shop.stripe)
    attempt = worlds.attempt_for(shop.tenant, booking)
    assert attempt.status == AttemptStatus.CAPTURED
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CONFIRMED
    assert claimed(shop) == [1]


class _AlwaysWanted:
    def awaits(self, **_: object) -> None:
        return None

    def still_wanted(self, **_: object) -> bool:
        return True


def _everybody_at_once(_attempt_id: object, _now: object) -> "_Everybody":
    return _Everybody()


class _Everybody:
    def __enter__(self) -> bool:
        return True

    def __exit__(self, *_: object) -> None:
        return None
