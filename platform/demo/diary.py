"""Living through the demo's past and next days: everybody's visits and payments, in the order of time."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from functools import partial

from django_tenants.utils import tenant_context

from connect.simulator.client import Simulator
from demo import bills, families, mishaps, sales, subscriptions, visits
from demo.timeline import Place, Timeline
from demo.world import World
from tenants.registry.models import Tenant
from tenants.scheduling.models import Booking


def is_written(tenant: Tenant) -> bool:
    """Whether anybody ever booked."""
    with tenant_context(tenant):
        return Booking.objects.exists()


def live_through(world: World, tenants: Mapping[str, Tenant], stripe: Simulator, *, ends: datetime) -> None:
    """All that the coaches' clients did until `ends`, and what came of it.

    Calls for a world that stands at its first day. A coach with any booking is left alone.
    """
    timeline = Timeline(days_of_past=world.days_of_past, ends=ends, stripe=stripe)
    for coach in world.coaches:
        if not is_written(tenants[coach.slug]):
            _plan(Place(coach, tenants[coach.slug], timeline))
    timeline.live()


def _plan(place: Place) -> None:
    """Packs and retainers are bought first on a day, so that there is something to book with."""
    coach = place.coach
    acts = [
        *((sale.on, partial(sales.sell, place, sale)) for sale in coach.sales),
        *((each.on, partial(families.buy, place, each)) for each in coach.families),
        *((each.on, partial(subscriptions.begin, place, each)) for each in coach.subscriptions),
        *((visit.booked_on, partial(visits.book, place, visit)) for visit in coach.diary),
        *((bill.on, partial(bills.send, place, bill)) for bill in coach.bills),
    ]
    of_day: Counter[int] = Counter()
    for on, act in acts:
        place.note(place.day(on, nth=of_day[on]), act, asks_stripe=True)
        of_day[on] += 1
    for mishap in coach.mishaps:
        mishaps.note(place, mishap)
