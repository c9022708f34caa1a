"""How far coaches come, what went through and what was kept: from what practices said, in few questions."""

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from connect.models import AccountStatus, ConnectAccount
from fees import accounts as fee_accounts
from fees.models import FeeEntryKind
from kit import clock
from kit.clock import now
from operators import funnel, turnover
from operators.months import month_before
from tenants.registry import books, volumes
from tenants.registry.models import Tenant
from tests import console

NOW = datetime(2027, 3, 15, 12, tzinfo=UTC)
MOST_QUERIES = 16


@pytest.fixture
def operator(db: None) -> Client:
    return console.operator()


def says(tenant: Tenant, in_tenant: Any, **said: Any) -> None:
    with in_tenant(tenant), transaction.atomic():
        books.say(**said)


def sold(tenant: Tenant, in_tenant: Any, month: date, minor: int, currency: str = "eur") -> None:
    said = volumes.Month(month, currency, 2, minor, minor // 10, 500)
    with in_tenant(tenant), transaction.atomic():
        volumes.say(months=[said], now=now())


def charged(tenant: Tenant, in_tenant: Any, minor: int, at: datetime) -> None:
    with in_tenant(tenant), transaction.atomic():
        fee_accounts.note_amount(
            schema_name=tenant.schema_name,
            kind=FeeEntryKind.CHARGED,
            reference=uuid.uuid4().hex,
            amount_minor=minor,
            currency="eur",
            now=at,
        )


def connected(tenant: Tenant) -> None:
    ConnectAccount.objects.create(
        schema_name=tenant.schema_name,
        account_id=f"acct_{tenant.slug}",
        status=AccountStatus.ACTIVE,
        was_active=True,
    )


def counts(stages: list[funnel.Stage]) -> list[int]:
    return [stage.count for stage in stages]


def test_each_stage_counts_who_came_so_far(tenants: list[Tenant], in_tenant: Any) -> None:
    assert counts(funnel.funnel()) == [4, 0, 0, 0, 0]
    for tenant in tenants[:3]:
        connected(tenant)
    for tenant in tenants[:2]:
        says(tenant, in_tenant, first_booking_at=NOW)
    says(tenants[0], in_tenant, tenth_session_at=NOW)
    charged(tenants[0], in_tenant, 100, NOW)
    stages = funnel.funnel()
    assert counts(stages) == [4, 3, 2, 1, 1]
    assert [stage.of_all_bp for stage in stages] == [10000, 7500, 5000, 2500, 2500]
    assert [stage.of_before_bp for stage in stages] == [10000, 7500, 6666, 5000, 10000]


def test_of_nobody_there_is_no_share(db: None) -> None:
    Tenant.objects.update(is_sandbox=True)
    assert {stage.of_all_bp for stage in funnel.funnel()} == {None}


def test_cohorts_are_of_the_month_of_the_sign_up(tenants: list[Tenant], in_tenant: Any) -> None:
    Tenant.objects.update(created_at=NOW - timedelta(days=500))
    Tenant.objects.filter(pk=tenants[0].pk).update(created_at=datetime(2027, 2, 28, 23, 59, tzinfo=UTC))
    Tenant.objects.filter(pk=tenants[1].pk).update(created_at=datetime(2027, 3, 1, tzinfo=UTC))
    connected(tenants[0])
    march, february = funnel.cohorts(now=NOW)
    assert (march.month, counts(march.stages)) == (date(2027, 3, 1), [1, 0, 0, 0, 0])
    assert (february.month, counts(february.stages)) == (date(2027, 2, 1), [1, 1, 0, 0, 0])


def test_volume_fees_and_take_rate(anna: Tenant, ben: Tenant, in_tenant: Any) -> None:
    sold(anna, in_tenant, date(2027, 2, 1), 10000)
    sold(ben, in_tenant, date(2027, 2, 1), 20000)
    sold(ben, in_tenant, date(2027, 3, 1), 5000, "usd")
    sold(ben, in_tenant, date(2026, 3, 1), 77777)
    charged(ben, in_tenant, 2430, datetime(2027, 2, 10, tzinfo=UTC))
    euros, dollars = turnover.by_currency(now=NOW)
    february = next(each for each in euros.months if each.month == date(2027, 2, 1))
    assert (february.payments, february.paid_minor, february.refunded_minor) == (4, 30000, 3000)
    assert (february.kept_minor, february.take_rate_bp) == (2430, 900)
    assert (euros.total.paid_minor, euros.total.by_hand_minor, len(euros.months)) == (30000, 1000, 12)
    assert (dollars.currency, dollars.total.paid_minor, dollars.total.take_rate_bp) == ("usd", 5000, 0)
    (of_anna,) = turnover.by_currency(now=NOW, schema_name=anna.schema_name)
    assert of_anna.total.paid_minor == 10000


def test_a_sandbox_counts_nowhere(anna: Tenant, tenants: list[Tenant], in_tenant: Any) -> None:
    sold(anna, in_tenant, date(2027, 2, 1), 10000)
    charged(anna, in_tenant, 100, NOW)
    Tenant.objects.filter(pk=anna.pk).update(is_sandbox=True)
    assert turnover.by_currency(now=NOW) == []
    assert counts(funnel.funnel())[0] == len(tenants) - 1


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"sessions": 3, "funded": 2}, "Not paid for"),
        ({"payments": 3, "matched": 2}, "Belong to nothing"),
        ({"differences": 1}, "1 difference"),
    ],
)
def test_books_that_do_not_tie_stand_first_and_say_why(
    operator: Client, tenants: list[Tenant], in_tenant: Any, said: dict[str, int], words: str
) -> None:
    for tenant in tenants:
        says(tenant, in_tenant, waiting=2)
    assert words not in operator.get("/operators/books/").content.decode()
    says(tenants[2], in_tenant, waiting=0, **said)
    page = operator.get("/operators/books/")
    assert page.context["rows"][0].tenant == tenants[2]
    assert page.content.decode().count(words) == 1
    assert "1 practice does not tie" in page.content.decode()


@pytest.mark.parametrize(
    ("back", "month"),
    [(0, date(2027, 3, 1)), (2, date(2027, 1, 1)), (3, date(2026, 12, 1)), (15, date(2025, 12, 1))],
)
def test_months_are_counted_back_over_the_turn_of_the_year(back: int, month: date) -> None:
    assert month_before(NOW, back) == month


def test_the_page_shows_all_of_it_with_tables_behind_the_charts(
    operator: Client, anna: Tenant, in_tenant: Any
) -> None:
    sold(anna, in_tenant, month_before(clock.now(), 0), 10000)
    page = " ".join(operator.get("/operators/").content.decode().split())
    assert "Volume and fees in EUR" in page
    assert page.count("Show the numbers") == 2
    assert "Tenth paid session" in page


@pytest.mark.parametrize("path", ["", "coaches/", "due-work/", "trail/", "stuck/", "books/"])
def test_no_page_asks_more_for_more_coaches(
    operator: Client, tenants: list[Tenant], in_tenant: Any, path: str
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert operator.get(f"/operators/{path}").status_code == 200
        return len(captured)

    def busy(some: list[Tenant]) -> None:
        for tenant in some:
            connected(tenant)
            says(tenant, in_tenant, first_booking_at=NOW, mails_failed=2, differences=1)
            sold(tenant, in_tenant, month_before(clock.now(), 0), 1000)
            charged(tenant, in_tenant, 100, clock.now())
            reason = {"looking-reason": "A look around."}
            operator.post(f"/operators/coaches/{tenant.pk}/look", reason)

    busy(tenants[:1])
    few = queries()
    busy(tenants[1:])
    assert queries() == few <= MOST_QUERIES
