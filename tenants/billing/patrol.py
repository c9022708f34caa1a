"""What a patrol looks for among payments."""

from datetime import datetime

from django.db.models import Q

from tenants.billing.disputes import LOOKED_AT_EVERY, WAITING
from tenants.billing.models import (
    UNFINISHED,
    Instalment,
    InstalmentKind,
    InstalmentStatus,
    PaymentAttempt,
    Refund,
    RefundStatus,
)
from tenants.registry import wakeups
from tenants.registry.patrols import LATE, Missed


def forgotten_payments(*, now: datetime) -> list[Missed]:
    """Undecided long past the end of their page, and nobody will look after them any more."""
    rows = PaymentAttempt.objects.filter(
        ~wakeups.asked("attempt"), status__in=UNFINISHED, expires_at__lte=now - LATE
    )
    found = rows.values_list("charge__reference", "pk")
    return [Missed(reference, ("attempt", attempt_id)) for reference, attempt_id in found]


def forgotten_refunds(*, now: datetime) -> list[Missed]:
    """Decided a while ago, and nobody will bring them to Stripe any more."""
    rows = Refund.objects.filter(
        ~wakeups.asked("refund"), status=RefundStatus.ASKED, created_at__lte=now - LATE
    )
    found = rows.values_list("attempt__charge__reference", "pk")
    return [Missed(reference, ("refund", refund_id)) for reference, refund_id in found]


def forgotten_instalments(*, now: datetime) -> list[Missed]:
    """Due a while ago, and nobody will collect or ask for them any more.

    Where nothing was paid yet nothing was given either: then nobody owes a part of it. A period is owed by
    itself.
    """
    begun = Q(charge__paid_minor__gt=0) | Q(kind=InstalmentKind.PERIOD)
    rows = Instalment.objects.filter(
        ~wakeups.asked("instalment"), begun, status=InstalmentStatus.OPEN, due_at__lte=now - LATE
    )
    found = rows.values_list("charge__reference", "pk")
    return [Missed(reference, ("instalment", part_id)) for reference, part_id in found]


def forgotten_disputes(*, now: datetime) -> list[Missed]:
    """Undecided, and not looked at for longer than they should be; nobody will any more."""
    late = now - LOOKED_AT_EVERY - LATE
    rows = PaymentAttempt.objects.filter(
        ~wakeups.asked("dispute"), disputes__status__in=WAITING, disputes__asked_at__lte=late
    )
    found = rows.distinct().values_list("charge__reference", "pk")
    return [Missed(reference, ("dispute", attempt_id)) for reference, attempt_id in found]
