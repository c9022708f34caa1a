"""What a payment for a pack leads to. Named in `config.wiring`; called inside billing's transactions."""

import uuid
from datetime import datetime

from kit.actors import SYSTEM, Actor
from kit.states import change, try_move
from tenants.activity.models import Event
from tenants.billing.models import Instalment, InstalmentStatus
from tenants.billing.refund_preview import Units
from tenants.offers import coupons
from tenants.packs import ledger, removals
from tenants.packs.models import Pack, PackStatus
from tenants.packs.selling import begin, tell

INSTALMENT = "instalment"
PURPOSES = ("pack", "pack_and_booking")


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


def fulfil(*, reference: uuid.UUID, attempt_id: uuid.UUID, whole: bool, now: datetime, actor: Actor) -> None:
    """The first money is captured: an order becomes a pack with all its units, though more may be owed.

    One that was sold before has its own.
    """
    pack = ledger.locked(reference)
    if pack.status != PackStatus.ACTIVE:
        begin(pack=pack, now=now, is_paid=whole)
    elif whole:
        _pay(pack, now, Actor("client", str(pack.buyer_id)))


def _pay(pack: Pack, now: datetime, actor: Actor) -> None:
    if pack.paid_at is None:
        change(pack, paid_at=now)
        tell(pack=pack, kind="pack.paid", now=now, actor=actor)


def still_owed(*, reference: uuid.UUID, now: datetime) -> bool:
    """Its units are there, and not all of its price."""
    pack = ledger.locked(reference)
    return pack.status == PackStatus.ACTIVE and pack.paid_at is None


def settled(*, reference: uuid.UUID, now: datetime, actor: Actor) -> None:
    """The whole price is there: nothing keeps it from being used."""
    pack = ledger.locked(reference)
    if pack.status != PackStatus.ACTIVE:
        return
    _pay(pack, now, Actor("client", str(pack.buyer_id)))
    _thaw(pack, now, actor)


def unsettled(*, reference: uuid.UUID, payment_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """It is unpaid again: its units stay, and count as its offer says of a pack that is not paid."""
    change(ledger.locked(reference), paid_at=None)


def unpaid(*, reference: uuid.UUID, instalment_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """An instalment was not paid: nothing more is booked from its units until it is."""
    removals.freeze(pack_id=reference, reference=str(instalment_id), now=now, actor=actor, because=INSTALMENT)


def on_instalment_paid(*, event: Event, now: datetime) -> None:
    """Step of an announcement: who has caught up goes on booking, though later instalments are open."""
    if event.data["purpose"] not in PURPOSES:
        return
    pack = ledger.locked(uuid.UUID(event.data["reference"]))
    if not _is_behind(pack.pk):
        _thaw(pack, now, SYSTEM)


def disputed(*, reference: uuid.UUID, is_open: bool, now: datetime, actor: Actor) -> None:
    """While the bank looks into a payment nothing is booked; nor afterwards, if an instalment is missing."""
    pack = ledger.locked(reference)
    if is_open:
        removals.freeze(pack_id=reference, reference=str(reference), now=now, actor=actor)
    elif _is_behind(reference):
        change(pack, frozen_because=INSTALMENT)
    elif pack.frozen_because != INSTALMENT:
        removals.unfreeze(pack_id=reference, reference=str(reference), now=now, actor=actor)


def _thaw(pack: Pack, now: datetime, actor: Actor) -> None:
    if pack.frozen_because == INSTALMENT:
        removals.unfreeze(pack_id=pack.pk, reference=str(pack.pk), now=now, actor=actor, because=INSTALMENT)


def _is_behind(pack_id: uuid.UUID) -> bool:
    """Whether an instalment of it was given up."""
    failed = Instalment.objects.filter(status=InstalmentStatus.FAILED)
    return failed.filter(charge__purpose__in=PURPOSES, charge__reference=pack_id).exists()


def release(*, reference: uuid.UUID, reason: str, now: datetime) -> None:
    """No money will come: an order ends, and its client is told. What the coach sold unpaid stays sold."""
    pack = ledger.locked(reference)
    ended = try_move(pack, PackStatus.VOID)
    if ended and pack.price_minor != pack.offer.price_minor:
        coupons.give_back(reference=reference, now=now)
    if ended or reason == "payment_released":
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
