"""For whom an order is, as its payer and the coach may read it."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from tenants.clients.models import Client
from tenants.packs.models import Pack
from tenants.shop.models import Order


@dataclass(frozen=True, slots=True)
class Named:
    """One of them. `pack_id` as soon as it is paid. What they do with it is not told."""

    name: str
    email: str
    is_payer: bool
    units: int
    price_minor: int
    client_id: uuid.UUID | None
    pack_id: uuid.UUID | None
    expires_at: datetime | None


def people_of(order: Order) -> list[Named]:
    """In the order's order: as typed until it is paid, then as they stand on record. At most two queries."""
    entries = order.beneficiaries
    clients = Client.objects.in_bulk([uuid.UUID(each["client_id"]) for each in entries if each["client_id"]])
    packs = Pack.objects.in_bulk([uuid.UUID(each["pack_id"]) for each in entries if each["pack_id"]])
    named = []
    for each in entries:
        client_id = uuid.UUID(each["client_id"]) if each["client_id"] else None
        pack_id = uuid.UUID(each["pack_id"]) if each["pack_id"] else None
        client = clients.get(client_id) if client_id else None
        pack = packs.get(pack_id) if pack_id else None
        named.append(
            Named(
                name=client.name if client else each.get("name", ""),
                email=client.email if client else each.get("email", ""),
                is_payer=client_id == order.payer_id,
                units=each["units"],
                price_minor=each["price_minor"],
                client_id=client_id,
                pack_id=pack_id,
                expires_at=pack.expires_at if pack else None,
            )
        )
    return named
