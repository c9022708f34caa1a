"""Documents: read, and said so by a press."""

import uuid
from datetime import datetime

from django.db import transaction

from kit.actors import Actor
from tenants.files.models import StoredFile
from tenants.paperwork.accepting import keep, locked, require_open
from tenants.paperwork.giving import tell
from tenants.paperwork.models import Acceptance, ClientPaper, ClientPaperStatus


def read(
    *, client_paper_id: uuid.UUID, name: str, address: str, agent: str, now: datetime, actor: Actor
) -> Acceptance:
    """Use case: the client says that the document was read. What it said is kept, a file by its digest.

    Pressed twice it counts once. Raises `accepting.NotOpen` for one that was withdrawn.
    """
    with transaction.atomic(durable=True):
        given = locked(client_paper_id)
        if given.status == ClientPaperStatus.DONE:
            return given.acceptance
        require_open(given)
        kept = keep(given=given, text=_shown(given), name=name, address=address, agent=agent, now=now)
        tell(given, "paper.done", now, actor)
    return kept


def _shown(given: ClientPaper) -> str:
    file = file_of(given)
    return f"{given.text}\n\n{file.name} (SHA-256 {file.digest})" if file else given.text


def file_of(given: ClientPaper) -> StoredFile | None:
    """What comes with the document, in the version that the client was given; without its content."""
    file_id = given.paper.file_id
    return StoredFile.objects.defer("content").filter(pk=file_id).first() if file_id else None
