"""What a payment for several people's packs leads to. Named in `config.wiring`; called in billing's
transactions."""

import uuid
from datetime import datetime

from kit.actors import SYSTEM, Actor
from kit.states import change, move, try_move
from tenants.billing.fulfilment import StandsOnIt
from tenants.billing.paper_lines import Line
from tenants.billing.refund_preview import Units
from tenants.packs import ledger, removals
from tenants.shop import packs_for_refunds
from tenants.shop.models import Order, OrderStatus
from tenants.shop.packs_for import BY_COACH, described, locked, tell
from tenants.shop.packs_given import hand_out, packs_of


def still_wanted(*, reference: uuid.UUID, now: datetime) -> bool:
    """An order that was neither given up nor paid before."""
    return _is_owed(locked(reference))


def _is_owed(order: Order) -> bool:
    if order.status == OrderStatus.PAID:
        return any(pack.paid_at is None for pack in packs_of(order))
    return order.status == OrderStatus.PENDING


def awaits(*, reference: uuid.UUID, intent_capture_before: datetime | None, now: datetime) -> datetime | None:
    """Nobody needs to accept an order."""
    return None


def keep(*, reference: uuid.UUID, until: datetime, now: datetime) -> bool:
    """Units do not run short: an order waits as long as its payment may."""
    return _is_owed(locked(reference))


def fulfil(*, reference: uuid.UUID, attempt_id: uuid.UUID, whole: bool, now: datetime, actor: Actor) -> None:
    """The money is captured: everybody has their pack. What was given before stays as it is."""
    _pay(locked(reference), now)


def settled(*, reference: uuid.UUID, now: datetime, actor: Actor) -> None:
    """Paid by hand, by transfer from a company perhaps: the same."""
    _pay(locked(reference), now)


def _pay(order: Order, now: datetime) -> None:
    if order.status == OrderStatus.PAID:
        for pack in packs_of(order):
            if pack.paid_at is None:
                change(pack, paid_at=now)
        return
    move(order, OrderStatus.PAID, paid_at=now)
    hand_out(order=order, now=now)
    tell(order=order, kind="packs.bought", now=now, actor=Actor("client", str(order.payer_id)))


def still_owed(*, reference: uuid.UUID, now: datetime) -> bool:
    """An order that waits for its payment, or whose payment by hand was taken back."""
    return _is_owed(locked(reference))


def unsettled(*, reference: uuid.UUID, payment_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """It is unpaid again, as long as nobody has used any of it; else raises StandsOnIt."""
    packs = [ledger.locked(pack.pk) for pack in packs_of(locked(reference))]
    if ledger.used(packs):
        raise StandsOnIt(
            "Sessions of these packs are used already, so the payment cannot be taken back here."
        )
    for pack in packs:
        change(pack, paid_at=None)


def unpaid(*, reference: uuid.UUID, instalment_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """It is paid in one go: there is no part that could stay unpaid."""


def disputed(*, reference: uuid.UUID, is_open: bool, now: datetime, actor: Actor) -> None:
    """While the bank looks into the payment nothing is booked from any of its packs."""
    for pack in packs_of(locked(reference)):
        step = removals.freeze if is_open else removals.unfreeze
        step(pack_id=pack.pk, reference=str(reference), now=now, actor=actor)


def release(*, reference: uuid.UUID, reason: str, now: datetime) -> None:
    """No money will come: an order ends, and its payer is told. One that the coach made stays open."""
    order = locked(reference)
    by_coach = order.agreed.get("by") == BY_COACH
    ended = not by_coach and try_move(order, OrderStatus.VOID)
    if ended or (reason == "payment_released" and order.status == OrderStatus.PENDING):
        tell(order=order, kind="packs.released", now=now, actor=SYSTEM, reason=reason)


def refunded(
    *,
    reference: uuid.UUID,
    captured_minor: int,
    refunded_minor: int,
    key: str,
    now: datetime,
    actor: Actor,
) -> None:
    """Units go with the money: of whoever the refund was made for, then unused ones in the order's order."""
    order = locked(reference)
    packs = packs_of(order)
    due = packs_for_refunds.due_of_each(
        order=order, packs=packs, captured_minor=captured_minor, refunded_minor=refunded_minor
    )
    for pack, units in zip(packs, due, strict=True):
        removals.remove_refunded(
            pack_id=pack.pk,
            captured_minor=pack.units,
            refunded_minor=units,
            reference=key,
            now=now,
            actor=actor,
        )
    if refunded_minor >= captured_minor and order.status == OrderStatus.PAID:
        move(order, OrderStatus.REFUNDED)


def units_of(*, reference: uuid.UUID) -> Units | None:
    """All its packs together."""
    order = Order.objects.select_related("pack_offer").get(pk=reference)
    each = [removals.units_of(pack.pk) for pack in packs_of(order)]
    if not each:
        return None
    return Units(
        sold=sum(one.sold for one in each),
        price_minor=sum(one.price_minor for one in each),
        unused=sum(one.unused for one in each),
        used=sum(one.used for one in each),
        followed=sum(one.followed for one in each),
        removed=sum(one.removed for one in each),
    )


def lines_of(*, reference: uuid.UUID) -> list[Line]:
    """What stands on its receipt: how many of what, and nobody's name."""
    order = Order.objects.select_related("pack_offer").get(pk=reference)
    assert order.pack_offer is not None
    return [Line(described(order), order.price_minor, order.pack_offer.tax_bp)]
