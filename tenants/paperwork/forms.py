"""Forms of one client: a draft that loses nothing, handed in once, with what was shown kept word for word."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from kit.actors import Actor
from kit.states import change
from tenants.files.keeping import Checked
from tenants.files.keeping import keep as keep_file
from tenants.files.models import StoredFile
from tenants.paperwork.accepting import keep, locked, require_open
from tenants.paperwork.answers import AnswersForm, as_evidence, as_shown, file_ids
from tenants.paperwork.giving import hash_of, tell
from tenants.paperwork.models import Acceptance, ClientPaper, ClientPaperStatus
from tenants.paperwork.questions import Part, parts_of, questions_of

LONGEST_TYPED = 20_000


class AnswersWrong(Exception):
    """Something is missing, or cannot be. The draft is kept; `form` says at each question what to do."""

    def __init__(self, form: AnswersForm) -> None:
        super().__init__("Some answers are missing or cannot be right.")
        self.form = form


def keep_draft(
    *,
    client_paper_id: uuid.UUID,
    typed: Mapping[str, Any],
    files: Mapping[str, Checked] | None = None,
    without: frozenset[str] = frozenset(),
    now: datetime,
) -> ClientPaper:
    """Use case: what was typed so far, right or wrong, and the files that came with it, by question.

    `without` are questions whose file is taken back. Raises NotOpen where it was handed in, or withdrawn.
    """
    with transaction.atomic(durable=True):
        given = locked(client_paper_id)
        require_open(given)
        _write_draft(given, typed, files or {}, without, now)
    return given


def hand_in(
    *,
    client_paper_id: uuid.UUID,
    answers: Mapping[str, Any],
    name: str,
    address: str,
    agent: str,
    files: Mapping[str, Checked] | None = None,
    now: datetime,
    actor: Actor,
) -> Acceptance:
    """Use case: the form is done, once. `answers` by question, of files those that `keep_draft` has kept.

    Pressed twice it is handed in once, and the first is answered. Raises AnswersWrong, with the draft kept,
    and NotOpen.
    """
    with transaction.atomic(durable=True):
        given = locked(client_paper_id)
        if given.status == ClientPaperStatus.DONE:
            return given.acceptance
        require_open(given)
        _write_draft(given, answers, files or {}, frozenset(), now)
        parts = parts_of(given.paper.parts)
        form = AnswersForm(parts, given.answers, judged=True)
        if form.is_valid():
            kept = _hand_in(given, parts, form.given, name, address, agent, now)
            tell(given, "paper.done", now, actor)
            return kept
    raise AnswersWrong(form)


def _hand_in(
    given: ClientPaper,
    parts: list[Part],
    answers: dict[str, Any],
    name: str,
    address: str,
    agent: str,
    now: datetime,
) -> Acceptance:
    """The answers stand with the paper, where they can be erased; the acceptance proves them, and stays."""
    text = as_shown(given.paper.name, parts, answers)
    change(given, answers=answers, text=text, text_hash=hash_of(text))
    evidence = as_evidence(given.paper.name, parts, text)
    return keep(given=given, text=evidence, name=name, address=address, agent=agent, now=now)


def _write_draft(
    given: ClientPaper,
    typed: Mapping[str, Any],
    files: Mapping[str, Checked],
    without: frozenset[str],
    now: datetime,
) -> None:
    """Step: typed words replace what was typed before; a file stays until another comes, or it is taken
    back."""
    draft: dict[str, Any] = {}
    for part in questions_of(given.paper.parts):
        if part.kind != "file":
            value = _short_enough(typed.get(part.id))
        elif part.id in files:
            value = _stored(given, files[part.id], now)
        else:
            value = None if part.id in without else given.answers.get(part.id)
        if value not in (None, "", []):
            draft[part.id] = value
    parts = parts_of(given.paper.parts)
    gone = set(file_ids(parts, given.answers)) - set(file_ids(parts, draft))
    change(given, answers=draft, seen_at=given.seen_at or now)
    if gone:
        StoredFile.objects.filter(pk__in=gone, client_id=given.client_id).delete()


def _short_enough(value: Any) -> Any:
    """Nobody writes a book into a draft: what is longer than any answer may be is cut."""
    if isinstance(value, list):
        return [str(each)[:LONGEST_TYPED] for each in value[:100]]
    return None if value is None else str(value).replace("\x00", "")[:LONGEST_TYPED]


def _stored(given: ClientPaper, checked: Checked, now: datetime) -> dict[str, Any]:
    kept = keep_file(checked=checked, client_id=given.client_id, now=now)
    return {"id": str(kept.pk), "name": kept.name, "size": kept.size, "digest": kept.digest}


def file_of(given: ClientPaper, question_id: str) -> StoredFile | None:
    """The file that answers a question of a client's form."""
    answered = file_ids(parts_of(given.paper.parts), given.answers)
    wanted = next((file_id for file_id, asked in answered.items() if asked == question_id), None)
    return StoredFile.objects.filter(pk=wanted).first() if wanted else None
