"""The demo's moved time: things that are noted for a moment, and done when the clock has come to it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count

from django_tenants.utils import tenant_context

from connect.simulator.client import Simulator
from demo.world import DAYS_OF_MAIL, DAYS_OF_PAST, Coach
from kit import clock
from kit.actors import Actor
from kit.database import current_schema
from tenants.registry import wakeups
from tenants.registry.models import Tenant, Wakeup

Act = Callable[[], None]
_BETWEEN_CLIENTS = timedelta(minutes=7)


class Timeline:
    """From the world's first morning to `ends`; what would come later stays to come."""

    def __init__(self, *, ends: datetime, stripe: Simulator) -> None:
        self.begins, self.ends, self.stripe = clock.now(), ends, stripe
        self.today = self.begins + timedelta(days=DAYS_OF_PAST)
        self.mails_begin = self.today - timedelta(days=DAYS_OF_MAIL)
        self._acts: list[tuple[datetime, int, Tenant, Act, bool]] = []
        self._numbers = count()

    def note(self, moment: datetime, tenant: Tenant, act: Act, *, pays: bool = False) -> None:
        """Have `act` done, inside the tenant, when the clock shows `moment`. One that `pays` asks Stripe."""
        if moment <= self.ends:
            heappush(self._acts, (moment, next(self._numbers), tenant, act, pays))

    def live(self) -> None:
        """Do everything, and what it has noted in its turn, in the order of time."""
        while self._acts:
            moment, _, tenant, act, pays = heappop(self._acts)
            move_to(moment, self.stripe if pays else None)
            with tenant_context(tenant):
                act()
                if moment < self.mails_begin:
                    keep_quiet()
            if pays:
                hear_out(self.stripe)


@dataclass(frozen=True)
class Place:
    """One coach's practice on the timeline."""

    coach: Coach
    tenant: Tenant
    timeline: Timeline

    @property
    def actor(self) -> Actor:
        return Actor("coach", name=self.coach.name)

    @property
    def stripe(self) -> Simulator:
        return self.timeline.stripe

    def day(self, number: int, *, nth: int = 0) -> datetime:
        """The morning of a day counted from today; the n-th of its clients comes a little later."""
        return self.timeline.today + timedelta(days=number) + _BETWEEN_CLIENTS * nth

    def note(self, moment: datetime, act: Act, *, pays: bool = False) -> None:
        self.timeline.note(moment, self.tenant, act, pays=pays)


def move_to(moment: datetime, stripe: Simulator | None) -> None:
    """Let the whole demo's clock go on from `moment`, and Stripe's where it is asked for anything then."""
    if stripe:
        stripe.set_clock(moment)
    clock.begin_at(moment)


def hear_out(stripe: Simulator) -> None:
    """Have Stripe's events delivered: one that is signed before time moves would be refused after it."""
    stripe.flush()


def keep_quiet() -> None:
    """Nobody is told of what has just happened at this practice: it is long ago."""
    announcements = Wakeup.objects.filter(schema_name=current_schema(), kind="event")
    for reference in announcements.values_list("reference", flat=True):
        wakeups.withdraw(kind="event", reference=reference)
