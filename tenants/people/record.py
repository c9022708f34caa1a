"""A client's record, as the coach keeps it: made by hand, put right, and put out of the lists."""

import uuid
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from kit.actors import Actor
from kit.database import require_transaction
from tenants.activity import events
from tenants.clients import sign_in
from tenants.clients.models import Client
from tenants.packs.models import Pack
from tenants.paperwork.models import ClientPaper
from tenants.retainers.models import Retainer
from tenants.scheduling.models import Booking
from tenants.shop.models import Order, Proposal


class AddressTaken(Exception):
    """Another client has this address; `client` is that one."""

    def __init__(self, client: Client) -> None:
        super().__init__(f"{client.name} has this address already.")
        self.client = client


def add(*, name: str, email: str, phone: str, timezone: str, now: datetime, actor: Actor) -> Client:
    """Use case of the coach: somebody who has not booked yet. Nothing is mailed. Raises AddressTaken."""
    said = _said(name, email, phone, timezone)
    try:
        with transaction.atomic(durable=True):
            client = Client.objects.create(**said, created_at=now)
            _tell("client.added", client, now, actor)
    except IntegrityError:
        raise _taken(said["email"]) from None
    return client


def edit(
    *,
    client_id: uuid.UUID,
    name: str,
    email: str,
    phone: str,
    timezone: str,
    ends_links: bool,
    now: datetime,
    actor: Actor,
) -> Client:
    """Use case of the coach: how somebody is called and reached from now on.

    With another address and `ends_links`, whatever was mailed to the old one opens nothing any more: links,
    sign-ins and the calendar feed. Papers that were issued stay as they are. Raises AddressTaken.
    """
    said = _said(name, email, phone, timezone)
    try:
        with transaction.atomic(durable=True):
            client = Client.objects.select_for_update(no_key=True).get(pk=client_id, erased_at=None)
            differs = {field: value for field, value in said.items() if getattr(client, field) != value}
            if not differs:
                return client
            for field, value in differs.items():
                setattr(client, field, value)
            client.save(update_fields=list(differs))
            if "email" in differs and ends_links:
                end_links(client=client, now=now)
            _tell("client.changed", client, now, actor, fields=sorted(differs))
    except IntegrityError:
        raise _taken(said["email"]) from None
    return client


def end_links(*, client: Client, now: datetime) -> None:
    """Step: every link that the client was sent opens nothing any more, and nobody is signed in as them."""
    require_transaction()
    sign_in.end_all(client=client, now=now)
    Client.objects.filter(pk=client.pk).update(
        link_version=F("link_version") + 1, feed_version=F("feed_version") + 1
    )
    for rows in (
        Booking.objects.filter(client=client),
        Pack.objects.filter(client=client),
        Retainer.objects.filter(client=client),
        ClientPaper.objects.filter(client=client),
        Order.objects.filter(payer=client),
        Proposal.objects.filter(client=client),
    ):
        rows.update(link_version=F("link_version") + 1)


def archive(*, client_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """Use case of the coach: out of the lists. Nothing else changes: who books again is listed again."""
    _set_archived(client_id, now, "client.archived", now, actor)


def unarchive(*, client_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """Use case of the coach: in the lists again."""
    _set_archived(client_id, None, "client.unarchived", now, actor)


def _set_archived(
    client_id: uuid.UUID, archived_at: datetime | None, kind: str, now: datetime, actor: Actor
) -> None:
    with transaction.atomic(durable=True):
        rows = Client.objects.filter(pk=client_id, erased_at=None)
        if rows.filter(archived_at__isnull=archived_at is not None).update(archived_at=archived_at):
            _tell(kind, Client(pk=client_id), now, actor)


def _said(name: str, email: str, phone: str, timezone: str) -> dict[str, str]:
    return {
        "name": " ".join(name.split()),
        "email": email.strip().lower(),
        "phone": " ".join(phone.split()),
        "timezone": timezone,
    }


def _taken(email: str) -> AddressTaken:
    return AddressTaken(Client.objects.get(email__iexact=email))


def _tell(kind: str, client: Client, now: datetime, actor: Actor, **data: object) -> None:
    events.record(kind=kind, subject_id=client.pk, client_id=client.pk, actor=actor, now=now, data=data)
