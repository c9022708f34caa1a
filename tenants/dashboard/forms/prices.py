"""A price as people type it."""

from typing import Any

from django import forms

from kit.money import BadAmount, exponent, parse_money, to_decimal
from tenants.offers.prices import PriceTooSmall, refuse_uncollectable


class PriceField(forms.CharField):
    """An amount as people type it, read into minor units of `currency`."""

    currency = "usd"

    def __init__(self, *, may_be_free: bool = True, **options: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        missing = "Type a price, or 0 to make it free." if may_be_free else "Type a price."
        super().__init__(widget=widget, max_length=40, error_messages={"required": missing}, **options)
        self.may_be_free = may_be_free

    def clean(self, value: Any) -> int:
        text = super().clean(value)
        if not text:
            return 0
        try:
            minor = parse_money(text, self.currency)
            self.refuse(minor)
        except (BadAmount, PriceTooSmall) as problem:
            raise forms.ValidationError(str(problem)) from problem
        return minor

    def refuse(self, minor: int) -> None:
        """Raise PriceTooSmall for what cannot be charged."""
        refuse_uncollectable(minor, self.currency, may_be_free=self.may_be_free)


def typed_price(minor: int, currency: str) -> str:
    """An amount as it would be typed: "45" or "45.50"."""
    whole = minor % 10 ** exponent(currency) == 0
    return str(int(to_decimal(minor, currency)) if whole else to_decimal(minor, currency))
