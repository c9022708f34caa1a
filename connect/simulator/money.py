"""Amounts: the smallest charge per currency, and what the processor keeps.

The processor keeps 2.9 % (half a unit rounds up) and a fixed 30 minor units: 30 cents, pence or øre. Where a
currency has no smaller unit, 30 of the unit itself: 30 yen are worth about as much as 20 cents.
"""

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
PER_MILLE = 29
FIXED_MINOR = 30


def processor_fee(amount_minor: int) -> int:
    return (amount_minor * PER_MILLE + 500) // 1000 + FIXED_MINOR


def smallest_charge(currency: str) -> int:
    return SMALLEST_CHARGE.get(currency, 50)
