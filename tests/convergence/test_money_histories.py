"""Whatever clients, coach, banks, Stripe and our own processes do with money: the proof finds 0 differences.

Sessions are paid in one go or in parts, packs and products are bought, retainers renew, pause and end;
payments are declined, refunded by us and in Stripe's dashboard, disputed, won and lost; cash is received,
taken back and given back; the news is late, doubled or lost, and processes are killed. In every launch
currency, and in some that Stripe converts.
"""

import os
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django_tenants.utils import schema_context, tenant_context
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from connect.simulator.client import PostedEvent, SimulatorRefused
from kit import clock
from kit.actors import Actor
from kit.ids import uuid7
from kit.money import CURRENCIES, MINIMUM_CHARGE_MINOR, Money
from payouts import mirroring
from tenants.billing import by_hand
from tenants.billing.models import (
    LIVE,
    AttemptStatus,
    Charge,
    ChargeStatus,
    Dispute,
    ManualPayment,
    PaymentAttempt,
    Tender,
)
from tenants.earnings import figures
from tenants.earnings.books import Verdict, verify
from tenants.earnings.periods import Period
from tenants.offers.models import Practice
from tenants.packs import selling
from tenants.scheduling import cancelling
from tenants.scheduling.models import FUNDED, Booking, Cause
from tests import worlds
from tests.convergence.pack_world import allowing
from tests.convergence.retainer_world import RetainerWorld
from tests.convergence.test_convergence import Reaper
from tests.retainers import stack
from tests.shop import shelves
from tests.worlds import Shop

SLOW = bool(os.environ.get("UPFRONT_SLOW"))
ANNA, CLEO = Actor("coach", "1", "Anna"), Actor("client", "c")
DAY = 86_400
MOST = 8
MONDAY = datetime(2031, 6, 2, 9, tzinfo=UTC)
GOOD, DECLINED = "4242424242424242", "4000000000000002"
CARDS = [GOOD, GOOD, DECLINED]
REFUNDS = {"all": 1, "half": 2, "a third": 3}
DISPUTES = ["chargeback", "inquiry", "lost"]


class Histories(RetainerWorld):
    def __init__(self, shop: Shop, reaper: Reaper, reset: Callable[[], object]) -> None:
        super().__init__()
        reset()
        self.tenant, self.stripe, self.reaper = shop.tenant, shop.stripe, reaper
        self.travelled = ExitStack()
        self.late: list[PostedEvent] = []
        self.sold = self.begun = 0
        worlds.begin_anew(self.stripe)

    # --- a practice ----------------------------------------------------------------------------------

    @initialize(
        currency=st.sampled_from(CURRENCIES),
        settles=st.sampled_from(["", "", "chf", "usd"]),
        free=st.sampled_from([0, 1, 4, 12]),
        cap_minor=st.none() | st.integers(1, 9999),
        price=st.integers(200, 9999),
    )
    def a_practice_opens(
        self, currency: str, settles: str, free: int, cap_minor: int | None, price: int
    ) -> None:
        self.stripe.set_clock(MONDAY)
        self.travelled.enter_context(clock.travel((MONDAY - clock.now()).total_seconds()))
        with tenant_context(self.tenant), transaction.atomic():
            Practice.objects.update(currency=currency, timezone="Europe/Berlin")
        self.shop = worlds.open_shop(self.tenant, self.stripe)
        worlds.set_free_units(self.tenant, free)
        self._cap(cap_minor, currency)
        if settles and settles != currency:
            self.stripe.settle_in(self.shop.account_id, settles, rate=0.87)
        price += 2 * MINIMUM_CHARGE_MINOR[currency]
        self.lesson = worlds.session_type(self.tenant, price_minor=price)
        self.course = worlds.session_type(
            self.tenant, name="Course", price_minor=2 * price + 1, deposit_minor=price, rest_due_hours=24
        )
        self.pack = worlds.pack_offer(self.tenant, self.lesson, units=3, price_minor=3 * price + 2)
        self.plan = shelves.product(self.tenant, price_minor=price)
        self.bundle = shelves.product(
            self.tenant, name="Bundle", price_minor=2 * price + 1, tax_bp=1900, pack_line=self.pack.line
        )
        self.monthly = stack.plan(self.shop, self.lesson, price_minor=2 * price + 1, included=2)
        for which in ("lesson", "course"):
            self._book(which, GOOD, is_heard=True)
        self._buy("bundle", GOOD, is_heard=True)
        self._begin(GOOD, is_heard=True)

    # --- what an operator does -----------------------------------------------------------------------

    @rule(cap_minor=st.none() | st.integers(1, 9999), currency=st.sampled_from(["", "", "other"]))
    def what_a_free_session_frees_is_changed(self, cap_minor: int | None, currency: str) -> None:
        """For what is begun from now on; in a currency that nothing is sold in, for nothing."""
        others = [each for each in CURRENCIES if each != self.lesson.currency]
        self._cap(cap_minor, others[0] if currency else self.lesson.currency)

    def _cap(self, cap_minor: int | None, currency: str) -> None:
        worlds.cap_free_units(self.tenant, None if cap_minor is None else Money(cap_minor, currency))

    # --- what people do ------------------------------------------------------------------------------

    @precondition(lambda self: self.sold < MOST)
    @rule(
        which=st.sampled_from(["lesson", "course"]),
        card=st.sampled_from([*CARDS, ""]),
        is_heard=st.sampled_from([True, True, False]),
    )
    def a_client_books(self, which: str, card: str, is_heard: bool) -> None:
        self._book(which, card, is_heard)

    @precondition(lambda self: self.sold < MOST)
    @rule(card=st.sampled_from(CARDS), is_heard=st.sampled_from([True, True, False]))
    def a_client_buys_a_pack(self, card: str, is_heard: bool) -> None:
        self.sold += 1
        # Nobody to whom the coach sells packs: whoever left an order open goes on with that one.
        pack = worlds.ordered_pack(self.shop, self.pack, email=f"buyer{self.sold % 3}@example.com")
        self._fill_in(pack, card, is_heard)

    @precondition(lambda self: self.sold < MOST)
    @rule(
        which=st.sampled_from(["plan", "bundle"]),
        card=st.sampled_from([*CARDS, ""]),
        is_heard=st.sampled_from([True, True, False]),
    )
    def a_client_buys_a_product(self, which: str, card: str, is_heard: bool) -> None:
        self._buy(which, card, is_heard)

    @precondition(lambda self: 0 < self.sold < MOST)
    @rule(part=st.integers(1, 4), tender=st.sampled_from(list(Tender)))
    def the_coach_sells_a_pack_for_cash(self, part: int, tender: Tender) -> None:
        with tenant_context(self.tenant):
            booking = Booking.objects.filter(client__isnull=False).first()
            if booking is None or booking.client_id is None:
                return
            self.sold += 1
            now = clock.now()
            pack = selling.sell(offer_id=self.pack.pk, client_id=booking.client_id, now=now, actor=ANNA)
            charge = Charge.objects.get(reference=pack.pk)
        self._receive(charge, tender, charge.amount_minor * part // 4)

    @rule(nth=st.integers(0, 9), tender=st.sampled_from(list(Tender)))
    def what_is_owed_is_paid_in_cash(self, nth: int, tender: Tender) -> None:
        owing = (ChargeStatus.OPEN, ChargeStatus.PARTIALLY_PAID)
        with tenant_context(self.tenant):
            charges = list(Charge.objects.filter(status__in=owing).order_by("pk"))
        if charges:
            charge = charges[nth % len(charges)]
            self._receive(charge, tender, charge.amount_minor - charge.paid_minor - charge.waived_minor)

    @rule(nth=st.integers(0, 9), back=st.booleans())
    def cash_is_taken_back_or_given_back(self, nth: int, back: bool) -> None:
        with tenant_context(self.tenant):
            rows = list(ManualPayment.objects.filter(taken_back_at=None, amount_minor__gt=0).order_by("pk"))
            if not rows:
                return
            payment = rows[nth % len(rows)]
            with allowing(by_hand.CannotTakeBack, by_hand.CannotRecord):
                if back:
                    self._give_back(payment)
                else:
                    by_hand.take_back(payment_id=payment.pk, because="a slip", now=clock.now(), actor=ANNA)

    @rule(nth=st.integers(0, 9), cause=st.sampled_from([Cause.CLIENT, Cause.COACH, Cause.WEATHER]))
    def a_session_is_called_off(self, nth: int, cause: Cause) -> None:
        with tenant_context(self.tenant):
            rows = list(Booking.objects.filter(status__in=FUNDED).order_by("pk"))
            if rows:
                booking = rows[nth % len(rows)]
                with allowing(cancelling.CannotCancel):
                    cancelling.cancel(booking_id=booking.pk, cause=cause, now=clock.now(), actor=ANNA)

    # --- what happens at Stripe ----------------------------------------------------------------------

    @precondition(lambda self: self._captured(0) is not None)
    @rule(nth=st.integers(0, 9), what=st.sampled_from([*REFUNDS, *DISPUTES]))
    def something_goes_back(self, nth: int, what: str) -> None:
        attempt = self._captured(nth)
        assert attempt
        if what in REFUNDS:
            amount = attempt.captured_minor // REFUNDS[what] if REFUNDS[what] > 1 else None
            self._allowed(lambda: self.stripe.dashboard_refund(attempt.stripe_charge_id, amount))
        elif not self._is_disputed(attempt):
            self._allowed(lambda: self.stripe.open_dispute(attempt.stripe_charge_id, kind=what))

    @precondition(lambda self: bool(self._disputes()))
    @rule(nth=st.integers(0, 9), end=st.sampled_from(["win_dispute", "lose_dispute", "escalate_dispute"]))
    def a_dispute_goes_on(self, nth: int, end: str) -> None:
        ids = self._disputes()
        self._allowed(lambda: getattr(self.stripe, end)(ids[nth % len(ids)]))

    @rule(nth=st.integers(0, 9))
    def a_payment_is_captured_in_the_dashboard(self, nth: int) -> None:
        with tenant_context(self.tenant):
            rows = PaymentAttempt.objects.filter(status__in=LIVE).exclude(intent_id="").order_by("pk")
            ids = list(rows.values_list("intent_id", flat=True))
        if ids:
            self._allowed(lambda: self.stripe.dashboard_capture(ids[nth % len(ids)]))

    @rule(amount=st.integers(500, 5000), what=st.sampled_from(["sale", "cost"]))
    def something_moves_outside(self, amount: int, what: str) -> None:
        call = self.stripe.sell_elsewhere if what == "sale" else self.stripe.charge_cost
        self._allowed(lambda: call(self.shop.account_id, amount))

    # --- what happens to the news of it, and to our processes ----------------------------------------

    @rule(keep=st.sampled_from(["deliver", "deliver", "drop", "delay", "double", "reverse"]))
    def stripe_posts_events(self, keep: str) -> None:
        events = self.stripe.pending_events()
        if keep == "delay":
            self.late += events
        elif keep != "drop":
            order = reversed(events) if keep == "reverse" else events
            worlds.post(list(order) * (2 if keep == "double" else 1))

    @rule(steps=st.none() | st.integers(0, 14))
    def the_worker_runs(self, steps: int | None) -> None:
        with tenant_context(self.tenant), self.reaper.killing_after(steps), schema_context("public"):
            worlds.drain()

    @rule(hours=st.sampled_from([0.1, 1, 30, 90]))
    def time_passes(self, hours: float) -> None:
        self._travel(hours * 3600)

    # --- in the end ----------------------------------------------------------------------------------

    def teardown(self) -> None:
        """All calms down: half the news is lost for good, workers run, days pass, and the books tie."""
        try:
            self._calm_down()
            self._prove()
        finally:
            self.travelled.close()

    def _calm_down(self) -> None:
        worlds.post(self.late)
        for seconds in (*[3000] * 3, 26 * 3600, *[4 * DAY] * 3):
            self._travel(seconds)
            worlds.drain()
        worlds.hear_stripe(self.stripe)
        # Until each payment was looked at once more, should nothing have told of what became of it.
        for days in (20, 40):
            self._travel(days * DAY)
            worlds.drain()
            worlds.hear_stripe(self.stripe)
        # A retainer may have been charged at this very moment, which is under way until it is over.
        self._travel(300)
        worlds.drain()
        worlds.hear_stripe(self.stripe)
        assert worlds.failures() == []

    def _prove(self) -> None:
        with tenant_context(self.tenant):
            mirroring.follow(reference=self.tenant.pk, now=clock.now())
        verdict = verify(schema_name=self.tenant.schema_name, now=clock.now(), patience=timedelta(0))
        assert [str(each) for each in verdict.differences] == []
        assert (verdict.under_way, verdict.not_asked) == (0, [])
        self._pages_add_up(verdict)

    def _pages_add_up(self, verdict: Verdict) -> None:
        """The page of earnings is the sum that Stripe has, and what was received by hand."""
        with tenant_context(self.tenant):
            every = figures.lines(period=Period("UTC"))
            strip = figures.sums_by_currency(period=Period("UTC"))
            by_hand_minor = sum(
                minor
                for minor, gone in ManualPayment.objects.values_list("amount_minor", "taken_back_at")
                if gone is None
            )
        at_stripe = sum(each.at_stripe_minor for each in verdict.sums)
        assert sum(line.net_minor for line in every) == at_stripe + by_hand_minor
        assert sum(each.net_minor for each in strip) == at_stripe + by_hand_minor

    # --- small things --------------------------------------------------------------------------------

    def _book(self, which: str, card: str, is_heard: bool) -> None:
        self.sold += 1
        at = worlds.hour(72 + 3 * self.sold)
        booking = worlds.held(self.tenant, getattr(self, which), at=at, browser=f"browser {self.sold}")
        worlds.book(self.tenant, booking, email=f"client{self.sold % 3}@example.com")
        self._fill_in(booking, card, is_heard)

    def _buy(self, which: str, card: str, is_heard: bool) -> None:
        self.sold += 1
        email, browser = f"client{self.sold % 3}@example.com", f"browser {self.sold}"
        order = shelves.ordered(self.shop, getattr(self, which), email=email, browser=browser)
        self._fill_in(order, card, is_heard)

    def _fill_in(self, sold: Any, card: str, is_heard: bool) -> None:
        if card:
            self._allowed(lambda: worlds.pay(self.shop, sold, card=card))
        if is_heard:
            worlds.post(self.stripe.pending_events())
            worlds.drain()

    def _allowed(self, call: Callable[[], object]) -> None:
        """What Stripe may refuse by now."""
        with allowing(SimulatorRefused):
            call()

    def _receive(self, charge: Charge, tender: Tender, minor: int) -> None:
        with tenant_context(self.tenant), allowing(by_hand.CannotRecord):
            by_hand.record(
                charge_id=charge.pk,
                tender=tender,
                amount_minor=minor,
                received_on=clock.now().date(),
                reference="",
                now=clock.now(),
                actor=ANNA,
                key=uuid7(),
            )

    def _give_back(self, payment: ManualPayment) -> None:
        by_hand.give_back(
            charge_id=payment.charge_id,
            tender=Tender(payment.tender),
            amount_minor=max(payment.amount_minor // 2, 1),
            given_on=clock.now().date(),
            reference="",
            now=clock.now(),
            actor=ANNA,
            key=uuid7(),
        )

    def _captured(self, nth: int) -> PaymentAttempt | None:
        with tenant_context(self.tenant):
            found = PaymentAttempt.objects.filter(status=AttemptStatus.CAPTURED).order_by("pk")
            rows = list(found)
        return rows[nth % len(rows)] if rows else None

    def _disputes(self) -> list[str]:
        with tenant_context(self.tenant):
            return list(Dispute.objects.order_by("dispute_id").values_list("dispute_id", flat=True))

    def _is_disputed(self, attempt: PaymentAttempt) -> bool:
        with tenant_context(self.tenant):
            return Dispute.objects.filter(attempt=attempt).exists()

    def _travel(self, seconds: float) -> None:
        self.travelled.enter_context(clock.travel(seconds))
        self.stripe.advance(round(seconds))


def test_the_books_tie_whatever_happens(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, reset_database: Callable[[], object]
) -> None:
    reaper = Reaper(monkeypatch)
    run_state_machine_as_test(
        lambda: Histories(shop, reaper, reset_database),
        settings=settings(
            max_examples=20 if SLOW else 6,
            stateful_step_count=30 if SLOW else 25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
