"""Amounts as banks write them: signs before, behind or in brackets, with either decimal mark."""

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from kit.money import MAXIMUM_CHARGE_MINOR, exponent

# "." or ","; empty where a file does not tell.
Mark = str

_GROUPED = re.compile(r"[.,]\d{3}$")
_WHOLE = re.compile(r"\d*|\d{1,3}(?:[.,]\d{3})+")
_SIGNS = str.maketrans({"−": "-", "–": "-"})
_OUT = re.compile(r"(?<=[\d.,])(?:dr?|s|soll|debit|db)\.?$", re.IGNORECASE)
_IN = re.compile(r"(?<=[\d.,])(?:cr?|h|haben|credit)\.?$", re.IGNORECASE)
# "Fr." and "kr." have a point of their own.
_CURRENCY = re.compile(r"^(?:(?:s?fr|kr)\.|[^\d.,+-]{0,3})|(?:kr\.|[^\d.,+-]{0,3})$", re.IGNORECASE)


class NoAmount(Exception):
    """Not an amount, or one that could be two; the message says what stands there."""


def mark_of(written: Iterable[str]) -> Mark:
    """The decimal mark of a file: any amount that can be read in one way only tells for all of them."""
    told = {mark for each in written if (mark := _told_by(_number(each)[0]))}
    return told.pop() if len(told) == 1 else ""


def _told_by(number: str) -> Mark:
    last = max(number.rfind("."), number.rfind(","))
    if last < 0:
        return ""
    mark, other = number[last], "," if number[last] == "." else "."
    if other in number:
        return mark
    if number.count(mark) > 1:
        return other
    return "" if _GROUPED.search(number) else mark


def read(written: str, currency: str, mark: Mark) -> int:
    """An amount in minor units of its currency, below 0 where money went out. Raises NoAmount."""
    number, sign = _number(written)
    places = exponent(currency)
    own = _told_by(number) or mark
    if places and not own and _GROUPED.search(number):
        raise NoAmount(f"“{written.strip()[:20]}” can be read in two ways. Write it with two decimals.")
    # Of a currency without decimals every mark that is not told to be the decimal one groups.
    whole, _, decimals = number.rpartition(own) if own and own in number else (number, "", "")
    try:
        if not _WHOLE.fullmatch(whole) or not whole + decimals:
            raise InvalidOperation
        amount = Decimal(f"{re.sub('[.,]', '', whole)}.{decimals or 0}").scaleb(places)
    except InvalidOperation as error:
        raise NoAmount(f"“{written.strip()[:20]}” is not an amount.") from error
    if amount != amount.to_integral_value():
        raise NoAmount(f"“{written.strip()[:20]}” has more decimals than {currency.upper()} has.")
    if amount > MAXIMUM_CHARGE_MINOR:
        raise NoAmount(f"“{written.strip()[:20]}” is more than one payment can be.")
    return sign * int(amount)


def _number(written: str) -> tuple[str, int]:
    """The digits with their marks, and the sign that stands around them."""
    said = written.translate(_SIGNS).strip()
    bare = re.sub(r"[\s'’\u00a0\u202f]", "", said)
    went_out = bare.startswith(("-", "(")) or bare.endswith(("-", ")"))
    bare = bare.strip("+-()")
    if tail := _OUT.search(bare):
        bare, went_out = bare[: tail.start()], True
    elif tail := _IN.search(bare):
        bare = bare[: tail.start()]
    number = _CURRENCY.sub("", bare)
    went_out = went_out or number.startswith("-")
    return number.strip("+-"), -1 if went_out else 1
