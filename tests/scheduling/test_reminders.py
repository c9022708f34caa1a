"""When clients are reminded: by the booking and the setting as they are at that moment, and never twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from math import ceil

import pytest
from django.core import mail
from django_tenants.utils import tenant_context

from kit import clock
from tenants.activity import events
from tenants.messaging.models import Mail
from tenants.offers.models import SessionType
from tenants.offers.practice import change_practice
from tenants.registry import patrols, wakeups
from tenants.registry.models import Finding, Wakeup
from tenants.scheduling import cancelling, moving, reminders
from tenants.scheduling.models import Booking, Cause
from tests import worlds
from tests.journeys.steps import events_of, later
from tests.messaging import mailroom
from tests.scheduling import booked
from tests.scheduling.booked import COACH
from tests.worlds import Shop

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


@contextmanager
def at(shop: Shop, moment: datetime) -> Iterator[None]:
    """What workers do until then is not done meanwhile; then all that is due is."""
    with later(shop.stripe, ceil((moment - clock.now()).total_seconds())):
        mailroom.work_off()
        yield


def remind_at(shop: Shop, *hours: int) -> None:
    with tenant_context(shop.tenant):
        change_practice(now=clock.now(), reminder_hours=list(hours))


def free(shop: Shop, *, hours: float = 100, browser: str = "free") -> Booking:
    """A free session of Cleo's in about so many hours; its confirmation is announced."""
    kind = worlds.session_type(shop.tenant, name=f"Talk {browser}", price_minor=0, minimum_notice_min=0)
    starts_at = (clock.now() + hours * HOUR).replace(minute=0, second=0, microsecond=0) + HOUR
    booking = worlds.held(shop.tenant, kind, at=starts_at, browser=browser)
    worlds.book(shop.tenant, booking)
    mailroom.work_off()
    return worlds.reread(shop.tenant, booking)


def reminded(shop: Shop) -> list[int]:
    """Of which reminders the mails went out, in order."""
    with tenant_context(shop.tenant):
        sent = set(
            Mail.objects.filter(kind="booking_reminder", status="sent").values_list("event_id", flat=True)
        )
    told = [event for event in events_of(shop.tenant, "booking.upcoming") if event.pk in sent]
    assert len(told) == len(sent)
    return [event.data["hours"] for event in sorted(told, key=lambda event: event.at)]


# --- when -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("funding", ["free", "card", "pack"])
def test_whatever_pays_for_it_the_client_is_reminded_a_day_before(
    shop: Shop, lesson: SessionType, funding: str
) -> None:
    if funding == "free":
        booking = free(shop)
    elif funding == "card":
        booking = worlds.sell(shop, lesson, at=worlds.hour(100))
    else:
        booking = booked.with_unit(shop.tenant, lesson, booked.pack(shop.tenant, lesson), at=worlds.hour(100))
    mailroom.work_off()
    due_at = booking.session.starts_at - 24 * HOUR
    # Time goes on meanwhile, and a busy machine takes its own.
    with at(shop, due_at - MINUTE):
        assert reminded(shop) == []
    mail.outbox.clear()
    with at(shop, due_at):
        assert reminded(shop) == [24]
        assert [message.to for message in mail.outbox] == [["cleo@example.com"]]
        mailroom.work_off()
    with at(shop, booking.session.starts_at + HOUR):
        assert reminded(shop) == [24]
    assert not Wakeup.objects.filter(kind="reminder").exists()


def test_two_reminders_go_out_at_their_times_and_the_patrol_finds_nothing(shop: Shop) -> None:
    remind_at(shop, 48, 2)
    booking = free(shop)
    starts_at, seen = booking.session.starts_at, []
    for hours in (73, 72, 48, 47, 24, 2, 1):
        with at(shop, starts_at - hours * HOUR):
            seen.append(reminded(shop))
            patrols.patrol_tenant(schema_name=shop.tenant.schema_name, now=clock.now())
    assert seen == [[], [], [48], [48], [48], [48, 2], [48, 2]]
    assert not Finding.objects.exists()


def test_the_wakeup_says_when_to_come_back(shop: Shop) -> None:
    booking = free(shop)
    starts_at = booking.session.starts_at
    with tenant_context(shop.tenant):
        for now, then in ((100, 72), (72, 48), (48.5, 48), (24, 2), (3, 2), (2, None), (-1, None)):
            due_at = reminders.remind(reference=booking.pk, now=starts_at - now * HOUR)
            assert due_at == (None if then is None else starts_at - then * HOUR)


def test_switched_off_none_is_sent_and_switched_on_again_it_is(shop: Shop) -> None:
    remind_at(shop)
    booking, early = free(shop), free(shop, hours=50, browser="early")
    with at(shop, early.session.starts_at - 2 * HOUR):
        assert reminded(shop) == []
        remind_at(shop, 24)
        with at(shop, early.session.starts_at):
            assert reminded(shop) == [], "not of what should have been told a day before"
        with at(shop, booking.session.starts_at - 24 * HOUR):
            assert reminded(shop) == [24], "though it was booked while none were sent"


@pytest.mark.parametrize(("minutes", "expected"), [(59, []), (61, [24])])
def test_nobody_is_reminded_within_an_hour_after_booking(
    shop: Shop, minutes: int, expected: list[int]
) -> None:
    starts_at = (clock.now() + 48 * HOUR).replace(minute=0, second=0, microsecond=0)
    with at(shop, starts_at - 24 * HOUR - minutes * MINUTE):
        kind = worlds.session_type(shop.tenant, price_minor=0, minimum_notice_min=0)
        booking = worlds.held(shop.tenant, kind, at=starts_at)
        worlds.book(shop.tenant, booking)
        mailroom.work_off()
    with at(shop, starts_at - 22 * HOUR):
        assert reminded(shop) == expected


def test_a_worker_that_was_away_reminds_a_little_late_or_not_at_all(shop: Shop) -> None:
    one, other = free(shop), free(shop, hours=110, browser="other")
    with at(shop, one.session.starts_at - 21 * HOUR - MINUTE):
        assert reminded(shop) == [24]
    with at(shop, other.session.starts_at - 21 * HOUR + MINUTE):
        assert reminded(shop) == [24], "but for the first one"


# --- what has changed since -------------------------------------------------------------------------


def test_a_cancelled_session_is_not_reminded_of_and_one_whose_cancelling_is_undone_is(shop: Shop) -> None:
    booking, kept = free(shop), free(shop, hours=102, browser="kept")
    for each, before in ((booking, 2 * HOUR), (kept, 30 * SECOND)):
        with at(shop, each.session.starts_at - 24 * HOUR - before), tenant_context(shop.tenant):
            cancelling.cancel(booking_id=each.pk, cause=Cause.COACH, now=clock.now(), actor=COACH)
    due_at = kept.session.starts_at - 24 * HOUR
    with at(shop, due_at):
        assert reminded(shop) == []
        with tenant_context(shop.tenant):
            assert cancelling.undo(booking_id=kept.pk, now=clock.now(), actor=COACH)
    with at(shop, due_at + 2 * MINUTE):
        assert reminded(shop) == [24]
        assert [event.subject_id for event in events_of(shop.tenant, "booking.upcoming")] == [kept.pk]


def test_moved_it_is_reminded_of_before_the_new_time(shop: Shop) -> None:
    booking = free(shop)
    before = booking.session.starts_at
    with tenant_context(shop.tenant):
        moving.move_by_coach(
            booking_id=booking.pk, starts_at=before + 50 * HOUR, now=clock.now(), actor=COACH
        )
    mailroom.work_off()
    with at(shop, before - 24 * HOUR):
        assert reminded(shop) == []
    with at(shop, before + 26 * HOUR):
        assert reminded(shop) == [24]
        assert worlds.reread(shop.tenant, booking).session.starts_at == before + 50 * HOUR


def test_moved_nearer_it_is_reminded_of_in_time(shop: Shop) -> None:
    booking = free(shop)
    nearer = booking.session.starts_at - 40 * HOUR
    with tenant_context(shop.tenant):
        moving.move_by_coach(booking_id=booking.pk, starts_at=nearer, now=clock.now(), actor=COACH)
    mailroom.work_off()
    with at(shop, nearer - 24 * HOUR):
        assert reminded(shop) == [24]


def test_a_move_just_before_is_news_enough(shop: Shop) -> None:
    booking = free(shop)
    starts_at = booking.session.starts_at
    with at(shop, starts_at - 24 * HOUR - 30 * MINUTE):
        with tenant_context(shop.tenant):
            moving.move_by_coach(
                booking_id=booking.pk, starts_at=starts_at + MINUTE, now=clock.now(), actor=COACH
            )
        mailroom.work_off()
    with at(shop, starts_at - 23 * HOUR):
        assert reminded(shop) == []


def test_a_mail_that_waited_too_long_is_dropped(shop: Shop) -> None:
    """Moved, called off or begun between the decision and the mail."""
    gone, moved, begun = (free(shop, hours=100 + nth, browser=f"{nth}") for nth in (0, 2, 4))
    with tenant_context(shop.tenant):
        for each in (gone, moved, begun):
            reminders.remind(reference=each.pk, now=each.session.starts_at - 24 * HOUR)
        for event in events_of(shop.tenant, "booking.upcoming"):
            events.announce(reference=event.pk, now=clock.now())
        moving.move_by_coach(booking_id=moved.pk, starts_at=worlds.hour(300), now=clock.now(), actor=COACH)
        cancelling.cancel(booking_id=gone.pk, cause=Cause.COACH, now=clock.now(), actor=COACH)
    with at(shop, begun.session.starts_at), tenant_context(shop.tenant):
        rows = Mail.objects.filter(kind="booking_reminder").values_list("subject_id", "status", "error")
        told = {subject: (status, error) for subject, status, error in rows}
    assert told == {
        gone.pk: ("dropped", "The session was cancelled before the reminder could be sent."),
        moved.pk: ("dropped", "The session was moved; there is a reminder of its new time."),
        begun.pk: ("dropped", "The session had begun before the reminder could be sent."),
    }


def test_looked_at_twice_at_once_it_is_told_once(shop: Shop) -> None:
    booking = free(shop)
    due_at = booking.session.starts_at - 24 * HOUR
    with tenant_context(shop.tenant):
        for _ in range(2):
            assert reminders.remind(reference=booking.pk, now=due_at) == due_at + 22 * HOUR
    assert len(events_of(shop.tenant, "booking.upcoming")) == 1


def test_nothing_is_asked_for_in_the_bookings_own_transaction(shop: Shop) -> None:
    kind = worlds.session_type(shop.tenant, price_minor=0)
    worlds.book(shop.tenant, worlds.held(shop.tenant, kind, at=worlds.hour(100)))
    assert not Wakeup.objects.filter(kind="reminder").exists()
    wakeups.work_off(schema_name=shop.tenant.schema_name)
    assert Wakeup.objects.filter(kind="reminder").count() == 1
