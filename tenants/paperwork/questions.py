"""The questions of a form, as its coach writes them: kinds, and what a form must be to be answered. Pure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from kit.ids import uuid7

MOST_PARTS: Final = 40
MOST_CHOICES: Final = 30
LONGEST_LABEL: Final = 200
LONGEST_HELP: Final = 600

KINDS: Final = {
    "short_text": "Short text",
    "long_text": "Long text",
    "one_choice": "One choice",
    "several_choices": "Several choices",
    "yes_no": "Yes or no",
    "number": "Number",
    "date": "Date",
    "email": "E-mail",
    "phone": "Phone number",
    "file": "File",
    "heading": "Heading (no question)",
    "paragraph": "Words to read (no question)",
}
WORDS_ONLY: Final = frozenset({"heading", "paragraph"})
WITH_CHOICES: Final = frozenset({"one_choice", "several_choices"})


class CannotAsk(ValueError):
    """The form cannot be answered as it is. The message says to the coach what to change."""


@dataclass(frozen=True, slots=True)
class Part:
    """One question, or words between questions. Its `id` stays when it is edited, and its answer with it."""

    kind: str
    label: str
    help: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    id: str = field(default_factory=lambda: uuid7().hex)

    @property
    def is_question(self) -> bool:
        return self.kind not in WORDS_ONLY


def parts_of(written: Sequence[dict[str, Any]]) -> list[Part]:
    """As a version of the form keeps them, in order."""
    return [Part(**{**each, "choices": tuple(each.get("choices", ()))}) for each in written]


def questions_of(written: Sequence[dict[str, Any]]) -> list[Part]:
    return [part for part in parts_of(written) if part.is_question]


def written(parts: Sequence[Part]) -> list[dict[str, Any]]:
    """As a version keeps them. Raises CannotAsk."""
    if not any(part.is_question for part in parts):
        raise CannotAsk("Ask at least one question.")
    if len(parts) > MOST_PARTS:
        raise CannotAsk(f"A form can have up to {MOST_PARTS} questions and texts. Make a second one.")
    if len({part.id for part in parts}) < len(parts):
        raise CannotAsk("Two questions are the same one. Remove one of them and write it anew.")
    for part in parts:
        _refuse(part)
    return [{**asdict(part), "choices": list(part.choices)} for part in parts]


def _refuse(part: Part) -> None:
    if part.kind not in KINDS:
        raise CannotAsk(f"There is no kind of question called “{part.kind}”.")
    if not part.label.strip():
        raise CannotAsk("Write what is asked, or remove the empty question.")
    if len(part.label) > LONGEST_LABEL and part.kind != "paragraph":
        raise CannotAsk(
            f"“{part.label[:40]}…” is too long: up to {LONGEST_LABEL} characters, the rest as a hint."
        )
    if len(part.label) > 10 * LONGEST_LABEL or len(part.help) > LONGEST_HELP:
        long = f"The words of “{part.label[:40]}” are too long"
        raise CannotAsk(f"{long} for a form. Make a document of them.")
    if part.kind in WITH_CHOICES:
        _refuse_choices(part)


def _refuse_choices(part: Part) -> None:
    if len(part.choices) < 2:
        raise CannotAsk(f"“{part.label}”: write at least two choices, each on a line.")
    if len(part.choices) > MOST_CHOICES or any(len(each) > LONGEST_LABEL for each in part.choices):
        raise CannotAsk(f"“{part.label}”: up to {MOST_CHOICES} choices, each of a line.")
    if len(set(part.choices)) < len(part.choices):
        raise CannotAsk(f"“{part.label}”: two choices are the same.")
