"""The welcome packets that a sale requires: their papers were done before it, the rest comes with it."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, Final

from kit.actors import SYSTEM
from tenants.activity.models import Event
from tenants.clients.models import Client
from tenants.packs.models import Pack
from tenants.paperwork import packets
from tenants.retainers.models import Retainer
from tenants.scheduling import paperwork
from tenants.scheduling.models import Booking
from tenants.shop.models import Order


def on_sold(*, event: Event, now: datetime) -> None:
    """Step of an announcement: who was required to do a packet's papers has the packet among their own."""
    lines, client = SOLD[event.kind](event)
    if client and lines:
        packets.give_required(lines=lines, client=client, now=now, actor=SYSTEM)


Required = tuple[Collection[Any], Client | None]


def _booking(event: Event) -> Required:
    booking = Booking.objects.select_related("client").get(pk=event.subject_id)
    return paperwork.required_by(booking), booking.client


def _pack(event: Event) -> Required:
    pack = Pack.objects.select_related("offer", "client").get(pk=event.subject_id)
    return pack.offer.requires, pack.client


def _retainer(event: Event) -> Required:
    retainer = Retainer.objects.select_related("plan", "client").get(pk=event.subject_id)
    return retainer.plan.requires, retainer.client


def _order(event: Event) -> Required:
    order = Order.objects.select_related("product", "payer").get(pk=event.subject_id)
    return order.product.requires if order.product else (), order.payer


SOLD: Final[dict[str, Callable[[Event], Required]]] = {
    "booking.confirmed": _booking,
    "pack.bought": _pack,
    "retainer.started": _retainer,
    "order.paid": _order,
}
