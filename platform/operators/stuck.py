"""What does not go on by itself: patrols' findings, Stripe's events and due work that failed again and again.

Read from the shared plane, for all coaches at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from connect.models import ConnectAccount, StripeEvent, StripeEventStatus
from operators.sandboxes import from_sandbox, in_sandbox
from tenants.registry import patrols
from tenants.registry.models import Finding, Tenant, Wakeup

# The sweeper comes every few seconds.
OVERDUE = timedelta(minutes=5)
OFTEN = 3
MOST_SHOWN = 100

# Of each kind of `config.wiring.PATROL`.
WORDS = {
    "unpaid_booking": "A session stands as paid by card, but no captured payment is behind it.",
    "refunded_booking": "All of the payment went back, but the session is still to take place.",
    "payment_without_booking": "A payment was taken, and no booking stands on it.",
    "booking_without_unit": "A session stands as paid by a pack, whose ledger spends nothing on it.",
    "unit_without_booking": "A unit of a pack is spent on a session that does not stand.",
    "forgotten_request": "A request is unanswered past its time. Its end was asked for again.",
    "forgotten_cancellation": "A session was called off, and still stands. It was asked for again.",
    "forgotten_reminder": "A session is reminded of by nobody. It was asked for again.",
    "forgotten_hold": "A time is kept long after its hold ran out. Its end was asked for again.",
    "forgotten_payment": "A payment was looked after by nobody. It was asked for again.",
    "forgotten_refund": "A refund was brought to Stripe by nobody. It was asked for again.",
    "forgotten_instalment": "A part of a charge was collected by nobody. It was asked for again.",
    "forgotten_dispute": "A dispute was looked at by nobody. It was asked for again.",
    "payment_without_order": "A payment was taken, and its order does not stand as paid.",
    "order_without_goods": "An order stands as paid, and sessions that it includes are not there.",
    "forgotten_order": "An order waits for ever. Its end was asked for again.",
    "forgotten_pack_order": "An order of a pack waits for ever. Its end was asked for again.",
    "altered_acceptance": "What a client has accepted is not what stands there now, by its hash.",
    "late_mail": "A mail has waited for hours. Its sending was asked for again.",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that is stuck, and the practice that it is of; None where that is not known."""

    it: Finding | StripeEvent | Wakeup
    tenant: Tenant | None
    words: str = ""


def count(*, now: datetime) -> int:
    """How many things are stuck, of all kinds: of sandboxes, none."""
    found = patrols.open_findings().filter(~in_sandbox()).values("pk")
    events = _events(now).filter(~from_sandbox()).values("pk")
    return found.union(events, _wakeups().filter(~in_sandbox()).values("pk"), all=True).count()


def findings() -> list[Row]:
    """What patrols found and has not gone since, the oldest first, sandboxes last."""
    rows = patrols.open_findings().order_by(in_sandbox(), "found_at")
    found = list(rows[:MOST_SHOWN])
    tenants = _tenants(each.schema_name for each in found)
    return [Row(each, tenants.get(each.schema_name), WORDS.get(each.kind, each.kind)) for each in found]


def events(*, now: datetime) -> list[Row]:
    """Stripe's events that are parked or overdue, the oldest first, sandboxes last."""
    found = list(_events(now).order_by(from_sandbox(), "received_at")[:MOST_SHOWN])
    about = [each.account_id or each.object_id for each in found]
    accounts = ConnectAccount.objects.filter(account_id__in=set(about))
    schemas = dict(accounts.values_list("account_id", "schema_name"))
    tenants = _tenants(schemas.values())
    return [
        Row(each, tenants.get(schemas.get(account, ""))) for each, account in zip(found, about, strict=True)
    ]


def wakeups() -> list[Row]:
    """Due work that failed again and again, the most tried first, sandboxes last."""
    found = list(_wakeups().order_by(in_sandbox(), "-attempts", "due_at")[:MOST_SHOWN])
    tenants = _tenants(each.schema_name for each in found)
    return [Row(each, tenants.get(each.schema_name)) for each in found]


def _events(now: datetime) -> QuerySet[StripeEvent]:
    overdue = Q(status=StripeEventStatus.WAITING, due_at__lte=now - OVERDUE)
    return StripeEvent.objects.filter(Q(status=StripeEventStatus.PARKED) | overdue)


def _wakeups() -> QuerySet[Wakeup]:
    return Wakeup.objects.filter(attempts__gte=OFTEN)


def _tenants(schemas: Iterable[str]) -> dict[str, Tenant]:
    return {each.schema_name: each for each in Tenant.objects.filter(schema_name__in=set(schemas))}
