"""Mails about packs, as their readers see them."""

from datetime import date

import pytest
from django.core import mail
from django.db import transaction
from django_tenants.utils import tenant_context

from kit import clock
from tenants.packs import expiry, link_requests, removals, selling
from tenants.packs.models import Pack
from tenants.scheduling import closing, pack_bookings
from tests import worlds
from tests.messaging import mailroom, pack_room
from tests.messaging.mailroom import CLIENT, TUESDAY, History, later, lesson, settled
from tests.messaging.pack_room import ANNA, bought, known, offered, passed_on, used
from tests.worlds import Shop

# --- sold -------------------------------------------------------------------------------------------


def pack_bought(shop: Shop) -> None:
    known(shop)
    worlds.buy_pack(shop, offered(shop, lesson(shop)), email=CLIENT)
    mailroom.work_off()


def pack_bought_for_somebody(shop: Shop) -> None:
    pack_room.given(shop, offered(shop, lesson(shop)))


def ordered_with_a_session(shop: Shop, **fields: object) -> Pack:
    kind = lesson(shop, **fields)
    offer, booking = offered(shop, kind), worlds.held(shop.tenant, kind, at=TUESDAY)
    with tenant_context(shop.tenant):
        pack_bookings.book_and_buy(
            booking_id=booking.pk,
            offer=offer,
            accepted=selling.agreement(text="Ten sessions.", address="203.0.113.7", now=clock.now()),
            name="Cleo Bright",
            email=CLIENT,
            phone="",
            message="",
            timezone="America/New_York",
            links=lambda _attempt: worlds.RETURN_PAGES,
            now=clock.now(),
        )
        return Pack.objects.select_related("offer").get(first_booking=booking.pk)


def pack_bought_with_a_session(shop: Shop, **fields: object) -> None:
    worlds.pay(shop, ordered_with_a_session(shop, **fields))
    worlds.hear_stripe(shop.stripe)
    mailroom.work_off()


def sold_unpaid(shop: Shop, **terms: object) -> Pack:
    offer, client = offered(shop, lesson(shop), **terms), known(shop)
    with tenant_context(shop.tenant):
        pack = selling.sell(offer_id=offer.pk, client_id=client.pk, now=clock.now(), actor=ANNA)
    mailroom.work_off()
    return pack


def pack_sold_by_the_coach(shop: Shop) -> None:
    sold_unpaid(shop, unpaid="some", unpaid_units=2)


def pack_paid_later(shop: Shop) -> None:
    pack = sold_unpaid(shop)
    mail.outbox.clear()
    with tenant_context(shop.tenant):
        selling.pay(pack_id=pack.pk, links=lambda _: lambda _attempt: worlds.RETURN_PAGES, now=clock.now())
    worlds.pay(shop, pack)
    worlds.hear_stripe(shop.stripe)
    mailroom.work_off()


def pack_not_paid(shop: Shop) -> None:
    known(shop)
    pack = worlds.ordered_pack(shop, offered(shop, lesson(shop)), email=CLIENT)
    with later(shop, minutes=60):
        settled(shop, pack)


def pack_and_session_not_paid(shop: Shop) -> None:
    """One mail about both, from the session that they were ordered with."""
    pack = ordered_with_a_session(shop)
    with later(shop, minutes=60):
        settled(shop, pack)


def links_asked_for(shop: Shop) -> None:
    kind = lesson(shop)
    bought(shop, offered(shop, kind))
    bought(shop, offered(shop, kind, name="Two to try", units=2))
    with tenant_context(shop.tenant):
        link_requests.ask_for_links(email=CLIENT.upper(), now=clock.now())
    mailroom.work_off()


# --- nearly used up, or nearly over -----------------------------------------------------------------


def two_left(shop: Shop) -> None:
    kind = lesson(shop)
    pack = bought(shop, offered(shop, kind, units=3, price_minor=15000))
    pack_room.booked(shop, pack, kind)
    mail.outbox[:] = [message for message in mail.outbox if "left" in message.subject]


def one_left(shop: Shop) -> None:
    kind = lesson(shop)
    pack = bought(shop, offered(shop, kind, units=3, price_minor=15000))
    used(shop, pack, kind, 1)
    pack_room.booked(shop, pack, kind)
    mail.outbox[:] = [message for message in mail.outbox if "left" in message.subject]


def two_left_of_a_gift(shop: Shop) -> None:
    kind = lesson(shop)
    pack = pack_room.given(shop, offered(shop, kind, units=3, price_minor=15000))
    pack_room.booked(shop, pack, kind)
    mail.outbox[:] = [message for message in mail.outbox if "left" in message.subject]


def nudged(shop: Shop, days: int) -> None:
    """Bought on 2 June for one month: valid through 2 July."""
    bought(shop, offered(shop, lesson(shop), valid_months=1))
    with later(shop, days=30 - days, hours=3):
        mailroom.work_off()


def a_week_left(shop: Shop) -> None:
    nudged(shop, 7)


def pack_expired(shop: Shop) -> None:
    bought(shop, offered(shop, lesson(shop), valid_months=1))
    with later(shop, days=23, hours=3):
        mailroom.work_off()
    mail.outbox.clear()
    with later(shop, days=31):
        mailroom.work_off()


def pack_extended(shop: Shop) -> None:
    pack = bought(shop, offered(shop, lesson(shop)))
    with tenant_context(shop.tenant):
        expiry.extend(
            pack_id=pack.pk, until=date(2032, 1, 31), note="A long cold.", now=clock.now(), actor=ANNA
        )
    mailroom.work_off()


def pack_paused_while_closed(shop: Shop) -> None:
    bought(shop, offered(shop, lesson(shop)))
    with tenant_context(shop.tenant), transaction.atomic():
        since, until = closing.day(date(2031, 7, 1))[0], closing.day(date(2031, 7, 14))[1]
        expiry.pause(starts_at=since, ends_at=until, now=clock.now(), actor=ANNA)
    mailroom.work_off()


# --- passed on, corrected, paused, refunded ---------------------------------------------------------


def pack_passed_on(shop: Shop) -> None:
    passed_on(shop, bought(shop, offered(shop, lesson(shop))), 3)


def pack_corrected(shop: Shop) -> None:
    pack = bought(shop, offered(shop, lesson(shop)))
    with tenant_context(shop.tenant):
        removals.correct(pack_id=pack.pk, units=2, note="Two rained off in May.", now=clock.now(), actor=ANNA)
    mailroom.work_off()


def pack_frozen(shop: Shop) -> None:
    """One part of it was passed on, and is paused with it."""
    pack = bought(shop, offered(shop, lesson(shop)))
    passed_on(shop, pack, 3)
    mail.outbox.clear()
    with tenant_context(shop.tenant), transaction.atomic():
        removals.freeze(pack_id=pack.pk, reference="dp_1", now=clock.now(), actor=ANNA)
    mailroom.work_off()


def pack_unfrozen(shop: Shop) -> None:
    pack = bought(shop, offered(shop, lesson(shop)))
    for change in (removals.freeze, removals.unfreeze):
        mail.outbox.clear()
        with tenant_context(shop.tenant), transaction.atomic():
            change(pack_id=pack.pk, reference="dp_1", now=clock.now(), actor=ANNA)
        mailroom.work_off()


def pack_refunded(shop: Shop) -> None:
    """The whole price, when one of its sessions was booked."""
    worlds.set_free_units(shop.tenant, 0)
    kind = lesson(shop)
    pack = bought(shop, offered(shop, kind))
    used(shop, pack, kind, 1)
    mailroom.refunded(shop, pack, None)


def gift_refunded_in_part(shop: Shop) -> None:
    pack = pack_room.given(shop, offered(shop, lesson(shop)))
    mail.outbox.clear()
    mailroom.refunded(shop, pack, 9000)


BOTH, WITH_MIA = ("client", "coach"), ("client", "coach", "mia")
HISTORIES: dict[History, tuple[str, ...]] = {
    pack_bought: BOTH,
    pack_bought_for_somebody: WITH_MIA,
    pack_bought_with_a_session: ("client", "client", "coach", "coach"),
    pack_sold_by_the_coach: BOTH,
    pack_paid_later: BOTH,
    pack_not_paid: ("client",),
    pack_and_session_not_paid: ("client",),
    links_asked_for: ("client",),
    two_left: BOTH,
    one_left: BOTH,
    two_left_of_a_gift: WITH_MIA,
    a_week_left: BOTH,
    pack_expired: BOTH,
    pack_extended: BOTH,
    pack_paused_while_closed: ("client",),
    pack_passed_on: WITH_MIA,
    pack_corrected: ("client",),
    pack_frozen: WITH_MIA,
    pack_unfrozen: BOTH,
    pack_refunded: BOTH,
    gift_refunded_in_part: WITH_MIA,
}


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.__name__)
def test_the_mails_of(history: History, shop: Shop) -> None:
    history(shop)
    mailroom.compare(history.__name__, HISTORIES[history])
