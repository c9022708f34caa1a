"""Each entry of a pack's ledger as one plain sentence, for timelines and statements."""

from collections.abc import Callable, Mapping
from typing import Final

from tenants.offers.vocabulary import called
from tenants.packs.wording import (
    BROUGHT,
    SESSIONS,
    Clock,
    Entry,
    Noun,
    actor_of,
    from_list,
    session_of,
    valid_until,
    validity_rule,
    why_corrected,
    why_extended,
    why_kept,
    why_returned,
)


def sentence(entry: Entry, *, clock: Clock, noun: Noun = SESSIONS, is_payer: bool = True) -> str:
    """What the entry did, and why: "1 session used for Tue 10 June, 17:00."

    Who does not pay reads of refunds and disputes only what they do to the sessions.
    """
    counted = noun.count(abs(entry.units))
    if entry.kind in _OF_SESSIONS:
        words = _OF_SESSIONS[entry.kind](entry, clock, counted)
    elif entry.kind == "corrected":
        words = f"{counted} {'added' if entry.units > 0 else 'taken away'} {why_corrected(entry)}"
    else:
        said = change(entry, clock, is_payer=is_payer)
        words = f"{counted} {said}" if entry.units else f"{said[:1].upper()}{said[1:]}"
    return f"{words.rstrip('.')}."


def change(entry: Entry, clock: Clock, *, is_payer: bool) -> str:
    """What happened to units beside sessions, to stand behind their number: "expired (…)"."""
    say = _NEUTRALLY.get(entry.kind) if not is_payer else None
    say = say or _CHANGES.get(entry.kind)
    if say is None:
        return f"{entry.kind} on {clock.date_of(entry.at)} by {actor_of(entry)}"
    return say(entry, clock)


def _spent(entry: Entry, clock: Clock, counted: str) -> str:
    return f"{counted} used{_for_session(entry, clock)}"


def _returned(entry: Entry, clock: Clock, counted: str) -> str:
    return f"{counted} returned{_for_session(entry, clock)}: {why_returned(entry)}"


def _kept(entry: Entry, clock: Clock, counted: str) -> str:
    session = session_of(entry)
    which = f"The {called.session} on {clock.session(session)}" if session else f"The {called.session}"
    if entry.cause == "completed":
        return f"{which} took place"
    if entry.cause == "moved":
        return (
            f"The {called.session} was moved to {clock.session(session)}"
            if session
            else f"The {called.session} was moved"
        )
    if entry.cause == "no_show":
        return f"{which} was missed: {why_kept(entry)}"
    return f"{which} counts as used: {why_kept(entry)}"


def _for_session(entry: Entry, clock: Clock) -> str:
    session = session_of(entry)
    return f" for {clock.session(session)}" if session else ""


def _bought(entry: Entry, clock: Clock) -> str:
    if entry.cause == BROUGHT:
        return f"brought from {from_list(entry, clock)}"
    return f"bought on {clock.date_of(entry.at)}"


def _extended(entry: Entry, clock: Clock) -> str:
    until = valid_until(entry, clock)
    if entry.cause == "taken_back":
        return f"valid until {until} again (the extension was taken back by {actor_of(entry)})"
    return f"extended to {until} {why_extended(entry)}"


def _why_frozen(entry: Entry) -> str:
    return "an instalment is not paid" if entry.cause == "instalment" else "the payment is disputed"


def _why_free_again(entry: Entry) -> str:
    return "the open instalment is paid" if entry.cause == "instalment" else "the dispute is over"


def _from(entry: Entry) -> str:
    return f" from {entry.other}" if entry.other else ""


def _to(entry: Entry) -> str:
    return f" to {entry.other}" if entry.other else ""


_OF_SESSIONS: Final[Mapping[str, Callable[[Entry, Clock, str], str]]] = {
    "spent": _spent,
    "returned": _returned,
    "kept": _kept,
}
_CHANGES: Final[Mapping[str, Callable[[Entry, Clock], str]]] = {
    "bought": lambda entry, clock: _bought(entry, clock),
    "received": lambda entry, clock: f"received{_from(entry)} on {clock.date_of(entry.at)}",
    "expired": lambda entry, clock: (
        f"expired (valid until {valid_until(entry, clock)}{validity_rule(entry)})"
    ),
    "reopened": lambda entry, clock: (
        f"usable again since {clock.date_of(entry.at)} (extended {why_extended(entry)})"
    ),
    "extended": lambda entry, clock: _extended(entry, clock),
    "sent": lambda entry, clock: f"passed on{_to(entry)} on {clock.date_of(entry.at)}",
    "refunded": lambda entry, clock: (
        f"refunded on {clock.date_of(entry.at)} by {actor_of(entry)}"
        + ("" if entry.units else " (nothing unused was left to take)")
    ),
    "corrected": lambda entry, clock: f"corrected on {clock.date_of(entry.at)} {why_corrected(entry)}",
    "frozen": lambda entry, clock: (
        f"frozen since {clock.date_of(entry.at)} ({_why_frozen(entry)}, so nothing can be booked)"
    ),
    "unfrozen": lambda entry, clock: (
        f"free to book again since {clock.date_of(entry.at)} ({_why_free_again(entry)})"
    ),
}
_NEUTRALLY: Final[Mapping[str, Callable[[Entry, Clock], str]]] = {
    "refunded": lambda entry, clock: (
        f"no longer included since {clock.date_of(entry.at)}"
        if entry.units
        else f"checked on {clock.date_of(entry.at)}, nothing taken away"
    ),
    "frozen": lambda entry, clock: f"paused since {clock.date_of(entry.at)} (nothing can be booked for now)",
    "unfrozen": lambda entry, clock: f"free to book again since {clock.date_of(entry.at)}",
}
