"""What the coach calls a session and a client."""

import re
from dataclasses import asdict
from typing import Any, Final

from django import forms
from django.core.validators import RegexValidator
from django.http import QueryDict

from tenants.offers.models import Practice
from tenants.offers.vocabulary import CHOICES, LONGEST, Words, words_of

OWN: Final = "own"
NOUN = RegexValidator(
    re.compile(r"\A[^\W\d_][\w '’&/-]*\Z"), "Write a word of letters, such as “lesson” or “strategy call”."
)
_FIELDS = ("session", "sessions", "client", "clients")


def _noun(label: str, example: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=LONGEST,
        required=False,
        validators=[NOUN],
        widget=forms.TextInput({"autocapitalize": "none"}),
        help_text=f"As within a sentence: {example}.",
    )


class WordsForm(forms.Form):
    choice = forms.ChoiceField(
        label="You give",
        choices=[
            *((name, f"{words.sessions.capitalize()} to {words.clients}") for name, words in CHOICES.items()),
            (OWN, "Words of my own"),
        ],
        widget=forms.RadioSelect,
    )
    session = _noun("One of them", "a strategy call")
    sessions = _noun("Several of them", "three strategy calls")
    client = _noun("Who comes", "a founder")
    clients = _noun("Several who come", "two founders")

    def __init__(self, data: QueryDict | None, *, practice: Practice) -> None:
        words = words_of(practice)
        known = next((name for name, each in CHOICES.items() if each == words), OWN)
        super().__init__(data, initial={"choice": known, **(asdict(words) if known == OWN else {})})

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("choice") == OWN:
            for field in _FIELDS:
                cleaned[field] = " ".join(cleaned.get(field, "").split())
                if not cleaned[field] and field not in self.errors:
                    self.add_error(field, "Write this one, too: sentences need all four.")
        return cleaned

    def words(self) -> Words:
        """Those that were chosen."""
        chosen = self.cleaned_data["choice"]
        if chosen != OWN:
            return CHOICES[chosen]
        return Words(**{field: self.cleaned_data[field] for field in _FIELDS})
