"""What a client types: as little as the session needs, each mistake answered with what to do."""

import re
from collections.abc import Mapping

from django import forms

from kit.clock import UnknownZone, zone

LEAST_DIGITS = 6


class DetailsForm(forms.Form):
    """Who comes. A phone number is asked for only when the coach is to call it."""

    name = forms.CharField(
        label="Your name",
        max_length=120,
        error_messages={"required": "Write the name that your coach should know you by."},
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        help_text="The confirmation and the link to this booking go here.",
        error_messages={
            "required": "Write the address that the confirmation should go to.",
            "invalid": "Write the whole address, like ana@example.org.",
        },
        widget=forms.EmailInput({"autocomplete": "email", "inputmode": "email"}),
    )
    phone = forms.CharField(
        label="Phone number",
        max_length=40,
        help_text="You are called on this number, so with the country: +49 30 1234567.",
        error_messages={"required": "Write the number that you are called on."},
        widget=forms.TextInput({"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
    )
    message = forms.CharField(
        label="Anything your coach should know?",
        max_length=1000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )

    def __init__(self, *args: object, needs_phone: bool, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if not needs_phone:
            del self.fields["phone"]

    def clean_phone(self) -> str:
        return _callable(self.cleaned_data["phone"])


def _callable(phone: str) -> str:
    if len(re.sub(r"\D", "", phone)) < LEAST_DIGITS:
        raise forms.ValidationError("This is too short. Write the number with its country: +49 30 1234567.")
    return phone


def details_in(posted: Mapping[str, str]) -> dict[str, str] | None:
    """What was typed, by the rules of the form's own fields; None where the form has something to say.

    Without a form, which costs more than the rules: it is for showing. A number that nobody can be called
    on is none; the form says so where one is needed.
    """
    fields = dict(DetailsForm.base_fields)
    phone = fields.pop("phone")
    try:
        said = {name: field.clean(posted.get(name)) for name, field in fields.items()}
    except forms.ValidationError:
        return None
    try:
        return {**said, "phone": _callable(phone.clean(posted.get("phone")))}
    except forms.ValidationError:
        return {**said, "phone": ""}


class ZoneForm(forms.Form):
    """The zone that times are shown in; a device may name one that is not in our list."""

    tz = forms.CharField(label="Time zone", max_length=64)

    def clean_tz(self) -> str:
        try:
            return zone(self.cleaned_data["tz"]).key
        except UnknownZone as problem:
            raise forms.ValidationError(str(problem)) from problem
