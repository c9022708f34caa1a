"""The form of a pack on offer, in words that its coach uses."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict

from tenants.dashboard.forms.numbers import number_field
from tenants.dashboard.forms.prices import PriceField, typed_price
from tenants.dashboard.forms.requires import RequiresField, offer_requires, required_in
from tenants.dashboard.forms.tax import TaxField, typed_rate
from tenants.offers.models import Practice, SessionType
from tenants.offers.prices import PriceTooSmall
from tenants.packs import offers, terms
from tenants.packs.instalments import MOST
from tenants.packs.models import PackOffer, RefundRule, Transfer, Unpaid

MONTHS = (1, 2, 3, 4, 6, 9, 12, 18, 24)
PRESETS = (5, 10)
USUAL_MONTHS = 6
SEVERAL = range(2, MOST + 1)
MOST_UNITS = 500
_PLAIN = (
    "name",
    "description",
    "units",
    "cancel_window_hours",
    "refund_rule",
    "transfer",
    "unpaid",
    "instalments",
)


class PackForm(forms.Form):
    """What is sold, what it is good for, and its rules. Each covered session type may take several units."""

    name = forms.CharField(label="Name", max_length=80)
    units = number_field("Sessions in it", 1, MOST_UNITS)
    price = PriceField(label="Price of the pack", may_be_free=False)
    tax = TaxField()
    covers = forms.MultipleChoiceField(
        label="Good for",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one session type that this pack is good for."},
    )
    valid_months = forms.TypedChoiceField(
        label="Valid for", coerce=lambda months: int(months) or None, empty_value=None
    )
    instalments = forms.TypedChoiceField(
        label="Paid",
        coerce=int,
        empty_value="1",
        required=False,
        choices=[
            (1, "In one go"),
            *((count, f"In {count} monthly instalments") for count in range(2, MOST + 1)),
        ],
        help_text="The first at once; the card is kept and charged for the others.",
    )
    description = forms.CharField(
        label="Description", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    cancel_window_hours = number_field("Free cancelling until", 0, 336)
    refund_rule = forms.ChoiceField(
        label="If you refund it", choices=RefundRule.choices, widget=forms.RadioSelect
    )
    transfer = forms.ChoiceField(label="Passing it on", choices=Transfer.choices)
    requires = RequiresField()
    unpaid = forms.ChoiceField(
        label="Before it is paid, clients can book",
        choices=Unpaid.choices,
        help_text="For packs that you sell yourself, for cash or a bank transfer.",
    )
    unpaid_units = number_field("How many, if a few", 0, MOST_UNITS, required=False)

    def __init__(
        self,
        data: QueryDict | None,
        *,
        initial: dict[str, Any],
        types: Sequence[SessionType],
        practice: Practice,
    ) -> None:
        super().__init__(data, initial=initial)
        self.currency, self.types = practice.currency, types
        offer_requires(self)
        price, covers, valid = (self.fields[name] for name in ("price", "covers", "valid_months"))
        assert isinstance(price, PriceField)
        assert isinstance(covers, forms.MultipleChoiceField)
        assert isinstance(valid, forms.TypedChoiceField)
        price.currency = practice.currency
        covers.choices = [(str(each.pk), _kind(each, practice)) for each in types]
        valid.choices = _validities(initial.get("valid_months"))
        for each in types:
            self.fields[_takes(each)] = number_field(f"One {each.name} takes", 1, MOST_UNITS, required=False)

    @property
    def takes(self) -> list[Any]:
        """The fields for how many units one session takes."""
        return [self[_takes(each)] for each in self.types]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        cleaned["unpaid_units"] = cleaned.get("unpaid_units") or 0
        if "units" in cleaned and "covers" in cleaned:
            self._fit(cleaned["units"])
        if not self.errors:
            self._hear_refusal()
        return cleaned

    def _fit(self, units: int) -> None:
        """One session may not take more than the pack has."""
        for each in self.types:
            if self._covers().get(str(each.pk), 0) > units:
                self.add_error(_takes(each), f"The pack has {units}. Type less, or put more into it.")

    def _hear_refusal(self) -> None:
        try:
            offers.refuse_terms(self.currency, **self.changes())
        except offers.TooManyUnpaid as problem:
            self.add_error("unpaid_units", str(problem))
        except PriceTooSmall as problem:
            self.add_error("instalments", str(problem))

    def _covers(self) -> dict[str, int]:
        typed = self.cleaned_data
        return {
            str(each.pk): typed.get(_takes(each)) or 1
            for each in self.types
            if str(each.pk) in typed["covers"]
        }

    def changes(self) -> dict[str, Any]:
        """What was typed, by the names of the use cases. "A few" alone needs a number."""
        typed = self.cleaned_data
        few = typed["unpaid_units"] if typed["unpaid"] == Unpaid.SOME else 0
        return {
            **{name: typed[name] for name in _PLAIN},
            "instalments": int(typed["instalments"]),
            "price_minor": typed["price"],
            "tax_bp": typed["tax"],
            "valid_months": typed["valid_months"],
            "covers": self._covers(),
            "unpaid_units": few,
            "requires": required_in(typed),
        }

    def draft(self) -> PackOffer:
        """The pack as it would be; nothing is kept of it."""
        return PackOffer(currency=self.currency, **self.changes())


def new_pack(practice: Practice, types: Sequence[SessionType], units: int) -> dict[str, Any]:
    """What a new pack starts with: everything but its price, which is the coach's to say."""
    return {
        "name": f"{units}-session pack",
        "units": units,
        "covers": [str(types[0].pk)] if len(types) == 1 else [],
        "valid_months": USUAL_MONTHS,
        "cancel_window_hours": practice.cancel_window_hours,
        "refund_rule": RefundRule.UNUSED,
        **{_takes(each): 1 for each in types},
    }


def typed(offer: PackOffer, types: Sequence[SessionType]) -> dict[str, Any]:
    """What the form shows of a pack that there is."""
    return {
        **{name: getattr(offer, name) for name in _PLAIN},
        "price": typed_price(offer.price_minor, offer.currency),
        "tax": typed_rate(offer.tax_bp),
        "valid_months": offer.valid_months or 0,
        "covers": list(offer.covers),
        "requires": offer.requires,
        "unpaid_units": offer.unpaid_units,
        **{_takes(each): offer.units_for(each.pk) or 1 for each in types},
    }


def _takes(kind: SessionType) -> str:
    return f"takes-{kind.pk}"


def _kind(kind: SessionType, practice: Practice) -> str:
    return f"{kind.name}, {terms.alone(kind, practice.locale)}"


def _validities(own: int | None) -> list[tuple[int, str]]:
    every = sorted({*MONTHS, *([own] if own else [])})
    return [*((count, terms.months(count)) for count in every), (0, "No end")]
