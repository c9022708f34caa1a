"""An order that waits for papers, and how long it does."""

import uuid
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from kit.actors import SYSTEM
from tenants.billing.attempts import live_attempt
from tenants.billing.models import Charge
from tenants.paperwork import giving
from tenants.shop import fulfilment, packs_for, packs_for_fulfilment
from tenants.shop.models import Order, OrderKind, OrderStatus

LOOK_AGAIN: Final = timedelta(hours=1)
REASON: Final = "papers_missing"


def lapse(*, reference: uuid.UUID, now: datetime) -> datetime | None:
    """Use case of the wakeups: an order whose papers or payment never came is off, and its payer is told.

    Answers when to come back while somebody is at its card page, which ends by itself.
    """
    with transaction.atomic(durable=True):
        order = fulfilment.locked(reference)
        if order.status != OrderStatus.PENDING:
            return None
        if _is_being_paid(order):
            return now + LOOK_AGAIN
        ended = packs_for_fulfilment if order.kind == OrderKind.PACKS else fulfilment
        ended.release(reference=reference, reason=REASON, now=now)
        giving.withdraw_all(reference=reference, because="lapsed", now=now, actor=SYSTEM)
    return None


def _is_being_paid(order: Order) -> bool:
    purpose = packs_for.PURPOSE if order.kind == OrderKind.PACKS else fulfilment.PURPOSE
    charge = Charge.objects.filter(purpose=purpose, reference=order.pk).first()
    return charge is not None and live_attempt(charge.pk) is not None
