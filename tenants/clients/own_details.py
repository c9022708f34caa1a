"""What clients change about themselves."""

import uuid
from datetime import datetime

from django.db import transaction

from kit.actors import Actor
from tenants.activity import events
from tenants.clients.models import Client


def change(*, client_id: uuid.UUID, name: str, phone: str, now: datetime, actor: Actor) -> None:
    """Use case: how the client is called and reached from now on. Papers that were issued stay as they are.

    The address of mails is what the record is found by, and proves who signs in: the coach changes it.
    """
    said = {"name": " ".join(name.split()), "phone": phone.strip()}
    with transaction.atomic(durable=True):
        if Client.objects.filter(pk=client_id).exclude(**said).update(**said):
            events.record(
                kind="client.changed", subject_id=client_id, client_id=client_id, actor=actor, now=now
            )
