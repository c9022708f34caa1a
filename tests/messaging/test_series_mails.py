"""Sessions that were booked in one go are told in one mail, as they stand when it is written."""

from typing import Any

import pytest
from django.core import mail
from django_tenants.utils import tenant_context

from kit import clock
from kit.ids import uuid7
from tenants.activity.models import Event
from tenants.messaging.models import MailStatus
from tenants.messaging.plans import mails_of
from tenants.scheduling import cancelling
from tenants.scheduling.models import Booking, Cause
from tenants.scheduling.series import weekly
from tests.messaging import mailroom, pack_room
from tests.messaging.mailroom import CLIENT, COACH, TUESDAY, lesson
from tests.messaging.pack_room import ANNA, CLEO, bought, called_off, offered
from tests.worlds import Shop

TUESDAYS = weekly(TUESDAY.date(), count=3)


@pytest.fixture
def unsent(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> list[Booking]:
    """Three sessions, whose mails the workers have not come to yet."""
    kind = lesson(shop)
    pack = bought(shop, offered(shop, kind))
    with monkeypatch.context() as patched:
        patched.setattr(mailroom, "work_off", lambda: None)
        return pack_room.in_one_go(shop, pack.client, kind, TUESDAYS)


def test_they_are_told_once(shop: Shop, unsent: list[Booking]) -> None:
    mailroom.work_off()
    about = [row for row in mailroom.mails(shop) if row.kind in ("series_confirmed", "booking_confirmed")]
    assert {(row.kind, row.audience) for row in about} == {
        ("series_confirmed", "client"),
        ("series_confirmed", "coach"),
    }
    assert len(about) == 2
    assert sorted(message.to[0] for message in mail.outbox) == [COACH, CLIENT]


def test_what_was_called_off_before_is_left_out(shop: Shop, unsent: list[Booking]) -> None:
    at_once(shop, unsent[0])
    mailroom.work_off()

    message = next(each for each in mail.outbox if each.subject.startswith("Confirmed"))
    assert "2 times from Tue 17 June" in message.subject
    assert "10 June" not in str(message.body).partition("Balance")[0]
    assert uids(message) == [uid(unsent[1]), uid(unsent[2])]


def test_when_one_is_left_it_is_a_confirmation_like_any_other(shop: Shop, unsent: list[Booking]) -> None:
    for booking in unsent[1:]:
        at_once(shop, booking)
    mailroom.work_off()

    message: Any = next(each for each in mail.outbox if each.subject.startswith("Confirmed"))
    assert message.subject == "Confirmed: Tennis lesson, Tue 10 June, 11:00"
    assert mailroom.calendar_of(message)["METHOD"] == "REQUEST"


def test_when_none_is_left_nothing_is_confirmed(shop: Shop, unsent: list[Booking]) -> None:
    for booking in unsent:
        at_once(shop, booking)
    mailroom.work_off()

    told = [row for row in mailroom.mails(shop) if row.kind == "series_confirmed"]
    assert [(row.status, row.error) for row in told] == [
        (MailStatus.DROPPED, "The sessions were cancelled before the mail could be sent.")
    ] * 2


def test_a_later_change_finds_its_session_in_the_calendar(shop: Shop, unsent: list[Booking]) -> None:
    mailroom.work_off()
    first = {str(each["UID"]): each for each in mailroom.calendar_of(mailroom.sent_to(CLIENT)).walk("VEVENT")}
    called_off(shop, unsent[1], Cause.CLIENT, actor=CLEO)

    [gone] = mailroom.calendar_of(mailroom.sent_to(CLIENT)).walk("VEVENT")
    assert len(first) == 3
    assert gone["SEQUENCE"] > first[str(gone["UID"])]["SEQUENCE"]
    assert all("ATTENDEE" not in each for each in first.values())


def test_who_was_told_of_a_refund_is_told_that_it_is_late_unless_it_came_another_way(shop: Shop) -> None:
    def audiences(code: str) -> list[str]:
        event = Event(kind="refund.refused", subject_id=uuid7(), data={"code": code}, at=clock.now())
        return [audience for _, audience in mails_of(event)]

    assert audiences("insufficient_funds") == ["client", "coach"]
    assert audiences("charge_already_refunded") == ["coach"]


def at_once(shop: Shop, booking: Booking) -> None:
    """Called off by the coach and carried out, before any mail is sent."""
    with tenant_context(shop.tenant):
        pressed = cancelling.cancel(booking_id=booking.pk, cause=Cause.COACH, now=clock.now(), actor=ANNA)
        cancelling.carry_out(reference=pressed.pk, now=pressed.takes_effect_at)


def uid(booking: Booking) -> str:
    return f"{booking.pk}@anna.localhost"


def uids(message: Any) -> list[str]:
    return [str(each["UID"]) for each in mailroom.calendar_of(message).walk("VEVENT")]
