"""What a coach types of a sequence: what starts and ends it, and the words and moments of its mails."""

from collections.abc import Iterable
from typing import Any, Final

from django import forms

from tenants.messaging.models import Sequence, Trigger
from tenants.messaging.sequence_fields import UnusableText, refuse_unusable
from tenants.messaging.sequences import LATEST_HOURS

HOURS, DAYS = "hours", "days"
HOURS_OF: Final = {HOURS: 1, DAYS: 24}


class SendableText(forms.CharField):
    """A text that can go to everybody: its fields there are, and it names no price."""

    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        try:
            refuse_unusable(text)
        except UnusableText as problem:
            raise forms.ValidationError(str(problem)) from problem
        return text


class NewSequenceForm(forms.Form):
    """Its name and what starts it, which stays: another start is another sequence."""

    name = forms.CharField(
        label="Name",
        max_length=80,
        help_text="Only you read it.",
        error_messages={"required": "Give it a name, such as “After a first pack”."},
    )
    starts_on = forms.ChoiceField(label="It starts when", choices=Trigger.choices)


class SequenceForm(forms.Form):
    """Its name, what it is meant for alone, and what ends it."""

    name = NewSequenceForm.base_fields["name"]
    applies_to = forms.MultipleChoiceField(
        label="Only for",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="None chosen means all of them.",
    )
    stops_on = forms.MultipleChoiceField(
        label="It ends early when",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="It also ends for who unsubscribes, and for who is archived.",
    )

    def __init__(self, *args: Any, sequence: Sequence, things: Iterable[tuple[str, str]], **options: Any):
        super().__init__(*args, **options)
        applies_to, stops_on = self.fields["applies_to"], self.fields["stops_on"]
        assert isinstance(applies_to, forms.MultipleChoiceField)
        assert isinstance(stops_on, forms.MultipleChoiceField)
        offered = list(things)
        kept = [(each, "Not on offer any more") for each in sequence.applies_to if each not in dict(offered)]
        applies_to.choices = [*offered, *kept]
        stops_on.choices = [
            (value, words.replace("first session", "session")) for value, words in Trigger.choices
        ]


class StepForm(forms.Form):
    """One mail, and how long after the start it is sent."""

    after = forms.IntegerField(
        label="Sent after",
        min_value=0,
        help_text="0 is at once. From a day on mails go out between 9:00 and 20:00, as your clock shows.",
        error_messages={"required": "Say after how long, 0 for at once."},
    )
    unit = forms.ChoiceField(label="Hours or days", choices=((HOURS, "hours"), (DAYS, "days")))
    subject = SendableText(
        label="Subject", max_length=140, error_messages={"required": "Write a subject: it is read first."}
    )
    body = SendableText(
        label="Words",
        max_length=8000,
        help_text="An empty line begins a paragraph.",
        error_messages={"required": "Write what the mail says."},
        widget=forms.Textarea({"class": "long-text"}),
    )

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or {}
        if "after" in typed and self.after_hours() > LATEST_HOURS:
            self.add_error("after", "A year is the longest that a mail may wait.")
        return typed

    def after_hours(self) -> int:
        return int(self.cleaned_data["after"]) * HOURS_OF[self.cleaned_data.get("unit", HOURS)]


def typed_step(step: dict[str, Any] | None) -> dict[str, Any]:
    """What the form shows of a step, and of a new one."""
    if step is None:
        return {"after": 1, "unit": DAYS}
    hours = int(step["after_hours"])
    in_days = hours > 0 and hours % 24 == 0
    after, unit = (hours // 24, DAYS) if in_days else (hours, HOURS)
    return {"after": after, "unit": unit, "subject": step["subject"], "body": step["body"]}
