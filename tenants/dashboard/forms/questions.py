"""The builder of a form: its name and intro, and its questions as rows."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict

from tenants.dashboard.forms.agreements import FieldsOfText
from tenants.dashboard.forms.rows import Row, as_forms, presses_rows, sent_rows
from tenants.paperwork.models import Paper
from tenants.paperwork.questions import KINDS, LONGEST_HELP, MOST_PARTS, CannotAsk, Part, parts_of, written

PREFIX = "part"
STARTER = (
    Part("short_text", "What would you like to reach with me?", required=True),
    Part("long_text", "What have you tried so far?"),
    Part("long_text", "Is there anything about your health that I should know?"),
    Part("phone", "Where can I reach you at short notice?"),
)


class PartRow(Row):
    """One question, or words between questions."""

    SAYS: ClassVar = ("label", "choices", "help")
    id = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)
    label = forms.CharField(label="Question", max_length=2000, widget=forms.Textarea({"rows": 2}))
    kind = forms.ChoiceField(label="Answer", choices=list(KINDS.items()))
    required = forms.BooleanField(label="Has to be answered", required=False)
    choices = forms.CharField(
        label="Choices, each on a line",
        max_length=6000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text="For one or several choices.",
    )
    help = forms.CharField(label="Hint below the question", max_length=LONGEST_HELP, required=False)

    def as_part(self, known: set[str]) -> Part:
        typed = self.cleaned_data
        lines = [line.strip() for line in typed["choices"].splitlines()]
        named = {"id": typed["id"]} if typed["id"] in known else {}
        choices = tuple(line for line in lines if line) if "choice" in typed["kind"] else ()
        return Part(typed["kind"], typed["label"], typed["help"], typed["required"], choices, **named)


class PaperForm(forms.Form):
    """A form's name and what stands above its questions."""

    name = forms.CharField(
        label="Name",
        max_length=120,
        help_text="Clients read it as the title.",
        error_messages={"required": "Give it a name, such as “Intake form”."},
    )
    body = FieldsOfText(
        label="A few words above the questions",
        max_length=4000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )
    ask_again = forms.BooleanField(
        label="Whoever handed in an earlier version is asked again",
        required=False,
        help_text="Otherwise their answers go on to count.",
    )

    def __init__(self, data: QueryDict | None, *, paper: Paper | None, begun: Sequence[Part] = ()) -> None:
        initial: dict[str, Any] = {"name": paper.name, "body": paper.body} if paper else {}
        self.moves_rows = data is not None and presses_rows(data)
        shown = data.dict() if data is not None and self.moves_rows else initial
        super().__init__(None if self.moves_rows else data, initial=shown)
        if paper is None:
            del self.fields["ask_again"]
        self.known = {part.id for part in parts_of(paper.parts)} if paper else {part.id for part in begun}
        parts = parts_of(paper.parts) if paper else begun
        rows = [_shown(part) for part in parts] if data is None else _sent(data)
        judged = data is not None and not self.moves_rows
        self.rows: list[PartRow] = as_forms(rows, PartRow, prefix=PREFIX, most=MOST_PARTS, judged=judged)
        self.parts: list[dict[str, Any]] = []

    def clean(self) -> dict[str, Any]:
        for row in self.rows:
            if row.is_bound and not row.is_valid():
                label = row.typed("label")[:40] or "Question"
                for errors in row.errors.values():
                    self.add_error(None, [f"{label}: {error}" for error in errors])
        if not self.errors:
            self._hear_refusal()
        return self.cleaned_data

    def _hear_refusal(self) -> None:
        known = set(self.known)
        parts = []
        for row in self.rows:
            if row.is_bound:
                parts.append(row.as_part(known))
                known.discard(parts[-1].id)
        try:
            self.parts = written(parts)
        except CannotAsk as refused:
            self.add_error(None, str(refused))


def _sent(data: QueryDict) -> list[dict[str, str]]:
    return sent_rows(data, PartRow, prefix=PREFIX, most=MOST_PARTS)


def _shown(part: Part) -> dict[str, str]:
    return {
        "id": part.id,
        "label": part.label,
        "kind": part.kind,
        "required": "on" if part.required else "",
        "choices": "\n".join(part.choices),
        "help": part.help,
    }
