"""Who begins a retainer, and that its terms are agreed to."""

from typing import Any

from django import forms

from public_pages.booking.forms import DetailsForm

AGREE = "I agree to these rules, and that my card is charged as it says."
NOT_AGREED = "Read the rules above and tick this, then continue to payment."


class BeginForm(DetailsForm):
    """For a visitor: who it is, and the agreement."""

    agreed = forms.BooleanField(label=AGREE, error_messages={"required": NOT_AGREED})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, needs_phone=False, **kwargs)
        del self.fields["message"]
        self.fields["email"].help_text = "Receipts and the link to your retainer go here."


class AgreeForm(forms.Form):
    """For whoever was sent a link: the agreement alone."""

    agreed = forms.BooleanField(label=AGREE, error_messages={"required": NOT_AGREED})
