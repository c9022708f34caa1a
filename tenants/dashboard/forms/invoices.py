"""An invoice as it is typed: for whom, by when, and its lines, of which the empty ones are left out."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.http import QueryDict

from kit.clock import zone
from kit.money import MAXIMUM_CHARGE_MINOR, format_money
from tenants.billing.invoices import MOST_LINES
from tenants.billing.paper_lines import LONGEST_TEXT, Line
from tenants.clients.models import Client
from tenants.dashboard.forms.money import date_field
from tenants.dashboard.forms.prices import PriceField
from tenants.dashboard.forms.tax import TaxField
from tenants.offers.prices import PriceTooSmall, refuse_uncollectable

USUAL_DAYS = 14
FURTHEST = timedelta(days=366)
EMPTY_ROWS = 3
MOST_OF_ONE = 999


class EachField(PriceField):
    """The price of one: only the sum of all must be what a card can pay."""

    def refuse(self, minor: int) -> None:
        if not minor:
            raise PriceTooSmall("Type an amount above 0.")


class InvoiceLineForm(forms.Form):
    """One line. Without words and amount it is none."""

    use_required_attribute = False
    text = forms.CharField(label="For", max_length=LONGEST_TEXT)
    quantity = forms.IntegerField(
        label="Quantity",
        min_value=1,
        max_value=MOST_OF_ONE,
        initial=1,
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    each = EachField(label="Price of one", may_be_free=False)
    rate = TaxField(label="Tax in it", help_text="")

    def __init__(self, data: QueryDict | None, *, prefix: str, currency: str) -> None:
        super().__init__(data, prefix=prefix, empty_permitted=True)
        each = self.fields["each"]
        assert isinstance(each, EachField)
        each.currency = currency

    def has_changed(self) -> bool:
        """A quantity or a rate alone is no line."""
        return any(str(self[name].value() or "").strip() for name in ("text", "each"))

    def line(self) -> Line:
        typed = self.cleaned_data
        quantity = typed["quantity"] or 1
        return Line(typed["text"], typed["each"] * quantity, typed["rate"], quantity)


class DueForm(forms.Form):
    """By when it is to be paid."""

    due_on = date_field("To be paid by")

    def __init__(self, data: QueryDict | None, *, tz: str, now: datetime, **initial: Any) -> None:
        self.today = now.astimezone(zone(tz)).date()
        super().__init__(data, initial={"due_on": self.today + timedelta(days=USUAL_DAYS), **initial})

    def clean_due_on(self) -> date:
        due_on: date = self.cleaned_data["due_on"]
        if not self.today <= due_on <= self.today + FURTHEST:
            raise forms.ValidationError("Choose a day from today on, within a year.")
        return due_on


class InvoiceForm(DueForm):
    """For whom, by when, and what for."""

    client = forms.ModelChoiceField(
        Client.objects.order_by("name"), label="Client", empty_label="Choose a client"
    )

    def __init__(self, data: QueryDict | None, *, currency: str, **options: Any) -> None:
        super().__init__(data, **options)
        self.currency = currency
        self.rows = [self._row(data, number) for number in range(_count(data))]

    def _row(self, data: QueryDict | None, number: int) -> InvoiceLineForm:
        return InvoiceLineForm(data, prefix=f"line-{number}", currency=self.currency)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not all(row.is_valid() for row in self.rows):
            self.add_error(None, "Look at the lines: something in them is missing or cannot be read.")
        elif not self.lines():
            self.add_error(None, "Write at least one line: what it is for, and its price.")
        else:
            self._refuse_sum(sum(line.amount_minor for line in self.lines()))
        return cleaned

    def _refuse_sum(self, total_minor: int) -> None:
        if total_minor > MAXIMUM_CHARGE_MINOR:
            highest = format_money(MAXIMUM_CHARGE_MINOR, self.currency)
            self.add_error(None, f"The most that one payment can be is {highest}. Make two invoices of it.")
            return
        try:
            refuse_uncollectable(total_minor, self.currency, may_be_free=False)
        except PriceTooSmall as problem:
            self.add_error(None, str(problem))

    def lines(self) -> list[Line]:
        return [row.line() for row in self.rows if row.has_changed()]


def _count(data: QueryDict | None) -> int:
    """So many as are filled in, and some empty ones to go on with."""
    sent = data or QueryDict()
    filled = [n for n in range(MOST_LINES) if sent.get(f"line-{n}-text") or sent.get(f"line-{n}-each")]
    return min(max(filled, default=-1) + 1 + EMPTY_ROWS, MOST_LINES)
