"""The extras of a session type as rows of a form: those there are, and two empty ones."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict

from tenants.dashboard.forms.prices import PriceField, typed_price
from tenants.offers.extras import MOST_EXTRAS, Extra, refuse_alone

EMPTY_ROWS = 2
WHEN = {"always": "With every session", "asked": "If the client wants it"}


class ExtraPriceField(PriceField):
    """The price of what may be paid alone."""

    def refuse(self, minor: int) -> None:
        refuse_alone(minor, self.currency)


class ExtraRow(forms.Form):
    """One extra. A row without name and price is none."""

    use_required_attribute = False
    id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(label="Extra", max_length=80)
    price = ExtraPriceField(label="Price", may_be_free=False)
    when = forms.ChoiceField(label="Paid", choices=list(WHEN.items()))

    def __init__(self, *args: Any, currency: str, **options: Any) -> None:
        super().__init__(*args, **options)
        price = self.fields["price"]
        assert isinstance(price, ExtraPriceField)
        price.currency = currency

    @property
    def is_new(self) -> bool:
        return not (self.typed("id") or self.typed("name") or self.typed("price"))

    def typed(self, name: str) -> str:
        return str(self[name].value() or "").strip()

    def as_extra(self, known: set[str]) -> Extra:
        typed = self.cleaned_data
        named = {"id": str(typed["id"])} if str(typed["id"]) in known else {}
        return Extra(typed["name"], typed["price"], typed["when"] == "always", **named)


class ExtraRows:
    """All of them. Buttons put one higher or drop one; nothing is kept by that: no script is needed."""

    def __init__(self, rows: Sequence[dict[str, Any]], currency: str, *, judged: bool) -> None:
        rows = [*rows, *[{}] * EMPTY_ROWS][:MOST_EXTRAS]
        self.rows = [_row(number, row, currency, judged=judged) for number, row in enumerate(rows)]

    @classmethod
    def of(cls, extras: Sequence[Extra], currency: str) -> "ExtraRows":
        rows = [
            {
                "id": each.id,
                "name": each.name,
                "price": typed_price(each.price_minor, currency),
                "when": "always" if each.required else "asked",
            }
            for each in extras
        ]
        return cls(rows, currency, judged=False)

    @classmethod
    def typed(cls, data: QueryDict, currency: str) -> "ExtraRows":
        """What was sent, after a pressed button has moved or dropped a row."""
        rows = [_sent(data, number) for number in range(MOST_EXTRAS)]
        rows = [row for row in rows if row["name"] or row["price"]]
        _raise(rows, data.get("raise", ""))
        _drop(rows, data.get("drop", ""))
        return cls(rows, currency, judged=not presses_rows(data))

    def is_valid(self) -> bool:
        return not self.mistakes

    @property
    def mistakes(self) -> list[str]:
        """What is wrong, each with the extra that it is wrong with."""
        return [
            f"{row.typed('name') or 'Extra'}: {error}"
            for row in self.rows
            if not row.is_new
            for errors in row.errors.values()
            for error in errors
        ]

    def extras(self, known: Sequence[Extra] = ()) -> list[Extra]:
        """As they are to be kept; those that are known keep their ids."""
        ids = {each.id for each in known}
        kept: list[Extra] = []
        for row in self.rows:
            if not row.is_new:
                kept.append(row.as_extra(ids))
                ids.discard(kept[-1].id)
        return kept


def presses_rows(data: QueryDict) -> bool:
    """Whether one of the buttons of a row was pressed, and not the form's own."""
    return "raise" in data or "drop" in data


def _row(number: int, row: dict[str, Any], currency: str, *, judged: bool) -> ExtraRow:
    prefix = f"extra-{number}"
    if not (judged and row):
        return ExtraRow(prefix=prefix, initial=row, currency=currency)
    return ExtraRow(
        {f"{prefix}-{name}": text for name, text in row.items()}, prefix=prefix, currency=currency
    )


def _sent(data: QueryDict, number: int) -> dict[str, str]:
    row = {name: data.get(f"extra-{number}-{name}", "").strip() for name in ("id", "name", "price", "when")}
    return {**row, "when": row["when"] or "always"}


def _raise(rows: list[dict[str, str]], which: str) -> None:
    if which.isdecimal() and 0 < (at := int(which)) < len(rows):
        rows[at - 1], rows[at] = rows[at], rows[at - 1]


def _drop(rows: list[dict[str, str]], which: str) -> None:
    if which.isdecimal() and int(which) < len(rows):
        del rows[int(which)]
