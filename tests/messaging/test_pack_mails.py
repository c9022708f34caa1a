"""Mails about packs and changes: planned for everything that happens, told once, and to nobody too much."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django_tenants.utils import tenant_context

from config import wiring
from kit import clock
from kit.ids import uuid7
from tenants.activity.models import Event
from tenants.messaging import outbox, retainer_mails
from tenants.messaging.models import MailStatus
from tenants.messaging.plans import MAILS, REFUNDED
from tenants.messaging.writers import ABOUT_BOOKINGS, ABOUT_PACKS, ABOUT_STRIPE, ON_THEIR_OWN
from tenants.packs import expiry, removals, spending
from tenants.packs.models import Pack
from tenants.scheduling import moving, pack_bookings
from tenants.scheduling.models import Booking, Cause
from tests import worlds
from tests.messaging import mailroom, pack_room, test_golden_packs
from tests.messaging.mailroom import CLIENT, COACH, MIA, TUESDAY, later, lesson
from tests.messaging.pack_room import ANNA, CLEO, booked, bought, called_off, given, offered, used
from tests.worlds import Shop

AMOUNT = "€"


def outcomes(shop: Shop, kind: str, audience: str = "client") -> list[tuple[str, str]]:
    rows = (row for row in mailroom.mails(shop) if (row.kind, row.audience) == (kind, audience))
    return [(row.status, row.error) for row in rows]


def subjects(address: str) -> list[str]:
    return [message.subject for message in mail.outbox if message.to == [address]]


# --- planned ----------------------------------------------------------------------------------------


def test_everything_that_leads_to_mails_is_planned_and_everything_planned_is_asked_for() -> None:
    asked = {
        kind for kind, steps in wiring.EVENT_SUBSCRIBERS.items() if "tenants.messaging.outbox.plan" in steps
    }
    assert asked == set(MAILS)


def test_every_planned_mail_has_somebody_who_writes_it() -> None:
    every = [*MAILS.values(), *REFUNDED.values()]
    planned = {(kind, audience) for kind, audiences in every for audience in audiences}
    written = set(ABOUT_BOOKINGS) | set(ABOUT_PACKS) | {(kind, "coach") for kind in ABOUT_STRIPE}
    written |= set(ON_THEIR_OWN) | set(retainer_mails.WRITERS)
    assert planned == written


# --- once, and only while it is so --------------------------------------------------------------------


def nearly_used_up(shop: Shop) -> tuple[Pack, Booking]:
    """A booking that leaves 2 of 3, of which no mail has been sent yet."""
    kind = lesson(shop)
    pack = bought(shop, offered(shop, kind, units=3, price_minor=15000))
    booking = worlds.held(shop.tenant, kind, at=TUESDAY)
    with tenant_context(shop.tenant):
        pack_bookings.book_with_unit(
            booking_id=booking.pk,
            client=pack.client,
            pack_id=pack.pk,
            timezone="",
            links=lambda _attempt: worlds.RETURN_PAGES,
            now=clock.now(),
        )
    return pack, booking


def test_a_session_that_came_back_meanwhile_is_not_complained_about(shop: Shop) -> None:
    pack, _booking = nearly_used_up(shop)
    with tenant_context(shop.tenant):
        removals.correct(pack_id=pack.pk, units=1, note="One rained off.", now=clock.now(), actor=ANNA)
    mailroom.work_off()

    for audience in ("client", "coach"):
        [(status, why)] = outcomes(shop, "pack_low", audience)
        assert (status, why) == (MailStatus.DROPPED, "Something was used or came back since.")


def test_a_state_that_comes_again_by_cancelling_and_booking_is_told_once(shop: Shop) -> None:
    kind = lesson(shop)
    pack = bought(shop, offered(shop, kind, units=3, price_minor=15000))
    called_off(shop, booked(shop, pack, kind), Cause.CLIENT, actor=CLEO)
    booked(shop, pack, kind, at=TUESDAY + timedelta(days=1))

    told = outcomes(shop, "pack_low")
    assert told == [(MailStatus.SENT, ""), (MailStatus.DROPPED, "Another mail says so.")]


def test_a_pack_that_was_filled_up_by_hand_is_told_of_again(shop: Shop) -> None:
    kind = lesson(shop)
    pack = bought(shop, offered(shop, kind, units=3, price_minor=15000))
    used(shop, pack, kind, 1)
    with tenant_context(shop.tenant):
        removals.correct(pack_id=pack.pk, units=1, note="One rained off.", now=clock.now(), actor=ANNA)
    booked(shop, pack, kind)

    assert [status for status, _ in outcomes(shop, "pack_low")] == [MailStatus.SENT, MailStatus.SENT]


def test_several_sessions_in_one_go_are_one_nudge_about_what_is_left_in_the_end(shop: Shop) -> None:
    kind = lesson(shop)
    pack = bought(shop, offered(shop, kind, units=3, price_minor=15000))
    with tenant_context(shop.tenant), transaction.atomic():
        client = Pack.objects.select_related("client").get(pk=pack.pk).client
        for nth in range(3):
            session = worlds.hour(nth)
            spending.spend(
                pack_id=pack.pk,
                booking_id=uuid7(),
                client_id=client.pk,
                session_type_id=kind.pk,
                starts_at=session,
                wall_start=f"{session:%Y-%m-%dT%H:%M}",
                now=clock.now(),
                actor=CLEO,
            )
    mailroom.work_off()

    assert subjects(CLIENT) == ["Ten lessons: no sessions left"]


def test_who_bought_another_pack_already_is_not_asked_to(shop: Shop) -> None:
    kind = lesson(shop)
    offer = offered(shop, kind, units=3, price_minor=15000)
    first = bought(shop, offer)
    with later(shop, minutes=1):
        bought(shop, offer)
        booked(shop, first, kind)
    assert outcomes(shop, "pack_low") == [(MailStatus.DROPPED, "The client has another of these packs.")]


def test_of_two_moves_only_the_last_is_told(shop: Shop) -> None:
    booking = mailroom.sold(shop, lesson(shop))
    mail.outbox.clear()
    with tenant_context(shop.tenant):
        for days in (1, 2):
            to = TUESDAY + timedelta(days=days)
            moving.move_by_coach(booking_id=booking.pk, starts_at=to, now=clock.now(), actor=ANNA)
    mailroom.work_off()

    assert subjects(CLIENT) == ["Moved: Tennis lesson, now Thu 12 June, 11:00"]
    event = mailroom.calendar_of(mailroom.sent_to(CLIENT)).walk("VEVENT")[0]
    assert event["SEQUENCE"] == 2


def test_the_calendar_is_told_of_move_and_cancellation_as_one_entry_that_rises(shop: Shop) -> None:
    booking = mailroom.sold(shop, lesson(shop))
    pack_room.moved(shop, booking, TUESDAY + timedelta(days=1), by=ANNA)
    moved = mailroom.calendar_of(mailroom.sent_to(CLIENT))
    called_off(shop, booking, Cause.COACH)
    off = mailroom.calendar_of(mailroom.sent_to(CLIENT))

    events = [each.walk("VEVENT")[0] for each in (moved, off)]
    assert [str(each["METHOD"]) for each in (moved, off)] == ["REQUEST", "CANCEL"]
    assert len({str(each["UID"]) for each in events}) == 1
    assert [each["SEQUENCE"] for each in events] == [1, 2]
    assert events[0]["DTSTART"].dt == TUESDAY + timedelta(days=1)


def test_extras_that_go_back_are_told_with_the_session_and_not_once_more(shop: Shop) -> None:
    test_golden_packs.pack_bought_with_a_session(shop, extras=[pack_room.COURT])
    with tenant_context(shop.tenant):
        booking = Booking.objects.get()
    called_off(shop, booking, Cause.CLIENT, actor=CLEO)

    assert [subject.split(":")[0] for subject in subjects(CLIENT)] == ["Cancelled"]
    assert "€10.00 is on its way back to you." in mailroom.sent_to(CLIENT).body
    [(status, _why)] = outcomes(shop, "pack_payment_refunded", "buyer")
    assert status == MailStatus.DROPPED


def test_extras_that_cannot_go_back_are_told_with_the_page_of_the_pack_that_they_were_bought_with(
    shop: Shop,
) -> None:
    test_golden_packs.pack_bought_with_a_session(shop, extras=[pack_room.COURT])
    with tenant_context(shop.tenant):
        booking = Booking.objects.get()
    shop.stripe.disconnect(shop.account_id)
    called_off(shop, booking, Cause.CLIENT, actor=CLEO)

    told = next(message for message in mail.outbox if message.subject.startswith("Refund delayed: €10.00"))
    assert told.to == [CLIENT]
    assert "See your pack: http://anna.localhost:8000/p/" in told.body


def test_money_that_comes_back_although_the_session_was_used_is_told(shop: Shop) -> None:
    booking = mailroom.sold(shop, lesson(shop))
    with later(shop, days=8, hours=1):
        called_off(shop, booking, Cause.CLIENT, actor=CLEO)
    mail.outbox.clear()
    with later(shop, days=8, hours=2):
        mailroom.refunded(shop, booking, None)
    assert [subject.split(" for")[0] for subject in subjects(CLIENT)] == ["Refund: €45.00"]


def test_a_late_return_is_told_with_its_session_alone(shop: Shop) -> None:
    kind = lesson(shop)
    pack = bought(shop, offered(shop, kind, valid_months=1))
    booking = booked(shop, pack, kind)
    called_off(shop, booking, Cause.WEATHER)
    with later(shop, days=20):
        again = booked(shop, pack, kind, at=TUESDAY + timedelta(days=15))
        called_off(shop, again, Cause.WEATHER)

    assert outcomes(shop, "pack_extended") == []
    assert "extended to 22 July" in mailroom.sent_to(CLIENT).body


def test_a_pack_that_was_extended_meanwhile_is_not_said_to_end(shop: Shop) -> None:
    pack = bought(shop, offered(shop, lesson(shop), valid_months=1))
    with later(shop, days=25), tenant_context(shop.tenant):
        expiry.nudge(reference=pack.pk, now=clock.now())
        until = clock.now().date() + timedelta(days=90)
        expiry.extend(pack_id=pack.pk, until=until, note="", now=clock.now(), actor=ANNA)
    with later(shop, days=25):
        mailroom.work_off()
    assert (MailStatus.DROPPED, "The pack was extended since.") in outcomes(shop, "pack_expiring")


# --- to whom ----------------------------------------------------------------------------------------


def whole(message: EmailMultiAlternatives) -> str:
    return message.subject + mailroom.page_of(message) + mailroom.html_of(message)


def test_who_did_not_pay_reads_no_amount_in_any_mail(shop: Shop) -> None:
    kind = lesson(shop)
    pack = given(shop, offered(shop, kind, units=3, price_minor=15000))
    kept = booked(shop, pack, kind)
    pack_room.moved(shop, kept, TUESDAY + timedelta(days=1), by=ANNA)
    sent = [*mail.outbox]
    called_off(shop, kept, Cause.COACH)
    sent += mail.outbox
    with tenant_context(shop.tenant), transaction.atomic():
        removals.freeze(pack_id=pack.pk, reference="dp_1", now=clock.now(), actor=ANNA)
    mailroom.work_off()
    with tenant_context(shop.tenant), transaction.atomic():
        removals.unfreeze(pack_id=pack.pk, reference="dp_1", now=clock.now(), actor=ANNA)
    mailroom.refunded(shop, pack, 5000)
    with later(shop, days=150):
        mailroom.work_off()
    sent += mail.outbox

    mine = [message for message in sent if message.to == [CLIENT]]
    assert len(mine) >= 5
    assert [message.subject for message in mine if AMOUNT in whole(message)] == []
    assert any(AMOUNT in whole(message) for message in sent if message.to == [MIA])
    assert any(AMOUNT in whole(message) for message in sent if message.to == [COACH])


def test_the_buyer_of_what_was_passed_on_is_not_told_of_every_session_of_others(shop: Shop) -> None:
    kind = lesson(shop)
    received = pack_room.passed_on(shop, bought(shop, offered(shop, kind)), 3)
    mail.outbox.clear()
    booked(shop, received, kind)

    assert subjects(CLIENT) == []
    assert len(subjects(MIA)) == 2
    assert any("/renew" in str(message.body) for message in mail.outbox if message.to == [MIA])


@pytest.mark.parametrize(("place", "ends"), [("online", "2 Dec, 18:00"), ("in_person", "2 Dec.")])
def test_a_pack_is_told_by_the_clients_clock_but_where_they_come_to_the_coach(
    shop: Shop, place: str, ends: str
) -> None:
    pack_room.known(shop)
    kind = lesson(shop, place=place, place_detail="https://meet.example/anna")
    worlds.buy_pack(shop, offered(shop, kind), email=CLIENT)
    mailroom.work_off()
    assert f"Valid until {ends}" in mailroom.sent_to(CLIENT).body


def test_a_pack_that_is_not_offered_any_more_is_not_offered_again(shop: Shop) -> None:
    kind = lesson(shop)
    offer = offered(shop, kind, units=3, price_minor=15000)
    pack = bought(shop, offer)
    with tenant_context(shop.tenant), transaction.atomic():
        type(offer).objects.update(is_active=False)
    booked(shop, pack, kind)

    [nudge] = [str(message.body) for message in mail.outbox if message.subject.startswith("Ten lessons:")]
    assert "/renew" not in nudge
    assert "See what is on offer" in nudge


def test_planning_twice_plans_once(shop: Shop) -> None:
    kind = lesson(shop)
    bought(shop, offered(shop, kind))
    with tenant_context(shop.tenant), transaction.atomic():
        for event in Event.objects.filter(kind="pack.bought"):
            outbox.plan(event=event, now=clock.now())
    assert len(outcomes(shop, "pack_bought")) == 1
