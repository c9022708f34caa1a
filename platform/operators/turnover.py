"""What went through all practices and what the platform kept of it, by month (UTC) and currency.

Volumes are as practices said themselves; fees stand in the shared ledger. A partner's sandbox never counts.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import Q, Sum
from django.db.models.functions import TruncMonth

from fees.models import FeeEntry, FeeEntryKind
from operators.months import begins, month_before
from operators.sandboxes import in_sandbox
from tenants.registry.models import Volume

MONTHS = 12
_ADDED_UP = (
    *("payments", "paid_minor", "refunded_minor", "by_hand_minor"),
    *("charged_minor", "returned_minor", "uncollected_minor"),
)


@dataclass(slots=True)
class Month:
    """One month in one currency, in minor units."""

    month: date
    currency: str
    payments: int = 0
    paid_minor: int = 0
    refunded_minor: int = 0
    by_hand_minor: int = 0
    charged_minor: int = 0
    returned_minor: int = 0
    uncollected_minor: int = 0

    @property
    def kept_minor(self) -> int:
        return self.charged_minor - self.returned_minor

    @property
    def take_rate_bp(self) -> int | None:
        """What was kept of what was paid by card and did not go back, in basis points."""
        stayed = self.paid_minor - self.refunded_minor
        return max(self.kept_minor, 0) * 10_000 // stayed if stayed > 0 else None


@dataclass(frozen=True, slots=True)
class Turnover:
    """All months of one currency in which anything moved, the oldest first, and their sum."""

    currency: str
    months: list[Month]
    total: Month

    @property
    def volume_points(self) -> list[dict[str, Any]]:
        """For a chart."""
        return [_point(each.month, each.paid_minor) for each in self.months]

    @property
    def fee_points(self) -> list[dict[str, Any]]:
        return [_point(each.month, each.kept_minor) for each in self.months]


def by_currency(*, now: datetime, schema_name: str = "") -> list[Turnover]:
    """Of the last twelve months: of everybody, or of one practice. The currency with most payments first."""
    first = month_before(now, MONTHS - 1)
    found: dict[str, dict[date, Month]] = defaultdict(dict)
    for said in _volumes(first, schema_name):
        of = _of(found, said["month"], said["currency"])
        of.payments, of.paid_minor = said["payments"], said["paid"]
        of.refunded_minor, of.by_hand_minor = said["refunded"], said["by_hand"]
    for fee in _fees(first, schema_name):
        of = _of(found, fee["month"].date(), fee["currency"])
        of.charged_minor, of.returned_minor = fee["charged"], fee["returned"]
        of.uncollected_minor = fee["uncollected"]
    each = [_turnover(currency, months, first, now) for currency, months in found.items()]
    return sorted(each, key=lambda turnover: (-turnover.total.payments, turnover.currency))


def _of(found: dict[str, dict[date, Month]], month: date, currency: str) -> Month:
    return found[currency].setdefault(month, Month(month, currency))


def _volumes(first: date, schema_name: str) -> Iterable[Any]:
    rows = Volume.objects.filter(_whose(schema_name), month__gte=first)
    return rows.values("month", "currency").annotate(
        payments=Sum("payments"),
        paid=Sum("paid_minor"),
        refunded=Sum("refunded_minor"),
        by_hand=Sum("by_hand_minor"),
    )


def _fees(first: date, schema_name: str) -> Iterable[Any]:
    rows = FeeEntry.objects.filter(_whose(schema_name), at__gte=begins(first)).exclude(currency="")
    months = rows.annotate(month=TruncMonth("at", tzinfo=UTC)).values("month", "currency")
    return months.annotate(
        charged=Sum("amount_minor", filter=Q(kind=FeeEntryKind.CHARGED), default=0),
        returned=Sum("amount_minor", filter=Q(kind=FeeEntryKind.RETURNED), default=0),
        uncollected=Sum("amount_minor", filter=Q(kind=FeeEntryKind.UNCOLLECTED), default=0),
    ).order_by()


def _whose(schema_name: str) -> Q:
    return Q(schema_name=schema_name) if schema_name else Q(~in_sandbox())


def _turnover(currency: str, months: dict[date, Month], first: date, now: datetime) -> Turnover:
    """With the months in which nothing moved, so that a chart has no gaps."""
    days = [month_before(now, nth) for nth in range(MONTHS - 1, -1, -1)]
    every = [months.get(day) or Month(day, currency) for day in days]
    total = Month(first, currency)
    for each in every:
        for name in _ADDED_UP:
            setattr(total, name, getattr(total, name) + getattr(each, name))
    return Turnover(currency, every, total)


def _point(month: date, minor: int) -> dict[str, Any]:
    return {"label": f"{month:%b}", "name": f"{month:%B %Y}", "minor": minor}
