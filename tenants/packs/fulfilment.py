"""What a payment for a pack leads to. Named in `config.wiring`; called inside billing's transactions."""

import uuid
from datetime import datetime

from kit.actors import SYSTEM, Actor
from kit.states import move, try_move
from tenants.billing.refund_preview import Units
from tenants.packs import ledger, removals
from tenants.packs.models import Pack, PackStatus
from tenants.packs.selling import grant, tell


def still_wanted(*, reference: uuid.UUID, now: datetime) -> bool:
    """An order that was not given up, or a pack that the coach sold unpaid."""
    return _is_owed(ledger.locked(reference))


def _is_owed(pack: Pack) -> bool:
    return pack.paid_at is None and pack.status != PackStatus.VOID


def awaits(*, reference: uuid.UUID, intent_capture_before: datetime | None, now: datetime) -> datetime | None:
    """Nobody needs to accept an order."""
    return None


def keep(*, reference: uuid.UUID, until: datetime, now: datetime) -> bool:
    """Units do not run short: an order waits as long as its payment may."""
    return _is_owed(ledger.locked(reference))


def fulfil(*, reference: uuid.UUID, attempt_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """The money is captured: an order becomes a pack with units. One that was sold before has its own."""
    pack = ledger.locked(reference)
    buyer = Actor("client", str(pack.buyer_id))
    if pack.status == PackStatus.ACTIVE:
        ledger.change(pack, paid_at=now)
        tell(pack=pack, kind="pack.paid", now=now, actor=buyer)
        return
    move(pack, PackStatus.ACTIVE, paid_at=now, bought_at=now)
    grant(pack=pack, cause="bought", now=now, actor=buyer)
    tell(pack=pack, kind="pack.bought", now=now, actor=buyer)


def release(*, reference: uuid.UUID, reason: str, now: datetime) -> None:
    """No money will come: an order ends, and its client is told. What the coach sold unpaid stays sold."""
    pack = ledger.locked(reference)
    if try_move(pack, PackStatus.VOID) or reason == "payment_released":
        tell(pack=pack, kind="pack.released", now=now, actor=SYSTEM, reason=reason)


def refunded(
    *,
    reference: uuid.UUID,
    captured_minor: int,
    refunded_minor: int,
    key: str,
    now: datetime,
    actor: Actor,
) -> None:
    """Units go with the money, in proportion and rounded up; of used ones the price is owed."""
    removals.remove_refunded(
        pack_id=reference,
        captured_minor=captured_minor,
        refunded_minor=refunded_minor,
        reference=key,
        now=now,
        actor=actor,
    )


def units_of(*, reference: uuid.UUID) -> Units:
    return removals.units_of(reference)
