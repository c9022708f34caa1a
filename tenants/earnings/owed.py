"""What clients owe: every charge of which something is open, with the part that is next and since when."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from kit.clock import start_of_day
from tenants.billing import codes, instalments
from tenants.billing.charges import owed_minor, shown_as
from tenants.billing.matching import Owed
from tenants.billing.models import (
    OWED,
    Charge,
    Document,
    DocumentKind,
    Instalment,
    ManualPayment,
    Refund,
    RefundStatus,
)
from tenants.packs.models import Pack, PackStatus
from tenants.retainers.models import RetainerPeriod, RetainerStatus
from tenants.scheduling.models import FUNDED, Booking, Cancellation, CancellationStatus
from tenants.shop import packs_for
from tenants.shop.models import Order, OrderStatus

# Whoever is asked today is not late tomorrow morning; and where no day was agreed, a week is fair.
GRACE = timedelta(days=1)
WITHOUT_A_DAY = timedelta(days=7)
OF_PACKS = ("pack", "pack_and_booking")


@dataclass(frozen=True, slots=True)
class Open:
    """One thing that is owed. Amounts are in minor units of `charge.currency`; `next_minor` is what should be
    paid now. `papers` are the numbers of its invoices."""

    charge: Charge
    left_minor: int
    next_minor: int
    due_at: datetime
    late_at: datetime
    now: datetime
    by_card: bool = False
    papers: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        """open, partially_paid, partially_refunded, disputed."""
        return shown_as(self.charge)

    @property
    def code(self) -> str:
        return codes.code_of(self.charge.pk)

    @property
    def is_due(self) -> bool:
        return self.due_at <= self.now

    @property
    def is_overdue(self) -> bool:
        return self.late_at <= self.now


@dataclass(frozen=True, slots=True)
class OfClient:
    """All that one client owes, the oldest first; the sums by currency."""

    client_id: uuid.UUID
    client: str
    rows: tuple[Open, ...]

    @property
    def sums(self) -> dict[str, int]:
        return sums(self.rows)


@dataclass(frozen=True, slots=True)
class Overdue:
    """How many things are overdue, of how many clients, and how much by currency."""

    count: int
    clients: int
    sums: dict[str, int]


def anything() -> Q:
    """A condition that is true where somebody owes something, or may be owed; without a query of its own."""
    return Q(Exists(standing())) | Q(Exists(_called_off()))


def open_charges(*, now: datetime, tz: str, client_id: uuid.UUID | None = None) -> list[Open]:
    """Everything that is owed, the longest due first. At most three queries."""
    rows = standing().filter(**({"client": client_id} if client_id else {}))
    charges = list(rows.select_related("client"))
    parts = _parts([each.pk for each in charges])
    invoices = _invoices([each.pk for each in charges])
    found = [_open(each, parts.get(each.pk, []), invoices.get(each.pk, []), now, tz) for each in charges]
    return sorted(found, key=lambda each: (each.due_at, each.charge.client.name, str(each.charge.pk)))


def open_charge(*, charge: Charge, now: datetime, tz: str) -> Open:
    """The same of one charge, whether or not anything of it is owed."""
    parts, invoices = _parts([charge.pk]), _invoices([charge.pk])
    return _open(charge, parts.get(charge.pk, []), invoices.get(charge.pk, []), now, tz)


def overdue(*, now: datetime, tz: str) -> Overdue:
    """How much is overdue, of how many. One query."""
    parts = Instalment.objects.filter(charge=OuterRef("pk"), status__in=OWED).order_by("number")
    papers = Document.objects.filter(charge=OuterRef("pk"), kind=DocumentKind.INVOICE, due_on__isnull=False)
    rows = standing().annotate(
        part_due_at=Subquery(parts.values("due_at")[:1]),
        paper_due_on=Subquery(papers.order_by("-number").values("due_on")[:1]),
    )
    late = [each for each in rows if _due(each.part_due_at, each.paper_due_on, each, tz)[1] <= now]
    totals: dict[str, int] = {}
    for charge in late:
        totals[charge.currency] = totals.get(charge.currency, 0) + owed_minor(charge)
    return Overdue(len(late), len({each.client_id for each in late}), totals)


def _due(
    part_due_at: datetime | None, paper_due_on: date | None, charge: Charge, tz: str
) -> tuple[datetime, datetime]:
    """When it is due, and from when on it is late.

    A part says itself when it is due, an invoice by its last day; all else when it was sold.
    """
    due_at = part_due_at or (start_of_day(paper_due_on, tz) if paper_due_on else None)
    return (due_at, due_at + GRACE) if due_at else (charge.created_at, charge.created_at + WITHOUT_A_DAY)


@dataclass(frozen=True, slots=True)
class GiveBack:
    """Money that was received by hand for a session that was called off, and is the client's again."""

    charge: Charge
    minor: int


def to_give_back() -> list[GiveBack]:
    """What was promised back by cancelling, and neither went to a card nor was noted as given. One query."""
    refunds = Refund.objects.filter(attempt__charge=OuterRef("pk")).exclude(status=RefundStatus.REFUSED)
    in_hand = ManualPayment.objects.filter(charge=OuterRef("pk"), taken_back_at=None)
    given = in_hand.filter(amount_minor__lt=0)
    rows = _called_off().annotate(
        by_card=_sum(refunds, "attempt__charge"), in_hand=_sum(in_hand, "charge"), given=_sum(given, "charge")
    )
    found = [
        GiveBack(each, min(each.promised - each.by_card + each.given, each.in_hand))
        for each in rows.select_related("client").order_by("created_at")
    ]
    return [each for each in found if each.minor > 0]


def _called_off() -> QuerySet[Any]:
    """Charges of sessions that were called off with money back, of which some was paid by hand."""
    done = Cancellation.objects.filter(booking=OuterRef("reference"), status=CancellationStatus.DONE)
    promised = done.filter(money_back_minor__gt=0).order_by("-asked_at").values("money_back_minor")[:1]
    by_hand = ManualPayment.objects.filter(charge=OuterRef("pk"), taken_back_at=None)
    rows = Charge.objects.filter(Exists(by_hand), purpose="booking").annotate(promised=Subquery(promised))
    return rows.filter(promised__isnull=False)


def _sum(rows: QuerySet[Any], group: str) -> Coalesce:
    summed = rows.order_by().values(group).annotate(minor=Sum("amount_minor")).values("minor")
    return Coalesce(Subquery(summed), 0)


def standing() -> QuerySet[Charge]:
    """Charges of which something is owed. What was ordered and never paid is not: the order ended."""
    packs = Pack.objects.filter(pk=OuterRef("reference"), status=PackStatus.ACTIVE, paid_at=None)
    bookings = Booking.objects.filter(pk=OuterRef("reference"), status__in=FUNDED)
    begun = RetainerPeriod.objects.filter(pk=OuterRef("reference"))
    begun = begun.exclude(retainer__status=RetainerStatus.PENDING)
    # An order gives nothing before it is paid, and is owed by nobody.
    # But one that the coach has set up for a payer is, like an invoice; and one that was paid, and is not.
    set_up = Q(status=OrderStatus.PENDING, agreed__by=packs_for.BY_COACH) | Q(status=OrderStatus.PAID)
    for_others = Order.objects.filter(set_up, pk=OuterRef("reference"))
    known = ("booking", *OF_PACKS, "retainer", "order", packs_for.PURPOSE)
    return Charge.objects.filter(
        Q(purpose__in=OF_PACKS) & Exists(packs)
        | Q(purpose="booking") & Exists(bookings)
        | Q(purpose="retainer") & Exists(begun)
        | Q(purpose=packs_for.PURPOSE) & Exists(for_others)
        | ~Q(purpose__in=known),
        amount_minor__gt=F("waived_minor") + F("paid_minor"),
    )


def _parts(charge_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Instalment]]:
    found: dict[uuid.UUID, list[Instalment]] = {}
    for part in Instalment.objects.filter(charge__in=charge_ids).order_by("charge_id", "number"):
        found.setdefault(part.charge_id, []).append(part)
    return found


def _invoices(charge_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Document]]:
    found: dict[uuid.UUID, list[Document]] = {}
    papers = Document.objects.filter(charge__in=charge_ids, kind=DocumentKind.INVOICE).order_by("number")
    for paper in papers:
        found.setdefault(paper.charge_id, []).append(paper)
    return found


def _open(charge: Charge, parts: list[Instalment], invoices: list[Document], now: datetime, tz: str) -> Open:
    owed_parts = [each for each in parts if each.status in OWED]
    left = owed_minor(charge)
    due_at, late_at = _due(
        owed_parts[0].due_at if owed_parts else None,
        next((each.due_on for each in reversed(invoices) if each.due_on), None),
        charge,
        tz,
    )
    return Open(
        charge=charge,
        left_minor=left,
        next_minor=_next_minor(owed_parts, charge, now) or left,
        due_at=due_at,
        late_at=late_at,
        now=now,
        by_card=bool(owed_parts) and owed_parts[0].by_card,
        papers=tuple(each.label for each in invoices),
    )


def _next_minor(parts: list[Instalment], charge: Charge, now: datetime) -> int:
    return instalments.next_owed_minor(parts, currency=charge.currency, now=now) if parts else 0


def by_client(rows: Iterable[Open]) -> list[OfClient]:
    """The rows under their clients, whoever has owed the longest first."""
    found: dict[uuid.UUID, list[Open]] = {}
    for row in rows:
        found.setdefault(row.charge.client_id, []).append(row)
    return [OfClient(each, own[0].charge.client.name, tuple(own)) for each, own in found.items()]


def sums(rows: Iterable[Open]) -> dict[str, int]:
    """What is owed in all, by currency."""
    totals: dict[str, int] = {}
    for row in rows:
        currency = row.charge.currency
        totals[currency] = totals.get(currency, 0) + row.left_minor
    return totals


def for_matching(rows: Iterable[Open]) -> list[Owed]:
    """What a transfer could be for: all that is left of each, or its next part."""
    return [
        Owed(
            charge_id=row.charge.pk,
            client_id=row.charge.client_id,
            client=row.charge.client.name,
            what=row.charge.description,
            currency=row.charge.currency,
            amounts=tuple(dict.fromkeys((row.left_minor, row.next_minor))),
            names=tuple(filter(None, [row.charge.client.billing.get("name", "")])),
            labels=row.papers,
        )
        for row in rows
    ]
