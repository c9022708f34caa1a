"""One session as a calendar file, and as links that open a calendar on the web.

Start and end are written in UTC. Google, Outlook and Apple all show a UTC time in the reader's own
zone; a session does not repeat, so it needs no zone rules of its own; and in the hour that a clock
change repeats only UTC says which of the two is meant. The agreed wall time and its zone stand in words
in the description, as they were agreed. No amount has a place here: whoever sees a calendar may not be
who pays.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import quote, urlencode

from icalendar import Calendar, Component, Event, vCalAddress, vDuration, vText

from kit.words import clock_time, wall_time, zone_in_words

_CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")

Method = Literal["REQUEST", "CANCEL", "PUBLISH"]
READ_AGAIN = timedelta(hours=1)


def session_calendar(*, method: Method, **session: Any) -> bytes:
    """The session as an iCalendar file (RFC 5545) with the meaning of `method` (RFC 5546).

    The same `uid` with a higher `sequence` replaces what a calendar already has: raise it with every
    move and with the cancellation. PUBLISH is a copy for looking at and names no attendee. `session` is
    what `session_event` takes.
    """
    return _file_of([session_event(method=method, **session)], method)


def subscription(events: Sequence[Event], *, name: str) -> bytes:
    """Sessions as a calendar that others read again and again, under the name that it is shown by."""
    calendar = _calendar_of(events, "PUBLISH")
    calendar.add("name", _one_line(name))
    calendar.add("x-wr-calname", _one_line(name))
    calendar.add("refresh-interval", READ_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(READ_AGAIN))
    return calendar.to_ical()


def session_event(
    *,
    uid: str,
    sequence: int,
    method: Method,
    starts_at: datetime,
    ends_at: datetime,
    tz: str,
    summary: str,
    description: str,
    location: str,
    organizer_name: str,
    organizer_email: str,
    attendee_email: str,
    url: str,
    now: datetime,
    attendee_name: str = "",
    locale: str = "en",
) -> Event:
    """One session, for a file of its own or among others."""
    event = Event()
    event.add("uid", uid)
    event.add("sequence", sequence)
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", starts_at.astimezone(UTC))
    event.add("dtend", ends_at.astimezone(UTC))
    event.add("summary", _one_line(summary))
    event.add("description", _with_wall_time(description, starts_at, ends_at, tz, locale))
    if location:
        event.add("location", _one_line(location))
    event.add("url", _one_line(url))
    event.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if method == "CANCEL" else "OPAQUE")
    event.add("organizer", _person(organizer_email, organizer_name))
    if method != "PUBLISH":
        event.add("attendee", _attendee(attendee_email, attendee_name))
    return event


def calendar_of_several(files: Sequence[bytes]) -> bytes:
    """Files of `session_calendar` as one copy for looking at, each session still under its own `uid`.

    An invitation cannot do that: all that one REQUEST holds is one event (RFC 5546, 3.2.2). Later ones with
    the same `uid` are about the session all the same. The files name no attendee, as PUBLISH demands.
    """
    events = [event for file in files for event in Calendar.from_ical(file).walk("VEVENT")]
    return _file_of(events, "PUBLISH")


def google_calendar_url(
    *,
    starts_at: datetime,
    ends_at: datetime,
    tz: str,
    summary: str,
    description: str,
    location: str,
    locale: str = "en",
) -> str:
    """A link that opens Google Calendar with the session filled in."""
    moments = (f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}" for at in (starts_at, ends_at))
    return "https://calendar.google.com/calendar/render?" + _query(
        action="TEMPLATE",
        text=summary,
        dates="/".join(moments),
        details=_with_wall_time(description, starts_at, ends_at, tz, locale),
        location=location,
    )


def outlook_url(
    *,
    starts_at: datetime,
    ends_at: datetime,
    tz: str,
    summary: str,
    description: str,
    location: str,
    locale: str = "en",
) -> str:
    """A link that opens Outlook on the web with the session filled in."""
    return "https://outlook.live.com/calendar/0/deeplink/compose?" + _query(
        path="/calendar/action/compose",
        rru="addevent",
        subject=summary,
        startdt=f"{starts_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        enddt=f"{ends_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        body=_with_wall_time(description, starts_at, ends_at, tz, locale),
        location=location,
    )


def _file_of(events: Sequence[Component], method: Method) -> bytes:
    return _calendar_of(events, method).to_ical()


def _calendar_of(events: Sequence[Component], method: Method) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//Upfront//Sessions//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    for event in events:
        calendar.add_component(event)
    return calendar


def _with_wall_time(description: str, starts_at: datetime, ends_at: datetime, tz: str, locale: str) -> str:
    agreed = (
        f"{wall_time(starts_at, tz, locale)} – {clock_time(ends_at, tz, locale)}"
        f" ({zone_in_words(tz, starts_at, locale)})"
    )
    return f"{agreed}\n\n{_clean(description)}".strip()


def _attendee(email: str, name: str) -> vCalAddress:
    """The client, who has accepted by booking: no answer is asked for."""
    attendee = _person(email, name)
    attendee.params["CUTYPE"] = vText("INDIVIDUAL")
    attendee.params["ROLE"] = vText("REQ-PARTICIPANT")
    attendee.params["PARTSTAT"] = vText("ACCEPTED")
    attendee.params["RSVP"] = vText("FALSE")
    return attendee


def _person(email: str, name: str) -> vCalAddress:
    person = vCalAddress(f"mailto:{_one_line(email)}")
    if name:
        # The escape for a double quote (RFC 6868) is newer than many calendars, which show it as ^'.
        person.params["CN"] = vText(_one_line(name).replace('"', "'"))
    return person


def _one_line(text: str) -> str:
    """As one line, since a name or an address is written into the file without escapes."""
    return " ".join(_clean(text).split())


def _clean(text: str) -> str:
    """Without control characters, on which some calendars end a line."""
    return _CONTROLS.sub(" ", text.replace("\r\n", "\n"))


def _query(**fields: str) -> str:
    # Outlook shows a plus sign where a space is written as one.
    return urlencode(fields, quote_via=quote)
