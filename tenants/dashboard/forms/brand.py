"""Photo, logo and colour of a practice."""

from typing import Any

from django import forms
from django.http import QueryDict

from tenants.offers.models import Practice
from ui.accents import ACCENTS, BadColour, of_accent, own_colour

OWN = "own"


def _picture(label: str, hint: str) -> forms.FileField:
    return forms.FileField(
        label=label,
        help_text=f"A PNG, JPEG or WebP of up to 10 MB. {hint}",
        error_messages={"required": "Choose a picture first.", "empty": "This file is empty."},
        widget=forms.FileInput({"accept": "image/png,image/jpeg,image/webp"}),
    )


class PhotoForm(forms.Form):
    photo = _picture("Choose a photo", "It is shown round, so your face belongs in the middle.")


class LogoForm(forms.Form):
    logo = _picture("Choose a logo", "It stands in the place of your name, so it should say it.")


class ColourForm(forms.Form):
    accent = forms.ChoiceField(
        label="Colour",
        choices=[*((name, name.capitalize()) for name in ACCENTS), (OWN, "A colour of my own")],
        widget=forms.RadioSelect,
    )
    colour = forms.CharField(
        label="Your own colour",
        max_length=9,
        required=False,
        help_text="Counts when “A colour of my own” is chosen.",
        widget=forms.TextInput({"type": "color"}),
    )

    def __init__(self, data: QueryDict | None, *, practice: Practice) -> None:
        own = practice.accent_color
        initial = {
            "accent": OWN if own else practice.accent,
            "colour": own or of_accent(practice.accent),
        }
        super().__init__(data, initial=initial)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("accent") == OWN:
            try:
                cleaned["colour"] = own_colour(cleaned.get("colour", ""))
            except BadColour as problem:
                self.add_error("colour", str(problem))
        return cleaned

    def changes(self) -> dict[str, str]:
        """What the practice keeps. One of ours takes the place of a colour of the coach's own."""
        if self.cleaned_data["accent"] == OWN:
            return {"accent_color": self.cleaned_data["colour"]}
        return {"accent": self.cleaned_data["accent"], "accent_color": ""}
