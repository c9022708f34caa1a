from typing import Any

from django import forms
from django.urls import reverse_lazy

from kit.clock import UnknownZone, now, zone
from public_pages.central.addresses import suggested
from public_pages.central.countries import CURRENCY_OF, country_choices
from tenants.registry.addresses import MAX_LENGTH
from ui.zones import zone_choices

ASK = {
    "hx-get": reverse_lazy("start_address"),
    "hx-trigger": "input changed delay:300ms",
    "hx-include": "closest form",
    "hx-target": "#address-state",
    "hx-swap": "innerHTML",
    "hx-sync": "closest form:replace",
}


class StartForm(forms.Form):
    """The few things that a page of one's own starts with."""

    name = forms.CharField(
        label="Your name",
        max_length=120,
        help_text="Or your practice’s, as your clients know it.",
        widget=forms.TextInput(attrs={"autocomplete": "name", **ASK}),
    )
    slug = forms.CharField(
        label="Address of your page",
        max_length=MAX_LENGTH,
        required=False,
        help_text="Left empty, we make it from your name.",
        widget=forms.TextInput(
            attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false", **ASK}
        ),
    )
    country = forms.ChoiceField(label="Country", help_text="You charge in its currency.")
    timezone = forms.CharField(
        label="Time zone", max_length=64, help_text="Your hours are in this zone.", widget=forms.Select
    )

    contact_email = forms.EmailField(
        label="E-mail for your clients",
        max_length=254,
        help_text="It stands on your page, so that they can write to you.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = [("", "Choose"), *country_choices()]  # type: ignore[attr-defined]
        chosen = str(self["timezone"].value() or "")
        self.fields["timezone"].widget.choices = zone_choices(now(), chosen if _is_zone(chosen) else "")
        self.fields["timezone"].widget.attrs["data-device-zone"] = "" if self.is_bound else "yes"

    @property
    def address(self) -> str:
        """The address that was asked for: the one typed, or the one that the name gives."""
        typed, name = (str(self[field].value() or "") for field in ("slug", "name"))
        return typed.strip().lower() or suggested(name)

    def clean_timezone(self) -> str:
        name: str = self.cleaned_data["timezone"]
        try:
            zone(name)
        except UnknownZone as problem:
            raise forms.ValidationError(str(problem)) from problem
        return name

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        cleaned["slug"] = self.address
        cleaned["currency"] = CURRENCY_OF.get(cleaned.get("country", ""), "")
        return cleaned


class WaitlistForm(forms.Form):
    """Who would like to be told when it is their turn."""

    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        help_text="Your invitation comes to it, and nothing else.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    coaches = forms.CharField(label="What do you coach?", max_length=140, help_text="One line will do.")
    name = forms.CharField(
        label="Your name",
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


def _is_zone(name: str) -> bool:
    try:
        zone(name)
    except UnknownZone:
        return False
    return True
