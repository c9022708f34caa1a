"""An order of a pack that waits for its papers, and how long it does."""

import uuid
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from kit.actors import SYSTEM
from tenants.packs import fulfilment, ledger, selling
from tenants.packs.models import PackStatus
from tenants.paperwork import giving

LOOK_AGAIN: Final = timedelta(hours=1)


def lapse(*, reference: uuid.UUID, now: datetime) -> datetime | None:
    """Use case of the wakeups: an order whose papers or payment never came is off, and its buyer is told.

    Answers when to come back while somebody is at its card page, which ends by itself.
    """
    with transaction.atomic(durable=True):
        pack = ledger.locked(reference)
        if pack.status != PackStatus.PENDING:
            return None
        if selling.payment_of(pack.pk):
            return now + LOOK_AGAIN
        fulfilment.release(reference=reference, reason="papers_missing", now=now)
        giving.withdraw_all(reference=reference, because="lapsed", now=now, actor=SYSTEM)
    return None
