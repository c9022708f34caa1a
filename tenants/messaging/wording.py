"""Times, cards and names as they stand in mails."""

import re
from datetime import date, datetime

from babel.dates import format_date, format_skeleton

from kit.clock import UnknownZone, zone
from kit.words import clock_time, long_date, wall_time, zone_in_words

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def one_line(text: str) -> str:
    """Fit for a mail's header: a name may hold what would end the line, and begin a header of its own."""
    return " ".join(_CONTROLS.sub(" ", text).split())


def brief_time(at: datetime, tz: str, locale: str) -> str:
    """A time for a subject line: "Wed 10 June, 17:00"."""
    day = at.astimezone(zone(tz)).date()
    if locale in ("en", "en_GB"):
        written = format_date(day, "EEE d MMMM", locale="en_GB")
    else:
        written = format_skeleton("MMMEd", day, locale=locale)
    return f"{written}, {clock_time(at, tz, locale)}"


def stretch(starts_at: datetime, ends_at: datetime, tz: str, locale: str) -> str:
    """From when to when, on the wall of a zone that is named."""
    end = clock_time(ends_at, tz, locale)
    if _day(starts_at, tz) != _day(ends_at, tz):
        end = wall_time(ends_at, tz, locale)
    return f"{wall_time(starts_at, tz, locale)} – {end} ({zone_in_words(tz, starts_at, locale)})"


def elsewhere(at: datetime, tz: str, other_tz: str, locale: str) -> str:
    """The moment on the wall of another zone, with its date only where that is another one."""
    clock = clock_time(at, other_tz, locale)
    if _day(at, tz) != _day(at, other_tz):
        clock = f"{long_date(_day(at, other_tz), locale)}, {clock}"
    return f"{clock} ({zone_in_words(other_tz, at, locale)})"


def differ(at: datetime, tz: str, other_tz: str) -> bool:
    """Whether the clocks of two zones show different times then."""
    return at.astimezone(zone(tz)).utcoffset() != at.astimezone(zone(other_tz)).utcoffset()


def known_zone(tz: str, otherwise: str) -> str:
    """A zone that a browser once told, if it is one."""
    try:
        zone(tz)
    except UnknownZone:
        return otherwise
    return tz


def _day(at: datetime, tz: str) -> date:
    return at.astimezone(zone(tz)).date()
