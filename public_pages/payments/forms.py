"""What a payer types besides the own details for papers."""

from django import forms

from public_pages.packs.forms import WRITE_ADDRESS


class LinkForm(forms.Form):
    """Where the link to own payments shall be sent."""

    email = forms.EmailField(
        label="The e-mail address that you pay with",
        max_length=254,
        error_messages=WRITE_ADDRESS,
        widget=forms.EmailInput({"autocomplete": "email", "inputmode": "email"}),
    )
