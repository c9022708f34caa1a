"""A payer has another card: what the last one could not pay is tried with it at once.

As work of its own, and part by part: who keeps a card has locked what was paid just now, and never waits for
what somebody else is paying.
"""

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from tenants.billing import charges
from tenants.billing.fulfilment import fulfilment_of
from tenants.billing.models import OWED, Instalment, InstalmentStatus, SavedCard
from tenants.registry import wakeups


def try_what_waits(*, reference: uuid.UUID, now: datetime) -> None:
    """Use case of the sweeper: a card was kept, or replaced by its bank. Done twice it is done once.

    Only what was tried, or waits for the client: what is not due yet keeps its day.
    """
    card = SavedCard.objects.get(pk=reference)
    if card.removed_at is None:
        for part in _waiting(card, now):
            _try_again(part, now)


def _waiting(card: SavedCard, now: datetime) -> QuerySet[Instalment]:
    owed = Instalment.objects.filter(charge__client_id=card.client_id, status__in=OWED, by_card=True)
    return owed.filter(due_at__lte=now).select_related("charge").order_by("due_at", "pk")


def _try_again(part: Instalment, now: datetime) -> None:
    again = {"status": InstalmentStatus.OPEN, "next_try_at": now, "first_try_at": None, "asks_client": False}
    with transaction.atomic(durable=True):
        sold = part.charge
        # What is sold is locked before the charge, as where a payment is opened.
        fulfilment_of(sold.purpose).still_owed(reference=sold.reference, now=now)
        charges.locked(sold.pk)
        if Instalment.objects.filter(pk=part.pk, status__in=OWED).update(**again):
            wakeups.ask(kind="instalment", reference=part.pk, due_at=now, now=now)
