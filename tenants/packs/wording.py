"""What a pack counts, and single entries of its ledger in words. Pure: plain values in, sentences out."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from kit.clock import zone
from kit.words import day_in_words, days_in_words, short_duration, time_of_day
from tenants.offers.vocabulary import called


@dataclass(frozen=True, slots=True)
class Noun:
    """What a pack counts, in the singular and the plural."""

    one: str
    many: str

    def count(self, number: int) -> str:
        """ "1 session", "3 sessions"."""
        return f"{number} {self.of(number)}"

    def of(self, number: int) -> str:
        return called.said(self.one if number == 1 else self.many)


SESSIONS = Noun("{session}", "{sessions}")
"""As the coach calls them."""
UNITS = Noun("unit", "units")
"""Where a booking may take more than one: then a session is not what is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A ledger entry as plain values. `note` is what a person wrote; `other` who gave or received units.

    `data` may hold starts_at, expires_at (ISO, with offset), wall_start (as agreed, without one), last_day,
    minutes_before or hours_before, and window_hours.
    """

    kind: str
    units: int
    cause: str
    rule: str
    at: datetime
    booking_id: uuid.UUID | None = None
    actor_kind: str = "system"
    actor_name: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    other: str = ""

    def moment(self, name: str) -> datetime | None:
        """One of the moments in `data`."""
        written = self.data.get(name)
        return datetime.fromisoformat(written) if written else None


@dataclass(frozen=True, slots=True)
class SessionTime:
    """When a session begins, and the wall time that was agreed for it ("2026-06-10T17:00")."""

    starts_at: datetime
    wall_start: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    """How moments are written for one reader at one time. Another year than this one is named."""

    tz: str
    locale: str
    now: datetime

    def here(self, at: datetime) -> datetime:
        return at.astimezone(zone(self.tz))

    def wall(self, session: SessionTime) -> datetime:
        """The time as it was agreed; else as the reader's clock shows it."""
        if session.wall_start:
            return datetime.fromisoformat(session.wall_start)
        return self.here(session.starts_at)

    def date_of(self, at: datetime) -> str:
        return self.day(self.here(at).date())

    def day(self, day: date, *, with_weekday: bool = False) -> str:
        """ "3 May", "3 Nov 2027"."""
        other_year = day.year != self.this_year
        return day_in_words(day, self.locale, with_weekday=with_weekday, with_year=other_year)

    def days(self, sessions: list[SessionTime]) -> str:
        """ "6, 13 and 20 May"."""
        days = [self.wall(session).date() for session in sessions]
        return days_in_words(days, this_year=self.this_year, locale=self.locale)

    def time(self, there: datetime, *, comma: bool = False) -> str:
        """ "Tue 10 June 17:00", of a moment that was read from the right clock."""
        day = self.day(there.date(), with_weekday=True)
        return f"{day}{',' if comma else ''} {time_of_day(there, self.locale)}"

    def start(self, session: SessionTime) -> str:
        """ "Tue 10 June 17:00", with the reader's own time where their clock shows another."""
        agreed, here = self.wall(session), self.here(session.starts_at)
        if agreed.replace(tzinfo=None) == here.replace(tzinfo=None):
            return self.time(agreed)
        return f"{self.time(agreed)} ({self.time(here)} where you are)"

    def session(self, session: SessionTime) -> str:
        return self.time(self.wall(session), comma=True)

    def last_day(self, expires_at: datetime) -> str:
        """The last day of validity; with the hour for who lives where it does not end at midnight."""
        there = self.here(expires_at)
        if there.time() == time():
            return self.day(there.date() - timedelta(days=1))
        return f"{self.day(there.date())}, {time_of_day(there, self.locale)}"

    @property
    def this_year(self) -> int:
        return self.here(self.now).year


ACTORS: Final = {
    "coach": "the coach",
    "client": "the {client}",
    "operator": "an operator",
    "stripe": "Stripe",
    "system": "the system",
}
RETURNED: Final = {
    "client": "cancelled in time",
    "late": "cancelled in time",
    "coach": "cancelled by the coach",
    "weather": "weather",
    "closure": "closed by the coach",
    "declined_move": "the new time was declined",
    "no_show": "did not come",
}
EXTENDED: Final = {
    "closure": "while the coach is closed",
    "returned_late": "since {a_session} came back with little time left",
}
# Of sessions that were had before, elsewhere.
BROUGHT: Final = "brought"
TAKEN_BACK: Final = "list_taken_back"
LATE: Final = frozenset({"client", "late"})
DECLINED_TOO_LATE: Final = "the new time was declined after the start"
# What the rule would have kept a session for, where that is not how late it was cancelled.
WAIVED: Final = {"no_show": "no-show", "declined_move": DECLINED_TOO_LATE}


def session_of(entry: Entry) -> SessionTime | None:
    """The session that the entry speaks of, as far as it knows."""
    starts_at = entry.moment("starts_at")
    return SessionTime(starts_at, entry.data.get("wall_start", "")) if starts_at else None


def actor_of(entry: Entry) -> str:
    return entry.actor_name or called.said(ACTORS.get(entry.actor_kind, entry.actor_kind))


def why_returned(entry: Entry) -> str:
    """ "court closed, weather", "cancelled in time; rule: 24 h", "no-show, rule waived by Anna: ill"."""
    note = _note(entry)
    if entry.rule.partition(":")[0] == "waived":
        return _noted(f"{WAIVED.get(entry.cause) or _late(entry)}, rule waived by {actor_of(entry)}", note)
    words = RETURNED.get(entry.cause) or f"{entry.cause.replace('_', ' ')}, by {actor_of(entry)}"
    if entry.cause in LATE:
        words = "; ".join(filter(None, (words, _window(entry))))
    if not note or note.casefold().endswith(words.casefold()):
        return note or words
    return f"{note}, {words}"


def why_kept(entry: Entry) -> str:
    """ "cancelled 5 h before; rule: 24 h"."""
    note = _note(entry)
    if entry.cause == "no_show":
        return _noted(f"a missed {called.session} counts as used", note)
    if entry.cause == "declined_move":
        return _noted(DECLINED_TOO_LATE, note)
    if entry.cause not in LATE:
        return _noted(f"{entry.cause.replace('_', ' ')}, by {actor_of(entry)}", note)
    return _noted("; ".join(filter(None, (_late(entry), _window(entry)))), note)


def from_list(entry: Entry, clock: Clock) -> str:
    """ "the spreadsheet of 3 May"."""
    written = entry.data.get("list_of")
    return f"the spreadsheet of {clock.day(date.fromisoformat(written))}" if written else "elsewhere"


def why_corrected(entry: Entry) -> str:
    """Who and why, always: an erased reason is said to be erased."""
    if entry.cause == TAKEN_BACK:
        return f"by {actor_of(entry)}: the list that they were brought with was taken back"
    return f"by {actor_of(entry)}: {_note(entry) or 'the reason was erased'}"


def why_extended(entry: Entry) -> str:
    known = EXTENDED.get(entry.cause)
    words = called.said(known) if known else f"by {actor_of(entry)}"
    if entry.cause == "closure" and (days := entry.data.get("days")):
        words = f"for {days} day{'' if days == 1 else 's'} on which the coach is closed"
    return _noted(words, _note(entry))


def validity_rule(entry: Entry) -> str:
    """ "; rule: 6 months", where the entry was made by that rule."""
    name, _, months = entry.rule.partition(":")
    if name != "validity" or not months.isdigit() or months == "0":
        return ""
    return f"; rule: {months} month{'' if months == '1' else 's'}"


def valid_until(entry: Entry, clock: Clock) -> str:
    """ "3 Dec", the last day as the ledger names it or else as the reader's clock does."""
    if "last_day" in entry.data:
        return clock.day(date.fromisoformat(entry.data["last_day"]))
    return clock.last_day(entry.moment("expires_at") or entry.at)


def _late(entry: Entry) -> str:
    minutes = _minutes_before(entry)
    if minutes is None:
        return "cancelled late"
    if minutes < 0:
        return "cancelled after the start" if entry.cause == "client" else "cancelled too late"
    return f"cancelled {short_duration(minutes) if minutes else 'less than 1 min'} before"


def _minutes_before(entry: Entry) -> int | None:
    if "minutes_before" in entry.data:
        return int(entry.data["minutes_before"])
    if entry.data.get("hours_before"):
        return int(entry.data["hours_before"]) * 60
    session = session_of(entry)
    return (session.starts_at - entry.at) // timedelta(minutes=1) if session else None


def _window(entry: Entry) -> str:
    name, _, hours = entry.rule.partition(":")
    window = entry.data.get("window_hours", hours if name == "window" and hours.isdigit() else None)
    if window is None:
        return ""
    return f"rule: {short_duration(int(window) * 60)}" if int(window) else "rule: until the start"


def _note(entry: Entry) -> str:
    """What a person wrote, fit to stand within a sentence of ours."""
    return entry.note.strip().rstrip(".")


def _noted(words: str, note: str) -> str:
    return f"{words}: {note}" if note else words
