"""An order for several people that waits for its agreement, and how long it does."""

import uuid
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from kit.actors import SYSTEM
from tenants.billing.attempts import live_attempt
from tenants.paperwork import giving
from tenants.shop import packs_for_fulfilment
from tenants.shop.models import OrderStatus
from tenants.shop.packs_for import charge_of, locked

LOOK_AGAIN: Final = timedelta(hours=1)


def lapse(*, reference: uuid.UUID, now: datetime) -> datetime | None:
    """Use case of the wakeups: an order that was never signed or paid is off, and its payer is told.

    Answers when to come back while somebody is at its card page, which ends by itself.
    """
    with transaction.atomic(durable=True):
        order = locked(reference)
        if order.status != OrderStatus.PENDING:
            return None
        charge = charge_of(order)
        if charge and live_attempt(charge.pk):
            return now + LOOK_AGAIN
        packs_for_fulfilment.release(reference=reference, reason="papers_missing", now=now)
        giving.withdraw_all(reference=reference, because="lapsed", now=now, actor=SYSTEM)
    return None
