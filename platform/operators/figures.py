"""Figures about coaches for operators: read from the shared plane, for many coaches at once.

Nothing here enters a tenant, so it costs the same however many there are.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery, Sum

from connect.models import AccountStatus, ConnectAccount, StripeEvent, StripeEventStatus
from fees.models import FeeAccount, FeeEntry, FeeEntryKind
from operators.sandboxes import from_sandbox, in_sandbox
from tenants.registry.models import Books, Membership, Tenant, TenantStatus


@dataclass
class Fees:
    """The platform's fees in one currency, in minor units."""

    currency: str
    charged_minor: int = 0
    returned_minor: int = 0
    uncollected_minor: int = 0

    @property
    def net_minor(self) -> int:
        return self.charged_minor - self.returned_minor


@dataclass
class Row:
    """One coach."""

    tenant: Tenant
    owners: list[str] = field(default_factory=list)
    stripe: ConnectAccount | None = None
    free_used: int = 0
    free_units: int = 0
    fees: dict[str, Fees] = field(default_factory=dict)

    @property
    def stripe_words(self) -> str:
        return self.stripe.get_status_display() if self.stripe else "Not connected"

    @property
    def stripe_meaning(self) -> str:
        if self.stripe is None:
            return "neutral"
        meanings = {AccountStatus.ACTIVE: "paid", AccountStatus.RESTRICTED: "problem"}
        return meanings.get(AccountStatus(self.stripe.status), "attention")


@dataclass(frozen=True)
class Inbox:
    """Stripe's events that have had no effect yet, those of sandboxes apart."""

    waiting: int
    parked: int
    oldest: datetime | None


STATES = {
    "open": Q(status=TenantStatus.OPEN),
    "suspended": Q(status=TenantStatus.SUSPENDED),
    "closed": Q(status=TenantStatus.CLOSED),
    "moving": Q(status__in=(TenantStatus.MOVING, TenantStatus.PACKED, TenantStatus.ARRIVING)),
    "moved": Q(status=TenantStatus.MOVED),
    "provisioning": Q(status=TenantStatus.PROVISIONING),
    "sandbox": Q(is_sandbox=True),
    "no-stripe": Q(is_connected=False),
    "restricted": Q(is_restricted=True),
}
ORDERS = {
    "newest": ("-created_at", "-pk"),
    "name": ("name", "pk"),
    "bookings": (F("bookings").desc(nulls_last=True), "-created_at", "-pk"),
}


def found(words: str, *, state: str = "", order: str = "newest") -> QuerySet[Tenant]:
    """Coaches whose name, address or login contains `words`, in a state of `STATES`, by one of `ORDERS`.

    Sandboxes are found in the state "sandbox" and in no other.
    """
    of_it: Any = {"schema_name": OuterRef("schema_name")}
    accounts = ConnectAccount.objects.filter(**of_it)
    tenants = Tenant.objects.annotate(
        is_connected=Exists(accounts.filter(status=AccountStatus.ACTIVE)),
        is_restricted=Exists(accounts.filter(status=AccountStatus.RESTRICTED)),
        bookings=Subquery(Books.objects.filter(**of_it).values("bookings")[:1]),
    )
    login = Exists(Membership.objects.filter(tenant=OuterRef("pk"), user__email__icontains=words))
    matching = Q(name__icontains=words) | Q(slug__icontains=words) | Q(login) if words else Q()
    asked = STATES.get(state, Q()) & Q(is_sandbox=state == "sandbox")
    return tenants.filter(matching, asked).order_by(*ORDERS.get(order, ORDERS["newest"]))


def rows(tenants: Iterable[Tenant]) -> list[Row]:
    """One row for each, in the same order: five queries for any number."""
    by_schema = {tenant.schema_name: Row(tenant) for tenant in tenants}
    by_id = {row.tenant.pk: row for row in by_schema.values()}
    members = Membership.objects.filter(tenant__in=by_id).select_related("user").order_by("created_at")
    for member in members:
        by_id[member.tenant_id].owners.append(member.user.email)
    for account in ConnectAccount.objects.filter(schema_name__in=by_schema).order_by("created_at"):
        by_schema[account.schema_name].stripe = account
    for terms in FeeAccount.objects.filter(schema_name__in=by_schema):
        by_schema[terms.schema_name].free_units = terms.free_units
    for schema_name, fees in _fees(by_schema).items():
        by_schema[schema_name].fees = fees
    for schema_name, used in _free_used(by_schema).items():
        by_schema[schema_name].free_used = used
    return list(by_schema.values())


def free_used() -> int:
    """The paid sessions that bore no fee, of all coaches."""
    units = Q(kind=FeeEntryKind.UNIT_CLAIMED)
    counted = FeeEntry.objects.filter(~in_sandbox(), kind__in=_UNITS).aggregate(
        claimed=Count("pk", filter=units), returned=Count("pk", filter=~units)
    )
    return int(counted["claimed"] - counted["returned"])


def inbox() -> Inbox:
    waiting = Q(status=StripeEventStatus.WAITING)
    counted = StripeEvent.objects.filter(
        ~from_sandbox(), status__in=[StripeEventStatus.WAITING, StripeEventStatus.PARKED]
    ).aggregate(
        waiting=Count("pk", filter=waiting),
        parked=Count("pk", filter=Q(status=StripeEventStatus.PARKED)),
        oldest=Min("received_at", filter=waiting),
    )
    return Inbox(**counted)


_AMOUNTS = {
    FeeEntryKind.CHARGED: "charged_minor",
    FeeEntryKind.RETURNED: "returned_minor",
    FeeEntryKind.UNCOLLECTED: "uncollected_minor",
}
_UNITS = {FeeEntryKind.UNIT_CLAIMED: 1, FeeEntryKind.UNIT_RETURNED: -1}


def _fees(schemas: Iterable[str]) -> dict[str, dict[str, Fees]]:
    sums: dict[str, dict[str, Fees]] = defaultdict(dict)
    entries = FeeEntry.objects.filter(schema_name__in=list(schemas), kind__in=_AMOUNTS)
    grouped = entries.values("schema_name", "currency", "kind").annotate(minor=Sum("amount_minor"))
    for each in grouped.order_by("schema_name", "currency"):
        _add(sums[each["schema_name"]], each["currency"], each["kind"], each["minor"])
    return sums


def _add(sums: dict[str, Fees], currency: str, kind: str, minor: int) -> None:
    setattr(sums.setdefault(currency, Fees(currency)), _AMOUNTS[FeeEntryKind(kind)], minor)


def _free_used(schemas: Iterable[str]) -> dict[str, int]:
    used: dict[str, int] = defaultdict(int)
    entries = FeeEntry.objects.filter(schema_name__in=list(schemas), kind__in=_UNITS)
    for each in entries.values("schema_name", "kind").annotate(count=Count("pk")).order_by():
        used[each["schema_name"]] += _UNITS[FeeEntryKind(each["kind"])] * each["count"]
    return used
