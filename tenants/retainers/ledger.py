"""The sessions of a retainer's periods: entries that are only ever added, and balances that are their sum."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Sum

from kit.actors import Actor
from kit.database import insert, require_transaction
from kit.ledgers import last_and_left
from tenants.retainers.models import Retainer, RetainerEntry, RetainerEntryKind, RetainerPeriod


class NotEnoughLeft(Exception):
    """The period has fewer sessions than that. `left` says how many; nothing was changed."""

    def __init__(self, left: int) -> None:
        super().__init__(f"This period has {left} left, so nothing was taken from it.")
        self.left = left


def locked(retainer_id: uuid.UUID) -> Retainer:
    """Step: the retainer with its plan, kept from all other writers until the transaction ends."""
    require_transaction()
    # No key of it changes, so that rows which refer to it need not wait, and cannot meet in a deadlock.
    rows = Retainer.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("plan", "client", "payer").get(pk=retainer_id)


def enter(
    *,
    period: RetainerPeriod,
    kind: RetainerEntryKind,
    units: int,
    cause: str,
    rule: str,
    actor: Actor,
    reference: str,
    now: datetime,
    booking_id: uuid.UUID | None = None,
    data: dict[str, Any] | None = None,
) -> RetainerEntry | None:
    """Step: one entry, once per kind and reference; None if it was there. The retainer must be locked.

    `data` holds facts for a sentence, never a person's words. Raises NotEnoughLeft where the balance would
    fall below 0. Who did not lock meets the database's constraints.
    """
    require_transaction()
    if RetainerEntry.objects.filter(kind=kind, reference=reference).exists():
        return None
    last, left = last_and_left(period.entries)
    is_limited = period.included is not None
    if is_limited and left + units < 0:
        raise NotEnoughLeft(left)
    entry = RetainerEntry(
        period=period,
        number=last + 1,
        kind=kind,
        units=units,
        is_limited=is_limited,
        balance_after=left + units,
        cause=cause,
        rule=rule,
        booking_id=booking_id,
        reference=reference,
        **actor.columns,
        data=data or {},
        at=now,
    )
    insert(entry)
    return entry


def left_of(period_id: uuid.UUID) -> int:
    """What is left of a period; of an unlimited one, what it spent, below 0."""
    return left_of_each([period_id])[period_id]


def left_of_each(period_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
    """The same for many; 0 where nothing was entered yet."""
    wanted = list(period_ids)
    sums = RetainerEntry.objects.filter(period__in=wanted).values_list("period_id")
    return {**dict.fromkeys(wanted, 0), **dict(sums.annotate(left=Sum("units")).order_by())}


def next_reference(period: RetainerPeriod) -> str:
    """A reference for what may happen to a period of a locked retainer more than once."""
    return f"{period.pk}:{period.entries.count() + 1}"
