"""What was done without the coach: counted from what is on record anyway, with the minutes each stands for.

The minutes are what the same takes by hand, set low; they are listed in docs/rules.md.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, Q, QuerySet

from payouts.models import Payout
from tenants.activity.models import Event
from tenants.billing.models import AttemptStatus, BankLine, BankLineStatus, Document, PaymentAttempt
from tenants.earnings.deeds import TRIED_AGAIN
from tenants.messaging.models import Audience, Mail, MailStatus
from tenants.scheduling.models import Booking, BookingStatus

# In words for one and for many, and the minutes that one takes by hand.
KINDS: Final = {
    "booked": ("booking taken, with its time agreed", "bookings taken, with their times agreed", 6),
    "paid": ("payment taken and matched", "payments taken and matched", 4),
    "confirmed": ("confirmation sent", "confirmations sent", 3),
    "reminded": ("reminder sent", "reminders sent", 2),
    "told": ("other mail to a client", "other mails to clients", 2),
    "papers": ("numbered paper written", "numbered papers written", 4),
    "retried": ("declined card tried again", "declined cards tried again", 5),
    "returned": ("refund followed, with its fee", "refunds followed, with their fees", 6),
    "freed": ("time freed that nobody paid for", "times freed that nobody paid for", 1),
    "recognised": ("bank transfer recognised", "bank transfers recognised", 3),
    "explained": ("payout explained", "payouts explained", 15),
}
CONFIRMATIONS: Final = ("booking_confirmed", "series_confirmed", "pack_bought", "pack_paid")
REMINDERS: Final = ("booking_reminder", "pack_low", "pack_expiring", "invoice_overdue", "instalment_upcoming")


@dataclass(frozen=True, slots=True)
class Done:
    """How often something was done in the period and in all, and the minutes that one stands for."""

    words: str
    now: int
    ever: int
    minutes_each: int


@dataclass(frozen=True, slots=True)
class AllDone:
    """Everything together: what was done, the most work first; in minutes for the period and in all."""

    rows: tuple[Done, ...]

    @property
    def minutes(self) -> int:
        return sum(row.now * row.minutes_each for row in self.rows)

    @property
    def minutes_ever(self) -> int:
        return sum(row.ever * row.minutes_each for row in self.rows)

    @property
    def times(self) -> int:
        return sum(row.now for row in self.rows)


def without_the_coach(*, since: datetime, until: datetime | None = None) -> AllDone:
    """What was done from `since` on (and before `until`), and what was ever done. Eight queries."""
    counts = _counts(since, until)
    rows = [
        Done(one if counts[kind][0] == 1 else many, *counts[kind], minutes)
        for kind, (one, many, minutes) in KINDS.items()
        if counts[kind][1]
    ]
    return AllDone(tuple(sorted(rows, key=lambda row: -(row.now * row.minutes_each))))


def _counts(since: datetime, until: datetime | None) -> dict[str, tuple[int, int]]:
    def within(name: str) -> Q:
        ended = Q(**{f"{name}__lt": until}) if until else Q()
        return Q(**{f"{name}__gte": since}) & ended

    def one(rows: QuerySet[Any], at: str) -> tuple[int, int]:
        found = rows.aggregate(now=Count("pk", filter=within(at)), ever=Count("pk"))
        return found["now"], found["ever"]

    mails = _mails(within("sent_at"))
    again = PaymentAttempt.objects.filter(TRIED_AGAIN)
    # Not what the coach has booked or accepted.
    booked = Event.objects.filter(kind="booking.confirmed").exclude(actor_kind="coach")
    return {
        **mails,
        "booked": one(booked, "at"),
        "paid": one(PaymentAttempt.objects.filter(status=AttemptStatus.CAPTURED), "captured_at"),
        "papers": one(Document.objects.all(), "issued_at"),
        "retried": one(again, "created_at"),
        "returned": one(Event.objects.filter(kind="payment.refunded"), "at"),
        "freed": one(Booking.objects.filter(status=BookingStatus.EXPIRED), "created_at"),
        "recognised": one(BankLine.objects.filter(status=BankLineStatus.MATCHED), "created_at"),
        "explained": one(Payout.objects.filter(itemised_at__isnull=False), "itemised_at"),
    }


def _mails(within: Q) -> dict[str, tuple[int, int]]:
    to_clients = Mail.objects.filter(status=MailStatus.SENT).exclude(audience=Audience.COACH)
    confirmed, reminded = Q(kind__in=CONFIRMATIONS), Q(kind__in=REMINDERS)
    groups = {"confirmed": confirmed, "reminded": reminded, "told": ~confirmed & ~reminded}
    sums = {f"{name}_now": Count("pk", filter=each & within) for name, each in groups.items()}
    sums |= {f"{name}_ever": Count("pk", filter=each) for name, each in groups.items()}
    found = to_clients.aggregate(**sums)
    return {name: (found[f"{name}_now"], found[f"{name}_ever"]) for name in groups}
