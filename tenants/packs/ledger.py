"""The units of packs: entries that are only ever added, and balances that are their sum."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet, Sum

from kit.actors import Actor
from kit.database import insert, require_transaction
from kit.ledgers import last_and_left
from tenants.packs.models import EntryNote, Pack, PackEntry, UnitKind


class NotEnoughUnits(Exception):
    """The pack has fewer units than that. `left` says how many; nothing was changed."""

    def __init__(self, left: int) -> None:
        super().__init__(f"This pack has {left} left, so nothing was taken from it. Choose a smaller number.")
        self.left = left


def locked(pack_id: uuid.UUID) -> Pack:
    """Step: the pack with its offer, kept from all other writers until the transaction ends."""
    require_transaction()
    return _for_writing().get(pk=pack_id)


def _for_writing() -> QuerySet[Pack]:
    # No key of it changes, so that rows which refer to it need not wait, and cannot meet in a deadlock.
    return Pack.objects.select_for_update(of=("self",), no_key=True).select_related("offer")


def locked_line(pack_id: uuid.UUID) -> list[Pack]:
    """Step: the pack, last, after the packs that it was passed on from; all locked, the oldest first."""
    line = [pack_id]
    while origin_id := Pack.objects.values_list("origin_id", flat=True).get(pk=line[0]):
        line.insert(0, origin_id)
    return [locked(each) for each in line]


def locked_family(pack_id: uuid.UUID) -> list[Pack]:
    """Step: the pack, first, and all that was passed on from it; all locked, parents before children."""
    family: list[Pack] = []
    generation = [locked(pack_id)]
    while generation:
        family += generation
        # Asked for when the parents are locked, so that nothing more can be passed on from them.
        generation = list(_for_writing().filter(origin__in=generation).order_by("pk"))
    return family


def family(pack_id: uuid.UUID) -> list[Pack]:
    """As `locked_family`, only to be read."""
    found: list[Pack] = []
    generation = list(Pack.objects.filter(pk=pack_id))
    while generation:
        found += generation
        generation = list(Pack.objects.filter(origin__in=generation).order_by("pk"))
    return found


def enter(
    *,
    pack: Pack,
    kind: UnitKind,
    units: int,
    cause: str,
    rule: str,
    actor: Actor,
    reference: str,
    now: datetime,
    booking_id: uuid.UUID | None = None,
    data: dict[str, Any] | None = None,
    note: str = "",
) -> PackEntry | None:
    """Step: one entry, once per kind and reference; None if it was there. `pack` must be locked.

    `data` holds facts for a sentence, never a person's words: those are `note`. Raises NotEnoughUnits
    where the balance would fall below 0. Who did not lock meets the database's constraints.
    """
    require_transaction()
    if PackEntry.objects.filter(kind=kind, reference=reference).exists():
        return None
    last, left = last_and_left(pack.entries)
    if left + units < 0:
        raise NotEnoughUnits(left)
    entry = PackEntry(
        pack=pack,
        number=last + 1,
        kind=kind,
        units=units,
        balance_after=left + units,
        cause=cause,
        rule=rule,
        booking_id=booking_id,
        reference=reference,
        **actor.columns,
        data=data or {},
        at=now,
    )
    insert(entry, *([EntryNote(entry=entry, text=note)] if note else []))
    return entry


def balance_of(pack_id: uuid.UUID) -> int:
    """What is left of a pack."""
    return balances_of([pack_id])[pack_id]


def balances_of(pack_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
    """What is left of each of these packs; 0 where nothing was entered yet."""
    wanted = list(pack_ids)
    sums = PackEntry.objects.filter(pack__in=wanted).values_list("pack_id").annotate(left=Sum("units"))
    return {**dict.fromkeys(wanted, 0), **dict(sums.order_by())}


def used(packs: Iterable[Pack]) -> int:
    """Units of these packs that bookings have taken and not given back."""
    taken = PackEntry.objects.filter(pack__in=list(packs), kind__in=[UnitKind.SPENT, UnitKind.RETURNED])
    return -(taken.aggregate(units=Sum("units"))["units"] or 0)


def next_reference(pack: Pack) -> str:
    """A reference for what may happen to a locked pack more than once."""
    return f"{pack.pk}:{pack.entries.count() + 1}"
