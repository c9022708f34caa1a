"""Whole numbers as coaches type them."""

from typing import Any

from django import forms


def number_field(label: str, low: int, high: int, **options: Any) -> forms.IntegerField:
    """From `low` to `high`; a phone shows its keys for digits."""
    widget = forms.NumberInput(attrs={"inputmode": "numeric"})
    return forms.IntegerField(label=label, min_value=low, max_value=high, widget=widget, **options)
