"""Retainers on the real stack: Stripe's simulator, events, workers, and time that moves for all of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django_tenants.utils import tenant_context

from kit import clock
from tenants.billing.models import Charge, LedgerEntry, PaymentAttempt
from tenants.retainers import balance, plans, statements, subscribing
from tenants.retainers.models import Retainer, RetainerPeriod, RetainerPlan
from tests import worlds
from tests.worlds import RETURN_PAGES, SessionType, Shop


def plan(shop: Shop, *kinds: SessionType, **fields: Any) -> RetainerPlan:
    """Four sessions a month of these types for 200.00, nothing rolls over, charged 3 days before."""
    usual: dict[str, Any] = {
        "name": "Monthly coaching",
        "price_minor": 20000,
        "included": 4,
        "covers": {str(kind.pk): 1 for kind in kinds},
    }
    with tenant_context(shop.tenant):
        return plans.offer(now=clock.now(), **{**usual, **fields})


def subscribed(shop: Shop, of: RetainerPlan, *, email: str = "cleo@example.com") -> Retainer:
    """An order with an open payment page."""
    with tenant_context(shop.tenant):
        accepted = subscribing.agreement(
            text="Four sessions.",
            mandate="Charge my card each month.",
            address="203.0.113.7",
            now=clock.now(),
        )
        subscribing.subscribe(
            slug=of.slug,
            name="Cleo",
            email=email,
            phone="",
            timezone="Europe/Berlin",
            accepted=accepted,
            links=lambda _retainer: lambda _attempt: RETURN_PAGES,
            now=clock.now(),
        )
        return Retainer.objects.filter(plan=of, client__email=email).latest("created_at", "pk")


def begin(
    shop: Shop,
    of: RetainerPlan,
    *,
    card: str = "4242424242424242",
    authenticate: bool | None = None,
    **order: Any,
) -> Retainer:
    """Ordered, paid on Stripe's page, and settled by its events."""
    retainer = subscribed(shop, of, **order)
    pay(shop, retainer, card=card, authenticate=authenticate)
    worlds.hear_stripe(shop.stripe)
    return reread(shop, retainer)


def pay(shop: Shop, retainer: Retainer, **how: Any) -> None:
    """Fill in the card page that is open for the retainer."""
    attempt = attempts(shop, retainer)[-1]
    shop.stripe.pay(attempt.checkout_id, **how)


def reread(shop: Shop, retainer: Retainer) -> Retainer:
    with tenant_context(shop.tenant):
        return Retainer.objects.select_related("plan", "client", "payer").get(pk=retainer.pk)


def periods(shop: Shop, retainer: Retainer) -> list[RetainerPeriod]:
    with tenant_context(shop.tenant):
        return list(RetainerPeriod.objects.filter(retainer=retainer).order_by("number"))


def charges(shop: Shop, retainer: Retainer) -> list[Charge]:
    """Of each period, in order."""
    with tenant_context(shop.tenant):
        ids = [each.pk for each in RetainerPeriod.objects.filter(retainer=retainer).order_by("number")]
        found = {each.reference: each for each in Charge.objects.filter(purpose="retainer")}
        return [found[each] for each in ids if each in found]


def attempts(shop: Shop, retainer: Retainer) -> list[PaymentAttempt]:
    with tenant_context(shop.tenant):
        ids = RetainerPeriod.objects.filter(retainer=retainer).values_list("pk", flat=True)
        found = PaymentAttempt.objects.filter(charge__reference__in=list(ids)).order_by("created_at", "pk")
        return list(found)


def money(shop: Shop) -> list[tuple[str, int]]:
    """The coach's money, entry by entry."""
    with tenant_context(shop.tenant):
        return list(LedgerEntry.objects.order_by("at", "pk").values_list("kind", "amount_minor"))


def told(shop: Shop, retainer: Retainer) -> balance.Balance:
    """What the payer reads of the present period."""
    with tenant_context(shop.tenant):
        return statements.statement_of(
            retainer=reread(shop, retainer), now=clock.now(), sees_amounts=True
        ).balance


class Calendar:
    """Time that only goes forward, for the application, for Stripe, and for the workers between."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    @contextmanager
    def beginning(self, at: datetime) -> Iterator[None]:
        """The world begins at that moment."""
        self.shop.stripe.set_clock(at)
        with clock.travel((at - clock.now()).total_seconds()):
            yield
