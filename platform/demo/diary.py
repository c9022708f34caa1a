"""Living through the demo's past and next days: everybody's visits and packs, in the order of time."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial

from django_tenants.utils import tenant_context

from connect.simulator.client import Simulator
from demo import sales, visits
from demo.timeline import Place, Timeline, hear_out
from demo.world import Coach
from tenants.registry.models import Tenant
from tenants.scheduling.models import Booking


def is_written(tenant: Tenant) -> bool:
    """Whether anybody ever booked."""
    with tenant_context(tenant):
        return Booking.objects.exists()


def live_through(
    coaches: Iterable[Coach], tenants: Mapping[str, Tenant], stripe: Simulator, *, ends: datetime
) -> None:
    """All that the coaches' clients did until `ends`, and what came of it.

    Calls for a world that stands at its first day. A coach with any booking is left alone.
    """
    timeline = Timeline(ends=ends, stripe=stripe)
    hear_out(stripe)
    for coach in coaches:
        if not is_written(tenants[coach.slug]):
            _plan(Place(coach, tenants[coach.slug], timeline))
    timeline.live()


def _plan(place: Place) -> None:
    """Packs are bought first on a day, so that there is something to book with."""
    coach = place.coach
    for nth, sale in enumerate(coach.sales):
        place.note(place.day(sale.on, nth=nth), partial(sales.sell, place, sale), pays=True)
    for nth, visit in enumerate(coach.diary, start=len(coach.sales)):
        place.note(place.day(visit.booked_on, nth=nth), partial(visits.book, place, visit), pays=True)
