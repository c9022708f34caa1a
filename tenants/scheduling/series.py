"""Several sessions in one go: each date with what funds it, shown first; what is confirmed is what was shown.

A date keeps its wall time over clock changes. What cannot be booked is shown with its reason and left out.
"""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction

from kit.actors import Actor
from kit.clock import at_wall, zone
from kit.database import insert, insert_unless_there
from kit.ids import uuid7
from tenants.activity import events
from tenants.clients.models import Client
from tenants.offers.models import Practice, SessionType
from tenants.offers.session_types import offered
from tenants.offers.vocabulary import later
from tenants.packs import spending
from tenants.packs.refusals import refusal
from tenants.paperwork import requirements
from tenants.scheduling import bookings, holds, paperwork
from tenants.scheduling.availability import calendar, rules_of
from tenants.scheduling.models import Booking, Funding
from tenants.scheduling.pack_bookings import confirm_with_unit

MOST_DATES = 52
A_YEAR = 366

CLOSED = "closed or not open at this time"
NO_SUCH_TIME = "the clocks go forward: this time does not exist that day"
NOTHING_LEFT = later("no {session} left to pay for it")
TO_PAY = later("there is something to pay beside the {session}: book it by itself")
ASKED_FIRST = "your coach accepts each request: book it by itself"


@dataclass(frozen=True)
class Planned:
    """One date of a plan. `starts_at` is None where the wall time does not exist; `problem` says why a date
    is left out, and is empty for one that will be booked."""

    day: date
    starts_at: datetime | None
    pack_id: uuid.UUID | None = None
    pack_name: str = ""
    leaves: int | None = None
    problem: str = ""


@dataclass(frozen=True)
class Plan:
    """What a series would come to. `key` names exactly this plan."""

    session_type: SessionType
    practice: Practice
    at: time
    dates: tuple[Planned, ...]

    @property
    def booked(self) -> list[Planned]:
        return [each for each in self.dates if not each.problem]

    @property
    def left_out(self) -> list[Planned]:
        return [each for each in self.dates if each.problem]

    @property
    def key(self) -> str:
        seen = "|".join(f"{each.day}{each.starts_at}{each.pack_id}{each.problem}" for each in self.dates)
        return hashlib.sha256(f"{self.session_type.pk}|{seen}".encode()).hexdigest()[:32]


class PlanChanged(Exception):
    """Something was booked, used up or closed since the plan was shown. Nothing was booked."""

    def __init__(self, plan: Plan) -> None:
        super().__init__("The plan has changed.")
        self.plan = plan


def weekly(first: date, *, count: int, every_weeks: int = 1) -> list[date]:
    """The days of a series; at most a year of them."""
    return [first + timedelta(weeks=every_weeks * each) for each in range(min(count, MOST_DATES))]


def plan(
    *, client_id: uuid.UUID, slug: str, days: Sequence[date], at: time, now: datetime, by_coach: bool
) -> Plan:
    """Each day at the wall time `at` in the coach's zone, and what pays for it: packs in their order, or
    nothing where the session is free. Raises `holds.NotOffered`."""
    found = offered(slug)
    if found is None:
        raise holds.NotOffered("This session is not offered any more.")
    practice, kind = found
    never = _never(kind, by_coach)
    starts = {day: at_wall(day, at, practice.timezone) for day in sorted(set(days))}
    free = _free(practice, kind, [each for each in starts.values() if each], now)
    purse = _Purse(spending.packs_of(client_id), kind, now)
    dates = [
        Planned(day, start, problem=never) if never else _planned(purse, day, start, start in free)
        for day, start in starts.items()
    ]
    return Plan(kind, practice, at, tuple(dates))


def _never(kind: SessionType, by_coach: bool) -> str:
    """Why no date at all can be booked in one go."""
    if any(extra["required"] for extra in kind.extras):
        return str(TO_PAY)
    return ASKED_FIRST if kind.needs_approval and not by_coach else ""


def _free(practice: Practice, kind: SessionType, starts: list[datetime], now: datetime) -> set[datetime]:
    if not starts:
        return set()
    since, until = min(starts), max(starts) + timedelta(minutes=1)
    whole = calendar(practice=practice, since=since, until=until, now=now)
    # The coach's horizon is for strangers who look: a series may reach beyond it.
    rules = replace(rules_of(kind), horizon_days=A_YEAR)
    return set(whole.free_by(rules, since=since, until=until, now=now))


@dataclass
class _Purse:
    """A client's packs, as if the dates before were booked already."""

    packs: list[Any]
    kind: SessionType
    now: datetime
    spent: dict[uuid.UUID, int] = field(default_factory=dict)

    def pay(self, starts_at: datetime) -> spending.Usable | None:
        """The pack that pays for a session then, less what it takes. An unpaid one pays for a few only."""
        asked: dict[str, Any] = {"session_type_id": self.kind.pk, "starts_at": starts_at, "now": self.now}
        for each in spending.usable_among(self.packs, **asked):
            taken = self.spent.get(each.pack.pk, 0)
            left, used = each.left - taken, each.used + taken
            if refusal(each.pack, each.takes, left, used, starts_at, self.now) is None:
                self.spent[each.pack.pk] = taken + each.takes
                return replace(each, left=left)
        return None


def _planned(purse: _Purse, day: date, starts_at: datetime | None, is_free: bool) -> Planned:
    if starts_at is None:
        return Planned(day, None, problem=NO_SUCH_TIME)
    if not is_free:
        return Planned(day, starts_at, problem=CLOSED)
    if purse.kind.price_minor == 0:
        return Planned(day, starts_at)
    paying = purse.pay(starts_at)
    if paying is None:
        return Planned(day, starts_at, problem=str(NOTHING_LEFT))
    return Planned(day, starts_at, paying.pack.pk, paying.pack.offer.name, paying.leaves)


def confirm(
    *,
    client_id: uuid.UUID,
    slug: str,
    days: Sequence[date],
    at: time,
    key: str,
    now: datetime,
    actor: Actor,
    by_coach: bool,
) -> list[Booking]:
    """Use case: book the plan that was shown, all of it or nothing. Raises PlanChanged with today's plan, and
    `requirements.PaperworkMissing` where the client has papers to do first; the coach decides without them.
    """
    shown: dict[str, Any] = {
        "client_id": client_id,
        "slug": slug,
        "days": days,
        "at": at,
        "now": now,
        "by_coach": by_coach,
    }
    try:
        with transaction.atomic(durable=True):
            # The client's row is the lock: two plans of one person wait for each other here.
            client = Client.objects.select_for_update(no_key=True).get(pk=client_id)
            agreed = plan(**shown)
            if agreed.key != key or not agreed.booked:
                raise PlanChanged(agreed)
            lines, begun = ([], []) if by_coach else _papers_of(agreed, client)
            # The client is known by a mailed link, so that the papers are simply theirs.
            refused = requirements.hand_out(lines=lines, client=client, reference=None, begun=begun, now=now)
            booked = [] if refused else _book_all(agreed, client, now, actor)
    except (spending.CannotSpend, holds.SlotTaken) as error:
        raise PlanChanged(plan(**shown)) from error
    return requirements.or_refused(refused or booked)


def _papers_of(agreed: Plan, client: Client) -> tuple[list[str], list[uuid.UUID]]:
    packs = [each.pack_id for each in agreed.dates if each.pack_id]
    lines, begun = paperwork.asked_by_packs(pack_ids=packs, client=client)
    return [*agreed.session_type.requires, *lines], begun


def _book_all(agreed: Plan, client: Client, now: datetime, actor: Actor) -> list[Booking]:
    """Step: every date of the plan, and one event of them all."""
    series = uuid7()
    booked = [_book(agreed, each, client, series, now, actor) for each in agreed.booked]
    events.record(
        kind="series.confirmed",
        subject_id=series,
        client_id=client.pk,
        actor=actor,
        now=now,
        data={"bookings": [str(booking.pk) for booking in booked]},
    )
    return booked


def _book(
    agreed: Plan, planned: Planned, client: Client, series: uuid.UUID, now: datetime, actor: Actor
) -> Booking:
    assert planned.starts_at is not None
    kind = agreed.session_type
    session = holds.block(agreed.practice, kind, planned.starts_at)
    holds.end_lapsed_in(session, now)
    if not insert_unless_there(session):
        raise holds.SlotTaken([])
    booking = Booking(
        session=session,
        client=client,
        holder="",
        hold_expires_at=now,
        price_minor=kind.price_minor,
        currency=kind.currency,
        agreed=holds.agreed(agreed.practice, kind),
        client_timezone=client.timezone,
        pack_id=planned.pack_id,
        series=series,
        created_at=now,
    )
    if planned.pack_id is None:
        insert(booking)
        bookings.confirm(booking=booking, funding=Funding.FREE, now=now, actor=actor)
    else:
        _by_the_packs_rule(booking)
        insert(booking)
        confirm_with_unit(booking=booking, now=now, actor=actor)
    return booking


def _by_the_packs_rule(booking: Booking) -> None:
    assert booking.pack is not None
    offer = booking.pack.offer
    booking.pack_units = offer.units_for(booking.session.session_type_id) or 1
    booking.agreed["cancel_window_hours"] = offer.cancel_window_hours


def wall_of(starts_at: datetime, practice: Practice) -> time:
    return starts_at.astimezone(zone(practice.timezone)).time()
