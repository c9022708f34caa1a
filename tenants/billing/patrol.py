"""What a patrol looks for among payments."""

from datetime import datetime

from tenants.billing.models import UNFINISHED, PaymentAttempt, Refund, RefundStatus
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
