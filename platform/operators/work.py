"""What is to be done by workers: due work by kind, Stripe's events, the queues themselves, and what failed.

Read from the shared plane and from the queue's server, for all coaches at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import redis
from django.conf import settings
from django.db.models import Count, Min, Q, QuerySet

from connect.models import StripeEvent, StripeEventStatus
from operators.sandboxes import from_sandbox, in_sandbox
from operators.stuck import OFTEN
from tenants.registry.models import Books, Tenant, TenantSchemaState, TenantStatus, Wakeup

QUEUES = (settings.CELERY_TASK_DEFAULT_QUEUE, "outward", "provisioning")
MOST_SHOWN = 50
_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Kind:
    """Work of one kind: how much there is, how much of it is due, since when, and how much keeps failing.

    What sandboxes asked for is in none of these: it is counted apart, since the same workers do it.
    """

    kind: str
    asked: int
    due: int
    oldest: datetime | None
    failing: int
    of_sandboxes: int


@dataclass(frozen=True, slots=True)
class Queue:
    """How many hints lie in a queue; None where its server does not answer."""

    name: str
    length: int | None


@dataclass(frozen=True, slots=True)
class Failed:
    """A schema that the last run of `migrate` could not bring further, or that has none."""

    tenant: Tenant | None
    schema_name: str
    at: datetime | None
    error: str


def wakeups(*, now: datetime) -> list[Kind]:
    """By kind, those with the oldest due work first."""
    theirs, due = Q(is_theirs=True), Q(due_at__lte=now, is_theirs=False)
    kinds = (
        Wakeup.objects.annotate(is_theirs=in_sandbox())
        .values("kind")
        .annotate(
            asked=Count("pk", filter=~theirs),
            due=Count("pk", filter=due),
            oldest=Min("due_at", filter=due),
            failing=Count("pk", filter=Q(attempts__gte=OFTEN, is_theirs=False)),
            of_sandboxes=Count("pk", filter=theirs),
        )
    )
    rows = [Kind(**each) for each in kinds.order_by("kind")]
    return sorted(rows, key=lambda row: (row.oldest is None, row.oldest or now))


def events(*, now: datetime) -> Sequence[Any]:
    """Stripe's events that have had no effect yet, by type, the oldest first; those of sandboxes apart."""
    open_ones = StripeEvent.objects.filter(
        ~from_sandbox(), status__in=[StripeEventStatus.WAITING, StripeEventStatus.PARKED]
    )
    counted = open_ones.values("type").annotate(
        waiting=Count("pk", filter=Q(status=StripeEventStatus.WAITING)),
        parked=Count("pk", filter=Q(status=StripeEventStatus.PARKED)),
        oldest=Min("received_at"),
    )
    return list(counted.order_by("oldest"))


def queues() -> list[Queue]:
    """Empty is usual: they hold hints only, and the sweeper finds all work without them."""
    server = redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=_SECONDS, socket_timeout=_SECONDS
    )
    with server:
        return [Queue(name, _length(server, name)) for name in QUEUES]


def _length(server: "redis.Redis", name: str) -> int | None:
    try:
        return int(server.llen(name))
    except redis.RedisError:
        return None


def waiting_for_a_schema() -> QuerySet[Tenant]:
    """Who has signed up and is being set up, the longest first, sandboxes last."""
    return Tenant.objects.filter(status=TenantStatus.PROVISIONING).order_by("is_sandbox", "created_at")


def failed_states() -> QuerySet[TenantSchemaState]:
    """The schemas that the last run of `migrate` could not bring further."""
    return TenantSchemaState.objects.filter(failed_at__isnull=False)


def failed_migrations() -> list[Failed]:
    """The oldest failure first."""
    states = failed_states().order_by("failed_at")[:MOST_SHOWN]
    known = TenantSchemaState.objects.values("schema_name")
    lost = Tenant.objects.exclude(status=TenantStatus.PROVISIONING).exclude(schema_name__in=known)
    found = Tenant.objects.filter(schema_name__in=[each.schema_name for each in states])
    tenants = {each.schema_name: each for each in found}
    unknown = "Nothing is known of its schema."
    return [
        *(
            Failed(tenants.get(each.schema_name), each.schema_name, each.failed_at, each.error)
            for each in states
        ),
        *(Failed(each, each.schema_name, None, unknown) for each in lost.order_by("created_at")[:MOST_SHOWN]),
    ]


def failed_mails() -> list[tuple[Tenant, int]]:
    """Practices of whose mails of the last 30 days some did not arrive, with how many; the most first."""
    failed = Books.objects.filter(~in_sandbox(), mails_failed__gt=0)
    said = failed.order_by("-mails_failed", "schema_name")[:MOST_SHOWN]
    by_schema = {each.schema_name: each.mails_failed for each in said}
    tenants = {each.schema_name: each for each in Tenant.objects.filter(schema_name__in=list(by_schema))}
    return [(tenants[name], count) for name, count in by_schema.items() if name in tenants]
