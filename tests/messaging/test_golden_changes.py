"""Mails about sessions that are asked for, paid with a pack, moved or called off, as readers see them."""

from datetime import date, timedelta

import pytest
from django.core import mail
from django_tenants.utils import tenant_context

from kit import clock
from tenants.billing.models import SavedCard
from tenants.offers.models import SessionType
from tenants.packs.models import PackOffer
from tenants.scheduling import answers, cancelling
from tenants.scheduling.models import Booking, Cause
from tenants.scheduling.series import weekly
from tests import worlds
from tests.messaging import mailroom, pack_room
from tests.messaging.mailroom import TUESDAY, History, asked, later, lesson, settled, sold
from tests.messaging.pack_room import ANNA, CLEO, COURT, booked, bought, called_off, moved, offered
from tests.worlds import Shop


def in_person(shop: Shop, **fields: object) -> SessionType:
    return lesson(shop, place="in_person", place_detail="Court 4, Hauptstrasse 12, Berlin", **fields)


# --- confirmed --------------------------------------------------------------------------------------


def confirmed_with_a_unit(shop: Shop) -> None:
    kind = lesson(shop)
    booked(shop, bought(shop, offered(shop, kind)), kind)


def confirmed_with_a_unit_and_extras(shop: Shop) -> None:
    kind = in_person(shop, extras=[COURT])
    booked(shop, bought(shop, offered(shop, kind)), kind)


def confirmed_with_extras(shop: Shop) -> None:
    sold(shop, in_person(shop, extras=[COURT]))


def confirmed_with_a_gift(shop: Shop) -> None:
    kind = lesson(shop)
    pack = pack_room.given(shop, offered(shop, kind))
    mail.outbox.clear()
    booked(shop, pack, kind)


# --- several in one go ------------------------------------------------------------------------------

TUESDAYS = weekly(TUESDAY.date(), count=3)


def several_in_one_go(shop: Shop) -> None:
    kind = lesson(shop)
    pack = bought(shop, offered(shop, kind))
    pack_room.in_one_go(shop, pack.client, kind, TUESDAYS)


def several_with_two_packs(shop: Shop) -> None:
    """By the coach, over the end of summer time in Europe, which New York sees a week later."""
    kind = lesson(shop)
    trial = offered(shop, kind, name="Two to try", units=2, valid_months=5, cancel_window_hours=48)
    pack = bought(shop, offered(shop, kind))
    bought(shop, trial)
    days = weekly(date(2031, 10, 21), count=3)
    pack_room.in_one_go(shop, pack.client, kind, days, actor=ANNA)
    mail.outbox[:] = [message for message in mail.outbox if "3 times" in message.subject]


def several_for_free(shop: Shop) -> None:
    talk = lesson(shop, name="Talk", price_minor=0)
    pack_room.in_one_go(shop, pack_room.known(shop), talk, TUESDAYS)


# --- asked for --------------------------------------------------------------------------------------


def on_request(shop: Shop, **fields: object) -> SessionType:
    return lesson(shop, needs_approval=True, answer_within_hours=24, **fields)


def requested_with_a_card(shop: Shop) -> Booking:
    booking = asked(shop, on_request(shop))
    worlds.pay(shop, booking)
    settled(shop, booking)
    return booking


def requested_without_money(shop: Shop) -> Booking:
    booking = asked(shop, on_request(shop, price_minor=0), message="Could we play doubles?")
    mailroom.work_off()
    return booking


def requested_with_a_unit(shop: Shop) -> None:
    kind = on_request(shop)
    booked(shop, bought(shop, offered(shop, kind)), kind)


def request_accepted(shop: Shop) -> None:
    booking = requested_with_a_card(shop)
    mail.outbox.clear()
    with tenant_context(shop.tenant):
        answers.accept(booking_id=booking.pk, now=clock.now(), actor=ANNA)
    mailroom.work_off()


def request_declined(shop: Shop) -> None:
    booking = requested_with_a_card(shop)
    mail.outbox.clear()
    with tenant_context(shop.tenant):
        answers.decline(booking_id=booking.pk, now=clock.now(), actor=ANNA)
    mailroom.work_off()


def request_declined_without_money(shop: Shop) -> None:
    booking = requested_without_money(shop)
    mail.outbox.clear()
    with tenant_context(shop.tenant):
        answers.decline(booking_id=booking.pk, now=clock.now(), actor=ANNA)
    mailroom.work_off()


def request_unanswered(shop: Shop) -> None:
    requested_with_a_card(shop)
    mail.outbox.clear()
    with later(shop, hours=25):
        mailroom.work_off()


def request_withdrawn(shop: Shop) -> None:
    booking = requested_with_a_card(shop)
    mail.outbox.clear()
    with tenant_context(shop.tenant):
        answers.withdraw(booking_id=booking.pk, now=clock.now(), actor=CLEO)
    mailroom.work_off()


# --- moved ------------------------------------------------------------------------------------------


def moved_by_the_client(shop: Shop) -> None:
    moved(shop, sold(shop, lesson(shop)), TUESDAY + timedelta(days=1), by=CLEO)


def moved_free(shop: Shop) -> None:
    booking = asked(shop, lesson(shop, price_minor=0))
    mailroom.work_off()
    moved(shop, booking, TUESDAY + timedelta(hours=1), by=CLEO)


def moved_by_the_coach(shop: Shop) -> None:
    kind = in_person(shop)
    booking = booked(shop, bought(shop, offered(shop, kind)), kind)
    moved(shop, booking, TUESDAY + timedelta(days=1), by=ANNA)


# --- called off -------------------------------------------------------------------------------------


def with_a_unit(shop: Shop) -> tuple[PackOffer, Booking]:
    kind = lesson(shop)
    offer = offered(shop, kind)
    return offer, booked(shop, bought(shop, offer), kind)


def cancelled_in_time_with_a_unit(shop: Shop) -> None:
    called_off(shop, with_a_unit(shop)[1], Cause.CLIENT, actor=CLEO)


def cancelled_in_time_with_a_card(shop: Shop) -> None:
    worlds.set_free_units(shop.tenant, 0)
    called_off(shop, sold(shop, lesson(shop)), Cause.CLIENT, actor=CLEO)


def cancelled_late_with_a_unit(shop: Shop) -> None:
    booking = with_a_unit(shop)[1]
    with later(shop, days=8, hours=1):
        called_off(shop, booking, Cause.CLIENT, actor=CLEO)


def cancelled_late_with_a_card(shop: Shop) -> None:
    booking = sold(shop, lesson(shop))
    with later(shop, days=8, hours=1):
        called_off(shop, booking, Cause.CLIENT, actor=CLEO)


def cancelled_free(shop: Shop) -> None:
    booking = asked(shop, lesson(shop, price_minor=0))
    mailroom.work_off()
    called_off(shop, booking, Cause.CLIENT, actor=CLEO)


def cancelled_by_the_coach(shop: Shop) -> None:
    called_off(shop, with_a_unit(shop)[1], Cause.COACH)


def called_off_for_weather(shop: Shop) -> None:
    kind = in_person(shop, extras=[COURT])
    booking = booked(shop, bought(shop, offered(shop, kind)), kind)
    called_off(shop, booking, Cause.WEATHER)


def called_off_with_a_note(shop: Shop) -> None:
    called_off(shop, with_a_unit(shop)[1], Cause.WEATHER, waived="Court closed.")


def new_time_declined(shop: Shop) -> None:
    booking = sold(shop, lesson(shop))
    moved(shop, booking, TUESDAY + timedelta(days=1), by=ANNA)
    called_off(shop, booking, Cause.DECLINED_MOVE, actor=CLEO)


def no_show_waived(shop: Shop) -> None:
    booking = with_a_unit(shop)[1]
    with later(shop, days=9):
        called_off(shop, booking, Cause.NO_SHOW, waived="She was in hospital.")


def late_cancellation_waived_later(shop: Shop) -> None:
    booking = with_a_unit(shop)[1]
    with later(shop, days=8, hours=1):
        called_off(shop, booking, Cause.CLIENT, actor=CLEO)
    mail.outbox.clear()
    with later(shop, days=8, hours=2):
        with tenant_context(shop.tenant):
            cancelling.waive(booking_id=booking.pk, because="She was ill.", now=clock.now(), actor=ANNA)
        with later(shop, seconds=61):
            mailroom.work_off()


def cancelled_as_its_rest_was_not_paid(shop: Shop) -> None:
    kind = lesson(shop, price_minor=6000, deposit_minor=2000, rest_due_hours=96, if_rest_fails="cancel")
    sold(shop, kind)
    with tenant_context(shop.tenant):
        shop.stripe.decline_from_now_on(SavedCard.objects.get().method_id, "lost_card")
    for day in (5, 6):
        mail.outbox.clear()
        with later(shop, days=day, hours=2):
            mailroom.work_off()


def refund_refused(shop: Shop) -> None:
    booking = sold(shop, lesson(shop))
    shop.stripe.disconnect(shop.account_id)
    called_off(shop, booking, Cause.CLIENT, actor=CLEO)
    mail.outbox[:] = [message for message in mail.outbox if "Refund" in message.subject]


BOTH = ("client", "coach")
HISTORIES: dict[History, tuple[str, ...]] = {
    confirmed_with_a_unit: BOTH,
    confirmed_with_a_unit_and_extras: BOTH,
    confirmed_with_extras: BOTH,
    confirmed_with_a_gift: BOTH,
    several_in_one_go: BOTH,
    several_with_two_packs: BOTH,
    several_for_free: BOTH,
    requested_with_a_card: BOTH,
    requested_without_money: BOTH,
    requested_with_a_unit: BOTH,
    request_accepted: BOTH,
    request_declined: ("client",),
    request_declined_without_money: ("client",),
    request_unanswered: BOTH,
    request_withdrawn: BOTH,
    moved_by_the_client: BOTH,
    moved_free: BOTH,
    moved_by_the_coach: BOTH,
    cancelled_in_time_with_a_unit: BOTH,
    cancelled_in_time_with_a_card: BOTH,
    cancelled_late_with_a_unit: BOTH,
    cancelled_late_with_a_card: BOTH,
    cancelled_free: BOTH,
    cancelled_by_the_coach: BOTH,
    called_off_for_weather: BOTH,
    called_off_with_a_note: BOTH,
    new_time_declined: BOTH,
    no_show_waived: BOTH,
    late_cancellation_waived_later: BOTH,
    cancelled_as_its_rest_was_not_paid: BOTH,
    refund_refused: BOTH,
}


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.__name__)
def test_the_mails_of(history: History, shop: Shop) -> None:
    history(shop)
    mailroom.compare(history.__name__, HISTORIES[history])
