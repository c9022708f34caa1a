"""How far coaches come, from signing up to paying fees; and how those do who signed up in the same month.

One question to the shared plane, over rows that practices keep up to date themselves.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import TruncMonth

from connect.models import ConnectAccount
from fees.models import FeeEntry, FeeEntryKind
from operators.months import begins, month_before
from tenants.registry.models import Books, Tenant

STAGES = {
    "signed_up": "Signed up",
    "connected": "Connected Stripe",
    "booked": "First booking",
    "tenth": "Tenth paid session",
    "paying": "Paying fees",
}
MONTHS = 12


@dataclass(frozen=True, slots=True)
class Stage:
    """How many came so far, and what share of all and of the stage before, in basis points; None of none."""

    words: str
    count: int
    of_all_bp: int | None
    of_before_bp: int | None


@dataclass(frozen=True, slots=True)
class Cohort:
    """Who signed up in one month of the UTC calendar."""

    month: date
    stages: list[Stage]


def funnel() -> list[Stage]:
    """Of all coaches but partners' sandboxes."""
    return _stages(_coaches().aggregate(**_counts()))


def cohorts(*, now: datetime) -> list[Cohort]:
    """The last twelve months with anybody in them, the newest first."""
    recent = _coaches().filter(created_at__gte=begins(month_before(now, MONTHS - 1)))
    months = recent.annotate(month=TruncMonth("created_at", tzinfo=UTC)).values("month")
    counted = months.annotate(**_counts()).order_by("-month")
    return [Cohort(each["month"].date(), _stages(each)) for each in counted]


def _coaches() -> QuerySet[Tenant]:
    of_it: Any = {"schema_name": OuterRef("schema_name")}
    charged = FeeEntry.objects.filter(**of_it, kind=FeeEntryKind.CHARGED)
    return Tenant.objects.filter(is_sandbox=False).annotate(
        is_connected=Exists(ConnectAccount.objects.filter(**of_it, was_active=True)),
        has_booked=Exists(Books.objects.filter(**of_it, first_booking_at__isnull=False)),
        has_tenth=Exists(Books.objects.filter(**of_it, tenth_session_at__isnull=False)),
        is_paying=Exists(charged),
    )


def _counts() -> dict[str, Count]:
    return {
        "signed_up": Count("pk"),
        "connected": Count("pk", filter=Q(is_connected=True)),
        "booked": Count("pk", filter=Q(has_booked=True)),
        "tenth": Count("pk", filter=Q(has_tenth=True)),
        "paying": Count("pk", filter=Q(is_paying=True)),
    }


def _stages(counted: Any) -> list[Stage]:
    found, before = [], counted["signed_up"]
    for name, words in STAGES.items():
        count = counted[name]
        found.append(Stage(words, count, _share(count, counted["signed_up"]), _share(count, before)))
        before = count
    return found


def _share(part: int, whole: int) -> int | None:
    return part * 10_000 // whole if whole else None
