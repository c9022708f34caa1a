"""What operators type. Every act upon a practice asks for a reason: the coach reads it."""

from decimal import Decimal

from django import forms

from accounts.audit import LONGEST_REASON
from fees.accounts import MOST_FREE_UNITS

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
    reason = forms.CharField(
        label="Why", max_length=LONGEST_REASON, help_text="The coach reads this, word for word."
    )

    @property
    def rate_bp(self) -> int:
        """In basis points; exact, since two decimals of a per cent are whole ones."""
        return int(self.cleaned_data["percent"] * ONE_PERCENT_BP)
