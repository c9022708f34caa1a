"""What a coach types to change a pack that was sold: a later last day, units to pass on, a correction."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms

from kit.clock import zone
from tenants.clients.models import Client
from tenants.dashboard.forms.money import date_field
from tenants.packs.models import Pack
from tenants.packs.validity import last_day

MOST_UNITS = 500
FURTHEST = timedelta(days=3660)
MORE, FEWER = "more", "fewer"
_NUMBER = {"inputmode": "numeric"}


def _units(label: str, **options: Any) -> forms.IntegerField:
    widget = forms.NumberInput(attrs=_NUMBER)
    return forms.IntegerField(label=label, min_value=1, max_value=MOST_UNITS, widget=widget, **options)


class ExtendForm(forms.Form):
    """A later last day. Raises nothing for an earlier one: it says so at the field."""

    until = date_field("Valid until", help_text="The last day on which a session may begin.")
    note = forms.CharField(
        label="Why", max_length=300, required=False, help_text="Your client reads it with the balance."
    )

    def __init__(self, data: Any, *, pack: Pack, tz: str, now: datetime) -> None:
        super().__init__(data)
        self.today = now.astimezone(zone(tz)).date()
        self.before = last_day(pack.expires_at, tz) if pack.expires_at else None

    def clean_until(self) -> date:
        until: date = self.cleaned_data["until"]
        if self.before and until <= self.before:
            raise forms.ValidationError("Choose a day that is later than the one it has.")
        if until < self.today:
            raise forms.ValidationError("This day is over. Choose a later one.")
        if until > self.today + FURTHEST:
            raise forms.ValidationError("Choose a day within the next ten years.")
        return until


class PassOnForm(forms.Form):
    """How many, and to whom."""

    units = _units("How many")
    name = forms.CharField(label="Name", max_length=120)
    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        help_text="Whoever is a client already is found by this address, and keeps their name.",
    )

    def receiver(self) -> Client | None:
        """The client who has this address already. One query."""
        return Client.objects.filter(email__iexact=self.cleaned_data["email"]).first()


class CorrectForm(forms.Form):
    """So many more, or fewer, and why."""

    change = forms.ChoiceField(
        label="What", choices=[(MORE, "Add"), (FEWER, "Take away")], widget=forms.RadioSelect, initial=MORE
    )
    units = _units("How many")
    note = forms.CharField(
        label="Why",
        max_length=300,
        help_text="Your client reads it with the balance.",
        error_messages={"required": "Say why, so that you and your client can read it later."},
    )

    @property
    def change_of_units(self) -> int:
        """With its sign."""
        units: int = self.cleaned_data["units"]
        return units if self.cleaned_data["change"] == MORE else -units
