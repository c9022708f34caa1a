"""Which sessions are booked in one go: of what, from when, how often, and how many."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms

from kit.clock import zone
from tenants.dashboard.forms.hours import TypedTimeField
from tenants.dashboard.forms.money import date_field
from tenants.offers.models import SessionType
from tenants.scheduling.models import Booking
from tenants.scheduling.series import MOST_DATES, weekly

USUAL_COUNT = 4
# The form has a field of that name.
WallTime = time
FURTHEST = timedelta(days=365)
OFTEN = [("1", "Every week"), ("2", "Every 2 weeks")]


class SeriesForm(forms.Form):
    """A weekday and a time on the coach's clock, every week or every other."""

    type = forms.ChoiceField(label="Session")
    first = date_field("First day")
    time = TypedTimeField(label="Time")
    every = forms.ChoiceField(label="How often", choices=OFTEN)
    count = forms.IntegerField(
        label="How many",
        min_value=1,
        max_value=MOST_DATES,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    def __init__(self, data: Any, *, types: Sequence[SessionType], today: date, **options: Any) -> None:
        super().__init__(data, **options)
        self.today = today
        field = self.fields["type"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(each.slug, f"{each.name}, {each.duration_min} minutes") for each in types]

    def clean_first(self) -> date:
        first: date = self.cleaned_data["first"]
        if first < self.today:
            raise forms.ValidationError("This day is over. Choose a later one.")
        if first > self.today + FURTHEST:
            raise forms.ValidationError("Choose a first day within a year.")
        return first

    def days(self) -> list[date]:
        cleaned = self.cleaned_data
        return weekly(cleaned["first"], count=cleaned["count"], every_weeks=int(cleaned["every"]))

    def at(self) -> WallTime:
        at: WallTime = self.cleaned_data["time"]
        return at


def usual(last: Booking | None, *, tz: str, now: datetime) -> dict[str, object]:
    """What a client books next, most likely: the same session, weekday and time again."""
    if last is None:
        return {"every": "1", "count": USUAL_COUNT}
    there, today = last.session.starts_at.astimezone(zone(tz)), now.astimezone(zone(tz)).date()
    weeks = max((today - there.date()).days // 7 + 1, 1)
    return {
        "type": last.session.session_type.slug,
        "first": there.date() + timedelta(weeks=weeks),
        "time": f"{there:%H:%M}",
        "every": "1",
        "count": USUAL_COUNT,
    }
