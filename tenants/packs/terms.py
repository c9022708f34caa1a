"""A pack's price and rules in words: what a buyer reads before paying, and what is kept with the order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kit.money import format_money
from kit.words import duration, listing, long_date
from tenants.offers.extras import Extra, extras_of
from tenants.offers.models import Practice, SessionType
from tenants.offers.vocabulary import called
from tenants.packs import instalments
from tenants.packs.models import PackOffer, RefundRule, Transfer
from tenants.packs.validity import expires_at, last_day
from tenants.packs.wording import SESSIONS, UNITS, Noun

MONTHS = 12


@dataclass(frozen=True, slots=True)
class Saving:
    """What a pack costs less than as many single sessions of `compared`, which it holds `sessions` of."""

    compared: SessionType
    sessions: int
    minor: int
    percent: int


def sessions_in(offer: PackOffer, takes: int | None = None) -> int:
    """Whole sessions in the pack, of a type that takes so many units: or as few as any type it covers."""
    return offer.units // (takes or min(offer.covers.values(), default=1))


def per_session_minor(offer: PackOffer) -> int:
    """What one session costs out of the pack, for the type that takes the fewest units; rounded up."""
    return -(-offer.price_minor // sessions_in(offer))


def saving_minor(offer: PackOffer, single_price_minor: int) -> int:
    """Against as many sessions at their single price; 0 when there is nothing to save."""
    return max(single_price_minor * sessions_in(offer) - offer.price_minor, 0)


def saving_percent(offer: PackOffer, single_price_minor: int) -> int:
    """The same of 100, rounded down so that nobody is promised too much."""
    single = single_price_minor * sessions_in(offer)
    return saving_minor(offer, single_price_minor) * 100 // single if single else 0


def saving(offer: PackOffer, types: Sequence[SessionType]) -> Saving | None:
    """Against the covered type that takes the fewest units and, of several, costs the least alone.

    It is the comparison that promises least. None when it saves nothing, or less than one in a hundred.
    """
    fewest = min(offer.covers.values(), default=1)
    alike = [each for each in types if offer.units_for(each.pk) == fewest]
    compared = min(alike, key=lambda each: each.price_minor, default=None)
    if compared is None or not (percent := saving_percent(offer, compared.price_minor)):
        return None
    saved = saving_minor(offer, compared.price_minor)
    return Saving(compared, sessions_in(offer), saved, percent)


def saving_in_words(saved: Saving, locale: str) -> str:
    """The saving with what it is a saving from: "10 single sessions of Lesson cost $500.00: …"."""
    offer_currency = saved.compared.currency
    alone = format_money(saved.compared.price_minor * saved.sessions, offer_currency, locale)
    less = format_money(saved.minor, offer_currency, locale)
    return f"{_singles(saved)} {alone}: this pack saves {less} ({saved.percent}%)."


def alone(kind: SessionType, locale: str) -> str:
    """What one session costs without a pack."""
    return f"{format_money(kind.price_minor, kind.currency, locale)} alone"


def contents(offer: PackOffer) -> str:
    """What the pack holds: "10 sessions", or units where some session takes more than one."""
    return counted(offer).count(offer.units)


def counted(offer: PackOffer) -> Noun:
    """What the pack counts: sessions, or units where some session takes more than one."""
    return SESSIONS if all(takes == 1 for takes in offer.covers.values()) else UNITS


def _singles(saved: Saving) -> str:
    name = saved.compared.name
    return f"One {name} costs" if saved.sessions == 1 else f"{saved.sessions} times {name} one by one cost"


def rule_sentences(
    offer: PackOffer, *, types: Sequence[SessionType], practice: Practice, now: datetime
) -> list[str]:
    """The rules of a pack that is bought now: what for, how paid, how long, cancelling, refunds, passing on.

    `types` are those that can be booked; what the pack does not cover is passed over.
    """
    covered = [each for each in types if offer.units_for(each.pk)]
    return [
        *_good_for(offer, covered),
        *_beside(covered, practice),
        *filter(None, [instalments.in_words(offer, practice, now=now)]),
        _valid(offer, practice, now),
        _cancelling(offer),
        _refund(offer, practice),
        _passing_on(offer),
    ]


def included_sentences(
    offer: PackOffer, *, types: Sequence[SessionType], practice: Practice, now: datetime
) -> list[str]:
    """The same of sessions that come with something else and have no price of their own."""
    covered = [each for each in types if offer.units_for(each.pk)]
    good_for, beside = _good_for(offer, covered), _beside(covered, practice)
    return [*good_for, *beside, _valid(offer, practice, now), _cancelling(offer)]


def _good_for(offer: PackOffer, types: Sequence[SessionType]) -> list[str]:
    takes = [(each.name, units) for each in types if (units := offer.units_for(each.pk))]
    names = listing([name for name, _units in takes])
    if not takes:
        return []
    if all(units == 1 for _name, units in takes):
        choice = f" of {names}" if len(takes) == 1 else f", to mix as you like: {names}"
        return [f"Good for {contents(offer)}{choice}."]
    counts = listing([f"one {name} takes {units}" for name, units in takes])
    return [f"Good for {contents(offer)}, of which {counts}."]


def _beside(types: Sequence[SessionType], practice: Practice) -> list[str]:
    return [
        f"Not included: {listing(parts, practice.locale)}, paid with each {kind.name} when it is booked."
        for kind in types
        if (parts := [_extra(each, kind, practice) for each in extras_of(kind) if each.required])
    ]


def _extra(extra: Extra, kind: SessionType, practice: Practice) -> str:
    return f"{extra.name} ({format_money(extra.price_minor, kind.currency, practice.locale)})"


def _valid(offer: PackOffer, practice: Practice, now: datetime) -> str:
    ends = expires_at(now, offer.valid_months, practice.timezone)
    if offer.valid_months is None or ends is None:
        return "Valid without end."
    last = long_date(last_day(ends, practice.timezone), practice.locale)
    return f"Valid for {months(offer.valid_months)}: bought today, for {called.sessions} until {last}."


def _cancelling(offer: PackOffer) -> str:
    hours = offer.cancel_window_hours
    until = f"at least {duration(hours * 60)} before" if hours else "before"
    return (
        f"Cancel {until} {called.a_session} begins and it goes back to the pack; later, or "
        "without coming, it counts"
        " as used. What the coach cancels always goes back."
    )


def _refund(offer: PackOffer, practice: Practice) -> str:
    if offer.refund_rule == RefundRule.NONE:
        return "What is not used is not refunded."
    if offer.refund_rule == RefundRule.SINGLE_PRICE:
        return f"A refund is what was paid, less the single price of each {called.session} that was used."
    each, rest = divmod(offer.price_minor, offer.units)
    amount = "" if rest else f", {format_money(each, offer.currency, practice.locale)}"
    return f"What is not used is refunded, each {counted(offer).of(1)} at its share of the price{amount}."


def _passing_on(offer: PackOffer) -> str:
    if offer.transfer == Transfer.NOBODY:
        return "It cannot be passed on to somebody else."
    whom = "a family member" if offer.transfer == Transfer.FAMILY else "anybody"
    return f"What is not used can be passed on to {whom}."


def months(count: int) -> str:
    """A validity in words: "6 months", "1 year"."""
    years, rest = divmod(count, MONTHS)
    if years and not rest:
        return "1 year" if years == 1 else f"{years} years"
    return "1 month" if count == 1 else f"{count} months"
