"""Mails about cash and transfers, as their readers see them."""

from typing import Any

import pytest
from django.core import mail
from django_tenants.utils import tenant_context

from kit import clock
from kit.ids import uuid7
from tenants.billing import bank_lines
from tenants.billing.models import BankLine, Charge, Tender
from tenants.packs import selling
from tenants.packs.models import Pack
from tenants.scheduling import desk_bookings
from tenants.scheduling.desk_bookings import Comp, InHand
from tenants.scheduling.models import Booking, Cause
from tests import worlds
from tests.billing import by_hand
from tests.messaging import mailroom, pack_room
from tests.messaging.mailroom import TUESDAY, History, lesson
from tests.messaging.pack_room import ANNA, known, offered
from tests.worlds import Shop


def owed(shop: Shop) -> Charge:
    """Cleo has a pack and owes 450.00; she was told so."""
    offer, client = offered(shop, lesson(shop)), known(shop)
    with tenant_context(shop.tenant):
        pack = selling.sell(offer_id=offer.pk, client_id=client.pk, now=clock.now(), actor=ANNA)
    mailroom.work_off()
    mail.outbox.clear()
    return by_hand.charge_of(shop.tenant, pack.pk)


def received_in_part(shop: Shop) -> None:
    by_hand.record(shop.tenant, owed(shop), 20000, reference="from her mother")
    mailroom.work_off()


def received_whole(shop: Shop) -> None:
    by_hand.record(shop.tenant, owed(shop), 45000, tender=Tender.TRANSFER)
    mailroom.work_off()


def received_by_a_line_of_the_bank(shop: Shop) -> None:
    charge = owed(shop)
    data = b"Date;Name;Reference;Amount\n2031-05-30;Cleo Bright;ten lessons;450,00\n"
    with tenant_context(shop.tenant):
        bank_lines.take_in(data=data, now=clock.now(), actor=ANNA)
        part = bank_lines.Part(charge.pk, 45000)
        bank_lines.accept(line_id=BankLine.objects.get().pk, parts=[part], now=clock.now(), actor=ANNA)
    mailroom.work_off()


def payment_given_back(shop: Shop) -> None:
    charge = owed(shop)
    by_hand.record(shop.tenant, charge, 45000)
    mailroom.work_off()
    mail.outbox.clear()
    by_hand.give_back(shop.tenant, charge, 9000)
    mailroom.work_off()
    mail.outbox[:] = [message for message in mail.outbox if "Given back" in message.subject]


def payment_taken_back(shop: Shop) -> None:
    payment = by_hand.record(shop.tenant, owed(shop), 45000)
    mailroom.work_off()
    mail.outbox.clear()
    by_hand.take_back(shop.tenant, payment, "Dev's, not hers")
    mailroom.work_off()


def booked(shop: Shop, by: InHand | Comp, **fields: Any) -> None:
    kind, client = lesson(shop, **fields), known(shop)
    with tenant_context(shop.tenant):
        desk_bookings.book(
            client_id=client.pk,
            slug=kind.slug,
            starts_at=TUESDAY,
            by=by,
            key=uuid7(),
            now=clock.now(),
            actor=ANNA,
        )
    mailroom.work_off()


def booked_for_cash(shop: Shop) -> None:
    booked(shop, InHand(Tender.CASH, 4500, received_on=clock.now().date()))


def booked_for_a_part(shop: Shop) -> None:
    booked(shop, InHand(Tender.TRANSFER, 2000, received_on=clock.now().date()))


def booked_as_a_gift(shop: Shop) -> None:
    booked(shop, Comp("her birthday"))


def called_off_after_cash(shop: Shop) -> None:
    booked_for_cash(shop)
    with tenant_context(shop.tenant):
        booking = Booking.objects.get()
    pack_room.called_off(shop, booking, Cause.COACH)


CLIENT, BOTH = ("client",), ("client", "coach")
HISTORIES: dict[History, tuple[str, ...]] = {
    received_in_part: CLIENT,
    received_whole: CLIENT,
    received_by_a_line_of_the_bank: BOTH,
    payment_given_back: CLIENT,
    payment_taken_back: CLIENT,
    booked_for_cash: BOTH,
    booked_for_a_part: BOTH,
    booked_as_a_gift: BOTH,
    called_off_after_cash: BOTH,
}


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.__name__)
def test_the_mails_of(history: History, shop: Shop) -> None:
    history(shop)
    mailroom.compare(history.__name__, HISTORIES[history])


def test_what_was_taken_back_before_it_was_told_is_not_told(shop: Shop) -> None:
    payment = by_hand.record(shop.tenant, owed(shop), 45000)
    by_hand.take_back(shop.tenant, payment)
    mailroom.work_off()
    assert [message.subject for message in mail.outbox] == ["Corrected: €450.00 for Ten lessons"]


def test_a_pack_that_is_paid_by_card_is_told_of_as_before(shop: Shop) -> None:
    charge = owed(shop)
    with tenant_context(shop.tenant):
        selling.pay(
            pack_id=charge.reference, links=lambda _: lambda _attempt: worlds.RETURN_PAGES, now=clock.now()
        )
    worlds.pay(shop, Pack(pk=charge.reference))
    worlds.hear_stripe(shop.stripe)
    mailroom.work_off()
    assert sorted(message.subject for message in mail.outbox) == [
        "Paid: Ten lessons",
        "Paid: Ten lessons, Cleo Bright",
    ]
