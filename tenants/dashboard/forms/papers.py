"""Which papers are asked for; and what stands on all of them."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.http import QueryDict

from tenants.billing.models import DocumentKind
from tenants.dashboard.forms.money import EarningsFilter
from tenants.offers.models import Practice

KINDS = [("", "All papers"), *((kind.value, f"{kind.label}s") for kind in DocumentKind)]
STATES = [
    ("", "Any"),
    ("to_pay", "To be paid"),
    ("overdue", "Overdue"),
    ("paid", "Paid invoices"),
    ("issued", "Issued"),
    ("ended", "Cancelled, replaced, refunded"),
]
_FIELDS = ("legal_name", "legal_address", "vat_number", "document_prefix", "bank_details")
_LINES = {"rows": 3}


class PapersFilter(EarningsFilter):
    """As for earnings, and by kind and state besides."""

    kind = forms.ChoiceField(label="Kind", choices=KINDS, required=False)
    state = forms.ChoiceField(label="State", choices=STATES, required=False)

    @property
    def kind_asked_for(self) -> str:
        return str(self._chosen("kind") or "")

    @property
    def state_asked_for(self) -> str:
        return str(self._chosen("state") or "")


class OnPapersForm(forms.Form):
    """Who sells, as receipts and invoices say it, and the account that is paid to."""

    legal_name = forms.CharField(
        label="Legal name", max_length=140, required=False, help_text="Empty, it is the name on your page."
    )
    legal_address = forms.CharField(
        label="Address", max_length=300, required=False, widget=forms.Textarea(attrs=_LINES)
    )
    vat_number = forms.CharField(label="VAT number", max_length=40, required=False)
    document_prefix = forms.CharField(
        label="Before each number",
        max_length=8,
        required=False,
        validators=[RegexValidator(r"^[A-Za-z0-9-]*\Z", "Use letters, digits and dashes.")],
        help_text="Such as your initials: AS makes AS-R-2026-0007.",
    )
    bank_details = forms.CharField(
        label="Bank details",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs=_LINES),
        help_text="On invoices, for who pays by bank transfer.",
    )

    def __init__(self, data: QueryDict | None, *, practice: Practice) -> None:
        super().__init__(data, initial={name: getattr(practice, name) for name in _FIELDS})

    def changes(self) -> dict[str, Any]:
        """What the practice keeps."""
        typed = {name: self.cleaned_data[name].replace("\r\n", "\n") for name in _FIELDS}
        return {**typed, "document_prefix": typed["document_prefix"].upper()}
