"""Partners' sandboxes, on the operators' pages: in no figure and no alarm, and marked where listed."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from prometheus_client.registry import CollectorRegistry

from accounts.models import User
from connect.models import ConnectAccount, StripeEvent, StripeEventStatus
from fees import accounts as fee_accounts
from fees.models import FeeEntryKind
from kit import clock
from operators import attention, figures, funnel, gauges, matching, stuck, turnover, work
from operators.months import month_before
from partners import applications
from partners.models import Access
from tenants.registry import books, volumes
from tenants.registry.models import Finding, Tenant, TenantStatus, Wakeup
from tests import console
from tests.console import OLGA

LONG_AGO = timedelta(hours=2)


@pytest.fixture
def operator(db: None) -> Client:
    return console.operator()


@pytest.fixture
def busy(anna: Tenant, in_tenant: Any) -> Tenant:
    """A practice with something of everything that operators count or look after."""
    now, schema = clock.now(), anna.schema_name
    ConnectAccount.objects.create(schema_name=schema, account_id="acct_anna", was_active=True)
    with in_tenant(anna), transaction.atomic():
        books.say(
            bookings=3, first_booking_at=now, differences=2, mails_failed=4, sessions=2, funded=1, payments=1
        )
        month = volumes.Month(month_before(now, 0), "eur", 2, 10000, 500, 0)
        volumes.say(months=[month], now=now)
        account = fee_accounts.locked_terms(schema_name=schema, now=now)
        fee_accounts.claim_units(account=account, units=1, reference="order", now=now)
        fee_accounts.note_amount(
            schema_name=schema,
            kind=FeeEntryKind.CHARGED,
            reference="charge",
            amount_minor=700,
            currency="eur",
            now=now,
        )
        Finding(
            schema_name=schema, kind="unpaid_booking", reference=uuid.uuid4(), found_at=now, seen_at=now
        ).save(force_insert=True)
        due_at = now - LONG_AGO
        Wakeup(schema_name=schema, kind="hold", reference=uuid.uuid4(), due_at=due_at).save(force_insert=True)
        failing = Wakeup(schema_name=schema, kind="mail", reference=uuid.uuid4(), due_at=due_at)
        failing.save(force_insert=True)
    Wakeup.objects.filter(pk=failing.pk).update(attempts=5)
    for nth, of in enumerate(({"account_id": "acct_anna"}, {"object_id": "acct_anna"})):
        for status in (StripeEventStatus.PARKED, StripeEventStatus.WAITING):
            StripeEvent.objects.create(
                stripe_id=f"evt_{status}_{nth}", type="charge.succeeded", status=status, due_at=due_at, **of
            )
    return anna


def made_sandbox(tenant: Tenant) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(is_sandbox=True)


def gauge(name: str) -> float:
    """The sum of all that Prometheus reads below this name."""
    registry = CollectorRegistry()
    registry.register(gauges.Standing())
    return sum(
        sample.value for family in registry.collect() if family.name == name for sample in family.samples
    )


FIGURES: dict[str, Callable[[], Any]] = {
    "funnel": lambda: [stage.count for stage in funnel.funnel()][1:],
    "turnover": lambda: sum(each.total.paid_minor for each in turnover.by_currency(now=clock.now())),
    "fees": lambda: sum(each.total.kept_minor for each in turnover.by_currency(now=clock.now())),
    "free sessions": figures.free_used,
    "events waiting": lambda: figures.inbox().waiting,
    "events parked": lambda: figures.inbox().parked,
    "oldest event": lambda: figures.inbox().oldest,
    "events by type": lambda: work.events(now=clock.now()),
    "stuck": lambda: stuck.count(now=clock.now()),
    "books": matching.every().count,
    "books that do not tie": lambda: matching.do_not_tie().count(),
    "mails": work.failed_mails,
    "work due": lambda: sum(kind.due for kind in work.wakeups(now=clock.now())),
    "work asked for": lambda: sum(kind.asked for kind in work.wakeups(now=clock.now())),
    "work failing": lambda: sum(kind.failing for kind in work.wakeups(now=clock.now())),
    "oldest work": lambda: [kind.oldest for kind in work.wakeups(now=clock.now()) if kind.oldest],
    "needs": lambda: attention.needs(now=clock.now()),
    **{
        name: partial(gauge, name)
        for name in (
            *("upfront_work_due", "upfront_work_failing", "upfront_work_overdue_seconds"),
            *("upfront_stripe_events", "upfront_stripe_event_age_seconds", "upfront_findings"),
            *("upfront_books_differences", "upfront_books_unfunded", "upfront_books_unmatched"),
            *("upfront_books_open", "upfront_mails_failed"),
        )
    },
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_counts_a_practice_and_no_sandbox(name: str, busy: Tenant) -> None:
    figure = FIGURES[name]
    real = figure()
    assert any(real) if isinstance(real, list) else real, "the practice is in it"
    made_sandbox(busy)
    left = figure()
    assert not (any(left) if isinstance(left, list) else left)


def test_a_practice_that_is_set_up_for_long_is_told_of_a_sandbox_it_is_not(anna: Tenant) -> None:
    Tenant.objects.filter(pk=anna.pk).update(
        status=TenantStatus.PROVISIONING, created_at=clock.now() - LONG_AGO
    )
    assert "1 coach waits for the practice to be set up" in [
        need.words for need in attention.needs(now=clock.now())
    ]
    made_sandbox(anna)
    assert attention.needs(now=clock.now()) == []


def test_what_sandboxes_have_asked_of_the_workers_is_said_apart(operator: Client, busy: Tenant) -> None:
    made_sandbox(busy)
    assert {kind.kind: kind.of_sandboxes for kind in work.wakeups(now=clock.now())} == {"hold": 1, "mail": 1}
    assert operator.get("/operators/due-work/").content.decode().count("and 1 in sandboxes") == 2


def test_what_is_stuck_in_a_sandbox_is_listed_last_and_marked(
    operator: Client, busy: Tenant, ben: Tenant, in_tenant: Any
) -> None:
    now = clock.now()
    with in_tenant(ben), transaction.atomic():
        Finding(
            schema_name=ben.schema_name,
            kind="unpaid_booking",
            reference=uuid.uuid4(),
            found_at=now,
            seen_at=now,
        ).save(force_insert=True)
    assert [row.tenant for row in stuck.findings()] == [busy, ben]
    assert "Sandbox" not in operator.get("/operators/stuck/").content.decode()
    made_sandbox(busy)
    assert [row.tenant for row in stuck.findings()] == [ben, busy]
    page = operator.get("/operators/stuck/").content.decode()
    marks = page.count("Sandbox")
    assert marks == len(stuck.events(now=now)) + len(stuck.wakeups()) + 1 == 6


def test_the_list_of_coaches_counts_none_and_leads_to_them(operator: Client, tenants: list[Tenant]) -> None:
    def listed(**asked: str) -> list[str]:
        return [row.tenant.slug for row in operator.get("/operators/coaches/", asked).context["rows"]]

    made_sandbox(Tenant.objects.get(slug="anna"))
    assert "anna" not in listed(order="name")
    assert listed(q="anna") == listed(state="open", q="anna") == []
    assert listed(state="sandbox") == listed(state="sandbox", q="ann") == ["anna"]
    assert f"{len(tenants) - 1} coaches" in operator.get("/operators/coaches/").content.decode()
    nobody = operator.get("/operators/coaches/?q=anna").content.decode()
    assert '<a href="?state=sandbox&amp;q=anna">' in nobody
    assert "1 sandbox with" in operator.get("/operators/coaches/?state=sandbox&q=anna").content.decode()


def test_a_program_is_let_in_by_practices_not_by_sandboxes(anna: Tenant, ben: Tenant) -> None:
    program, _secret = applications.register(
        name="Tally",
        redirect_uris=["https://tally.example/back"],
        keeps_secret=True,
        now=clock.now(),
        actor=OLGA,
    )
    for tenant in (anna, ben):
        user = User.objects.get(memberships__tenant=tenant)
        Access.objects.create(application=program, user=user, schema_name=tenant.schema_name, scopes="")
    made_sandbox(anna)
    assert [each.practices for each in applications.every()] == [1]
