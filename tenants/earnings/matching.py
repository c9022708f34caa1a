"""Whether anything fell through: a day's sessions, what funds them, and the payments, matched three ways.

What does not match stands in a queue, each with its age and with what can be done about it. That a row should
never be there is for the patrol to say; here are things that happen in life and wait for somebody.
"""

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from kit.clock import start_of_day, zone
from payouts.models import Payout, PayoutStatus
from tenants.billing.attempts import UNWANTED
from tenants.billing.models import (
    UNDECIDED_DISPUTES,
    AttemptStatus,
    Charge,
    ChargeStatus,
    Dispute,
    EntryKind,
    LedgerEntry,
    PaymentAttempt,
    Refund,
    RefundStatus,
)
from tenants.earnings.books import funding
from tenants.scheduling.models import (
    FUNDED,
    Booking,
    BookingStatus,
    Cancellation,
    CancellationStatus,
    Funding,
)

# Older things have been looked at, or nobody minds.
LOOKED_BACK: Final = timedelta(days=60)
# Payments are decided within minutes.
USUAL: Final = timedelta(hours=1)
MOST_SHOWN: Final = 50
CAME_IN: Final = (EntryKind.CAPTURE, EntryKind.RECEIVED)


@dataclass(frozen=True, slots=True)
class Day:
    """One day on the coach's wall: `given` sessions, how many of them something pays for and by what; how
    many the coach has marked; `payments` that came in, and how many of them belong to something sold."""

    on: date
    given: int
    funded: int
    marked: int
    by_funding: dict[str, int]
    payments: int
    matched: int

    @property
    def matches(self) -> bool:
        return self.given == self.funded and self.payments == self.matched


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that does not match, of a kind in `LOOKS`: `reference` is the row that can be acted upon."""

    kind: str
    reference: uuid.UUID
    since: datetime
    client: str = ""
    about: str = ""
    amount_minor: int = 0
    currency: str = ""


# --- a day -------------------------------------------------------------------------------------------


def day(*, on: date, tz: str) -> Day:
    """What took place on a day and what came in, five queries."""
    begins, ends = start_of_day(on, tz), start_of_day(on + timedelta(days=1), tz)
    held = Booking.objects.filter(
        status__in=FUNDED, session__starts_at__gte=begins, session__starts_at__lt=ends
    )
    bookings = list(held.order_by("pk"))
    states = funding.states(bookings)
    came_in = LedgerEntry.objects.filter(kind__in=CAME_IN, at__gte=begins, at__lt=ends, amount_minor__gt=0)
    return Day(
        on=on,
        given=len(bookings),
        funded=sum(state == funding.IS_FUNDED for state in states.values()),
        marked=sum(booking.status != BookingStatus.CONFIRMED for booking in bookings),
        by_funding=dict(Counter(str(booking.funding) for booking in bookings).most_common()),
        payments=came_in.count(),
        matched=came_in.exclude(_belongs_to_nothing()).count(),
    )


def _belongs_to_nothing() -> Q:
    """Money that nobody wanted and that has not gone back yet, or whose session is gone."""
    back = Q(attempt__refunded_minor__gte=F("attempt__captured_minor"))
    ended = Booking.objects.filter(pk=OuterRef("sold_id"), status=BookingStatus.EXPIRED)
    return Q(Q(attempt__reason=UNWANTED) | Q(Exists(ended)), ~back, attempt__isnull=False)


# --- what waits --------------------------------------------------------------------------------------


def waiting(*, now: datetime, tz: str) -> list[Waiting]:
    """Everything that does not match, the oldest first. One query for each kind."""
    today = start_of_day(now.astimezone(zone(tz)).date(), tz)
    found = [each for look in LOOKS.values() for each in look(now, today)]
    return sorted(found, key=lambda each: (each.since, each.kind, str(each.reference)))[:MOST_SHOWN]


def _given(now: datetime, until: datetime) -> QuerySet[Booking]:
    """Sessions that are over."""
    rows = Booking.objects.filter(
        status__in=FUNDED, session__ends_at__lt=until, session__ends_at__gte=now - LOOKED_BACK
    )
    return rows.select_related("client", "session")


def unmarked(now: datetime, today: datetime) -> list[Waiting]:
    """Given yesterday or before, and nobody has said whether the client came."""
    rows = _given(now, today).filter(status=BookingStatus.CONFIRMED)
    return [_of_booking("unmarked", booking) for booking in rows]


def owed_for_given(now: datetime, today: datetime) -> list[Waiting]:
    """The session is over, and something of its price is open."""
    given = _given(now, now).filter(pk=OuterRef("reference"))
    ended = given.values("session__ends_at")
    open_ones = Charge.objects.filter(
        Exists(given), purpose="booking", status__in=(ChargeStatus.OPEN, ChargeStatus.PARTIALLY_PAID)
    ).annotate(since=ended[:1])
    return [
        Waiting(
            "owed_for_given",
            charge.pk,
            charge.since,
            charge.client.name,
            charge.description,
            charge.amount_minor - charge.waived_minor - charge.paid_minor,
            charge.currency,
        )
        for charge in open_ones.select_related("client")
    ]


def refunded_but_given(now: datetime, today: datetime) -> list[Waiting]:
    """The session took place, and all that was paid for it went back."""
    given = _given(now, now).filter(funded_by=OuterRef("pk")).exclude(status=BookingStatus.NO_SHOW)
    rows = _captured().filter(Exists(given), refunded_minor__gte=F("captured_minor"))
    return [_of_attempt("refunded_but_given", each, each.refunded_minor) for each in rows]


def paid_not_given(now: datetime, today: datetime) -> list[Waiting]:
    """The session is off, and no rule keeps what was paid for it."""
    kept = Cancellation.objects.filter(booking=OuterRef("pk"), status=CancellationStatus.DONE, outcome="used")
    off = Booking.objects.filter(
        ~Exists(kept), funded_by=OuterRef("pk"), status=BookingStatus.CANCELLED, funding=Funding.CARD
    )
    on_its_way = Refund.objects.filter(attempt=OuterRef("pk")).exclude(status=RefundStatus.REFUSED)
    rows = _captured().filter(Exists(off), ~Exists(on_its_way), captured_at__gte=now - LOOKED_BACK)
    left = rows.filter(refunded_minor__lt=F("captured_minor") - F("lost_minor"))
    return [_of_attempt("paid_not_given", each, each.captured_minor - each.refunded_minor) for each in left]


def refused_refunds(now: datetime, today: datetime) -> list[Waiting]:
    """Decided, refused by Stripe, and the money has not gone back another way."""
    rows = Refund.objects.filter(status=RefundStatus.REFUSED, created_at__gte=now - LOOKED_BACK)
    open_ones = rows.filter(attempt__refunded_minor__lt=F("amount_minor"))
    return [
        Waiting(
            "refused_refund",
            refund.attempt_id,
            refund.created_at,
            refund.attempt.charge.client.name,
            refund.attempt.charge.description,
            refund.amount_minor,
            refund.attempt.currency,
        )
        for refund in open_ones.select_related("attempt__charge__client")
    ]


def undecided_payments(now: datetime, today: datetime) -> list[Waiting]:
    """What became of it was not heard from Stripe for longer than usual."""
    rows = PaymentAttempt.objects.filter(
        status__in=(AttemptStatus.CAPTURING, AttemptStatus.RELEASING, AttemptStatus.UNREACHABLE),
        created_at__lte=now - USUAL,
    ).exclude(status=AttemptStatus.UNREACHABLE, created_at__lt=now - timedelta(days=8))
    return [
        _of_attempt("undecided_payment", each, each.amount_minor)
        for each in rows.select_related("charge__client")
    ]


def open_disputes(now: datetime, today: datetime) -> list[Waiting]:
    """The coach's to answer, at Stripe."""
    rows = Dispute.objects.filter(status__in=UNDECIDED_DISPUTES).select_related("attempt__charge__client")
    return [
        Waiting(
            "open_dispute",
            row.attempt_id,
            row.opened_at,
            row.attempt.charge.client.name,
            row.attempt.charge.description,
            row.amount_minor,
            row.currency,
        )
        for row in rows
    ]


def failed_payouts(now: datetime, today: datetime) -> list[Waiting]:
    """Not taken by the bank, and nothing has arrived since."""
    arrived = Payout.objects.filter(
        status=PayoutStatus.PAID, currency=OuterRef("currency"), made_at__gt=OuterRef("made_at")
    )
    failed = Payout.objects.filter(~Exists(arrived), status=PayoutStatus.FAILED)
    rows = failed.filter(made_at__gte=now - LOOKED_BACK)
    return [
        Waiting("failed_payout", row.pk, row.made_at, amount_minor=row.amount_minor, currency=row.currency)
        for row in rows
    ]


LOOKS: Final = {
    "unmarked": unmarked,
    "owed_for_given": owed_for_given,
    "refunded_but_given": refunded_but_given,
    "paid_not_given": paid_not_given,
    "refused_refund": refused_refunds,
    "undecided_payment": undecided_payments,
    "open_dispute": open_disputes,
    "failed_payout": failed_payouts,
}


def _captured() -> QuerySet[PaymentAttempt]:
    rows = PaymentAttempt.objects.filter(status=AttemptStatus.CAPTURED).exclude(reason=UNWANTED)
    return rows.select_related("charge__client")


def _of_booking(kind: str, booking: Booking) -> Waiting:
    name = booking.client.name if booking.client else ""
    return Waiting(kind, booking.pk, booking.session.ends_at, name, booking.agreed.get("name", ""))


def _of_attempt(kind: str, attempt: PaymentAttempt, minor: int) -> Waiting:
    return Waiting(
        kind,
        attempt.pk,
        attempt.captured_at or attempt.created_at,
        attempt.charge.client.name,
        attempt.charge.description,
        minor,
        attempt.currency,
    )


def counted(rows: Iterable[Waiting]) -> dict[str, int]:
    """How many of each kind, the most first."""
    return dict(Counter(each.kind for each in rows).most_common())


def oldest(rows: Sequence[Waiting]) -> datetime | None:
    return min((each.since for each in rows), default=None)
