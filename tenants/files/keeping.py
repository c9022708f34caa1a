"""Taking a file in: known by its content, not too large, with a name that is only a name."""

import hashlib
import re
import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from kit.database import require_transaction
from tenants.files.kinds import COACHS, EVERYBODYS, PICTURES, WORDS_OF_ALL, ZIP, Kind, kind_of
from tenants.files.models import LARGEST_BYTES, StoredFile
from tenants.files.pictures import LONGEST_SIDE, NotAPicture, redrawn

LONGEST_NAME = 140
NO_PART_OF_A_NAME = re.compile(r"[\x00-\x1f\x7f<>:\"|?*\u202a-\u202e\u2066-\u2069]")


class FileRefused(Exception):
    """It was not kept. The message says why, and what to bring instead."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that may be kept: its name without a path, what it is by its content, and the content."""

    name: str
    content_type: str
    content: bytes


def check(*, name: str, content: bytes, from_coach: bool = False) -> Checked:
    """What would be kept of a file: a form asks before anything is stored. Raises FileRefused.

    Pictures are drawn anew, without where and with what they were taken. Only the coach brings archives.
    """
    called = _bare(name)
    _refuse_by_size(called, content)
    kind = kind_of(content, among=COACHS if from_coach else EVERYBODYS)
    if kind is None:
        raise FileRefused(_not_taken(called, content, from_coach))
    if kind.is_picture:
        content = _drawn(called, content, kind)
    return Checked(_called(called, kind), kind.content_type, content)


def check_picture(
    *,
    name: str,
    content: bytes,
    within: tuple[int, int] = (LONGEST_SIDE, LONGEST_SIDE),
    saved_as: str = "",
) -> Checked:
    """As `check`, for what is shown on a page: a picture, no wider and higher than that, in pixels.

    `saved_as` is the content type that it is kept with, if not its own.
    """
    called = _bare(name)
    _refuse_by_size(called, content)
    kind = kind_of(content, among=PICTURES)
    if kind is None:
        raise FileRefused(f"“{called}” is not a picture. Bring a PNG, JPEG or WebP.")
    drawn = _drawn(called, content, kind, within=within, saved_as=saved_as)
    if saved_as:
        kind = next(each for each in PICTURES if each.content_type == saved_as)
    return Checked(_called(called, kind), kind.content_type, drawn)


def keep(*, checked: Checked, client_id: uuid.UUID | None = None, now: datetime) -> StoredFile:
    """Step: the file stands with the coach's rows; `client_id` is who brought it, if not the coach."""
    require_transaction()
    return StoredFile.objects.create(
        name=checked.name,
        content_type=checked.content_type,
        size=len(checked.content),
        digest=hashlib.sha256(checked.content).hexdigest(),
        content=checked.content,
        client_id=client_id,
        created_at=now,
    )


def store(
    *, name: str, content: bytes, content_type: str = "", client_id: uuid.UUID | None = None, now: datetime
) -> StoredFile:
    """Use case: keep a file of the coach's, or of the client who brought it. Raises FileRefused.

    `content_type` is what the browser said, and decides nothing.
    """
    checked = check(name=name, content=content, from_coach=client_id is None)
    return store_checked(checked=checked, client_id=client_id, now=now)


def store_checked(*, checked: Checked, client_id: uuid.UUID | None = None, now: datetime) -> StoredFile:
    """Use case: as `store`, for what a form has looked at already."""
    with transaction.atomic(durable=True):
        return keep(checked=checked, client_id=client_id, now=now)


def picture(*, name: str, content: bytes, client_id: uuid.UUID | None = None, now: datetime) -> StoredFile:
    """Use case: keep a picture to be shown. Raises FileRefused."""
    return store_checked(checked=check_picture(name=name, content=content), client_id=client_id, now=now)


def _refuse_by_size(called: str, content: bytes) -> None:
    if not content:
        raise FileRefused(f"“{called}” is empty. Choose the file once more.")
    if len(content) > LARGEST_BYTES:
        raise FileRefused(f"“{called}” is larger than {LARGEST_BYTES // 1_000_000} MB. Bring a smaller one.")


def _not_taken(called: str, content: bytes, from_coach: bool) -> str:
    if not from_coach and kind_of(content, among=(ZIP,)):
        return f"“{called}” is an archive. Bring the files in it one by one: {WORDS_OF_ALL}."
    archive = ", or a ZIP archive" if from_coach else ""
    return f"“{called}” is not a kind of file that can be kept. Bring {WORDS_OF_ALL}{archive}."


def _drawn(
    called: str, content: bytes, kind: Kind, *, within: tuple[int, int] | None = None, saved_as: str = ""
) -> bytes:
    try:
        drawn = redrawn(content, content_type=kind.content_type, within=within, saved_as=saved_as)
    except NotAPicture as error:
        raise FileRefused(
            f"“{called}” cannot be read as a picture. Save it anew, or bring another."
        ) from error
    _refuse_by_size(called, drawn)
    return drawn


def _bare(name: str) -> str:
    """The name without a path, and without what some system reads as more than a name."""
    last = re.split(r"[/\\]", name)[-1]
    return NO_PART_OF_A_NAME.sub("", last).strip(". ")[:LONGEST_NAME] or "file"


def _called(name: str, kind: Kind) -> str:
    """With an ending that tells the truth."""
    stem, dot, ending = name.rpartition(".")
    if dot and stem and ending.lower() in kind.endings:
        return name
    stem = stem if dot and stem and len(ending) <= 5 else name
    return f"{stem[: LONGEST_NAME - 6]}.{kind.endings[0]}"
