"""Amounts of money: integers in a currency's minor unit, always with the currency."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal

from babel.numbers import format_currency

EXPONENTS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "usd": 2,
        "cad": 2,
        "aud": 2,
        "nzd": 2,
        "eur": 2,
        "gbp": 2,
        "chf": 2,
        "sek": 2,
        "nok": 2,
        "dkk": 2,
        "jpy": 0,
    }
)
"""Decimal places of each currency that can be charged. The only table of its kind."""

CURRENCIES: Final = tuple(EXPONENTS)

MINIMUM_CHARGE_MINOR: Final[Mapping[str, int]] = MappingProxyType(
    {
        "usd": 50,
        "cad": 50,
        "aud": 50,
        "nzd": 50,
        "eur": 50,
        "gbp": 30,
        "chf": 50,
        "sek": 300,
        "nok": 300,
        "dkk": 250,
        "jpy": 50,
    }
)
"""The smallest amount that Stripe charges in each currency."""

MAXIMUM_CHARGE_MINOR: Final = 99_999_999
"""Stripe's largest charge: eight digits of the minor unit."""

MINUS: Final = "\N{MINUS SIGN}"
BASIS_POINTS: Final = 10_000

_MARKS: Final[Mapping[str, tuple[str, ...]]] = {
    "usd": ("us$", "$"),
    "cad": ("ca$", "c$", "$"),
    "aud": ("au$", "a$", "$"),
    "nzd": ("nz$", "$"),
    "eur": ("€",),
    "gbp": ("£",),
    "chf": ("fr.", "sfr."),
    "sek": ("kr",),
    "nok": ("kr",),
    "dkk": ("kr.", "kr"),
    "jpy": ("jp¥", "¥", "￥", "円"),
}
_SHAPES: Final = tuple(
    re.compile(shape)
    for shape in (
        r"(?P<whole>[0-9]+)(?:\.(?P<decimals>[0-9]*))?",
        # A comma before exactly three digits groups them; before any other number it is the decimal mark.
        r"(?P<whole>[0-9]+),(?P<decimals>[0-9]{0,2}|[0-9]{4,})",
        r"(?P<whole>[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:\.(?P<decimals>[0-9]*))?",
        r"(?P<whole>[1-9][0-9]{0,2}(?:\.[0-9]{3})+),(?P<decimals>[0-9]*)",
        r"(?P<whole>[1-9][0-9]{0,2}(?:\.[0-9]{3}){2,})",
        r"(?P<whole>)[.,](?P<decimals>[0-9]+)",
    )
)


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies were added, subtracted or compared."""


class UnknownCurrency(ValueError):
    """A currency that cannot be charged here."""


class BadAmount(ValueError):
    """A typed amount that cannot be taken as it stands. Its message is for the person who typed it."""


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount: `minor` counts the currency's smallest unit, `currency` is lower-case ISO 4217.

    Raises `UnknownCurrency` for a currency without an exponent, TypeError for anything but an int.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"Money counts whole minor units, not {self.minor!r}.")
        exponent(self.currency)

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same_currency(other), self.currency)

    def __radd__(self, other: Literal[0]) -> "Money":
        # sum() starts at the integer 0.
        if type(other) is int and other == 0:
            return self
        return NotImplemented

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same_currency(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same_currency(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same_currency(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        return format_money(self.minor, self.currency)

    def _same_currency(self, other: "Money") -> int:
        if not isinstance(other, Money):
            raise TypeError(f"Money goes with Money, not with {other!r}.")
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency.upper()} and {other.currency.upper()} do not add up.")
        return other.minor


def exponent(currency: str) -> int:
    """Decimal places of `currency`. Raises `UnknownCurrency`."""
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise UnknownCurrency(f"{currency!r} is not a currency that can be charged here.") from None


def to_decimal(minor: int, currency: str) -> Decimal:
    """The amount in whole units, exactly, with the currency's own number of decimals."""
    return Decimal(minor).scaleb(-exponent(currency))


def format_money(minor: int, currency: str, locale: str = "en") -> str:
    """The amount as people of `locale` write it. Whole amounts keep their decimals: "$45.00"."""
    shown = format_currency(to_decimal(minor, currency), currency.upper(), locale=locale.replace("-", "_"))
    # Aloud, a hyphen is left out by screen readers; a minus sign is not.
    return shown.replace("-", MINUS)


def percentage(minor: int, bp: int) -> int:
    """`bp` basis points of an amount of 0 or more, rounded down to the minor unit."""
    if minor < 0 or bp < 0:
        raise ValueError("A percentage is taken of 0 or more, at a rate of 0 or more.")
    return minor * bp // BASIS_POINTS


def can_be_charged(minor: int, currency: str) -> bool:
    """Whether a price or part of one may stand: 0, or between the smallest and the largest charge."""
    exponent(currency)
    return minor == 0 or MINIMUM_CHARGE_MINOR[currency] <= minor <= MAXIMUM_CHARGE_MINOR


def parse_money(text: str, currency: str) -> int:
    """Read a typed amount of `currency` into minor units, with either decimal mark.

    A single dot before three digits ("1.200") is refused, since it is a thousand to some and
    one and a bit to others. Raises `BadAmount`, whose message says what to type instead.
    """
    number = _without_marks(text, currency)
    if number.startswith(("-", "−", "–")):
        raise BadAmount("An amount cannot be below zero.")
    written = next(filter(None, (shape.fullmatch(number) for shape in _SHAPES)), None)
    if written is None:
        raise BadAmount(f"“{text.strip()[:40]}” is not an amount. {_example(currency)}")
    parts = written.groupdict(default="")
    minor = _to_minor(re.sub("[.,]", "", parts["whole"]), parts.get("decimals", ""), currency)
    if minor > MAXIMUM_CHARGE_MINOR:
        highest = format_money(MAXIMUM_CHARGE_MINOR, currency)
        raise BadAmount(f"That is more than one payment can be. The most is {highest}.")
    return minor


def _without_marks(text: str, currency: str) -> str:
    """The number alone, without spaces, apostrophes and this currency's own sign or code."""
    exponent(currency)
    number = re.sub(r"[\s'’]", "", text).casefold()
    for mark in (currency, *_MARKS[currency]):
        if number.startswith(mark) or number.endswith(mark):
            return number.removeprefix(mark) if number.startswith(mark) else number.removesuffix(mark)
    return number


def _to_minor(whole: str, decimals: str, currency: str) -> int:
    places = exponent(currency)
    if len(decimals) > places:
        allowed = f"at most {places} decimals" if places else "no decimals"
        raise BadAmount(f"{currency.upper()} has {allowed}. {_example(currency)}")
    # Cut after 20 digits, already far above the largest charge: Python refuses to read thousands.
    return int(whole.lstrip("0")[:20] + decimals.ljust(places, "0") or "0")


def _example(currency: str) -> str:
    return f"Write it like {to_decimal(4500, currency)}."
