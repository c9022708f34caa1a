"""What was earned, from the ledger alone: the page, the file and the strip on Today all read it here.

A payment counts when it was captured or received and a refund when it was made, so a line of June can go down
in July. Lines of one period add up to its totals, and periods to the whole.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import CharField, F, Max, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, JSONObject, TruncMonth

from fees.rules import cap_that_bites
from kit.clock import zone
from payouts.models import BalanceLine, LineClass
from tenants.billing.models import EntryKind, LedgerEntry
from tenants.earnings import sold
from tenants.earnings.periods import Period

OWN_FEES = (EntryKind.PLATFORM_FEE, EntryKind.PLATFORM_FEE_RETURNED)
DISPUTED = (EntryKind.DISPUTE, EntryKind.DISPUTE_WON)
CARD = "card"
TENDERS = {CARD: "Card", "cash": "Cash", "transfer": "Bank transfer"}
# Which entries of the ledger each sum of a line, and of the totals, is made of.
CAME_IN = Q(kind=EntryKind.CAPTURE) | Q(kind=EntryKind.RECEIVED, manual__amount_minor__gt=0)
WENT_BACK = Q(kind=EntryKind.REFUND) | Q(kind=EntryKind.RECEIVED, manual__amount_minor__lt=0)
# What a net is made of, each from the coach's side.
AMOUNTS = (
    "gross_minor",
    "platform_fee_minor",
    "processor_fee_minor",
    "refunds_minor",
    "disputes_minor",
    "dispute_fees_minor",
)


class Netted:
    """What has the AMOUNTS, and so a net."""

    __slots__ = ()

    @property
    def net_minor(self) -> int:
        return sum(getattr(self, name) for name in AMOUNTS)


@dataclass(frozen=True, slots=True)
class Arrival:
    """The payout that a payment went out with. `on` is the day at the bank, or the one that is expected."""

    payout_id: uuid.UUID
    status: str
    on: date


@dataclass(frozen=True, slots=True)
class Line(Netted):
    """What one payment moved in a period. Amounts are minor units of `currency`, from the coach's side:
    fees, refunds and what a bank took back are 0 or below. A processor's fee that was taken in another
    currency stands apart. Cash and transfers bear no fee.

    `units` are the sessions that were paid for: 1, those of a pack, or 0 for extras alone and later parts.
    What a pack's sessions are worth is all in the pack's own lines. `part` says which part of the whole it
    was, `offered_as` under which of the coach's offers it falls.

    The rate and `free_of_order` are those of the order that it pays for. `free_up_to_minor` is what each of
    its free sessions frees, where that is less than its price."""

    payment_id: uuid.UUID
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
    disputes_minor: int = 0
    dispute_fees_minor: int = 0
    tender: str = CARD
    part: str = ""
    offered_as: str = ""
    units: int = 1
    free_numbers: tuple[int, ...] = ()
    rate_bp: int | None = None
    free_of_order: int = 0
    free_up_to_minor: int | None = None
    available_on: datetime | None = None
    arrival: Arrival | None = None
    processor_fee_known: bool = True
    foreign_fee_minor: int = 0
    foreign_currency: str = ""

    @property
    def tender_words(self) -> str:
        return TENDERS[self.tender]

    @property
    def is_by_card(self) -> bool:
        return self.tender == CARD

    @property
    def free_of(self) -> str:
        """ "6 of 10 sessions free", of a pack."""
        free = len(self.free_numbers)
        return f"{free} of {self.units} sessions free" if free and self.units > 1 else ""


@dataclass(slots=True)
class Totals(Netted):
    """The sums of lines of one currency. `foreign_fees_minor` holds fees taken in others, by currency."""

    currency: str
    gross_minor: int = 0
    platform_fee_minor: int = 0
    processor_fee_minor: int = 0
    refunds_minor: int = 0
    disputes_minor: int = 0
    dispute_fees_minor: int = 0
    payments: int = 0
    fees_pending: int = 0
    foreign_fees_minor: dict[str, int] = field(default_factory=dict)

    @property
    def taken(self) -> dict[str, int]:
        """What was taken off, as amounts above 0, for sentences that say "after"."""
        return {
            "platform_fee": -self.platform_fee_minor,
            "processor_fee": -self.processor_fee_minor,
            "refunds": -self.refunds_minor,
            "disputes": -self.disputes_minor - self.dispute_fees_minor,
        }

    def add(self, line: Line) -> None:
        for name in AMOUNTS:
            setattr(self, name, getattr(self, name) + getattr(line, name))
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


@dataclass(frozen=True, slots=True)
class Share:
    """Some of the lines of one currency under a name, with what of the whole they are, in basis points."""

    name: str
    totals: Totals
    share_bp: int


def lines(
    *, period: Period, client_id: uuid.UUID | None = None, booking_id: uuid.UUID | None = None
) -> list[Line]:
    """Every payment that moved money in the period, the last paid or refunded first. One query."""
    rows = (
        _entries(period, client_id)
        .filter(**({"sold_id": booking_id} if booking_id else {}))
        .annotate(purpose=sold.of_charge("purpose"), description=sold.of_charge("description"))
        .annotate(booking_id=sold.booking_id(), pack_id=sold.pack_id(), session_id=sold.session_id())
        .values("attempt_id", "manual_id", "booking_id", "pack_id", "client_id", "currency", "description")
        .annotate(
            client=sold.of_charge("client__name"),
            units=sold.of_charge("units"),
            tender=Coalesce(F("manual__tender"), Value(CARD), output_field=CharField()),
            agreed=sold.agreed(),
            offered_as=sold.offered_as(),
            part=F("attempt__instalment__kind"),
            number=F("attempt__instalment__number"),
            parts=sold.parts(),
            period=sold.period_number(),
            available_on=F("attempt__available_on"),
            arrival=_arrival(),
            numbers=F("attempt__free_numbers"),
            terms=sold.fee_terms(),
            fee=F("attempt__processor_fee_minor"),
            settled_in=F("attempt__settlement_currency"),
            moved_at=_clients_moved_at(),
            session_at=sold.session_start(),
            **_sums(),
        )
        .order_by("-moved_at", "-attempt_id", "-manual_id")
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


def by_tender(every: Iterable[Line]) -> list[Share]:
    """The sums of each tender and currency, the largest first, with its share of what came in."""
    return _shares((line.tender_words, line) for line in every)


def by_offer(every: Iterable[Line]) -> list[Share]:
    """The sums of each session type, pack and retainer, the largest first, with its share."""
    return _shares((line.offered_as or line.description, line) for line in every)


def _shares(named: Iterable[tuple[str, Line]]) -> list[Share]:
    sums: dict[tuple[str, str], Totals] = {}
    whole: dict[str, int] = {}
    for name, line in named:
        sums.setdefault((name, line.currency), Totals(line.currency)).add(line)
        whole[line.currency] = whole.get(line.currency, 0) + line.gross_minor
    shares = [
        Share(name, of, of.gross_minor * 10_000 // whole[currency] if whole[currency] else 0)
        for (name, currency), of in sums.items()
    ]
    return sorted(shares, key=lambda each: (-each.totals.gross_minor, each.name))


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
    rows = _entries(period, None).values("currency").annotate(**_sums()).order_by("currency")
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
    of_clients = Q(kind__in=(EntryKind.CAPTURE, EntryKind.REFUND, EntryKind.RECEIVED))
    return Coalesce(Max("at", filter=of_clients), Max("at"))


def _sums() -> dict[str, Coalesce]:
    """What a line, and the totals, are made of: each entry of the ledger counts in exactly one."""
    return {
        "gross_minor": _sum(CAME_IN),
        "platform_fee_minor": _sum(Q(kind__in=OWN_FEES)),
        "processor_fee_minor": _sum(Q(kind=EntryKind.PROCESSOR_FEE)),
        "refunds_minor": _sum(WENT_BACK),
        "disputes_minor": _sum(Q(kind__in=DISPUTED)),
        "dispute_fees_minor": _sum(Q(kind=EntryKind.DISPUTE_FEE)),
    }


def _sum(condition: Q) -> Coalesce:
    return Coalesce(Sum("amount_minor", filter=condition), 0)


def _arrival() -> Subquery:
    """The payout that Stripe has put the payment into, as soon as it has said so."""
    facts = JSONObject(payout_id="payout_id", status="payout__status", on="payout__arrives_on")
    mine = BalanceLine.objects.filter(
        attempt_id=OuterRef("attempt_id"), line_class=LineClass.PAYMENT, payout__isnull=False
    )
    return Subquery(mine.annotate(facts=facts).values("facts")[:1])


def _line(row: Any) -> Line:
    fee, settled_in, numbers = row.pop("fee"), row.pop("settled_in"), row.pop("numbers")
    attempt_id, manual_id, terms = row.pop("attempt_id"), row.pop("manual_id"), row.pop("terms")
    number = row.pop("number")
    row["payment_id"] = attempt_id or manual_id
    row["description"] = sold.words(row["description"], units=row["units"], agreed=row.pop("agreed"))
    row["part"] = sold.part_words(
        row["part"], number=number, count=row.pop("parts"), period=row.pop("period")
    )
    row["arrival"] = _arrived(row["arrival"])
    if number and number > 1:
        # The sessions were counted with the first part.
        row["units"] = 0
    if not row["gross_minor"] or attempt_id is None:
        # Only a refund fell into this period: the fee and the free session belong to the payment's own.
        return Line(**row)
    foreign = fee is not None and settled_in != row["currency"]
    return Line(
        **row,
        free_numbers=tuple(numbers),
        rate_bp=terms["rate_bp"],
        free_of_order=terms["free_units"] or 0,
        free_up_to_minor=_free_up_to(terms) if numbers else None,
        processor_fee_known=fee is not None,
        foreign_fee_minor=-fee if foreign else 0,
        foreign_currency=settled_in if foreign else "",
    )


def _free_up_to(terms: Mapping[str, Any]) -> int | None:
    """What each of the free sessions frees, where that is less than its price."""
    return cap_that_bites(
        amount_minor=terms["amount_minor"] - terms["waived_minor"],
        units=terms["units"],
        free_units_granted=terms["free_units"] or 0,
        cap_minor=terms["unit_cap_minor"],
        extras_minor=terms["extras_minor"],
    )


def _arrived(facts: Any) -> Arrival | None:
    if not facts:
        return None
    return Arrival(uuid.UUID(facts["payout_id"]), facts["status"], date.fromisoformat(facts["on"]))
