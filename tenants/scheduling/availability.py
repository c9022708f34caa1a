"""What is free now: the tenant's hours and what is taken, asked at once, handed to the slot function."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from kit.database import Rows, read_together
from tenants.offers.models import Practice, SessionType
from tenants.scheduling import slots
from tenants.scheduling.models import BookingStatus, SessionStatus

# A zone is at most a day away from UTC, and a session at most half a day long.
MARGIN = timedelta(days=2)

# Written out, for every page asks them: composing them anew costs several times what running them does. Each
# is of one table: planning a join costs more than running all of them.
WEEKLY = "SELECT weekday, starts, ends FROM scheduling_weeklyhours"
DATES = """
    SELECT date, starts, ends FROM scheduling_datehours
    WHERE date BETWEEN %(since)s::date AND %(until)s::date"""
# Whole seconds rather than timestamps: a full calendar is read in a third of the time. Not `extract`, which
# answers with decimals.
BLOCKS = """
    SELECT id::text,
        floor(date_part('epoch', lower(period)))::int8, ceil(date_part('epoch', upper(period)))::int8
    FROM scheduling_session WHERE status = %(live)s AND starts_at BETWEEN %(since)s AND %(until)s"""
# Holds whose blocks are in nobody's way: lapsed ones, and this browser's own; unless a capture is under way.
YIELDING = """
    SELECT session_id::text, deciding FROM scheduling_booking
    WHERE status = %(held)s AND (holder = %(holder)s OR hold_expires_at <= %(now)s)"""
TIME_OFF = """
    SELECT floor(date_part('epoch', starts_at))::int8, ceil(date_part('epoch', ends_at))::int8
    FROM scheduling_timeoff WHERE starts_at < %(until)s AND ends_at > %(since)s"""
QUESTIONS = (WEEKLY, ()), (DATES, ()), (BLOCKS, ()), (TIME_OFF, ()), (YIELDING, ())
STATES: dict[str, Any] = {"live": SessionStatus.LIVE.value, "held": BookingStatus.HELD.value}


@dataclass(frozen=True)
class Calendar:
    """A coach's hours and taken time between two moments."""

    tz: str
    weekly: tuple[slots.WeeklyHours, ...]
    exceptions: tuple[slots.DateHours, ...]
    busy: Sequence[slots.Span]

    def free(
        self, session_type: SessionType, *, since: datetime, until: datetime, now: datetime
    ) -> list[datetime]:
        """The starts at which this type can be booked, in UTC."""
        return self.free_by(rules_of(session_type), since=since, until=until, now=now)

    def free_by(
        self, rules: slots.SlotRules, *, since: datetime, until: datetime, now: datetime
    ) -> list[datetime]:
        """As `free`, by other rules than the type's own."""
        return slots.free_slots(
            rules=rules,
            hours=self.weekly,
            exceptions=self.exceptions,
            busy=self.busy,
            tz=self.tz,
            since=since,
            until=until,
            now=now,
        )

    def without(self, starts_at: datetime, ends_at: datetime) -> "Calendar":
        """As if this block were not taken: a booking's own time hides none from it."""
        own = slots.busy_between(starts_at, ends_at)
        return replace(self, busy=[each for each in self.busy if each != own])


def rules_of(session_type: SessionType) -> slots.SlotRules:
    return slots.SlotRules(
        duration_min=session_type.duration_min,
        buffer_before_min=session_type.buffer_before_min,
        buffer_after_min=session_type.buffer_after_min,
        minimum_notice_min=session_type.minimum_notice_min,
        horizon_days=session_type.horizon_days,
    )


def calendar(
    *, practice: Practice, since: datetime, until: datetime, now: datetime, holder: str = ""
) -> Calendar:
    """One question. A hold of `holder`'s own never hides a slot from them, nor does a lapsed one."""
    answers = read_together(named(since=since, until=until, now=now, holder=holder), *QUESTIONS)
    return calendar_of(practice, *answers)


def named(*, since: datetime, until: datetime, now: datetime, holder: str) -> dict[str, Any]:
    """The values that the QUESTIONS name."""
    return {**STATES, "since": since - MARGIN, "until": until + MARGIN, "now": now, "holder": holder or "-"}


def calendar_of(
    practice: Practice, weekly: Rows, dates: Rows, blocks: Rows, time_off: Rows, yielding: Rows
) -> Calendar:
    """What the answers to the QUESTIONS say."""
    in_nobodys_way = {block for block, is_decided in yielding if not is_decided}
    busy = [(begin, end) for block, begin, end in blocks if block not in in_nobodys_way]
    return Calendar(practice.timezone, _weekly(tuple(weekly)), _exceptions(dates), busy + time_off)


@lru_cache(maxsize=2000)
def _weekly(rows: tuple[tuple[int, time, time], ...]) -> tuple[slots.WeeklyHours, ...]:
    """A practice's week stays as it is for months."""
    return tuple([slots.WeeklyHours(*each) for each in rows])


def _exceptions(rows: Rows) -> tuple[slots.DateHours, ...]:
    dates: dict[date, list[tuple[time, time]]] = defaultdict(list)
    for day, starts, ends in rows:
        dates[day].extend([(starts, ends)] if starts is not None else [])
    return tuple([slots.DateHours(day, tuple(ranges)) for day, ranges in dates.items()])
