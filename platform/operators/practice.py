"""All that the shared plane knows of one practice, read in a fixed number of questions."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from accounts import audit
from accounts.models import AuditEntry
from connect.models import ConnectAccount, StripeEvent, StripeEventStatus
from fees.models import FeeAccount
from operators import figures, stuck, turnover
from tenants.registry import books, patrols
from tenants.registry.models import Books, Domain, Membership, Tenant, TenantStatus, Wakeup

MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Story:
    """One coach's practice, for its page. `wakeups` are due or have failed; `planned` counts the rest."""

    tenant: Tenant
    row: figures.Row
    members: list[Membership]
    accounts: list[ConnectAccount]
    terms: FeeAccount | None
    said: Books | None
    turnover: list[turnover.Turnover]
    findings: list[str]
    events: list[StripeEvent]
    wakeups: list[Wakeup]
    planned: int
    domains: list[Domain]
    acts: list[AuditEntry]
    unheard: int


def story_of(tenant: Tenant, *, now: datetime) -> Story:
    schema = tenant.schema_name
    asked = Wakeup.objects.filter(schema_name=schema)
    accounts = list(ConnectAccount.objects.filter(schema_name=schema).order_by("-created_at"))
    return Story(
        tenant=tenant,
        row=figures.rows([tenant])[0],
        members=list(Membership.objects.filter(tenant=tenant).select_related("user").order_by("created_at")),
        accounts=accounts,
        terms=FeeAccount.objects.filter(schema_name=schema).first(),
        said=books.of_tenant(schema_name=schema),
        turnover=turnover.by_currency(now=now, schema_name=schema),
        findings=[
            stuck.WORDS.get(each.kind, each.kind)
            for each in patrols.open_findings(schema_name=schema).order_by("found_at")[:MOST_SHOWN]
        ],
        events=_events([each.account_id for each in accounts if each.account_id]),
        wakeups=list(asked.filter(_is_late(now)).order_by("due_at")[:MOST_SHOWN]),
        planned=asked.exclude(_is_late(now)).count(),
        domains=list(Domain.objects.filter(tenant=tenant).order_by("created_at", "pk")),
        acts=list(audit.entries(schema_name=schema)[:MOST_SHOWN]),
        unheard=_unheard(tenant, [each.account_id for each in accounts if each.account_id]),
    )


def _is_late(now: datetime) -> Q:
    return Q(due_at__lte=now) | Q(attempts__gt=0)


def _unheard(tenant: Tenant, account_ids: list[str]) -> int:
    """Of Stripe's, that came here since it has moved."""
    if tenant.status != TenantStatus.MOVED:
        return 0
    said = StripeEvent.objects.filter(Q(account_id__in=account_ids) | Q(object_id__in=account_ids))
    return said.filter(status=StripeEventStatus.IGNORED, note__contains=tenant.moving_to).count()


def _events(account_ids: list[str]) -> list[StripeEvent]:
    """Of Stripe's, without an effect so far."""
    waiting = [StripeEventStatus.WAITING, StripeEventStatus.PARKED]
    found = StripeEvent.objects.filter(account_id__in=account_ids, status__in=waiting)
    return list(found.order_by("received_at")[:MOST_SHOWN])
