"""Practices where something is paid in parts: packs in instalments, sessions with a deposit; and time."""

from contextlib import ExitStack
from datetime import datetime, timedelta

from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import Actor
from tenants.billing.models import Charge, Instalment, PaymentAttempt, SavedCard
from tenants.packs.models import Pack
from tenants.scheduling.models import Booking
from tests import worlds
from tests.worlds import Shop

COACH = Actor("coach", "1", "Anna")
ASKS_EVERY_TIME = "4000002760003184"


class Calendar:
    """Time as it passes, here and at Stripe; workers come by when they are told to."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.passed = shop, ExitStack()

    def go_to(self, moment: datetime) -> None:
        """Some seconds later than that, with the workers coming by."""
        ahead = moment - clock.now()
        assert ahead > timedelta(0), moment
        self.go_on(ahead + timedelta(seconds=5))

    def go_on(self, length: timedelta) -> None:
        seconds = int(length.total_seconds())
        self.passed.enter_context(clock.travel(seconds))
        self.shop.stripe.advance(seconds)
        worlds.sweep()


def pack_in_three(shop: Shop, *, price_minor: int = 10005, card: str = "4242424242424242") -> Pack:
    """A pack of three for 100.05 in three instalments, of which the first is paid."""
    offer = worlds.pack_offer(
        shop.tenant,
        worlds.session_type(shop.tenant, price_minor=4000),
        units=3,
        price_minor=price_minor,
        instalments=3,
    )
    pack = worlds.ordered_pack(shop, offer)
    worlds.pay(shop, pack, card=card, authenticate=True)
    worlds.hear_stripe(shop.stripe)
    return worlds.reread_pack(shop.tenant, pack)


def session_with_deposit(
    shop: Shop, *, hours_ahead: int = 24 * 14, card: str = "4242424242424242", **terms: object
) -> Booking:
    """A session for 90.00 of which 25.00 are paid at once and the rest a day before it begins."""
    kind = worlds.session_type(
        shop.tenant, **{"price_minor": 9000, "deposit_minor": 2500, "name": "Intensive", **terms}
    )
    booking = worlds.held(shop.tenant, kind, at=worlds.hour(hours_ahead))
    worlds.book(shop.tenant, booking)
    worlds.pay(shop, booking, card=card, authenticate=True)
    worlds.hear_stripe(shop.stripe)
    return worlds.reread(shop.tenant, booking)


def charge_of(shop: Shop, sold: Pack | Booking) -> Charge:
    with tenant_context(shop.tenant):
        return Charge.objects.select_related("client").get(reference=sold.pk)


def parts_of(shop: Shop, sold: Pack | Booking) -> list[Instalment]:
    with tenant_context(shop.tenant):
        return list(Instalment.objects.filter(charge__reference=sold.pk).order_by("number"))


def paid_so_far(shop: Shop, sold: Pack | Booking) -> list[tuple[str, int]]:
    """Each part's status and what it has."""
    return [(part.status, part.paid_minor) for part in parts_of(shop, sold)]


def payments_of(shop: Shop, sold: Pack | Booking) -> list[PaymentAttempt]:
    with tenant_context(shop.tenant):
        return list(PaymentAttempt.objects.filter(charge__reference=sold.pk).order_by("created_at", "pk"))


def card_of(shop: Shop) -> SavedCard:
    """The newest card that is kept."""
    with tenant_context(shop.tenant):
        return SavedCard.objects.filter(removed_at=None).latest("created_at", "pk")
