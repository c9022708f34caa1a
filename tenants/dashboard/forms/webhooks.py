"""Where a program wants to be told."""

from django import forms

from tenants.integrations.models import WebhookEndpoint
from tenants.integrations.public_events import KINDS_LENGTH
from tenants.integrations.receivers import MAX_LENGTH

PLAIN = {"autocapitalize": "none", "spellcheck": "false"}


class EndpointForm(forms.Form):
    url = forms.CharField(
        label="Address of the program",
        max_length=MAX_LENGTH,
        help_text="Whoever wrote the program knows it. It begins with https://.",
        widget=forms.TextInput(attrs={**PLAIN, "inputmode": "url"}),
    )
    name = forms.CharField(label="What it is for", max_length=60, required=False)
    kinds = forms.CharField(
        label="Only these events",
        max_length=KINDS_LENGTH,
        required=False,
        help_text="For example booking.* pack.low. Leave it empty for all.",
        widget=forms.TextInput(attrs=PLAIN),
    )


class NewEndpointForm(EndpointForm):
    shows_money = forms.BooleanField(
        label="It may see amounts and events about payments",
        required=False,
        help_text="This cannot be changed later: make another webhook instead.",
    )


def initial_of(endpoint: WebhookEndpoint) -> dict[str, str]:
    return {"url": endpoint.url, "name": endpoint.name, "kinds": endpoint.kinds}
