"""What went wrong in other booking and payment software, told as it happens, and what happens here."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from connect import gateway
from connect.accounts import CannotCharge
from connect.models import StripeEvent
from kit import clock
from kit.ids import uuid7
from tenants.billing.models import AttemptStatus, Charge, ChargeStatus, PaymentAttempt
from tenants.scheduling import holds, links
from tenants.scheduling.models import Booking, BookingStatus
from tests import worlds
from tests.journeys import steps
from tests.journeys.steps import later
from tests.worlds import Shop


@pytest.fixture
def kind(shop: Shop) -> worlds.SessionType:
    return worlds.session_type(shop.tenant)


@pytest.fixture
def asked(shop: Shop, kind: worlds.SessionType) -> Booking:
    """Cleo is on the card page."""
    booking = worlds.held(shop.tenant, kind, at=worlds.hour(30))
    worlds.book(shop.tenant, booking)
    return booking


@pytest.fixture
def visitor(shop: Shop) -> Browser:
    return Browser(HTTP_HOST=shop.host)


def page_of(shop: Shop, booking: Booking) -> str:
    with tenant_context(shop.tenant):
        return f"/b/{links.token_of(booking)}/"


def status_of(shop: Shop, booking: Booking) -> str:
    return worlds.reread(shop.tenant, booking).status


def test_two_people_book_one_slot_while_the_first_is_paying(
    shop: Shop, kind: worlds.SessionType, asked: Booking
) -> None:
    """The slot is only marked when the payment is through, so both pay. Here the second is told at once."""
    with pytest.raises(holds.SlotTaken) as told:
        worlds.held(shop.tenant, kind, at=asked.session.starts_at, browser="another")
    assert len(told.value.nearest) == 3


def test_an_abandoned_payment_blocks_the_slot_for_ever(
    shop: Shop, kind: worlds.SessionType, asked: Booking
) -> None:
    """The slot waits for a payment that never comes. Here it is free when the card page has run out."""
    at = asked.session.starts_at
    with later(shop.stripe, 31 * 60 + 1):
        worlds.hear_stripe(shop.stripe)
        assert worlds.held(shop.tenant, kind, at=at, browser="another").status == BookingStatus.HELD


def test_who_abandons_the_payment_and_books_again_lands_on_confirmed_unpaid(
    shop: Shop, asked: Booking, visitor: Browser
) -> None:
    """The page one is sent to after paying confirms whoever opens it. Here it asks Stripe."""
    checkout = worlds.attempt_for(shop.tenant, asked).checkout_id
    for address in ("paid", f"paid?cs={checkout}", "paid?cs=cs_test_of_somebody_else"):
        visitor.get(page_of(shop, asked) + address)
        assert status_of(shop, asked) == BookingStatus.HELD
    again = worlds.book(shop.tenant, asked)
    assert again == worlds.attempt_for(shop.tenant, asked).checkout_url
    visitor.get(page_of(shop, asked) + f"paid?cs={checkout}")
    assert status_of(shop, asked) == BookingStatus.HELD
    assert steps.ledger(shop) == []


def test_the_event_comes_before_our_row_and_is_answered_and_lost(shop: Shop, asked: Booking) -> None:
    """An event of something not yet stored is waved through. Here it is kept, and tried until it is known."""
    from connect.models import ConnectAccount

    with transaction.atomic():
        ConnectAccount.objects.update(account_id="acct_of_a_moment_later")
    worlds.pay(shop, asked)
    worlds.post(shop.stripe.pending_events())
    worlds.inbox.work_off()
    assert StripeEvent.objects.filter(status="waiting", tries=1).exists()
    with transaction.atomic():
        ConnectAccount.objects.update(account_id=shop.account_id)
    with clock.travel(15):
        worlds.inbox.work_off()
    assert status_of(shop, asked) == BookingStatus.CONFIRMED


def test_return_page_and_event_both_settle_the_payment(shop: Shop, asked: Booking, visitor: Browser) -> None:
    """Both write the receipt. Here they are one function, and the second finds nothing to do."""
    paid = worlds.pay(shop, asked)
    visitor.get(page_of(shop, asked) + "paid?cs=" + worlds.attempt_for(shop.tenant, asked).checkout_id)
    assert status_of(shop, asked) == BookingStatus.CONFIRMED
    worlds.hear_stripe(shop.stripe)
    visitor.get(page_of(shop, asked) + "paid")
    assert paid.status == "requires_capture"
    assert [kind for kind, _ in steps.ledger(shop)] == ["capture", "processor_fee"]
    assert len(steps.events_of(shop.tenant, "booking.confirmed")) == 1
    assert steps.numbers_taken(shop) == {1}


def test_a_late_failure_event_undoes_a_success(shop: Shop, asked: Booking) -> None:
    """The decline of the first card arrives after the second one paid. Here no event says what is true."""
    worlds.pay(shop, asked, card=steps.DECLINED)
    late = shop.stripe.pending_events()
    worlds.pay(shop, asked)
    worlds.hear_stripe(shop.stripe)
    worlds.post(late)
    worlds.drain()
    assert status_of(shop, asked) == BookingStatus.CONFIRMED


def test_one_order_has_two_pages_that_can_be_paid(shop: Shop, asked: Booking) -> None:
    """Two tabs, two payments. Here the open page is given again, and the database refuses a second one."""
    worlds.book(shop.tenant, asked)
    steps.resume(shop, asked)
    [only] = steps.attempts_of(shop, asked)
    only.pk, only._state.adding = uuid7(), True
    refusal = pytest.raises(IntegrityError, match="attempt_one_open_per_charge")
    with tenant_context(shop.tenant), refusal, transaction.atomic():
        only.save()


def test_the_payment_succeeds_after_the_place_is_gone(
    shop: Shop, kind: worlds.SessionType, asked: Booking
) -> None:
    """Money is taken for what is sold out. Here nothing was taken yet, so it is let go, not refunded."""
    worlds.pay(shop, asked)
    steps.take_away(shop, asked)
    winner = worlds.held(shop.tenant, kind, at=asked.session.starts_at, browser="another")
    worlds.hear_stripe(shop.stripe)
    assert status_of(shop, winner) == BookingStatus.HELD
    assert steps.intent_of(shop, asked).amount_received_minor == 0
    assert steps.events_of(shop.tenant, "payment.refunded") == []


def test_refunding_a_duplicate_payment_cancels_the_order_that_is_paid(shop: Shop, asked: Booking) -> None:
    """Two payments came for one order; the second goes back, and the order with it. Here it stands.

    The first page was thought lost, a second one was paid; then the coach captured the first by hand.
    """
    worlds.pay(shop, asked)
    shop.stripe.pending_events()
    first = worlds.attempt_for(shop.tenant, asked)
    with tenant_context(shop.tenant), transaction.atomic():
        PaymentAttempt.objects.filter(pk=first.pk).update(status=AttemptStatus.EXPIRED)
    steps.resume(shop, asked)
    worlds.pay(shop, asked)
    second = steps.settled(shop, asked)
    assert second.pk != first.pk
    page = gateway.fetch_checkout(account_id=shop.account_id, checkout_id=first.checkout_id)
    shop.stripe.dashboard_capture(page.payment_intent_id or "")

    worlds.hear_stripe(shop.stripe)

    booking = worlds.reread(shop.tenant, asked)
    assert (booking.status, booking.funded_by) == (BookingStatus.CONFIRMED, second.pk)
    with tenant_context(shop.tenant):
        assert Charge.objects.get().status == ChargeStatus.PAID
        first.refresh_from_db()
        second.refresh_from_db()
    assert (first.captured_minor, first.refunded_minor) == (4500, 4500)
    assert (second.captured_minor, second.refunded_minor) == (4500, 0)
    assert steps.numbers_taken(shop) == {1}


def test_a_refund_in_stripes_dashboard_is_never_seen(shop: Shop, asked: Booking) -> None:
    """The books go on saying that it was paid. Here it is noticed, with and without its event."""
    worlds.set_free_units(shop.tenant, 0)
    worlds.pay(shop, asked)
    attempt = steps.settled(shop, asked)
    shop.stripe.pending_events()
    for amount, is_heard in ((1000, True), (500, False)):
        shop.stripe.dashboard_refund(attempt.stripe_charge_id, amount)
        events = shop.stripe.pending_events()
        worlds.post(events if is_heard else [])
        with clock.travel(0 if is_heard else 25 * 3600):
            worlds.drain()
    attempt = worlds.attempt_for(shop.tenant, asked)
    assert (attempt.refunded_minor, attempt.fee_returned_minor) == (1500, 150)


@pytest.mark.parametrize("free_units", [0, 10])
def test_the_fee_stays_after_a_refund_or_the_refund_fails_for_want_of_a_fee(
    shop: Shop, asked: Booking, free_units: int
) -> None:
    """One call that returns fees explodes where none was taken. Here what is missing is returned, if any."""
    worlds.set_free_units(shop.tenant, free_units)
    worlds.pay(shop, asked)
    attempt = steps.settled(shop, asked)
    shop.stripe.dashboard_refund(attempt.stripe_charge_id)
    worlds.hear_stripe(shop.stripe)
    attempt = worlds.attempt_for(shop.tenant, asked)
    assert attempt.fee_returned_minor == attempt.application_fee_minor
    assert bool(attempt.application_fee_minor) == (free_units == 0)


def test_an_object_is_fetched_without_its_account(shop: Shop, asked: Booking) -> None:
    """On the platform there is no such payment. Here no call can leave out the account."""
    worlds.pay(shop, asked)
    intent = steps.intent_of(shop, asked)
    platforms_own = gateway.calling.client().v1.payment_intents
    with pytest.raises(Exception, match="No such payment_intent"):
        platforms_own.retrieve(intent.id)
    worlds.hear_stripe(shop.stripe)
    assert status_of(shop, asked) == BookingStatus.CONFIRMED


def test_the_processors_fee_is_not_known_yet_when_the_payment_succeeds(shop: Shop, asked: Booking) -> None:
    """The success fails on a balance transaction that is null. Here it is pending until it is known."""
    shop.stripe.settle_after(3600)
    worlds.pay(shop, asked)
    worlds.hear_stripe(shop.stripe)
    assert status_of(shop, asked) == BookingStatus.CONFIRMED
    assert worlds.attempt_for(shop.tenant, asked).processor_fee_minor is None
    assert [kind for kind, _ in steps.ledger(shop)] == ["capture"]
    with later(shop.stripe, 3601):
        worlds.hear_stripe(shop.stripe)
    assert worlds.attempt_for(shop.tenant, asked).processor_fee_minor == 161
    assert ("processor_fee", -161) in steps.ledger(shop)


def test_money_without_decimals_is_charged_a_hundredfold(shop: Shop) -> None:
    """5,000 yen become 500,000. Here every amount is an integer of its currency's smallest coin."""
    from tenants.offers.practice import change_practice

    with tenant_context(shop.tenant):
        change_practice(now=clock.now(), currency="jpy")
    kind = worlds.session_type(shop.tenant, price_minor=5000)
    booking = worlds.ask_and_pay(shop, kind, at=worlds.hour(30))
    steps.settled(shop, booking)
    intent = steps.intent_of(shop, booking)
    assert (intent.amount_received_minor, intent.currency) == (5000, "jpy")
    shown = Browser(HTTP_HOST=shop.host).get(page_of(shop, booking) + "receipt", follow=True).text
    assert "5,000" in shown
    assert "50.00" not in shown


def test_an_old_link_that_is_used_again_makes_two_bookings(
    shop: Shop, asked: Booking, visitor: Browser
) -> None:
    """The details are sent once more after all is paid. Here the link shows what it has come to."""
    worlds.pay(shop, asked)
    worlds.hear_stripe(shop.stripe)
    cleo = {"name": "Cleo", "email": "cleo@example.com", "message": ""}
    for action in ("details", "pay", "more-time", "another-time"):
        answer: Any = visitor.post(page_of(shop, asked) + action, cleo)
        assert answer.status_code in (302, 409), action
        assert "/c/pay/" not in answer.headers.get("Location", ""), action
    assert status_of(shop, asked) == BookingStatus.CONFIRMED
    with tenant_context(shop.tenant):
        assert (Booking.objects.count(), PaymentAttempt.objects.count()) == (1, 1)


def test_a_restricted_account_goes_on_selling(shop: Shop, kind: worlds.SessionType, visitor: Browser) -> None:
    """The page sells what Stripe will not let the coach be paid for. Here it says so, and $0 goes on."""
    shop.stripe.restrict(shop.account_id)
    worlds.hear_stripe(shop.stripe)
    assert 'name="starts_at"' not in visitor.get(f"/book/{kind.slug}/").text
    with pytest.raises(CannotCharge):
        worlds.book(shop.tenant, worlds.held(shop.tenant, kind, at=worlds.hour(30)))


def test_a_payment_is_shown_as_pending_for_ever(shop: Shop, asked: Booking, visitor: Browser) -> None:
    """The account is gone in mid-flight and nobody ends the wait. Here it ends, and the client reads how."""
    worlds.pay(shop, asked)
    shop.stripe.pending_events()
    shop.stripe.disconnect(shop.account_id)
    with clock.travel(60):
        worlds.sweep()
    assert worlds.attempt_for(shop.tenant, asked).status == AttemptStatus.UNREACHABLE
    shown = visitor.get(page_of(shop, asked)).text
    assert "could not be completed" in shown
