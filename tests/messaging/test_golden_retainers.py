"""Mails about retainers, as their readers see them."""

from typing import Any

import pytest
from django.core import mail
from django_tenants.utils import tenant_context

from kit import clock
from tenants.clients.models import Client
from tenants.offers.models import SessionType
from tenants.retainers import pricing, standing, subscribing
from tenants.retainers.models import Retainer
from tenants.scheduling import retainer_bookings
from tenants.scheduling.models import Booking, Cause
from tests import worlds
from tests.billing import owing
from tests.messaging import mailroom, pack_room
from tests.messaging.mailroom import CLIENT, MIA, TUESDAY, History, later, lesson
from tests.messaging.pack_room import ANNA, CLEO, known
from tests.retainers import stack
from tests.worlds import Shop

ASKS_EACH_TIME = "4000002760003184"


def begun(shop: Shop, *, card: str = "4242424242424242", **terms: Any) -> Retainer:
    """Paid by Cleo on Monday 2 June 2031, and she has read the mails about it."""
    known(shop)
    plan = stack.plan(shop, lesson(shop), **terms)
    retainer = stack.begin(shop, plan, email=CLIENT, card=card, authenticate=True)
    mailroom.work_off()
    mail.outbox.clear()
    return retainer


def begun_for_somebody(shop: Shop) -> Retainer:
    """Mia pays by the link that the coach has sent her, and Cleo uses it."""
    cleo, mia = known(shop), known(shop, name="Mia Gold", email=MIA)
    retainer = invited(shop, cleo, mia)
    accepted(shop, retainer)
    return retainer


def invited(shop: Shop, client: Client, payer: Client) -> Retainer:
    plan = stack.plan(shop, lesson(shop))
    with tenant_context(shop.tenant):
        retainer = subscribing.invite(
            plan_id=plan.pk, client_id=client.pk, payer_id=payer.pk, now=clock.now(), actor=ANNA
        )
    mailroom.work_off()
    return retainer


def accepted(shop: Shop, retainer: Retainer) -> None:
    mail.outbox.clear()
    with tenant_context(shop.tenant):
        said = subscribing.agreement(
            text="Four sessions.",
            mandate="Charge my card each month.",
            address="203.0.113.7",
            now=clock.now(),
        )
        subscribing.accept(
            retainer_id=retainer.pk,
            accepted=said,
            links=lambda _: lambda _attempt: worlds.RETURN_PAGES,
            now=clock.now(),
        )
    stack.pay(shop, retainer)
    worlds.hear_stripe(shop.stripe)
    mailroom.work_off()


def time_passes(shop: Shop) -> None:
    worlds.hear_stripe(shop.stripe)
    mailroom.work_off()
    worlds.hear_stripe(shop.stripe)
    mailroom.work_off()


# --- begun ------------------------------------------------------------------------------------------


def retainer_begun(shop: Shop) -> None:
    known(shop)
    stack.begin(shop, stack.plan(shop, lesson(shop)), email=CLIENT)
    mailroom.work_off()


def retainer_offered_to_one(shop: Shop) -> None:
    cleo = known(shop)
    invited(shop, cleo, cleo)


def retainer_begun_for_somebody(shop: Shop) -> None:
    begun_for_somebody(shop)


def retainer_not_paid(shop: Shop) -> None:
    known(shop)
    stack.subscribed(shop, stack.plan(shop, lesson(shop)), email=CLIENT)
    with later(shop, minutes=60):
        time_passes(shop)


# --- told before, and paid --------------------------------------------------------------------------


def retainer_told_before(shop: Shop) -> None:
    """Charged on 29 June, and told on the 22nd."""
    begun(shop)
    with later(shop, days=20):
        mailroom.work_off()


def retainer_renewed(shop: Shop) -> None:
    begun(shop)
    with later(shop, days=20):
        mailroom.work_off()
    mail.outbox.clear()
    with later(shop, days=8):
        pass
    with clock.travel(28 * 86400):
        time_passes(shop)


def retainer_renewed_for_somebody(shop: Shop) -> None:
    begun_for_somebody(shop)
    with clock.travel(20 * 86400):
        mailroom.work_off()
    mail.outbox.clear()
    shop.stripe.advance(28 * 86400)
    with clock.travel(28 * 86400):
        time_passes(shop)


# --- late -------------------------------------------------------------------------------------------


def late(shop: Shop, *, asks: bool = False) -> Retainer:
    """The charge of 29 June is refused; or the bank asks for Cleo, who is not there."""
    retainer = begun(shop, **({"card": ASKS_EACH_TIME} if asks else {}))
    if not asks:
        shop.stripe.decline_from_now_on(owing.card_of(shop).method_id)
    shop.stripe.advance(28 * 86400)
    with clock.travel(20 * 86400):
        mailroom.work_off()
    mail.outbox.clear()
    with clock.travel(28 * 86400):
        time_passes(shop)
    return retainer


def retainer_refused(shop: Shop) -> None:
    late(shop)


def retainer_asks_the_client(shop: Shop) -> None:
    late(shop, asks=True)


def retainer_given_up(shop: Shop) -> None:
    late(shop)
    mail.outbox.clear()
    for day in range(29, 37):
        shop.stripe.advance(86400)
        with clock.travel(day * 86400):
            time_passes(shop)


# --- changed ----------------------------------------------------------------------------------------


def pressed(shop: Shop, retainer: Retainer, press: Any, **said: Any) -> None:
    mail.outbox.clear()
    with tenant_context(shop.tenant):
        press(retainer_id=retainer.pk, now=clock.now(), **{"actor": CLEO, **said})
    mailroom.work_off()


def retainer_paused(shop: Shop) -> None:
    pressed(shop, begun(shop), standing.pause)


def retainer_paused_by_the_coach_for_somebody(shop: Shop) -> None:
    pressed(shop, begun_for_somebody(shop), standing.pause, actor=ANNA)


def retainer_kept_after_all(shop: Shop) -> None:
    retainer = begun(shop)
    pressed(shop, retainer, standing.pause)
    pressed(shop, retainer, standing.keep)


def retainer_resumed(shop: Shop) -> None:
    retainer = begun(shop)
    pressed(shop, retainer, standing.pause)
    shop.stripe.advance(40 * 86400)
    with clock.travel(40 * 86400):
        mailroom.work_off()
        pressed(shop, retainer, standing.resume)
        time_passes(shop)


def retainer_cancelled(shop: Shop) -> None:
    pressed(shop, begun(shop), standing.cancel)


def retainer_ended(shop: Shop) -> None:
    pressed(shop, begun(shop), standing.cancel)
    mail.outbox.clear()
    with later(shop, days=31):
        mailroom.work_off()


def retainer_costs_more(shop: Shop) -> None:
    pressed(shop, begun(shop), pricing.change_price, price_minor=22000, actor=ANNA)


def retainer_refunded_in_part(shop: Shop) -> None:
    worlds.set_free_units(shop.tenant, 0)
    retainer = begun(shop)
    shop.stripe.dashboard_refund(stack.attempts(shop, retainer)[0].stripe_charge_id, 10000)
    time_passes(shop)


def retainer_refunded_for_somebody(shop: Shop) -> None:
    retainer = begun_for_somebody(shop)
    mail.outbox.clear()
    shop.stripe.dashboard_refund(stack.attempts(shop, retainer)[0].stripe_charge_id, None)
    time_passes(shop)


# --- sessions that it pays for ----------------------------------------------------------------------


def booked(shop: Shop) -> Booking:
    """On Tuesday 10 June, within the period that began on the 2nd."""
    retainer = begun(shop)
    with tenant_context(shop.tenant):
        kind = SessionType.objects.get()
    booking = worlds.held(shop.tenant, kind, at=TUESDAY)
    with tenant_context(shop.tenant):
        retainer_bookings.book_with_retainer(
            booking_id=booking.pk,
            client=retainer.client,
            retainer_id=retainer.pk,
            timezone="America/New_York",
            links=lambda _attempt: worlds.RETURN_PAGES,
            now=clock.now(),
        )
    mailroom.work_off()
    return booking


def confirmed_with_a_retainer(shop: Shop) -> None:
    booked(shop)


def cancelled_in_time_with_a_retainer(shop: Shop) -> None:
    pack_room.called_off(shop, booked(shop), Cause.CLIENT, actor=CLEO)


def cancelled_late_with_a_retainer(shop: Shop) -> None:
    booking = booked(shop)
    with later(shop, days=8):
        pack_room.called_off(shop, booking, Cause.CLIENT, actor=CLEO)


BOTH, WITH_MIA = ("client", "coach"), ("client", "coach", "mia")
HISTORIES: dict[History, tuple[str, ...]] = {
    retainer_begun: BOTH,
    retainer_offered_to_one: ("client",),
    retainer_begun_for_somebody: WITH_MIA,
    retainer_not_paid: ("client",),
    retainer_told_before: ("client",),
    retainer_renewed: BOTH,
    retainer_renewed_for_somebody: WITH_MIA,
    retainer_refused: BOTH,
    retainer_asks_the_client: ("client",),
    retainer_given_up: BOTH,
    retainer_paused: BOTH,
    retainer_paused_by_the_coach_for_somebody: WITH_MIA,
    retainer_kept_after_all: BOTH,
    retainer_resumed: BOTH,
    retainer_cancelled: BOTH,
    retainer_ended: BOTH,
    retainer_costs_more: ("client",),
    retainer_refunded_in_part: BOTH,
    retainer_refunded_for_somebody: WITH_MIA,
    confirmed_with_a_retainer: BOTH,
    cancelled_in_time_with_a_retainer: BOTH,
    cancelled_late_with_a_retainer: BOTH,
}


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.__name__)
def test_the_mails_of(history: History, shop: Shop) -> None:
    history(shop)
    mailroom.compare(history.__name__, HISTORIES[history])
