"""What somebody types who buys a pack for others: each mistake is answered with what to do."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms

from public_pages.booking.forms import DetailsForm
from public_pages.packs.forms import WRITE_ADDRESS
from tenants.shop.packs_for import MOST_PEOPLE, Gift, Payer, Person
from tenants.shop.packs_given import latest_day

COMPANY = ("company_name", "company_address", "company_vat")


class ForOthersForm(DetailsForm):
    """Who pays, for whom, and what goes with it."""

    for_me = forms.BooleanField(label="One of them is for me", required=False)
    message = forms.CharField(
        label="A few words to go with it",
        max_length=1000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )
    told_on = forms.DateField(
        label="Tell them on",
        required=False,
        help_text="Left empty, they are told as soon as it is paid.",
        error_messages={"invalid": "Choose a day."},
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    unnamed = forms.BooleanField(label="Do not tell them who paid", required=False)
    company_name = forms.CharField(label="Name on the receipt", max_length=120, required=False)
    company_address = forms.CharField(
        label="Address", max_length=300, required=False, widget=forms.Textarea({"rows": 3})
    )
    company_vat = forms.CharField(label="VAT number", max_length=40, required=False)
    agreed = forms.BooleanField(
        label="I have read these rules and agree to them.",
        error_messages={"required": "Read the rules above and tick this, then continue to payment."},
    )

    def __init__(self, *args: Any, people: int, today: date, **kwargs: Any) -> None:
        super().__init__(*args, needs_phone=False, **kwargs)
        self.people, self.today = min(max(people, 1), MOST_PEOPLE), today
        self.fields["email"].help_text = "The receipt goes here, and every mail with an amount."
        self.fields["told_on"].widget.attrs["min"] = today.isoformat()
        for nth in range(1, self.people + 1):
            self.fields[f"person_{nth}"] = _name(nth)
            self.fields[f"address_{nth}"] = _address()

    def rows(self) -> Iterator[tuple[int, Any, Any]]:
        """Number, name and address of each, for the page."""
        for nth in range(1, self.people + 1):
            yield nth, self[f"person_{nth}"], self[f"address_{nth}"]

    def company_fields(self) -> list[Any]:
        return [self[name] for name in COMPANY]

    def has_company(self) -> bool:
        """Whether something was typed of a company that pays."""
        return any(each.value() for each in self.company_fields())

    def clean_told_on(self) -> date | None:
        day: date | None = self.cleaned_data["told_on"]
        if day and not self.today <= day <= latest_day(self.today):
            raise forms.ValidationError("Choose a day from today on, within a year.")
        return day

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        seen: set[str] = {str(said.get("email", "")).lower()}
        for nth in range(1, self.people + 1):
            address = str(said.get(f"address_{nth}", "")).lower()
            if address and address in seen:
                self.add_error(f"address_{nth}", _TAKEN)
            seen.add(address)
            if address and not said.get(f"person_{nth}"):
                self.add_error(f"person_{nth}", "Write their name.")
        if not self.errors and not self.beneficiaries():
            self.add_error("person_1", "Write the name of whoever it is for.")
        if self.has_company() and not said.get("company_name"):
            self.add_error("company_name", "Write the name that the receipt should bear.")
        return said

    def beneficiaries(self) -> list[Person]:
        """Who gets one: the payer first; a row without a name is nobody."""
        said = self.cleaned_data
        named = [(said.get(f"person_{n}", ""), said.get(f"address_{n}", "")) for n in self._numbers()]
        others = [Person(name, email) for name, email in named if name]
        return [Person(is_payer=True), *others] if said.get("for_me") else others

    def _numbers(self) -> range:
        return range(1, self.people + 1)

    def gift(self) -> Gift:
        said = self.cleaned_data
        return Gift(said["message"], names_payer=not said["unnamed"], told_on=said["told_on"])

    def payer(self, timezone: str) -> Payer:
        said = self.cleaned_data
        billing = {
            "name": said["company_name"],
            "address": said["company_address"],
            "vat_number": said["company_vat"],
        }
        is_company = bool(said["company_name"])
        return Payer(said["name"], said["email"], timezone, is_company, billing if is_company else None)


_TAKEN = (
    "This address is used above. Everybody has their own: leave it empty for whoever has none, and their "
    "mails come to you, without amounts."
)


def _name(nth: int) -> forms.CharField:
    return forms.CharField(
        label=f"Name of person {nth}",
        max_length=120,
        required=False,
        widget=forms.TextInput({"autocomplete": "off"}),
    )


def _address() -> forms.EmailField:
    return forms.EmailField(
        label="Their e-mail",
        max_length=254,
        required=False,
        error_messages=WRITE_ADDRESS,
        widget=forms.EmailInput({"autocomplete": "off", "inputmode": "email"}),
    )
