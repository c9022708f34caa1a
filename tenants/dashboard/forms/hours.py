"""Hours as they are typed: ranges for each weekday, other hours for one date, and time off."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.http import QueryDict

from kit.clock import zone
from tenants.dashboard.forms.money import date_field
from tenants.dashboard.hour_words import day_name
from tenants.scheduling.models import WeeklyHours
from tenants.scheduling.slots import HoursOutOfOrder
from tenants.scheduling.slots import WeeklyHours as Hours

MOST_RANGES = 8
_TIME = re.compile(r"(?P<hour>[0-9]{1,2})(?:[:.h ]?(?P<minute>[0-9]{2}))? ?(?:(?P<half>[ap])\.?m\.?)?")


@dataclass(slots=True)
class Range:
    """One pair of typed times, and what is wrong with it."""

    starts: str = ""
    ends: str = ""
    error: str = ""


@dataclass(slots=True)
class Weekday:
    number: int
    name: str
    ranges: list[Range]


class WeekForm:
    """Several ranges a day, with a button for one more and one to drop each: no script is needed."""

    def __init__(self, days: list[Weekday]) -> None:
        self.days = days
        self.ranges: list[Hours] = []

    @classmethod
    def of(cls, hours: Iterable[WeeklyHours], locale: str) -> "WeekForm":
        form = cls(_week(locale))
        for each in hours:
            form.days[each.weekday].ranges.append(Range(f"{each.starts:%H:%M}", f"{each.ends:%H:%M}"))
        return form

    @classmethod
    def typed(cls, data: QueryDict, locale: str) -> "WeekForm":
        """What was sent, after the pressed button has added or dropped a range."""
        form = cls(_week(locale))
        for day in form.days:
            pairs = zip(
                data.getlist(f"starts-{day.number}"), data.getlist(f"ends-{day.number}"), strict=False
            )
            day.ranges = [Range(starts.strip(), ends.strip()) for starts, ends in pairs][:MOST_RANGES]
        form._add(data.get("add", ""))
        form._drop(data.get("drop", ""))
        return form

    def _add(self, day: str) -> None:
        if day in map(str, range(7)):
            self.days[int(day)].ranges.append(Range())

    def _drop(self, which: str) -> None:
        day, _, index = which.partition("-")
        if day in map(str, range(7)) and index.isdecimal() and int(index) < len(self.days[int(day)].ranges):
            del self.days[int(day)].ranges[int(index)]

    def is_valid(self) -> bool:
        """Read every range; a pair without any time is left out. What is wrong stands beside it."""
        self.ranges = []
        for day in self.days:
            for each in day.ranges:
                if each.starts or each.ends:
                    self._read(day, each)
        return not self.errors

    @property
    def errors(self) -> list[str]:
        return [f"{day.name}: {each.error}" for day in self.days for each in day.ranges if each.error]

    def _read(self, day: Weekday, each: Range) -> None:
        try:
            hours = Hours(day.number, read_time(each.starts), read_time(each.ends))
        except HoursOutOfOrder:
            each.error = "The end must come after the beginning. 00:00 as the end is midnight."
        except ValueError:
            each.error = "Give both times, like 09:00 and 17:00."
        else:
            self.ranges.append(hours)


def _week(locale: str) -> list[Weekday]:
    return [Weekday(number, day_name(number, locale), []) for number in range(7)]


def read_time(text: str) -> time:
    """A wall time as people type it: 9, 9:30, 930, 17.30, 5 pm. Raises ValueError.

    24:00 is the midnight that ends a day, as 0:00 is where an end is asked for.
    """
    written = _TIME.fullmatch(text.strip().lower())
    if written is None:
        raise ValueError(f"{text!r} is no time of day")
    hour, minute = int(written["hour"]), int(written["minute"] or 0)
    if half := written["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(f"{text!r} is no time of day")
        hour = hour % 12 + (12 if half == "p" else 0)
    return time(0 if (hour, minute) == (24, 0) else hour, minute)


class TypedTimeField(forms.Field):
    """A time of day, typed."""

    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})

    def to_python(self, value: Any) -> time | None:
        if not str(value or "").strip():
            return None
        try:
            return read_time(str(value))
        except ValueError as error:
            raise forms.ValidationError("Type a time like 9, 9:30 or 17:00.") from error


class DateForm(forms.Form):
    """Other hours on one date; without any it is closed."""

    day = date_field("Date")
    starts = TypedTimeField(label="From", required=False)
    ends = TypedTimeField(label="To", required=False)
    starts_again = TypedTimeField(label="And from", required=False)
    ends_again = TypedTimeField(label="To", required=False)

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.today = today

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if day < self.today:
            raise forms.ValidationError("This day is over. Choose today or a later one.")
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.ranges: list[tuple[time, time]] = []
        for starts, ends in (("starts", "ends"), ("starts_again", "ends_again")):
            self._read(cleaned.get(starts), cleaned.get(ends), ends)
        return cleaned

    def _read(self, starts: time | None, ends: time | None, field: str) -> None:
        if starts is None and ends is None:
            return
        try:
            if starts is None or ends is None:
                raise forms.ValidationError("Give both times, or neither.")
            Hours(0, starts, ends)
        except HoursOutOfOrder:
            self.add_error(field, "The end must come after the beginning. 00:00 is midnight.")
        except forms.ValidationError as problem:
            self.add_error(field, problem)
        else:
            self.ranges.append((starts, ends))


class StretchForm(forms.Form):
    """From one moment to another, on the coach's clock; without times, whole days."""

    first = date_field("First day")
    first_time = TypedTimeField(label="From", required=False)
    last = date_field("Last day")
    last_time = TypedTimeField(label="Until", required=False)

    def __init__(self, *args: Any, tz: str, now: datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        self.tz, self.now = tz, now

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("first") or not cleaned.get("last"):
            return cleaned
        self.starts_at = self._moment(cleaned["first"], cleaned.get("first_time") or time())
        self.ends_at = self._end(cleaned["last"], cleaned.get("last_time"))
        if self.ends_at <= self.starts_at:
            self.add_error("last", "It must end after it begins.")
        elif self.ends_at <= self.now:
            self.add_error("last", "This is over already. Choose a later day.")
        return cleaned

    def _end(self, day: date, at: time | None) -> datetime:
        """Midnight ends the day; it does not begin it."""
        return self._moment(day, at) if at else self._moment(day + timedelta(days=1), time())

    def _moment(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, zone(self.tz)).astimezone(UTC)


class TimeOffForm(StretchForm):
    """A stretch in which nothing can be booked."""

    note = forms.CharField(label="Note for yourself", max_length=120, required=False)
    extends_packs = forms.BooleanField(label="Packs stay valid longer by these days", required=False)
