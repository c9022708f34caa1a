"""Which earnings are asked for."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from tenants.clients.models import Client
from tenants.earnings.periods import NAMES, Period, period_of

USUAL = "month"
# Far beyond them a midnight has no moment in UTC.
_BOUNDS = (
    MinValueValidator(date(2000, 1, 1), "Choose a day from 2000 on."),
    MaxValueValidator(date(2200, 12, 31), "Choose a day before 2201."),
)


def date_field(label: str, **options: Any) -> forms.DateField:
    """A date typed or picked; always sent as 2026-06-10."""
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(
        label=label, widget=widget, input_formats=["%Y-%m-%d"], validators=_BOUNDS, **options
    )


class EarningsFilter(forms.Form):
    """All of it may be left out: then it is this month's, from everybody."""

    period = forms.ChoiceField(label="Period", choices=list(NAMES.items()), required=False)
    since = date_field("From", required=False)
    until = date_field("To", required=False)
    client = forms.ModelChoiceField(
        Client.objects.order_by("name"), label="Client", required=False, empty_label="All clients"
    )

    def clean(self) -> dict[str, Any]:
        """A stretch that ends before it begins is refused."""
        cleaned: dict[str, Any] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", "This is before the first day. Choose a later one.")
        return cleaned

    @property
    def name(self) -> str:
        """Which of the periods was asked for; days that were typed speak for themselves."""
        if self._chosen("since") or self._chosen("until"):
            return "custom"
        asked = self._chosen("period") or USUAL
        return USUAL if asked == "custom" else str(asked)

    @property
    def client_asked_for(self) -> Client | None:
        client: Client | None = self._chosen("client")
        return client

    def span(self, *, tz: str, now: datetime) -> Period:
        """The days that are asked for, in the coach's zone."""
        since: date | None = self._chosen("since")
        until: date | None = self._chosen("until")
        return period_of(self.name, tz=tz, now=now, first=since, last=until)

    def _chosen(self, name: str) -> Any:
        return getattr(self, "cleaned_data", {}).get(name) if self.is_bound else None
