"""Units that pay for sessions: which packs may, spending one, and giving it back."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from kit import ledgers
from kit.actors import Actor
from tenants.activity import events
from tenants.offers.vocabulary import called
from tenants.packs import ledger
from tenants.packs.expiry import leave_time_to_use
from tenants.packs.models import Pack, PackEntry, PackStatus, UnitKind
from tenants.packs.refusals import Refusal, refusal
from tenants.packs.removals import reclaim
from tenants.registry import wakeups

LOW = (2, 1)
# Why a session does not take place without the client's doing.
NO_FAULT_OF_THE_CLIENT = frozenset({"coach", "weather", "declined_move"})


class CannotSpend(Exception):
    """The pack does not pay, and nothing was taken from it. `reason` is a sentence: a Refusal, mostly."""

    def __init__(self, reason: str) -> None:
        super().__init__(called.said(reason))
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Usable:
    """A pack that may pay for a session: `left` now, `used` by bookings, and what the session `takes`."""

    pack: Pack
    left: int
    takes: int
    used: int = 0

    @property
    def leaves(self) -> int:
        return self.left - self.takes


def usable(
    *, client_id: uuid.UUID, session_type_id: uuid.UUID, starts_at: datetime, now: datetime
) -> list[Usable]:
    """The client's packs that may pay for this session, in the order in which they would."""
    return usable_among(packs_of(client_id), session_type_id=session_type_id, starts_at=starts_at, now=now)


def packs_of(client_id: uuid.UUID) -> list[Any]:
    """The client's packs with what is left of each: the one that expires first, then the one bought first."""
    packs = _with_sums(Pack.objects.filter(client=client_id, status=PackStatus.ACTIVE))
    return list(packs.order_by(F("expires_at").asc(nulls_last=True), "bought_at", "pk"))


def usable_among(
    packs: Iterable[Any], *, session_type_id: uuid.UUID, starts_at: datetime, now: datetime
) -> list[Usable]:
    """Those of `packs_of` that may pay for this session, in their order."""
    offered = ((pack, pack.offer.units_for(session_type_id)) for pack in packs)
    return [
        Usable(pack, pack.left, takes, pack.used)
        for pack, takes in offered
        if takes and refusal(pack, takes, pack.left, pack.used, starts_at, now) is None
    ]


def _with_sums(packs: QuerySet[Pack]) -> QuerySet[Any]:
    of_bookings = Q(entries__kind__in=ledgers.OF_A_BOOKING)
    return packs.select_related("offer").annotate(
        left=Coalesce(Sum("entries__units"), 0),
        used=-Coalesce(Sum("entries__units", filter=of_bookings), 0),
    )


def spend(
    *,
    pack_id: uuid.UUID,
    booking_id: uuid.UUID,
    client_id: uuid.UUID,
    session_type_id: uuid.UUID,
    starts_at: datetime,
    wall_start: str,
    now: datetime,
    actor: Actor,
) -> PackEntry:
    """Step of a confirmation: take what one booking of this type takes. The booking must be locked.

    Asked for twice it is taken once. Raises CannotSpend.
    """
    pack = ledger.locked(pack_id)
    if paid := ledgers.last_spend(PackEntry, booking_id):
        return _same_pack(paid, pack)
    takes = _takes(pack, client_id, session_type_id, starts_at, now)
    entry = ledger.enter(
        pack=pack,
        kind=UnitKind.SPENT,
        units=-takes,
        cause="booking",
        rule=f"units:{takes}",
        actor=actor,
        reference=ledgers.next_reference(PackEntry, booking_id, UnitKind.SPENT),
        now=now,
        booking_id=booking_id,
        data={
            "starts_at": starts_at.isoformat(),
            "wall_start": wall_start,
            "session_type": str(session_type_id),
        },
    )
    assert entry is not None
    if entry.balance_after in LOW:
        _tell_low(pack, entry, now, actor)
    return entry


def _takes(
    pack: Pack, client_id: uuid.UUID, session_type_id: uuid.UUID, starts_at: datetime, now: datetime
) -> int:
    if pack.client_id != client_id:
        raise CannotSpend(Refusal.NOT_YOURS)
    takes = pack.offer.units_for(session_type_id)
    if not takes:
        raise CannotSpend(Refusal.NOT_COVERED)
    left, used = ledger.balance_of(pack.pk), ledger.used([pack])
    if reason := refusal(pack, takes, left, used, starts_at, now):
        raise CannotSpend(reason)
    return takes


def _same_pack(paid: PackEntry, pack: Pack) -> PackEntry:
    if paid.pack_id != pack.pk:
        raise CannotSpend(Refusal.PAID_ALREADY)
    return paid


def _tell_low(pack: Pack, entry: PackEntry, now: datetime, actor: Actor) -> None:
    events.record(
        kind="pack.low",
        subject_id=pack.pk,
        client_id=pack.client_id,
        actor=actor,
        now=now,
        data={"left": entry.balance_after, "booking": str(entry.booking_id)},
    )


def give_back(
    *,
    booking_id: uuid.UUID,
    cause: str,
    rule: str,
    now: datetime,
    actor: Actor,
    data: dict[str, Any] | None = None,
    note: str = "",
) -> PackEntry | None:
    """Step: the pack gets back exactly what it still spends on the booking; None where it spends nothing.

    Where the client is not to blame there are at least 30 days to use it. The booking must be locked.
    """
    if (spent := ledgers.last_spend(PackEntry, booking_id)) is None:
        return None
    pack = ledger.locked_line(spent.pack_id)[-1]
    entry = ledger.enter(
        pack=pack,
        kind=UnitKind.RETURNED,
        units=-spent.units,
        cause=cause,
        rule=rule,
        actor=actor,
        # The spend's own: the database lets nobody give it back twice.
        reference=spent.reference,
        now=now,
        booking_id=booking_id,
        data={**spent.data, **(data or {})},
        note=note,
    )
    if entry is None:
        return None
    taken = reclaim(pack=pack, units=entry.units, reference=entry.reference, now=now, actor=actor)
    if taken < entry.units:
        _keep_usable(pack, cause, now, actor)
    return entry


def _keep_usable(pack: Pack, cause: str, now: datetime, actor: Actor) -> None:
    if cause in NO_FAULT_OF_THE_CLIENT:
        leave_time_to_use(pack=pack, now=now, actor=actor)
    if pack.expires_at is not None and pack.expires_at <= now:
        wakeups.ask(kind="pack_expiry", reference=pack.pk, due_at=now, now=now)


def count_as_used(
    *,
    booking_id: uuid.UUID,
    cause: str,
    rule: str,
    now: datetime,
    actor: Actor,
    data: dict[str, Any] | None = None,
) -> PackEntry | None:
    """Step: say why a unit stays spent although the session did not take place as booked.

    It changes no balance. None where nothing is spent, or where that was the last thing said. The booking
    must be locked.
    """
    if (spent := ledgers.last_spend(PackEntry, booking_id)) is None:
        return None
    pack = ledger.locked(spent.pack_id)
    said = pack.entries.filter(booking_id=booking_id, kind=UnitKind.KEPT, number__gt=spent.number)
    facts = {**spent.data, **(data or {})}
    if (last := said.order_by("-number").first()) and (last.cause, last.data) == (cause, facts):
        return None
    return ledger.enter(
        pack=pack,
        kind=UnitKind.KEPT,
        units=0,
        cause=cause,
        rule=rule,
        actor=actor,
        reference=ledgers.next_reference(PackEntry, booking_id, UnitKind.KEPT),
        now=now,
        booking_id=booking_id,
        data=facts,
    )


def spent_on(booking_id: uuid.UUID) -> int:
    """Units that packs spend on a booking now: 0, or what it takes."""
    return spent_on_each([booking_id]).get(booking_id, 0)


def spent_on_each(booking_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """The same for many bookings in one query; those that packs never paid for are left out."""
    return ledgers.spent_on_each(PackEntry, booking_ids)
