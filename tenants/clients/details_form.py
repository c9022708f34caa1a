"""The form of a payer's details for papers: the same for the coach, and for the payer by link."""

from django import forms
from django.http import QueryDict

from tenants.clients.models import Client
from tenants.clients.paper_details import NAMES


class PaperDetailsForm(forms.Form):
    name = forms.CharField(label="Name on papers", max_length=140, required=False)
    address = forms.CharField(
        label="Address",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "street-address"}),
    )
    vat_number = forms.CharField(label="VAT number", max_length=40, required=False)

    def __init__(self, data: QueryDict | None, *, client: Client) -> None:
        super().__init__(data, initial={name: client.billing.get(name, "") for name in NAMES})
        self.fields["name"].help_text = f"Empty, it is {client.name}."

    def details(self) -> dict[str, str]:
        """What was typed, by the names of the use cases."""
        return {name: self.cleaned_data[name] for name in NAMES}
