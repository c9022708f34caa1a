"""Days as banks write them."""

import re
from collections.abc import Iterable
from datetime import date
from enum import Enum, auto

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar jän jänner janv janvier",
            "feb february februar févr fév février fevr fevrier",
            "mar march mär märz mrz maerz mars",
            "apr april avr avril",
            "may mai",
            "jun june juni juin",
            "jul july juli juil juillet",
            "aug august août aout",
            "sep sept september septembre",
            "oct october okt oktober octobre",
            "nov november novembre",
            "dec december dez dezember déc décembre decembre",
        ),
        1,
    )
    for name in names.split()
}
# A time of day may follow, and nothing else.
_END = r"(?=$|[ T,])"
_YEAR_FIRST = re.compile(rf"(\d{{4}})[-/.]?(\d{{1,2}})[-/.]?(\d{{1,2}}){_END}")
_TWO_AND_YEAR = re.compile(rf"(\d{{1,2}})[-/.](\d{{1,2}})[-/.](\d{{4}}|\d{{2}}){_END}")
_NAMED = re.compile(rf"(\d{{1,2}})\.?[ -]([^\W\d_]+)\.?[ -](\d{{4}}|\d{{2}}){_END}")
_NAMED_FIRST = re.compile(rf"([^\W\d_]+)\.? (\d{{1,2}}),? (\d{{4}}){_END}")
_MONTHS_IN_A_YEAR = 12
_FURTHEST = range(1990, 2200)


class NoDay(Exception):
    """Not a day; the message says what stands there."""


class Order(Enum):
    """Which of two numbers is the day."""

    DAY_FIRST = auto()
    MONTH_FIRST = auto()


def order_of(written: Iterable[str], *, month_first: bool) -> Order:
    """How a file writes days such as 04/05/2026: one number above 12 tells for all of them."""
    days = list(written)
    found = (match.groups() for each in days if (match := _TWO_AND_YEAR.match(each.strip())))
    told = {order for one, two, _ in found if (order := _told_by(int(one), int(two)))}
    if len(told) == 1:
        return told.pop()
    # With points, it is Europe's way: the day comes first.
    return Order.MONTH_FIRST if month_first and any("/" in each for each in days) else Order.DAY_FIRST


def _told_by(one: int, two: int) -> Order | None:
    if (one > _MONTHS_IN_A_YEAR) == (two > _MONTHS_IN_A_YEAR):
        return None
    return Order.DAY_FIRST if one > _MONTHS_IN_A_YEAR else Order.MONTH_FIRST


def read(written: str, order: Order) -> date:
    """A day, whatever time of day follows it. Raises NoDay."""
    parts = _parts(written.strip(), order)
    try:
        if parts is None or parts[0] not in _FURTHEST:
            raise ValueError(written)
        return date(*parts)
    except ValueError as error:
        raise NoDay(f"“{written.strip()[:30]}” is not a day.") from error


def _parts(written: str, order: Order) -> tuple[int, int, int] | None:
    if match := _YEAR_FIRST.match(written):
        year, month, day = match.groups()
        return int(year), int(month), int(day)
    if match := _TWO_AND_YEAR.match(written):
        one, two, year = match.groups()
        day, month = (one, two) if order == Order.DAY_FIRST else (two, one)
        return _year(year), int(month), int(day)
    return _named(written)


def _named(written: str) -> tuple[int, int, int] | None:
    if match := _NAMED.match(written):
        day, name, year = match.groups()
    elif match := _NAMED_FIRST.match(written):
        name, day, year = match.groups()
    else:
        return None
    month = _MONTHS.get(name.casefold())
    return (_year(year), month, int(day)) if month else None


def _year(written: str) -> int:
    return int(written) + (2000 if len(written) == 2 else 0)
