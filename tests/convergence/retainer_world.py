"""What happens to retainers in the random histories of money: they begin, renew, fail, pause and end."""

from collections.abc import Callable

from django_tenants.utils import tenant_context
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from connect.accounts import CannotCharge
from connect.simulator.client import Simulator
from kit import clock
from kit.actors import Actor
from tenants.billing import checkout, collecting
from tenants.billing.models import (
    OWED,
    AttemptStatus,
    Instalment,
    InstalmentKind,
    PaymentAttempt,
    SavedCard,
)
from tenants.registry.models import Tenant
from tenants.retainers import pricing, standing, subscribing
from tenants.retainers.models import Retainer, RetainerPlan
from tests import worlds
from tests.convergence.pack_world import allowing
from tests.retainers import stack
from tests.worlds import Shop

ANNA, CLEO = Actor("coach", "1", "Anna"), Actor("client", "c")
DAY = 86_400
MOST_RETAINERS = 2
PRESSES: dict[str, Callable[..., object]] = {
    "pause": standing.pause,
    "resume": standing.resume,
    "keep": standing.keep,
    "cancel": standing.cancel,
}


class RetainerWorld(RuleBasedStateMachine):
    """Rules for retainers beside those of whoever inherits them, who opens the practice and its plan."""

    tenant: Tenant
    shop: Shop
    stripe: Simulator
    monthly: RetainerPlan
    begun: int

    def _travel(self, seconds: float) -> None:
        raise NotImplementedError

    def _allowed(self, call: Callable[[], object]) -> None:
        raise NotImplementedError

    # --- what people do ------------------------------------------------------------------------------

    @precondition(lambda self: self.begun < MOST_RETAINERS)
    @rule(
        card=st.sampled_from(["4242424242424242", "4242424242424242", "4000000000000002", ""]),
        is_heard=st.sampled_from([True, True, False]),
    )
    def a_client_begins_a_retainer(self, card: str, is_heard: bool) -> None:
        self._begin(card, is_heard)

    def _begin(self, card: str, is_heard: bool) -> None:
        refused = (subscribing.NotOnOffer, CannotCharge, checkout.PageUnavailable, checkout.AlreadyPaid)
        with allowing(*refused):
            retainer = stack.subscribed(self.shop, self.monthly, email=f"client{self.begun}@example.com")
            self.begun += 1
            if card:
                self._allowed(lambda: stack.pay(self.shop, retainer, card=card))
        if is_heard:
            worlds.post(self.stripe.pending_events())
            worlds.drain()

    @precondition(lambda self: self.begun > 0)
    @rule(nth=st.integers(0, 3), what=st.sampled_from(sorted(PRESSES)))
    def a_retainer_is_paused_resumed_kept_or_cancelled(self, nth: int, what: str) -> None:
        with tenant_context(self.tenant):
            rows = list(Retainer.objects.order_by("pk"))
            if rows:
                with allowing(standing.CannotChange, CannotCharge):
                    PRESSES[what](retainer_id=rows[nth % len(rows)].pk, now=clock.now(), actor=CLEO)

    @precondition(lambda self: self.begun > 0)
    @rule(nth=st.integers(0, 3), more=st.sampled_from([-101, 303]))
    def a_retainer_has_another_price(self, nth: int, more: int) -> None:
        with tenant_context(self.tenant):
            rows = list(Retainer.objects.order_by("pk"))
            if rows:
                retainer = rows[nth % len(rows)]
                with allowing(standing.CannotChange):
                    pricing.change_price(
                        retainer_id=retainer.pk,
                        price_minor=retainer.price_minor + more,
                        now=clock.now(),
                        actor=ANNA,
                    )

    @precondition(lambda self: self.begun > 0)
    @rule()
    def the_coach_tries_the_card_for_a_period(self) -> None:
        with tenant_context(self.tenant):
            part = Instalment.objects.filter(kind=InstalmentKind.PERIOD, status__in=OWED).first()
            if part:
                with allowing(collecting.CannotTry, CannotCharge):
                    collecting.try_now(instalment_id=part.pk, now=clock.now(), actor=ANNA)

    # --- what banks do, and time ----------------------------------------------------------------------

    @precondition(lambda self: self.begun > 0)
    @rule(nth=st.integers(0, 3), takes=st.booleans())
    def the_bank_refuses_a_card_or_takes_it_again(self, nth: int, takes: bool) -> None:
        with tenant_context(self.tenant):
            methods = list(SavedCard.objects.order_by("pk").values_list("method_id", flat=True))
        if methods:
            method = methods[nth % len(methods)]
            call = self.stripe.accept_again if takes else self.stripe.decline_from_now_on
            self._allowed(lambda: call(method))

    @precondition(lambda self: self.begun > 0)
    @rule(share=st.sampled_from([1, 2, 3]))
    def a_period_is_refunded(self, share: int) -> None:
        with tenant_context(self.tenant):
            paid = PaymentAttempt.objects.filter(charge__purpose="retainer", status=AttemptStatus.CAPTURED)
            last = paid.order_by("-created_at", "-pk").first()
        if last:
            amount = last.captured_minor // share if share > 1 else None
            self._allowed(lambda: self.stripe.dashboard_refund(last.stripe_charge_id, amount))

    @precondition(lambda self: self.begun > 0)
    @rule(days=st.sampled_from([9, 31]), is_heard=st.booleans())
    def months_pass(self, days: int, is_heard: bool) -> None:
        """Workers come by every few days: a period is charged ahead of its beginning, and tried again."""
        for _ in range(0, days, 5):
            self._travel(5 * DAY)
            worlds.drain()
        if is_heard:
            worlds.post(self.stripe.pending_events())
            worlds.drain()
