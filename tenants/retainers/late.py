"""A card that was refused: the retainer is past due while it is tried again, and its payer is told."""

import uuid
from datetime import datetime

from kit.actors import SYSTEM
from kit.states import move
from tenants.activity.models import Event
from tenants.retainers import charging, ledger, schedule
from tenants.retainers.models import PeriodStatus, RetainerPeriod, RetainerStatus

ASKS = "instalment.asks_client"
FACTS = ("decline", "card", "card_ended", "next_try_at")


def follow(*, event: Event, now: datetime) -> None:
    """Step of the announcement of a part that could not be charged, or that its payer is asked for.

    Told once, and again when the bank asks for the payer. What was paid in the meantime, or is not wanted any
    more, is not late.
    """
    if event.data.get("purpose") != charging.PURPOSE:
        return
    period_id = uuid.UUID(event.data["reference"])
    retainer_id = RetainerPeriod.objects.values_list("retainer_id", flat=True).get(pk=period_id)
    retainer = ledger.locked(retainer_id)
    period = RetainerPeriod.objects.get(pk=period_id)
    is_first = retainer.status == RetainerStatus.ACTIVE or _is_begun_again(retainer.status, event)
    if period.status != PeriodStatus.OPEN or not (is_first or event.kind == ASKS):
        return
    if retainer.status == RetainerStatus.ACTIVE:
        move(retainer, RetainerStatus.PAST_DUE)
    kind = "retainer.asks_client" if event.kind == ASKS else "retainer.past_due"
    facts = {name: event.data[name] for name in FACTS if event.data.get(name)}
    schedule.tell(kind, retainer, now=now, actor=SYSTEM, period=str(period_id), **facts)


def _is_begun_again(status: str, event: Event) -> bool:
    """Resumed, its first charge was refused: it stays paused, and that is news once."""
    told = Event.objects.filter(kind="retainer.past_due", data__period=event.data["reference"])
    return status == RetainerStatus.PAUSED and not told.exists()
