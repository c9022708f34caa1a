"""How the practice appears, and its rule for cancelling."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.http import QueryDict

from kit.words import duration
from tenants.offers.models import Practice
from tenants.scheduling.reminders import CHOICES

# Ways of writing dates and amounts; all of them in English, as the pages are.
LOCALES = {
    "en_GB": "10 June 2026, 17:00",
    "en_US": "June 10, 2026, 5:00 PM",
    "en_CA": "Canada",
    "en_AU": "Australia",
    "en_NZ": "New Zealand",
    "en_IE": "Ireland",
}
_FIELDS = ("headline", "about", "contact_email", "timezone", "locale")


def zones(own: str) -> list[tuple[str, str]]:
    """Every zone that is named by a place, and the practice's own."""
    names = {name for name in available_timezones() if "/" in name and not name.startswith("Etc/")}
    return [(name, name.replace("_", " ")) for name in sorted({*names, "UTC", own})]


class PracticeForm(forms.Form):
    name = forms.CharField(
        label="Your name", max_length=120, help_text="As clients see it on page and mails."
    )
    headline = forms.CharField(
        label="Headline", max_length=140, required=False, help_text="What you do, in one line."
    )
    about = forms.CharField(
        label="About you",
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="What clients read first on your page.",
    )
    contact_email = forms.EmailField(
        label="E-mail for clients",
        max_length=254,
        required=False,
        help_text="Shown on your page; empty shows none.",
    )
    timezone = forms.ChoiceField(label="Time zone", help_text="Your hours are on the clock of this place.")
    locale = forms.ChoiceField(label="Dates and amounts", choices=list(LOCALES.items()))

    def __init__(self, data: QueryDict | None, *, practice: Practice, name: str) -> None:
        initial = {field: getattr(practice, field) for field in _FIELDS}
        super().__init__(data, initial={**initial, "name": name})
        zone, locale = self.fields["timezone"], self.fields["locale"]
        assert isinstance(zone, forms.ChoiceField)
        assert isinstance(locale, forms.ChoiceField)
        zone.choices = zones(practice.timezone)
        if practice.locale not in LOCALES:
            locale.choices = [*LOCALES.items(), (practice.locale, practice.locale)]

    def changes(self) -> dict[str, Any]:
        """What the practice keeps; the name is the registry's."""
        return {field: self.cleaned_data[field] for field in _FIELDS}


class RemindersForm(forms.Form):
    first = forms.TypedChoiceField(label="First reminder", coerce=int, empty_value=None, required=False)
    second = forms.TypedChoiceField(
        label="Second reminder",
        coerce=int,
        empty_value=None,
        required=False,
        help_text="Nobody gets one within an hour after booking.",
    )

    def __init__(self, data: QueryDict | None, *, hours: Sequence[int], locale: str) -> None:
        first, second, *_ = *sorted(hours, reverse=True), None, None
        super().__init__(data, initial={"first": first, "second": second})
        choices = [("", "Off"), *((each, f"{duration(each * 60, locale)} before") for each in CHOICES)]
        for field in self.fields.values():
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices

    def hours(self) -> list[int]:
        """What the practice keeps: each once, the longest first."""
        chosen = {self.cleaned_data["first"], self.cleaned_data["second"]} - {None}
        return sorted(chosen, reverse=True)


class CancellingForm(forms.Form):
    cancel_window_hours = forms.IntegerField(
        label="Hours before the session",
        min_value=0,
        max_value=336,
        help_text="Up to this long before the start, cancelling is free. 0 means until it begins.",
    )
