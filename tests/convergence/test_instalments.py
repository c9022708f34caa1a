"""Whatever banks, clients and dying processes do to a pack in instalments, each part is paid once.

Time passes in days; the kept card is refused for this or that reason and works again; the coach tries again,
the client pays by link or brings another card; Stripe's events are lost, and processes are killed between any
two steps. After each step the sums hold; in the end all is paid, exactly, with the fee of the whole.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django_tenants.utils import schema_context, tenant_context
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from connect import gateway
from connect.accounts import CannotCharge
from connect.simulator.client import SimulatorRefused
from kit import clock
from tenants.billing import by_link, captures, cards, collecting, decisions, refunds
from tenants.billing.attempts import LEASE
from tenants.billing.checkout import PageUnavailable
from tenants.billing.models import AttemptStatus, Instalment, PaymentAttempt
from tenants.registry import patrols
from tests import worlds
from tests.billing import owing
from tests.billing.owing import COACH, Calendar
from tests.worlds import Shop

SLOW = bool(os.environ.get("UPFRONT_SLOW"))
PRICE = 10007
STEPS = (
    (gateway, "fetch_card"),
    (gateway, "create_intent"),
    (gateway, "confirm_intent"),
    (gateway, "fetch_intent"),
    (gateway, "capture"),
    (gateway, "release"),
    (collecting, "_decide"),
    (decisions, "_decline"),
    (captures, "record_capture"),
    (refunds, "follow"),
)
REASONS = ["insufficient_funds", "lost_card", "authentication_required", "processing_error", "do_not_honor"]
NOT_NOW = (
    collecting.CannotTry,
    CannotCharge,
    PageUnavailable,
    by_link.AlreadyPaid,
    by_link.BeingPaid,
    gateway.GatewayUnavailable,
)


class Killed(BaseException):
    """The process is gone: nothing after this point runs, not even a handler of errors."""


class Reaper:
    """Kills the process at the n-th step from now, before the step or right after it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps_left: int | None = None
        for module, name in STEPS:
            monkeypatch.setattr(module, name, self._mortal(getattr(module, name)))

    def _mortal(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
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
    def killing_after(self, steps: int | None) -> Iterator[None]:
        self.steps_left = steps
        try:
            yield
        except Killed:
            # A process that is really gone leaves its leases.
            with transaction.atomic():
                PaymentAttempt.objects.update(leased_until=clock.now() + LEASE)
        finally:
            self.steps_left = None


class Instalments(RuleBasedStateMachine):
    def __init__(self, shop: Shop, reaper: Reaper, reset: Callable[[], object]) -> None:
        super().__init__()
        reset()
        worlds.begin_anew(shop.stripe)
        self.shop, self.reaper = worlds.open_shop(shop.tenant, shop.stripe), reaper
        worlds.set_free_units(shop.tenant, 0)
        self.calendar = Calendar(self.shop)
        self.pack = owing.pack_in_three(self.shop, price_minor=PRICE)

    # --- what banks and people do ---------------------------------------------------------------------

    @rule(hours=st.sampled_from([1, 5, 24, 24 * 3, 24 * 9, 24 * 27]), steps=st.none() | st.integers(0, 14))
    def time_passes(self, hours: int, steps: int | None) -> None:
        with tenant_context(self.shop.tenant), self.reaper.killing_after(steps), schema_context("public"):
            self.calendar.go_on(timedelta(hours=hours))

    @rule(steps=st.none() | st.integers(0, 14))
    def the_worker_runs(self, steps: int | None) -> None:
        with tenant_context(self.shop.tenant), self.reaper.killing_after(steps), schema_context("public"):
            worlds.sweep()

    @rule(reason=st.sampled_from(REASONS))
    def the_card_is_refused(self, reason: str) -> None:
        self.shop.stripe.decline_from_now_on(self._card().method_id, reason)

    @rule()
    def the_card_works_again(self) -> None:
        self.shop.stripe.accept_again(self._card().method_id)

    @rule()
    def the_bank_sends_another_card(self) -> None:
        self.shop.stripe.replace_card(self._card().method_id)

    @rule(hear=st.booleans())
    def stripe_posts_events(self, hear: bool) -> None:
        events = self.shop.stripe.pending_events()
        if hear:
            worlds.post(events)
            worlds.drain()

    @rule(everything=st.booleans(), pays=st.booleans())
    def the_client_follows_the_link(self, everything: bool, pays: bool) -> None:
        with tenant_context(self.shop.tenant):
            charge = owing.charge_of(self.shop, self.pack)
            try:
                by_link.pay(
                    charge_id=charge.pk,
                    links=lambda _id: worlds.RETURN_PAGES,
                    now=clock.now(),
                    everything=everything,
                )
            except NOT_NOW:
                return
        if pays:
            try:
                worlds.pay(self.shop, self.pack)
            except SimulatorRefused:
                return

    @rule(which=st.integers(1, 2), steps=st.none() | st.integers(0, 14))
    def the_coach_tries_again(self, which: int, steps: int | None) -> None:
        part = owing.parts_of(self.shop, self.pack)[which]
        with tenant_context(self.shop.tenant), self.reaper.killing_after(steps):
            try:
                collecting.try_now(instalment_id=part.pk, now=clock.now(), actor=COACH)
            except NOT_NOW:
                return

    def _card(self) -> Any:
        return owing.card_of(self.shop)

    # --- the laws -------------------------------------------------------------------------------------

    @invariant()
    def no_more_is_taken_than_is_owed(self) -> None:
        assert sum(self._captured_at_stripe()) <= PRICE

    @invariant()
    def the_sums_hold(self) -> None:
        charge = owing.charge_of(self.shop, self.pack)
        parts, captured = owing.parts_of(self.shop, self.pack), self._captured_here()
        assert charge.paid_minor == sum(payment.captured_minor for payment in captured)
        assert charge.paid_minor == sum(part.paid_minor for part in parts)
        assert sum(part.amount_minor for part in parts) == PRICE
        assert sum(payment.fee_minor or 0 for payment in captured) == charge.paid_minor // 10
        for part in parts:
            assert (part.status == "paid") == (part.paid_minor == part.amount_minor)

    @invariant()
    def banks_are_not_pestered(self) -> None:
        window = timedelta(days=30)
        tried = [
            payment.created_at
            for payment in owing.payments_of(self.shop, self.pack)
            if payment.off_session and payment.status == AttemptStatus.DECLINED
        ]
        assert all(sum(at - window < each <= at for each in tried) <= 8 for at in tried)

    @invariant()
    def a_pack_is_frozen_while_an_instalment_is_given_up(self) -> None:
        behind = any(part.status == "failed" for part in owing.parts_of(self.shop, self.pack))
        frozen = worlds.reread_pack(self.shop.tenant, self.pack).frozen_at is not None
        assert frozen or not behind

    def teardown(self) -> None:
        """All calms down: the card works, time passes, and what was given up is tried again."""
        try:
            self._calm_down()
            assert not worlds.failures()
            captured = self._captured_at_stripe()
            assert sum(captured) == PRICE
            assert sum(payment.fee_minor or 0 for payment in self._captured_here()) == PRICE // 10
            assert [part.status for part in owing.parts_of(self.shop, self.pack)] == ["paid"] * 3
            pack = worlds.reread_pack(self.shop.tenant, self.pack)
            assert (pack.frozen_at, bool(pack.paid_at)) == (None, True)
            patrols.patrol_tenant(schema_name=self.shop.tenant.schema_name, now=clock.now())
            assert not patrols.open_findings().exists()
        finally:
            self.calendar.passed.close()

    def _calm_down(self) -> None:
        # Every card is another one now, as far as the bank's last word about it goes.
        self.shop.stripe.accept_again(self._card().method_id)
        for _ in range(12):
            self.calendar.go_on(timedelta(days=8))
            worlds.sweep()
            self._bring_another_card_if_one_waits()
        worlds.hear_stripe(self.shop.stripe)

    def _bring_another_card_if_one_waits(self) -> None:
        with tenant_context(self.shop.tenant):
            waits = Instalment.objects.filter(status__in=["open", "failed"], due_at__lte=clock.now())
            if not waits.exists():
                return
            url = cards.setup_page(
                client_id=self.pack.buyer_id,
                currency="usd",
                links=lambda: worlds.RETURN_PAGES,
                now=clock.now(),
            )
        self.shop.stripe.pay(url.rsplit("/", 1)[-1], card="5555555555554444")
        worlds.hear_stripe(self.shop.stripe)

    def _captured_at_stripe(self) -> list[int]:
        found = gateway.list_charges(account_id=self.shop.account_id)
        return [each.amount_captured_minor for each in found if each.captured]

    def _captured_here(self) -> list[PaymentAttempt]:
        payments = owing.payments_of(self.shop, self.pack)
        return [payment for payment in payments if payment.status == AttemptStatus.CAPTURED]


def test_instalments_converge(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, reset_database: Callable[[], object]
) -> None:
    reaper = Reaper(monkeypatch)
    run_state_machine_as_test(
        lambda: Instalments(shop, reaper, reset_database),
        settings=settings(
            max_examples=20 if SLOW else 8,
            stateful_step_count=20 if SLOW else 14,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
