"""What is free now: the tenant's hours and what is taken, asked at once, handed to the slot function."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from kit.database import Rows, read_together
from tenants.offers.models import Practice, SessionType
from tenants.scheduling import slots
from tenants.scheduling.models import TAKES_A_SEAT, BookingStatus, SessionStatus

# A zone is at most a day away from UTC, and a session at most half a day long.
MARGIN = timedelta(days=2)

# Written out, for every page asks them: composing them anew costs several times what running them does.
HOURS = """
    SELECT weekday, NULL::date, starts, ends FROM scheduling_weeklyhours
    UNION ALL
    SELECT NULL, date, starts, ends FROM scheduling_datehours
    WHERE date BETWEEN %(since)s::date AND %(until)s::date"""
# Whole seconds rather than timestamps: a full calendar is read in a third of the time.
BUSY = """
    SELECT floor(extract(epoch FROM lower(s.period)))::int8, ceil(extract(epoch FROM upper(s.period)))::int8
    FROM scheduling_booking b JOIN scheduling_session s ON s.id = b.session_id
    WHERE s.status = %(live)s AND s.starts_at BETWEEN %(since)s AND %(until)s
      AND b.status = ANY (%(taking)s)
      AND NOT (b.status = %(held)s AND NOT b.deciding
               AND (b.hold_expires_at <= %(now)s OR b.holder = %(holder)s))
    UNION ALL
    SELECT floor(extract(epoch FROM starts_at))::int8, ceil(extract(epoch FROM ends_at))::int8
    FROM scheduling_timeoff WHERE starts_at < %(until)s AND ends_at > %(since)s"""
QUESTIONS = (HOURS, ()), (BUSY, ())
STATES: dict[str, Any] = {
    "live": SessionStatus.LIVE.value,
    "held": BookingStatus.HELD.value,
    "taking": f"{{{','.join(TAKES_A_SEAT)}}}",
}


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
    hours, busy = read_together(named(since=since, until=until, now=now, holder=holder), *QUESTIONS)
    return calendar_of(practice, hours, busy)


def named(*, since: datetime, until: datetime, now: datetime, holder: str) -> dict[str, Any]:
    """The values that the QUESTIONS name."""
    return {**STATES, "since": since - MARGIN, "until": until + MARGIN, "now": now, "holder": holder or "-"}


def calendar_of(practice: Practice, hours: Rows, busy: Rows) -> Calendar:
    """What the answers to the QUESTIONS say."""
    return Calendar(practice.timezone, *_hours(hours), busy)


def _hours(rows: Rows) -> tuple[tuple[slots.WeeklyHours, ...], tuple[slots.DateHours, ...]]:
    weekly: list[slots.WeeklyHours] = []
    dates: dict[date, list[tuple[time, time]]] = defaultdict(list)
    for weekday, day, starts, ends in rows:
        if day is None:
            weekly.append(slots.WeeklyHours(weekday, starts, ends))
        else:
            dates[day].extend([(starts, ends)] if starts is not None else [])
    return tuple(weekly), tuple(slots.DateHours(day, tuple(ranges)) for day, ranges in dates.items())
