"""What a coach types about one session: another time for it, or why a rule is waived."""

from datetime import date, datetime
from typing import Any

from django import forms

from kit.clock import at_wall, zone
from tenants.dashboard.forms.hours import TypedTimeField
from tenants.dashboard.forms.money import date_field


class MoveForm(forms.Form):
    """Another time, on the coach's clock."""

    day = date_field("New day")
    time = TypedTimeField(label="New time")

    def __init__(self, *args: Any, tz: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.tz = tz

    @classmethod
    def at(cls, moment: datetime, tz: str) -> "MoveForm":
        """Filled in with a moment."""
        there = moment.astimezone(zone(tz))
        return cls(tz=tz, initial={"day": there.date(), "time": f"{there:%H:%M}"})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        day: date | None = cleaned.get("day")
        if day and cleaned.get("time") is not None:
            moment = at_wall(day, cleaned["time"], self.tz)
            if moment is None:
                self.add_error("time", "The clocks skip this time on that day. Choose another one.")
            else:
                self.starts_at = moment
        return cleaned


class WaiverForm(forms.Form):
    """Why what was paid goes back against the rule."""

    because = forms.CharField(
        label="Why",
        max_length=300,
        help_text="Kept with the session, and shown there.",
        error_messages={"required": "Say why. It is kept with the decision."},
    )
