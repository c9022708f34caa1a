"""One session for a client, and what is given for it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django import forms

from kit.clock import at_wall
from tenants.billing.models import Tender
from tenants.dashboard.forms.by_hand import TENDERS, AmountField
from tenants.dashboard.forms.hours import TypedTimeField
from tenants.dashboard.forms.money import date_field
from tenants.dashboard.forms.prices import typed_price
from tenants.offers.models import SessionType
from tenants.scheduling.desk_bookings import Comp, InHand

FURTHEST = timedelta(days=365)
COMP = "comp"


class TimeForm(forms.Form):
    """What, and when on the coach's clock."""

    type = forms.ChoiceField(label="Session")
    day = date_field("Day")
    time = TypedTimeField(label="Time")

    def __init__(self, data: Any, *, types: Sequence[SessionType], today: date, tz: str) -> None:
        super().__init__(data)
        self.today, self.tz = today, tz
        field = self.fields["type"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(each.slug, f"{each.name}, {each.duration_min} minutes") for each in types]

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if not self.today <= day <= self.today + FURTHEST:
            raise forms.ValidationError("Choose a day from today on, within a year.")
        return day

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if "day" in cleaned and "time" in cleaned:
            cleaned["starts_at"] = at_wall(cleaned["day"], cleaned["time"], self.tz)
            if cleaned["starts_at"] is None:
                self.add_error("time", "The clocks go forward: this time does not exist that day.")
        return cleaned

    @property
    def starts_at(self) -> datetime:
        starts_at: datetime = self.cleaned_data["starts_at"]
        return starts_at


class GivenForm(forms.Form):
    """Cash or a transfer that the coach has, or a gift with its reason."""

    given = forms.ChoiceField(
        label="Paid",
        choices=[*TENDERS, (COMP, "Nothing: it is a gift")],
        widget=forms.RadioSelect,
        initial=Tender.CASH.value,
    )
    amount = AmountField(label="Amount received", required=False)
    reference = forms.CharField(label="Reference", max_length=140, required=False)
    because = forms.CharField(
        label="Why it is a gift", max_length=200, required=False, help_text="Kept with the session."
    )

    def __init__(self, data: Any, *, currency: str, price_minor: int) -> None:
        super().__init__(data, initial={"amount": typed_price(price_minor, currency)})
        field = self.fields["amount"]
        assert isinstance(field, AmountField)
        field.currency, self.price_minor = currency, price_minor

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        is_gift = cleaned.get("given") == COMP
        if is_gift and "amount" in self.errors:
            del self._errors["amount"]  # type: ignore[attr-defined]
        if is_gift and not cleaned.get("because", "").strip():
            self.add_error("because", "Say why it is a gift, so that it can be read later.")
        return cleaned

    def by(self, today: date) -> InHand | Comp:
        """What pays for the session."""
        cleaned = self.cleaned_data
        if cleaned["given"] == COMP:
            return Comp(cleaned["because"])
        tender = Tender(cleaned["given"])
        return InHand(tender, cleaned["amount"], received_on=today, reference=cleaned["reference"])
