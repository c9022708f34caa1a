"""Papers of a coach, made and edited in versions. What was given to a client keeps its own."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from kit.actors import Actor
from tenants.activity import events
from tenants.paperwork.merge_fields import refuse_broken
from tenants.paperwork.models import Paper, PaperKind

WRITTEN = ("name", "body", "parts", "file_id")
"""What a client meets: a change of any of it makes another version."""


class NothingToRead(ValueError):
    """An agreement without a text. The message is for the coach."""


class PaperChanged(Exception):
    """Somebody saved another version in the meantime; `current` is that one."""

    def __init__(self, current: Paper) -> None:
        super().__init__("This paper was changed in the meantime.")
        self.current = current


def save(
    *,
    line: uuid.UUID | None,
    kind: str,
    name: str,
    body: str = "",
    parts: Sequence[dict[str, Any]] = (),
    file_id: uuid.UUID | None = None,
    ask_again: bool = False,
    seen_version: int | None = None,
    now: datetime,
    actor: Actor,
) -> Paper:
    """Use case of the coach: a new paper, or of a `line` another version. The current one, afterwards.

    Where nothing differs, nothing is written. `ask_again` is for who has done an earlier version.
    Raises `merge_fields.BrokenFields`, NothingToRead, and PaperChanged where `seen_version`, which the coach
    was looking at, is not the current one any more.
    """
    body = _lines(body)
    written: dict[str, Any] = {"name": name.strip(), "body": body, "parts": list(parts), "file_id": file_id}
    _refuse(kind, body)
    with transaction.atomic(durable=True):
        current = None if line is None else _locked(line)
        if current and seen_version not in (None, current.version):
            raise PaperChanged(current)
        if current and written == {each: getattr(current, each) for each in WRITTEN}:
            return current
        paper = _next(current, kind, now, ask_again=bool(current) and ask_again, **written)
        _tell(paper, "paper.saved", now, actor, version=paper.version)
    return paper


def _refuse(kind: str, body: str) -> None:
    if kind == PaperKind.AGREEMENT and not body:
        raise NothingToRead("Write what is agreed to.")
    refuse_broken(body)


def _next(current: Paper | None, kind: str, now: datetime, **written: Any) -> Paper:
    if current is None:
        return Paper.objects.create(line=uuid.uuid4(), kind=kind, created_at=now, **written)
    # The old one goes first: only one of a line may be current, and that is looked at row by row.
    Paper.objects.filter(pk=current.pk).update(is_current=False)
    return Paper.objects.create(
        line=current.line,
        version=current.version + 1,
        is_active=current.is_active,
        kind=current.kind,
        created_at=now,
        **written,
    )


def switch(*, line: uuid.UUID, on: bool, now: datetime, actor: Actor) -> None:
    """Use case of the coach: it can be given, or not any more. What was given stays as it is."""
    with transaction.atomic(durable=True):
        paper = _locked(line)
        if paper.is_active != on:
            Paper.objects.filter(pk=paper.pk).update(is_active=on)
            _tell(paper, "paper.switched", now, actor, to="on" if on else "off")


def current(*, line: uuid.UUID) -> Paper:
    """The version that is given now. Raises Paper.DoesNotExist."""
    return Paper.objects.get(line=line, is_current=True)


def current_of(*, lines: Collection[uuid.UUID]) -> dict[uuid.UUID, Paper]:
    """The same of several, by line; without a query where there is none."""
    rows = Paper.objects.filter(line__in=lines, is_current=True) if lines else ()
    return {paper.line: paper for paper in rows}


def current_of_kind(*, kind: str) -> list[Paper]:
    """All of a kind, those in use first, then by name."""
    return list(Paper.objects.filter(kind=kind, is_current=True).order_by("-is_active", "name", "created_at"))


def on_offer(*, kind: str, named: Collection[str] = ()) -> list[Paper]:
    """Those of a kind that are in use, and those whose lines are `named` already."""
    every = current_of_kind(kind=kind)
    return [paper for paper in every if paper.is_active or str(paper.line) in named]


def versions(*, line: uuid.UUID) -> list[Paper]:
    """All versions of a paper, the newest first."""
    return list(Paper.objects.filter(line=line).order_by("-version"))


def asked_again_from(*, line: uuid.UUID) -> int:
    """The first version that counts as done: the last one that asks everybody again; 0 for any."""
    rows = Paper.objects.filter(line=line, ask_again=True)
    return rows.aggregate(last=Max("version"))["last"] or 0


def _locked(line: uuid.UUID) -> Paper:
    """The current version, which nobody else can supersede now: the first one stands for all of a line."""
    Paper.objects.select_for_update(no_key=True).get(line=line, version=1)
    return current(line=line)


def _lines(text: str) -> str:
    """As it is kept and compared, whatever the browser puts between lines and leaves at their ends."""
    return "\n".join(line.rstrip() for line in text.replace("\x00", "").splitlines()).strip()


def _tell(paper: Paper, kind: str, now: datetime, actor: Actor, **data: Any) -> None:
    data = {"line": str(paper.line), "paper_kind": paper.kind, **data}
    events.record(kind=kind, subject_id=paper.pk, actor=actor, now=now, data=data)
