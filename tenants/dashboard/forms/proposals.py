"""The form of a proposal to one client."""

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict

from tenants.clients.models import Client
from tenants.dashboard.forms.numbers import number_field
from tenants.dashboard.forms.prices import PriceField
from tenants.dashboard.forms.tax import TaxField
from tenants.offers.models import Practice, SessionType
from tenants.paperwork.models import Paper
from tenants.shop.proposals import VALID_DAYS

_PLAIN = ("title", "message", "valid_months", "due_days", "valid_days")


class ProposalForm(forms.Form):
    """What is offered, for how much, and what is accepted with it."""

    title = forms.CharField(label="What you propose", max_length=120, help_text="Stands on the invoice too.")
    message = forms.CharField(
        label="Your words", max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 5})
    )
    price = PriceField(label="Price")
    units = number_field("Sessions that it includes", 0, 500, help_text="0 where it is something else.")
    covers = forms.MultipleChoiceField(label="Good for", required=False, widget=forms.CheckboxSelectMultiple)
    valid_months = number_field(
        "To be used within months", 1, 60, required=False, help_text="Empty: for good."
    )
    agreement = forms.ChoiceField(label="Agreement that is accepted with it", required=False)
    packet = forms.ChoiceField(label="Welcome packet that follows", required=False)
    due_days = number_field("Days to pay the invoice", 0, 90)
    valid_days = number_field("Days to answer", 1, 90)
    tax = TaxField()
    payer = forms.ChoiceField(label="Who pays", required=False)

    def __init__(
        self,
        data: QueryDict | None,
        *,
        practice: Practice,
        types: Sequence[SessionType],
        agreements: Sequence[Paper],
        packets: Sequence[Paper],
        payers: Sequence[Client],
        client: Client,
    ) -> None:
        begun = {"due_days": 7, "valid_days": VALID_DAYS, "units": 0, "tax": "0"}
        super().__init__(data, initial=begun)
        price, covers = self.fields["price"], self.fields["covers"]
        assert isinstance(price, PriceField)
        assert isinstance(covers, forms.MultipleChoiceField)
        price.currency = practice.currency
        covers.choices = [(str(each.pk), each.name) for each in types]
        self._choose("agreement", "None", agreements)
        self._choose("packet", "None", packets)
        field = self.fields["payer"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", client.name), *((str(each.pk), each.name) for each in payers)]

    def _choose(self, name: str, none: str, papers: Sequence[Paper]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", none), *((str(each.line), each.name) for each in papers)]

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("units") and not typed.get("price"):
            self.add_error("price", "Sessions that cost nothing need no proposal: book them as a gift.")
        if typed.get("units") and not typed.get("covers"):
            self.add_error("covers", "Choose at least one session type that they can be used for.")
        return typed

    def terms(self) -> dict[str, Any]:
        """What was typed, by the names of the use case."""
        typed = self.cleaned_data
        return {
            **{name: typed[name] for name in _PLAIN},
            "price_minor": typed["price"],
            "tax_bp": typed["tax"],
            "units": typed["units"],
            "covers": dict.fromkeys(typed["covers"], 1) if typed["units"] else {},
            **{name: _id(typed[name]) for name in ("agreement", "packet")},
            "payer_id": _id(typed["payer"]),
        }


def _id(chosen: str) -> uuid.UUID | None:
    return uuid.UUID(chosen) if chosen else None
