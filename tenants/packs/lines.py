"""The lines of a balance: one for each cause, with its units, its dates and its reason. Pure."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from kit.words import listing
from tenants.packs.sentences import change
from tenants.packs.wording import LATE, Clock, Entry, SessionTime, session_of, why_kept, why_returned

GRANTS: Final = frozenset({"bought", "received"})
OF_SESSIONS: Final = frozenset({"spent", "returned", "kept"})
TOOK_PLACE: Final = frozenset({"completed", "moved"})
ORDER: Final = ("used", "late", "no_show", "kept", "returned", "booked", "change", "this")


@dataclass(frozen=True, slots=True)
class Planned:
    """A session that is not booked yet, to see the balance after it."""

    units: int
    session: SessionTime


@dataclass(frozen=True, slots=True)
class Line:
    """One cause with the units that it added or took: `number` and `text` stand side by side."""

    units: int
    text: str

    @property
    def number(self) -> str:
        """ "− 3", "0", "+ 2"."""
        return signed(self.units) if self.units else "0"

    def __str__(self) -> str:
        return f"{self.number} {self.text}"


This = uuid.UUID | Planned


@dataclass(frozen=True, slots=True)
class _Story:
    """What happened to one booking: its entries in order, what it has of the pack, and when it is."""

    booking_id: uuid.UUID | None
    entries: tuple[Entry, ...]
    units: int
    session: SessionTime | None

    @property
    def last(self) -> Entry:
        """What counts of it. That it was moved says only when it is."""
        told = [entry for entry in self.entries if (entry.kind, entry.cause) != ("kept", "moved")]
        return told[-1] if told else self.entries[-1]


def lines_of(
    entries: Sequence[Entry],
    *,
    these: Sequence[This],
    sessions: Mapping[uuid.UUID, SessionTime],
    clock: Clock,
    is_payer: bool,
) -> tuple[Line, ...]:
    """Everything but the grant, in an order that stays the same; what is about `these` comes last."""
    stories = _stories(entries, sessions)
    return tuple(_lines(entries, stories, these, clock, is_payer))


def signed(units: int) -> str:
    """ "+ 2", "− 3", "− 0"."""
    return f"+ {units}" if units > 0 else f"− {-units}"


def _stories(entries: Iterable[Entry], sessions: Mapping[uuid.UUID, SessionTime]) -> list[_Story]:
    """The entries of each booking together; one without a booking is a story of its own."""
    told: dict[object, list[Entry]] = {}
    for number, entry in enumerate(entries):
        if entry.kind in OF_SESSIONS:
            told.setdefault(entry.booking_id or number, []).append(entry)
    return [_story(tuple(each), sessions) for each in told.values()]


def _story(entries: tuple[Entry, ...], sessions: Mapping[uuid.UUID, SessionTime]) -> _Story:
    booking_id = entries[0].booking_id
    known = [session for session in map(session_of, entries) if session]
    latest = known[-1] if known else None
    units = sum(entry.units for entry in entries)
    return _Story(booking_id, entries, units, sessions.get(booking_id, latest) if booking_id else latest)


def _lines(
    entries: Sequence[Entry], stories: Sequence[_Story], these: Sequence[This], clock: Clock, is_payer: bool
) -> Iterable[Line]:
    """One line for each cause, in an order that stays the same; what is about this booking comes last."""
    sorts = {sort: [each for each in stories if _sort(each, these, clock) == sort] for sort in ORDER}
    for sort in ORDER:
        if sort == "change":
            yield from _changes(entries, clock, is_payer)
        elif sort == "this":
            yield from _these(sorts[sort], these, clock)
        elif sort in ("used", "booked"):
            yield from _together(sort, sorts[sort], clock)
        else:
            yield from (_on_its_own(sort, story, clock) for story in sorts[sort])


def _sort(story: _Story, these: Sequence[This], clock: Clock) -> str:
    last = story.last
    if last.kind == "returned":
        return "returned"
    if last.kind == "kept" and last.cause not in TOOK_PLACE:
        return "late" if last.cause in LATE else "no_show" if last.cause == "no_show" else "kept"
    if story.booking_id in these:
        return "this"
    return "booked" if story.session and story.session.starts_at > clock.now else "used"


def _together(said: str, stories: Sequence[_Story], clock: Clock) -> Iterable[Line]:
    """ "− 3 used: 6, 13 and 20 May"."""
    if stories:
        dates = _dates([(-story.units, _time_of(story)) for story in stories], clock)
        yield Line(sum(story.units for story in stories), f"{said}: {dates}")


def _dates(taken: Sequence[tuple[int, SessionTime]], clock: Clock) -> str:
    """The days, those apart at which more than one unit was taken: "6 May; 13 and 20 May (2 each)"."""
    ordered = sorted(taken, key=lambda each: each[0])
    parts = []
    for units, alike in groupby(ordered, key=lambda each: each[0]):
        days = clock.days([session for _, session in alike])
        parts.append(days if units == 1 else f"{days} ({units} each)")
    return "; ".join(parts)


def _time_of(story: _Story) -> SessionTime:
    return story.session or SessionTime(story.entries[0].at)


def _on_its_own(sort: str, story: _Story, clock: Clock) -> Line:
    day = clock.days([_time_of(story)])
    if sort == "returned":
        how = "taken, then returned" if not story.units else "returned"
        return Line(story.units, f"for {day} ({how}: {why_returned(story.last)})")
    called = {"late": "late cancel on", "no_show": "no-show on", "kept": "for"}[sort]
    return Line(story.units, f"{called} {day} ({why_kept(story.last)})")


def _changes(entries: Iterable[Entry], clock: Clock, is_payer: bool) -> Iterable[Line]:
    for entry in entries:
        if entry.kind not in OF_SESSIONS | GRANTS:
            yield Line(entry.units, change(entry, clock, is_payer=is_payer))


def _these(stories: Iterable[_Story], these: Iterable[This], clock: Clock) -> Iterable[Line]:
    """ "− 1 this booking, Tue 10 June 17:00"."""
    taken = [(-story.units, _time_of(story)) for story in stories]
    taken += [(this.units, this.session) for this in these if isinstance(this, Planned)]
    if len(taken) == 1:
        units, session = taken[0]
        yield Line(-units, f"this booking, {clock.start(session)}")
    elif taken:
        times = [clock.start(session) for _, session in taken]
        yield Line(-sum(units for units, _ in taken), f"these bookings: {listing(times, clock.locale)}")
