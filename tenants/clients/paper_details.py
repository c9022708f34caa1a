"""What a payer wants to be called on papers: name, address, VAT number."""

import uuid
from datetime import datetime

from django.db import transaction

from kit.actors import Actor
from kit.database import require_transaction
from tenants.activity import events
from tenants.clients.models import Client

NAMES = ("name", "address", "vat_number")


def change(
    *, client_id: uuid.UUID, name: str, address: str, vat_number: str, now: datetime, actor: Actor
) -> None:
    """Use case: for papers from now on. What was issued stays as it is."""
    with transaction.atomic(durable=True):
        keep(client_id=client_id, name=name, address=address, vat_number=vat_number, now=now, actor=actor)


def keep(
    *, client_id: uuid.UUID, name: str, address: str, vat_number: str, now: datetime, actor: Actor
) -> None:
    """Step of `change`, and of whoever issues a paper with the new details at once. Empty means none."""
    require_transaction()
    said = dict(zip(NAMES, (name.strip(), _lines(address), vat_number.strip()), strict=True))
    details = {each: words for each, words in said.items() if words}
    if Client.objects.filter(pk=client_id).exclude(billing=details).update(billing=details):
        events.record(
            kind="client.paper_details_changed",
            subject_id=client_id,
            client_id=client_id,
            actor=actor,
            now=now,
        )


def _lines(address: str) -> str:
    """One line below the other, whatever the browser puts between them."""
    return "\n".join(line.strip() for line in address.splitlines() if line.strip())
