"""The forms of plans, of another price, and of who is sent a link to begin."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict

from tenants.dashboard.forms.numbers import number_field
from tenants.dashboard.forms.prices import PriceField, typed_price
from tenants.dashboard.forms.requires import RequiresField, offer_requires, required_in
from tenants.dashboard.forms.tax import TaxField, typed_rate
from tenants.offers.models import Practice, SessionType
from tenants.retainers import plans
from tenants.retainers.models import Every, RetainerPlan, RollOver

RHYTHMS = [
    ("1 week", "Every week"),
    ("2 week", "Every 2 weeks"),
    ("4 week", "Every 4 weeks"),
    ("1 month", "Every month"),
    ("2 month", "Every 2 months"),
    ("3 month", "Every 3 months"),
    ("6 month", "Every 6 months"),
    ("12 month", "Every year"),
]
USUAL = {
    "rhythm": "1 month",
    "included": 4,
    "rollover": RollOver.NONE,
    "rollover_cap": 0,
    "charge_days_before": 3,
}
_PLAIN = ("name", "description", "included", "rollover", "cancel_window_hours", "charge_days_before")


class PlanForm(forms.Form):
    """A price at a rhythm, what each period includes, and what becomes of the rest."""

    name = forms.CharField(label="Name", max_length=80)
    price = PriceField(label="Price of a period", may_be_free=False)
    rhythm = forms.ChoiceField(label="How often")
    included = number_field(
        "Sessions in a period", 1, 200, required=False, help_text="Leave it empty for as many as they like."
    )
    covers = forms.MultipleChoiceField(
        label="Good for",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one session type that it is good for."},
    )
    rollover = forms.ChoiceField(label="What is not used", choices=RollOver.choices, widget=forms.RadioSelect)
    rollover_cap = number_field("How many go on at most, if some", 0, 200, required=False)
    cancel_window_hours = number_field("Free cancelling until", 0, 336)
    charge_days_before = number_field(
        "Charged", 0, 6, help_text="So many days before a period begins, so that it can be booked ahead."
    )
    tax = TaxField()
    requires = RequiresField()
    description = forms.CharField(
        label="Description", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

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
        price, covers, rhythm = (self.fields[name] for name in ("price", "covers", "rhythm"))
        assert isinstance(price, PriceField)
        assert isinstance(covers, forms.MultipleChoiceField)
        assert isinstance(rhythm, forms.ChoiceField)
        price.currency = practice.currency
        covers.choices = [(str(each.pk), each.name) for each in types]
        own = initial["rhythm"]
        known = own in dict(RHYTHMS)
        rhythm.choices = RHYTHMS if known else [*RHYTHMS, (own, f"Every {own}s")]
        for each in types:
            self.fields[_takes(each)] = number_field(f"One {each.name} takes", 1, 200, required=False)

    @property
    def takes(self) -> list[Any]:
        """The fields for how many units one session takes."""
        return [self[_takes(each)] for each in self.types]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        cleaned["rollover_cap"] = cleaned.get("rollover_cap") or 0
        if not self.errors:
            try:
                plans.refuse_terms(self.currency, **self.changes())
            except plans.UnkeepableTerms as problem:
                self.add_error(None, str(problem))
        return cleaned

    def changes(self) -> dict[str, Any]:
        """What was typed, by the names of the use cases."""
        typed = self.cleaned_data
        count, _, every = typed["rhythm"].partition(" ")
        capped = typed["rollover"] == RollOver.CAPPED
        return {
            **{name: typed[name] for name in _PLAIN},
            "price_minor": typed["price"],
            "tax_bp": typed["tax"],
            "every_count": int(count),
            "every": Every(every),
            "covers": {
                str(each.pk): typed.get(_takes(each)) or 1
                for each in self.types
                if str(each.pk) in typed["covers"]
            },
            "rollover_cap": typed["rollover_cap"] if capped else 0,
            "requires": required_in(typed),
        }

    def draft(self) -> RetainerPlan:
        """The plan as it would be; nothing is kept of it."""
        return RetainerPlan(currency=self.currency, **self.changes())


def new_plan(practice: Practice, types: Sequence[SessionType]) -> dict[str, Any]:
    """What a new plan starts with: everything but its price, which is the coach's to say."""
    return {
        **USUAL,
        "name": "Monthly coaching",
        "covers": [str(types[0].pk)] if len(types) == 1 else [],
        "cancel_window_hours": practice.cancel_window_hours,
        **{_takes(each): 1 for each in types},
    }


def typed(plan: RetainerPlan, types: Sequence[SessionType]) -> dict[str, Any]:
    """What the form shows of a plan that there is."""
    return {
        **{name: getattr(plan, name) for name in _PLAIN},
        "price": typed_price(plan.price_minor, plan.currency),
        "tax": typed_rate(plan.tax_bp),
        "rhythm": f"{plan.every_count} {plan.every}",
        "covers": list(plan.covers),
        "requires": plan.requires,
        "rollover_cap": plan.rollover_cap,
        **{_takes(each): plan.covers.get(str(each.pk), 1) for each in types},
    }


def _takes(kind: SessionType) -> str:
    return f"takes-{kind.pk}"


class NewPriceForm(forms.Form):
    """Another price for one retainer."""

    price = PriceField(label="New price of a period", may_be_free=False)

    def __init__(self, data: QueryDict | None, *, currency: str) -> None:
        super().__init__(data)
        field = self.fields["price"]
        assert isinstance(field, PriceField)
        field.currency = currency


class InviteForm(forms.Form):
    """Which plan, and who pays where it is not the client."""

    plan = forms.ChoiceField(label="Which one", widget=forms.RadioSelect)
    payer_name = forms.CharField(label="Name of who pays", max_length=120, required=False)
    payer_email = forms.EmailField(
        label="E-mail of who pays",
        required=False,
        help_text="Leave both empty where the client pays. Who pays alone sees amounts.",
    )

    def __init__(self, data: QueryDict | None, *, choices: list[tuple[str, str]]) -> None:
        super().__init__(data, initial={"plan": choices[0][0] if choices else ""})
        field = self.fields["plan"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if bool(cleaned.get("payer_name")) != bool(cleaned.get("payer_email")) and not self.errors:
            self.add_error("payer_email", "Type both, name and e-mail of who pays, or leave both empty.")
        return cleaned
