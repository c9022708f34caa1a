"""What a buyer of a product types: as little as it takes."""

from typing import Any

from django import forms

from public_pages.booking.forms import DetailsForm


class BuyForm(DetailsForm):
    """Who buys, and, where there is something to agree to, that it is agreed to."""

    agreed = forms.BooleanField(
        label="I have read these terms and agree to them.",
        error_messages={"required": "Read the terms above and tick this, then continue."},
    )

    def __init__(self, *args: Any, must_agree: bool, **kwargs: Any) -> None:
        super().__init__(*args, needs_phone=False, **kwargs)
        del self.fields["message"]
        if not must_agree:
            del self.fields["agreed"]
        self.fields["email"].help_text = "What you buy is sent here."
        self.fields["name"].error_messages["required"] = "Write your name."
        self.fields["email"].error_messages["required"] = "Write the address that it should be sent to."
