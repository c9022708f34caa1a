"""When the mails of a sequence go out. Pure: days are days of the practice's calendar, not 24 hours."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from kit.clock import at_wall, start_of_day, zone

A_DAY: Final = 24
# Of what comes days later nobody is woken, and nobody reads it between two others at midnight.
OPENS, CLOSES = time(9), time(20)
# What a busy queue takes longer is no reason to move the mails that follow.
LATE: Final = timedelta(hours=1)

Step = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Aim:
    """Which step comes next, and when; without a moment there is none."""

    index: int
    at: datetime | None


def due_at(*, counted_from: datetime, after_hours: int, tz: str) -> datetime:
    """The moment of a step: so many hours later, or so many days later at the same time of day.

    From a day on it lies between 9:00 and 20:00 in the zone `tz`. A time of day that the clocks skip is the
    one that they show instead.
    """
    if after_hours < A_DAY:
        return counted_from + timedelta(hours=after_hours)
    days, hours = divmod(after_hours, A_DAY)
    there = counted_from.astimezone(zone(tz))
    at = _moment(there.date() + timedelta(days=days), there.time(), tz)
    return civil(at + timedelta(hours=hours), tz)


def civil(at: datetime, tz: str) -> datetime:
    """The moment itself, or the next 9:00 when it lies outside of the hours for mails of this kind."""
    there = at.astimezone(zone(tz))
    if there.time() < OPENS:
        return _moment(there.date(), OPENS, tz)
    if there.time() >= CLOSES:
        return _moment(there.date() + timedelta(days=1), OPENS, tz)
    return at


def aim(*, steps: Sequence[Step], sent: Collection[str], counted_from: datetime, tz: str) -> Aim:
    """The step after the last one that was sent, as the steps are now."""
    places = [place for place, step in enumerate(steps) if step["id"] in sent]
    index = places[-1] + 1 if places else 0
    if index >= len(steps):
        return Aim(len(steps), None)
    return Aim(index, due_at(counted_from=counted_from, after_hours=int(steps[index]["after_hours"]), tz=tz))


def moved_on(*, counted_from: datetime, due: datetime, now: datetime) -> datetime:
    """From when the following steps are counted: after a pause all of them come that much later."""
    late = now - due
    return counted_from + late if late > LATE else counted_from


def in_order(steps: Sequence[Step]) -> list[Step]:
    """By their moments; those of the same one stay as they stand."""
    return sorted(steps, key=lambda step: int(step["after_hours"]))


def swapped(steps: Sequence[Step], step_id: uuid.UUID, *, earlier: bool) -> list[Step]:
    """The step and its neighbour in each other's place and moment; unchanged at the end of the row."""
    every = [dict(step) for step in steps]
    place = next((place for place, step in enumerate(every) if step["id"] == str(step_id)), None)
    if place is None:
        return list(every)
    other = place + (-1 if earlier else 1)
    if not 0 <= other < len(every):
        return list(every)
    moments = every[place]["after_hours"], every[other]["after_hours"]
    every[other]["after_hours"], every[place]["after_hours"] = moments
    every[place], every[other] = every[other], every[place]
    return list(every)


def _moment(day: date, at: time, tz: str) -> datetime:
    """On the wall of a zone; of a time that is skipped, the same distance from midnight."""
    found = at_wall(day, at, tz)
    if found is not None:
        return found
    since_midnight = timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)
    return start_of_day(day, tz) + since_midnight
