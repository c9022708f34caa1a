"""The answers to a form: typed, judged by what was asked, and written down as they were shown."""

import hashlib
import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django import forms

from tenants.paperwork.questions import Part

LONGEST_SHORT: Final = 300
LONGEST_LONG: Final = 5000
LEAST_DIGITS: Final = 6
FILE_HINT: Final = "PNG, JPEG, WebP, PDF, Word, plain text, MP3 or M4A, up to 10 MB."
NO_ANSWER: Final = "(no answer)"
YES_NO: Final = (("yes", "Yes"), ("no", "No"))


def name_of(part: Part) -> str:
    """What its field is called on the page."""
    return f"q-{part.id}"


class AnswersForm(forms.Form):
    """The fields of a form's questions. `answers` are what was typed before, by the id of the question.

    A file is kept when it arrives, before anything else is judged: its answer says which one it is.
    """

    def __init__(self, parts: Sequence[Part], answers: Mapping[str, Any], *, judged: bool) -> None:
        typed = {name_of(part): answers.get(part.id) for part in parts if part.kind != "file"}
        if judged:
            super().__init__({name: value for name, value in typed.items() if value is not None})
        else:
            super().__init__(initial=typed)
        self.parts = [part for part in parts if part.is_question]
        self.answers = answers
        for part in self.parts:
            self.fields[name_of(part)] = _field(part)

    def clean(self) -> None:
        """A required file is there when its answer names one."""
        for part in self.parts:
            if part.kind == "file" and part.required and not self.answers.get(part.id):
                self.add_error(name_of(part), "Choose a file for this.")

    @property
    def given(self) -> dict[str, Any]:
        """Of a valid form: what is kept, by the id of the question. What was left empty is not there."""
        kept = {}
        for part in self.parts:
            value = self.answers.get(part.id) if part.kind == "file" else self.cleaned_data[name_of(part)]
            if value not in (None, "", [], {}):
                kept[part.id] = _kept(value)
        return kept


def _kept(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else value


def _field(part: Part) -> forms.Field:
    said: dict[str, Any] = {"label": part.label, "help_text": part.help, "required": part.required}
    return FIELDS[part.kind](part, said)


def _short(_part: Part, said: dict[str, Any]) -> forms.Field:
    return forms.CharField(max_length=LONGEST_SHORT, error_messages=_empty("Write an answer."), **said)


def _long(_part: Part, said: dict[str, Any]) -> forms.Field:
    widget = forms.Textarea({"rows": 5})
    errors = _empty("Write an answer.")
    return forms.CharField(max_length=LONGEST_LONG, widget=widget, error_messages=errors, **said)


def _one(part: Part, said: dict[str, Any]) -> forms.Field:
    return _radio([(each, each) for each in part.choices], said)


def _yes_no(_part: Part, said: dict[str, Any]) -> forms.Field:
    return _radio(list(YES_NO), said)


def _radio(choices: list[tuple[str, str]], said: dict[str, Any]) -> forms.Field:
    errors = {**_empty("Choose one."), "invalid_choice": "Choose one of these."}
    return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, error_messages=errors, **said)


def _several(part: Part, said: dict[str, Any]) -> forms.Field:
    errors = {**_empty("Choose at least one."), "invalid_choice": "Choose from these."}
    return forms.MultipleChoiceField(
        choices=[(each, each) for each in part.choices],
        widget=forms.CheckboxSelectMultiple,
        error_messages=errors,
        **said,
    )


def _number(_part: Part, said: dict[str, Any]) -> forms.Field:
    errors = {**_empty("Write a number."), "invalid": "Write a number in digits, like 42 or 7.5."}
    widget = forms.TextInput({"inputmode": "decimal"})
    return NumberField(max_digits=15, decimal_places=4, widget=widget, error_messages=errors, **said)


class NumberField(forms.DecimalField):
    """With a point or a comma before its decimals."""

    def to_python(self, value: Any) -> Any:
        text = str(value or "").strip().replace(",", ".")
        return super().to_python(text)


def _date(_part: Part, said: dict[str, Any]) -> forms.Field:
    errors = {**_empty("Choose a date."), "invalid": "Write the date as year, month and day: 2026-03-31."}
    widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(input_formats=["%Y-%m-%d"], widget=widget, error_messages=errors, **said)


def _email(_part: Part, said: dict[str, Any]) -> forms.Field:
    errors = {**_empty("Write an address."), "invalid": "Write the whole address, like ana@example.org."}
    widget = forms.EmailInput({"inputmode": "email"})
    return forms.EmailField(max_length=254, widget=widget, error_messages=errors, **said)


def _phone(_part: Part, said: dict[str, Any]) -> forms.Field:
    widget = forms.TextInput({"type": "tel", "inputmode": "tel"})
    return PhoneField(max_length=40, widget=widget, error_messages=_empty("Write a number."), **said)


class PhoneField(forms.CharField):
    def clean(self, value: Any) -> Any:
        phone = super().clean(value)
        if phone and len(re.sub(r"\D", "", phone)) < LEAST_DIGITS:
            raise forms.ValidationError(
                "This is too short. Write the number with its country: +49 30 1234567."
            )
        return phone


class KeptFileField(forms.FileField):
    """A file is kept when it comes, since a browser cannot send it twice: its answer is what is judged."""

    def clean(self, _data: Any, _initial: Any = None) -> None:
        return None


def _file(_part: Part, said: dict[str, Any]) -> forms.Field:
    help_text = f"{said['help_text']} {FILE_HINT}".strip()
    return KeptFileField(widget=forms.FileInput, **{**said, "help_text": help_text})


def _empty(words: str) -> dict[str, str]:
    return {"required": words}


FIELDS: Final = {
    "short_text": _short,
    "long_text": _long,
    "one_choice": _one,
    "several_choices": _several,
    "yes_no": _yes_no,
    "number": _number,
    "date": _date,
    "email": _email,
    "phone": _phone,
    "file": _file,
}


def in_words(part: Part, answer: Any) -> str:
    """An answer as it is read."""
    if answer in (None, "", [], {}):
        return NO_ANSWER
    if part.kind == "file":
        return str(answer["name"])
    if part.kind == "yes_no":
        return dict(YES_NO).get(str(answer), str(answer))
    if isinstance(answer, list):
        return ", ".join(answer)
    return str(answer)


def file_ids(parts: Sequence[Part], answers: Mapping[str, Any]) -> dict[uuid.UUID, str]:
    """The files that the answers name, with the id of the question that each answers."""
    asked = [part.id for part in parts if part.kind == "file"]
    return {uuid.UUID(answers[each]["id"]): each for each in asked if answers.get(each)}


def as_shown(name: str, parts: Sequence[Part], answers: Mapping[str, Any]) -> str:
    """All questions and answers, word for word: what is kept when the form is handed in.

    Of a file its digest, so that the text says which one it was.
    """
    return "\n\n".join([f"# {name}", *(_shown(part, answers.get(part.id)) for part in parts)])


def as_evidence(name: str, parts: Sequence[Part], shown: str) -> str:
    """What stays of a form that was handed in, though its answers be erased: the questions, and the digest
    of what was `shown`, which proves the answers for as long as they are there."""
    asked = [f"# {name}", *(_asked(part) for part in parts)]
    digest = hashlib.sha256(shown.encode()).hexdigest()
    return "\n\n".join([*asked, f"SHA-256 of these questions with their answers: {digest}"])


def _asked(part: Part) -> str:
    if not part.is_question:
        return _shown(part, None)
    return "\n".join(line for line in (f"**{part.label}**", part.help) if line)


def _shown(part: Part, answer: Any) -> str:
    if part.kind == "heading":
        return f"## {part.label}"
    if not part.is_question:
        return part.label
    said = in_words(part, answer)
    if part.kind == "file" and answer:
        said = f"{said} (SHA-256 {answer['digest']})"
    return "\n".join(line for line in (f"**{part.label}**", part.help, said) if line)


def answered(parts: Sequence[Part], answers: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each part with its answer in words, for reading; of a file what it is as well."""
    return [
        {
            "part": part,
            "words": in_words(part, answers.get(part.id)) if part.is_question else "",
            "file": answers.get(part.id) if part.kind == "file" else None,
        }
        for part in parts
    ]
