"""The sites that may show the coach's free times."""

from collections.abc import Sequence

from django import forms
from django.http import QueryDict

from tenants.offers.embedding import SiteRefused, origins_of


class SitesForm(forms.Form):
    sites = forms.CharField(
        label="Your sites",
        required=False,
        max_length=4000,
        help_text="One in each line, such as https://www.anna.com. No other site can show them.",
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocapitalize": "none"}),
    )

    def __init__(self, data: QueryDict | None, *, sites: Sequence[str]) -> None:
        super().__init__(data, initial={"sites": "\n".join(sites)})

    def clean_sites(self) -> list[str]:
        """What the practice keeps."""
        try:
            return origins_of(self.cleaned_data["sites"].split())
        except SiteRefused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
