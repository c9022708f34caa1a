"""Sending an agreement to a client, and asking once more for what is open, an agreement or another paper."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from kit.actors import Actor
from kit.states import change
from tenants.clients.models import Client
from tenants.paperwork.giving import CannotBeGiven, give, in_use, tell
from tenants.paperwork.models import ClientPaper, ClientPaperStatus, PaperKind

AGAIN_AFTER: Final = timedelta(minutes=10)
"""Within it a second press sends nothing: the mail is on its way."""


# What happens when a link is sent for the first time, and then.
KINDS: Final[Mapping[str, tuple[str, str]]] = {PaperKind.AGREEMENT: ("paper.sent", "paper.reminded")}
OF_OTHERS: Final = ("paper.asked_again", "paper.asked_again")


def send(*, line: uuid.UUID, client_id: uuid.UUID, now: datetime, actor: Actor) -> ClientPaper:
    """Use case of the coach: give the current version to a client, and mail its link.

    One that is open already is sent again. Raises `giving.CannotBeGiven`, also where it is done already.
    """
    with transaction.atomic(durable=True):
        paper, client = in_use(line=line), Client.objects.get(pk=client_id)
        given = give(paper=paper, client=client, now=now, actor=actor)
        if given.status != ClientPaperStatus.OPEN:
            raise CannotBeGiven(f"{client.name} has done “{paper.name}” already.")
        _send(given, now, actor)
    return given


def remind(*, client_paper_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """Use case of the coach: mail the link of one that is open, once more. Raises `giving.CannotBeGiven`."""
    with transaction.atomic(durable=True):
        rows = ClientPaper.objects.select_related("paper").select_for_update(of=("self",), no_key=True)
        given = rows.get(pk=client_paper_id)
        if given.status != ClientPaperStatus.OPEN:
            raise CannotBeGiven("It is not open any more: there is nothing to ask for.")
        _send(given, now, actor)


def _send(given: ClientPaper, now: datetime, actor: Actor) -> None:
    if given.sent_at and now < given.sent_at + AGAIN_AFTER:
        return
    first, again = KINDS.get(given.paper.kind, OF_OTHERS)
    tell(given, again if given.sent_at else first, now, actor)
    change(given, sent_at=now)
