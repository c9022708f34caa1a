"""Rows of a form that can be put higher, dropped and added to, without a script."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict

EMPTY_ROWS = 2


class Row(forms.Form):
    """One of them. A row that says nothing in `SAYS` is none."""

    SAYS: ClassVar[tuple[str, ...]] = ()
    use_required_attribute = False

    def typed(self, name: str) -> str:
        return str(self[name].value() or "").strip()

    @property
    def is_new(self) -> bool:
        return not any(self.typed(name) for name in self.SAYS)


def presses_rows(data: QueryDict) -> bool:
    """Whether one of the buttons of a row was pressed, and not the form's own."""
    return any(name in data for name in ("raise", "drop", "more"))


def sent_rows(data: QueryDict, row: type[Row], *, prefix: str, most: int) -> list[dict[str, str]]:
    """What was sent, after a pressed button has moved or dropped a row; empty ones are left out."""
    names = list(row.base_fields)
    rows = [
        {name: data.get(f"{prefix}-{number}-{name}", "").strip() for name in names} for number in range(most)
    ]
    raised, dropped = data.get("raise", ""), data.get("drop", "")
    if raised.isdecimal() and 0 < int(raised) < most:
        at = int(raised)
        rows[at - 1], rows[at] = rows[at], rows[at - 1]
    if dropped.isdecimal() and int(dropped) < most:
        rows[int(dropped)] = {}
    return [each for each in rows if any(each.get(name) for name in row.SAYS)]


def as_forms(
    rows: Sequence[dict[str, str]], row: type[Row], *, prefix: str, most: int, judged: bool, **options: Any
) -> list[Any]:
    """The rows as forms, judged where they are to be saved, and some empty ones below them."""
    every = [*rows, *[{}] * EMPTY_ROWS][:most]
    return [_form(number, each, row, prefix, judged=judged, **options) for number, each in enumerate(every)]


def _form(
    number: int, said: dict[str, str], row: type[Row], prefix: str, *, judged: bool, **options: Any
) -> Row:
    named = f"{prefix}-{number}"
    if not (judged and said):
        return row(prefix=named, initial=said, **options)
    return row({f"{named}-{name}": text for name, text in said.items()}, prefix=named, **options)
