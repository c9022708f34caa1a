"""What a coach keeps of a price: the platform's own rules, and about what the card costs."""

from dataclasses import dataclass
from typing import Any

from django import forms

from fees.models import FeeAccount
from fees.rules import fee_for
from kit.money import CURRENCIES, BadAmount, can_be_charged, format_money, parse_money
from kit.money import MINIMUM_CHARGE_MINOR as MINIMUM
from public_pages.central.card_rates import RATES, CardRate, about_stripe_takes

EXAMPLE = {"price": "80", "currency": "usd"}


def terms() -> FeeAccount:
    """What a new coach is charged: the platform's own defaults."""
    return FeeAccount()


@dataclass(frozen=True)
class Shares:
    """How one payment is divided, in minor units of `currency`."""

    price_minor: int
    currency: str
    card_minor: int
    fee_minor: int

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Lines that add up to what the coach keeps."""
        return [
            {"label": "Your client pays", "minor": self.price_minor},
            {"label": "Stripe takes, about", "note": _rate_in_words(self), "minor": -self.card_minor},
            {"label": "We take", "note": f"{percent(terms().rate_bp)}%", "minor": -self.fee_minor},
        ]

    @property
    def kept_of_free_minor(self) -> int:
        """What is kept of a session that bears no fee of ours."""
        return self.price_minor - self.card_minor

    @property
    def rate(self) -> CardRate:
        return RATES[self.currency]


def shares(price_minor: int, currency: str) -> Shares:
    fee = fee_for(amount_minor=price_minor, units=1, free_units_granted=0, rate_bp=terms().rate_bp)
    return Shares(price_minor, currency, about_stripe_takes(price_minor, currency), fee)


def _rate_in_words(divided: Shares) -> str:
    rate = divided.rate
    share = f"{percent(rate.share_bp)}%"
    return f"{share} + {format_money(rate.fixed_minor, divided.currency)}" if rate.fixed_minor else share


def percent(bp: int) -> str:
    """Basis points as people write them: 290 is "2.9"."""
    return f"{bp / 100:g}"


class PriceForm(forms.Form):
    """A price as it is typed. Valid, it has `shares`; a free session has none."""

    price = forms.CharField(
        label="You charge", max_length=20, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    currency = forms.ChoiceField(label="Currency", choices=[(code, code.upper()) for code in CURRENCIES])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if "price" not in cleaned or "currency" not in cleaned:
            return cleaned
        try:
            cleaned["price_minor"] = _chargeable(cleaned["price"], cleaned["currency"])
        except BadAmount as problem:
            self.add_error("price", str(problem))
        return cleaned

    @property
    def shares(self) -> Shares | None:
        if not self.is_valid() or not self.cleaned_data["price_minor"]:
            return None
        return shares(self.cleaned_data["price_minor"], self.cleaned_data["currency"])


def _chargeable(typed: str, currency: str) -> int:
    minor = parse_money(typed, currency)
    if not can_be_charged(minor, currency):
        smallest = format_money(MINIMUM[currency], currency)
        raise BadAmount(f"Cards take {smallest} or more. Type at least that, or 0 for a free session.")
    return minor
