"""The calendar file and the links that add a session to a calendar."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from kit.calendar import calendar_of_several, google_calendar_url, outlook_url, session_calendar

START = datetime(2026, 6, 10, 15, 0, tzinfo=UTC)
SESSION = {
    "starts_at": START,
    "ends_at": START + timedelta(hours=1),
    "tz": "Europe/Berlin",
    "summary": "Tennis, with Ana",
    "description": "Bring water; and shoes.",
    "location": "Court 1, Park Lane",
}
MORE = {
    "uid": "0198-booking@upfront",
    "sequence": 0,
    "method": "REQUEST",
    "organizer_name": "Ana Ruiz",
    "organizer_email": "ana@coach.example",
    "attendee_email": "bo@client.example",
    "url": "https://ana.example/bookings/1",
    "now": datetime(2026, 5, 1, 12, 0, tzinfo=UTC),
}


def raw(**changes):
    return session_calendar(**{**SESSION, **MORE, **changes})


def read(**changes):
    calendar = Calendar.from_ical(raw(**changes))
    (event,) = calendar.walk("VEVENT")
    return calendar, event


def lines(**changes):
    return raw(**changes).decode().replace("\r\n ", "").split("\r\n")


def test_an_invitation_says_who_what_when_and_where():
    calendar, event = read(attendee_name="Bo")
    assert calendar["METHOD"] == "REQUEST"
    assert event["STATUS"] == "CONFIRMED"
    assert (event["SUMMARY"], event["LOCATION"]) == (SESSION["summary"], SESSION["location"])
    assert event["UID"] == MORE["uid"]
    assert event["URL"] == MORE["url"]
    assert event["DTSTAMP"].dt == MORE["now"]
    assert event["ORGANIZER"] == "mailto:ana@coach.example"
    assert event["ORGANIZER"].params["CN"] == "Ana Ruiz"
    assert event["ATTENDEE"] == "mailto:bo@client.example"
    assert event["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"
    assert event["ATTENDEE"].params["RSVP"] == "FALSE"


def test_the_moments_are_exact_and_the_agreed_wall_time_stands_in_words():
    _, event = read()
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (SESSION["starts_at"], SESSION["ends_at"])
    assert "DTSTART:20260610T150000Z" in lines()
    assert event["DESCRIPTION"] == (
        "Wednesday 10 June 2026, 17:00 – 18:00 (Berlin, GMT+2)\n\nBring water; and shoes."
    )


@pytest.mark.parametrize(
    ("starts_at", "words"),
    [
        (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), "01:30 – 03:30 (Berlin, GMT+1)"),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "02:30 (GMT+2) – 02:30 (GMT+1) (Berlin, GMT+2)"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "02:30 (GMT+1) – 03:30 (Berlin, GMT+1)"),
    ],
)
def test_it_is_right_over_clock_changes(starts_at, words):
    _, event = read(starts_at=starts_at, ends_at=starts_at + timedelta(hours=1))
    assert event["DTSTART"].dt == starts_at
    assert event["DTEND"].dt - event["DTSTART"].dt == timedelta(hours=1)
    assert words in event["DESCRIPTION"]


def test_a_move_keeps_the_uid_and_raises_the_sequence():
    moved = START + timedelta(days=1)
    _, first = read()
    _, second = read(sequence=1, starts_at=moved, ends_at=moved + timedelta(hours=1))
    assert first["UID"] == second["UID"]
    assert (first["SEQUENCE"], second["SEQUENCE"]) == (0, 1)


def test_a_cancellation_says_so_and_frees_the_time():
    calendar, event = read(method="CANCEL", sequence=2)
    assert calendar["METHOD"] == "CANCEL"
    assert (event["STATUS"], event["TRANSP"]) == ("CANCELLED", "TRANSPARENT")


def test_a_published_copy_names_no_attendee():
    _, event = read(method="PUBLISH")
    assert "ATTENDEE" not in event
    assert "ORGANIZER" in event


def test_lines_are_folded_at_75_octets():
    for line in raw(description="Überall " * 60).split(b"\r\n"):
        assert len(line) <= 75


WILD = st.text(st.characters(codec="utf-8"), max_size=30)
SMUGGLED = st.sampled_from(
    [
        "\r\nATTENDEE:mailto:eve@evil.example",
        "\nEND:VEVENT",
        "\rX-EVIL:1",
        "\x0bX-EVIL:1",
        "\x85X-EVIL:1",
        '"',
    ]
)


@given(st.tuples(WILD, SMUGGLED, WILD).map("".join))
def test_no_text_can_add_a_line_of_its_own(text):
    texts = (
        "summary",
        "description",
        "location",
        "organizer_name",
        "organizer_email",
        "attendee_name",
        "url",
    )
    plain = [line.split(":")[0].split(";")[0] for line in lines(attendee_name="Bo")]
    wild = raw(**dict.fromkeys(texts, f"x{text}")).decode().replace("\r\n ", "").splitlines()
    assert [line.split(":")[0].split(";")[0] for line in wild] == [name for name in plain if name]


def test_a_quoted_name_needs_no_escape_that_old_calendars_would_show():
    (organizer,) = (line for line in lines(organizer_name='Ana "Ace" Ruiz') if line.startswith("ORGANIZER"))
    assert "Ana 'Ace' Ruiz" in organizer
    assert "^" not in organizer


def test_several_in_one_file_are_each_what_they_are_alone():
    alone = [raw(method="PUBLISH", uid=uid, organizer_name='Ana "Ace", Ruiz') for uid in ("1@x", "2@x")]
    together = calendar_of_several(alone)
    assert Calendar.from_ical(together)["METHOD"] == "PUBLISH"
    assert together.count(b"BEGIN:VCALENDAR") == 1
    events = [file[file.index(b"BEGIN:VEVENT") : file.index(b"END:VCALENDAR")] for file in alone]
    assert b"".join(events) in together


def test_a_session_without_a_place_has_no_location():
    _, event = read(location="")
    assert "LOCATION" not in event


def test_links_carry_the_same_session():
    google = parse_qs(urlsplit(google_calendar_url(**SESSION)).query)
    assert google["dates"] == ["20260610T150000Z/20260610T160000Z"]
    assert google["text"] == [SESSION["summary"]]
    outlook = parse_qs(urlsplit(outlook_url(**SESSION)).query)
    assert (outlook["startdt"], outlook["enddt"]) == (["2026-06-10T15:00:00Z"], ["2026-06-10T16:00:00Z"])
    for link in (google, outlook):
        assert link["location"] == [SESSION["location"]]
    assert google["details"] == outlook["body"]
    assert google["details"][0].startswith("Wednesday 10 June 2026, 17:00")


def test_links_write_spaces_so_that_outlook_reads_them():
    assert "+" not in outlook_url(**SESSION)
    assert "Tennis%2C%20with%20Ana" in outlook_url(**SESSION)
