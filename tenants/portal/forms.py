"""What a client types on their own pages."""

from django import forms

from tenants.clients.models import Client
from tenants.clients.sign_in import DIGITS

WRITE_ADDRESS = {
    "required": "Write your e-mail address.",
    "invalid": "Write the address whole, such as name@example.com.",
}


class AddressForm(forms.Form):
    """Where the code shall be sent."""

    email = forms.EmailField(
        label="Your e-mail address",
        max_length=254,
        error_messages=WRITE_ADDRESS,
        widget=forms.EmailInput({"autocomplete": "email", "inputmode": "email"}),
    )


class CodeForm(forms.Form):
    """The digits from the mail, however they are spaced."""

    code = forms.CharField(
        label="The code from the mail",
        max_length=20,
        error_messages={"required": f"Type the {DIGITS} digits from the mail."},
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class ProfileForm(forms.Form):
    """How the coach addresses and reaches this client. The address of mails is the key, and stays."""

    name = forms.CharField(
        label="Your name",
        max_length=120,
        error_messages={"required": "Write your name."},
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    phone = forms.CharField(
        label="Phone",
        max_length=40,
        required=False,
        widget=forms.TextInput({"autocomplete": "tel", "inputmode": "tel", "type": "tel"}),
    )

    def __init__(self, data: object = None, *, client: Client) -> None:
        # Another form with a name stands on the same page.
        known = {"name": client.name, "phone": client.phone}
        super().__init__(data, initial=known, auto_id="own-%s")  # type: ignore[arg-type]
