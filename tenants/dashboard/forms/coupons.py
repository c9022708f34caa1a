"""The form of a coupon."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms

from kit.clock import start_of_day, zone
from tenants.dashboard.forms.money import date_field
from tenants.dashboard.forms.prices import PriceField, typed_price
from tenants.offers.models import Coupon, Practice

SHARE, AMOUNT = "share", "amount"
MOST_USES = 100_000


class CouponForm(forms.Form):
    """A code, what it takes off, and how often and how long it counts. A code that was given out stays."""

    code = forms.CharField(
        label="Code", max_length=24, help_text="What clients type: 3 to 24 letters, digits."
    )
    kind = forms.ChoiceField(label="It takes off", choices=((SHARE, "A share"), (AMOUNT, "An amount")))
    percent = forms.IntegerField(label="Share", min_value=1, max_value=100, required=False)
    amount = PriceField(label="Amount", required=False)
    applies_to = forms.MultipleChoiceField(
        label="Good for",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="None chosen means everything that you offer.",
    )
    valid_from = date_field("From", required=False)
    valid_until = date_field("Until and with", required=False)
    max_uses = forms.IntegerField(
        label="How often it counts in all",
        min_value=1,
        max_value=MOST_USES,
        required=False,
        help_text="Empty means as often as you like.",
    )
    once_per_client = forms.BooleanField(label="Once for each client", required=False)
    note = forms.CharField(
        label="What it is for", max_length=140, required=False, help_text="Only you read this."
    )

    def __init__(
        self, *args: Any, practice: Practice, things: Iterable[tuple[str, str]], known: bool, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.practice = practice
        amount, applies_to = self.fields["amount"], self.fields["applies_to"]
        assert isinstance(amount, PriceField)
        assert isinstance(applies_to, forms.MultipleChoiceField)
        amount.currency = practice.currency
        applies_to.choices = list(things)
        if known:
            del self.fields["code"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        kind, since, until = (cleaned.get(name) for name in ("kind", "valid_from", "valid_until"))
        if kind == SHARE and not cleaned.get("percent") and "percent" not in self.errors:
            self.add_error("percent", "Type a share from 1 to 100.")
        if kind == AMOUNT and not cleaned.get("amount") and "amount" not in self.errors:
            self.add_error("amount", "Type an amount.")
        if since and until and until < since:
            self.add_error("valid_until", "This is before the first day.")
        return cleaned

    def changes(self) -> dict[str, Any]:
        """What was typed, by the names of the use cases. Days are the coach's own, from midnight on."""
        said, tz = self.cleaned_data, self.practice.timezone
        by_share = said["kind"] == SHARE
        until = said["valid_until"]
        return {
            **({"code": said["code"]} if "code" in said else {}),
            "off_bp": said["percent"] * 100 if by_share else 0,
            "off_minor": 0 if by_share else said["amount"],
            "applies_to": said["applies_to"],
            "valid_from": start_of_day(said["valid_from"], tz) if said["valid_from"] else None,
            "valid_until": start_of_day(until + timedelta(days=1), tz) if until else None,
            "max_uses": said["max_uses"],
            "once_per_client": said["once_per_client"],
            "note": said["note"],
        }


def typed(coupon: Coupon, practice: Practice) -> dict[str, Any]:
    """What the form shows of a coupon that there is."""
    place = zone(practice.timezone)
    until = coupon.valid_until
    return {
        "kind": SHARE if coupon.off_bp else AMOUNT,
        "percent": coupon.off_bp // 100 or None,
        "amount": typed_price(coupon.off_minor, coupon.currency) if coupon.off_minor else "",
        "applies_to": coupon.applies_to,
        "valid_from": coupon.valid_from.astimezone(place).date() if coupon.valid_from else None,
        "valid_until": (until.astimezone(place) - timedelta(days=1)).date() if until else None,
        "max_uses": coupon.max_uses,
        "once_per_client": coupon.once_per_client,
        "note": coupon.note,
    }
