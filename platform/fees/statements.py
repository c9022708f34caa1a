"""Numbered statements of the platform's fees: what was charged and returned, by month and currency.

Months are those of the UTC calendar, as in all of the platform's own figures.
"""

from datetime import UTC, date, datetime, timedelta

from django.db.models import Max, Q, Sum, Value
from django.db.models.functions import Coalesce, TruncMonth

from fees.accounts import locked_terms
from fees.models import FeeEntry, FeeEntryKind, FeeStatement
from kit.database import require_transaction

MOVED = (FeeEntryKind.CHARGED, FeeEntryKind.RETURNED)
# Whatever was under way when the month ended is entered by then, with its own time.
AFTER = timedelta(days=1, hours=6)


def next_due(now: datetime) -> datetime:
    """When the month of `now` can be stated: in the morning of the second day of the next one."""
    return _next(_first(now)) + AFTER


def draw_up(*, schema_name: str, now: datetime) -> list[FeeStatement]:
    """Step: a statement for each month that is over and has none yet, the oldest first.

    A month in which no fee moved has none. Two at once wait for each other, so that no number is skipped.
    """
    require_transaction()
    locked_terms(schema_name=schema_name, now=now)
    before = FeeStatement.objects.filter(schema_name=schema_name)
    stated = set(before.values_list("month", "currency"))
    number = before.aggregate(last=Coalesce(Max("number"), 0))["last"]
    made = []
    for sums in _sums(schema_name, until=_first(now - AFTER)):
        if (sums["month"], sums["currency"]) not in stated:
            number += 1
            made.append(FeeStatement(schema_name=schema_name, number=number, made_at=now, **sums))
    return FeeStatement.objects.bulk_create(made)


def _sums(schema_name: str, *, until: datetime) -> list[dict[str, object]]:
    month = TruncMonth("at", tzinfo=UTC)
    moved = FeeEntry.objects.filter(schema_name=schema_name, kind__in=MOVED, at__lt=until)
    by_month = moved.annotate(month=month).values("month", "currency").order_by("month", "currency")
    rows = by_month.annotate(charged_minor=_sum("charged"), returned_minor=_sum("returned"))
    return [{**row, "month": row["month"].date()} for row in rows]


def _sum(kind: str) -> Coalesce:
    return Coalesce(Sum("amount_minor", filter=Q(kind=kind)), Value(0))


def statements_of(*, schema_name: str) -> list[FeeStatement]:
    """All of a coach's, the newest first."""
    return list(FeeStatement.objects.filter(schema_name=schema_name).order_by("-number"))


def entries_of(statement: FeeStatement) -> list[FeeEntry]:
    """The movements that a statement is the sum of, in their order."""
    since = _midnight(statement.month)
    moved = FeeEntry.objects.filter(
        schema_name=statement.schema_name, currency=statement.currency, kind__in=MOVED
    )
    return list(moved.filter(at__gte=since, at__lt=_next(since)).order_by("at", "pk"))


def _first(moment: datetime) -> datetime:
    return _midnight(moment.astimezone(UTC).date().replace(day=1))


def _next(first: datetime) -> datetime:
    return (first + timedelta(days=31)).replace(day=1)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
