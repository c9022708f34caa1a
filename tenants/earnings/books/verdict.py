"""What came of comparing: how much was compared, and each difference by name."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of one row that is not what it should be. Amounts are in minor units."""

    what: str
    row: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.what} of {self.row}: expected {self.expected}, found {self.found}"


@dataclass(frozen=True, slots=True)
class Sum:
    """A total of one currency as Stripe has it and as it stands here, in minor units."""

    what: str
    currency: str
    at_stripe_minor: int
    here_minor: int


@dataclass(slots=True)
class Verdict:
    """The outcome for one practice.

    `under_way` is what Stripe has done so recently that it need not be here yet. `outside` are movements of
    the account that were not made through Upfront: their number and net, by currency; never a difference.
    `not_asked` are accounts that cannot be asked any more.
    """

    schema_name: str
    compared: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)
    sums: list[Sum] = field(default_factory=list)
    under_way: int = 0
    outside: dict[str, tuple[int, int]] = field(default_factory=dict)
    not_asked: list[str] = field(default_factory=list)

    def same(self, what: str, row: object, expected: object, found: object) -> bool:
        """Compare one figure; False, and a difference by name, where it is another one."""
        self.compared[what] += 1
        if expected == found:
            return True
        self.differences.append(Difference(what, str(row), _shown(expected), _shown(found)))
        return False

    def one_of(self, what: str, row: object, expected: Iterable[object], found: object) -> bool:
        """As `same`, where two figures that may differ from each other are named by others already."""
        allowed = list(expected)
        return self.same(what, row, found if found in allowed else allowed[0], found)


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose books, when, and how young something at Stripe may be without being here yet."""

    schema_name: str
    now: datetime
    fresh_from: datetime

    def is_fresh(self, at: datetime | None) -> bool:
        return at is not None and at > self.fresh_from


def _shown(value: object) -> str:
    return "nothing" if value is None else str(value)
