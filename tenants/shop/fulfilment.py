"""What a payment for an order leads to. Named in `config.wiring`; called inside billing's transactions."""

import uuid
from datetime import datetime
from typing import Final

from kit.actors import SYSTEM, Actor
from kit.database import require_transaction
from kit.states import change, move, try_move
from tenants.activity import events
from tenants.activity.models import Event
from tenants.billing.refund_preview import Units
from tenants.clients.models import Client
from tenants.offers import coupons
from tenants.packs import removals, selling
from tenants.packs.models import Pack, PackOffer, PackStatus
from tenants.paperwork import packets
from tenants.shop.agreements import keep_accepted
from tenants.shop.models import Order, OrderStatus
from tenants.shop.terms import pack_id_of

PURPOSE: Final = "order"
KEPT: Final = ("text", "sha256", "at", "address", "browser")
"""What of an order the included sessions bear as well."""


def locked(order_id: uuid.UUID) -> Order:
    """Step: the order with its payer and product, kept from all other writers."""
    require_transaction()
    rows = Order.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("payer", "product").get(pk=order_id)


def buyer_of(order: Order) -> Actor:
    return Actor("client", str(order.payer_id))


def still_wanted(*, reference: uuid.UUID, now: datetime) -> bool:
    """An order that was not given up, nor paid in another way."""
    return locked(reference).status == OrderStatus.PENDING


def awaits(*, reference: uuid.UUID, intent_capture_before: datetime | None, now: datetime) -> datetime | None:
    """Nobody needs to accept an order."""
    return None


def keep(*, reference: uuid.UUID, until: datetime, now: datetime) -> bool:
    """What is sold does not run short: an order waits as long as its payment may."""
    return locked(reference).status == OrderStatus.PENDING


def fulfil(*, reference: uuid.UUID, attempt_id: uuid.UUID, whole: bool, now: datetime, actor: Actor) -> None:
    """The money is captured: what was ordered is the buyer's."""
    if whole:
        complete(order=locked(reference), now=now)


def still_owed(*, reference: uuid.UUID, now: datetime) -> bool:
    """Nothing is given before it is paid, so nothing is owed."""
    locked(reference)
    return False


def settled(*, reference: uuid.UUID, now: datetime, actor: Actor) -> None:
    """Paid by hand, or let off: the same as paid."""
    complete(order=locked(reference), now=now)


def unsettled(*, reference: uuid.UUID, payment_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """What was given stays given: whether it is taken back, its coach decides by a refund."""


def unpaid(*, reference: uuid.UUID, instalment_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """It has no parts."""


def disputed(*, reference: uuid.UUID, is_open: bool, now: datetime, actor: Actor) -> None:
    """While the bank looks into a payment, none of the included sessions is booked; downloads wait too."""
    order = locked(reference)
    if order.pack_id is None:
        return
    freeze = removals.freeze if is_open else removals.unfreeze
    freeze(pack_id=order.pack_id, reference=str(reference), now=now, actor=actor)


def release(*, reference: uuid.UUID, reason: str, now: datetime) -> None:
    """No money will come: the order ends, and whoever made it is told."""
    order = locked(reference)
    ended = try_move(order, OrderStatus.VOID)
    if ended and order.price_minor != order.agreed.get("full_minor"):
        coupons.give_back(reference=reference, now=now)
    if ended or reason == "payment_released":
        tell(order=order, kind="order.released", now=now, actor=SYSTEM, reason=reason)


def refunded(
    *,
    reference: uuid.UUID,
    captured_minor: int,
    refunded_minor: int,
    key: str,
    now: datetime,
    actor: Actor,
) -> None:
    """With all of the money go the downloads and the unused sessions; with a part of it nothing."""
    order = locked(reference)
    if refunded_minor < captured_minor or not try_move(order, OrderStatus.REFUNDED):
        return
    if order.pack_id:
        removals.remove_refunded(
            pack_id=order.pack_id,
            captured_minor=captured_minor,
            refunded_minor=refunded_minor,
            reference=key,
            now=now,
            actor=actor,
        )
    tell(order=order, kind="order.refunded", now=now, actor=actor)


def units_of(*, reference: uuid.UUID) -> Units | None:
    """A part of the money takes none of them, so that they are not counted with it."""
    return None


# --- what was bought is given ------------------------------------------------------------------------


def complete(*, order: Order, now: datetime) -> None:
    """Step: a locked order is paid: its sessions are there, and its downloads open. Once."""
    if order.status == OrderStatus.PAID:
        return
    move(order, OrderStatus.PAID, paid_at=now)
    if offer_id := pack_id_of(order.agreed):
        change(order, pack=_included(order, PackOffer.objects.get(pk=offer_id), now))
    tell(order=order, kind="order.paid", now=now, actor=buyer_of(order))


def _included(order: Order, offer: PackOffer, now: datetime) -> Pack:
    """The sessions of a product, as a pack that has no price of its own."""
    pack = Pack.objects.create(
        offer=offer,
        client=order.payer,
        buyer=order.payer,
        status=PackStatus.ACTIVE,
        units=offer.units,
        price_minor=0,
        currency=order.currency,
        bought_at=now,
        paid_at=now,
        accepted={name: order.agreed.get(name, "") for name in KEPT},
    )
    buyer = buyer_of(order)
    selling.grant(pack=pack, cause="bought", now=now, actor=buyer)
    selling.tell(pack=pack, kind="pack.bought", now=now, actor=buyer, order=str(order.pk))
    return pack


def on_paid(*, event: Event, now: datetime) -> None:
    """Step of an announcement: what was agreed to, and the welcome packet, stand among the buyer's papers.

    The buyer is locked before the order, as where it is ordered.
    """
    payer_id = Order.objects.values_list("payer_id", flat=True).get(pk=event.subject_id)
    Client.objects.select_for_update(no_key=True).get(pk=payer_id)
    order = locked(event.subject_id)
    keep_accepted(order=order, now=now)
    if order.product and order.product.packet:
        packets.give_packet(line=order.product.packet, client=order.payer, now=now, actor=buyer_of(order))


def tell(*, order: Order, kind: str, now: datetime, actor: Actor, **data: object) -> None:
    """Step: an event of the buyer's, with the ids by which it is looked for."""
    known = {"product": str(order.product_id)} if order.product_id else {}
    events.record(
        kind=kind,
        subject_id=order.pk,
        client_id=order.payer_id,
        actor=actor,
        now=now,
        data={**known, **data},
    )
