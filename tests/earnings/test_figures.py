"""Earnings are sums of the ledger, by period in the coach's zone, by client and by currency."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from kit.ids import uuid7
from tenants.billing.models import AttemptStatus, Charge, EntryKind, LedgerEntry, PaymentAttempt
from tenants.clients.models import Client
from tenants.clients.records import find_or_add
from tenants.earnings import figures
from tenants.earnings.periods import Period, months_up_to, period_of
from tenants.registry.models import Tenant

NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)
BERLIN = "Europe/Berlin"


@pytest.fixture
def cleo(anna: Tenant) -> Client:
    with tenant_context(anna), transaction.atomic():
        return find_or_add(name="Cleo", email="cleo@example.com", phone="", timezone="", now=NOON)


def payment(
    client: Client,
    *,
    at: datetime,
    gross: int = 8000,
    fee: int = 800,
    card_fee: int | None = 262,
    currency: str = "eur",
    settled_in: str = "eur",
    numbers: tuple[int, ...] = (),
) -> PaymentAttempt:
    charge = Charge.objects.create(
        client=client,
        purpose="booking",
        reference=uuid7(),
        description="Lesson",
        amount_minor=gross,
        currency=currency,
    )
    attempt = PaymentAttempt.objects.create(
        charge=charge,
        account_id="acct_1",
        amount_minor=gross,
        currency=currency,
        parameters={},
        expires_at=at,
        status=AttemptStatus.CAPTURED,
        captured_minor=gross,
        captured_at=at,
        free_numbers=list(numbers),
        processor_fee_minor=card_fee,
        settlement_currency=settled_in if card_fee is not None else "",
    )
    enter(attempt, EntryKind.CAPTURE, gross, at)
    if fee:
        enter(attempt, EntryKind.PLATFORM_FEE, -fee, at)
    if card_fee and settled_in == currency:
        enter(attempt, EntryKind.PROCESSOR_FEE, -card_fee, at)
    return attempt


def enter(attempt: PaymentAttempt, kind: EntryKind, minor: int, at: datetime) -> None:
    LedgerEntry.objects.create(
        kind=kind,
        reference=str(uuid7()),
        attempt=attempt,
        client_id=attempt.charge.client_id,
        sold_id=attempt.charge.reference,
        amount_minor=minor,
        currency=attempt.currency,
        at=at,
    )


def june(client_id: UUID | None = None) -> list[figures.Line]:
    return figures.lines(period=Period(BERLIN, date(2026, 6, 1), date(2026, 6, 30)), client_id=client_id)


def test_a_line_is_gross_less_both_fees(anna: Tenant, cleo: Client) -> None:
    with tenant_context(anna):
        with transaction.atomic():
            payment(cleo, at=NOON)
        (line,) = june()
    assert (line.gross_minor, line.platform_fee_minor, line.processor_fee_minor) == (8000, -800, -262)
    assert line.net_minor == 6938
    assert line.client == "Cleo"


def test_a_refund_counts_when_it_was_made(anna: Tenant, cleo: Client) -> None:
    july = Period(BERLIN, date(2026, 7, 1), date(2026, 7, 31))
    with tenant_context(anna):
        with transaction.atomic():
            attempt = payment(cleo, at=NOON, numbers=(7,), card_fee=None)
            enter(attempt, EntryKind.REFUND, -8000, NOON + timedelta(days=30))
            enter(attempt, EntryKind.PLATFORM_FEE_RETURNED, 800, NOON + timedelta(days=30))
        (in_june,), (in_july,) = june(), figures.lines(period=july)
        (whole,) = figures.lines(period=Period(BERLIN))
    assert (in_june.net_minor, in_june.refunds_minor) == (7200, 0)
    assert (in_july.gross_minor, in_july.refunds_minor, in_july.platform_fee_minor) == (0, -8000, 800)
    assert whole.net_minor == in_june.net_minor + in_july.net_minor == 0
    # The free session and the pending fee are told once, with the payment.
    assert (in_june.free_numbers, in_june.processor_fee_known) == ((7,), False)
    assert (in_july.free_numbers, in_july.processor_fee_known) == ((), True)


def test_a_fee_that_becomes_known_later_changes_no_date(anna: Tenant, cleo: Client) -> None:
    with tenant_context(anna):
        with transaction.atomic():
            attempt = payment(cleo, at=NOON, card_fee=None)
            enter(attempt, EntryKind.PROCESSOR_FEE, -262, NOON + timedelta(days=2))
        (line,) = june()
        assert (line.moved_at, line.processor_fee_minor) == (NOON, -262)
        with transaction.atomic():
            enter(attempt, EntryKind.REFUND, -100, NOON + timedelta(days=3))
        (line,) = june()
    assert line.moved_at == NOON + timedelta(days=3)


def test_days_begin_at_midnight_in_the_coachs_zone(anna: Tenant, cleo: Client) -> None:
    with tenant_context(anna):
        with transaction.atomic():
            payment(cleo, at=datetime(2026, 5, 31, 21, 59, 59, tzinfo=UTC), gross=1000)
            payment(cleo, at=datetime(2026, 5, 31, 22, 0, tzinfo=UTC), gross=2000)
            payment(cleo, at=datetime(2026, 6, 30, 21, 59, 59, tzinfo=UTC), gross=3000)
            payment(cleo, at=datetime(2026, 6, 30, 22, 0, tzinfo=UTC), gross=4000)
        assert [line.gross_minor for line in june()] == [3000, 2000]
        by_month = figures.net_by_month(
            months=[date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)], currency="eur", tz=BERLIN
        )
    fees = 800 + 262
    assert by_month == {
        date(2026, 5, 1): 1000 - fees,
        date(2026, 6, 1): 5000 - 2 * fees,
        date(2026, 7, 1): 4000 - fees,
    }


def test_totals_are_apart_by_currency_and_equal_to_the_strip(anna: Tenant, cleo: Client) -> None:
    with tenant_context(anna):
        with transaction.atomic():
            payment(cleo, at=NOON)
            payment(cleo, at=NOON, fee=0)
            payment(cleo, at=NOON, currency="usd", settled_in="usd", gross=5000, fee=500, card_fee=175)
        every = figures.totals(june())
        strip = figures.sums_by_currency(period=Period(BERLIN, date(2026, 6, 1), date(2026, 6, 30)))
    assert [(each.currency, each.net_minor, each.payments) for each in every] == [
        ("eur", 16000 - 800 - 2 * 262, 2),
        ("usd", 4325, 1),
    ]
    assert {each.currency: each.net_minor for each in strip} == {
        each.currency: each.net_minor for each in every
    }


def test_a_fee_taken_in_another_currency_stands_apart(anna: Tenant, cleo: Client) -> None:
    with tenant_context(anna):
        with transaction.atomic():
            payment(cleo, at=NOON, settled_in="chf", card_fee=251)
        (total,) = figures.totals(june())
        (line,) = june()
    assert (line.foreign_fee_minor, line.foreign_currency, line.processor_fee_known) == (-251, "chf", True)
    assert total.net_minor == 7200
    assert total.foreign_fees_minor == {"chf": -251}


def test_clients_stand_by_net_and_can_be_asked_for_alone(anna: Tenant, cleo: Client) -> None:
    with tenant_context(anna):
        with transaction.atomic():
            maya = find_or_add(name="Maya", email="maya@example.com", phone="", timezone="", now=NOON)
            payment(cleo, at=NOON, gross=3000)
            payment(maya, at=NOON, gross=9000)
        assert [each.client for each in figures.by_client(june())] == ["Maya", "Cleo"]
        assert [line.client for line in june(cleo.pk)] == ["Cleo"]


def test_another_coachs_ledger_counts_for_nothing(anna: Tenant, ben: Tenant, cleo: Client) -> None:
    with tenant_context(anna), transaction.atomic():
        payment(cleo, at=NOON)
    with tenant_context(ben):
        assert june() == []
        assert figures.sums_by_currency(period=Period(BERLIN)) == []


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("month", date(2026, 1, 1), date(2026, 1, 31)),
        ("last_month", date(2025, 12, 1), date(2025, 12, 31)),
        ("year", date(2026, 1, 1), date(2026, 12, 31)),
        ("all", None, None),
        ("custom", date(2025, 5, 5), None),
        ("nonsense", date(2026, 1, 1), date(2026, 1, 31)),
    ],
)
def test_periods_are_those_of_the_coachs_day(name: str, first: date | None, last: date | None) -> None:
    new_year_in_berlin = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)
    period = period_of(name, tz=BERLIN, now=new_year_in_berlin, first=date(2025, 5, 5))
    assert (period.first, period.last) == (first, last)


def test_the_last_twelve_months_end_with_this_one() -> None:
    months = months_up_to(datetime(2026, 3, 31, tzinfo=UTC), BERLIN)
    assert (months[0], months[-1], len(months)) == (date(2025, 4, 1), date(2026, 3, 1), 12)
