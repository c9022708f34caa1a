"""When the mails of a sequence are due: hours are hours, days are days of the practice's calendar."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from kit.ids import uuid7
from tenants.messaging import sequence_times
from tenants.messaging.sequence_times import aim, due_at, moved_on, swapped

BERLIN = "Europe/Berlin"


def berlin(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(BERLIN))  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("begun", "hours", "due"),
    [
        (berlin(2031, 3, 28, 17, 0), 3 * 24, berlin(2031, 3, 31, 17, 0)),  # clocks go forward on the 30th
        (berlin(2031, 10, 24, 17, 0), 3 * 24, berlin(2031, 10, 27, 17, 0)),  # and back on the 26th
        (berlin(2031, 6, 2, 6, 30), 24, berlin(2031, 6, 3, 9, 0)),
        (berlin(2031, 6, 2, 19, 59), 24, berlin(2031, 6, 3, 19, 59)),
        (berlin(2031, 6, 2, 20, 0), 24, berlin(2031, 6, 4, 9, 0)),
        (berlin(2031, 6, 2, 23, 30), 2, berlin(2031, 6, 3, 1, 30)),  # under a day it is as it is asked for
        (berlin(2031, 3, 30, 0, 30), 3, berlin(2031, 3, 30, 4, 30)),
        (berlin(2031, 3, 29, 2, 30), 24, berlin(2031, 3, 30, 9, 0)),
        (berlin(2031, 6, 2, 10, 0), 30, berlin(2031, 6, 3, 16, 0)),
    ],
)
def test_a_step_is_due_at_the_same_time_of_day_and_never_at_night(
    begun: datetime, hours: int, due: datetime
) -> None:
    found = due_at(counted_from=begun.astimezone(UTC), after_hours=hours, tz=BERLIN)
    assert found.astimezone(UTC) == due.astimezone(UTC)


def test_the_step_after_the_last_one_that_was_sent_comes_next() -> None:
    steps = [{"id": each, "after_hours": 24 * day} for day, each in enumerate("abc")]
    begun = berlin(2031, 6, 2, 12, 0)
    for sent, index in ((set(), 0), ({"a"}, 1), ({"b"}, 2), ({"a", "b"}, 2), ({"gone"}, 0)):
        assert aim(steps=steps, sent=sent, counted_from=begun, tz=BERLIN).index == index
    assert aim(steps=steps, sent={"c"}, counted_from=begun, tz=BERLIN).at is None


def test_a_pause_moves_what_follows_and_a_busy_minute_does_not() -> None:
    begun, due = berlin(2031, 6, 2, 12, 0), berlin(2031, 6, 3, 12, 0)
    assert moved_on(counted_from=begun, due=due, now=due + timedelta(minutes=5)) == begun
    paused = due + timedelta(days=10)
    assert moved_on(counted_from=begun, due=due, now=paused) == begun + timedelta(days=10)


def test_neighbours_change_places_and_keep_the_moments() -> None:
    ids = [uuid7() for _ in range(3)]
    steps = [{"id": str(each), "after_hours": 24 * day} for day, each in enumerate(ids)]
    moved = swapped(steps, ids[2], earlier=True)
    assert [step["id"] for step in moved] == [str(ids[0]), str(ids[2]), str(ids[1])]
    assert [step["after_hours"] for step in moved] == [0, 24, 48]
    assert swapped(steps, ids[0], earlier=True) == steps
    assert sequence_times.in_order(moved) == moved
