"""Which deeds of the log are to be seen."""

from django import forms

from tenants.dashboard.automation_words import GROUPS, WORDS


def choices() -> list[tuple[str, object]]:
    """Everything, and each automation within its group."""
    named = [
        (group.title, [(str(each), WORDS[each].title) for each in group.automations]) for group in GROUPS
    ]
    return [("", "Everything"), *named]


class LogForm(forms.Form):
    of = forms.ChoiceField(label="Show", required=False, choices=choices)
