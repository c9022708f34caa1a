"""The daily statement: each morning a practice says how its last day matched, and what waits for somebody."""

import uuid
from datetime import datetime, time, timedelta

from django.db import transaction

from kit.clock import at_wall, start_of_day, zone
from kit.database import current_schema, read_only
from tenants.activity.models import Event
from tenants.earnings import for_operators, matching
from tenants.earnings.books import Verdict
from tenants.earnings.done import without_the_coach
from tenants.earnings.periods import period_of
from tenants.offers.practice import practice
from tenants.registry import books, wakeups

# On the coach's wall: before the first session, and after the night's patrol.
MORNING = time(6)
MOST_NAMED = 20


def begin(*, event: Event, now: datetime) -> None:
    """Step: there is business, so there is a statement each morning. Asked for again it is asked for once."""
    tenant_id = uuid.UUID(current_schema().removeprefix("t_"))
    wakeups.ask(kind="statement", reference=tenant_id, due_at=next_morning(now, practice().timezone), now=now)


def next_morning(now: datetime, tz: str) -> datetime:
    """The next time that the clocks of the zone show six."""
    day = now.astimezone(zone(tz)).date()
    for nth in (0, 1):
        on = day + timedelta(days=nth)
        moment = at_wall(on, MORNING, tz) or start_of_day(on, tz)
        if moment > now:
            return moment
    raise AssertionError("Six in the morning comes every day.")


def state(*, reference: uuid.UUID, now: datetime) -> datetime:
    """Use case of the wakeup "statement": look at yesterday and at what waits, and say so; again tomorrow."""
    tz = practice().timezone
    yesterday = now.astimezone(zone(tz)).date() - timedelta(days=1)
    with read_only():
        day = matching.day(on=yesterday, tz=tz)
        rows = matching.waiting(now=now, tz=tz)
        spared = without_the_coach(since=_month(now, tz))
    with transaction.atomic(durable=True):
        books.say(
            day=day.on,
            sessions=day.given,
            funded=day.funded,
            payments=day.payments,
            matched=day.matched,
            waiting=len(rows),
            waiting_since=matching.oldest(rows),
            spared_minutes=spared.minutes,
            stated_at=now,
        )
        # Mails fail without an event; and what was missed is made up for.
        for_operators.ask(now=now, due_at=now)
    return next_morning(now, tz)


def _month(now: datetime, tz: str) -> datetime:
    since = period_of("month", tz=tz, now=now).since
    assert since is not None
    return since


def note_proof(*, verdict: Verdict, now: datetime) -> None:
    """Use case: what a proof has found is what operators read, until the next one."""
    named = [[each.what, each.row, each.expected, each.found] for each in verdict.differences[:MOST_NAMED]]
    with transaction.atomic(durable=True):
        books.say(
            compared=sum(verdict.compared.values()),
            differences=len(verdict.differences),
            named=named,
            proved_at=now,
        )
