"""A card that was refused: the retainer is past due while it is tried again."""

import uuid
from datetime import datetime

from kit.actors import SYSTEM
from kit.states import move
from tenants.activity.models import Event
from tenants.retainers import charging, ledger, schedule
from tenants.retainers.models import PeriodStatus, RetainerPeriod, RetainerStatus


def follow(*, event: Event, now: datetime) -> None:
    """Step of the announcement of a part that could not be charged, or that its payer is asked for.

    What was paid in the meantime, or is not wanted any more, is not late.
    """
    if event.data.get("purpose") != charging.PURPOSE:
        return
    period_id = uuid.UUID(event.data["reference"])
    retainer_id = RetainerPeriod.objects.values_list("retainer_id", flat=True).get(pk=period_id)
    retainer = ledger.locked(retainer_id)
    period = RetainerPeriod.objects.get(pk=period_id)
    if retainer.status != RetainerStatus.ACTIVE or period.status != PeriodStatus.OPEN:
        return
    move(retainer, RetainerStatus.PAST_DUE)
    schedule.tell("retainer.past_due", retainer, now=now, actor=SYSTEM, period=str(period_id))
