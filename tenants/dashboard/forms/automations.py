"""Which deeds of the log are to be seen."""

from typing import Final

from django import forms

from tenants.dashboard.automation_words import GROUPS, WORDS

EVERYTHING: Final = "all"


def choices() -> list[tuple[str, object]]:
    """Everything, and each automation within its group."""
    named = [
        (group.title, [(str(each), WORDS[each].title) for each in group.automations]) for group in GROUPS
    ]
    return [(EVERYTHING, "Everything"), *named]


class LogForm(forms.Form):
    of = forms.ChoiceField(label="Show", choices=choices)

    def automation(self) -> str:
        """The one that was asked for; empty for all of them, and for one that there is not."""
        asked = self.cleaned_data["of"] if self.is_valid() else EVERYTHING
        return "" if asked == EVERYTHING else str(asked)
