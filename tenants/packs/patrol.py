"""What a patrol looks for among orders of packs."""

from datetime import datetime

from django.db.models import Exists, OuterRef

from tenants.billing.models import LIVE, PaymentAttempt
from tenants.packs.models import Pack, PackStatus
from tenants.paperwork.requirements import DONE_WITHIN
from tenants.registry import wakeups
from tenants.registry.patrols import LATE, Missed


def forgotten_orders(*, now: datetime) -> list[Missed]:
    """They wait for papers or payment for longer than any does, and nobody will end them."""
    being_paid = PaymentAttempt.objects.filter(charge__reference=OuterRef("pk"), status__in=LIVE)
    rows = Pack.objects.filter(
        ~wakeups.asked("pack_papers"),
        ~Exists(being_paid),
        status=PackStatus.PENDING,
        first_booking=None,
        bought_at__lte=now - DONE_WITHIN - LATE,
    )
    return [Missed(pack_id, ("pack_papers", pack_id)) for pack_id in rows.values_list("pk", flat=True)]
