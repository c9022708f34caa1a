"""What stands on a paper line by line, and how the lines of the whole become those of a part."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from typing import Any

from kit import wiring
from tenants.billing.models import Charge
from tenants.billing.tax import apportion, contained

LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was sold. `amount_minor` is for all of its `quantity`, and contains its tax.

    `settles` is the label of the invoice that is paid with it: the tax stands there, and not here again.
    """

    text: str
    amount_minor: int
    tax_bp: int = 0
    quantity: int = 1
    settles: str = ""

    @property
    def tax_minor(self) -> int:
        return contained(self.amount_minor, self.tax_bp)

    @property
    def each_minor(self) -> int:
        return self.amount_minor // self.quantity


def written(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """As a document keeps them."""
    return [{name: said for name, said in asdict(line).items() if said != ""} for line in lines]


def read(stored: Sequence[dict[str, Any]]) -> list[Line]:
    return [Line(**each) for each in stored]


def of_charge(charge: Charge) -> list[Line]:
    """What the whole charge is for, in lines that sum up to it.

    Whoever sold it says so (`PAPER_LINES` in `config.wiring`), and names nobody. Where what is sold was
    changed since, so that it comes to another amount, the charge's own words stand for all of it.
    """
    if path := wiring.table("PAPER_LINES").get(charge.purpose):
        lines: list[Line] = wiring.named(path)(reference=charge.reference)
        if sum(line.amount_minor for line in lines) == charge.amount_minor:
            return lines
    return [Line(charge.description, charge.amount_minor, charge.tax_bp)]


def part_of(lines: Sequence[Line], amount_minor: int, *, words: str) -> list[Line]:
    """A part of the whole: one line for each rate of tax, whose `words` say which part of what it is.

    Below 0 for a credit note. `words` has a place `{}` for what was sold.
    """
    rates = [list(group) for _, group in groupby(_taxed(lines), key=lambda line: line.tax_bp)]
    weights = [sum(line.amount_minor for line in group) for group in rates]
    shares = zip(rates, apportion(amount_minor, weights), strict=True)
    return [
        Line(_said(words, group), share, group[0].tax_bp, settles=group[0].settles)
        for group, share in shares
        if share
    ]


def reversed_(lines: Sequence[Line], words: str = "{}") -> list[Line]:
    """The same lines, taken back; `words` has a place `{}` for what each is for."""
    return [
        replace(line, text=words.format(line.text)[:LONGEST_TEXT], amount_minor=-line.amount_minor)
        for line in lines
    ]


def _taxed(lines: Sequence[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: -line.tax_bp)


def _said(words: str, group: Sequence[Line]) -> str:
    more = f" and {len(group) - 1} more" if len(group) > 1 else ""
    return words.format(f"{group[0].text}{more}")[:LONGEST_TEXT]
