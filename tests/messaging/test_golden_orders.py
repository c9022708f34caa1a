"""Mails about products, as their readers see them."""

import pytest
from django.core import mail
from django_tenants.utils import tenant_context

from kit import clock
from tenants.shop import buying
from tenants.shop.models import Order, Product
from tests import worlds
from tests.messaging import mailroom
from tests.messaging.mailroom import CLIENT, History, later, lesson
from tests.shop import shelves
from tests.worlds import Shop


def plan(shop: Shop, **fields: object) -> Product:
    worlds.set_free_units(shop.tenant, 1)
    terms = shelves.terms(shop.tenant)
    return shelves.product(shop.tenant, files=1, requires=[str(terms.line)], **fields)


def bought(shop: Shop, product: Product) -> Order:
    """Paid, and its mails are put aside."""
    order = shelves.sold(shop, product, email=CLIENT)
    mailroom.work_off()
    mail.outbox.clear()
    return order


def product_bought(shop: Shop) -> None:
    """The agreement's own mail comes besides."""
    shelves.sold(shop, shelves.product(shop.tenant, files=1), email=CLIENT)
    mailroom.work_off()


def product_bought_with_terms_and_sessions(shop: Shop) -> None:
    four = worlds.pack_offer(shop.tenant, lesson(shop), name="Four lessons", units=4, price_minor=16000)
    shelves.sold(shop, plan(shop, pack_line=four.line), email=CLIENT)
    mailroom.work_off()
    mail.outbox[:] = [each for each in mail.outbox if "Eight-week plan" in each.subject]


def product_for_free(shop: Shop) -> None:
    shelves.sold(shop, shelves.product(shop.tenant, price_minor=0, files=1), email=CLIENT)
    mailroom.work_off()


def product_not_paid(shop: Shop) -> None:
    shelves.ordered(shop, plan(shop), email=CLIENT)
    with later(shop, minutes=32):
        worlds.hear_stripe(shop.stripe)
        mailroom.work_off()


def product_refunded(shop: Shop) -> None:
    mailroom.refunded(shop, bought(shop, plan(shop)), None)


def product_refunded_in_part(shop: Shop) -> None:
    mailroom.refunded(shop, bought(shop, plan(shop)), 2000)


def product_link_asked_for(shop: Shop) -> None:
    order = bought(shop, plan(shop))
    with tenant_context(shop.tenant):
        buying.ask_for_link(order_id=order.pk, now=clock.now())
    mailroom.work_off()


BOTH = ("client", "coach")
HISTORIES: dict[History, tuple[str, ...]] = {
    product_bought: BOTH,
    product_bought_with_terms_and_sessions: BOTH,
    product_for_free: BOTH,
    product_not_paid: ("client",),
    product_refunded: BOTH,
    product_refunded_in_part: BOTH,
    product_link_asked_for: ("client",),
}


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.__name__)
def test_the_mails_of(history: History, shop: Shop) -> None:
    history(shop)
    mailroom.compare(history.__name__, HISTORIES[history])
