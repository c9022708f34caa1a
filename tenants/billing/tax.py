"""The tax that a price contains: pure, in minor units, rounded half up line by line."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from babel.numbers import format_decimal

from kit.money import BASIS_POINTS

HIGHEST_BP = 5000


class Taxed(Protocol):
    """Anything with an amount that contains tax."""

    @property
    def amount_minor(self) -> int: ...

    @property
    def tax_bp(self) -> int: ...


@dataclass(frozen=True, slots=True)
class RateSum:
    """All lines of one rate: `gross_minor` contains `tax_minor`."""

    tax_bp: int
    gross_minor: int
    tax_minor: int

    @property
    def net_minor(self) -> int:
        return self.gross_minor - self.tax_minor


def contained(gross_minor: int, tax_bp: int) -> int:
    """The tax within an amount that contains it: 119.00 at 1,900 basis points contain 19.00.

    What was shown as the price stays the price; only its parts are told. Half a unit goes up, away from 0,
    so that a credit note takes back exactly what its paper said.
    """
    whole = BASIS_POINTS + tax_bp
    rounded = (2 * abs(gross_minor) * tax_bp + whole) // (2 * whole)
    return rounded if gross_minor >= 0 else -rounded


def by_rate(lines: Iterable[Taxed]) -> list[RateSum]:
    """The sum of each rate, the highest rate first; the tax is the sum of that of each line."""
    gross: dict[int, int] = defaultdict(int)
    tax: dict[int, int] = defaultdict(int)
    for line in lines:
        gross[line.tax_bp] += line.amount_minor
        tax[line.tax_bp] += contained(line.amount_minor, line.tax_bp)
    return [RateSum(bp, gross[bp], tax[bp]) for bp in sorted(gross, reverse=True)]


def apportion(amount_minor: int, weights: Sequence[int]) -> list[int]:
    """The amount split by weights of 0 or more, whose sum is above 0. The parts sum up to it exactly."""
    total, passed, given, parts = sum(weights), 0, 0, []
    for weight in weights:
        passed += weight
        upto = abs(amount_minor) * passed // total
        parts.append(upto - given)
        given = upto
    return parts if amount_minor >= 0 else [-part for part in parts]


def rate_in_words(tax_bp: int, locale: str = "en") -> str:
    """ "19%" or "7.7%", as people of `locale` write it."""
    whole, hundredths = divmod(tax_bp, 100)
    number = format_decimal(f"{whole}.{hundredths:02}", format="#,##0.##", locale=locale.replace("-", "_"))
    return f"{number}%"
