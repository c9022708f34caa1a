"""What a coach types about who pays for whom."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms

from tenants.clients.models import Client
from tenants.shop.packs_for import MOST_PEOPLE, Gift, Person

MOST_NEW = 6
ADDRESS = {"invalid": "Write the whole address, like ana@example.org, or leave it empty."}


class RelationForm(forms.Form):
    """For whom this client pays."""

    beneficiary = forms.EmailField(
        label="Address of the client that they pay for",
        max_length=254,
        error_messages={"required": "Write the address of a client of yours.", "invalid": ADDRESS["invalid"]},
        widget=forms.EmailInput({"autocomplete": "off", "inputmode": "email"}),
    )
    label = forms.CharField(
        label="What they are to each other", max_length=60, required=False, help_text="Such as: her son."
    )
    unnamed = forms.BooleanField(label="Do not tell them who pays", required=False)


class SellForOthersForm(forms.Form):
    """Which pack, for whom, and what goes with it."""

    offer = forms.ChoiceField(
        label="Pack", error_messages={"required": "Choose a pack.", "invalid_choice": "Choose a pack."}
    )
    for_payer = forms.BooleanField(required=False)
    known = forms.MultipleChoiceField(
        label="For whom they pay already", required=False, widget=forms.CheckboxSelectMultiple
    )
    message = forms.CharField(
        label="A few words to go with it", max_length=1000, required=False, widget=forms.Textarea({"rows": 3})
    )
    unnamed = forms.BooleanField(label="Do not tell them who pays", required=False)

    def __init__(
        self,
        *args: Any,
        payer: Client,
        offers: Sequence[tuple[str, str]],
        known: Sequence[Client],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.payer = payer
        self.fields["offer"].choices = offers  # type: ignore[attr-defined]
        self.fields["known"].choices = [(str(each.pk), each.name) for each in known]  # type: ignore[attr-defined]
        self.fields["for_payer"].label = f"One for {payer.name} as well"
        for nth in range(1, MOST_NEW + 1):
            self.fields[f"person_{nth}"] = forms.CharField(
                label=f"Name of person {nth}", max_length=120, required=False
            )
            self.fields[f"address_{nth}"] = forms.EmailField(
                label="Their e-mail", max_length=254, required=False, error_messages=ADDRESS
            )

    def rows(self) -> list[tuple[Any, Any]]:
        return [(self[f"person_{nth}"], self[f"address_{nth}"]) for nth in range(1, MOST_NEW + 1)]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        for nth in range(1, MOST_NEW + 1):
            if said.get(f"address_{nth}") and not said.get(f"person_{nth}"):
                self.add_error(f"person_{nth}", "Write their name.")
        if not self.errors and not 1 <= len(self.people()) <= MOST_PEOPLE:
            self.add_error(None, f"Say for whom it is: for one person at least, and {MOST_PEOPLE} at most.")
        return said

    def people(self) -> list[Person]:
        said = self.cleaned_data
        own = [Person(is_payer=True)] if said.get("for_payer") else []
        known = [Person(client_id=UUID(each)) for each in said.get("known", [])]
        new = [
            Person(said[f"person_{nth}"], said.get(f"address_{nth}", ""))
            for nth in range(1, MOST_NEW + 1)
            if said.get(f"person_{nth}")
        ]
        return [*own, *known, *new]

    def gift(self) -> Gift:
        return Gift(self.cleaned_data["message"], names_payer=not self.cleaned_data["unnamed"])
