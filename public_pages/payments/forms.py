"""Where a lost link shall be sent."""

from typing import Any

from django import forms

from public_pages.packs.forms import WRITE_ADDRESS


class LinkForm(forms.Form):
    """An address, under a `label` that says which one is meant."""

    email = forms.EmailField(
        max_length=254,
        error_messages=WRITE_ADDRESS,
        widget=forms.EmailInput({"autocomplete": "email", "inputmode": "email"}),
    )

    def __init__(self, *said: Any, label: str) -> None:
        super().__init__(*said)
        self.fields["email"].label = label
