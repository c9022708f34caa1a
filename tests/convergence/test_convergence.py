"""Whatever happens to Stripe's events and to our processes, the end is that of an undisturbed run.

Clients book, pay, give up; Stripe's events are lost, doubled, late and out of order; processes are killed
between any two steps of a payment. After each step the laws hold; when all has calmed down, what is booked
follows from what the clients and the coach did, and from nothing else.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from django.db import transaction
from django_tenants.utils import schema_context, tenant_context
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from connect import gateway
from connect.simulator.client import PostedEvent, SimulatorRefused
from fees import accounts as fee_accounts
from fees.models import FeeEntry, FeeEntryKind
from kit import clock
from tenants.billing import captures, refunds
from tenants.billing.attempts import LEASE
from tenants.billing.decisions import settle
from tenants.billing.models import AttemptStatus, LedgerEntry, PaymentAttempt
from tenants.registry import patrols
from tenants.scheduling import paying
from tenants.scheduling.models import FUNDED, Booking, BookingStatus, Session, SessionStatus
from tests import worlds
from tests.worlds import Shop

SLOW = bool(os.environ.get("UPFRONT_SLOW"))
FREE_UNITS = 2
PRICE = 5000
GATEWAY_STEPS = ("fetch_checkout", "fetch_intent", "capture", "release", "return_fee", "refund")


class Killed(BaseException):
    """The process is gone: nothing after this point runs, not even a handler of errors."""


class Reaper:
    """Kills the process at the n-th step from now, before the step or right after it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps_left: int | None = None
        self.deadly = ""
        for name in GATEWAY_STEPS:
            monkeypatch.setattr(gateway, name, self._mortal(name, getattr(gateway, name)))
        monkeypatch.setattr(
            captures, "record_capture", self._mortal("record_capture", captures.record_capture)
        )
        monkeypatch.setattr(refunds, "follow", self._mortal("follow", refunds.follow))

    def _mortal(self, name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            if name == self.deadly:
                raise Killed
            self._tick()
            result = step(*args, **kwargs)
            self._tick()
            return result

        return run

    def _tick(self) -> None:
        if self.steps_left is not None:
            self.steps_left -= 1
            if self.steps_left < 0:
                self.steps_left = None
                raise Killed

    @contextmanager
    def killing_after(self, steps: int | None, *, at: str = "") -> Iterator[None]:
        """Dies after so many steps, or as soon as it comes to the step `at`."""
        self.steps_left, self.deadly = steps, at
        try:
            yield
        except Killed:
            # Here the lease was given back on the way out; a process that is really gone leaves it.
            with transaction.atomic():
                PaymentAttempt.objects.update(leased_until=clock.now() + LEASE)
        finally:
            self.steps_left, self.deadly = None, ""


@dataclass
class Story:
    """What people did about one booking; what becomes of it must follow from this alone."""

    booking: Booking
    paid: bool = False
    given_up: bool = False
    cancelled_at_stripe: bool = False
    refunded: bool = False

    @property
    def ends(self) -> BookingStatus:
        if self.refunded:
            return BookingStatus.CANCELLED
        return (
            BookingStatus.CONFIRMED if self.paid and not self.cancelled_at_stripe else BookingStatus.EXPIRED
        )


class Payments(RuleBasedStateMachine):
    def __init__(self, shop: Shop, reaper: Reaper, reset: Callable[[], object]) -> None:
        super().__init__()
        reset()
        worlds.begin_anew(shop.stripe)
        self.shop, self.reaper = worlds.open_shop(shop.tenant, shop.stripe), reaper
        self.kind = worlds.session_type(shop.tenant, price_minor=PRICE)
        worlds.set_free_units(shop.tenant, FREE_UNITS)
        self.stories: list[Story] = []
        self.late: list[PostedEvent] = []
        self.travelled = ExitStack()

    # --- what people do -----------------------------------------------------------------------------

    @initialize()
    def somebody_books(self) -> None:
        self.book()

    @precondition(lambda self: len(self.stories) < 5)
    @rule()
    def book(self) -> None:
        number = len(self.stories)
        booking = worlds.held(
            self.shop.tenant, self.kind, at=worlds.hour(30 + number), browser=f"browser {number}"
        )
        worlds.book(self.shop.tenant, booking, email=f"client{number}@example.com")
        self.stories.append(Story(booking))

    @rule(which=st.integers(0, 4), declined_first=st.booleans())
    def pay(self, which: int, declined_first: bool) -> None:
        story = self._story(which)
        if story.paid or story.given_up:
            return
        try:
            if declined_first:
                worlds.pay(self.shop, story.booking, card="4000000000000002")
            worlds.pay(self.shop, story.booking)
        except SimulatorRefused:
            return  # The page had expired.
        story.paid = True

    @rule(which=st.integers(0, 4))
    def give_up(self, which: int) -> None:
        story = self._story(which)
        with tenant_context(self.shop.tenant):
            gone = paying.give_up(booking_id=story.booking.pk, now=clock.now())
        assert not (gone and story.paid)
        story.given_up = story.given_up or gone

    @rule(which=st.integers(0, 4))
    def cancel_in_stripes_dashboard(self, which: int) -> None:
        story = self._story(which)
        if (intent_id := self._intent_id(story)) is None:
            return
        try:
            self.shop.stripe.dashboard_cancel(intent_id)
        except SimulatorRefused:
            return
        story.cancelled_at_stripe = True

    @rule(which=st.integers(0, 4))
    def capture_in_stripes_dashboard(self, which: int) -> None:
        intent_id = self._intent_id(self._story(which))
        if intent_id is not None:
            try:
                self.shop.stripe.dashboard_capture(intent_id)
            except SimulatorRefused:
                return

    @rule(which=st.integers(0, 4))
    def refund_in_stripes_dashboard(self, which: int) -> None:
        story = self._story(which)
        charge_id = worlds.attempt_for(self.shop.tenant, story.booking).stripe_charge_id
        if story.refunded or self._attempt(story).status != AttemptStatus.CAPTURED:
            return
        self.shop.stripe.dashboard_refund(charge_id)
        story.refunded = True

    # --- what happens to the news of it, and to our processes ----------------------------------------

    @rule(keep=st.sampled_from(["deliver", "drop", "delay", "double", "reverse"]))
    def stripe_posts_events(self, keep: str) -> None:
        events = self.shop.stripe.pending_events()
        if keep == "delay":
            self.late += events
        elif keep != "drop":
            order = reversed(events) if keep == "reverse" else events
            worlds.post(list(order) * (2 if keep == "double" else 1))

    @rule()
    def late_events_arrive(self) -> None:
        events, self.late = self.late, []
        worlds.post(events)

    @rule(steps=st.none() | st.integers(0, 12))
    def the_worker_runs(self, steps: int | None) -> None:
        with tenant_context(self.shop.tenant), self.reaper.killing_after(steps), schema_context("public"):
            worlds.drain()

    @rule(which=st.integers(0, 4), steps=st.none() | st.integers(0, 8))
    def the_client_returns(self, which: int, steps: int | None) -> None:
        story = self._story(which)
        with tenant_context(self.shop.tenant), self.reaper.killing_after(steps):
            settle(attempt_id=self._attempt(story).pk, now=clock.now())

    @rule(which=st.integers(0, 4), step=st.sampled_from([*GATEWAY_STEPS, "record_capture", "follow"]))
    def the_process_dies_just_before(self, which: int, step: str) -> None:
        story = self._story(which)
        with tenant_context(self.shop.tenant), self.reaper.killing_after(None, at=step):
            settle(attempt_id=self._attempt(story).pk, now=clock.now())

    @rule(seconds=st.sampled_from([5, 50, 100]))
    def time_passes(self, seconds: int) -> None:
        self._travel(seconds)

    # --- the laws ------------------------------------------------------------------------------------

    @invariant()
    def what_is_confirmed_is_paid(self) -> None:
        with tenant_context(self.shop.tenant):
            for booking in Booking.objects.filter(status__in=FUNDED):
                attempt = PaymentAttempt.objects.get(pk=booking.funded_by)
                assert attempt.status == AttemptStatus.CAPTURED
                intent = gateway.fetch_intent(account_id=attempt.account_id, intent_id=attempt.intent_id)
                assert intent.status == "succeeded"

    @invariant()
    def no_two_live_sessions_overlap(self) -> None:
        with tenant_context(self.shop.tenant):
            live = Session.objects.filter(status=SessionStatus.LIVE).order_by("starts_at")
            ends = [(each.period.lower, each.period.upper) for each in live]
        assert all(a[1] <= b[0] for a, b in pairwise(ends))

    @invariant()
    def the_fee_is_exact(self) -> None:
        with tenant_context(self.shop.tenant):
            captured = list(PaymentAttempt.objects.filter(status=AttemptStatus.CAPTURED))
            taken = fee_accounts.numbers_taken(schema_name=self.shop.tenant.schema_name)
        assert taken <= set(range(1, FREE_UNITS + 1))
        for attempt in captured:
            assert attempt.fee_minor == (0 if attempt.free_numbers else PRICE // 10)

    def teardown(self) -> None:
        """All calms down: half the news is lost for good, workers run, and a day passes."""
        try:
            self.late_events_arrive()
            # More than a day in all: a refund of which no event told is then looked for.
            for seconds in (*[3000] * 6, 26 * 3600):
                self._travel(seconds)
                worlds.drain()
            self._everything_is_as_people_left_it()
            patrols.patrol_tenant(schema_name=self.shop.tenant.schema_name, now=clock.now())
            assert not patrols.open_findings().exists()
            before = self._snapshot()
            worlds.hear_stripe(self.shop.stripe)
            assert self._snapshot() == before
        finally:
            self.travelled.close()

    def _everything_is_as_people_left_it(self) -> None:
        for story in self.stories:
            booking = worlds.reread(self.shop.tenant, story.booking)
            assert booking.status == story.ends, (story, self._attempt(story).__dict__)
            attempt = self._attempt(story)
            assert attempt.is_final
            if attempt.status == AttemptStatus.CAPTURED:
                fee = attempt.application_fee_minor - attempt.fee_returned_minor
                due = 0 if story.refunded else attempt.fee_minor - self._uncollected(attempt)
                assert fee == due

        kept = [
            n
            for s in self.stories
            if s.ends == BookingStatus.CONFIRMED
            for n in self._attempt(s).free_numbers
        ]
        with tenant_context(self.shop.tenant):
            taken = fee_accounts.numbers_taken(schema_name=self.shop.tenant.schema_name)
        assert sorted(kept) == sorted(taken)

    def _uncollected(self, attempt: PaymentAttempt) -> int:
        """A capture in Stripe's dashboard took the fee that was preset; what it lacks is listed."""
        with tenant_context(self.shop.tenant):
            entries = FeeEntry.objects.filter(kind=FeeEntryKind.UNCOLLECTED, reference=str(attempt.pk))
            return sum(entries.values_list("amount_minor", flat=True))

    def _snapshot(self) -> list[Any]:
        with tenant_context(self.shop.tenant):
            return [
                *PaymentAttempt.objects.order_by("pk").values_list("pk", "status", "fee_returned_minor"),
                *Booking.objects.order_by("pk").values_list("pk", "status"),
                *LedgerEntry.objects.order_by("kind", "reference").values_list("kind", "reference"),
            ]

    def _travel(self, seconds: int) -> None:
        self.travelled.enter_context(clock.travel(seconds))
        self.shop.stripe.advance(seconds)

    def _story(self, which: int) -> Story:
        return self.stories[which % len(self.stories)]

    def _attempt(self, story: Story) -> PaymentAttempt:
        return worlds.attempt_for(self.shop.tenant, story.booking)

    def _intent_id(self, story: Story) -> str | None:
        attempt = self._attempt(story)
        page = gateway.fetch_checkout(account_id=attempt.account_id, checkout_id=attempt.checkout_id)
        return page.payment_intent_id


def test_payments_converge(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, reset_database: Callable[[], object]
) -> None:
    reaper = Reaper(monkeypatch)
    run_state_machine_as_test(
        lambda: Payments(shop, reaper, reset_database),
        settings=settings(
            max_examples=60 if SLOW else 12,
            stateful_step_count=30 if SLOW else 20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
