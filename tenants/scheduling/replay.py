"""A changed rule for cancelling, replayed over what was called off: what would have been different. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from kit.money import Money, format_money
from kit.words import listing
from tenants.packs.wording import SESSIONS, UNITS
from tenants.scheduling.cancellation import Facts, Kind, Outcome, Policy, decide


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A cancellation or no-show as it was decided. `label` names it for the list of what would change."""

    facts: Facts
    kind: Kind
    reason: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Changed:
    """One that would have ended otherwise: what was decided, and what the changed rule says."""

    before: Past
    after: Outcome

    @property
    def is_stricter(self) -> bool:
        """Whether it would have counted as used, where it went back."""
        return self.after.kind == "used"


@dataclass(frozen=True, slots=True)
class Replay:
    """What the changed rule would have meant, in words and case by case. Nothing is written."""

    policy: Policy
    replayed: int
    changed: tuple[Changed, ...]
    sentences: tuple[str, ...]


def replay(*, cancellations: Sequence[Past], changed: Policy, days: int = 90, locale: str = "en") -> Replay:
    """The same cancellations under a changed rule; `days` is how far back they go.

    Bookings may have been sold under several rules, so that one change can be stricter for some and looser
    for others: each direction is a sentence of its own. Amounts of several currencies stay apart.
    """
    differing = tuple(
        Changed(past, after)
        for past in cancellations
        if ((after := decide(changed, past.facts)).kind == "used") != (past.kind == "used")
    )
    sentences = _in_words(cancellations, changed, differing, days, locale)
    return Replay(changed, len(cancellations), differing, sentences)


def _in_words(
    cancellations: Sequence[Past], policy: Policy, changed: Sequence[Changed], days: int, locale: str
) -> tuple[str, ...]:
    if not cancellations:
        return (f"Nothing was cancelled or missed in the last {days} days, so there is nothing to compare.",)
    window = _window(policy)
    if not changed:
        return (f"{window}, nothing would have been different in the last {days} days.",)
    stricter = [each.before for each in changed if each.is_stricter]
    looser = [each.before for each in changed if not each.is_stricter]
    said = [_stricter(window, stricter, locale)] if stricter else []
    return (*said, *([_looser(window, looser, locale)] if looser else []))


def _window(policy: Policy) -> str:
    hours = policy.window_hours
    return f"With {_article(hours)} {hours}-hour window" if hours else "With cancelling free until the start"


def _article(hours: int) -> str:
    """As the number is read: an eight, an eleven, an eighteen, an eighty."""
    return "an" if hours in (8, 11, 18) or 80 <= hours <= 89 else "a"


def _stricter(window: str, cases: Sequence[Past], locale: str) -> str:
    late = "late cancel" if len(cases) == 1 else "late cancels"
    worth = _worth(cases, "from", locale) or _unpaid(cases)
    return f"{window}, {len(cases)} more {late} would have counted as used: {worth}."


def _looser(window: str, cases: Sequence[Past], locale: str) -> str:
    late = "late cancel" if len(cases) == 1 else "late cancels"
    worth = _worth(cases, "to", locale)
    back = f"{worth} would have gone back" if worth else _unpaid(cases)
    return f"{window}, {len(cases)} fewer {late} would have counted as used: {back}."


def _unpaid(cases: Sequence[Past]) -> str:
    return f"nothing had been paid for {'it' if len(cases) == 1 else 'them'}"


def _worth(cases: Sequence[Past], direction: str, locale: str) -> str:
    """ "3 sessions from packs and $90.00"."""
    taken = [case.facts.units for case in cases if case.facts.pays_with == "pack" and case.facts.units]
    noun = SESSIONS if all(units == 1 for units in taken) else UNITS
    packs = "a pack" if len(taken) == 1 else "packs"
    written = [f"{noun.count(sum(taken))} {direction} {packs}"] if taken else []
    return listing([*written, *_amounts(cases, locale)], locale)


def _amounts(cases: Sequence[Past], locale: str) -> list[str]:
    """The money of each currency, each in its own."""
    paid = [Money(case.facts.paid_minor, case.facts.currency) for case in cases if case.facts.paid_minor]
    sums = (
        sum((each for each in paid if each.currency == currency), Money(0, currency))
        for currency in dict.fromkeys(each.currency for each in paid)
    )
    return [format_money(each.minor, each.currency, locale) for each in sums]
