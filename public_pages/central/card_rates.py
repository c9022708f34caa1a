"""About what Stripe takes of a card payment: its published rate for a home card, which contracts change."""

from dataclasses import dataclass

from kit.money import percentage


@dataclass(frozen=True)
class CardRate:
    """A share in basis points and a fixed part in minor units."""

    share_bp: int
    fixed_minor: int


RATES = {
    "usd": CardRate(290, 30),
    "cad": CardRate(290, 30),
    "aud": CardRate(170, 30),
    "nzd": CardRate(265, 30),
    "eur": CardRate(150, 25),
    "gbp": CardRate(150, 20),
    "chf": CardRate(290, 30),
    "sek": CardRate(150, 180),
    "nok": CardRate(240, 200),
    "dkk": CardRate(150, 180),
    "jpy": CardRate(360, 0),
}


def about_stripe_takes(price_minor: int, currency: str) -> int:
    """The approximate cost of one card payment, in minor units, never above the price."""
    rate = RATES[currency]
    return min(percentage(price_minor, rate.share_bp) + rate.fixed_minor, price_minor)
