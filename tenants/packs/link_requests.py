"""Lost links to packs: they are sent to the address that has the packs, and nowhere else."""

from datetime import datetime

from django.db import transaction

from kit.actors import SYSTEM
from tenants.activity import events
from tenants.clients.models import Client
from tenants.packs.models import Pack, PackStatus


def ask_for_links(*, email: str, now: datetime) -> None:
    """Use case: have the links to an address's packs mailed to it. Nothing happens where it has none.

    It answers nothing, so that nobody learns from it whose packs there are.
    """
    with transaction.atomic(durable=True):
        client = Client.objects.filter(email=email.lower()).first()
        if client is None or not active_of(client):
            return
        events.record(
            kind="pack.link_asked", subject_id=client.pk, client_id=client.pk, actor=SYSTEM, now=now
        )


def active_of(client: Client) -> list[Pack]:
    """The client's packs, the newest first: also those of which nothing is left, to see why."""
    packs = Pack.objects.filter(client=client, status=PackStatus.ACTIVE)
    return list(packs.select_related("offer", "client", "buyer").order_by("-bought_at"))
