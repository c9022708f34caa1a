"""The mails that bring a payer the link to own payments, as their readers see them."""

import pytest
from django.core import mail
from django_tenants.utils import tenant_context

from kit import clock
from tenants.billing import cards, link_requests
from tenants.billing.models import SavedCard
from tenants.scheduling import bookings
from tenants.scheduling.kept_cards import consent
from tests import worlds
from tests.messaging import mailroom, pack_room
from tests.messaging.mailroom import CLIENT, TUESDAY, History
from tests.messaging.pack_room import CLEO
from tests.worlds import Shop


def keep_a_card(shop: Shop) -> None:
    """Cleo books a lesson and ticks that the card is kept; what she reads about the lesson is put away."""
    pack_room.known(shop)
    booking = worlds.held(shop.tenant, mailroom.lesson(shop), at=TUESDAY)
    with tenant_context(shop.tenant):
        bookings.book(
            booking_id=booking.pk,
            name="Cleo Bright",
            email=CLIENT,
            phone="",
            message="",
            timezone="America/New_York",
            links=lambda _attempt: worlds.RETURN_PAGES,
            keep_card=consent(coach="Anna"),
            now=clock.now(),
        )
    worlds.pay(shop, booking)
    mailroom.settled(shop, booking)


def payments_link_asked_for(shop: Shop) -> None:
    keep_a_card(shop)
    mail.outbox.clear()
    with tenant_context(shop.tenant):
        link_requests.ask_for_link(email=CLIENT.upper(), now=clock.now())
    mailroom.work_off()


def card_kept_for_later(shop: Shop) -> None:
    keep_a_card(shop)
    mail.outbox[:] = [each for each in mail.outbox if "keeps your" in str(each.subject)]


HISTORIES: dict[History, tuple[str, ...]] = {
    payments_link_asked_for: ("client",),
    card_kept_for_later: ("client",),
}


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.__name__)
def test_the_mails_of(history: History, shop: Shop) -> None:
    history(shop)
    mailroom.compare(history.__name__, HISTORIES[history])


def test_of_a_card_that_is_gone_again_nobody_is_told_that_it_is_kept(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(mailroom, "work_off", lambda: None)
        keep_a_card(shop)
    with tenant_context(shop.tenant):
        card = SavedCard.objects.get()
        cards.remove(card_id=card.pk, now=clock.now(), actor=CLEO)
    mailroom.work_off()
    assert not [each for each in mail.outbox if "keeps your" in str(each.subject)]


def test_who_pays_for_nothing_is_not_written_to(shop: Shop) -> None:
    pack_room.known(shop)
    with tenant_context(shop.tenant):
        link_requests.ask_for_link(email=CLIENT, now=clock.now())
    mailroom.work_off()
    assert mail.outbox == []
