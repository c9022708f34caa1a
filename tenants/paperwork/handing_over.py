"""The coach gives a form, a document or a welcome packet to a client, outside any sale."""

import uuid
from datetime import datetime

from django.db import transaction

from kit.actors import Actor
from kit.states import change
from tenants.clients.models import Client
from tenants.paperwork.giving import give, in_use, tell
from tenants.paperwork.models import ClientPaper, ClientPaperStatus, PaperKind
from tenants.paperwork.packets import give_packet


def hand_over(
    *, line: uuid.UUID, client_id: uuid.UUID, mails: bool, now: datetime, actor: Actor
) -> ClientPaper:
    """Use case of the coach: the current version for this client, of a packet with all that is in it.

    With `mails` its link is mailed, once however often it is given; a packet's is the only one of all that
    is in it. What the client has already is answered as it is. Raises `giving.CannotBeGiven`.
    """
    with transaction.atomic(durable=True):
        paper, client = in_use(line=line), Client.objects.get(pk=client_id)
        if paper.kind == PaperKind.PACKET:
            given = give_packet(line=line, client=client, now=now, actor=actor)[0]
        else:
            given = give(paper=paper, client=client, now=now, actor=actor)
        if mails and given.status == ClientPaperStatus.OPEN and given.sent_at is None:
            tell(given, "paper.handed_over", now, actor)
            change(given, sent_at=now)
    return given
