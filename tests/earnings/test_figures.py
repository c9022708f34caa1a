"""Earnings are sums of the ledger, by period in the coach's zone, by client and by currency."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from kit.ids import uuid7
from payouts.models import BalanceLine, LineClass, Payout
from tenants.billing.models import (
    AttemptStatus,
    Charge,
    EntryKind,
    Instalment,
    InstalmentKind,
    LedgerEntry,
    ManualPayment,
    PaymentAttempt,
)
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


def by_hand(client: Client, minor: int, *, tender: str = "cash", at: datetime = NOON) -> ManualPayment:
    """Cash or a transfer; below 0 it is given back."""
    charge = Charge.objects.create(
        client=client,
        purpose="booking",
        reference=uuid7(),
        description="Lesson",
        amount_minor=abs(minor),
        currency="eur",
    )
    paid = ManualPayment.objects.create(
        charge=charge,
        tender=tender,
        amount_minor=minor,
        currency="eur",
        received_on=at.date(),
        actor_kind="coach",
    )
    received(paid, minor, at)
    return paid


def received(paid: ManualPayment, minor: int, at: datetime) -> None:
    LedgerEntry.objects.create(
        kind=EntryKind.RECEIVED,
        reference=str(uuid7()),
        manual=paid,
        client_id=paid.charge.client_id,
        sold_id=paid.charge.reference,
        amount_minor=minor,
        currency="eur",
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


# --- cash and transfers ------------------------------------------------------------------------------


def test_cash_is_a_line_without_fees(anna: Tenant, cleo: Client) -> None:
    with tenant_context(anna):
        with transaction.atomic():
            payment(cleo, at=NOON)
            by_hand(cleo, 3000)
            by_hand(cleo, 2000, tender="transfer")
        every = june()
        (strip,) = figures.sums_by_currency(period=Period(BERLIN))
    told = {(each.tender_words, each.gross_minor, each.platform_fee_minor, each.net_minor) for each in every}
    assert told == {
        ("Card", 8000, -800, 6938),
        ("Cash", 3000, 0, 3000),
        ("Bank transfer", 2000, 0, 2000),
    }
    assert all(each.processor_fee_known and each.client == "Cleo" for each in every)
    assert strip.net_minor == 6938 + 5000
    shares = {each.name: (each.totals.gross_minor, each.share_bp) for each in figures.by_tender(every)}
    assert shares == {"Card": (8000, 6153), "Cash": (3000, 2307), "Bank transfer": (2000, 1538)}


def test_cash_that_was_given_back_is_a_refund_and_a_slip_of_the_hand_is_nothing(
    anna: Tenant, cleo: Client
) -> None:
    with tenant_context(anna):
        with transaction.atomic():
            slip = by_hand(cleo, 9000)
            received(slip, -9000, NOON)
            by_hand(cleo, -500)
        every = {each.payment_id: each for each in june()}
        (total,) = figures.totals(every.values())
    assert (every[slip.pk].gross_minor, every[slip.pk].net_minor) == (0, 0)
    assert (total.gross_minor, total.refunds_minor, total.net_minor, total.payments) == (0, -500, -500, 0)


# --- parts, disputes, arrivals -----------------------------------------------------------------------


def test_a_part_says_which_and_counts_its_session_once(anna: Tenant, cleo: Client) -> None:
    with tenant_context(anna):
        with transaction.atomic():
            attempt = payment(cleo, at=NOON)
            for number, kind in enumerate((InstalmentKind.DEPOSIT, InstalmentKind.REST), 1):
                part = Instalment.objects.create(
                    charge=attempt.charge, number=number, kind=kind, amount_minor=4000, due_at=NOON
                )
            PaymentAttempt.objects.update(instalment=part)
        (line,) = june()
        assert (line.part, line.units) == ("Rest", 0)
        with transaction.atomic():
            Instalment.objects.update(kind=InstalmentKind.INSTALMENT)
        (line,) = june()
    assert line.part == "Instalment 2 of 2"


def test_what_a_bank_took_back_stands_apart_with_its_fee(anna: Tenant, cleo: Client) -> None:
    with tenant_context(anna):
        with transaction.atomic():
            attempt = payment(cleo, at=NOON)
            enter(attempt, EntryKind.DISPUTE, -8000, NOON)
            enter(attempt, EntryKind.DISPUTE_FEE, -1500, NOON)
        (line,) = june()
        assert (line.disputes_minor, line.dispute_fees_minor, line.net_minor) == (-8000, -1500, -2562)
        with transaction.atomic():
            enter(attempt, EntryKind.DISPUTE_WON, 8000, NOON)
        (line,) = june()
        (total,) = figures.totals([line])
        (strip,) = figures.sums_by_currency(period=Period(BERLIN))
    assert (line.disputes_minor, line.net_minor) == (0, 5438)
    assert total.net_minor == strip.net_minor == 5438


def test_a_line_knows_the_payout_that_it_went_out_with(anna: Tenant, cleo: Client) -> None:
    with tenant_context(anna):
        with transaction.atomic():
            attempt = payment(cleo, at=NOON)
        assert june()[0].arrival is None
        with transaction.atomic():
            paid_out = Payout.objects.create(
                payout_id="po_1",
                account_id="acct_1",
                status="paid",
                amount_minor=6938,
                currency="eur",
                arrives_on=date(2026, 6, 12),
                made_at=NOON,
            )
            BalanceLine.objects.create(
                line_id="txn_1",
                account_id="acct_1",
                payout=paid_out,
                kind="charge",
                line_class=LineClass.PAYMENT,
                amount_minor=8000,
                fee_minor=1062,
                net_minor=6938,
                currency="eur",
                attempt_id=attempt.pk,
                at=NOON,
                available_on=NOON,
            )
        (line,) = june()
    assert line.arrival == figures.Arrival(paid_out.pk, "paid", date(2026, 6, 12))


def test_lines_and_totals_are_one_question_each(
    anna: Tenant, cleo: Client, django_assert_num_queries: Any
) -> None:
    with tenant_context(anna):
        with transaction.atomic():
            payment(cleo, at=NOON)
            by_hand(cleo, 3000)
        for ask in (lambda: june(), lambda: figures.sums_by_currency(period=Period(BERLIN))):
            with transaction.atomic(), django_assert_num_queries(1):
                ask()
