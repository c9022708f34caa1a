"""Coaches' own domains: claimed, proved by the DNS, made the address of all pages, and looked after.

The text record says who may use a name; without it whoever came first to a name that still leads here
would have it. The alias says that visitors arrive.
"""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django_tenants.utils import schema_context, tenant_context

from kit.actors import SYSTEM, Actor
from kit.database import insert_unless_there
from tenants.registry import standing, wakeups
from tenants.registry.addresses import host_for
from tenants.registry.domain_names import DomainRefused, normalised, shown
from tenants.registry.hosts import forget_hosts
from tenants.registry.models import Domain, Tenant
from tenants.registry.resolving import Resolver, Unanswered, resolver

log = structlog.get_logger()

MOST = 5
TEXT_AT = "_upfront"
# A verified one that fails for so long is a claim again: somebody else may own the name by now.
PATIENCE = timedelta(days=3)
DAILY = timedelta(days=1)
SOONEST, LATEST, GIVEN_UP_AFTER = timedelta(minutes=1), timedelta(hours=6), timedelta(days=30)
NOT_ASKED = "The DNS did not answer just now, which says nothing of your records. We ask again by ourselves."
TAKEN = "Another coach has proved that this address is theirs. Write to us if it is yours."


class NotVerified(RuntimeError):
    """Only a verified domain can be the address; this one is none, or not any more."""


def of_tenant(tenant_id: UUID) -> list[Domain]:
    """What the coach has brought, the oldest first."""
    with schema_context("public"):
        return list(Domain.objects.filter(tenant_id=tenant_id, is_own=True).order_by("created_at", "pk"))


def text_name(domain: Domain) -> str:
    """Where the coach puts the token."""
    return f"{TEXT_AT}.{domain.domain}"


def claim(*, tenant_id: UUID, typed: str, now: datetime, actor: Actor) -> Domain:
    """Use case: a coach says that a domain is theirs. Nothing leads there until it is proved.

    Claimed twice by the same coach it is one claim. Raises DomainRefused.
    """
    name = normalised(typed)
    with schema_context("public"), transaction.atomic(durable=True):
        tenant = Tenant.objects.select_for_update().get(pk=tenant_id)
        before = {each.domain: each for each in Domain.objects.filter(tenant=tenant, is_own=True)}
        if name in before:
            return before[name]
        if len(before) >= MOST:
            raise DomainRefused(f"You have {MOST} already. Remove one that you do not need first.")
        if Domain.objects.filter(domain=name, verified_at__isnull=False).exists():
            raise DomainRefused(f"“{shown(name)}” is another coach’s address. Write to us if it is yours.")
        domain = Domain(
            tenant=tenant,
            domain=name,
            is_own=True,
            is_primary=False,
            token=secrets.token_hex(16),
            created_at=now,
        )
        insert_unless_there(domain)
        with tenant_context(tenant):
            wakeups.ask(kind="domain", reference=domain.pk, due_at=now + SOONEST, now=now)
    log.info("domain claimed", domain=name, tenant=str(tenant_id), actor_id=actor.id)
    return domain


def check_now(*, tenant_id: UUID, domain_id: UUID, now: datetime) -> Domain | None:
    """Use case of the coach's press: look at once, and from now on again by itself. None when it is gone."""
    domain = check(domain_id=domain_id, tenant_id=tenant_id, now=now)
    if domain is None:
        return None
    with tenant_context(domain.tenant), transaction.atomic(durable=True):
        due_at = next_look(domain, now) or now + DAILY
        wakeups.ask(kind="domain", reference=domain.pk, due_at=due_at, now=now)
    return domain


def look_after(*, reference: UUID, now: datetime) -> datetime | None:
    """Use case of the wakeup: look, and say when to look again."""
    domain = check(domain_id=reference, now=now)
    return next_look(domain, now) if domain else None


def next_look(domain: Domain, now: datetime) -> datetime | None:
    """Every day at what is verified; at a claim with pauses that grow with its age, for a month."""
    if domain.verified_at:
        return now + DAILY
    age = now - domain.created_at
    return None if age > GIVEN_UP_AFTER else now + min(max(age / 2, SOONEST), LATEST)


def check(*, domain_id: UUID, now: datetime, **of: UUID) -> Domain | None:
    """Use case: ask the DNS, and keep what it said. None when nobody claims it (any more).

    Of two coaches who prove the same name the database lets one; the other reads why.
    """
    with schema_context("public"):
        own = Domain.objects.select_related("tenant").filter(pk=domain_id, is_own=True, **of)
        domain = own.first()
        if domain is None:
            return None
        try:
            problem = problem_of(domain, resolver())
        except Unanswered as error:
            log.info("domain not asked", domain=domain.domain, error=str(error))
            own.filter(verified_at__isnull=True).update(problem=NOT_ASKED)
            return own.first()
        try:
            _keep(domain_id, problem, now)
        except IntegrityError:
            own.update(problem=TAKEN, checked_at=now)
        return own.first()


def problem_of(domain: Domain, dns: Resolver) -> str:
    """What stands between a domain and its coach, in a sentence; empty when it is proved.

    Raises Unanswered.
    """
    texts = dns.texts(text_name(domain))
    if domain.token not in (text.strip() for text in texts):
        found = "says something else" if texts else "was not found"
        return f"The TXT record at {text_name(domain)} {found}."
    return _problem_of_way(domain.domain, host_for(domain.tenant.slug), dns)


def _problem_of_way(name: str, host: str, dns: Resolver) -> str:
    alias = dns.alias(name)
    if alias == host:
        return ""
    # A domain itself can have no alias: its provider puts the addresses there that the alias has.
    addresses = dns.addresses(name)
    if addresses and addresses <= dns.addresses(host):
        return ""
    if alias:
        return f"The CNAME record at {shown(name)} leads to {alias[:80]}, not to {host}."
    if addresses:
        return f"{shown(name)} leads to another server ({min(addresses)}), not to {host}."
    return f"The CNAME record at {shown(name)} was not found."


def _keep(domain_id: UUID, problem: str, now: datetime) -> None:
    with transaction.atomic(durable=True):
        locked = Domain.objects.select_related("tenant").select_for_update(of=("self",))
        domain = locked.filter(pk=domain_id).first()
        if domain is None:
            return
        domain.checked_at, domain.problem = now, problem
        if problem:
            _failed(domain, now)
        else:
            domain.verified_at, domain.failing_since = domain.verified_at or now, None
        Domain.objects.filter(pk=domain_id).update(
            checked_at=domain.checked_at,
            problem=domain.problem,
            verified_at=domain.verified_at,
            failing_since=domain.failing_since,
        )
        transaction.on_commit(forget_hosts)


def _failed(domain: Domain, now: datetime) -> None:
    """What was verified has some days; then it is a claim again, and the pages are at our address."""
    if domain.verified_at is None:
        return
    if domain.failing_since is None:
        domain.failing_since = now
        _tell(domain, now)
    if now - domain.failing_since >= PATIENCE:
        domain.verified_at = domain.failing_since = None
        Tenant.objects.filter(pk=domain.tenant_id, own_host=domain.domain).update(own_host="")
        log.warning("domain lapsed", domain=domain.domain, tenant=str(domain.tenant_id))


def _tell(domain: Domain, now: datetime) -> None:
    standing.say(
        schema_name=domain.tenant.schema_name,
        kind="domain.failing",
        now=now,
        actor=SYSTEM,
        data={"domain": domain.domain},
    )


def make_address(*, tenant_id: UUID, domain_id: UUID, actor: Actor) -> str:
    """Use case: from now on this domain is where the coach's pages are. Raises NotVerified."""
    with schema_context("public"), transaction.atomic(durable=True):
        mine = Domain.objects.select_for_update().filter(pk=domain_id, tenant_id=tenant_id, is_own=True)
        domain = mine.filter(verified_at__isnull=False).first()
        if domain is None:
            raise NotVerified(str(domain_id))
        _set_address(tenant_id, domain.domain)
    log.info("domain is the address", domain=domain.domain, tenant=str(tenant_id), actor_id=actor.id)
    return domain.domain


def leave_address(*, tenant_id: UUID, actor: Actor) -> None:
    """Use case: the coach's pages are at our own address again; the domain leads there."""
    with schema_context("public"), transaction.atomic(durable=True):
        _set_address(tenant_id, "")
    log.info("our address is the address", tenant=str(tenant_id), actor_id=actor.id)


def _set_address(tenant_id: UUID, host: str) -> None:
    Tenant.objects.filter(pk=tenant_id).update(own_host=host)
    transaction.on_commit(forget_hosts)


def remove(*, tenant_id: UUID, domain_id: UUID, actor: Actor) -> None:
    """Use case: the coach's pages are not at this domain any more, from this moment. Twice is once."""
    with schema_context("public"), transaction.atomic(durable=True):
        mine = Domain.objects.select_for_update().filter(pk=domain_id, tenant_id=tenant_id, is_own=True)
        domain = mine.select_related("tenant").first()
        if domain is None:
            return
        Tenant.objects.filter(pk=tenant_id, own_host=domain.domain).update(own_host="")
        mine.delete()
        with tenant_context(domain.tenant):
            wakeups.withdraw(kind="domain", reference=domain_id)
        transaction.on_commit(forget_hosts)
    log.info("domain removed", domain=domain.domain, tenant=str(tenant_id), actor_id=actor.id)
