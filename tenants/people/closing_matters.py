"""What is open when a coach wants to close the practice: what comes first, and what becomes of the rest."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Sum

from tenants.billing.models import (
    UNDECIDED_DISPUTES,
    UNFINISHED,
    Dispute,
    PaymentAttempt,
    Refund,
    RefundStatus,
)
from tenants.earnings.owed import standing
from tenants.packs.models import Pack, PackStatus
from tenants.registry.closing import Matter
from tenants.retainers.models import RUNNING, Retainer, RetainerStatus
from tenants.scheduling.models import Booking, BookingStatus

LIVE = (BookingStatus.HELD, BookingStatus.REQUESTED, BookingStatus.CONFIRMED)


def matters(*, now: datetime) -> Iterator[Matter]:
    """Step: the open ones of the current practice, each a sentence for its coach."""
    yield from _first(now)
    yield from _afterwards(now)


def _first(now: datetime) -> Iterator[Matter]:
    coming = Booking.objects.filter(status__in=LIVE, session__ends_at__gt=now)
    if count := coming.exclude(status=BookingStatus.HELD, hold_expires_at__lte=now).count():
        yield Matter(f"{_many(count, 'booking')} to come. Call them off, or wait until they are over.", True)
    if count := PaymentAttempt.objects.filter(status__in=UNFINISHED).count():
        yield Matter(f"{_many(count, 'payment')} under way. Look again when they have arrived.", True)
    if count := Refund.objects.filter(status=RefundStatus.ASKED).count():
        yield Matter(f"{_many(count, 'refund')} under way. Look again when they have arrived.", True)
    if count := Dispute.objects.filter(status__in=UNDECIDED_DISPUTES).count():
        yield Matter(f"{_many(count, 'dispute')} not decided. Wait for the bank’s answer.", True)


def _afterwards(now: datetime) -> Iterator[Matter]:
    if units := _units_left(now):
        yield Matter(
            f"{_many(units, 'paid session')} left of packs. Nobody can book them any more: refund them "
            "first, or agree with each client how you make up for them."
        )
    if count := Retainer.objects.filter(status__in=RUNNING | {RetainerStatus.PAUSED}).count():
        yield Matter(f"{_many(count, 'retainer')} will end at once, and no card is charged again.")
    if count := standing().count():
        yield Matter(f"{_many(count, 'amount')} still owed to you. They stay owed, and nobody is reminded.")


def _units_left(now: datetime) -> int:
    packs = Pack.objects.filter(status=PackStatus.ACTIVE).exclude(expires_at__lte=now)
    left = packs.annotate(left=Sum("entries__units")).filter(left__gt=0)
    return sum(left.values_list("left", flat=True))


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"
