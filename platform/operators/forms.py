"""What operators type. Every act upon a practice asks for a reason: the coach reads it."""

from decimal import Decimal
from typing import Any

from django import forms

from accounts.audit import LONGEST_REASON
from fees.accounts import MOST_FREE_UNITS
from kit.money import CURRENCIES, BadAmount, Money, parse_money

ONE_PERCENT_BP = 100


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Why", max_length=LONGEST_REASON, help_text="The coach reads this, word for word."
    )


class TermsForm(forms.Form):
    percent = forms.DecimalField(
        label="Fee in %", min_value=Decimal(0), max_value=Decimal(100), max_digits=5, decimal_places=2
    )
    free_units = forms.IntegerField(label="Free paid sessions", min_value=0, max_value=MOST_FREE_UNITS)
    unit_cap = forms.CharField(
        label="One free session frees at most",
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text="What is above it bears the fee. Empty: it frees all.",
    )
    unit_cap_currency = forms.ChoiceField(
        label="In",
        choices=[(code, code.upper()) for code in CURRENCIES],
        required=False,
        help_text="Payments in another currency are not capped.",
    )
    reason = forms.CharField(
        label="Why", max_length=LONGEST_REASON, help_text="The coach reads this, word for word."
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        typed, currency = cleaned.get("unit_cap", ""), cleaned.get("unit_cap_currency")
        if typed and currency:
            try:
                cleaned["cap"] = _cap(typed, currency)
            except BadAmount as problem:
                self.add_error("unit_cap", str(problem))
        elif typed and currency == "":
            self.add_error("unit_cap_currency", "Choose the currency that this is in.")
        return cleaned

    @property
    def cap(self) -> Money | None:
        """What one free session frees at most; None where nothing was typed: no cap."""
        return self.cleaned_data.get("cap")

    @property
    def rate_bp(self) -> int:
        """In basis points; exact, since two decimals of a per cent are whole ones."""
        return int(self.cleaned_data["percent"] * ONE_PERCENT_BP)


def _cap(typed: str, currency: str) -> Money:
    """Raises BadAmount, also for 0."""
    minor = parse_money(typed, currency)
    if not minor:
        raise BadAmount("A free session that frees nothing is none: set the free paid sessions to 0 instead.")
    return Money(minor, currency)
