"""The demo's people and what they do: names, prices and hours, and nothing of how it comes about."""

from dataclasses import dataclass, field
from datetime import time
from typing import Any

from tenants.offers.extras import Extra
from tenants.scheduling.slots import WeeklyHours

PASSWORD = "demo-demo-demo"  # noqa: S105  (printed for everybody)
OPERATOR = ("operator@example.com", "Olga Braun")
# The world begins this many days before it is first opened, so that its pages have a past.
DAYS_OF_PAST = 42
# And its mailbox is as old as this: nobody wants to leaf through all of it.
DAYS_OF_MAIL = 6


def email_of(name: str) -> str:
    return f"{name.split()[0].lower()}@example.com"


@dataclass(frozen=True, kw_only=True)
class Coach:
    name: str
    slug: str
    email: str
    timezone: str
    country: str
    currency: str
    teaches: str
    practice: dict[str, Any]
    hours: list[WeeklyHours]
    offers: list[dict[str, Any]]
    # `covers` names session types here, with the units that each takes.
    packs: list[dict[str, Any]] = field(default_factory=list)
    diary: list["Visit"] = field(default_factory=list)
    sales: list["Sale"] = field(default_factory=list)


@dataclass(frozen=True)
class Visit:
    """A client books `offer` on `booked_on`, for the first free time from `day` on; days count from today.

    `at` is the wall time, where it matters. `pack` is the client's pack that pays, `buys` one that is bought
    with it. It can be called off by the client so many hours before, or by the coach who closes the day; the
    coach can move it by a day.
    """

    client: str
    offer: str
    booked_on: int
    day: int
    came: bool = True
    at: time | None = None
    pack: str = ""
    buys: str = ""
    with_extras: bool = False
    message: str = ""
    called_off_hours_before: int = 0
    closed_because: str = ""
    moved_on: int | None = None

    @property
    def email(self) -> str:
        return email_of(self.client)


@dataclass(frozen=True)
class Sale:
    """A pack that a client buys on a day, or that the coach sells to them `unpaid`.

    What is passed on goes to `receiver`; what is refunded is so at Stripe, by the coach.
    """

    client: str
    pack: str
    on: int
    unpaid: bool = False
    passed_on: int | None = None
    units: int = 0
    receiver: str = ""
    refunded_on: int | None = None
    refunded_minor: int = 0

    @property
    def email(self) -> str:
        return email_of(self.client)


SUMMER_PACK, FIVE_PACK, CAREER_PACK = "10-session summer pack", "5-session pack", "Five career sessions"
CLEOS_TIME = time(17)


def _hours(days: range, *ranges: tuple[int, int]) -> list[WeeklyHours]:
    return [WeeklyHours(day, time(start), time(end)) for day in days for start, end in ranges]


ANNA = Coach(
    name="Anna Keller",
    slug="anna",
    email="anna@example.com",
    timezone="Europe/Berlin",
    country="DE",
    currency="eur",
    teaches="tennis lessons",
    practice={
        "headline": "Tennis lessons in Berlin, for adults who start late",
        "about": "I have taught adults for twelve years. We work on one thing each time, and you leave with "
        "one thing to practise.",
        "contact_email": "anna@example.com",
        "accent": "green",
        "cancel_window_hours": 24,
    },
    hours=_hours(range(5), (8, 12), (14, 19)) + _hours(range(5, 6), (9, 13)),
    offers=[
        {
            "name": "First hit",
            "description": "Half an hour to get to know each other. Rackets are there.",
            "duration_min": 30,
            "price_minor": 0,
            "place": "in_person",
            "place_detail": "Court 3, Volkspark Friedrichshain",
            "once_per_client": True,
        },
        {
            "name": "Private lesson",
            "description": "One hour on court, just you.",
            "duration_min": 60,
            "price_minor": 5000,
            "buffer_after_min": 10,
            "place": "in_person",
            "place_detail": "Court 3, Volkspark Friedrichshain",
            "extras": [Extra("Floodlit court", 600, required=False)],
        },
        {
            "name": "Indoor lesson",
            "description": "One hour under a roof, whatever the weather.",
            "duration_min": 60,
            "price_minor": 5000,
            "buffer_after_min": 10,
            "place": "in_person",
            "place_detail": "Tennishalle am Weidenweg",
            "extras": [Extra("Court fee", 1800)],
        },
        {
            "name": "Video review",
            "description": "Send a video of your serve; we look at it together.",
            "duration_min": 30,
            "price_minor": 3000,
            "place": "online",
            "place_detail": "https://meet.example/anna",
        },
        {
            "name": "Tournament day",
            "description": "I warm you up, watch your matches and talk with you in between.",
            "duration_min": 240,
            "price_minor": 18000,
            "place": "in_person",
            "place_detail": "At your tournament, in and around Berlin",
            "needs_approval": True,
            "answer_within_hours": 72,
        },
    ],
    packs=[
        {
            "name": SUMMER_PACK,
            "description": "For whoever plays every week.",
            "units": 10,
            "price_minor": 45000,
            "valid_months": 6,
            "covers": {"Private lesson": 1, "Indoor lesson": 1},
            "cancel_window_hours": 24,
            "unpaid": "some",
            "unpaid_units": 2,
        },
        {
            "name": FIVE_PACK,
            "description": "To be shared with the family.",
            "units": 5,
            "price_minor": 24000,
            "valid_months": 2,
            "covers": {"Private lesson": 1, "Indoor lesson": 1},
            "cancel_window_hours": 24,
            "transfer": "family",
        },
    ],
    diary=[
        # The four paid sessions after which six of Anna's ten free ones are left for Cleo's pack.
        Visit("Mara Lindt", "First hit", -42, -41),
        Visit("Mara Lindt", "Private lesson", -41, -39),
        Visit("Jonas Weber", "Private lesson", -40, -38),
        Visit("Ines Roth", "Video review", -39, -37),
        Visit("Mara Lindt", "Private lesson", -38, -35),
        # Cleo plays once a week, always at the same time.
        Visit("Cleo Brandt", "Private lesson", -36, -33, at=CLEOS_TIME, pack=SUMMER_PACK),
        Visit("Cleo Brandt", "Private lesson", -30, -26, at=CLEOS_TIME, pack=SUMMER_PACK),
        Visit("Cleo Brandt", "Private lesson", -23, -19, at=CLEOS_TIME, pack=SUMMER_PACK),
        Visit(
            "Cleo Brandt",
            "Private lesson",
            -16,
            -12,
            at=CLEOS_TIME,
            pack=SUMMER_PACK,
            called_off_hours_before=5,
        ),
        Visit(
            "Cleo Brandt",
            "Private lesson",
            -9,
            -5,
            at=CLEOS_TIME,
            pack=SUMMER_PACK,
            closed_because="court closed",
        ),
        Visit("Cleo Brandt", "Private lesson", -1, 2, at=CLEOS_TIME, pack=SUMMER_PACK),
        Visit("Jonas Weber", "Private lesson", -34, -31, pack=FIVE_PACK),
        Visit("Mara Lindt", "Private lesson", -22, -20, pack=FIVE_PACK),
        Visit("Nora Falk", "First hit", -21, -19),
        Visit("Tom Adler", "First hit", -18, -16),
        Visit("Mara Lindt", "Indoor lesson", -15, -13, pack=FIVE_PACK),
        Visit("Ines Roth", "Private lesson", -14, -11, came=False),
        Visit("Nora Falk", "Private lesson", -13, -10, pack=SUMMER_PACK),
        Visit("Mara Lindt", "Private lesson", -8, -6, pack=FIVE_PACK),
        Visit("Jonas Weber", "Private lesson", -4, 3, pack=FIVE_PACK, moved_on=-1),
        Visit("Felix Kern", "Private lesson", -2, 2, with_extras=True),
        Visit("Mara Lindt", "Private lesson", -2, 1, pack=FIVE_PACK),
        Visit("Lea Sommer", "First hit", -1, 1),
        Visit(
            "Paul Behrens",
            "Tournament day",
            -1,
            6,
            message="It is the club championship; I play at ten and, if I win, at one.",
        ),
    ],
    sales=[
        Sale("Cleo Brandt", SUMMER_PACK, -36),
        Sale("Jonas Weber", FIVE_PACK, -35),
        Sale("Mara Lindt", FIVE_PACK, -24),
        Sale("Nora Falk", SUMMER_PACK, -17, unpaid=True),
        Sale("Tom Adler", FIVE_PACK, -15, passed_on=-7, units=2, receiver="Lena Adler"),
        Sale("Ines Roth", FIVE_PACK, -10, refunded_on=-3, refunded_minor=12000),
    ],
)
BEN = Coach(
    name="Ben Ode",
    slug="ben",
    email="ben@example.com",
    timezone="America/New_York",
    country="US",
    currency="usd",
    teaches="career coaching",
    practice={
        "headline": "Career coaching for engineers who want to lead",
        "about": "Twenty years in engineering, eight of them leading teams. Sessions are calm and end with a "
        "plan.",
        "contact_email": "ben@example.com",
        "accent": "indigo",
        "cancel_window_hours": 48,
    },
    hours=_hours(range(4), (10, 18)),
    offers=[
        {
            "name": "First talk",
            "description": "Twenty minutes to see whether we fit.",
            "duration_min": 20,
            "price_minor": 0,
            "place": "online",
            "place_detail": "https://meet.example/ben",
            "once_per_client": True,
        },
        {
            "name": "Career session",
            "description": "Fifty minutes on what is in the way.",
            "duration_min": 50,
            "price_minor": 14000,
            "buffer_after_min": 10,
            "place": "online",
            "place_detail": "https://meet.example/ben",
        },
        {
            "name": "Interview practice",
            "description": "A mock interview with notes afterwards.",
            "duration_min": 90,
            "price_minor": 22000,
            "buffer_after_min": 15,
            "place": "online",
            "place_detail": "https://meet.example/ben",
        },
    ],
    packs=[
        {
            "name": CAREER_PACK,
            "description": "For one decision, from the first doubt to the first day.",
            "units": 5,
            "price_minor": 63000,
            "valid_months": 12,
            "covers": {"Career session": 1},
            "cancel_window_hours": 48,
        },
    ],
    diary=[
        Visit("Priya Nair", "First talk", -28, -26),
        Visit("Priya Nair", "Career session", -24, -21, buys=CAREER_PACK),
        Visit("Priya Nair", "Career session", -14, -10, pack=CAREER_PACK),
        Visit("Sam Cole", "Interview practice", -9, -7),
        Visit("Priya Nair", "Career session", -1, 3, pack=CAREER_PACK),
    ],
)
COACHES = [ANNA, BEN]
# Whose pack the demo shows first: its history has a bit of everything.
SHOWN_PACK = (ANNA, email_of("Cleo Brandt"), SUMMER_PACK)
