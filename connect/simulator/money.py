"""Amounts: the smallest charge per currency, and what the processor keeps.

The processor keeps 2.9 % (half a unit rounds up) and a fixed 30 minor units: 30 cents, pence or øre. Where a
currency has no smaller unit, 30 of the unit itself: 30 yen are worth about as much as 20 cents.
"""

from decimal import ROUND_HALF_UP, Decimal

SMALLEST_CHARGE = {
    "usd": 50,
    "cad": 50,
    "aud": 50,
    "nzd": 50,
    "eur": 50,
    "chf": 50,
    "gbp": 30,
    "sek": 300,
    "nok": 300,
    "dkk": 250,
    "jpy": 50,
}
DISPUTE_FEES = {
    "usd": 1500,
    "cad": 1500,
    "aud": 2500,
    "nzd": 2500,
    "sek": 15000,
    "nok": 15000,
    "dkk": 13500,
    "jpy": 1300,
}
PER_MILLE = 29
FIXED_MINOR = 30


def processor_fee(amount_minor: int) -> int:
    return (amount_minor * PER_MILLE + 500) // 1000 + FIXED_MINOR


def dispute_fee(currency: str) -> int:
    """What the processor keeps of a dispute, won or lost."""
    return DISPUTE_FEES.get(currency, 2000)


def converted(minor: int, from_currency: str, to_currency: str, rate: float) -> int:
    """`rate` is in whole units: what one of the first is in the second. Half a minor unit rounds up."""
    step = Decimal(10) ** (exponent(to_currency) - exponent(from_currency))
    exact = minor * Decimal(str(rate)) * step
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def exponent(currency: str) -> int:
    return 0 if currency == "jpy" else 2


def smallest_charge(currency: str) -> int:
    return SMALLEST_CHARGE.get(currency, 50)
