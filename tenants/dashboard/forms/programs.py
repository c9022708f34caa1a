from datetime import datetime, timedelta

from django import forms

from tenants.integrations.scopes import SCOPES

# The word, too: it is what a program's own instructions ask a coach to tick.
MAY_DO = [(scope, f"{sentence} ({scope})") for scope, sentence in SCOPES.items()]
LIFETIMES = {"": "It does not end by itself", "30": "In 30 days", "90": "In 90 days", "365": "In a year"}


class KeyForm(forms.Form):
    """A new key: what it is for, what it may do, and when it ends."""

    name = forms.CharField(max_length=60, label="What it is for", help_text="Such as “Our website”.")
    scopes = forms.MultipleChoiceField(
        choices=MAY_DO, label="What it may do", widget=forms.CheckboxSelectMultiple
    )
    ends = forms.ChoiceField(choices=list(LIFETIMES.items()), label="When it ends", required=False)

    def expires_at(self, now: datetime) -> datetime | None:
        days = self.cleaned_data["ends"]
        return now + timedelta(days=int(days)) if days else None
