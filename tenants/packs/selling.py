"""Selling packs: an order, its payment, and a pack that the coach gives out before it is paid."""

import uuid
from datetime import datetime
from typing import Any

from tenants.billing.checkout import Sale
from tenants.clients.models import Client
from tenants.packs.models import Pack, PackOffer


def order(
    *,
    offer: PackOffer,
    client: Client,
    now: datetime,
    accepted: dict[str, Any],
    buyer: Client | None = None,
    first_booking: uuid.UUID | None = None,
) -> Pack:
    """Step: a pack that waits for its payment. `accepted` is what was shown and agreed to."""
    return Pack.objects.create(
        offer=offer,
        client=client,
        buyer=buyer or client,
        units=offer.units,
        price_minor=offer.price_minor,
        currency=offer.currency,
        bought_at=now,
        first_booking=first_booking,
        accepted=accepted,
    )


def sale_of(pack: Pack, *, purpose: str = "pack", extras_minor: int = 0) -> Sale:
    """What the buyer is charged for; it names nobody."""
    return Sale(
        purpose=purpose,
        reference=pack.pk,
        client_id=pack.buyer_id,
        client_email=pack.buyer.email,
        description=pack.offer.name,
        amount_minor=pack.price_minor + extras_minor,
        currency=pack.currency,
        units=pack.units,
        extras_minor=extras_minor,
    )
