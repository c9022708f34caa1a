"""A lost link to own payments: it is sent to the payer's address, and nowhere else."""

from datetime import datetime

from django.db import transaction

from kit.actors import SYSTEM
from tenants.activity import events
from tenants.billing.models import Charge, SavedCard
from tenants.clients.models import Client


def ask_for_link(*, email: str, now: datetime) -> None:
    """Use case: have the link to an address's own payments mailed to it. Nothing where it pays for nothing.

    It answers nothing, so that nobody learns from it who is a client.
    """
    with transaction.atomic(durable=True):
        client = Client.objects.filter(email=email.lower()).first()
        if client and is_payer(client):
            events.record(
                kind="payments.link_asked", subject_id=client.pk, client_id=client.pk, actor=SYSTEM, now=now
            )


def is_payer(client: Client) -> bool:
    """Whether there is anything about money to show to this client."""
    charged = Charge.objects.filter(client=client)
    return charged.exists() or SavedCard.objects.filter(client=client, removed_at=None).exists()
