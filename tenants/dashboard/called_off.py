"""What became of a client's last session that did not take place, in one line: rule and result."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kit.money import format_money
from kit.words import listing, short_duration
from tenants.clients.models import Client
from tenants.dashboard.desk import Desk
from tenants.dashboard.diary import Entry
from tenants.packs.wording import SESSIONS, UNITS
from tenants.scheduling.models import BookingStatus, Cancellation, CancellationStatus, Cause

MINUTE = 60
BY_THE_WINDOW = (Cause.CLIENT, Cause.LATE)


@dataclass(frozen=True, slots=True)
class CalledOff:
    """One decision about a session: `text` says what happened, by which rule, and its result."""

    booking_id: uuid.UUID
    starts_at: datetime
    text: str


def last_of(desk: Desk, client: Client, history: Sequence[Entry]) -> CalledOff | None:
    """The last cancellation or no-show, whichever came later. One query."""
    done = Cancellation.objects.filter(booking__client=client, status=CancellationStatus.DONE)
    row = done.select_related("booking__session").order_by("-asked_at", "-pk").first()
    missed = next((each for each in history if each.booking.status == BookingStatus.NO_SHOW), None)
    if missed and (row is None or missed.session.starts_at > row.asked_at):
        told = "Did not come; rule: a missed session counts as used."
        return CalledOff(missed.id, missed.session.starts_at, told)
    if row is None:
        return None
    text = f"{in_words(row)}: {result(row, desk.practice.locale)}."
    return CalledOff(row.booking_id, row.booking.session.starts_at, text)


def in_words(row: Cancellation) -> str:
    """ "Cancelled 5 h before; rule 24 h". `row` comes with booking and session."""
    if row.cause in BY_THE_WINDOW:
        return f"{_when(row)}; rule {_rule(row.window_hours)}"
    return str(Cause(row.cause).label)


def _when(row: Cancellation) -> str:
    minutes = int((row.booking.session.starts_at - row.asked_at).total_seconds()) // MINUTE
    if minutes < 0:
        return "Cancelled too late" if row.cause == Cause.LATE else "Cancelled after the start"
    return f"Cancelled {short_duration(minutes) if minutes else 'less than 1 min'} before"


def _rule(hours: int) -> str:
    return f"{hours} h" if hours else "until the start"


def result(row: Cancellation, locale: str) -> str:
    """ "counted as used", "1 session went back to the pack"."""
    if row.outcome == "used":
        return "counted as used"
    back = listing([*_units(row), *_money(row, locale)], locale)
    went = f"{back} went back" if back else "nothing had been paid"
    return f"rule waived, {went}" if row.outcome == "waived" else went


def _units(row: Cancellation) -> list[str]:
    if not row.units_back:
        return []
    noun = SESSIONS if row.units_back == 1 else UNITS
    return [f"{noun.count(row.units_back)} of the pack"]


def _money(row: Cancellation, locale: str) -> list[str]:
    if not row.money_back_minor:
        return []
    return [format_money(row.money_back_minor, row.booking.currency, locale)]
