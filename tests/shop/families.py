"""A family whose father pays for everybody's pack, in one order."""

from datetime import date
from typing import Any

from django.db import transaction
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import Actor
from tenants.packs.models import Pack, PackOffer
from tenants.paperwork import accepting
from tenants.shop import packs_for, packs_for_papers, packs_given
from tenants.shop.models import Order
from tenants.shop.packs_for import Gift, Payer, Person
from tests import worlds
from tests.worlds import RETURN_PAGES, Shop

DAD = "frank@example.com"
FIVE = (
    Person(is_payer=True),
    Person("Mia Falk", "mia@example.com"),
    Person("Tom Falk", "tom@example.com"),
    Person("Ida Falk", "ida@example.com"),
    Person("Ben Falk"),
)


def ordered(
    shop: Shop,
    offer: PackOffer,
    people: tuple[Person, ...] = FIVE,
    *,
    payer: Payer | None = None,
    message: str = "",
    names_payer: bool = True,
    told_on: date | None = None,
    **said: Any,
) -> tuple[Order, str]:
    """An order with its open payment page; "" where something is to be signed first."""
    with tenant_context(shop.tenant):
        return packs_for.buy(
            slug=offer.slug,
            offer_id=offer.pk,
            payer=payer or Payer("Frank Falk", DAD, "Europe/Berlin"),
            people=people,
            gift=Gift(message, names_payer, told_on),
            accepted={"text": "Ten sessions each.", "sha256": "x", "browser": "dads", **said},
            links=lambda _order: lambda _attempt: RETURN_PAGES,
            now=clock.now(),
        )


def sign(shop: Shop, order: Order) -> None:
    """The payer accepts what is to be signed, word for word as shown."""
    with tenant_context(shop.tenant):
        for paper in packs_for_papers.to_sign(order=order):
            accepting.accept(
                client_paper_id=paper.pk,
                name=paper.client.name,
                shown=paper.text_hash,
                address="203.0.113.7",
                agent="test",
                now=clock.now(),
                actor=Actor("client", str(order.payer_id)),
            )


def bought(shop: Shop, offer: PackOffer, people: tuple[Person, ...] = FIVE, **said: Any) -> Order:
    """The same, paid and settled by Stripe's events."""
    card = said.pop("card", {})
    order, pay_at = ordered(shop, offer, people, **said)
    if not pay_at:
        sign(shop, order)
        with tenant_context(shop.tenant):
            packs_for.pay(
                order_id=order.pk, links=lambda _order: lambda _attempt: RETURN_PAGES, now=clock.now()
            )
    worlds.pay(shop, order, **card)  # type: ignore[arg-type]
    worlds.hear_stripe(shop.stripe)
    return reread(shop, order)


def reread(shop: Shop, order: Order) -> Order:
    with tenant_context(shop.tenant):
        return Order.objects.select_related("payer", "pack_offer").get(pk=order.pk)


def packs(shop: Shop, order: Order) -> list[Pack]:
    """What it gave out, in the order's order."""
    with tenant_context(shop.tenant), transaction.atomic():
        return packs_given.packs_of(reread(shop, order))
