"""How an amount is paid in parts: pure. The parts of a sale sum exactly, and a card can take each of them.

A part that is too small for a card is merged with its neighbour. What is left is one payment: then there are
no parts at all, which is how a sale that is paid in one go looks everywhere.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Final

from fees.rules import split_units
from kit.clock import at_wall, start_of_day, zone
from kit.money import MINIMUM_CHARGE_MINOR

CHARGED_AT: Final = time(9)
"""On the coach's wall: banks and people are awake."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a sale, by a kind of `models.InstalmentKind`. The first one is due now.

    `by_card`: the saved card is charged when it is due; else the payer is sent a link.
    """

    kind: str
    amount_minor: int
    due_at: datetime
    by_card: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """A part as money is spread over it: `room_minor` is what it takes in all, `paid_minor` what it has."""

    number: int
    room_minor: int
    paid_minor: int = 0

    @property
    def left_minor(self) -> int:
        return self.room_minor - self.paid_minor


def deposit_and_rest(
    *,
    amount_minor: int,
    deposit_minor: int,
    currency: str,
    now: datetime,
    rest_due_at: datetime,
    by_card: bool,
) -> tuple[Part, ...]:
    """The deposit now and the rest later; () where all is due now: without a deposit, or too late for one."""
    deposit_minor = min(deposit_minor, amount_minor)
    if not deposit_minor or rest_due_at <= now:
        return ()
    deposit = Part("deposit", deposit_minor, now)
    rest = Part("rest", amount_minor - deposit_minor, rest_due_at, by_card)
    return merged((deposit, rest), currency)


def monthly(
    *, amount_minor: int, count: int, currency: str, now: datetime, timezone: str
) -> tuple[Part, ...]:
    """Equal instalments, the dearer by a cent first: one now, the others on this day of the next months.

    A month without that day has its last. Where a card would not take so small an amount there are fewer.
    """
    count = min(count, amount_minor // MINIMUM_CHARGE_MINOR[currency])
    if count < 2:
        return ()
    today = now.astimezone(zone(timezone)).date()
    return tuple(
        Part("instalment", minor, _due_at(today, months, timezone) if months else now, by_card=months > 0)
        for months, minor in enumerate(split_units(amount_minor, count))
    )


def _due_at(today: date, months: int, timezone: str) -> datetime:
    years, month = divmod(today.month - 1 + months, 12)
    year = today.year + years
    day = date(year, month + 1, min(today.day, monthrange(year, month + 1)[1]))
    return at_wall(day, CHARGED_AT, timezone) or start_of_day(day, timezone)


def merged(parts: Sequence[Part], currency: str) -> tuple[Part, ...]:
    """The same amounts with none below the currency's minimum: such a part goes with the one before it.

    The first goes with the one after it, and is due now all the same. Nothing goes with 0. () for one part.
    """
    least = MINIMUM_CHARGE_MINOR[currency]
    kept: list[Part] = []
    for part in parts:
        if not part.amount_minor:
            continue
        if kept and (part.amount_minor < least or kept[-1].amount_minor < least):
            kept[-1] = replace(kept[-1], amount_minor=kept[-1].amount_minor + part.amount_minor)
        else:
            kept.append(part)
    return tuple(kept) if len(kept) > 1 else ()


def allocate(shares: Sequence[Share], total_minor: int) -> dict[int, int]:
    """What each part has of all that was paid so far, by its number: the earliest parts are filled first.

    A function of the sum alone, so that a payment which is taken back leaves no trace. What is beyond the
    last part belongs to none.
    """
    left_minor, spread = max(total_minor, 0), {}
    for share in sorted(shares, key=lambda each: each.number):
        spread[share.number] = min(share.room_minor, left_minor)
        left_minor -= spread[share.number]
    return spread


def next_amount(shares: Sequence[Share], *, due: int, currency: str) -> int:
    """What the next payment asks for: all that is left of the first `due` parts, or of the next one.

    More of what follows where a card would not take so little. 0 when nothing is owed.
    """
    owed = [share.left_minor for share in sorted(shares, key=lambda each: each.number)]
    asked = sum(owed[:due])
    for left in owed[due:]:
        if asked >= MINIMUM_CHARGE_MINOR[currency]:
            break
        asked += left
    return asked
