"""Sessions that a coach of the demo books for a client: for money in hand, or as a gift."""

from datetime import datetime

from demo.bills import client_named
from demo.timeline import Place
from demo.world import Visit
from kit import clock
from kit.clock import zone
from kit.ids import uuid7
from tenants.billing.models import Tender
from tenants.offers.models import SessionType
from tenants.scheduling import desk_bookings
from tenants.scheduling.desk_bookings import Comp, InHand
from tenants.scheduling.models import Booking


def book(place: Place, visit: Visit, kind: SessionType, starts_at: datetime) -> Booking:
    """Confirmed at once; where only a part was given, the rest is owed."""
    return desk_bookings.book(
        client_id=client_named(place, visit.client, visit.email).pk,
        slug=kind.slug,
        starts_at=starts_at,
        by=_given(place, visit, kind, starts_at),
        key=uuid7(),
        now=clock.now(),
        actor=place.actor,
    )


def _given(place: Place, visit: Visit, kind: SessionType, starts_at: datetime) -> InHand | Comp:
    if visit.desk == "gift":
        return Comp(visit.message or "For waiting in the rain last time")
    whole_minor = desk_bookings.plan(slug=kind.slug, starts_at=starts_at, now=clock.now()).price_minor
    return InHand(
        tender=Tender.CASH if visit.desk == "cash" else Tender.TRANSFER,
        amount_minor=visit.part_minor or whole_minor,
        received_on=clock.now().astimezone(zone(place.coach.timezone)).date(),
    )
