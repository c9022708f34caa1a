"""The mail before a session, as its client sees it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail

from kit import clock
from tests.messaging import mailroom, pack_room
from tests.messaging.mailroom import TUESDAY, History, lesson, sold
from tests.messaging.pack_room import ANNA, COURT
from tests.worlds import Shop

# The clocks go back in Berlin in the night before; in New York a week later.
AFTER_THE_CHANGE = datetime(2031, 10, 26, 9, 0, tzinfo=UTC)


def remind(shop: Shop, starts_at: datetime = TUESDAY, *, hours: int = 24) -> None:
    """Only what is sent at that moment counts."""
    mailroom.work_off()
    mail.outbox.clear()
    away = starts_at - timedelta(hours=hours) - clock.now()
    with mailroom.later(shop, seconds=int(away.total_seconds()) + 1):
        mailroom.work_off()


def reminded_online(shop: Shop) -> None:
    sold(shop, lesson(shop))
    remind(shop)


def reminded_in_person_too_late_to_cancel(shop: Shop) -> None:
    mailroom.change_practice(shop, reminder_hours=[2])
    sold(shop, lesson(shop, place="in_person", place_detail="Court 4, Hauptstrasse 12, Berlin"))
    remind(shop, hours=2)


def reminded_free(shop: Shop) -> None:
    mailroom.asked(shop, lesson(shop, name="First talk", price_minor=0, place="phone", place_detail=""))
    remind(shop)


def reminded_of_a_unit_and_extras(shop: Shop) -> None:
    mailroom.change_practice(shop, reminder_hours=[72, 48])
    kind = lesson(shop, extras=[COURT])
    pack = pack_room.bought(shop, pack_room.offered(shop, kind))
    pack_room.booked(shop, pack, kind, extras=(COURT.id,))
    remind(shop, hours=72)


def reminded_of_a_gift(shop: Shop) -> None:
    """Mia has paid, and no amount of hers is told."""
    kind = lesson(shop)
    pack = pack_room.given(shop, pack_room.offered(shop, kind))
    pack_room.booked(shop, pack, kind)
    remind(shop)


def reminded_of_a_new_time(shop: Shop) -> None:
    booking = sold(shop, lesson(shop))
    pack_room.moved(shop, booking, TUESDAY + timedelta(hours=18), by=ANNA)
    remind(shop, TUESDAY + timedelta(hours=18))


def reminded_when_the_clocks_have_changed(shop: Shop) -> None:
    sold(shop, lesson(shop, horizon_days=200), at=AFTER_THE_CHANGE)
    remind(shop, AFTER_THE_CHANGE)


HISTORIES: list[History] = [
    reminded_online,
    reminded_in_person_too_late_to_cancel,
    reminded_free,
    reminded_of_a_unit_and_extras,
    reminded_of_a_gift,
    reminded_of_a_new_time,
    reminded_when_the_clocks_have_changed,
]


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.__name__)
def test_the_mails_of(history: History, shop: Shop) -> None:
    history(shop)
    mailroom.compare(history.__name__, ("client",))


def test_no_calendar_file_comes_with_it_again(shop: Shop) -> None:
    reminded_online(shop)
    assert mailroom.file_of(mailroom.sent_to(mailroom.CLIENT)) is None


def test_who_does_not_pay_reads_no_amount(shop: Shop) -> None:
    reminded_of_a_gift(shop)
    told = mailroom.sent_to(mailroom.CLIENT)
    assert "Balance after this booking: 9 of 10" in told.body
    assert "€" not in told.body + mailroom.html_of(told)
