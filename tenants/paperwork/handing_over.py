"""The coach gives a form, a document or a welcome packet to a client, outside any sale."""

import uuid
from datetime import datetime

from django.db import transaction

from kit.actors import Actor
from tenants.clients.models import Client
from tenants.paperwork.giving import give, in_use
from tenants.paperwork.models import ClientPaper, PaperKind
from tenants.paperwork.packets import give_packet


def hand_over(*, line: uuid.UUID, client_id: uuid.UUID, now: datetime, actor: Actor) -> ClientPaper:
    """Use case of the coach: the current version for this client, of a packet with all that is in it.

    What the client has already is answered as it is. Raises `giving.CannotBeGiven`.
    """
    with transaction.atomic(durable=True):
        paper, client = in_use(line=line), Client.objects.get(pk=client_id)
        if paper.kind == PaperKind.PACKET:
            return give_packet(line=line, client=client, now=now, actor=actor)[0]
        return give(paper=paper, client=client, now=now, actor=actor)
