"""Orders that wait for papers: after a week they are off, and who ordered is told so."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django_tenants.utils import tenant_context

from kit import clock
from tenants.billing.checkout import AlreadyPaid
from tenants.packs import selling
from tenants.packs.models import Pack, PackOffer
from tenants.paperwork.models import ClientPaper
from tenants.retainers import plans, subscribing
from tenants.retainers.models import Retainer
from tenants.shop import packs_for
from tenants.shop.models import Order
from tests import worlds
from tests.messaging import mailroom
from tests.messaging.mailroom import CLIENT, History, later, lesson
from tests.messaging.pack_room import ANNA, offered
from tests.messaging.test_golden_packs_for import CLEO, PEOPLE
from tests.paperwork import worlds as papers
from tests.shop import families
from tests.worlds import Shop

AGREED = {"text": "Ten.", "sha256": "x", "browser": "cleos"}
WEEK = timedelta(days=7)


@contextmanager
def after(shop: Shop, length: timedelta) -> Iterator[None]:
    seconds = int(length.total_seconds())
    with clock.travel(seconds):
        mailroom.work_off()
        yield


def required(shop: Shop) -> list[str]:
    return [str(papers.agreement(shop.tenant).line)]


def pages(_thing: Any) -> Any:
    return lambda _attempt: worlds.RETURN_PAGES


def pack_ordered(shop: Shop, offer: PackOffer | None = None) -> Pack:
    offer = offer or offered(shop, lesson(shop), requires=required(shop))
    with tenant_context(shop.tenant):
        who: dict[str, Any] = {
            "name": "Cleo Adler",
            "email": CLIENT,
            "phone": "",
            "timezone": "Europe/Berlin",
        }
        selling.buy(slug=offer.slug, **who, accepted=AGREED, links=pages, now=clock.now())
        return Pack.objects.latest("bought_at")


def retainer_ordered(shop: Shop) -> Retainer:
    kind = lesson(shop)
    terms: dict[str, Any] = {"every": "month", "included": 4, "covers": {str(kind.pk): 1}}
    with tenant_context(shop.tenant):
        made = plans.offer(
            name="Monthly", price_minor=16000, requires=required(shop), **terms, now=clock.now()
        )
        subscribing.subscribe(
            slug=made.slug,
            name="Cleo Adler",
            email=CLIENT,
            phone="",
            timezone="Europe/Berlin",
            accepted=subscribing.agreement(text="T", mandate="M", address="", now=clock.now()),
            links=pages,
            now=clock.now(),
        )
        return Retainer.objects.get()


def family_ordered(shop: Shop) -> Order:
    offer = offered(shop, lesson(shop), requires=required(shop))
    order, pay_at = families.ordered(shop, offer, PEOPLE, payer=CLEO)
    assert pay_at == ""
    mailroom.work_off()
    mail.outbox.clear()
    return order


def pack_never_signed(shop: Shop) -> None:
    pack_ordered(shop)
    with after(shop, WEEK):
        pass


def packs_never_signed(shop: Shop) -> None:
    family_ordered(shop)
    with after(shop, WEEK):
        pass


def retainer_never_signed(shop: Shop) -> None:
    retainer_ordered(shop)
    with after(shop, WEEK):
        pass


HISTORIES: list[History] = [pack_never_signed, packs_never_signed, retainer_never_signed]


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.__name__)
def test_the_mails_of(history: History, shop: Shop) -> None:
    history(shop)
    mailroom.compare(history.__name__, ("client",))
    with tenant_context(shop.tenant):
        rows: list[Any] = [*Pack.objects.all(), *Order.objects.all(), *Retainer.objects.all()]
        assert [row.status for row in rows] == ["void"]
        assert set(ClientPaper.objects.values_list("status", flat=True)) == {"withdrawn"}
        assert not worlds.PaymentAttempt.objects.exists()


@pytest.mark.parametrize("order", [pack_ordered, family_ordered, retainer_ordered])
def test_before_the_week_is_over_nothing_is_off(shop: Shop, order: Any) -> None:
    made = order(shop)
    with after(shop, WEEK - timedelta(minutes=1)), tenant_context(shop.tenant):
        assert type(made).objects.get(pk=made.pk).status == "pending"
    assert mail.outbox == []


def test_who_is_at_the_card_page_is_not_thrown_out(shop: Shop) -> None:
    pack = pack_ordered(shop)
    with tenant_context(shop.tenant):
        given = ClientPaper.objects.get()
    papers.accepted(shop.tenant, given)
    with later(shop, days=6, hours=23, minutes=55), tenant_context(shop.tenant):
        selling.pay(pack_id=pack.pk, links=pages, now=clock.now())
    with after(shop, WEEK + timedelta(minutes=1)):
        assert worlds.reread_pack(shop.tenant, pack).status == "pending"


def test_what_was_paid_in_time_is_not_off(shop: Shop) -> None:
    pack = pack_ordered(shop)
    with tenant_context(shop.tenant):
        given = ClientPaper.objects.get()
    papers.accepted(shop.tenant, given)
    with tenant_context(shop.tenant):
        selling.pay(pack_id=pack.pk, links=pages, now=clock.now())
    worlds.pay(shop, pack)
    worlds.hear_stripe(shop.stripe)
    with after(shop, WEEK):
        assert worlds.reread_pack(shop.tenant, pack).status == "active"
        with tenant_context(shop.tenant), pytest.raises(AlreadyPaid):
            selling.pay(pack_id=pack.pk, links=pages, now=clock.now())


def test_what_the_coach_has_set_up_waits_on(shop: Shop) -> None:
    offer = offered(shop, lesson(shop), requires=required(shop))
    payer = papers.client(shop.tenant, email=CLIENT)
    with tenant_context(shop.tenant):
        order = packs_for.sell(
            order_id=shop.tenant.pk,
            offer_id=offer.pk,
            payer_id=payer.pk,
            people=PEOPLE,
            gift=packs_for.Gift(),
            now=clock.now(),
            actor=ANNA,
        )
    with after(shop, WEEK * 3):
        assert families.reread(shop, order).status == "pending"


def test_off_it_can_be_ordered_anew(shop: Shop) -> None:
    offer = offered(shop, lesson(shop), requires=required(shop))
    first = pack_ordered(shop, offer)
    with after(shop, WEEK):
        again = pack_ordered(shop, offer)
        assert again.pk != first.pk
        with tenant_context(shop.tenant), pytest.raises(selling.OrderEnded):
            selling.pay(pack_id=first.pk, links=pages, now=clock.now())
