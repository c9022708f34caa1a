"""A closed day: every session of it goes back in full, once, and nothing else does."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core import mail
from django_tenants.utils import tenant_context

from kit import clock
from tenants.offers.models import SessionType
from tenants.packs import selling, transfers
from tenants.registry.models import Tenant
from tenants.scheduling import bookings, cancelling, closing, hours
from tenants.scheduling.holds import SlotTaken
from tenants.scheduling.models import Booking, Cancellation, TimeOff
from tests import worlds
from tests.packs import sold
from tests.scheduling import booked
from tests.scheduling.booked import COACH

HOUR = timedelta(hours=1)


@pytest.fixture
def since() -> datetime:
    return worlds.hour(30)


@pytest.fixture
def until(since: datetime) -> datetime:
    return since + 10 * HOUR


def affected(tenant: Tenant, since: datetime, until: datetime) -> list[closing.Affected]:
    with tenant_context(tenant):
        return closing.affected(since=since, until=until, now=clock.now())


def close(
    tenant: Tenant, since: datetime, until: datetime, shown: Collection[UUID], **said: Any
) -> list[Cancellation]:
    usual: dict[str, Any] = {"note": "", "extends_packs": False, "now": clock.now(), "actor": COACH}
    with tenant_context(tenant):
        return closing.close(since=since, until=until, shown=shown, **{**usual, **said})


def closures(tenant: Tenant) -> int:
    with tenant_context(tenant):
        return TimeOff.objects.count()


def a_minute_later() -> None:
    with clock.travel(61):
        worlds.drain()
    assert not worlds.failures()


def test_only_sessions_that_touch_the_time_are_affected(
    shop: worlds.Shop, lesson: SessionType, since: datetime, until: datetime
) -> None:
    """Half open at both ends: what ends as it closes and what begins as it opens takes place."""
    starts = [since - HOUR, since, until - HOUR, until]
    for at in starts:
        worlds.sell(shop, lesson, at=at, browser=str(at))
    found = affected(shop.tenant, since, until)
    assert [each.booking.session.starts_at for each in found] == [since, until - HOUR]
    assert {each.outcome.money_back_minor for each in found} == {4500}


def test_a_closed_day_gives_back_money_and_units_and_cannot_be_booked(
    shop: worlds.Shop, lesson: SessionType, since: datetime, until: datetime
) -> None:
    card = worlds.sell(shop, lesson, at=since)
    pack = booked.pack(shop.tenant, lesson)
    unit = booked.with_unit(shop.tenant, lesson, pack, at=since + HOUR)
    close(shop.tenant, since, until, {card.pk, unit.pk})
    assert booked.balance(shop.tenant, pack) == 9
    a_minute_later()
    assert booked.balance(shop.tenant, pack) == 10
    assert worlds.attempt_for(shop.tenant, card).refunded_minor == 4500
    assert {worlds.reread(shop.tenant, each).status for each in (card, unit)} == {"cancelled"}
    with pytest.raises(SlotTaken):
        worlds.held(shop.tenant, lesson, at=since, browser="later")


def test_one_of_them_can_be_undone_by_itself(
    shop: worlds.Shop, lesson: SessionType, since: datetime, until: datetime
) -> None:
    one, other = (worlds.sell(shop, lesson, at=since + n * HOUR, browser=f"{n}") for n in range(2))
    close(shop.tenant, since, until, {one.pk, other.pk})
    with tenant_context(shop.tenant):
        assert cancelling.undo(booking_id=one.pk, now=clock.now(), actor=COACH)
    a_minute_later()
    assert [worlds.reread(shop.tenant, each).status for each in (one, other)] == ["confirmed", "cancelled"]


def test_what_was_booked_since_the_list_was_shown_stops_it(
    shop: worlds.Shop, lesson: SessionType, since: datetime, until: datetime
) -> None:
    seen = worlds.sell(shop, lesson, at=since)
    worlds.sell(shop, lesson, at=since + HOUR, browser="new", email="new@example.com")
    with pytest.raises(closing.ClosingChanged):
        close(shop.tenant, since, until, {seen.pk})
    assert closures(shop.tenant) == 0
    assert booked.cancellations(shop.tenant, seen) == []


def test_pressed_twice_it_is_one_closure(
    shop: worlds.Shop, lesson: SessionType, since: datetime, until: datetime
) -> None:
    booking = worlds.sell(shop, lesson, at=since)
    one = close(shop.tenant, since, until, {booking.pk})
    again = close(shop.tenant, since, until, {booking.pk})
    assert [each.pk for each in one] == [each.pk for each in again]
    assert closures(shop.tenant) == 1
    a_minute_later()
    assert worlds.attempt_for(shop.tenant, booking).refunded_minor == 4500


def test_what_is_over_or_marked_stays(shop: worlds.Shop, lesson: SessionType) -> None:
    over = worlds.sell(shop, lesson, at=worlds.hour(0))
    running = worlds.sell(shop, lesson, at=worlds.hour(1), browser="b")
    marked = worlds.sell(shop, lesson, at=worlds.hour(2), browser="c")
    with clock.travel((worlds.hour(2) - clock.now()).total_seconds() - 600):
        with_all = affected(shop.tenant, over.session.starts_at, over.session.starts_at + 5 * HOUR)
        assert [each.booking.pk for each in with_all] == [running.pk, marked.pk]
    with clock.travel((marked.session.starts_at - clock.now()).total_seconds() + 60):
        with tenant_context(shop.tenant):
            bookings.record_attendance(booking_id=marked.pk, came=True, now=clock.now(), actor=COACH)
        assert affected(shop.tenant, over.session.starts_at, over.session.starts_at + 5 * HOUR) == []


def pack_over(tenant: Tenant, lesson: SessionType) -> Any:
    with tenant_context(tenant):
        return sold.bought(covers={str(lesson.pk): 1}, valid_months=6)


def test_packs_stay_valid_longer_by_whole_days_if_so_wanted(shop: worlds.Shop, lesson: SessionType) -> None:
    pack = pack_over(shop.tenant, lesson)
    first: date = worlds.hour(0).date() + timedelta(days=3)
    with tenant_context(shop.tenant):
        since, _ = closing.day(first)
        _, until = closing.day(first + timedelta(days=1))
    close(shop.tenant, since, until, set(), extends_packs=True)
    close(shop.tenant, since, until, set(), extends_packs=True)
    with tenant_context(shop.tenant):
        assert sold.reread(pack).expires_at == pack.expires_at + timedelta(days=2)
    close(shop.tenant, since + timedelta(days=9), until + timedelta(days=9), set())
    with tenant_context(shop.tenant):
        assert sold.reread(pack).expires_at == pack.expires_at + timedelta(days=2)


def test_planned_time_off_extends_packs_too(shop: worlds.Shop, lesson: SessionType) -> None:
    pack = pack_over(shop.tenant, lesson)
    with tenant_context(shop.tenant):
        since, until = closing.day(worlds.hour(0).date() + timedelta(days=3))
        off = hours.take_time_off(
            starts_at=since, ends_at=until, note="", extends_packs=True, now=clock.now(), actor=COACH
        )
        assert sold.reread(pack).expires_at == pack.expires_at + timedelta(days=1)
        assert off.extends_packs


def closed_for(shop: worlds.Shop, first: date, days: int, *, extends_packs: bool = True) -> None:
    with tenant_context(shop.tenant):
        since, until = closing.day(first)[0], closing.day(first + timedelta(days=days - 1))[1]
        hours.take_time_off(
            starts_at=since, ends_at=until, note="", extends_packs=extends_packs, now=clock.now(), actor=COACH
        )


def test_a_pack_that_is_sold_after_a_closure_was_entered_stands_still_in_it(
    shop: worlds.Shop, lesson: SessionType
) -> None:
    offer = worlds.pack_offer(shop.tenant, lesson)
    plain = worlds.buy_pack(shop, offer)
    today = clock.now().date()
    for after, length, extends in ((10, 7, True), (20, 3, False), (400, 9, True)):
        closed_for(shop, today + timedelta(days=after), length, extends_packs=extends)
    bought = worlds.buy_pack(shop, offer, email="dora@example.com")
    with tenant_context(shop.tenant):
        held = selling.sell(offer_id=offer.pk, client_id=bought.client_id, now=clock.now(), actor=COACH)
    worlds.drain()
    last_days = {worlds.reread_pack(shop.tenant, each).expires_at for each in (plain, bought, held)}
    assert len(last_days) == 1, "as valid as one that was there when it was entered"
    entries = booked.books(shop.tenant, bought)
    assert entries == [("bought", 10), ("extended", 0)]
    told = [message.subject for message in mail.outbox if message.to == ["dora@example.com"]]
    assert not [subject for subject in told if subject.startswith("Valid longer")], "the sale's mail says it"
    worlds.drain()
    assert booked.books(shop.tenant, bought) == entries


def test_a_pack_that_a_closure_brings_into_another_one_stands_still_in_both(
    shop: worlds.Shop, lesson: SessionType
) -> None:
    pack = worlds.buy_pack(shop, worlds.pack_offer(shop.tenant, lesson))
    expires_at = worlds.reread_pack(shop.tenant, pack).expires_at
    assert expires_at
    ends = expires_at.date()
    closed_for(shop, ends + timedelta(days=3), 4)
    assert worlds.reread_pack(shop.tenant, pack).expires_at == expires_at
    closed_for(shop, ends - timedelta(days=30), 7)
    worlds.drain()
    in_all = worlds.reread_pack(shop.tenant, pack).expires_at
    assert in_all
    assert (in_all.date() - expires_at.date()).days == 11


def test_what_was_passed_on_counts_a_shared_day_once(shop: worlds.Shop, lesson: SessionType) -> None:
    pack = worlds.buy_pack(shop, worlds.pack_offer(shop.tenant, lesson, transfer="anyone"))
    first = clock.now().date() + timedelta(days=10)
    closed_for(shop, first, 4)
    with tenant_context(shop.tenant):
        given = transfers.pass_on(
            pack_id=pack.pk, units=3, name="Mia", email="mia@example.com", now=clock.now(), actor=COACH
        )
    closed_for(shop, first + timedelta(days=3), 4)
    both = [worlds.reread_pack(shop.tenant, each).expires_at for each in (pack, given)]
    assert both[0] == both[1]


def test_many_sessions_take_no_more_queries(
    shop: worlds.Shop, lesson: SessionType, since: datetime, until: datetime
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    pack = booked.pack(shop.tenant, lesson)
    counts = []
    for n in range(3):
        worlds.sell(shop, lesson, at=since + 2 * n * HOUR, browser=f"{n}")
        booked.with_unit(shop.tenant, lesson, pack, at=since + (2 * n + 1) * HOUR, browser=f"u{n}")
        with CaptureQueriesContext(connection) as asked:
            assert len(affected(shop.tenant, since, until)) == 2 * (n + 1)
        counts.append(len(asked))
    assert counts[0] == counts[2]


def test_a_booking_knows_nothing_of_another_coachs_closure(
    shop: worlds.Shop, lesson: SessionType, ben: Tenant, since: datetime, until: datetime
) -> None:
    booking: Booking = worlds.sell(shop, lesson, at=since)
    assert affected(ben, since, until) == []
    close(ben, since, until, set())
    a_minute_later()
    assert worlds.reread(shop.tenant, booking).status == "confirmed"
