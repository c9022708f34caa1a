"""Mails that came back, for Today: one row for each client, and one for the coach's own address."""

import uuid
from collections.abc import Iterable, Sequence

from tenants.clients.models import Client
from tenants.dashboard.desk import Desk
from tenants.dashboard.need import Need
from tenants.messaging import bounces
from tenants.messaging.models import Audience, Mail


def needs(desk: Desk, mails: Sequence[Mail]) -> Iterable[Need]:
    """No query where nothing came back, else three."""
    found = bounces.still_open(mails)
    ids = {each.client_id for each in found if each.client_id}
    names = dict(Client.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}
    told: set[uuid.UUID | None] = set()
    for each in found:
        whom = each.client_id if each.mail.audience != Audience.COACH else None
        if whom in told:
            continue
        told.add(whom)
        yield _of_client(desk, names[whom], whom, each.mail) if whom in names else _own(desk, each.mail)


def _of_client(desk: Desk, name: str, client_id: uuid.UUID, mail: Mail) -> Need:
    return Need(
        "problem",
        f"A mail to {name} came back",
        f"{mail.error} Ask for the right address, correct it, and send it again.",
        "See what came back",
        desk.address("client_mails", client_id),
    )


def _own(desk: Desk, mail: Mail) -> Need:
    return Need(
        "problem",
        "A mail to you came back",
        f"{mail.error} Check the address at which you read mail.",
        "See your address",
        desk.address("practice"),
    )
