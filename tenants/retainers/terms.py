"""A retainer's price and rules in words: read before it is begun, kept with it, agreed to as a mandate."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from kit.money import format_money
from kit.words import duration, listing
from tenants.offers.models import Practice, SessionType
from tenants.offers.vocabulary import called
from tenants.retainers.periods import NOTICE_DAYS, Rhythm, Span, charge_at, day_of, first_span, span_from
from tenants.retainers.wording import Reader, period_in_words, rhythm_in_words, rollover_in_words, sessions


class Terms(Protocol):
    """A plan, or a retainer with the terms that it began with."""

    price_minor: int
    currency: str
    every_count: int
    every: str
    included: int | None
    covers: Any
    rollover: str
    rollover_cap: int
    cancel_window_hours: int
    charge_days_before: int


@dataclass(frozen=True, slots=True)
class Begun:
    """What beginning today would mean: the first period, the one after it, and when that one is charged."""

    first: Span
    second: Span
    charged_at: datetime


def rhythm_of(terms: Terms) -> Rhythm:
    return Rhythm(terms.every_count, terms.every)


def begun_on(terms: Terms, *, now: datetime, tz: str) -> Begun:
    """The first two periods of what is paid at that moment."""
    today, rhythm = day_of(now, tz), rhythm_of(terms)
    first = first_span(today, rhythm, tz)
    second = span_from(today, rhythm, first.ends_at, tz)
    return Begun(first, second, charge_at(second.starts_at, terms.charge_days_before, tz))


def price_in_words(terms: Terms, locale: str) -> str:
    """ "$200.00 every month"."""
    return f"{format_money(terms.price_minor, terms.currency, locale)} {rhythm_in_words(rhythm_of(terms))}"


def contents(terms: Terms) -> str:
    """ "4 sessions a month", "unlimited sessions in 2 weeks"."""
    length = period_in_words(rhythm_of(terms))
    counted = _counted(terms)
    return f"{counted} {length}" if length.startswith("a ") else f"{counted} in {length}"


def _counted(terms: Terms) -> str:
    one_each = all(takes == 1 for takes in terms.covers.values())
    if terms.included is None or one_each:
        return sessions(terms.included)
    return "1 unit" if terms.included == 1 else f"{terms.included} units"


def per_session_minor(terms: Terms) -> int | None:
    """What one session costs, of the type that takes the fewest units, rounded up; None where unlimited."""
    if terms.included is None:
        return None
    whole = max(terms.included // min(terms.covers.values(), default=1), 1)
    return -(-terms.price_minor // whole)


def rule_sentences(
    terms: Terms, *, types: Sequence[SessionType], practice: Practice, now: datetime
) -> list[str]:
    """The rules of a retainer that is begun now. `types` are those that can be booked."""
    return [
        _good_for(terms, types),
        _first_and_next(terms, practice, now),
        rollover_in_words(terms.rollover, terms.rollover_cap) if terms.included else "",
        _cancelling_a_session(terms),
        "Pause or cancel at any time, on a page of your own: the link stands in each receipt. Either takes"
        " effect when the paid period ends, and nothing more is charged from then on.",
    ]


def _good_for(terms: Terms, types: Sequence[SessionType]) -> str:
    takes = [(each.name, terms.covers[str(each.pk)]) for each in types if str(each.pk) in terms.covers]
    counted = f"{contents(terms)[:1].upper()}{contents(terms)[1:]}"
    if not takes or all(units == 1 for _name, units in takes):
        return f"{counted}: {listing([name for name, _ in takes])}." if takes else f"{counted}."
    counts = listing([f"one {name} takes {units}" for name, units in takes])
    return f"{counted}, of which {counts}."


def _first_and_next(terms: Terms, practice: Practice, now: datetime) -> str:
    reader = Reader(practice.timezone, practice.locale, now)
    begun = begun_on(terms, now=now, tz=practice.timezone)
    price = format_money(terms.price_minor, terms.currency, practice.locale)
    again = f"{price} {rhythm_in_words(rhythm_of(terms))}"
    return (
        f"Today {price} for {reader.span(begun.first)}. Then {again}, next on"
        f" {reader.day(begun.charged_at)} for {reader.span(begun.second)}, until you pause or cancel."
    )


def _cancelling_a_session(terms: Terms) -> str:
    hours = terms.cancel_window_hours
    until = f"at least {duration(hours * 60)} before" if hours else "before"
    return (
        f"Cancel {called.a_session} {until} it begins and it is yours to book again; later, or "
        "without coming, it"
        " counts as used. What the coach cancels always comes back."
    )


def mandate_text(terms: Terms, *, name: str, coach: str, practice: Practice, now: datetime) -> str:
    """What the payer agrees to have charged, word for word: what, how often, how much, how to end it."""
    price = format_money(terms.price_minor, terms.currency, practice.locale)
    again = rhythm_in_words(rhythm_of(terms))
    return (
        f"{name}: {contents(terms)}. {_first_and_next(terms, practice, now)}"
        f" I allow {coach} to keep my card at Stripe and to charge it {price} {again}"
        " for this, without asking me each time, until I pause or cancel."
        f" I am told {NOTICE_DAYS} days before the first of these charges, or at once where it comes sooner,"
        f" and at least {NOTICE_DAYS} days before the price changes. I can cancel with two presses on the"
        " page whose link is in each receipt; it takes effect when the paid period ends."
    )
