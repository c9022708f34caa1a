"""The demo's moved time: things that are noted for a moment, and done when the clock has come to it."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count

from django.conf import settings
from django_tenants.utils import tenant_context

from connect import gateway, inbox
from connect.accounts import CannotCharge
from connect.simulator.client import Simulator
from demo.world import DAYS_OF_MAIL, Coach
from kit import clock, wiring
from kit.actors import Actor
from tenants.registry import wakeups
from tenants.registry.models import Tenant, Wakeup

Act = Callable[[], None]
_BETWEEN_CLIENTS = timedelta(minutes=7)
# After a world's mornings come those who look at what has become due.
_SWEPT_AFTER = (timedelta(minutes=-30), timedelta(hours=11))
_A_WEEK = timedelta(days=7)
_MAIL = "tenants.messaging.outbox.plan"


@dataclass(frozen=True, order=True)
class _Noted:
    moment: datetime
    number: int
    act: Act = field(compare=False)
    tenant: Tenant | None = field(compare=False)
    asks_stripe: bool = field(compare=False)
    is_told_by_stripe: bool = field(compare=False)


class Timeline:
    """From the world's first morning to `ends`; what would come later stays to come."""

    def __init__(self, *, days_of_past: int, ends: datetime, stripe: Simulator) -> None:
        self.begins, self.ends, self.stripe = clock.now(), ends, stripe
        self.today = self.begins + timedelta(days=days_of_past)
        self.mails_begin = self.today - timedelta(days=DAYS_OF_MAIL)
        self._noted: list[_Noted] = []
        self._numbers = count()
        self._week = -1

    def note(
        self,
        moment: datetime,
        act: Act,
        *,
        tenant: Tenant | None = None,
        asks_stripe: bool = False,
        is_told_by_stripe: bool = False,
    ) -> None:
        """Have `act` done, inside the tenant, when the clock shows `moment`.

        One that asks Stripe has Stripe's clock moved too. Of what it does we hear nothing but what we ask;
        where Stripe tells of it, its events come right after.
        """
        if moment <= self.ends:
            noted = _Noted(moment, next(self._numbers), act, tenant, asks_stripe, is_told_by_stripe)
            heappush(self._noted, noted)

    def live(self) -> None:
        """Do everything, and what it has noted in its turn, in the order of time."""
        self._note_sweeps()
        with nobody_is_told():
            while self._noted and self._noted[0].moment < self.mails_begin:
                self._do(heappop(self._noted))
        while self._noted:
            self._do(heappop(self._noted))

    def _note_sweeps(self) -> None:
        day = self.begins
        while day <= self.ends:
            for after in _SWEPT_AFTER:
                self.note(day + after, self._sweep, asks_stripe=True)
            day += timedelta(days=1)
        self.note(self.ends, self._sweep, asks_stripe=True)

    def _sweep(self) -> None:
        """What the workers would have done by now, but for looks that find nothing here."""
        week = (clock.now() - self.begins) // _A_WEEK
        if week == self._week:
            put_off("payouts", until=min(self.begins + (week + 1) * _A_WEEK, self.ends))
        self._week = week
        put_off("statement", until=self.ends)
        put_off("attempt", until=self.ends + timedelta(minutes=1))
        sweep()

    def _do(self, noted: _Noted) -> None:
        asks_stripe = noted.asks_stripe or noted.is_told_by_stripe
        move_to(noted.moment, self.stripe if asks_stripe else None)
        telling = told_by(self.stripe) if noted.is_told_by_stripe else nullcontext()
        # Whoever cannot pay, since Stripe has stopped the coach's cards for a while, does not come then.
        with telling, tenant_context(noted.tenant) if noted.tenant else nullcontext(), suppress(CannotCharge):
            noted.act()


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

    def note(
        self, moment: datetime, act: Act, *, asks_stripe: bool = False, is_told_by_stripe: bool = False
    ) -> None:
        self.timeline.note(
            moment,
            act,
            tenant=self.tenant,
            asks_stripe=asks_stripe,
            is_told_by_stripe=is_told_by_stripe,
        )


def move_to(moment: datetime, stripe: Simulator | None) -> None:
    """Let the whole demo's clock go on from `moment`, and Stripe's where it is asked for anything then."""
    if stripe:
        stripe.set_clock(moment)
    clock.begin_at(moment)


def put_off(kind: str, *, until: datetime) -> None:
    """Work of this kind is not due before that moment."""
    Wakeup.objects.filter(kind=kind, due_at__lt=until).update(due_at=until)


def sweep() -> None:
    """Everything that is due by now."""
    for schema_name in wakeups.schemas_with_due_work(now=clock.now()):
        wakeups.work_off(schema_name=schema_name)
    for schema_name in wakeups.schemas_with_due_work(now=clock.now(), outward=True):
        wakeups.reach_out(schema_name=schema_name)


@contextmanager
def told_by(stripe: Simulator) -> Iterator[None]:
    """What happens at Stripe in this block is told by its events, right after it."""
    stripe.delivery_mode("hold")
    try:
        yield
    finally:
        stripe.delivery_mode("drop")
    secrets = {
        "accounts": settings.STRIPE_WEBHOOK_SECRET_ACCOUNTS,
        "self": settings.STRIPE_WEBHOOK_SECRET_SELF,
    }
    for event in stripe.pending_events():
        notice = gateway.parse_event(
            payload=event.body, signature=event.signature, secret=secrets[event.endpoint], now=clock.now()
        )
        inbox.receive(notice=notice, now=clock.now())
    inbox.work_off()


@contextmanager
def nobody_is_told() -> Iterator[None]:
    """What happens in this block leads to everything but mails: it is long ago."""
    told: dict[str, list[str]] = wiring.table("EVENT_SUBSCRIBERS")
    kept = dict(told)
    _replace(told, ((kind, [step for step in steps if step != _MAIL]) for kind, steps in kept.items()))
    try:
        yield
    finally:
        _replace(told, kept.items())


def _replace(told: dict[str, list[str]], rows: Iterable[tuple[str, list[str]]]) -> None:
    rows = list(rows)
    told.clear()
    told.update({kind: steps for kind, steps in rows if steps})
