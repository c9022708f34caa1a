"""What a coach types of an agreement: its name and text, whom it goes to, and the words of its mail."""

from collections.abc import Sequence
from typing import Any

from django import forms

from tenants.clients.models import Client
from tenants.dashboard.agreement_words import draft
from tenants.paperwork.merge_fields import BrokenFields, refuse_broken
from tenants.paperwork.models import Paper


class FieldsOfText(forms.CharField):
    """A text whose merge fields there are."""

    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        try:
            refuse_broken(text)
        except BrokenFields as broken:
            raise forms.ValidationError(str(broken)) from broken
        return text


class AgreementForm(forms.Form):
    """An agreement; `ask_again` only where somebody may have accepted it before."""

    name = forms.CharField(
        label="Name",
        max_length=120,
        help_text="Clients read it as the title.",
        error_messages={"required": "Give it a name, such as “Coaching agreement”."},
    )
    body = FieldsOfText(
        label="Text",
        max_length=40_000,
        help_text="# makes a heading, - a list, **two stars** stress a word.",
        error_messages={"required": "Write what is agreed to."},
        widget=forms.Textarea({"class": "long-text"}),
    )
    ask_again = forms.BooleanField(
        label="Whoever accepted an earlier version is asked again",
        required=False,
        help_text="Otherwise their acceptance goes on to count.",
    )

    def __init__(self, *args: Any, paper: Paper | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if paper is None:
            del self.fields["ask_again"]

    def draft(self) -> Paper:
        """The paper as typed; the form is valid."""
        return draft(self.cleaned_data["name"], self.cleaned_data["body"])


class SendForm(forms.Form):
    """To which client."""

    client = forms.ChoiceField(label="Client", error_messages={"required": "Choose who gets it."})

    def __init__(self, *args: Any, clients: Sequence[Client], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [
            ("", "Choose a client"),
            *((str(each.pk), f"{each.name}, {each.email}") for each in clients),
        ]
        self.fields["client"].choices = choices  # type: ignore[attr-defined]


class MailWordsForm(forms.Form):
    """The mail that brings an agreement."""

    subject = FieldsOfText(
        label="Subject", max_length=140, error_messages={"required": "Write a subject: it is read first."}
    )
    body = FieldsOfText(
        label="Words",
        max_length=4000,
        help_text="The link to the agreement stands below them as a button.",
        error_messages={"required": "Write a few words, so that the mail is yours."},
        widget=forms.Textarea({"class": "long-text"}),
    )
