"""The coaches of the whole year: who they are, and what they offer."""

from typing import Any

from demo.world import Coach, weekly

TRIAL, LESSON, TALK, CAMP, TOURNAMENT = (
    "First hour",
    "Lesson",
    "Coaching talk",
    "Half a day",
    "Tournament day",
)
PACK, SMALL_PACK, COURSE, BLOCK, MONTHLY = (
    "Ten",
    "Five for a month",
    "A season",
    "Block of eight",
    "Every month",
)
NEWCOMERS = ("Ole", "Pia", "Quinn", "Rosa", "Sven", "Tara", "Udo", "Wanda")


def _offers(*, lesson: str, price_minor: int, place: str) -> list[dict[str, Any]]:
    """A first hour for nothing, the usual session, and half a day with a deposit."""
    where = {"place": "in_person", "place_detail": place}
    return [
        {"name": TRIAL, "duration_min": 30, "price_minor": 0, "once_per_client": True, **where},
        {"name": lesson, "duration_min": 60, "price_minor": price_minor, **where},
        {
            "name": CAMP,
            "duration_min": 180,
            "price_minor": price_minor * 3,
            "deposit_bp": 2500,
            "rest_due_hours": 48,
            **where,
        },
    ]


def _packs(*, of: str, price_minor: int) -> list[dict[str, Any]]:
    """Ten and eight for less than each costs, five that end soon, and twelve that are paid month by month."""
    usual: dict[str, Any] = {"covers": {of: 1}, "cancel_window_hours": 24}
    return [
        {
            "name": PACK,
            "units": 10,
            "price_minor": price_minor * 9,
            "valid_months": 6,
            "unpaid": "some",
            "unpaid_units": 2,
            **usual,
        },
        {"name": SMALL_PACK, "units": 5, "price_minor": price_minor * 5, "valid_months": 1, **usual},
        {"name": BLOCK, "units": 8, "price_minor": price_minor * 7, "valid_months": 4, **usual},
        {
            "name": COURSE,
            "units": 12,
            "price_minor": price_minor * 10,
            "valid_months": 6,
            "instalments": 3,
            **usual,
        },
    ]


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
        "contact_email": "anna@example.com",
        "accent": "green",
        "cancel_window_hours": 24,
    },
    hours=weekly(range(6), (8, 20)),
    offers=[
        *_offers(lesson=LESSON, price_minor=5000, place="Court 3, Volkspark Friedrichshain"),
        {
            "name": TOURNAMENT,
            "duration_min": 240,
            "price_minor": 18000,
            "place": "in_person",
            "place_detail": "At your tournament",
            "needs_approval": True,
            "answer_within_hours": 72,
        },
    ],
    packs=_packs(of=LESSON, price_minor=5000),
    coupons=[{"code": "SERVE-10", "off_bp": 1000, "once_per_client": False}],
)
GRACE = Coach(
    name="Grace Lin",
    slug="grace",
    email="grace@example.com",
    timezone="America/New_York",
    country="US",
    currency="usd",
    teaches="coaching for new leaders",
    practice={
        "headline": "Coaching for engineers who lead for the first time",
        "contact_email": "grace@example.com",
        "accent": "indigo",
        "cancel_window_hours": 24,
    },
    hours=weekly(range(5), (9, 19)),
    offers=_offers(lesson=TALK, price_minor=14000, place="125 Court Street, Brooklyn"),
    packs=_packs(of=TALK, price_minor=14000),
    plans=[{"name": MONTHLY, "price_minor": 25000, "included": 2, "covers": {TALK: 1}}],
)
YUKI = Coach(
    name="Yuki Sato",
    slug="yuki",
    email="yuki@example.com",
    timezone="Asia/Tokyo",
    country="JP",
    currency="jpy",
    teaches="piano lessons",
    practice={
        "headline": "Piano for whoever always wanted to",
        "contact_email": "yuki@example.com",
        "accent": "indigo",
        "cancel_window_hours": 24,
    },
    hours=weekly(range(6), (9, 20)),
    offers=_offers(lesson=LESSON, price_minor=6000, place="Shimokitazawa 2-5"),
    packs=_packs(of=LESSON, price_minor=6000),
)
