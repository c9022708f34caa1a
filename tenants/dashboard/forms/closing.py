"""Which days are closed, and which sessions the coach saw when the button was pressed."""

import uuid
from typing import Any

from django import forms

from tenants.dashboard.forms.hours import StretchForm


class ClosingForm(StretchForm):
    """A stretch to close; the last day may be left out where it is one day."""

    note = forms.CharField(
        label="What happened",
        max_length=120,
        required=False,
        help_text="Your clients read it beside the session that goes back: “court closed”.",
    )
    extends_packs = forms.BooleanField(
        label="Packs stay valid longer by these days", required=False, help_text="Whole days count."
    )

    def __init__(self, data: Any, **options: Any) -> None:
        super().__init__(_with_last(data), **options)
        self.fields["last"].required = False


def _with_last(data: Any) -> Any:
    if data is None or data.get("last") or not data.get("first"):
        return data
    whole = data.copy()
    whole["last"] = data["first"]
    return whole


def shown(values: list[str]) -> set[uuid.UUID]:
    """The bookings that stood in the list; what is no id was never in it."""
    found = set()
    for value in values:
        try:
            found.add(uuid.UUID(value))
        except ValueError:
            continue
    return found
