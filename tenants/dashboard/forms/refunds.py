"""How much goes back, and why."""

from typing import Any

from django import forms

from kit.money import BadAmount, format_money, parse_money
from tenants.billing.coach_refunds import Because

WHOLE, PART = "whole", "part"


class BecauseForm(forms.Form):
    """Why money goes back: one of a few reasons, so that figures and evidence can name it."""

    because = forms.ChoiceField(label="Why", choices=Because.choices)


class RefundForm(BecauseForm):
    """All that is left of a payment, or a part that is typed. `amount_minor` is None for all of it."""

    how = forms.ChoiceField(label="How much", widget=forms.RadioSelect, initial=WHOLE)
    amount = forms.CharField(
        label="The part",
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    field_order = ("how", "amount", "because")

    def __init__(self, *args: Any, left_minor: int, currency: str, locale: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.left_minor, self.currency = left_minor, currency
        self.left = format_money(left_minor, currency, locale)
        choose = self.fields["how"]
        assert isinstance(choose, forms.ChoiceField)
        choose.choices = [(WHOLE, f"All that is left: {self.left}"), (PART, "A part of it")]

    @property
    def amount_minor(self) -> int | None:
        """Of a valid form."""
        return self.cleaned_data.get("minor")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("how") == PART:
            try:
                cleaned["minor"] = self._minor(cleaned.get("amount", ""))
            except BadAmount as problem:
                self.add_error("amount", str(problem))
        return cleaned

    def _minor(self, typed: str) -> int:
        """Raises BadAmount with what to type instead."""
        if not typed.strip():
            raise BadAmount("Type how much goes back.")
        minor = parse_money(typed, self.currency)
        if minor == 0:
            raise BadAmount("Type an amount above 0.")
        if minor > self.left_minor:
            raise BadAmount(f"That is more than is left of this payment. At most {self.left} can go back.")
        return minor
