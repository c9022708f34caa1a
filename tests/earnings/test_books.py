"""The proof: nothing differs where nothing was altered, and what was altered is named, and nothing else."""

import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django_tenants.utils import tenant_context

from connect.simulator.client import Simulator
from kit import clock
from kit.actors import Actor
from kit.ids import uuid7
from kit.money import Money
from payouts import mirroring
from tenants.billing import by_hand
from tenants.billing.models import Charge, Tender
from tenants.earnings.books import Verdict, verify
from tenants.packs import selling
from tenants.registry import books, patrols
from tenants.registry.models import Tenant
from tenants.scheduling import cancelling
from tenants.scheduling.models import Booking, Cause
from tests import worlds
from tests.journeys.steps import later
from tests.worlds import Shop

MONDAY = datetime(2031, 6, 2, 9, tzinfo=UTC)
DAY = 86_400
ANNA = Actor("coach", "1", "Anna")
AT_ONCE = timedelta(0)
Alter = Callable[[str], int]


@pytest.fixture
def shop(anna: Tenant, stripe: Simulator) -> Iterator[Shop]:
    """Anna's practice, with two fee-free sessions, on a Monday."""
    with clock.travel((MONDAY - clock.now()).total_seconds()):
        stripe.set_clock(MONDAY)
        shop = worlds.open_shop(anna, stripe)
        worlds.set_free_units(anna, 2)
        yield shop


def look(shop: Shop) -> None:
    worlds.hear_stripe(shop.stripe)
    with tenant_context(shop.tenant):
        mirroring.follow(reference=shop.tenant.pk, now=clock.now())
    worlds.drain()


def books_of(shop: Shop) -> Verdict:
    return verify(schema_name=shop.tenant.schema_name, now=clock.now(), patience=AT_ONCE)


def named(shop: Shop) -> list[tuple[str, str]]:
    return [(each.what, each.row.split()[0]) for each in books_of(shop).differences]


def sell_pack_for_cash(shop: Shop, kind: worlds.SessionType) -> None:
    """The coach sells a pack; half of it is paid in cash."""
    offer = worlds.pack_offer(shop.tenant, kind, name="Five", units=5, price_minor=20000)
    client = worlds.sell(shop, kind, at=worlds.hour(300), email="maya@example.com").client
    assert client
    with tenant_context(shop.tenant):
        pack = selling.sell(offer_id=offer.pk, client_id=client.pk, now=clock.now(), actor=ANNA)
        charge = Charge.objects.get(reference=pack.pk)
        by_hand.record(
            charge_id=charge.pk,
            tender=Tender.CASH,
            amount_minor=10000,
            received_on=clock.now().date(),
            reference="",
            now=clock.now(),
            actor=ANNA,
            key=uuid7(),
        )


def call_off(shop: Shop, booking: Booking) -> None:
    """In time, so what was paid goes back."""
    with tenant_context(shop.tenant):
        now = clock.now()
        asked = cancelling.cancel(booking_id=booking.pk, cause=Cause.CLIENT, now=now, actor=ANNA)
        cancelling.carry_out(reference=asked.pk, now=asked.takes_effect_at)
    worlds.drain()


@pytest.fixture
def busy(shop: Shop) -> Iterator[Shop]:
    """Sessions and packs, a deposit, refunds of ours and in the dashboard, a dispute, cash, a sale elsewhere,
    a cost of Stripe, and a payout."""
    kind = worlds.session_type(shop.tenant)
    refunded = worlds.sell(shop, kind, at=worlds.hour(204), email="kim@example.com")
    shop.stripe.dashboard_refund(worlds.attempt_for(shop.tenant, refunded).stripe_charge_id)
    worlds.hear_stripe(shop.stripe)
    worlds.sell(shop, kind, at=worlds.hour(200))
    worlds.buy_pack(shop, worlds.pack_offer(shop.tenant, kind), email="mo@example.com")
    halved = worlds.sell(shop, kind, at=worlds.hour(206), email="lee@example.com")
    disputed = worlds.sell(shop, kind, at=worlds.hour(208), email="mia@example.com")
    shop.stripe.open_dispute(worlds.attempt_for(shop.tenant, disputed).stripe_charge_id)
    course = worlds.session_type(shop.tenant, name="Course", price_minor=9000, deposit_minor=3000)
    worlds.sell(shop, course, at=worlds.hour(212), email="noa@example.com")
    off = worlds.sell(shop, kind, at=worlds.hour(216), email="pat@example.com")
    call_off(shop, off)
    sell_pack_for_cash(shop, kind)
    shop.stripe.dashboard_refund(worlds.attempt_for(shop.tenant, halved).stripe_charge_id, 1000)
    shop.stripe.sell_elsewhere(shop.account_id, 3000)
    shop.stripe.charge_cost(shop.account_id, 200)
    look(shop)
    with later(shop.stripe, 4 * DAY):
        look(shop)
        yield shop


@pytest.fixture
def alter(as_owner: Any, anna: Tenant) -> Alter:
    """Change Anna's rows as no code of ours does; answers how many."""

    def change(statement: str) -> int:
        with transaction.atomic(using="owner"), as_owner.cursor() as cursor:
            cursor.execute(f'SET LOCAL search_path = "{anna.schema_name}", public')
            cursor.execute(statement)
            return int(cursor.rowcount)

    return change


def test_nothing_differs_where_nothing_was_altered(busy: Shop) -> None:
    verdict = books_of(busy)
    assert [str(each) for each in verdict.differences] == []
    assert verdict.under_way == 0
    assert verdict.outside == {"eur": (1, 3000 - 117)}
    assert all(each.at_stripe_minor == each.here_minor for each in verdict.sums)
    for what in (
        "captured",
        "card processing",
        "platform fee",
        "refunded",
        "ledger, payment",
        "ledger, cash or bank transfer",
        "fee ledger, charged",
        "fee by the rule",
        "free session",
        "paid",
        "status",
        "funding of a session",
        "balance of a pack",
        "papers",
        "numbers of papers",
        "payout",
        "lines of a payout",
        "line of the balance",
        "state and amount",
        "refund that was sent",
        "sum of the parts",
        "paid of a part",
    ):
        assert verdict.compared[what], what


ONE_ENTRY = "WHERE id = (SELECT id FROM billing_ledgerentry WHERE kind = '{}' ORDER BY id LIMIT 1)"
ONE_FEE = "WHERE id = (SELECT id FROM fees_feeentry WHERE kind = '{}' ORDER BY id LIMIT 1)"
ONE_PAYMENT = (
    "WHERE id = (SELECT id FROM billing_paymentattempt WHERE application_fee_minor > 0 ORDER BY id LIMIT 1)"
)
REFUNDED = "WHERE id = (SELECT id FROM billing_paymentattempt WHERE refunded_minor > 0 ORDER BY id LIMIT 1)"
PAID = "WHERE id = (SELECT id FROM billing_charge WHERE status = 'paid' ORDER BY id LIMIT 1)"
ALTERED = {
    "captured": f"UPDATE billing_paymentattempt SET captured_minor = captured_minor + 1 {ONE_PAYMENT}",
    "platform fee": f"UPDATE billing_paymentattempt SET application_fee_minor = 1 {ONE_PAYMENT}",
    "fee by the rule": f"UPDATE billing_paymentattempt SET fee_minor = fee_minor - 1 {ONE_PAYMENT}",
    "platform fee returned": f"UPDATE billing_paymentattempt SET fee_returned_minor = 7 {ONE_PAYMENT}",
    "refunded": f"UPDATE billing_paymentattempt SET refunded_minor = refunded_minor - 1 {REFUNDED}",
    "lost in disputes": f"UPDATE billing_paymentattempt SET lost_minor = 5 {ONE_PAYMENT}",
    "card processing": f"UPDATE billing_paymentattempt SET processor_fee_minor = 1 {ONE_PAYMENT}",
    "settled net": f"UPDATE billing_paymentattempt SET settlement_net_minor = 1 {ONE_PAYMENT}",
    "available on": f"UPDATE billing_paymentattempt SET available_on = now() {ONE_PAYMENT}",
    "free sessions of the payment": "UPDATE billing_paymentattempt SET free_numbers = '[9, 8, 7]' "
    + ONE_PAYMENT,
    "ledger, payment": "UPDATE billing_ledgerentry SET amount_minor = amount_minor + 1 "
    + ONE_ENTRY.format("capture"),
    "ledger, platform fee": "UPDATE billing_ledgerentry SET amount_minor = amount_minor + 1 "
    + ONE_ENTRY.format("platform_fee"),
    "ledger, platform fee returned": "UPDATE billing_ledgerentry SET amount_minor = amount_minor + 1 "
    + ONE_ENTRY.format("platform_fee_returned"),
    "ledger, card processing": "DELETE FROM billing_ledgerentry " + ONE_ENTRY.format("processor_fee"),
    "ledger, refund": "UPDATE billing_ledgerentry SET amount_minor = amount_minor - 1 "
    + ONE_ENTRY.format("refund"),
    "ledger, cash or bank transfer": "UPDATE billing_ledgerentry SET amount_minor = amount_minor - 1 "
    + ONE_ENTRY.format("received"),
    "fee ledger, charged": "UPDATE fees_feeentry SET amount_minor = amount_minor + 1 "
    + ONE_FEE.format("charged"),
    "fee ledger, returned": "UPDATE fees_feeentry SET amount_minor = amount_minor + 1 "
    + ONE_FEE.format("returned"),
    "fee ledger, not collected": "INSERT INTO fees_feeentry (id, schema_name, kind, reference, number, "
    "amount_minor, currency, at) SELECT gen_random_uuid(), current_schema(), 'uncollected', id, 0, 5, 'eur', "
    f"now() FROM billing_paymentattempt {ONE_PAYMENT}",
    "free session": "INSERT INTO fees_feeentry (id, schema_name, kind, reference, number, amount_minor, "
    "currency, at) VALUES (gen_random_uuid(), current_schema(), 'unit_claimed', 'nobody', 1, 0, '', now())",
    "free sessions, at most those granted": "UPDATE fees_feeaccount SET free_units = 1 "
    "WHERE schema_name = current_schema()",
    "fee ledger, free sessions returned": "INSERT INTO fees_feeentry (id, schema_name, kind, reference, "
    "number, amount_minor, currency, at) SELECT gen_random_uuid(), current_schema(), 'unit_returned', "
    f"id, 2, 0, '', now() FROM billing_paymentattempt {ONE_PAYMENT}",
    "paid": f"UPDATE billing_charge SET paid_minor = paid_minor - 1 {PAID}",
    "went back": f"UPDATE billing_charge SET refunded_minor = 1 {PAID}",
    "status": f"UPDATE billing_charge SET status = 'open' {PAID}",
    "free sessions of the charge": f"UPDATE billing_charge SET free_units = free_units + 1 {PAID}",
    "balance of a pack": "UPDATE packs_packentry SET balance_after = balance_after + 1 "
    "WHERE id = (SELECT id FROM packs_packentry ORDER BY id LIMIT 1)",
    "funding of a session": "UPDATE scheduling_booking SET funded_by = gen_random_uuid() "
    "WHERE id = (SELECT id FROM scheduling_booking WHERE status = 'confirmed' ORDER BY id LIMIT 1)",
    "papers": "UPDATE billing_document SET amount_minor = amount_minor + 1 "
    "WHERE id = (SELECT id FROM billing_document ORDER BY id LIMIT 1)",
    "next number": "UPDATE billing_documentseries SET next_number = 99 WHERE kind = 'receipt'",
    "numbers of papers": "UPDATE billing_document SET number = number + 100 WHERE id = "
    "(SELECT id FROM billing_document WHERE kind = 'receipt' ORDER BY number DESC LIMIT 1)",
    "line of the balance": "UPDATE payouts_balanceline SET amount_minor = amount_minor + 1, "
    "net_minor = net_minor + 1 WHERE id = (SELECT id FROM payouts_balanceline ORDER BY id LIMIT 1)",
    "ledger, taken back by the card’s bank": "DELETE FROM billing_ledgerentry " + ONE_ENTRY.format("dispute"),
    "ledger, stripe’s fee for a dispute": "UPDATE billing_ledgerentry SET amount_minor = amount_minor + 1 "
    + ONE_ENTRY.format("dispute_fee"),
    "dispute": "DELETE FROM billing_dispute",
    "state and amount": "UPDATE billing_dispute SET status = 'won'",
    "refund that was sent": "UPDATE billing_refund SET amount_minor = amount_minor + 1",
    "sum of the parts": "UPDATE billing_instalment SET amount_minor = amount_minor + 1 WHERE number = 2",
    "paid of a part": "UPDATE billing_instalment SET paid_minor = paid_minor + 1 WHERE number = 2",
    "class of a line": "UPDATE payouts_balanceline SET line_class = 'outside' "
    "WHERE id = (SELECT id FROM payouts_balanceline WHERE line_class = 'payment' LIMIT 1)",
    "payout": "UPDATE payouts_payout SET amount_minor = amount_minor + 1 "
    "WHERE id = (SELECT id FROM payouts_payout ORDER BY id LIMIT 1)",
    "lines of a payout": "UPDATE payouts_balanceline SET payout_id = NULL WHERE id = "
    "(SELECT id FROM payouts_balanceline WHERE payout_id IS NOT NULL AND kind = 'charge' LIMIT 1)",
}


TABLE = re.compile(r"(?:UPDATE|INTO|DELETE FROM) (\w+)")


@pytest.fixture
def put_back(alter: Alter, as_owner: Any, anna: Tenant) -> Callable[[str], None]:
    """Make the table of a statement what it was before, from the copy that `kept` has made of it."""

    def restore(table: str) -> None:
        with as_owner.cursor() as cursor:
            columns = "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute WHERE attnum > 0 "
            cursor.execute(columns + "AND attrelid = %s::regclass", [f"{_schema_of(table, anna)}.{table}"])
            (names,) = cursor.fetchone()
        here = f"(SELECT {names} FROM kept k WHERE k.id = t.id)"
        alter(f"DELETE FROM {table} t WHERE NOT EXISTS (SELECT 1 FROM kept k WHERE k.id = t.id)")
        alter(f"UPDATE {table} t SET ({names}) = {here}")
        missing = f"WHERE NOT EXISTS (SELECT 1 FROM {table} t WHERE t.id = k.id)"
        alter(f"INSERT INTO {table} ({names}) SELECT {names} FROM kept k {missing}")
        alter("DROP TABLE kept")

    return restore


def _schema_of(table: str, tenant: Tenant) -> str:
    return "public" if table.startswith("fees_") else tenant.schema_name


def test_what_was_altered_by_hand_is_named_and_nothing_else(
    busy: Shop, alter: Alter, put_back: Callable[[str], None]
) -> None:
    """Each kind of figure in turn, each put back before the next."""
    told = {}
    for what, statement in ALTERED.items():
        (table,) = TABLE.findall(statement)[:1]
        alter(f"CREATE TEMP TABLE kept AS TABLE {table}")
        assert alter(statement) == 1, what
        told[what] = [each.what for each in books_of(busy).differences]
        put_back(table)
    assert told == {what: [what] for what in ALTERED}
    assert books_of(busy).differences == []


@pytest.mark.parametrize("altered", ["3000", "NULL"])
def test_a_cap_of_a_free_session_that_was_altered_is_named(shop: Shop, alter: Alter, altered: str) -> None:
    """45.00, free up to 40.00: the fee is a tenth of 5.00, and by no other cap."""
    worlds.cap_free_units(shop.tenant, Money(4000, "eur"))
    worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(200))
    look(shop)
    with later(shop.stripe, 4 * DAY):
        look(shop)
        assert [str(each) for each in books_of(shop).differences] == []
        assert alter(f"UPDATE billing_charge SET unit_cap_minor = {altered}") == 1
        assert ("fee by the rule", "payment") in named(shop)


def test_a_payment_that_was_made_up_is_named(busy: Shop, alter: Alter) -> None:
    """Stripe knows of no such payment."""
    assert alter(f"UPDATE billing_paymentattempt SET intent_id = 'pi_made_up' {ONE_PAYMENT}") == 1
    assert ("captured payment", "payment") in named(busy)


def test_a_capture_that_was_forgotten_is_named(busy: Shop, alter: Alter) -> None:
    """The money is at Stripe; here nobody has heard of it."""
    alter("DELETE FROM billing_ledgerentry WHERE attempt_id IN (SELECT id FROM billing_paymentattempt)")
    assert alter(f"UPDATE billing_paymentattempt SET status = 'expired', captured_at = NULL {ONE_PAYMENT}")
    assert ("captured payment", "payment") in named(busy)


def test_what_has_just_moved_at_stripe_is_under_way(busy: Shop) -> None:
    """A refund that no event has told of yet."""
    with tenant_context(busy.tenant):
        charge = worlds.PaymentAttempt.objects.filter(refunded_minor=0, captured_minor=4500).first()
    assert charge
    busy.stripe.dashboard_refund(charge.stripe_charge_id, 500)
    with later(busy.stripe, 60):
        patient = verify(schema_name=busy.tenant.schema_name, now=clock.now())
        assert ([str(each) for each in patient.differences], patient.under_way > 0) == ([], True)
        assert ("refunded", "payment") in named(busy)


def test_a_settlement_in_another_currency_ties_in_its_own(shop: Shop) -> None:
    shop.stripe.settle_in(shop.account_id, "chf", rate=0.95)
    booking = worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(200))
    shop.stripe.dashboard_refund(worlds.attempt_for(shop.tenant, booking).stripe_charge_id, 1000)
    look(shop)
    with later(shop.stripe, 4 * DAY):
        look(shop)
        verdict = books_of(shop)
    assert [str(each) for each in verdict.differences] == []
    assert {each.currency for each in verdict.sums} == {"eur"}


def test_what_a_bank_took_back_for_good_ties_with_its_credit_note(shop: Shop) -> None:
    booking = worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(200))
    charge_id = worlds.attempt_for(shop.tenant, booking).stripe_charge_id
    dispute_id = shop.stripe.open_dispute(charge_id)
    worlds.hear_stripe(shop.stripe)
    shop.stripe.lose_dispute(dispute_id)
    look(shop)
    with later(shop.stripe, 4 * DAY):
        look(shop)
        assert [str(each) for each in books_of(shop).differences] == []


def test_nothing_is_said_of_papers_whose_account_cannot_be_asked(busy: Shop) -> None:
    busy.stripe.disconnect(busy.account_id)
    worlds.hear_stripe(busy.stripe)
    verdict = books_of(busy)
    assert (verdict.not_asked, [str(each) for each in verdict.differences]) == ([busy.account_id], [])


def test_a_practice_without_stripe_has_nothing_to_differ(ben: Tenant) -> None:
    verdict = verify(schema_name=ben.schema_name, now=clock.now())
    assert verdict.differences == []


# --- the command -------------------------------------------------------------------------------------


def run(*arguments: str) -> tuple[str, str, int]:
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("verify_money", "--patience", "0", *arguments, stdout=out, stderr=err)
    except CommandError as error:
        return out.getvalue(), err.getvalue(), error.returncode
    return out.getvalue(), err.getvalue(), 0


def test_the_command_says_how_much_it_has_compared(busy: Shop) -> None:
    out, err, code = run("--coach", "anna")
    assert (err, code) == ("", 0)
    assert "0 differences at 1 practice" in out
    assert "made outside Upfront: 1 movements, €28.83 net" in out
    assert re.search(r"anna: Payment: (€[\d.]+) at Stripe, \1 here\n", out)
    assert "0 differences at 4 practices" in run()[0]


def test_the_command_names_each_difference_with_its_coach_and_fails(busy: Shop, alter: Alter) -> None:
    alter(ALTERED["captured"])
    out, err, code = run()
    assert code == 1
    assert err.startswith("anna: captured of payment ")
    assert "expected 45000, found 45001" in err
    assert "0 differences at" not in out


def test_the_command_knows_no_other_coach(db: None) -> None:
    with pytest.raises(CommandError, match="There is no practice at “nobody”"):
        call_command("verify_money", "--coach", "nobody")


def test_in_a_week_of_nights_every_practice_has_its_turn_once(tenants: list[Tenant]) -> None:
    nights = [patrols.schemas_to_prove(now=MONDAY + timedelta(days=day)) for day in range(7)]
    assert sorted(each for night in nights for each in night) == sorted(each.schema_name for each in tenants)


def test_what_the_nights_proof_finds_is_what_operators_read(busy: Shop, alter: Alter) -> None:
    schema_name = busy.tenant.schema_name
    with later(busy.stripe, 3600):
        patrols.prove_tenant(schema_name=schema_name, now=clock.now())
        said = books.of_tenant(schema_name=schema_name)
        assert said is not None
        assert said.differences == 0
        assert said.compared > 20
        alter(ALTERED["captured"])
        patrols.prove_tenant(schema_name=schema_name, now=clock.now())
        said = books.of_tenant(schema_name=schema_name)
        assert said is not None
        assert said.differences >= 1
        assert schema_name in books.do_not_tie().values_list("schema_name", flat=True)


def test_where_stripe_does_not_answer_the_last_proof_stands(busy: Shop) -> None:
    schema_name = busy.tenant.schema_name
    patrols.prove_tenant(schema_name=schema_name, now=clock.now())
    before = books.of_tenant(schema_name=schema_name)
    busy.stripe.fail_next("GET .*", "500", count=50)
    with clock.travel(3600):
        patrols.prove_tenant(schema_name=schema_name, now=clock.now())
    busy.stripe.clear_faults()
    after = books.of_tenant(schema_name=schema_name)
    assert before is not None
    assert after is not None
    assert after.proved_at == before.proved_at
