"""Mails to the coach about disputes, questions of banks and warnings, of which the client gets none; and a
refund by the coach, of which both are told."""

import pytest
from django.core import mail
from django_tenants.utils import tenant_context

from kit import clock
from kit.ids import uuid7
from tenants.billing import coach_refunds
from tenants.billing.models import PaymentAttempt
from tests import worlds
from tests.messaging import mailroom
from tests.messaging.mailroom import History, lesson, sold
from tests.messaging.pack_room import ANNA
from tests.worlds import Shop


def paid(shop: Shop) -> str:
    """A lesson of next week; Stripe's name of its charge."""
    worlds.set_free_units(shop.tenant, 0)
    booking = sold(shop, lesson(shop))
    mail.outbox.clear()
    return worlds.attempt_for(shop.tenant, booking).stripe_charge_id


def heard(shop: Shop) -> None:
    worlds.hear_stripe(shop.stripe)
    mailroom.work_off()


def disputed(shop: Shop) -> str:
    name = shop.stripe.open_dispute(paid(shop), reason="product_not_received")
    heard(shop)
    return name


def dispute_opened(shop: Shop) -> None:
    disputed(shop)


def dispute_asked(shop: Shop) -> None:
    shop.stripe.open_dispute(paid(shop), kind="inquiry", reason="unrecognized")
    heard(shop)


def dispute_won(shop: Shop) -> None:
    name = disputed(shop)
    mail.outbox.clear()
    shop.stripe.win_dispute(name)
    heard(shop)


def dispute_lost(shop: Shop) -> None:
    name = disputed(shop)
    mail.outbox.clear()
    shop.stripe.lose_dispute(name)
    heard(shop)


def dispute_asked_and_content(shop: Shop) -> None:
    name = shop.stripe.open_dispute(paid(shop), kind="inquiry", reason="unrecognized")
    heard(shop)
    mail.outbox.clear()
    shop.stripe.win_dispute(name)
    heard(shop)


def payment_warned(shop: Shop) -> None:
    shop.stripe.warn_of_fraud(paid(shop))
    heard(shop)


def refunded_by_the_coach(shop: Shop) -> None:
    """All of it, of a session that is still to come and stays."""
    worlds.set_free_units(shop.tenant, 0)
    booking = sold(shop, lesson(shop))
    mail.outbox.clear()
    with tenant_context(shop.tenant):
        attempt = PaymentAttempt.objects.select_related("charge").get(charge__reference=booking.pk)
        coach_refunds.refund(
            attempt_id=attempt.pk,
            amount_minor=None,
            because=coach_refunds.Because.GOODWILL,
            shown=coach_refunds.facts_of(attempt=attempt).preview().fingerprint,
            reference=uuid7(),
            now=clock.now(),
            actor=ANNA,
        )
    mailroom.work_off()


HISTORIES: tuple[History, ...] = (
    dispute_opened,
    dispute_asked,
    dispute_won,
    dispute_lost,
    dispute_asked_and_content,
    payment_warned,
)


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.__name__)
def test_the_mails_of(history: History, shop: Shop) -> None:
    history(shop)
    mailroom.compare(history.__name__, ("coach",))


def test_a_refund_by_the_coach_is_told_to_both(shop: Shop) -> None:
    refunded_by_the_coach(shop)
    mailroom.compare("refunded_by_the_coach", ("client", "coach"))
