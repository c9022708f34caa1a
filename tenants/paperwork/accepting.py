"""Accepting and declining an agreement: what was shown is kept word for word, with who said yes, and when."""

import uuid
from datetime import datetime

from django.db import transaction
from django.utils.crypto import constant_time_compare

from kit.actors import Actor
from kit.database import require_transaction
from kit.states import move
from tenants.paperwork.giving import hash_of, tell
from tenants.paperwork.models import Acceptance, ClientPaper, ClientPaperStatus

LONGEST_AGENT = 300
LONGEST_ADDRESS = 45
DECLINED_WORDS = "declined_words"
"""Where a client's paper keeps what was said when it was declined."""


class TextChanged(Exception):
    """What was read is not what the paper says. Nothing was accepted."""


class NotOpen(Exception):
    """It was declined or withdrawn. `status` is what it is."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


def accept(
    *,
    client_paper_id: uuid.UUID,
    name: str,
    shown: str,
    address: str,
    agent: str,
    now: datetime,
    actor: Actor,
) -> Acceptance:
    """Use case: the client has read the text whose hash the page has `shown`, and accepts it by name.

    Pressed twice it is accepted once, and the first acceptance is answered. Raises TextChanged, NotOpen.
    """
    with transaction.atomic(durable=True):
        given = locked(client_paper_id)
        if given.status == ClientPaperStatus.DONE:
            return given.acceptance
        require_open(given)
        if not constant_time_compare(shown, given.text_hash):
            raise TextChanged(given.paper.name)
        kept = keep(given=given, text=given.text, name=name, address=address, agent=agent, now=now)
        tell(given, "paper.accepted", now, actor, version=given.paper.version)
    return kept


def keep(*, given: ClientPaper, text: str, name: str, address: str, agent: str, now: datetime) -> Acceptance:
    """Step of whatever is accepted or handed in: the paper is done, and `text` is kept with who said so.

    The row was locked in this transaction. Raises `kit.states.IllegalMove` where it was not open.
    """
    require_transaction()
    move(given, ClientPaperStatus.DONE, done_at=now, seen_at=given.seen_at or now)
    return Acceptance.objects.create(
        client_paper=given,
        client_id=given.client_id,
        name=" ".join(name.split())[:120],
        text=text,
        text_hash=hash_of(text),
        paper_line=given.paper.line,
        paper_version=given.paper.version,
        address=address[:LONGEST_ADDRESS],
        agent=agent[:LONGEST_AGENT],
        at=now,
    )


def decline(*, client_paper_id: uuid.UUID, words: str = "", now: datetime, actor: Actor) -> None:
    """Use case: the client does not agree; `words` are for the coach. Pressed twice it is declined once.

    Raises NotOpen where it is done or withdrawn.
    """
    with transaction.atomic(durable=True):
        given = locked(client_paper_id)
        if given.status == ClientPaperStatus.DECLINED:
            return
        require_open(given)
        said = {DECLINED_WORDS: words.strip()[:1000]} if words.strip() else {}
        move(
            given,
            ClientPaperStatus.DECLINED,
            answers={**given.answers, **said},
            seen_at=given.seen_at or now,
        )
        tell(given, "paper.declined", now, actor)


def locked(client_paper_id: uuid.UUID) -> ClientPaper:
    """The client's paper with its paper, kept from all other writers until this transaction ends."""
    rows = ClientPaper.objects.select_related("paper").select_for_update(of=("self",), no_key=True)
    return rows.get(pk=client_paper_id)


def require_open(given: ClientPaper) -> None:
    """Raise NotOpen unless it can still be accepted, handed in or declined."""
    if given.status != ClientPaperStatus.OPEN:
        raise NotOpen(given.status)
