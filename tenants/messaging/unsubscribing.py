"""A client's word on mails that nobody has to send. What is agreed or owed is told anyway.

It is kept as events of the client, which can be read later and cannot be changed: who said it, and when.
"""

import uuid
from datetime import datetime
from typing import Final

from django.db import transaction

from kit.actors import Actor
from kit.database import current_schema
from kit.signed_links import BadLink, SignedLinks
from tenants.activity import events
from tenants.activity.models import Event
from tenants.clients.models import Client
from tenants.registry.pages import coach_address

__all__ = ["BadLink", "address_of", "client_by", "is_unsubscribed", "subscribe", "token_of", "unsubscribe"]

SIGNED: Final = SignedLinks("upfront.unsubscribe-link")
OFF, ON = "client.unsubscribed", "client.subscribed"
# It has to work for as long as the mail that holds it is kept, so no version ends it.
ALWAYS: Final = 1


def token_of(client_id: uuid.UUID) -> str:
    """The secret part of the link in each of a client's mails of this kind."""
    return SIGNED.token(client_id, ALWAYS)


def client_by(token: str) -> Client:
    """Whose word the link takes. Raises BadLink, also for somebody who was erased."""
    rows = Client.objects.filter(erased_at=None)
    return SIGNED.row_by(token, rows, version=lambda _client: ALWAYS)


def address_of(client_id: uuid.UUID) -> str:
    """The page of the link on the coach's own host, absolute."""
    return f"{coach_address(current_schema())}/unsubscribe/{token_of(client_id)}/"


def is_unsubscribed(client_id: uuid.UUID) -> bool:
    """What was said last."""
    said = Event.objects.filter(subject_id=client_id, kind__in=(OFF, ON)).order_by("-at", "-pk")
    return said.values_list("kind", flat=True).first() == OFF


def unsubscribe(*, client_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """Use case: no sequence mails any more. Said twice it is recorded once."""
    _say(OFF, client_id, now, actor)


def subscribe(*, client_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """Use case: they may come again. What was left out is not made up for."""
    _say(ON, client_id, now, actor)


def _say(kind: str, client_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    with transaction.atomic(durable=True):
        Client.objects.select_for_update(no_key=True).get(pk=client_id)
        if is_unsubscribed(client_id) != (kind == OFF):
            events.record(kind=kind, subject_id=client_id, client_id=client_id, actor=actor, now=now)
