"""Nothing fell through: a day three ways, what waits with age and action, and what practices say of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import Actor
from tenants.dashboard.waiting_words import WORDS
from tenants.earnings import done, matching, statements
from tenants.earnings.matching import Day, Waiting
from tenants.registry.models import Books, Tenant, Wakeup
from tenants.scheduling import bookings
from tenants.scheduling.models import Booking
from tests import console, worlds
from tests.billing import owing
from tests.dashboard.desk import Coach
from tests.journeys.steps import later
from tests.worlds import Shop

DAY = 86_400
TZ = "Europe/Berlin"
ANNA = Actor("coach", "1", "Anna")
Alter = Callable[[str], int]


@pytest.fixture
def alter(as_owner: Any, anna: Tenant) -> Alter:
    """Change Anna's rows as no code of ours does; answers how many."""

    def change(statement: str) -> int:
        with transaction.atomic(using="owner"), as_owner.cursor() as cursor:
            cursor.execute(f'SET LOCAL search_path = "{anna.schema_name}", public')
            cursor.execute(statement)
            return int(cursor.rowcount)

    return change


@pytest.fixture
def sold(shop: Shop) -> Booking:
    """A paid lesson tomorrow at noon."""
    return worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(12))


def waiting(shop: Shop) -> list[Waiting]:
    with tenant_context(shop.tenant):
        return matching.waiting(now=clock.now(), tz=TZ)


def kinds(shop: Shop) -> list[str]:
    return [each.kind for each in waiting(shop)]


def of(shop: Shop, booking: Booking) -> Day:
    with tenant_context(shop.tenant):
        return matching.day(on=booking.session.starts_at.date(), tz="UTC")


def mark(shop: Shop, booking: Booking) -> None:
    with tenant_context(shop.tenant):
        bookings.record_attendance(booking_id=booking.pk, came=True, now=clock.now(), actor=ANNA)


# --- a day three ways --------------------------------------------------------------------------------


def test_sessions_funding_and_payments_of_a_day_are_counted_apart(shop: Shop, sold: Booking) -> None:
    free = worlds.session_type(shop.tenant, name="Talk", price_minor=0)
    worlds.book(shop.tenant, worlds.held(shop.tenant, free, at=worlds.hour(14), browser="b"))
    day = of(shop, sold)
    assert (day.given, day.funded, day.marked, day.payments) == (2, 2, 0, 0)
    assert day.by_funding == {"card": 1, "free": 1}
    with tenant_context(shop.tenant):
        today = matching.day(on=clock.now().astimezone(UTC).date(), tz="UTC")
    assert (today.given, today.payments, today.matched, today.matches) == (0, 1, 1, True)


def test_a_session_that_nothing_pays_for_does_not_match(shop: Shop, sold: Booking, alter: Alter) -> None:
    assert of(shop, sold).matches
    assert alter("UPDATE scheduling_booking SET funded_by = gen_random_uuid()") == 1
    day = of(shop, sold)
    assert (day.given, day.funded, day.matches) == (1, 0, False)


def test_a_payment_for_nothing_does_not_match(shop: Shop, sold: Booking, alter: Alter) -> None:
    assert alter("UPDATE billing_paymentattempt SET reason = 'no_longer_wanted'") == 1
    with tenant_context(shop.tenant):
        today = matching.day(on=clock.now().astimezone(UTC).date(), tz="UTC")
    assert (today.payments, today.matched, today.matches) == (1, 0, False)


# --- what waits --------------------------------------------------------------------------------------


def test_nothing_waits_where_all_is_marked_and_paid(shop: Shop, sold: Booking) -> None:
    assert kinds(shop) == []
    with later(shop.stripe, 4 * DAY):
        worlds.drain()
        mark(shop, sold)
        assert kinds(shop) == []


def test_a_session_that_nobody_marked_waits_from_the_next_day_on(shop: Shop, sold: Booking) -> None:
    end = sold.session.ends_at
    with clock.travel((end - clock.now()).total_seconds() + 60):
        assert kinds(shop) == []
    with clock.travel(4 * DAY):
        (row,) = waiting(shop)
        assert (row.kind, row.reference, row.client, row.since) == ("unmarked", sold.pk, "Cleo", end)
        page = Coach(shop.tenant).read("money/matched/")
        assert "Did they come?" in page
        assert f"booking/{sold.pk}/" in page
        assert "Mark attendance" in page


def test_what_is_still_owed_for_a_session_that_was_given_waits(
    shop: Shop, sold: Booking, alter: Alter
) -> None:
    assert alter("UPDATE billing_charge SET paid_minor = 2000, status = 'partially_paid'") == 1
    with clock.travel(4 * DAY):
        mark(shop, sold)
        (row,) = waiting(shop)
        assert (row.kind, row.amount_minor, row.currency) == ("owed_for_given", 2500, "eur")
        page = Coach(shop.tenant).read("money/matched/")
        assert "Record payment" in page
        assert f"money/owed/{row.reference}/record/" in page


def test_a_session_that_was_given_and_refunded_waits(shop: Shop, sold: Booking) -> None:
    with later(shop.stripe, 4 * DAY):
        mark(shop, sold)
        shop.stripe.dashboard_refund(worlds.attempt_for(shop.tenant, sold).stripe_charge_id)
        worlds.hear_stripe(shop.stripe)
        assert kinds(shop) == ["refunded_but_given"]
        assert "Look at the refund" in Coach(shop.tenant).read("money/matched/")


def test_money_for_a_session_that_is_off_waits_until_it_is_back(
    shop: Shop, sold: Booking, alter: Alter
) -> None:
    assert alter("UPDATE scheduling_booking SET status = 'cancelled'") == 1
    assert alter("UPDATE scheduling_session SET status = 'cancelled'") == 1
    assert kinds(shop) == ["paid_not_given"]
    shop.stripe.dashboard_refund(worlds.attempt_for(shop.tenant, sold).stripe_charge_id)
    worlds.hear_stripe(shop.stripe)
    assert kinds(shop) == []


def test_a_payment_that_nobody_decided_waits_and_can_be_asked_about(
    shop: Shop, sold: Booking, alter: Alter
) -> None:
    attempt = worlds.attempt_for(shop.tenant, sold)
    assert alter("UPDATE billing_paymentattempt SET status = 'capturing'") == 1
    with later(shop.stripe, 7200):
        assert kinds(shop) == ["undecided_payment"]
        answer = Coach(shop.tenant).post(f"money/matched/{attempt.pk}/ask", follow=True)
        assert "the payment stands as it says now" in answer.content.decode()
        assert "Everything matched" in answer.content.decode()
        assert kinds(shop) == []


def test_a_refund_that_stripe_refused_waits(shop: Shop, sold: Booking, alter: Alter) -> None:
    assert alter(
        "INSERT INTO billing_refund (id, attempt_id, reference, amount_minor, cause, status, round,"
        " refund_id, note, created_at) SELECT gen_random_uuid(), id, gen_random_uuid(), 1000, 'coach',"
        " 'refused', 1, '', 'insufficient_funds', now() FROM billing_paymentattempt"
    )
    assert kinds(shop) == ["refused_refund"]


def test_a_payout_that_failed_waits_until_another_arrives(shop: Shop, alter: Alter) -> None:
    made = (
        "INSERT INTO payouts_payout (id, payout_id, account_id, status, amount_minor, currency, arrives_on, "
        "is_automatic, failure, bank_last4, made_at, asked_at) VALUES (gen_random_uuid(), '{0}', 'acct', "
        "'{1}', 4000, 'eur', now(), true, '', '', now() + interval '{2} hours', now())"
    )
    alter(made.format("po_1", "failed", 0))
    with clock.travel(7200):
        assert kinds(shop) == ["failed_payout"]
        alter(made.format("po_2", "paid", 1))
        assert kinds(shop) == []


def test_every_kind_has_words_and_a_page() -> None:
    assert set(WORDS) == set(matching.LOOKS)


def test_the_queue_is_one_question_for_each_kind(
    shop: Shop, sold: Booking, django_assert_num_queries: Any
) -> None:
    with tenant_context(shop.tenant), transaction.atomic(), django_assert_num_queries(len(matching.LOOKS)):
        matching.waiting(now=clock.now(), tz=TZ)


# --- what was done without the coach -----------------------------------------------------------------


def counted(shop: Shop, **asked: Any) -> dict[str, tuple[int, int]]:
    with tenant_context(shop.tenant):
        found = done.without_the_coach(since=clock.now() - timedelta(days=1), **asked)
    return {row.words: (row.now, row.ever) for row in found.rows}


def test_what_was_done_is_counted_from_what_is_on_record(shop: Shop, sold: Booking) -> None:
    worlds.drain()
    told = counted(shop)
    assert told["booking taken, with its time agreed"] == (1, 1)
    assert told["payment taken and matched"] == (1, 1)
    assert told["confirmation sent"] == (1, 1)
    assert told["numbered paper written"] == (1, 1)
    shop.stripe.dashboard_refund(worlds.attempt_for(shop.tenant, sold).stripe_charge_id, 1000)
    worlds.hear_stripe(shop.stripe)
    assert counted(shop)["refund followed, with its fee"] == (1, 1)
    with clock.travel(40 * DAY):
        assert counted(shop)["payments taken and matched"] == (0, 1)


def test_reminders_are_counted_and_only_further_tries_of_a_card(shop: Shop, sold: Booking) -> None:
    calendar = owing.Calendar(shop)
    with calendar.passed:
        calendar.go_to(sold.session.starts_at - timedelta(hours=24))
        worlds.drain()
        assert counted(shop)["reminder sent"] == (1, 1)
        pack = owing.pack_in_three(shop)
        shop.stripe.decline_from_now_on(owing.card_of(shop).method_id)
        calendar.go_to(owing.parts_of(shop, pack)[1].due_at)
        assert "declined card tried again" not in counted(shop)
        calendar.go_on(timedelta(days=2))
        assert counted(shop)["declined card tried again"] == (1, 1)


def test_it_stands_for_minutes_and_is_told_on_the_page(shop: Shop, sold: Booking) -> None:
    worlds.drain()
    with tenant_context(shop.tenant):
        found = done.without_the_coach(since=clock.now() - timedelta(days=1))
    assert found.minutes == sum(row.now * row.minutes_each for row in found.rows) > 0
    assert "Done without you this month" in Coach(shop.tenant).read("money/matched/")


# --- the statement of the morning --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2026, 6, 10, 3, 59, tzinfo=UTC), datetime(2026, 6, 10, 4, 0, tzinfo=UTC)),
        (datetime(2026, 6, 10, 4, 0, tzinfo=UTC), datetime(2026, 6, 11, 4, 0, tzinfo=UTC)),
        (datetime(2026, 10, 24, 12, 0, tzinfo=UTC), datetime(2026, 10, 25, 5, 0, tzinfo=UTC)),
    ],
)
def test_it_comes_at_six_on_the_coachs_wall(at: datetime, expected: datetime) -> None:
    assert statements.next_morning(at, TZ) == expected


def test_the_first_booking_starts_it_and_each_one_asks_for_the_next(shop: Shop, sold: Booking) -> None:
    worlds.drain()
    first = Wakeup.objects.get(kind="statement").due_at
    with clock.travel((first - clock.now()).total_seconds() + 1):
        worlds.sweep()
        said = Books.objects.get(schema_name=shop.tenant.schema_name)
        assert (said.payments, said.matched, said.waiting) == (1, 1, 0)
        assert Wakeup.objects.get(kind="statement").due_at > first


def olga() -> Browser:
    return console.operator()


def test_operators_read_what_practices_say_and_what_the_proof_found(
    shop: Shop, sold: Booking, ben: Tenant, alter: Alter
) -> None:
    browser = olga()
    assert "None has said anything yet" in browser.get("/operators/books/").content.decode()
    with clock.travel(3600):
        call_command("verify_money", "--coach", "anna", "--patience", "0")
        page = browser.get("/operators/books/").content.decode()
        assert "0 differences." in page
        assert "Anna" in page
        assert "figures were compared" in Coach(shop.tenant).read("money/matched/")
        alter("UPDATE billing_paymentattempt SET captured_minor = captured_minor + 1")
        with pytest.raises(Exception, match="1 difference"):
            call_command("verify_money", "--coach", "anna", "--patience", "0")
        page = " ".join(browser.get("/operators/books/").content.decode().split())
        assert "1 practice does not tie." in page
        assert "expected 4500, found 4501" in page
    with tenant_context(ben):
        assert not Books.objects.exists()


def test_it_is_no_page_for_a_coach(anna: Tenant) -> None:
    assert Coach(anna).browser.get("/operators/books/").status_code == 404
