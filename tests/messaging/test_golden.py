"""Every mail as its reader sees it. After a wanted change: GOLDEN=write, and read the difference."""

import pytest
from django.core import mail
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import SYSTEM
from payouts.models import Payout
from tenants.registry import moving, standing
from tenants.registry.models import Tenant, TenantStatus
from tests import worlds
from tests.console import OLGA
from tests.messaging import mailroom
from tests.messaging.mailroom import (
    History,
    asked,
    later,
    lesson,
    lost,
    refunded,
    settled,
    sold,
)
from tests.worlds import Shop


def confirmed_online(shop: Shop) -> None:
    sold(shop, lesson(shop), message="My backhand is weak.\nCan we start there?")


def confirmed_in_person_with_fee(shop: Shop) -> None:
    worlds.set_free_units(shop.tenant, 0)
    sold(shop, lesson(shop, place="in_person", place_detail="Court 4, Hauptstrasse 12, Berlin"))


def confirmed_free(shop: Shop) -> None:
    asked(shop, lesson(shop, name="First talk", price_minor=0, place="phone", place_detail=""))
    mailroom.work_off()


def confirmed_with_a_deposit(shop: Shop) -> None:
    """The rest is charged to the card a day before the session."""
    worlds.set_free_units(shop.tenant, 0)
    sold(shop, lesson(shop, price_minor=6000, deposit_minor=2000, rest_due_hours=24))


def confirmed_with_a_deposit_by_link(shop: Shop) -> None:
    sold(shop, lesson(shop, price_minor=6000, deposit_bp=5000, rest_due_hours=0, rest_by_card=False))


def released_hold_lapsed(shop: Shop) -> None:
    """Stripe could not be asked, so the hold ran out before the page was known to be closed."""
    booking = asked(shop, lesson(shop))
    shop.stripe.fail_next("GET .*", "500", count=50)
    with later(shop, minutes=42):
        mailroom.work_off()
        shop.stripe.clear_faults()
    assert worlds.reread(shop.tenant, booking).ended_reason == "hold_lapsed"


def released_payment_abandoned(shop: Shop) -> None:
    booking = asked(shop, lesson(shop))
    with later(shop, minutes=32):
        settled(shop, booking)


def released_payment_failed(shop: Shop) -> None:
    booking = asked(shop, lesson(shop))
    worlds.pay(shop, booking)
    shop.stripe.fail_next("POST .*/capture", "refused", code="charge_expired_for_capture")
    settled(shop, booking)


def released_payment_released(shop: Shop) -> None:
    booking = asked(shop, lesson(shop))
    worlds.pay(shop, booking)
    lost(shop, booking)
    settled(shop, booking)


def released_cancelled_at_stripe(shop: Shop) -> None:
    booking = asked(shop, lesson(shop))
    shop.stripe.dashboard_cancel(worlds.pay(shop, booking).intent_id)
    settled(shop, booking)


def released_payment_unreachable(shop: Shop) -> None:
    booking = asked(shop, lesson(shop))
    worlds.pay(shop, booking)
    shop.stripe.disconnect(shop.account_id)
    settled(shop, booking)


def cancelled(shop: Shop) -> None:
    worlds.set_free_units(shop.tenant, 0)
    booking = sold(shop, lesson(shop))
    mail.outbox.clear()
    refunded(shop, booking, None)


def refunded_in_two_parts(shop: Shop) -> None:
    worlds.set_free_units(shop.tenant, 0)
    booking = sold(shop, lesson(shop))
    refunded(shop, booking, 1000)
    mail.outbox.clear()
    refunded(shop, booking, 500)


def refunded_after_the_start(shop: Shop) -> None:
    booking = sold(shop, lesson(shop))
    mail.outbox.clear()
    with later(shop, days=9):
        refunded(shop, booking, None)


def refunded_as_unwanted(shop: Shop) -> None:
    """Captured in Stripe's dashboard for a time that was gone."""
    booking = asked(shop, lesson(shop))
    paid = worlds.pay(shop, booking)
    lost(shop, booking)
    shop.stripe.dashboard_capture(paid.intent_id)
    settled(shop, booking)


def stripe_restricted(shop: Shop) -> None:
    shop.stripe.restrict(shop.account_id)
    mailroom.stripe_says(shop, "stripe.restricted")


def stripe_disconnected(shop: Shop) -> None:
    shop.stripe.disconnect(shop.account_id)
    mailroom.stripe_says(shop, "stripe.disconnected")


def practice_suspended(shop: Shop) -> None:
    standing.suspend(
        schema_name=shop.tenant.schema_name,
        reason="Several clients tell us that sessions did not take place.",
        now=clock.now(),
        actor=OLGA,
    )
    mailroom.work_off()


def practice_reopened(shop: Shop) -> None:
    practice_suspended(shop)
    mail.outbox.clear()
    standing.reopen(
        schema_name=shop.tenant.schema_name,
        reason="The sessions have been made up for.",
        now=clock.now(),
        actor=OLGA,
    )
    mailroom.work_off()


def practice_arrived(shop: Shop) -> None:
    """It is packed, and opened where it was restored, by the word that was told when it left."""
    schema_name = shop.tenant.schema_name
    moving.begin(schema_name=schema_name, to="https://anna.other.example", now=clock.now(), actor=SYSTEM)
    mailroom.work_off()
    with later(shop, minutes=1):
        moving.pack(schema_name=schema_name, now=clock.now())
        _, word = moving.finish(schema_name=schema_name, to="https://anna.other.example", now=clock.now())
        mailroom.work_off()
        assert mail.outbox == []
        Tenant.objects.filter(schema_name=schema_name).update(status=TenantStatus.ARRIVING)
        moving.arrive(schema_name=schema_name, word=word, now=clock.now(), actor=SYSTEM)
        mailroom.work_off()


def payout_failed(shop: Shop) -> None:
    sold(shop, lesson(shop))
    with later(shop, days=4):
        worlds.hear_stripe(shop.stripe)
        mailroom.work_off()
        with tenant_context(shop.tenant):
            payout = Payout.objects.get()
        mail.outbox.clear()
        shop.stripe.fail_payout(payout.payout_id, "account_closed")
        worlds.hear_stripe(shop.stripe)
        mailroom.work_off()


def fees_stated(shop: Shop) -> None:
    """A lesson was paid this month, and half of it refunded."""
    worlds.set_free_units(shop.tenant, 0)
    refunded(shop, sold(shop, lesson(shop)), 2250)
    mail.outbox.clear()
    with later(shop, days=33):
        mailroom.work_off()
    mail.outbox[:] = [each for each in mail.outbox if "platform fees" in each.subject]


BOTH = ("client", "coach")
HISTORIES: dict[History, tuple[str, ...]] = {
    confirmed_online: BOTH,
    confirmed_in_person_with_fee: BOTH,
    confirmed_free: BOTH,
    confirmed_with_a_deposit: BOTH,
    confirmed_with_a_deposit_by_link: BOTH,
    released_hold_lapsed: ("client",),
    released_payment_abandoned: ("client",),
    released_payment_failed: ("client",),
    released_payment_released: ("client",),
    released_cancelled_at_stripe: ("client",),
    released_payment_unreachable: BOTH,
    cancelled: BOTH,
    refunded_in_two_parts: BOTH,
    refunded_after_the_start: BOTH,
    refunded_as_unwanted: BOTH,
    stripe_restricted: ("coach",),
    stripe_disconnected: ("coach",),
    payout_failed: ("coach",),
    fees_stated: ("coach",),
    practice_suspended: ("coach",),
    practice_reopened: ("coach",),
    practice_arrived: ("coach",),
}


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.__name__)
def test_the_mails_of(history: History, shop: Shop) -> None:
    history(shop)
    mailroom.compare(history.__name__, HISTORIES[history])
