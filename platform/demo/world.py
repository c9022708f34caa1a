"""The demo's people and what they do: names, prices and hours, and nothing of how it comes about."""

from dataclasses import dataclass, field
from datetime import time
from typing import Any

from tenants.scheduling.slots import WeeklyHours

PASSWORD = "demo-demo-demo"  # noqa: S105  (printed for everybody)
OPERATOR = ("operator@example.com", "Olga Braun")
# The world begins this many days before it is first opened, so that its pages have a past.
DAYS_OF_PAST = 16


@dataclass(frozen=True)
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
    diary: list["Visit"] = field(default_factory=list)


@dataclass(frozen=True)
class Visit:
    """A client books `offer` on `booked_on`, for the first free time from `day` on; days count from today."""

    client: str
    offer: str
    booked_on: int
    day: int
    came: bool = True

    @property
    def email(self) -> str:
        return f"{self.client.split()[0].lower()}@example.com"


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
            "price_minor": 6500,
            "buffer_after_min": 10,
            "place": "in_person",
            "place_detail": "Court 3, Volkspark Friedrichshain",
        },
        {
            "name": "Video review",
            "description": "Send a video of your serve; we look at it together.",
            "duration_min": 30,
            "price_minor": 3000,
            "place": "online",
            "place_detail": "https://meet.example/anna",
        },
    ],
    diary=[
        Visit("Mara Lindt", "First hit", -15, -14),
        Visit("Mara Lindt", "Private lesson", -13, -11),
        Visit("Jonas Weber", "Private lesson", -12, -10),
        Visit("Ines Roth", "Video review", -9, -8),
        Visit("Mara Lindt", "Private lesson", -8, -6),
        Visit("Jonas Weber", "Private lesson", -6, -4, came=False),
        Visit("Tom Adler", "First hit", -5, -3),
        Visit("Ines Roth", "Private lesson", -3, -2),
        Visit("Mara Lindt", "Private lesson", -2, 1),
        Visit("Tom Adler", "Private lesson", -1, 2),
        Visit("Lea Sommer", "First hit", -1, 1),
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
    diary=[
        Visit("Priya Nair", "First talk", -14, -12),
        Visit("Priya Nair", "Career session", -10, -7),
        Visit("Sam Cole", "Interview practice", -4, -2),
        Visit("Priya Nair", "Career session", -1, 3),
    ],
)
COACHES = [ANNA, BEN]
