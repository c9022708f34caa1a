"""A pack's balance in words: the one place that explains what is left, and why.

Every page, mail, file and answer that shows a balance asks `explain`. Pure: plain values in, sentences out.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from kit.money import format_money
from tenants.offers.vocabulary import called
from tenants.packs.lines import GRANTS, Line, Planned, This, lines_of, signed
from tenants.packs.sentences import sentence
from tenants.packs.wording import BROUGHT, SESSIONS, UNITS, Clock, Entry, Noun, SessionTime, from_list

__all__ = [
    "SESSIONS",
    "UNITS",
    "Balance",
    "Clock",
    "Entry",
    "Line",
    "Noun",
    "PackFacts",
    "Planned",
    "SessionTime",
    "explain",
    "sentence",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackFacts:
    """The pack that is explained. Names are left empty for whoever reads about themselves.

    `paid_with` follows the amount ("by card"), empty while unpaid; `paid_minor` is what was paid so far, None
    for all of it. `holder` uses it, `buyer` paid where that is somebody else; `is_given`: who paid does not
    want to be named. `received_from` passed it on. `one_each`: no session that it covers takes more units.
    """

    name: str
    units: int
    price_minor: int
    currency: str
    bought_at: datetime
    paid_with: str = ""
    paid_minor: int | None = None
    expires_at: datetime | None = None
    holder: str = ""
    buyer: str = ""
    is_given: bool = False
    received_from: str = ""
    one_each: bool = True


@dataclass(frozen=True, slots=True)
class Balance:
    """`left` is the balance, `of` what the pack began with. `of` plus the lines' units is `left`."""

    left: int
    of: int
    headline: str
    bought: str
    lines: tuple[Line, ...]
    sum_line: str
    until: str
    deadline: str

    def text(self) -> str:
        """All of it as plain text: the number, what was bought, why, and what is still possible."""
        why = " · ".join(str(line).rstrip(".") for line in self.lines)
        why = f"{why}. {self.sum_line}" if why else ""
        still = " ".join(filter(None, (self.until, self.deadline)))
        return "\n".join(filter(None, (self.headline, self.bought, why, still)))


def explain(
    *,
    pack: PackFacts,
    entries: Sequence[Entry],
    tz: str,
    now: datetime,
    locale: str = "en",
    reader: Literal["holder", "buyer", "coach"] = "holder",
    is_payer: bool = True,
    this_booking: This | Sequence[This] | None = None,
    cancel_until: datetime | None = None,
    sessions: Mapping[uuid.UUID, SessionTime] | None = None,
) -> Balance:
    """What is left of a pack and why, in words, for one reader.

    `entries` are in the order of the ledger. `this_booking` names what the reader has just booked, or is
    about to: one or several. Where `is_payer` is false no amount is written. `sessions` are times that the
    ledger does not know. Dates are in `tz`; a session keeps the wall time that was agreed.
    """
    clock = Clock(tz, locale, now)
    these = _several(this_booking)
    planned = [this for this in these if isinstance(this, Planned)]
    lines = lines_of(entries, these=these, sessions=sessions or {}, clock=clock, is_payer=is_payer)
    of = sum(entry.units for entry in entries if entry.kind in GRANTS)
    left = sum(entry.units for entry in entries) - sum(plan.units for plan in planned)
    noun = _noun(pack, entries, planned)
    return Balance(
        left=left,
        of=of,
        headline=_headline(left, of, noun, len(these) if _is_after(entries, these) else 0),
        bought=_bought(pack, entries, clock, noun, reader, is_payer),
        lines=lines,
        sum_line=_sum_line(of, lines, left),
        until=_until(pack, clock),
        deadline=_deadline(cancel_until, clock),
    )


def _several(this: This | Sequence[This] | None) -> tuple[This, ...]:
    if this is None:
        return ()
    return (this,) if isinstance(this, uuid.UUID | Planned) else tuple(this)


def _noun(pack: PackFacts, entries: Iterable[Entry], planned: Iterable[Planned]) -> Noun:
    spends = [-entry.units for entry in entries if entry.kind == "spent"]
    one_each = pack.one_each and all(units == 1 for units in [*spends, *(plan.units for plan in planned)])
    return SESSIONS if one_each else UNITS


def _headline(left: int, of: int, noun: Noun, after: int) -> str:
    booked = "" if not after else " after this booking" if after == 1 else " after these bookings"
    counted = f"{left} of {noun.count(of)}" if 0 < of >= left else noun.count(left)
    return f"Balance{booked}: {counted}."


def _is_after(entries: Sequence[Entry], these: Sequence[This]) -> bool:
    """Whether these bookings are the last thing that changed the balance."""
    if not these or isinstance(these[-1], Planned):
        return bool(these)
    last = next((entry for entry in reversed(entries) if entry.units), None)
    return last is not None and last.kind == "spent" and last.booking_id in these


def _bought(
    pack: PackFacts, entries: Sequence[Entry], clock: Clock, noun: Noun, reader: str, is_payer: bool
) -> str:
    on = f"on {clock.date_of(pack.bought_at)}"
    brought = next((entry for entry in entries if entry.cause == BROUGHT), None)
    if brought:
        were = "was" if brought.units == 1 else "were"
        return f"{noun.count(brought.units)} {were} brought from {from_list(brought, clock)}."
    received = next((entry for entry in entries if entry.kind == "received"), None)
    holder = "You" if reader == "holder" else pack.holder or f"the {called.client}"
    if received or pack.received_from:
        giver = f" from {pack.received_from}" if pack.received_from else ""
        units = noun.count(received.units if received else pack.units)
        return f"{_first_up(holder)} received {units} of {pack.name}{giver} {on}."
    paid = _paid(pack, clock) if is_payer else ""
    if pack.is_given and reader == "holder":
        return f"You were given {pack.name} {on}."
    if not pack.buyer and reader != "buyer":
        return f"{_first_up(holder)} bought {pack.name} {on}{paid}."
    buyer = "You" if reader == "buyer" else pack.buyer
    return f"{buyer} bought {pack.name} for {'you' if reader == 'holder' else holder} {on}{paid}."


def _first_up(words: str) -> str:
    return words[:1].upper() + words[1:]


def _paid(pack: PackFacts, clock: Clock) -> str:
    if not pack.price_minor:
        return ""
    amount = format_money(pack.price_minor, pack.currency, clock.locale)
    if not pack.paid_with:
        return f" ({amount} is not paid yet)"
    if pack.paid_minor is not None and pack.paid_minor < pack.price_minor:
        amount = f"{format_money(pack.paid_minor, pack.currency, clock.locale)} of {amount} so far,"
    return f" (paid {amount} {pack.paid_with})"


def _until(pack: PackFacts, clock: Clock) -> str:
    if pack.expires_at is None:
        return "Valid without an end."
    day = clock.last_day(pack.expires_at)
    return f"Valid until {day}." if clock.now < pack.expires_at else f"It was valid until {day}."


def _deadline(cancel_until: datetime | None, clock: Clock) -> str:
    if cancel_until is None:
        return ""
    when = clock.time(clock.here(cancel_until))
    return f"Free to cancel until {when}." if clock.now <= cancel_until else f"Free cancelling ended {when}."


def _sum_line(of: int, lines: Iterable[Line], left: int) -> str:
    """ "10 − 3 − 1 − 0 − 1 = 5."."""
    terms = [signed(line.units) for line in lines]
    return f"{' '.join([str(of), *terms])} = {left}." if terms else ""
