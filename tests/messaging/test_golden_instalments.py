"""Mails about what is paid in parts, as their readers see them."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.core import mail
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import Actor
from tenants.billing import cards
from tenants.billing.models import Instalment, SavedCard
from tenants.packs.models import Pack
from tests import worlds
from tests.messaging import mailroom
from tests.messaging.mailroom import CLIENT, History, lesson
from tests.messaging.pack_room import known, offered
from tests.worlds import Shop

PASSED = ExitStack()


@pytest.fixture(autouse=True)
def passed() -> Iterator[None]:
    """Time that passes in a history is over with its test."""
    yield
    PASSED.pop_all().close()


def go_on(shop: Shop, **length: int) -> None:
    PASSED.enter_context(mailroom.later(shop, **length))
    mailroom.work_off()


def in_three(shop: Shop) -> Pack:
    """Cleo has paid the first of three instalments for ten lessons, and read the mails about it."""
    known(shop)
    offer = offered(shop, lesson(shop), instalments=3)
    pack = worlds.buy_pack(shop, offer, email=CLIENT)
    mailroom.work_off()
    mail.outbox.clear()
    return pack


def part(shop: Shop, number: int) -> Instalment:
    with tenant_context(shop.tenant):
        return Instalment.objects.get(number=number)


def until(shop: Shop, number: int, **before: int) -> None:
    """Until so long before the part is due; the mails on the way were read."""
    ahead = part(shop, number).due_at - timedelta(**before) - clock.now()
    go_on(shop, seconds=int(ahead.total_seconds()) + 60)


def card(shop: Shop) -> SavedCard:
    with tenant_context(shop.tenant):
        return SavedCard.objects.get()


def until_due(shop: Shop, number: int = 2) -> None:
    until(shop, number, days=3)
    mail.outbox.clear()
    until(shop, number)


def instalment_upcoming(shop: Shop) -> None:
    in_three(shop)
    until(shop, 2, days=3)


def instalment_paid(shop: Shop) -> None:
    in_three(shop)
    until_due(shop)


def last_instalment_paid(shop: Shop) -> None:
    in_three(shop)
    until_due(shop)
    until_due(shop, 3)


def instalment_refused(shop: Shop) -> None:
    in_three(shop)
    shop.stripe.decline_from_now_on(card(shop).method_id)
    until_due(shop)


def instalment_refused_again(shop: Shop) -> None:
    instalment_refused(shop)
    mail.outbox.clear()
    go_on(shop, days=1, minutes=1)


def instalment_refused_for_good(shop: Shop) -> None:
    in_three(shop)
    shop.stripe.decline_from_now_on(card(shop).method_id, "lost_card")
    until_due(shop)


def instalment_to_be_confirmed(shop: Shop) -> None:
    in_three(shop)
    shop.stripe.decline_from_now_on(card(shop).method_id, "authentication_required")
    until_due(shop)


def instalment_given_up(shop: Shop) -> None:
    instalment_refused_for_good(shop)
    mail.outbox.clear()
    go_on(shop, days=7, minutes=5)


def instalment_paid_after_all(shop: Shop) -> None:
    instalment_given_up(shop)
    mail.outbox.clear()
    shop.stripe.replace_card(card(shop).method_id)
    worlds.hear_stripe(shop.stripe)
    mailroom.work_off()


def with_deposit(shop: Shop, **terms: object) -> None:
    known(shop)
    kind = lesson(shop, price_minor=9000, deposit_minor=2500, **terms)
    mailroom.sold(shop, kind)
    worlds.hear_stripe(shop.stripe)
    mailroom.work_off()
    mail.outbox.clear()


def rest_to_pay_by_link(shop: Shop) -> None:
    with_deposit(shop, rest_by_card=False, rest_due_hours=96)
    until(shop, 2)


def rest_still_open(shop: Shop) -> None:
    rest_to_pay_by_link(shop)
    mail.outbox.clear()
    go_on(shop, days=1, minutes=1)


def rest_paid(shop: Shop) -> None:
    with_deposit(shop, rest_due_hours=96)
    until_due(shop)


def card_removed(shop: Shop) -> None:
    in_three(shop)
    with tenant_context(shop.tenant):
        cards.remove(card_id=card(shop).pk, now=clock.now(), actor=Actor("client", "c"))
    mailroom.work_off()


ONE, BOTH = ("client",), ("client", "coach")
HISTORIES: dict[History, tuple[str, ...]] = {
    instalment_upcoming: ONE,
    instalment_paid: ONE,
    last_instalment_paid: BOTH,
    instalment_refused: BOTH,
    instalment_refused_again: ONE,
    instalment_refused_for_good: BOTH,
    instalment_to_be_confirmed: BOTH,
    instalment_given_up: BOTH,
    instalment_paid_after_all: ("client", "client"),
    rest_to_pay_by_link: ONE,
    rest_still_open: ONE,
    rest_paid: ONE,
    card_removed: ONE,
}


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.__name__)
def test_the_mails_of(history: History, shop: Shop) -> None:
    history(shop)
    mailroom.compare(history.__name__, HISTORIES[history])
