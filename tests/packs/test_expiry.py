"""A pack ends, explains itself, is told of before, and is given more time."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django_tenants.utils import schema_context

from kit import clock
from tenants.activity.models import Event
from tenants.packs import expiry, ledger, removals, spending
from tenants.packs.expiry import CannotExtend
from tenants.packs.models import EntryNote, Pack
from tenants.packs.validity import end_of_day
from tenants.registry.models import Wakeup
from tests import worlds
from tests.packs import sold

pytestmark = pytest.mark.usefixtures("berlin")

MAY = datetime(2026, 5, 3, 10, tzinfo=UTC)
ENDS = datetime(2026, 11, 3, 23, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def due(pack: Pack) -> dict[str, datetime]:
    return dict(Wakeup.objects.filter(reference=pack.pk).values_list("kind", "due_at"))


def events(pack: Pack, kind: str) -> list[Any]:
    found = Event.objects.filter(kind=kind, subject_id=pack.pk).order_by("at", "pk")
    return list(found.values_list("data", flat=True))


def extend(pack: Pack, until: date, *, at: datetime, note: str = "") -> Pack:
    return expiry.extend(pack_id=pack.pk, until=until, note=note, now=at, actor=sold.COACH)


def close(first: date, last: date, *, at: datetime = MAY) -> int:
    since, until = (end_of_day(day, "Europe/Berlin") for day in (first - DAY, last))
    with transaction.atomic():
        return expiry.pause(starts_at=since, ends_at=until, now=at, actor=sold.COACH)


# --- the end ----------------------------------------------------------------------------------------


def test_what_is_left_goes_at_the_end_and_says_why() -> None:
    pack = sold.bought(at=MAY)
    booked = sold.spend(pack, at=MAY, starts_at=ENDS - MINUTE)
    assert due(pack)["pack_expiry"] == sold.reread(pack).expires_at == ENDS
    assert expiry.expire(reference=pack.pk, now=ENDS - MINUTE) == ENDS
    assert expiry.expire(reference=pack.pk, now=ENDS) is None
    last = pack.entries.latest("number")
    assert (last.kind, last.units, last.balance_after) == ("expired", -9, 0)
    assert (last.cause, last.rule, last.actor_kind) == ("validity", "validity:6", "system")
    assert last.data == {"last_day": "2026-11-03"}
    assert events(pack, "pack.expired") == [{"units": 9}]
    assert spending.spent_on(booked.booking_id) == 1  # type: ignore[arg-type]


def test_a_pack_ends_once_and_in_silence_when_nothing_is_left() -> None:
    pack, empty = sold.bought(at=MAY), sold.bought(at=MAY, units=1)
    sold.spend(empty, at=MAY)
    for _ in range(2):
        assert expiry.expire(reference=pack.pk, now=ENDS) is None
        assert expiry.expire(reference=empty.pk, now=ENDS) is None
    assert sold.kinds(pack) == [("bought", 10), ("expired", -10)]
    assert (sold.kinds(empty)[1:], events(empty, "pack.expired")) == ([("spent", -1)], [])


def test_a_pack_for_good_asks_for_nothing() -> None:
    pack = sold.bought(at=MAY, valid_months=None)
    assert (pack.expires_at, due(pack)) == (None, {})
    assert expiry.expire(reference=pack.pk, now=ENDS) is None
    with pytest.raises(CannotExtend):
        extend(pack, date(2030, 1, 1), at=MAY)


def test_workers_end_a_pack_in_time_and_tell_of_it_before() -> None:
    pack = sold.bought(valid_months=1)
    for days in (26, 40):
        with clock.travel(days * 86400), schema_context("public"):
            worlds.sweep()
            assert not worlds.failures()
    assert (ledger.balance_of(pack.pk), due(pack)) == (0, {})
    assert [each["days"] for each in events(pack, "pack.expiring")] == [7]
    assert events(pack, "pack.expired") == [{"units": 10}]


# --- reminders --------------------------------------------------------------------------------------


def test_the_client_is_told_thirty_and_seven_days_before_in_the_morning() -> None:
    pack = sold.bought(at=MAY)
    first = datetime(2026, 10, 4, 7, tzinfo=UTC)
    second = datetime(2026, 10, 27, 8, tzinfo=UTC)
    assert due(pack)["pack_nudge"] == first
    assert expiry.nudge(reference=pack.pk, now=first - MINUTE) == first
    for _ in range(2):
        assert expiry.nudge(reference=pack.pk, now=first) == second
    assert expiry.nudge(reference=pack.pk, now=second) is None
    told = [(each["days"], each["left"], each["last_day"]) for each in events(pack, "pack.expiring")]
    assert told == [(30, 10, "2026-11-03"), (7, 10, "2026-11-03")]


def test_nobody_is_told_of_an_empty_pack_or_of_one_that_has_ended() -> None:
    empty, ended = sold.bought(at=MAY, units=1), sold.bought(at=MAY)
    sold.spend(empty, at=MAY)
    assert expiry.nudge(reference=empty.pk, now=ENDS - 20 * DAY) == datetime(2026, 10, 27, 8, tzinfo=UTC)
    assert expiry.nudge(reference=ended.pk, now=ENDS) is None
    assert not Event.objects.filter(kind="pack.expiring").exists()


def test_a_worker_that_comes_late_tells_once() -> None:
    pack = sold.bought(at=MAY)
    assert expiry.nudge(reference=pack.pk, now=ENDS - DAY) is None
    assert [each["days"] for each in events(pack, "pack.expiring")] == [7]


def test_a_short_pack_is_told_of_seven_days_before_only() -> None:
    pack = sold.bought(at=datetime(2026, 2, 10, 12, tzinfo=UTC), valid_months=1)
    assert due(pack)["pack_nudge"] == datetime(2026, 3, 3, 8, tzinfo=UTC)


# --- more time --------------------------------------------------------------------------------------


def test_the_coach_gives_more_time_and_says_why() -> None:
    pack = sold.bought(at=MAY)
    extend(pack, date(2026, 12, 31), at=MAY, note="Broke a leg")
    ends = datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert sold.reread(pack).expires_at == due(pack)["pack_expiry"] == ends
    assert due(pack)["pack_nudge"] == datetime(2026, 12, 1, 8, tzinfo=UTC)
    entry = pack.entries.latest("number")
    assert (entry.kind, entry.units, entry.cause) == ("extended", 0, "coach")
    assert entry.data == {"last_day_before": "2026-11-03", "last_day": "2026-12-31"}
    assert EntryNote.objects.get(entry=entry).text == "Broke a leg"
    assert len(events(pack, "pack.extended")) == 1
    assert ledger.balance_of(pack.pk) == 10


@pytest.mark.parametrize("until", [date(2026, 11, 3), date(2026, 11, 2), date(2026, 1, 1)])
def test_a_day_that_is_not_later_is_refused(until: date) -> None:
    pack = sold.bought(at=MAY)
    with pytest.raises(CannotExtend, match="later"):
        extend(pack, until, at=MAY)
    assert sold.kinds(pack) == [("bought", 10)]


def test_an_expired_pack_is_not_extended_to_a_day_that_is_over() -> None:
    pack = sold.bought(at=MAY)
    expiry.expire(reference=pack.pk, now=ENDS)
    with pytest.raises(CannotExtend):
        extend(pack, date(2026, 11, 10), at=ENDS + 20 * DAY)


def test_more_time_after_the_end_brings_back_exactly_what_expired() -> None:
    pack = sold.bought(at=MAY)
    sold.spend(pack, at=MAY)
    expiry.expire(reference=pack.pk, now=ENDS)
    extend(pack, date(2026, 12, 3), at=ENDS + DAY)
    sold.spend(pack, at=ENDS + 2 * DAY)
    expiry.expire(reference=pack.pk, now=datetime(2026, 12, 3, 23, tzinfo=UTC))
    extend(pack, date(2027, 1, 3), at=datetime(2026, 12, 5, tzinfo=UTC))
    assert [each for each in sold.kinds(pack) if each[1]] == [
        ("bought", 10),
        ("spent", -1),
        ("expired", -9),
        ("reopened", 9),
        ("spent", -1),
        ("expired", -8),
        ("reopened", 8),
    ]


def test_what_was_refunded_after_it_expired_does_not_come_back() -> None:
    pack = sold.bought(at=MAY)
    for _ in range(3):
        sold.spend(pack, at=MAY)
    expiry.expire(reference=pack.pk, now=ENDS)
    with transaction.atomic():
        removals.remove_refunded(
            pack_id=pack.pk, captured_minor=45000, refunded_minor=22500, reference="re",
            now=ENDS, actor=sold.COACH,
        )  # fmt: skip
    assert sold.reread(pack).owed_minor == 3 * 4500
    extend(pack, date(2026, 12, 3), at=ENDS + DAY)
    assert sold.kinds(pack)[-2:] == [("reopened", 7), ("refunded", -5)]
    assert (ledger.balance_of(pack.pk), sold.reread(pack).owed_minor) == (2, 0)


# --- closures ---------------------------------------------------------------------------------------


def test_validity_stands_still_while_the_coach_is_closed() -> None:
    pack, for_good = sold.bought(at=MAY), sold.bought(at=MAY, valid_months=None)
    assert close(date(2026, 10, 20), date(2026, 10, 26)) == 1
    # Seven days, one of which has 25 hours.
    assert sold.reread(pack).expires_at == datetime(2026, 11, 10, 23, tzinfo=UTC) == due(pack)["pack_expiry"]
    entry = pack.entries.latest("number")
    assert (entry.kind, entry.cause, entry.data["days"]) == ("extended", "closure", 7)
    assert sold.reread(for_good).expires_at is None


def test_a_day_that_two_closures_share_counts_once() -> None:
    pack = sold.bought(at=MAY)
    close(date(2026, 6, 1), date(2026, 6, 5))
    assert close(date(2026, 6, 1), date(2026, 6, 5)) == 0
    assert close(date(2026, 6, 4), date(2026, 6, 7)) == 1
    assert sold.reread(pack).expires_at == datetime(2026, 11, 10, 23, tzinfo=UTC)


def test_a_pack_stands_still_from_the_day_on_which_it_was_bought() -> None:
    pack = sold.bought(at=MAY)
    close(date(2026, 4, 27), date(2026, 5, 4))
    assert sold.reread(pack).expires_at == datetime(2026, 11, 5, 23, tzinfo=UTC)


def test_a_closure_that_is_entered_afterwards_brings_back_what_ended_in_it() -> None:
    ended_before = sold.bought(at=MAY - 7 * DAY)
    pack = sold.bought(at=MAY)
    expiry.expire(reference=pack.pk, now=ENDS)
    assert close(date(2026, 11, 1), date(2026, 11, 14), at=ENDS + 12 * DAY) == 1
    assert sold.kinds(pack)[-1] == ("reopened", 10)
    assert sold.reread(pack).expires_at == datetime(2026, 11, 17, 23, tzinfo=UTC)
    assert len(sold.kinds(ended_before)) == 1


# --- a unit that comes back late --------------------------------------------------------------------


@pytest.mark.parametrize("cause", ["coach", "weather", "declined_move"])
def test_who_is_not_to_blame_has_thirty_days_to_use_it(cause: str) -> None:
    pack = sold.bought(at=MAY)
    entry = sold.spend(pack, at=MAY, starts_at=ENDS - DAY)
    sold.give_back(entry.booking_id, cause=cause, at=datetime(2026, 10, 10, 10, tzinfo=UTC))
    extended = pack.entries.latest("number")
    assert (extended.kind, extended.cause) == ("extended", "returned_late")
    ends = datetime(2026, 11, 9, 23, tzinfo=UTC)
    assert sold.reread(pack).expires_at == ends == due(pack)["pack_expiry"]


def test_who_has_thirty_days_or_is_to_blame_gets_none_more() -> None:
    pack = sold.bought(at=MAY)
    for cause, at in (("coach", ENDS - 30 * DAY), ("client", ENDS - DAY), ("late", ENDS - DAY)):
        entry = sold.spend(pack, at=MAY)
        sold.give_back(entry.booking_id, cause=cause, at=at)
    assert sold.reread(pack).expires_at == ENDS


def test_a_unit_that_comes_back_to_an_ended_pack_can_be_used_alone() -> None:
    pack = sold.bought(at=MAY)
    entry = sold.spend(pack, at=MAY, starts_at=ENDS - DAY)
    expiry.expire(reference=pack.pk, now=ENDS)
    sold.give_back(entry.booking_id, cause="weather", at=ENDS + DAY)
    assert ledger.balance_of(pack.pk) == 1
    sold.spend(pack, at=ENDS + 2 * DAY)
    assert ledger.balance_of(pack.pk) == 0


def test_a_unit_that_comes_back_to_an_ended_pack_by_the_clients_doing_expires_too() -> None:
    pack = sold.bought(at=MAY)
    entry = sold.spend(pack, at=MAY, starts_at=ENDS - DAY)
    expiry.expire(reference=pack.pk, now=ENDS)
    sold.give_back(entry.booking_id, cause="came_late", at=ENDS + DAY)
    assert due(pack)["pack_expiry"] <= ENDS + DAY
    expiry.expire(reference=pack.pk, now=ENDS + DAY)
    assert sold.kinds(pack)[-2:] == [("returned", 1), ("expired", -1)]
