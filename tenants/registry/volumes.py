"""What went through a practice, by month and currency, where operators can read it of all at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from kit.database import current_schema, insert_unless_there, require_transaction
from tenants.registry.models import Volume

FIGURES = ("payments", "paid_minor", "refunded_minor", "by_hand_minor")


@dataclass(frozen=True, slots=True)
class Month:
    """One month of the UTC calendar, by its first day, in one currency; amounts in minor units."""

    month: date
    currency: str
    payments: int
    paid_minor: int
    refunded_minor: int
    by_hand_minor: int


def say(*, months: Iterable[Month], now: datetime) -> None:
    """Step: the current tenant's rows say this from now on. What is said already is not written again."""
    require_transaction()
    mine = Volume.objects.filter(schema_name=current_schema())
    known = {(each.month, each.currency): each for each in mine}
    for each in months:
        _say(each, known.get((each.month, each.currency)), now)


def _say(said: Month, known: Volume | None, now: datetime) -> None:
    figures = {name: getattr(said, name) for name in FIGURES}
    if known is not None and all(getattr(known, name) == figures[name] for name in FIGURES):
        return
    of = {"schema_name": current_schema(), "month": said.month, "currency": said.currency}
    insert_unless_there(Volume(**of))
    Volume.objects.filter(**of).update(**figures, stated_at=now)
