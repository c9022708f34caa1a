"""Paula, who sells packs. Started as a program beside the running platform, which gets her as one more coach.

She works all day, where it is morning now: there is a time within the hour, and it is today for long yet.
"""

import os
from datetime import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django_tenants.utils import tenant_context  # noqa: E402

from demo import seeding  # noqa: E402
from demo.world import Coach  # noqa: E402
from kit import clock  # noqa: E402
from tenants.offers import coupons, session_types  # noqa: E402
from tenants.offers.extras import Extra  # noqa: E402
from tenants.packs import offers  # noqa: E402
from tenants.packs.models import PackOffer  # noqa: E402
from tenants.registry.models import Tenant  # noqa: E402
from tenants.retainers import plans  # noqa: E402
from tenants.scheduling.slots import WeeklyHours  # noqa: E402

EARLIEST, LATEST = 6, 12
ZONES = (
    "Pacific/Honolulu",
    "America/Phoenix",
    "America/Panama",
    "America/Sao_Paulo",
    "Africa/Abidjan",
    "Africa/Nairobi",
    "Asia/Bangkok",
    "Asia/Tokyo",
    "Pacific/Fiji",
)
LESSON = {
    "name": "Lesson",
    "description": "One hour on court, just you.",
    "duration_min": 60,
    "price_minor": 5000,
    "minimum_notice_min": 0,
    "place": "in_person",
    "place_detail": "Court 1",
}
ON_REQUEST = {
    **LESSON,
    "name": "Match analysis",
    "description": "I watch a match of yours, and we talk about it.",
    "price_minor": 8000,
    "needs_approval": True,
    "answer_within_hours": 48,
}
WITH_COURT = {
    **LESSON,
    "name": "Indoor lesson",
    "extras": [Extra("Indoor court", 1500), Extra("Racket", 300, required=False)],
}
WITH_DEPOSIT = {
    **LESSON,
    "name": "Course",
    "price_minor": 6000,
    "deposit_minor": 2000,
    "rest_due_hours": 24,
}
CODE = "HALF-PRICE"
WEEKLY = {
    "name": "Weekly training",
    "price_minor": 4000,
    "every": "week",
    "included": 1,
    "charge_days_before": 0,
}
TEN = {
    "name": "10-session pack",
    "units": 10,
    "price_minor": 45000,
    "valid_months": 6,
    "transfer": "anyone",
}
FIVE = {
    "name": "5-session pack",
    "units": 5,
    "price_minor": 24000,
    "valid_months": 1,
    "unpaid": "freely",
}


def where_it_is_morning() -> str:
    there = {name: clock.now().astimezone(clock.zone(name)).hour for name in ZONES}
    return next(name for name, hour in there.items() if EARLIEST <= hour < LATEST)


def paula() -> Coach:
    return Coach(
        name="Paula Brandt",
        slug="paula",
        email="paula@example.com",
        timezone=where_it_is_morning(),
        country="DE",
        currency="eur",
        teaches="tennis lessons",
        practice={
            "headline": "Tennis lessons, one at a time or by the dozen",
            "about": "Fifteen years of teaching. Most of my clients come every week.",
            "contact_email": "paula@example.com",
            "cancel_window_hours": 24,
        },
        hours=[WeeklyHours(day, time(1), time(23)) for day in range(7)],
        offers=[LESSON, ON_REQUEST, WITH_COURT, WITH_DEPOSIT],
    )


def open_packs(tenant: Tenant) -> None:
    with tenant_context(tenant):
        if PackOffer.objects.exists():
            return
        kinds = {kind.name: str(kind.pk) for kind in session_types.on_offer()}
        everything = dict.fromkeys(kinds.values(), 1)
        offers.offer(now=clock.now(), covers=everything, **TEN)
        offers.offer(now=clock.now(), covers={kinds["Lesson"]: 1}, **FIVE)
        plans.offer(now=clock.now(), covers={kinds["Lesson"]: 1}, **WEEKLY)
        coupons.create(code=CODE, off_bp=5000, applies_to=[kinds["Course"]], now=clock.now())


if __name__ == "__main__":
    open_packs(seeding._settle_in(paula(), seeding.simulator()))
