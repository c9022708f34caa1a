"""What the start of a sequence is about: its ids, by which a sequence is meant for it, and its name."""

import uuid
from typing import Any, Final

from django.db.models import Q

from tenants.activity.models import Event
from tenants.messaging.models import Trigger
from tenants.messaging.wording import one_line
from tenants.offers.models import SessionType
from tenants.packs.models import Pack, PackOffer
from tenants.paperwork.models import ClientPaper, Paper, PaperKind
from tenants.retainers.models import Retainer, RetainerPlan
from tenants.scheduling.models import Booking
from tenants.shop.models import Order, Product

NAMELESS: Final = "coaching"


def ids_of(event: Event) -> set[str]:
    """Of the event's subject, of all that its data name, and of what is on offer that it is about."""
    told = {str(value) for value in event.data.values() if isinstance(value, str)}
    offered = (str(row[0]) for row in _about(event) if row[0])
    return {str(event.subject_id), *told, *offered}


def name_of(event: Event) -> str:
    """What was bought, booked or agreed to, as clients know it. It names no price."""
    return next((one_line(row[1]) for row in _about(event) if row[1]), NAMELESS)


def choices(starts_on: str) -> list[tuple[str, str]]:
    """What a sequence can be meant for alone, with its id: what is on offer now, by name. One query."""
    if starts_on == Trigger.PAPER_ACCEPTED:
        papers = Paper.objects.filter(kind=PaperKind.AGREEMENT, is_current=True, is_active=True)
        rows: Any = papers.values_list("line", "name")
    elif starts_on == Trigger.PACK_BOUGHT:
        rows = PackOffer.objects.filter(is_current=True, is_active=True).values_list("line", "name")
    else:
        offered = {Trigger.ORDER_PAID: Product, Trigger.RETAINER_STARTED: RetainerPlan}
        model: Any = offered.get(Trigger(starts_on), SessionType)
        rows = model.objects.filter(is_active=True).values_list("pk", "name")
    return [(str(key), name) for key, name in rows.order_by("name")]


def _about(event: Event) -> list[tuple[uuid.UUID | None, str | None]]:
    """Id and name of what is on offer; nothing where it is gone."""
    subject = event.subject_id
    rows: Any
    if event.kind == Trigger.PAPER_ACCEPTED:
        rows = ClientPaper.objects.filter(pk=subject).values_list("paper__line", "paper__name")
    elif event.kind == Trigger.ORDER_PAID:
        rows = Order.objects.filter(pk=subject).values_list("product", "product__name")
    elif event.kind == Trigger.PACK_BOUGHT:
        rows = Pack.objects.filter(pk=subject).values_list("offer__line", "offer__name")
    elif event.kind == Trigger.RETAINER_STARTED:
        of_it = Retainer.objects.filter(Q(pk=subject) | Q(periods=subject)).distinct()
        rows = of_it.values_list("plan", "plan__name")
    else:
        found = Booking.objects.filter(pk=subject)
        rows = found.values_list("session__session_type", "session__session_type__name")
    return list(rows)
