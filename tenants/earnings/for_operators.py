"""What a practice says of itself to the platform's operators: counts, first times, and volume by month.

Said by a worker some minutes after something happened, and each morning, so that no request pays for it and
no page of the operators has to ask every practice. Figures only: no names, no ids of people.
"""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Min, Q, Sum
from django.db.models.functions import TruncMonth

from kit.database import current_schema, read_only
from tenants.activity.models import Event
from tenants.billing.models import EntryKind, LedgerEntry
from tenants.clients.models import Client
from tenants.messaging.models import Mail, MailStatus
from tenants.registry import books, volumes, wakeups
from tenants.scheduling.models import Booking

# However much happens, it is said once in so long.
SOON = timedelta(minutes=5)
MAILS_OF = timedelta(days=30)
TENTH = 10


def begin(*, event: Event, now: datetime) -> None:
    """Step: money moved or a session was booked, so the figures are others in a moment."""
    ask(now=now, due_at=now + SOON)


def ask(*, now: datetime, due_at: datetime) -> None:
    """Step: have them said. Asked for again before that, they are said once."""
    tenant_id = uuid.UUID(current_schema().removeprefix("t_"))
    wakeups.ask(kind="figures", reference=tenant_id, due_at=due_at, now=now)


def state(*, reference: uuid.UUID, now: datetime) -> None:
    """Use case of the wakeup "figures": look, and say what there is."""
    with read_only():
        said, months = _counts(now), _months()
    with transaction.atomic(durable=True):
        books.say(**said)
        volumes.say(months=months, now=now)


def _counts(now: datetime) -> dict[str, Any]:
    booked = Booking.objects.filter(confirmed_at__isnull=False)
    failed = Q(status=MailStatus.FAILED) | Q(bounced_at__isnull=False)
    return {
        **booked.aggregate(bookings=Count("pk"), first_booking_at=Min("confirmed_at")),
        "clients": Client.objects.filter(erased_at__isnull=True).count(),
        "mails_failed": Mail.objects.filter(failed, created_at__gt=now - MAILS_OF).count(),
        "tenth_session_at": tenth_session_at(),
    }


def tenth_session_at() -> datetime | None:
    """When the tenth session was paid for by card; a later refund changes nothing of that.

    An order counts with all its sessions when its first part is captured, as it does for the fee-free ones.
    """
    first = LedgerEntry.objects.filter(kind=EntryKind.CAPTURE, attempt__charge__units__gt=0)
    orders = first.values("attempt__charge_id", "attempt__charge__units").annotate(paid_at=Min("at"))
    so_far = 0
    for order in orders.order_by("paid_at")[:TENTH]:
        so_far += order["attempt__charge__units"]
        if so_far >= TENTH:
            paid_at: datetime = order["paid_at"]
            return paid_at
    return None


def _months() -> list[volumes.Month]:
    sums = (
        LedgerEntry.objects.annotate(month=TruncMonth("at", tzinfo=UTC))
        .values("month", "currency")
        .annotate(
            payments=Count("pk", filter=Q(kind=EntryKind.CAPTURE)),
            paid=Sum("amount_minor", filter=Q(kind=EntryKind.CAPTURE), default=0),
            refunded=Sum("amount_minor", filter=Q(kind=EntryKind.REFUND), default=0),
            by_hand=Sum("amount_minor", filter=Q(kind=EntryKind.RECEIVED), default=0),
        )
        .order_by("month", "currency")
    )
    return [
        volumes.Month(
            month=each["month"].date(),
            currency=each["currency"],
            payments=each["payments"],
            paid_minor=each["paid"],
            refunded_minor=-each["refunded"],
            by_hand_minor=each["by_hand"],
        )
        for each in sums
    ]
