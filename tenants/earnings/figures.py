"""What was earned, from the ledger alone: the page, the file and the strip on Today all read it here.

A payment counts when it was captured and a refund when it was made, so a line of June can go down in
July. Lines of one period add up to its totals, and periods to the whole.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import F, Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncMonth

from kit.clock import zone
from tenants.billing.models import EntryKind, LedgerEntry
from tenants.earnings import sold
from tenants.earnings.periods import Period

OWN_FEES = (EntryKind.PLATFORM_FEE, EntryKind.PLATFORM_FEE_RETURNED)


@dataclass(frozen=True, slots=True)
class Line:
    """What one payment moved in a period. Amounts are minor units of `currency`, from the coach's side:
    fees and refunds are 0 or below. A processor's fee that was taken in another currency stands apart.

    `units` are the sessions that were paid for: 1, those of a pack, or 0 for extras alone. What a pack's
    sessions are worth is all in the pack's own line."""

    attempt_id: uuid.UUID
    booking_id: uuid.UUID | None
    pack_id: uuid.UUID | None
    client_id: uuid.UUID
    client: str
    description: str
    moved_at: datetime
    session_at: datetime | None
    currency: str
    gross_minor: int
    platform_fee_minor: int
    processor_fee_minor: int
    refunds_minor: int
    units: int = 1
    free_numbers: tuple[int, ...] = ()
    available_on: datetime | None = None
    processor_fee_known: bool = True
    foreign_fee_minor: int = 0
    foreign_currency: str = ""

    @property
    def net_minor(self) -> int:
        return self.gross_minor + self.platform_fee_minor + self.processor_fee_minor + self.refunds_minor

    @property
    def free_of(self) -> str:
        """ "6 of 10 sessions free", of a pack."""
        free = len(self.free_numbers)
        return f"{free} of {self.units} sessions free" if free and self.units > 1 else ""


@dataclass(slots=True)
class Totals:
    """The sums of lines of one currency. `foreign_fees_minor` holds fees taken in others, by currency."""

    currency: str
    gross_minor: int = 0
    platform_fee_minor: int = 0
    processor_fee_minor: int = 0
    refunds_minor: int = 0
    payments: int = 0
    fees_pending: int = 0
    foreign_fees_minor: dict[str, int] = field(default_factory=dict)

    @property
    def net_minor(self) -> int:
        return self.gross_minor + self.platform_fee_minor + self.processor_fee_minor + self.refunds_minor

    @property
    def taken(self) -> dict[str, int]:
        """What was taken off, as amounts above 0, for sentences that say "after"."""
        return {
            "platform_fee": -self.platform_fee_minor,
            "processor_fee": -self.processor_fee_minor,
            "refunds": -self.refunds_minor,
        }

    def add(self, line: Line) -> None:
        self.gross_minor += line.gross_minor
        self.platform_fee_minor += line.platform_fee_minor
        self.processor_fee_minor += line.processor_fee_minor
        self.refunds_minor += line.refunds_minor
        self.payments += line.gross_minor > 0
        self.fees_pending += not line.processor_fee_known
        if line.foreign_fee_minor:
            sofar = self.foreign_fees_minor.get(line.foreign_currency, 0)
            self.foreign_fees_minor[line.foreign_currency] = sofar + line.foreign_fee_minor


@dataclass(frozen=True, slots=True)
class ClientTotals:
    client_id: uuid.UUID
    client: str
    totals: Totals


def lines(
    *, period: Period, client_id: uuid.UUID | None = None, booking_id: uuid.UUID | None = None
) -> list[Line]:
    """Every payment that moved money in the period, the last paid or refunded first. One query."""
    rows = (
        _entries(period, client_id)
        .filter(**({"sold_id": booking_id} if booking_id else {}))
        .annotate(booking_id=sold.booking_id(), pack_id=sold.pack_id(), session_id=sold.session_id())
        .values("attempt_id", "booking_id", "pack_id", "client_id", "currency")
        .annotate(
            client=F("attempt__charge__client__name"),
            description=F("attempt__charge__description"),
            units=F("attempt__charge__units"),
            agreed=sold.agreed(),
            available_on=F("attempt__available_on"),
            numbers=F("attempt__free_numbers"),
            fee=F("attempt__processor_fee_minor"),
            settled_in=F("attempt__settlement_currency"),
            moved_at=_clients_moved_at(),
            session_at=sold.session_start(),
            gross_minor=_sum(EntryKind.CAPTURE),
            platform_fee_minor=_sum(*OWN_FEES),
            processor_fee_minor=_sum(EntryKind.PROCESSOR_FEE),
            refunds_minor=_sum(EntryKind.REFUND),
        )
        .order_by("-moved_at", "-attempt_id")
    )
    return [_line(row) for row in rows]


def totals(every: Iterable[Line]) -> list[Totals]:
    """The sums of each currency, the one with most payments first."""
    sums: dict[str, Totals] = {}
    for line in every:
        sums.setdefault(line.currency, Totals(line.currency)).add(line)
    return sorted(sums.values(), key=lambda each: (-each.payments, each.currency))


def by_client(every: Iterable[Line]) -> list[ClientTotals]:
    """The sums of each client and currency, the highest net first."""
    sums: dict[tuple[uuid.UUID, str], ClientTotals] = {}
    for line in every:
        key = (line.client_id, line.currency)
        if key not in sums:
            sums[key] = ClientTotals(line.client_id, line.client, Totals(line.currency))
        sums[key].totals.add(line)
    return sorted(sums.values(), key=lambda each: (-each.totals.net_minor, each.client))


def net_by_month(
    *, months: Sequence[date], currency: str, tz: str, client_id: uuid.UUID | None = None
) -> dict[date, int]:
    """The net of each of these months in one currency, in minor units. One query."""
    rows = (
        _entries(Period(tz, months[0]), client_id)
        .filter(currency=currency)
        .annotate(month=TruncMonth("at", tzinfo=zone(tz)))
        .values_list("month")
        .annotate(net=Sum("amount_minor"))
    )
    found = {month.date(): net for month, net in rows}
    return {month: found.get(month, 0) for month in months}


def sums_by_currency(*, period: Period) -> list[Totals]:
    """The totals of a period without its lines: no pending or foreign fees are looked for. One query."""
    rows = (
        _entries(period, None)
        .values("currency")
        .annotate(
            gross_minor=_sum(EntryKind.CAPTURE),
            platform_fee_minor=_sum(*OWN_FEES),
            processor_fee_minor=_sum(EntryKind.PROCESSOR_FEE),
            refunds_minor=_sum(EntryKind.REFUND),
        )
        .order_by("currency")
    )
    return [Totals(**row) for row in rows]


def _entries(period: Period, client_id: uuid.UUID | None) -> QuerySet[LedgerEntry]:
    entries = LedgerEntry.objects.all()
    if period.since:
        entries = entries.filter(at__gte=period.since)
    if period.until:
        entries = entries.filter(at__lt=period.until)
    return entries.filter(client_id=client_id) if client_id else entries


def _clients_moved_at() -> Coalesce:
    """When the client last paid or was paid back: that a fee became known later is no news of that day."""
    of_clients = Q(kind__in=(EntryKind.CAPTURE, EntryKind.REFUND))
    return Coalesce(Max("at", filter=of_clients), Max("at"))


def _sum(*kinds: EntryKind) -> Coalesce:
    return Coalesce(Sum("amount_minor", filter=Q(kind__in=kinds)), 0)


def _line(row: Any) -> Line:
    fee, settled_in, numbers = row.pop("fee"), row.pop("settled_in"), row.pop("numbers")
    row["description"] = sold.words(row["description"], units=row["units"], agreed=row.pop("agreed"))
    if not row["gross_minor"]:
        # Only a refund fell into this period: the fee and the free session belong to the payment's own.
        return Line(**row)
    foreign = fee is not None and settled_in != row["currency"]
    return Line(
        **row,
        free_numbers=tuple(numbers),
        processor_fee_known=fee is not None,
        foreign_fee_minor=-fee if foreign else 0,
        foreign_currency=settled_in if foreign else "",
    )
