"""What a buyer or holder of a pack types: each mistake is answered with what to do."""

from datetime import date, timedelta
from typing import Any

from django import forms

from public_pages.booking.forms import DetailsForm
from tenants.offers.vocabulary import later
from tenants.scheduling.series import MOST_DATES

WRITE_ADDRESS = {
    "required": "Write an e-mail address.",
    "invalid": "Write the whole address, like ana@example.org.",
}
WEEKS = [("1", "Every week"), ("2", "Every 2 weeks"), ("3", "Every 3 weeks"), ("4", "Every 4 weeks")]


class BuyForm(DetailsForm):
    """Who buys, and that the rules are agreed to."""

    agreed = forms.BooleanField(
        label="I have read these rules and agree to them.",
        error_messages={"required": "Read the rules above and tick this, then continue to payment."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, needs_phone=False, **kwargs)
        del self.fields["message"]
        self.fields["email"].help_text = "The receipt and the link to your pack go here."


class PassOnForm(forms.Form):
    """Who receives, and how many."""

    name = forms.CharField(
        label="Their name",
        max_length=120,
        error_messages={"required": "Write the name of whoever receives them."},
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    email = forms.EmailField(
        label="Their e-mail",
        max_length=254,
        help_text="They get a link of their own to what you pass on.",
        error_messages=WRITE_ADDRESS,
        widget=forms.EmailInput({"autocomplete": "off", "inputmode": "email"}),
    )
    units = forms.IntegerField(
        label="How many",
        min_value=1,
        error_messages={"required": "Write how many to pass on.", "invalid": "Write a whole number."},
        widget=forms.NumberInput({"inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, left: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["units"].widget.attrs["max"] = left
        self.left = left

    def clean_units(self) -> int:
        units: int = self.cleaned_data["units"]
        if units > self.left:
            raise forms.ValidationError(f"{self.left} are left. Write {self.left} or less.")
        return units


class SeveralForm(forms.Form):
    """Weekly sessions at one wall time."""

    kind = forms.ChoiceField(label=later("{Session}"))
    first = forms.DateField(
        label="First on",
        error_messages={"required": "Choose the first day.", "invalid": "Choose a day."},
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    at = forms.TimeField(
        label="At",
        error_messages={"required": "Choose a time.", "invalid": "Write the time like 17:00."},
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
    )
    every = forms.ChoiceField(label="How often", choices=WEEKS)
    count = forms.IntegerField(
        label=later("How many {sessions}"),
        min_value=2,
        max_value=MOST_DATES,
        error_messages={"required": later("Write how many {sessions}."), "invalid": "Write a whole number."},
        widget=forms.NumberInput({"inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, kinds: list[tuple[str, str]], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
        self.fields["first"].widget.attrs["min"] = today.isoformat()

    def clean_first(self) -> date:
        first: date = self.cleaned_data["first"]
        if not self.today <= first <= self.today + timedelta(days=366):
            raise forms.ValidationError("Choose a day from today on, within a year.")
        return first
