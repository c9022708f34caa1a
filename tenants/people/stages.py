"""How far somebody has come as a client: a prospect, a buyer, active, or past.

The rule is `stage_of`; the same rule stands as an expression, so that a list can be filtered by it.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Exists,
    ExpressionWrapper,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TextChoices,
    Value,
    When,
)

from tenants.activity.models import Event
from tenants.clients.models import Client
from tenants.packs.models import Pack, PackStatus
from tenants.retainers.models import Retainer, RetainerStatus
from tenants.scheduling.models import FUNDED, Booking, Funding

LATELY = timedelta(days=90)
_GIVEN = (Funding.FREE, Funding.COMP)
_RUNNING = (RetainerStatus.ENDED, RetainerStatus.VOID, RetainerStatus.PENDING)


class Stage(TextChoices):
    PROSPECT = "prospect", "Prospect"
    BUYER = "buyer", "Buyer"
    ACTIVE = "active", "Active"
    PAST = "past", "Past"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the stage follows from. `holds`: sessions are left of a pack, or a retainer runs. `was_paid_for`:
    a session of theirs was paid for, by whomever; free ones do not count."""

    buyer_since: datetime | None
    next_at: datetime | None
    last_at: datetime | None
    was_paid_for: bool
    holds: bool


def stage_of(facts: Facts, *, now: datetime) -> Stage:
    """Pure. A free session makes nobody a buyer, so that a prospect can have a sample session."""
    if facts.holds:
        return Stage.ACTIVE
    if facts.buyer_since is None and not facts.was_paid_for:
        return Stage.PROSPECT
    if facts.next_at or _is_lately(facts.last_at, now):
        return Stage.ACTIVE
    if facts.last_at is None and _is_lately(facts.buyer_since, now):
        return Stage.BUYER
    return Stage.PAST


def _is_lately(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment >= now - LATELY


def facts_of(client: Any) -> Facts:
    """Of a row that comes from `with_facts`."""
    return Facts(client.buyer_since, client.next_at, client.last_at, client.was_paid_for, client.holds)


def stages(client_ids: Collection[uuid.UUID], *, now: datetime) -> dict[uuid.UUID, Stage]:
    """The stage of each of these. One query."""
    rows = with_facts(Client.objects.filter(pk__in=client_ids), now=now)
    return {each.pk: stage_of(facts_of(each), now=now) for each in rows}


def with_facts(rows: QuerySet[Client], *, now: datetime) -> QuerySet[Any]:
    """Clients with `next_at`, `last_at`, `was_paid_for` and `holds`."""
    own = Booking.objects.filter(client=OuterRef("pk"), status__in=FUNDED).order_by().values("client")
    coming = own.filter(session__starts_at__gt=now).annotate(at=Min("session__starts_at")).values("at")
    past = own.filter(session__starts_at__lte=now).annotate(at=Max("session__starts_at")).values("at")
    return rows.annotate(
        next_at=Subquery(coming),
        last_at=Subquery(past),
        was_paid_for=Exists(own.exclude(funding__in=_GIVEN)),
        holds=ExpressionWrapper(
            Q(Exists(_packs_with_units(now))) | Q(Exists(_retainers())), output_field=BooleanField()
        ),
    )


def _packs_with_units(now: datetime) -> QuerySet[Any]:
    valid = Q(expires_at=None) | Q(expires_at__gt=now)
    packs = Pack.objects.filter(valid, client=OuterRef("pk"), status=PackStatus.ACTIVE)
    return packs.annotate(left=Sum("entries__units")).filter(left__gt=0)


def _retainers() -> QuerySet[Retainer]:
    return Retainer.objects.filter(client=OuterRef("pk")).exclude(status__in=_RUNNING)


def at_stage(rows: QuerySet[Any], stage: str, *, now: datetime) -> QuerySet[Any]:
    """Those of `with_facts` that are at a stage: `stage_of` in the database's words."""
    lately = now - LATELY
    nobody_paid = Q(buyer_since=None, was_paid_for=False)
    rule = Case(
        When(holds=True, then=Value(Stage.ACTIVE.value)),
        When(nobody_paid, then=Value(Stage.PROSPECT.value)),
        When(Q(next_at__isnull=False) | Q(last_at__gte=lately), then=Value(Stage.ACTIVE.value)),
        When(last_at=None, buyer_since__gte=lately, then=Value(Stage.BUYER.value)),
        default=Value(Stage.PAST.value),
        output_field=CharField(),
    )
    return rows.annotate(stage=rule).filter(stage=stage)


def on_paid(*, event: Event, now: datetime) -> None:
    """Step, of a payment by card or by hand: whoever paid is a buyer from the first time on."""
    assert event.client_id is not None
    Client.objects.filter(pk=event.client_id, buyer_since=None).update(buyer_since=event.at)
