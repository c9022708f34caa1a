"""Mails about one purchase for several people, as their readers see them: one alone reads amounts."""

import pytest
from django.core import mail
from django_tenants.utils import tenant_context

from kit import clock
from tenants.billing.coach_refunds import Because
from tenants.packs.models import PackOffer
from tenants.shop import packs_for, packs_for_refunds
from tenants.shop.models import Order
from tenants.shop.packs_for import Payer, Person
from tests import worlds
from tests.messaging import mailroom
from tests.messaging.mailroom import CLIENT, MIA, History, later, lesson
from tests.messaging.pack_room import ANNA, offered
from tests.paperwork import worlds as papers
from tests.shop import families
from tests.worlds import Shop

CLEO = Payer("Cleo Adler", CLIENT, "Europe/Berlin")
PEOPLE = (Person(is_payer=True), Person("Mia Gold", MIA), Person("Ben Adler"))


def offer_of(shop: Shop) -> PackOffer:
    return offered(shop, lesson(shop))


def packs_bought_for_a_family(shop: Shop) -> None:
    bought(shop, message="See you on court.")


def bought(shop: Shop, **said: object) -> Order:
    order = families.bought(shop, offer_of(shop), PEOPLE, payer=CLEO, **said)
    mailroom.work_off()
    return order


def packs_given_without_a_name(shop: Shop) -> None:
    bought(shop, names_payer=False)
    mail.outbox[:] = [each for each in mail.outbox if each.to == [MIA]]


def packs_offered_by_the_coach(shop: Shop) -> None:
    cleo, offer = papers.client(shop.tenant, email=CLIENT, name="Cleo Adler"), offer_of(shop)
    mail.outbox.clear()
    with tenant_context(shop.tenant):
        packs_for.sell(
            order_id=shop.tenant.pk,
            offer_id=offer.pk,
            payer_id=cleo.pk,
            people=PEOPLE,
            gift=packs_for.Gift(),
            now=clock.now(),
            actor=ANNA,
        )
    mailroom.work_off()


def packs_not_paid(shop: Shop) -> None:
    families.ordered(shop, offer_of(shop), PEOPLE, payer=CLEO)
    with later(shop, hours=3):
        mailroom.work_off()
        worlds.hear_stripe(shop.stripe)
        mailroom.work_off()


def share_refunded(shop: Shop) -> None:
    order = bought(shop)
    mail.outbox.clear()
    with tenant_context(shop.tenant):
        packs_for_refunds.refund_share(
            order=order,
            pack=families.packs(shop, order)[1],
            because=Because.CLIENT_ASKED,
            now=clock.now(),
            actor=ANNA,
        )
    mailroom.work_off()
    worlds.hear_stripe(shop.stripe)
    mailroom.work_off()


HISTORIES: dict[History, tuple[str, ...]] = {
    packs_bought_for_a_family: ("client", "client", "coach", "mia"),
    packs_given_without_a_name: ("mia",),
    packs_offered_by_the_coach: ("client",),
    packs_not_paid: ("client",),
    share_refunded: ("client", "coach", "mia"),
}


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.__name__)
def test_the_mails_of(history: History, shop: Shop) -> None:
    history(shop)
    mailroom.compare(history.__name__, HISTORIES[history])
