"""What a coach may press at a session, each with what it would mean, and what a press has led to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from kit.actors import Actor
from kit.words import listing
from tenants.dashboard.desk import Desk
from tenants.dashboard.diary import Entry
from tenants.scheduling.cancellation import Outcome, consequences
from tenants.scheduling.cancelling import outcome_of
from tenants.scheduling.means import Means, means_of
from tenants.scheduling.models import Booking, BookingStatus, Cancellation, CancellationStatus, Cause, Funding

# Around the start it is pressed with one tap; earlier it is on the booking's page.
NEAR = timedelta(hours=1)
NAMES = {
    Cause.CLIENT: "Client cancels",
    Cause.LATE: "Late cancel",
    Cause.WEATHER: "Weather",
    Cause.COACH: "Cancel this session",
}
_ICONS = {Cause.CLIENT: "calendar-x", Cause.LATE: "calendar-x", Cause.WEATHER: "cloud-rain", Cause.COACH: "x"}


@dataclass(frozen=True, slots=True)
class Press:
    """One button: `says` is what it would do, `shown` the kind of outcome that goes with the form."""

    cause: str
    words: str
    says: str
    shown: str
    icon: str


@dataclass(frozen=True, slots=True)
class Pending:
    """A cancellation that is of effect soon; `can_undo` where the coach has pressed it."""

    row: Cancellation
    says: str
    can_undo: bool


@dataclass(frozen=True, slots=True)
class Card:
    """A session of today with its buttons, or with what one of them has led to."""

    entry: Entry
    presses: list[Press]
    pending: Pending | None
    words: list[str]


def cards(desk: Desk, entries: Iterable[Entry]) -> list[Card]:
    """At most two queries, however many sessions there are."""
    kept = list(entries)
    means = means_of(entry.booking for entry in kept)
    return [_card(desk, entry, means[entry.id]) for entry in kept]


def _card(desk: Desk, entry: Entry, means: Means) -> Card:
    near = entry.session.starts_at <= desk.now + NEAR and not entry.is_over
    offered = presses(desk, entry, means)[:2] if near else []
    return Card(
        entry, offered, pending_of(desk, entry), _in_short(entry, offered, means, desk.practice.locale)
    )


def presses(desk: Desk, entry: Entry, means: Means) -> list[Press]:
    """What may be pressed now: the client's cancelling first, then weather, then the coach's own."""
    if not entry.is_kept or entry.is_being_called_off:
        return []
    causes = (_of_the_client(desk, entry, means), Cause.WEATHER, Cause.COACH)
    return [_press(desk, entry.booking, means, cause) for cause in causes]


def _of_the_client(desk: Desk, entry: Entry, means: Means) -> Cause:
    """Before the deadline nothing is late."""
    if entry.has_begun:
        return Cause.LATE
    outcome = outcome_of(entry.booking, means, cause=Cause.CLIENT, now=desk.now)
    return Cause.LATE if outcome.kind == "used" else Cause.CLIENT


def _press(desk: Desk, booking: Booking, means: Means, cause: Cause) -> Press:
    outcome = outcome_of(booking, means, cause=cause, now=desk.now)
    return Press(cause, NAMES[cause], in_words(desk, booking, outcome), outcome.kind, _ICONS[cause])


def in_words(desk: Desk, booking: Booking, outcome: Outcome | Cancellation) -> str:
    """What goes back, as the coach reads it."""
    if isinstance(outcome, Cancellation):
        outcome = _as_decided(outcome)
    said = consequences(
        outcome,
        booking.currency,
        desk.practice.locale,
        reader="coach",
        in_hand=booking.funding == Funding.RECEIVED,
    )
    return " ".join(said)


def _as_decided(row: Cancellation) -> Outcome:
    return Outcome(
        kind=row.outcome,  # type: ignore[arg-type]
        units_back=row.units_back,
        money_back_minor=row.money_back_minor,
        rule="",
        reason=row.reason,
        free_until=row.asked_at,
    )


def _in_short(entry: Entry, offered: list[Press], means: Means, locale: str) -> list[str]:
    """Buttons that mean the same are told together."""
    told = [(press.words, press.says) for press in offered]
    if entry.can_be_marked and told and (means.units or means.paid.minor):
        told.insert(0, ("No-show", "The session counts as used: nothing goes back."))
    same = groupby(told, key=lambda each: each[1])
    return [f"{_first_up(listing([name for name, _ in of], locale))}: {says}" for says, of in same]


def _first_up(words: str) -> str:
    return words[:1].upper() + words[1:].lower()


def waiver(desk: Desk, entry: Entry, means: Means, kept: Cancellation | None) -> str:
    """What would go back if the coach did not insist on the rule; empty where there is nothing to waive."""
    cause = _waivable(desk, entry, means, kept)
    if cause is None or entry.is_being_called_off:
        return ""
    asked_at = kept.asked_at if kept else desk.now
    outcome = outcome_of(entry.booking, means, cause=cause, now=asked_at, waived_because="-")
    gives = outcome.kind == "waived" and (outcome.units_back or outcome.money_back_minor)
    return in_words(desk, entry.booking, outcome) if gives else ""


def _waivable(desk: Desk, entry: Entry, means: Means, kept: Cancellation | None) -> str | None:
    if kept and entry.booking.status == BookingStatus.CANCELLED:
        return kept.cause
    if not entry.is_kept:
        return None
    return waived_cause(entry.booking, late=_of_the_client(desk, entry, means) == Cause.LATE)


def waived_cause(booking: Booking, *, late: bool = True) -> Cause | None:
    """What a booking that still stands is called off for when its rule is waived."""
    if booking.status == BookingStatus.NO_SHOW:
        return Cause.NO_SHOW
    return Cause.LATE if late else None


def pending_of(desk: Desk, entry: Entry) -> Pending | None:
    """What is about to take effect."""
    row = entry.pending
    return Pending(row, in_words(desk, entry.booking, row), may_undo(desk.actor, row)) if row else None


def may_undo(actor: Actor, row: Cancellation) -> bool:
    """A coach takes back what a coach has pressed; what the client has cancelled is the client's."""
    return row.status == CancellationStatus.PENDING and row.actor_kind == actor.kind
