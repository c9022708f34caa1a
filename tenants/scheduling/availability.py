"""What is free now: the tenant's hours and what is taken, in two queries, handed to the slot function."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import DateField, F, IntegerField, Q, Value
from django.db.models.functions import Cast

from tenants.offers.models import Practice, SessionType
from tenants.scheduling import slots
from tenants.scheduling.models import (
    TAKES_A_SEAT,
    Booking,
    BookingStatus,
    DateHours,
    SessionStatus,
    TimeOff,
    WeeklyHours,
)

# A zone is at most a day away from UTC, and a session at most half a day long.
MARGIN = timedelta(days=2)


@dataclass(frozen=True)
class Calendar:
    """A coach's hours and taken time between two moments."""

    tz: str
    weekly: tuple[slots.WeeklyHours, ...]
    exceptions: tuple[slots.DateHours, ...]
    busy: tuple[slots.Busy, ...]

    def free(
        self, session_type: SessionType, *, since: datetime, until: datetime, now: datetime
    ) -> list[datetime]:
        """The starts at which this type can be booked, in UTC."""
        return slots.free_slots(
            rules=rules_of(session_type),
            hours=self.weekly,
            exceptions=self.exceptions,
            busy=self.busy,
            tz=self.tz,
            since=since,
            until=until,
            now=now,
        )


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
    """Two queries. A hold of `holder`'s own never hides a slot from them, nor does a lapsed one."""
    weekly, exceptions = _hours(since, until)
    return Calendar(practice.timezone, weekly, exceptions, _busy(since, until, now, holder))


def _hours(
    since: datetime, until: datetime
) -> tuple[tuple[slots.WeeklyHours, ...], tuple[slots.DateHours, ...]]:
    nothing = Cast(Value(None), DateField())
    weekly_rows = WeeklyHours.objects.values_list("weekday", nothing, "starts", "ends")
    between = ((since - MARGIN).date(), (until + MARGIN).date())
    date_rows = DateHours.objects.filter(date__range=between).values_list(
        Value(-1, output_field=IntegerField()), "date", "starts", "ends"
    )
    weekly: list[slots.WeeklyHours] = []
    dates: dict[date, list[tuple[time, time]]] = defaultdict(list)
    for weekday, day, starts, ends in weekly_rows.union(date_rows, all=True):
        if day is None:
            weekly.append(slots.WeeklyHours(weekday, starts, ends))
        else:
            dates[day].extend([(starts, ends)] if starts is not None else [])
    return tuple(weekly), tuple(slots.DateHours(day, tuple(ranges)) for day, ranges in dates.items())


def _busy(since: datetime, until: datetime, now: datetime, holder: str) -> tuple[slots.Busy, ...]:
    window = (since - MARGIN, until + MARGIN)
    held = Q(status=BookingStatus.HELD, deciding=False)
    out_of_the_way = held & (Q(hold_expires_at__lte=now) | Q(holder=holder or "-"))
    taken = (
        Booking.objects.filter(
            status__in=TAKES_A_SEAT, session__status=SessionStatus.LIVE, session__starts_at__range=window
        )
        .exclude(out_of_the_way)
        .values_list("session__period__startswith", "session__period__endswith")
    )
    off = TimeOff.objects.filter(starts_at__lt=window[1], ends_at__gt=window[0])
    rows = taken.union(off.values_list(F("starts_at"), F("ends_at")), all=True)
    return tuple(slots.Busy(starts_at, ends_at) for starts_at, ends_at in rows)
