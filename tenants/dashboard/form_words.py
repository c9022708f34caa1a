"""Answers to a form as a table for spreadsheets, and how given papers are listed."""

import csv
import io
from collections.abc import Iterable, Sequence

from kit.clock import zone
from tenants.earnings.export import harmless
from tenants.paperwork.answers import in_words
from tenants.paperwork.models import ClientPaper
from tenants.paperwork.questions import Part, questions_of


def as_csv(handed_in: Iterable[ClientPaper], *, tz: str) -> str:
    """A row for each that was handed in, a column for each question that any of their versions asked."""
    given = list(handed_in)
    questions = _questions(given)
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(
        ["Client", "E-mail", "Handed in", "Version", *(harmless(each.label) for each in questions)]
    )
    writer.writerows(_row(each, questions, tz) for each in given)
    return file.getvalue()


def _questions(given: Sequence[ClientPaper]) -> list[Part]:
    """In the order of the newest version, and what only earlier ones asked behind it."""
    newest_first = sorted(given, key=lambda each: -each.paper.version)
    asked: dict[str, Part] = {}
    for each in newest_first:
        for part in questions_of(each.paper.parts):
            asked.setdefault(part.id, part)
    return list(asked.values())


def _row(given: ClientPaper, questions: Sequence[Part], tz: str) -> list[object]:
    done_at = given.done_at.astimezone(zone(tz)) if given.done_at else None
    answers = [
        harmless(in_words(part, given.answers[part.id])) if part.id in given.answers else ""
        for part in questions
    ]
    return [
        harmless(given.client.name),
        harmless(given.client.email or ""),
        f"{done_at:%Y-%m-%d %H:%M}" if done_at else "",
        given.paper.version,
        *answers,
    ]
