"""What a coach types about cash and transfers: how much, how, when, and why something is put right."""

from datetime import date
from typing import Any

from django import forms

from kit.money import BadAmount
from tenants.billing.models import Tender
from tenants.dashboard.forms.money import date_field
from tenants.dashboard.forms.prices import PriceField, typed_price

TENDERS = [(Tender.CASH.value, "Cash"), (Tender.TRANSFER.value, "Bank transfer")]


class AmountField(PriceField):
    """An amount in hand: of cash even the smallest coin counts, where a card has a minimum."""

    def __init__(self, **options: Any) -> None:
        super().__init__(may_be_free=False, **options)

    def clean(self, value: Any) -> int:
        if not str(value or "").strip():
            raise forms.ValidationError("Type an amount.")
        return super().clean(value)

    def refuse(self, minor: int) -> None:
        if minor <= 0:
            raise BadAmount("Type an amount above 0.")


class InHandForm(forms.Form):
    """Money that was received, or given back: it starts with `amount_minor`, and with today."""

    amount = AmountField(label="Amount")
    tender = forms.ChoiceField(label="How", choices=TENDERS, widget=forms.RadioSelect)
    received_on = date_field("On")
    reference = forms.CharField(
        label="Reference", max_length=140, required=False, help_text="As on your bank statement, if you like."
    )

    def __init__(self, data: Any, *, currency: str, amount_minor: int, today: date) -> None:
        typed = typed_price(amount_minor, currency) if amount_minor else ""
        super().__init__(data, initial={"amount": typed, "tender": Tender.CASH.value, "received_on": today})
        field = self.fields["amount"]
        assert isinstance(field, AmountField)
        field.currency, self.today = currency, today

    def clean_received_on(self) -> date:
        day: date = self.cleaned_data["received_on"]
        if day > self.today:
            raise forms.ValidationError("This day is still to come. Choose today or an earlier one.")
        return day

    @property
    def said(self) -> dict[str, Any]:
        """By the names of the use cases."""
        cleaned = self.cleaned_data
        return {
            "amount_minor": cleaned["amount"],
            "tender": Tender(cleaned["tender"]),
            "reference": cleaned["reference"],
        }


class BecauseForm(forms.Form):
    """Why."""

    because = forms.CharField(
        label="Why",
        max_length=200,
        help_text="Kept with it, so that it can be read later.",
        error_messages={"required": "Say why, so that it can be read later."},
    )


class BankFileForm(forms.Form):
    """A file, or its lines pasted."""

    file = forms.FileField(
        label="Your bank’s file (CSV)",
        required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/*"}),
    )
    lines = forms.CharField(
        label="Or paste its lines",
        required=False,
        max_length=1_000_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
        help_text="With the headings above them, if you can.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and not cleaned.get("file") and not cleaned.get("lines", "").strip():
            raise forms.ValidationError("Choose the file that your bank gave you, or paste lines of it.")
        return cleaned

    @property
    def content(self) -> bytes:
        chosen = self.cleaned_data.get("file")
        return chosen.read() if chosen else str(self.cleaned_data["lines"]).encode()
