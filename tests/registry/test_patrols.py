"""The nightly patrol: silent over everything that may happen, loud over what may not, until it is mended."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from config import wiring
from kit import clock
from operators import stuck
from tenants.dashboard import missed_words
from tenants.messaging.models import Mail
from tenants.registry import patrols, tasks
from tenants.registry.models import Finding, Tenant, TenantStatus, Wakeup
from tenants.scheduling.models import Booking
from tests import console, worlds
from tests.dashboard.desk import Coach
from tests.dashboard.test_pages import MOST_QUERIES
from tests.journeys import steps
from tests.journeys.steps import later
from tests.worlds import Shop

HOUR, DAY = 3600, 86_400
Found = set[tuple[str, UUID]]
ByHand = Callable[[str], int]


@pytest.fixture
def kind(shop: Shop) -> worlds.SessionType:
    return worlds.session_type(shop.tenant)


@pytest.fixture
def sold(shop: Shop, kind: worlds.SessionType) -> Booking:
    return worlds.sell(shop, kind, at=worlds.hour(100))


@pytest.fixture
def by_hand(as_owner: Any, anna: Tenant) -> ByHand:
    """Alter Anna's rows as no code of ours does; answers how many."""

    def alter(statement: str) -> int:
        with transaction.atomic(using="owner"), as_owner.cursor() as cursor:
            cursor.execute(f'SET LOCAL search_path = "{anna.schema_name}", public')
            cursor.execute(statement)
            return int(cursor.rowcount)

    return alter


def patrol(tenant: Tenant) -> Found:
    """Let the patrol pass; what it has found and not seen mended."""
    patrols.patrol_tenant(schema_name=tenant.schema_name, now=clock.now())
    return found(tenant)


def found(tenant: Tenant) -> Found:
    rows = Finding.objects.filter(schema_name=tenant.schema_name, cleared_at__isnull=True)
    return set(rows.values_list("kind", "reference"))


def asked(kind: str) -> int:
    return Wakeup.objects.filter(kind=kind).count()


def shown_to_operators() -> str:
    browser = console.operator()
    assert "1 thing is stuck" in browser.get("/operators/").content.decode()
    return " ".join(browser.get("/operators/stuck/").content.decode().split())


# --- nothing to find --------------------------------------------------------------------------------


def test_nothing_is_found_where_everything_goes_its_way(
    shop: Shop, kind: worlds.SessionType, sold: Booking
) -> None:
    """Held, given up, left, paid, free, refunded in part, as a whole, and unwanted; then days pass."""
    worlds.held(shop.tenant, kind, at=worlds.hour(110), browser="looks only")
    left = worlds.held(shop.tenant, kind, at=worlds.hour(112), browser="leaves")
    worlds.book(shop.tenant, left, email="leaves@example.com")
    unwanted = worlds.ask_and_pay(shop, kind, at=worlds.hour(114), browser="loses the time")
    shop.stripe.pending_events()
    steps.take_away(shop, unwanted)
    shop.stripe.dashboard_capture(steps.intent_of(shop, unwanted).id)
    free = worlds.held(shop.tenant, worlds.session_type(shop.tenant, price_minor=0), at=worlds.hour(116))
    worlds.book(shop.tenant, free)
    for start, amount in ((118, None), (120, 1000)):
        refunded = worlds.sell(shop, kind, at=worlds.hour(start), browser=f"refunded {start}")
        charge = worlds.attempt_for(shop.tenant, refunded).stripe_charge_id
        shop.stripe.dashboard_refund(charge, amount)
    worlds.hear_stripe(shop.stripe)
    assert patrol(shop.tenant) == set()
    for seconds in (2 * HOUR, 9 * DAY):
        with clock.travel(seconds):
            shop.stripe.set_clock(clock.now())
            worlds.drain()
            worlds.hear_stripe(shop.stripe)
            assert patrol(shop.tenant) == set()
    assert asked("patrol") == 0


def test_a_session_that_took_place_is_nothing_to_find_even_when_refunded_later(
    shop: Shop, sold: Booking
) -> None:
    with later(shop.stripe, 9 * DAY):
        shop.stripe.dashboard_refund(worlds.attempt_for(shop.tenant, sold).stripe_charge_id)
        worlds.hear_stripe(shop.stripe)
        assert worlds.attempt_for(shop.tenant, sold).refunded_minor == 4500
        assert patrol(shop.tenant) == set()


# --- each kind, by hand -----------------------------------------------------------------------------

PACK = """
    WITH offer AS (
        INSERT INTO packs_packoffer (id, line, version, is_current, is_active, position, name, slug,
            description, units, price_minor, currency, covers, transfer, cancel_window_hours, refund_rule,
            unpaid, unpaid_units, instalments, tax_bp, requires, is_private, created_at)
        VALUES (gen_random_uuid(), gen_random_uuid(), 1, true, true, 0, 'Ten', 'ten', '', 10, 45000, 'eur',
            '{}', 'nobody', 24, 'unused', 'nothing', 0, 1, 0, '[]', false, now()) RETURNING id),
    pack AS (
        INSERT INTO packs_pack (id, offer_id, client_id, buyer_id, status, units, price_minor, currency,
            bought_at, owed_minor, frozen_because, instalments, accepted, link_version)
        SELECT gen_random_uuid(), offer.id, b.client_id, b.client_id, 'active', 10, 45000, 'eur', now(), 0,
            '', 1, '{}', 1 FROM offer, scheduling_booking b RETURNING id)"""
SPENT = (
    PACK
    + """
    INSERT INTO packs_packentry (id, pack_id, number, kind, units, balance_after, cause, rule, booking_id,
        reference, actor_kind, actor_id, actor_name, data, at)
    SELECT gen_random_uuid(), pack.id, 1, 'spent', -1, 9, 'booking', 'units:1', b.id, b.id, 'client', '', '',
        '{}', now() FROM pack, scheduling_booking b"""
)
CANCELLED = """
    WITH off AS (UPDATE scheduling_booking SET status = 'cancelled' WHERE {when})
    INSERT INTO scheduling_cancellation (id, booking_id, cause, status, asked_at, takes_effect_at, outcome,
        units_back, money_back_minor, window_hours, reason, note, actor_kind, actor_id, actor_name)
    SELECT id, id, 'client', '{status}', now() - interval '2 days', now() - interval '2 days', 'used', 0, 0,
        24, 'Late', '', 'client', '', '' FROM scheduling_booking"""
# Of a pack, with the booking's key, so that what is found is known by it.
ORDER = (
    PACK
    + """
    , ordered AS (
        INSERT INTO shop_order (id, kind, payer_id, pack_offer_id, status, price_minor, currency,
            beneficiaries, is_gift, agreed, link_version, created_at, paid_at)
        SELECT b.id, 'packs', b.client_id, offer.id, '{status}', 1, 'eur', '[{{"pack_id": ""}}]', true,
            '{{}}', 1, {created}, {paid} FROM offer, scheduling_booking b RETURNING id)"""
).replace("'{}'", "'{{}}'")
ACCEPTED = """
    WITH paper AS (
        INSERT INTO paperwork_paper (id, line, version, is_current, is_active, kind, name, body, parts,
            ask_again, created_at)
        VALUES (gen_random_uuid(), gen_random_uuid(), 1, true, true, 'agreement', 'Terms', 'Terms', '[]',
            false, now()) RETURNING id, line),
    given AS (
        INSERT INTO paperwork_clientpaper (id, paper_id, client_id, status, text, text_hash, answers,
            hides_prices, position, link_version, given_at, done_at)
        SELECT b.id, paper.id, b.client_id, 'done', 'Terms', encode(sha256('Terms'), 'hex'), '{}', false, 0,
            1, b.confirmed_at, b.confirmed_at FROM paper, scheduling_booking b RETURNING id, client_id)
    INSERT INTO paperwork_acceptance (id, client_paper_id, client_id, name, text, text_hash, paper_line,
        paper_version, address, agent, at)
    SELECT gen_random_uuid(), given.id, given.client_id, 'Cleo', 'Other terms',
        encode(sha256('Terms'), 'hex'), paper.line, 1, '', '', b.confirmed_at
    FROM paper, given, scheduling_booking b"""
LONG_AGO = "now() - interval '9 days'"
ALTERED = {
    "payment_without_order": (
        ORDER.format(status="pending", created="now()", paid="NULL")
        + "UPDATE billing_charge SET purpose = 'packs_for'",
        "UPDATE shop_order SET status = 'paid', paid_at = now(), beneficiaries = '[]'",
    ),
    "order_without_goods": (
        ORDER.format(status="paid", created=LONG_AGO, paid=LONG_AGO) + "SELECT id FROM ordered",
        "UPDATE shop_order SET status = 'refunded'",
    ),
    "forgotten_order": (
        ORDER.format(status="pending", created=LONG_AGO, paid="NULL") + "SELECT id FROM ordered",
        "UPDATE shop_order SET status = 'void'",
    ),
    "forgotten_pack_order": (
        PACK.replace(
            "SELECT gen_random_uuid(), offer.id, b.client_id, b.client_id, 'active', 10, 45000, 'eur', now()",
            f"SELECT b.id, offer.id, b.client_id, b.client_id, 'pending', 10, 45000, 'eur', {LONG_AGO}",
        )
        + "SELECT id FROM pack",
        "UPDATE packs_pack SET status = 'void'",
    ),
    "altered_acceptance": (ACCEPTED, "UPDATE paperwork_acceptance SET text = 'Terms'"),
    "booking_without_unit": (
        PACK + "UPDATE scheduling_booking SET funding = 'pack', pack_id = pack.id FROM pack",
        "UPDATE scheduling_booking SET funding = 'card'",
    ),
    "unit_without_booking": (
        SPENT.replace("WITH", "WITH off AS (UPDATE scheduling_booking SET status = 'cancelled'),", 1),
        CANCELLED.format(when="true", status="done"),
    ),
    "forgotten_request": (
        "UPDATE scheduling_booking SET status = 'requested', answer_by = now() - interval '2 days'",
        "UPDATE scheduling_booking SET status = 'confirmed'",
    ),
    "forgotten_cancellation": (
        CANCELLED.format(when="false", status="pending"),
        "UPDATE scheduling_cancellation SET status = 'undone'",
    ),
    "unpaid_booking": (
        "UPDATE billing_paymentattempt SET status = 'released'",
        "UPDATE billing_paymentattempt SET status = 'captured'",
    ),
    "refunded_booking": (
        "UPDATE billing_paymentattempt SET refunded_minor = captured_minor",
        "UPDATE billing_paymentattempt SET refunded_minor = 0",
    ),
    "payment_without_booking": (
        "UPDATE scheduling_booking SET status = 'expired'",
        "UPDATE scheduling_booking SET status = 'cancelled'",
    ),
    "forgotten_hold": (
        "UPDATE scheduling_booking SET status = 'held', hold_expires_at = now() - interval '2 days'",
        "UPDATE scheduling_booking SET status = 'confirmed'",
    ),
    "forgotten_payment": (
        "WITH gone AS (DELETE FROM registry_wakeup) "
        "UPDATE billing_paymentattempt SET status = 'capturing', expires_at = now() - interval '2 days'",
        "UPDATE billing_paymentattempt SET status = 'captured'",
    ),
    "forgotten_dispute": (
        "INSERT INTO billing_dispute "
        "(id, attempt_id, dispute_id, status, reason, amount_minor, currency, opened_at, asked_at) "
        "SELECT id, id, 'du_1', 'open', 'fraudulent', 1, 'usd', now() - interval '3 days', "
        "now() - interval '2 days' FROM billing_paymentattempt",
        "UPDATE billing_dispute SET status = 'won'",
    ),
    "forgotten_instalment": (
        "INSERT INTO billing_instalment (id, charge_id, number, kind, amount_minor, paid_minor, due_at, "
        "by_card, status, tries, decline, asks_client) SELECT id, id, 1, 'rest', 1, 0, "
        "now() - interval '2 days', true, 'open', 0, '', false FROM billing_charge",
        "UPDATE billing_instalment SET status = 'waived'",
    ),
    "forgotten_refund": (
        "INSERT INTO billing_refund "
        "(id, attempt_id, reference, amount_minor, cause, status, round, refund_id, "
        "note, created_at) SELECT id, id, id, 1, 'client', 'asked', 1, '', '', now() - interval '2 days' "
        "FROM billing_paymentattempt",
        "UPDATE billing_refund SET status = 'refused'",
    ),
    "forgotten_reminder": (
        "WITH looks AS (DELETE FROM registry_wakeup WHERE kind = 'reminder') "
        "UPDATE scheduling_booking SET confirmed_at = now() - interval '2 hours'",
        "UPDATE scheduling_booking SET status = 'cancelled'",
    ),
    "late_mail": (
        "UPDATE messaging_mail SET status = 'waiting', created_at = now() - interval '2 days' "
        "WHERE audience = 'coach'",
        "UPDATE messaging_mail SET status = 'sent'",
    ),
}


# Where the coach looks at it; others at the booking.
PAGES = {
    "payment_without_order": "packs-for",
    "order_without_goods": "packs-for",
    "forgotten_order": "packs-for",
    "forgotten_pack_order": "clients/packs",
    "altered_acceptance": "offers/agreements/given",
}


@pytest.mark.parametrize("what", wiring.PATROL)
def test_what_is_amiss_is_found_told_to_both_and_gone_when_mended(
    shop: Shop, sold: Booking, ben: Tenant, by_hand: ByHand, what: str
) -> None:
    wrong, right = ALTERED[what]
    assert by_hand(wrong) == 1
    with clock.travel(3 * HOUR):
        assert (what, sold.pk) in patrol(shop.tenant)
        by_hand(f"DELETE FROM registry_finding WHERE kind <> '{what}'")
    words = missed_words.WORDS[what]
    with clock.travel(5 * HOUR):
        page = Coach(shop.tenant).read()
        assert words.title in page
        assert "Found 2 hours ago." in page
        assert f"/coach/anna/{PAGES.get(what, 'booking')}/{sold.pk}/" in page
        assert words.title not in Coach(ben).read()
        told = shown_to_operators()
        assert stuck.WORDS[what] in told
        assert str(sold.pk) in told
        by_hand(right)
        assert patrol(shop.tenant) == set()
        assert words.title not in Coach(shop.tenant).read()
    assert Finding.objects.get(kind=what).cleared_at


def test_every_kind_has_words_for_both_and_is_tried_here() -> None:
    assert set(missed_words.WORDS) == set(stuck.WORDS) == set(ALTERED) == set(wiring.PATROL)


def test_what_comes_back_is_one_row_with_a_new_beginning(shop: Shop, sold: Booking, by_hand: ByHand) -> None:
    wrong, right = ALTERED["unpaid_booking"]
    begun = []
    for number, statement in enumerate((wrong, wrong, right, wrong)):
        by_hand(statement)
        with clock.travel(number * HOUR):
            patrol(shop.tenant)
        begun.append(Finding.objects.get().found_at)
    assert begun[0] == begun[1] == begun[2] < begun[3]
    assert Finding.objects.get().cleared_at is None


def test_it_looks_again_every_hour_until_nothing_is_left(shop: Shop, sold: Booking, by_hand: ByHand) -> None:
    wrong, right = ALTERED["unpaid_booking"]
    by_hand(wrong)
    patrol(shop.tenant)
    with clock.travel(HOUR + 1):
        worlds.sweep()
        assert found(shop.tenant) == {("unpaid_booking", sold.pk)}
    by_hand(right)
    with clock.travel(2 * HOUR + 2):
        worlds.sweep()
        assert found(shop.tenant) == set()
    assert asked("patrol") == 0


# --- what it mends ----------------------------------------------------------------------------------


def mended_within_the_hour(shop: Shop) -> None:
    worlds.drain()
    worlds.hear_stripe(shop.stripe)
    with later(shop.stripe, HOUR + 1):
        worlds.drain()
        assert found(shop.tenant) == set()


def test_a_payment_that_nobody_looks_after_is_settled(
    shop: Shop, kind: worlds.SessionType, by_hand: ByHand
) -> None:
    booking = worlds.ask_and_pay(shop, kind, at=worlds.hour(100))
    shop.stripe.pending_events()
    assert by_hand("DELETE FROM registry_wakeup WHERE kind IN ('attempt', 'hold')") == 2
    with later(shop.stripe, 1.6 * HOUR):
        assert patrol(shop.tenant) == {("forgotten_payment", booking.pk)}
        mended_within_the_hour(shop)
        assert worlds.reread(shop.tenant, booking).status == "confirmed"


def test_a_payment_with_a_wakeup_is_not_forgotten(shop: Shop, kind: worlds.SessionType) -> None:
    worlds.ask_and_pay(shop, kind, at=worlds.hour(100))
    with later(shop.stripe, 1.6 * HOUR):
        assert patrol(shop.tenant) == set()


def test_a_hold_that_nobody_ends_is_ended(shop: Shop, kind: worlds.SessionType, by_hand: ByHand) -> None:
    booking = worlds.held(shop.tenant, kind, at=worlds.hour(100))
    assert by_hand("DELETE FROM registry_wakeup WHERE kind = 'hold'") == 1
    with later(shop.stripe, 2 * HOUR):
        assert patrol(shop.tenant) == {("forgotten_hold", booking.pk)}
        mended_within_the_hour(shop)
    assert worlds.reread(shop.tenant, booking).status == "expired"


def test_a_mail_that_nobody_sends_is_sent(shop: Shop, sold: Booking, by_hand: ByHand) -> None:
    by_hand(ALTERED["late_mail"][0])
    assert patrol(shop.tenant) == {("late_mail", sold.pk)}
    mended_within_the_hour(shop)
    with tenant_context(shop.tenant):
        assert not Mail.objects.exclude(status="sent").exists()


def test_money_that_nobody_wanted_goes_back_though_its_refund_was_forgotten(
    shop: Shop, kind: worlds.SessionType, by_hand: ByHand
) -> None:
    booking = worlds.ask_and_pay(shop, kind, at=worlds.hour(100))
    steps.take_away(shop, booking)
    shop.stripe.dashboard_capture(steps.intent_of(shop, booking).id)
    shop.stripe.fail_next("POST /v1/refunds", "unreachable", count=99)
    worlds.post(shop.stripe.pending_events())
    worlds.drain()
    shop.stripe.clear_faults()
    by_hand("DELETE FROM registry_wakeup")
    by_hand("DELETE FROM connect_stripeevent")
    assert worlds.attempt_for(shop.tenant, booking).captured_minor == 4500
    with later(shop.stripe, 2 * HOUR):
        assert patrol(shop.tenant) == {("payment_without_booking", booking.pk)}
        mended_within_the_hour(shop)
        assert worlds.attempt_for(shop.tenant, booking).refunded_minor == 4500


# --- whom it visits, and who may write what ----------------------------------------------------------


def test_the_nightly_task_asks_for_one_patrol_of_each_practice_with_something_under_way(
    tenants: list[Tenant], monkeypatch: pytest.MonkeyPatch
) -> None:
    Tenant.objects.filter(pk=tenants[0].pk).update(status=TenantStatus.SUSPENDED)
    Tenant.objects.filter(pk=tenants[1].pk).update(status=TenantStatus.CLOSED)
    visited: list[Any] = []
    monkeypatch.setattr(tasks, "enqueue", lambda task, *args: visited.append((task, *args)))
    tasks.patrol()
    names = {tenant.schema_name for tenant in tenants if tenant != tenants[1]}
    assert {name for _task, name in visited} == names
    for task, name in visited:
        task(name)
    assert not Finding.objects.exists()


def test_looking_writes_nothing(shop: Shop, sold: Booking, monkeypatch: pytest.MonkeyPatch) -> None:
    def writes(*, now: Any) -> list[patrols.Missed]:
        Booking.objects.update(status="held")
        return []

    monkeypatch.setattr(patrols.wiring, "named", lambda _path: writes)
    with pytest.raises(DatabaseError, match="read-only transaction"):
        patrol(shop.tenant)


def test_a_practice_notes_nothing_about_another(anna: Tenant, ben: Tenant) -> None:
    now = clock.now()
    fields = {"kind": "late_mail", "reference": ben.pk, "found_at": now, "seen_at": now}
    with tenant_context(ben), transaction.atomic():
        Finding.objects.create(schema_name=ben.schema_name, **fields)
    with tenant_context(anna):
        assert not Finding.objects.exists()
        with transaction.atomic():
            assert Finding.objects.update(cleared_at=now) == 0
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Finding.objects.create(schema_name=ben.schema_name, **fields)


def test_a_late_mail_about_stripe_leads_to_the_account(anna: Tenant) -> None:
    now = clock.now()
    with tenant_context(anna), transaction.atomic():
        Mail.objects.create(
            event_id=anna.pk,
            kind="stripe_restricted",
            audience="coach",
            subject_id=anna.pk,
            created_at=now - timedelta(days=1),
        )
    assert patrol(anna) == {("late_mail", anna.pk)}
    assert "See your Stripe account" in Coach(anna).read()


def test_today_stays_within_its_budget_when_something_was_found(
    shop: Shop, sold: Booking, by_hand: ByHand
) -> None:
    by_hand(ALTERED["unpaid_booking"][0])
    by_hand("UPDATE offers_practice SET hours_agreed_at = now()")
    patrol(shop.tenant)
    coach = Coach(shop.tenant)
    with CaptureQueriesContext(connection) as read:
        assert missed_words.WORDS["unpaid_booking"].title in coach.read()
    assert len([each for each in read if not each["sql"].startswith(("BEGIN", "COMMIT"))]) <= MOST_QUERIES


def test_watchers_are_told_how_much_is_open(shop: Shop, sold: Booking, by_hand: ByHand) -> None:
    by_hand(ALTERED["unpaid_booking"][0])
    patrol(shop.tenant)
    answer = Browser(HTTP_HOST="localhost:8000").get("/ready")
    assert answer.json()["checks"]["findings"] == {"ok": True, "open": 1}
    assert answer.status_code == 200


def test_watchers_are_told_of_no_sandbox(shop: Shop, sold: Booking, by_hand: ByHand) -> None:
    by_hand(ALTERED["unpaid_booking"][0])
    patrol(shop.tenant)
    Tenant.objects.filter(pk=shop.tenant.pk).update(is_sandbox=True)
    answer = Browser(HTTP_HOST="localhost:8000").get("/ready")
    assert answer.json()["checks"]["findings"] == {"ok": True, "open": 0}
