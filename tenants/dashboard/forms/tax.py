"""A rate of tax as people type it."""

import re
from typing import Any

from django import forms

from tenants.billing.tax import HIGHEST_BP

_RATE = re.compile(r"([0-9]{1,2})(?:[.,]([0-9]{1,2}))?")
IN_PRICES = "Part of the price that clients see; 0 where there is none."


class TaxField(forms.CharField):
    """Percent, read into basis points; nothing typed is 0."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        settings = {"label": "Tax in the price", "required": False, "max_length": 8, "help_text": IN_PRICES}
        super().__init__(widget=widget, **{**settings, **options})

    def clean(self, value: Any) -> int:
        typed = str(super().clean(value)).replace("%", "").strip()
        if not typed:
            return 0
        written = _RATE.fullmatch(typed)
        tax_bp = int(written[1]) * 100 + int((written[2] or "").ljust(2, "0")) if written else None
        if tax_bp is None or tax_bp > HIGHEST_BP:
            raise forms.ValidationError("Type a rate from 0 to 50, like 19 or 7.7.")
        return tax_bp


def typed_rate(tax_bp: int) -> str:
    """A rate as it would be typed: "19" or "7.7"; nothing for 0."""
    whole, hundredths = divmod(tax_bp, 100)
    return f"{whole}.{hundredths:02}".rstrip("0").rstrip(".") if tax_bp else ""
