"""The form of a session type."""

from collections.abc import Sequence
from typing import Any

from django import forms

from kit.words import duration
from tenants.dashboard.forms.prices import PriceField, typed_price
from tenants.dashboard.forms.requires import RequiresField, offer_requires, required_in
from tenants.dashboard.forms.tax import TaxField, typed_rate
from tenants.offers.deposits import DepositRefused, refuse_deposit
from tenants.offers.extras import Extra, written
from tenants.offers.models import IfRestFails, Place, SessionType

NOTICES = (0, 60, 120, 240, 720, 1440, 2880, 4320, 10080)
LONGEST_NUMBER = 6
_PLAIN = (
    "name",
    "description",
    "group_name",
    "duration_min",
    "buffer_before_min",
    "buffer_after_min",
    "minimum_notice_min",
    "horizon_days",
    "place",
    "place_detail",
    "once_per_client",
    "needs_approval",
    "answer_within_hours",
    "rest_due_hours",
    "rest_by_card",
    "if_rest_fails",
)
WHOLE, AMOUNT, SHARE = "whole", "amount", "share"
DEPOSITS = ((WHOLE, "The whole price"), (AMOUNT, "A deposit"), (SHARE, "A share of the price"))
RESTS_DUE = (0, 1, 24, 48, 72, 168)


class SessionTypeForm(forms.Form):
    """Everything about a session type, in words that clients use."""

    name = forms.CharField(label="Name", max_length=80)
    duration_min = forms.IntegerField(
        label="Length", min_value=5, max_value=720, widget=forms.NumberInput(attrs={"inputmode": "numeric"})
    )
    price = PriceField(label="Price")
    tax = TaxField()
    place = forms.ChoiceField(label="Where", choices=Place.choices)
    place_detail = forms.CharField(
        label="Link, address or number", max_length=300, required=False, help_text="Told after booking."
    )
    description = forms.CharField(
        label="Description", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    minimum_notice_min = forms.TypedChoiceField(label="Can be booked until", coerce=int)
    horizon_days = forms.IntegerField(label="Can be booked ahead", min_value=1, max_value=365)
    buffer_before_min = forms.IntegerField(label="Free time before", min_value=0, max_value=240)
    buffer_after_min = forms.IntegerField(label="Free time after", min_value=0, max_value=240)
    group_name = forms.CharField(
        label="Heading", max_length=60, required=False, help_text="Sessions with the same one stand together."
    )
    once_per_client = forms.BooleanField(label="Only once for each client", required=False)
    requires = RequiresField()
    needs_approval = forms.BooleanField(
        label="I accept each request myself",
        required=False,
        help_text="The client’s card is authorised with the request, and charged only when you accept. If you"
        " decline or do not answer in time, the card is not charged.",
    )
    answer_within_hours = forms.IntegerField(
        label="Time to answer",
        min_value=1,
        max_value=96,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    deposit_kind = forms.ChoiceField(label="Paid at booking", choices=DEPOSITS, required=False)
    deposit = PriceField(label="Deposit", required=False)
    deposit_percent = forms.IntegerField(
        label="Share",
        min_value=1,
        max_value=99,
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    rest_due_hours = forms.TypedChoiceField(label="The rest is due", coerce=int, required=False)
    rest_by_card = forms.BooleanField(
        label="Charge the rest to the client’s card",
        required=False,
        help_text="The client agrees to it when paying the deposit. Otherwise the client gets a link to pay"
        " by, or pays you in cash.",
    )
    if_rest_fails = forms.ChoiceField(
        label="If the rest is not paid", choices=IfRestFails.choices, required=False
    )

    def __init__(self, *args: Any, currency: str, **options: Any) -> None:
        super().__init__(*args, **options)
        notice, due = self.fields["minimum_notice_min"], self.fields["rest_due_hours"]
        assert isinstance(notice, forms.TypedChoiceField)
        assert isinstance(due, forms.TypedChoiceField)
        self.currency = currency
        offer_requires(self)
        for name in ("price", "deposit"):
            price = self.fields[name]
            assert isinstance(price, PriceField)
            price.currency = currency
        due.choices = [
            (hours, _notice(hours * 60).replace("it begins", "when it begins")) for hours in RESTS_DUE
        ]
        own = _minutes(self.initial.get("minimum_notice_min"))
        notice.choices = [(minutes, _notice(minutes)) for minutes in sorted({*NOTICES, *own})]

    def clean_rest_due_hours(self) -> int:
        return int(self.cleaned_data["rest_due_hours"] or 0)

    def clean_if_rest_fails(self) -> str:
        return self.cleaned_data["if_rest_fails"] or IfRestFails.KEEP

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        kind = cleaned.get("deposit_kind")
        if kind == AMOUNT and not cleaned.get("deposit") and "deposit" not in self.errors:
            self.add_error("deposit", "Type what is paid at booking.")
        if kind == SHARE and not cleaned.get("deposit_percent") and "deposit_percent" not in self.errors:
            self.add_error("deposit_percent", "Type a share from 1 to 99.")
        if "price" in cleaned and not self.errors:
            self._refuse_deposit()
        return cleaned

    def _refuse_deposit(self) -> None:
        try:
            refuse_deposit(self.currency, price_minor=self.cleaned_data["price"], **self._deposit())
        except DepositRefused as problem:
            kind = self.cleaned_data["deposit_kind"]
            self.add_error("deposit" if kind == AMOUNT else "deposit_percent", str(problem))

    def _deposit(self) -> dict[str, int]:
        """The deposit's two fields, of which at most one says something."""
        kind, said = self.cleaned_data.get("deposit_kind"), self.cleaned_data
        return {
            "deposit_minor": said["deposit"] if kind == AMOUNT else 0,
            "deposit_bp": said["deposit_percent"] * 100 if kind == SHARE else 0,
        }

    def changes(self) -> dict[str, Any]:
        """What was typed, by the names of the use cases."""
        changes = {name: self.cleaned_data[name] for name in _PLAIN}
        money = {"price_minor": self.cleaned_data["price"], "tax_bp": self.cleaned_data["tax"]}
        return {**changes, **money, **self._deposit(), "requires": required_in(self.cleaned_data)}

    def draft(self, currency: str, extras: Sequence[Extra]) -> SessionType:
        """The session type as it would be; nothing is kept of it."""
        return SessionType(currency=currency, extras=written(extras, currency), **self.changes())


def typed(session_type: SessionType) -> dict[str, Any]:
    """What the form shows of a session type that there is."""
    initial = {name: getattr(session_type, name) for name in _PLAIN}
    initial |= {"tax": typed_rate(session_type.tax_bp), "requires": session_type.requires}
    if session_type.deposit_minor:
        deposit = typed_price(session_type.deposit_minor, session_type.currency)
        initial |= {"deposit_kind": AMOUNT, "deposit": deposit}
    elif session_type.deposit_bp:
        initial |= {"deposit_kind": SHARE, "deposit_percent": session_type.deposit_bp // 100}
    return {**initial, "price": typed_price(session_type.price_minor, session_type.currency)}


def _minutes(own: Any) -> set[int]:
    """A notice that is none of the usual ones, of a session type or as it was sent."""
    text = str(own or "")
    return {int(text)} if text.isdecimal() and len(text) <= LONGEST_NUMBER else set()


def _notice(minutes: int) -> str:
    if not minutes:
        return "it begins"
    days, rest = divmod(minutes, 1440)
    if days and not rest:
        return f"{days} day{'s' if days > 1 else ''} before"
    return f"{duration(minutes)} before"
