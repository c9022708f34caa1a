"""Stripe does what was asked unheard, or does not do it, or has a fault: at the end it is one payment."""

import pytest
from django.db import transaction
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from connect import gateway
from fees.models import FeeEntryKind
from kit import clock
from tenants.billing.checkout import PageUnavailable
from tenants.billing.models import AttemptStatus, PaymentAttempt
from tenants.registry.models import Wakeup
from tenants.scheduling import links
from tenants.scheduling.models import BookingStatus
from tests import worlds
from tests.journeys import steps
from tests.journeys.steps import later
from tests.worlds import Shop

# `3` outlasts the two retries of the SDK itself.
FAULTS = [
    ("lost", 1),
    ("lost", 3),
    ("timeout", 3),
    ("unreachable", 3),
    ("500", 1),
    ("500_after", 1),
    ("429", 3),
]
AN_HOUR = 3600


@pytest.fixture
def kind(shop: Shop) -> worlds.SessionType:
    return worlds.session_type(shop.tenant)


def work_for(shop: Shop, seconds: int, *, rounds: int = 4) -> None:
    """The workers' next hours, with no news from Stripe."""
    for number in range(1, rounds + 1):
        with clock.travel(seconds * number // rounds):
            worlds.sweep()


@pytest.mark.parametrize(("fault", "times"), FAULTS)
def test_opening_the_card_page(shop: Shop, kind: worlds.SessionType, fault: str, times: int) -> None:
    booking = worlds.held(shop.tenant, kind, at=worlds.hour(30))
    shop.stripe.fail_next("POST /v1/checkout/sessions$", fault, times)
    try:
        worlds.book(shop.tenant, booking)
    except PageUnavailable:
        kept = worlds.reread(shop.tenant, booking)
        assert (kept.status, kept.client.name) == (BookingStatus.HELD, "Cleo")  # type: ignore[union-attr]
    shop.stripe.clear_faults()

    assert steps.resume(shop, booking)
    worlds.pay(shop, booking)
    worlds.hear_stripe(shop.stripe)

    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CONFIRMED
    captured = [each for each in steps.attempts_of(shop, booking) if each.status == AttemptStatus.CAPTURED]
    assert len(captured) == 1
    assert [kind for kind, _ in steps.ledger(shop)] == ["capture", "processor_fee"]


@pytest.mark.parametrize("free_units", [0, 10])
@pytest.mark.parametrize(("fault", "times"), FAULTS)
def test_the_capture(shop: Shop, kind: worlds.SessionType, fault: str, times: int, free_units: int) -> None:
    worlds.set_free_units(shop.tenant, free_units)
    booking = worlds.ask_and_pay(shop, kind, at=worlds.hour(30))
    shop.stripe.pending_events()
    shop.stripe.fail_next("POST .*/capture$", fault, times)
    work_for(shop, 600)

    attempt = worlds.attempt_for(shop.tenant, booking)
    assert (attempt.status, attempt.captured_minor) == (AttemptStatus.CAPTURED, 4500)
    assert attempt.application_fee_minor == (0 if free_units else 450)
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CONFIRMED
    assert steps.numbers_taken(shop) == ({1} if free_units else set())
    assert [amount for kind, amount in steps.ledger(shop) if kind == "capture"] == [4500]


@pytest.mark.parametrize(("fault", "times"), FAULTS)
def test_the_release(shop: Shop, kind: worlds.SessionType, fault: str, times: int) -> None:
    """The payer's money is held by the bank: it must not wait until Stripe has forgotten a key."""
    booking = worlds.ask_and_pay(shop, kind, at=worlds.hour(30))
    shop.stripe.pending_events()
    steps.take_away(shop, booking)
    shop.stripe.fail_next("POST .*/cancel$", fault, times)
    work_for(shop, 900)
    assert worlds.attempt_for(shop.tenant, booking).status == AttemptStatus.RELEASED
    assert steps.intent_of(shop, booking).status == "canceled"
    assert steps.ledger(shop) == []


@pytest.mark.parametrize(("fault", "times"), FAULTS)
def test_the_return_of_a_fee(shop: Shop, kind: worlds.SessionType, fault: str, times: int) -> None:
    worlds.set_free_units(shop.tenant, 0)
    booking = worlds.ask_and_pay(shop, kind, at=worlds.hour(30))
    attempt = steps.settled(shop, booking)
    shop.stripe.dashboard_refund(attempt.stripe_charge_id, 1000)
    shop.stripe.fail_next("POST .*application_fees/.*/refunds$", fault, times)
    worlds.post(shop.stripe.pending_events())
    for hours in (0, 1, 2, 26, 60):
        with later(shop.stripe, hours * AN_HOUR):
            worlds.drain()
        shop.stripe.advance(-hours * AN_HOUR)

    attempt = worlds.attempt_for(shop.tenant, booking)
    assert (attempt.refunded_minor, attempt.fee_returned_minor) == (1000, 100)
    assert gateway.fetch_application_fee(fee_id=attempt.application_fee_id).amount_refunded_minor == 100
    assert steps.fee_amounts(shop, FeeEntryKind.RETURNED) == [100]


@pytest.mark.parametrize(("fault", "times"), FAULTS)
def test_the_refund_of_what_was_not_wanted(
    shop: Shop, kind: worlds.SessionType, fault: str, times: int
) -> None:
    booking = worlds.ask_and_pay(shop, kind, at=worlds.hour(30))
    shop.stripe.pending_events()
    steps.take_away(shop, booking)
    shop.stripe.dashboard_capture(steps.intent_of(shop, booking).id)
    shop.stripe.fail_next("POST /v1/refunds$", fault, times)
    for hours in (0, 1, 2, 26, 60):
        with later(shop.stripe, hours * AN_HOUR):
            worlds.sweep()
        shop.stripe.advance(-hours * AN_HOUR)
    attempt = worlds.attempt_for(shop.tenant, booking)
    assert (attempt.status, attempt.refunded_minor) == (AttemptStatus.CAPTURED, 4500)
    assert [amount for kind, amount in steps.ledger(shop) if kind == "refund"] == [-4500]


@pytest.mark.parametrize("moment", ["before the page", "before the capture"])
def test_an_outage_of_hours_loses_nothing(shop: Shop, kind: worlds.SessionType, moment: str) -> None:
    booking = worlds.held(shop.tenant, kind, at=worlds.hour(30))
    if moment == "before the page":
        shop.stripe.fail_next(".*", "500", 1000)
        with pytest.raises(PageUnavailable):
            worlds.book(shop.tenant, booking)
        shop.stripe.clear_faults()
        assert steps.resume(shop, booking)
    else:
        worlds.book(shop.tenant, booking)
    worlds.pay(shop, booking)
    events = shop.stripe.pending_events()
    shop.stripe.fail_next("/v1/", "500", 10_000)
    assert set(worlds.post(events)) == {200}, "an event is acknowledged though Stripe cannot be asked"
    for minutes in (0, 10, 40, 100):
        with clock.travel(minutes * 60):
            worlds.drain()
    shop.stripe.clear_faults()
    with clock.travel(6 * AN_HOUR):
        worlds.drain()
        worlds.sweep()
    # Nobody else had come for the slot... but it was not blocked for hours either.
    booking = worlds.reread(shop.tenant, booking)
    attempt = worlds.attempt_for(shop.tenant, booking)
    assert (booking.status, attempt.status) in [
        (BookingStatus.CONFIRMED, AttemptStatus.CAPTURED),
        (BookingStatus.EXPIRED, AttemptStatus.RELEASED),
    ]
    assert booking.status == BookingStatus.EXPIRED
    assert steps.intent_of(shop, booking).status == "canceled"


@pytest.mark.parametrize("seconds", [60, 31 * 60 - 10])
def test_the_buttons_of_an_open_payment_answer_while_stripe_is_away(
    shop: Shop, kind: worlds.SessionType, seconds: int
) -> None:
    """Early on, and when the card page is at its end and has to be asked about first."""
    booking = worlds.held(shop.tenant, kind, at=worlds.hour(30))
    worlds.book(shop.tenant, booking)
    with tenant_context(shop.tenant):
        page = f"/b/{links.token_of(booking)}/"
    visitor = Browser(HTTP_HOST=shop.host)
    shop.stripe.fail_next("/v1/", "500", 1000)
    with clock.travel(seconds):
        for action in ("pay", "another-time", "more-time", "paid"):
            answer = visitor.get(page + action) if action == "paid" else visitor.post(page + action)
            assert answer.status_code == 302, action
            assert visitor.get(page).status_code == 200, action
    shop.stripe.clear_faults()
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.HELD


# --- dead workers ------------------------------------------------------------------------------------


def test_the_lease_of_a_killed_worker_lapses(shop: Shop, kind: worlds.SessionType) -> None:
    booking = worlds.ask_and_pay(shop, kind, at=worlds.hour(30))
    shop.stripe.pending_events()
    with tenant_context(shop.tenant), transaction.atomic():
        PaymentAttempt.objects.update(leased_until=clock.now() + worlds.timedelta(seconds=60))
    with transaction.atomic():
        Wakeup.objects.update(due_at=clock.now(), leased_until=clock.now() + worlds.timedelta(seconds=90))
    worlds.sweep()
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.HELD
    with clock.travel(91):
        worlds.sweep()
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CONFIRMED


def test_an_event_whose_worker_was_killed_is_taken_up_again(shop: Shop, kind: worlds.SessionType) -> None:
    from connect import inbox

    booking = worlds.ask_and_pay(shop, kind, at=worlds.hour(30))
    worlds.post(shop.stripe.pending_events())
    assert inbox._lease(clock.now(), batch=20), "a worker took them and died"
    assert inbox.work_off() == 0
    with clock.travel(91):
        assert inbox.work_off() > 0
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CONFIRMED


def test_an_emptied_queue_loses_nothing(shop: Shop, kind: worlds.SessionType) -> None:
    """All that was asked for is lost; what is due stands in the database."""
    from config.celery import app

    booking = worlds.ask_and_pay(shop, kind, at=worlds.hour(30))
    worlds.post(shop.stripe.pending_events())
    app.control.purge()
    worlds.drain()
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CONFIRMED
    app.control.purge()
    worlds.drain()
    assert not Wakeup.objects.filter(kind="event", due_at__lte=clock.now()).exists()
    assert not worlds.failures()


def test_without_any_queue_events_are_taken_and_bookings_made(
    shop: Shop, kind: worlds.SessionType, monkeypatch: pytest.MonkeyPatch
) -> None:
    from celery.app.task import Task
    from kombu.exceptions import OperationalError

    def unreachable(*_args: object, **_options: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(Task, "apply_async", unreachable)
    assert worlds.sell(shop, kind, at=worlds.hour(30)).status == BookingStatus.CONFIRMED
