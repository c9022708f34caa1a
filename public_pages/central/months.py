"""What a month comes to: the platform's own rules, payment by payment."""

from dataclasses import dataclass
from typing import Any

from django import forms

from fees.rules import fee_for
from public_pages.central.calculator import PriceForm, percent, terms
from public_pages.central.card_rates import about_stripe_takes

EXAMPLE = {"price": "80", "currency": "usd", "sessions": "20"}
MOST = 1000


@dataclass(frozen=True)
class Month:
    """So many sessions at one price, of which some bear no fee of ours; in minor units of `currency`."""

    title: str
    price_minor: int
    currency: str
    sessions: int
    free: int

    @property
    def fee_minor(self) -> int:
        """Each session is paid by itself, so each fee is rounded by itself."""
        each = fee_for(amount_minor=self.price_minor, units=1, free_units_granted=0, rate_bp=terms().rate_bp)
        return each * (self.sessions - self.free)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Lines that add up to what the coach keeps."""
        card_minor = about_stripe_takes(self.price_minor, self.currency) * self.sessions
        return [
            {
                "label": "Your clients pay",
                "note": f"{self.sessions} sessions" if self.sessions != 1 else "1 session",
                "minor": self.price_minor * self.sessions,
            },
            {"label": "Stripe takes, about", "minor": -card_minor},
            {"label": "We take", "note": self._bears(), "minor": -self.fee_minor},
        ]

    def _bears(self) -> str:
        share, bearing = f"{percent(terms().rate_bp)}%", self.sessions - self.free
        if not self.free:
            return share
        return f"{share} of {bearing} sessions, {self.free} are free" if bearing else "All of them are free"


class MonthForm(PriceForm):
    """A price and a number as they are typed. Valid, it has `months`; free sessions have none."""

    sessions = forms.IntegerField(label="Paid sessions", min_value=1, max_value=MOST)

    @property
    def months(self) -> tuple[Month, ...]:
        """The first one, with the free sessions, and those that follow."""
        if not self.is_valid() or not self.cleaned_data["price_minor"]:
            return ()
        price, currency, sessions = (
            self.cleaned_data[name] for name in ("price_minor", "currency", "sessions")
        )
        free = min(sessions, terms().free_units)
        return (
            Month("Your first month", price, currency, sessions, free),
            Month("Every month after your free sessions", price, currency, sessions, 0),
        )
