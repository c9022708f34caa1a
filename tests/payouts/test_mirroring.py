"""Payouts and balance lines are Stripe's, mirrored: each once, in one class, whatever becomes of the news."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django_tenants.utils import tenant_context

from connect import gateway
from connect.simulator.client import Simulator
from kit import clock
from payouts import balance, mirroring
from payouts.balance import Part, Standing
from payouts.models import BalanceLine, LineClass, Payout, PayoutStatus
from tenants.activity.models import Event
from tenants.billing.models import PaymentAttempt
from tenants.registry.models import Tenant, Wakeup
from tests import worlds
from tests.journeys.steps import later
from tests.worlds import Shop

MONDAY = datetime(2031, 6, 2, 9, tzinfo=UTC)
DAY = 86_400


@pytest.fixture
def monday(stripe: Simulator) -> Iterator[None]:
    """Banks work on Mondays, so days can be counted."""
    with clock.travel((MONDAY - clock.now()).total_seconds()):
        stripe.set_clock(MONDAY)
        yield


@pytest.fixture
def shop(monday: None, anna: Tenant, stripe: Simulator) -> Shop:
    """Anna's practice in euro, without fee-free sessions."""
    shop = worlds.open_shop(anna, stripe)
    worlds.set_free_units(anna, 0)
    return shop


def sell(shop: Shop, number: int = 0) -> PaymentAttempt:
    kind = worlds.session_type(shop.tenant, name=f"Lesson {number}")
    booking = worlds.sell(shop, kind, at=worlds.hour(200 + 3 * number), browser=f"b{number}")
    return worlds.attempt_for(shop.tenant, booking)


def look(shop: Shop) -> None:
    with tenant_context(shop.tenant):
        mirroring.follow(reference=shop.tenant.pk, now=clock.now())


def lines(shop: Shop) -> list[BalanceLine]:
    with tenant_context(shop.tenant):
        return list(BalanceLine.objects.select_related("payout").order_by("at", "line_id"))


def classes(shop: Shop) -> list[tuple[str, int]]:
    return sorted((line.line_class, line.net_minor) for line in lines(shop))


def payouts(shop: Shop) -> list[Payout]:
    with tenant_context(shop.tenant):
        return list(Payout.objects.order_by("made_at", "payout_id"))


# --- lines -------------------------------------------------------------------------------------------


def test_each_movement_is_one_line_of_one_class(shop: Shop) -> None:
    """A payment, a part refund and what goes back of our fee, a dispute, Stripe's cost, a sale elsewhere."""
    first, second = sell(shop, 0), sell(shop, 1)
    shop.stripe.dashboard_refund(first.stripe_charge_id, 1000)
    shop.stripe.open_dispute(second.stripe_charge_id)
    shop.stripe.charge_cost(shop.account_id, 200, description="Radar")
    shop.stripe.sell_elsewhere(shop.account_id, 3000)
    worlds.hear_stripe(shop.stripe)
    look(shop)
    processing, elsewhere = 161, 3000 - 117
    assert classes(shop) == sorted(
        [
            ("payment", 4500 - 450 - processing),
            ("payment", 4500 - 450 - processing),
            ("refund", -1000),
            ("fee_returned", 100),
            ("dispute", -4500 - 2000),
            ("stripe_cost", -200),
            ("outside", elsewhere),
        ]
    )
    of = {line.line_class: line.attempt_id for line in lines(shop) if line.attempt_id}
    assert (of["refund"], of["dispute"]) == (first.pk, second.pk)
    before = [(line.pk, line.line_id) for line in lines(shop)]
    look(shop)
    assert [(line.pk, line.line_id) for line in lines(shop)] == before


def test_a_payment_that_is_known_later_is_claimed(shop: Shop, as_owner: Any) -> None:
    attempt = sell(shop)
    with tenant_context(shop.tenant), as_owner.cursor() as cursor:
        cursor.execute(
            f"UPDATE \"{shop.tenant.schema_name}\".billing_paymentattempt SET stripe_charge_id = ''"
        )
    look(shop)
    assert [line.line_class for line in lines(shop)] == ["outside"]
    with as_owner.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{shop.tenant.schema_name}".billing_paymentattempt SET stripe_charge_id = %s',
            [attempt.stripe_charge_id],
        )
    look(shop)
    assert [(line.line_class, line.attempt_id) for line in lines(shop)] == [("payment", attempt.pk)]


def test_only_what_is_new_is_asked_for(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    sell(shop)
    look(shop)
    asked: list[dict[str, Any]] = []
    listed = gateway.list_balance_lines

    def listening(**what: Any) -> Any:
        asked.append(what)
        return listed(**what)

    monkeypatch.setattr(gateway, "list_balance_lines", listening)
    with later(shop.stripe, 9 * DAY):
        look(shop)
    of_account = [each for each in asked if not each.get("payout_id")]
    assert [each["since"] for each in of_account] == [lines(shop)[0].at - mirroring.OVERLAP]


# --- payouts -----------------------------------------------------------------------------------------


def test_a_payout_is_made_of_its_lines_to_the_cent(shop: Shop) -> None:
    sell(shop, 0)
    refunded = sell(shop, 1)
    shop.stripe.dashboard_refund(refunded.stripe_charge_id)
    worlds.hear_stripe(shop.stripe)
    with later(shop.stripe, 4 * DAY):
        worlds.hear_stripe(shop.stripe)
        look(shop)
        parts = [line for line in lines(shop) if line.payout and line.line_class != LineClass.PAYOUT]
        early, main = payouts(shop)
    for payout in (early, main):
        assert payout.itemised_at
        net = sum(line.net_minor for line in parts if line.payout_id == payout.pk)
        assert net == payout.amount_minor
    assert (early.amount_minor, main.amount_minor) == (450, 2 * (4500 - 450 - 161) - 4500)
    assert {line.line_class for line in parts} == {"payment", "refund", "fee_returned"}
    assert (main.status, main.bank_last4, main.is_automatic) == (PayoutStatus.PAID, "6789", True)
    assert (early.arrives_on, main.arrives_on) == (date(2031, 6, 4), date(2031, 6, 5))


def test_a_payout_by_hand_cannot_be_itemised(shop: Shop) -> None:
    shop.stripe.payout_schedule(shop.account_id, "manual")
    sell(shop)
    with later(shop.stripe, 3 * DAY):
        shop.stripe.pay_out(shop.account_id, 1000)
        worlds.hear_stripe(shop.stripe)
        look(shop)
        (payout,) = payouts(shop)
    assert (payout.is_automatic, payout.itemised_at, payout.amount_minor) == (False, None, 1000)
    assert all(line.payout is None for line in lines(shop))


def test_events_that_are_lost_or_come_twice_lead_to_the_same(shop: Shop) -> None:
    """The daily look alone, against every event delivered twice and backwards."""
    sell(shop)
    with later(shop.stripe, 4 * DAY):
        events = shop.stripe.pending_events()
        worlds.sweep()
        lost = (payouts(shop), classes(shop))
        worlds.post([*reversed(events), *events])
        worlds.drain()
        assert not worlds.failures()
        told = (payouts(shop), classes(shop))
    assert [(p.payout_id, p.status, p.amount_minor) for p in lost[0]] == [
        (p.payout_id, p.status, p.amount_minor) for p in told[0]
    ]
    assert lost[1] == told[1] != []
    assert payouts(shop)[0].itemised_at


def test_an_older_answer_changes_nothing(shop: Shop) -> None:
    sell(shop)
    with later(shop.stripe, 4 * DAY):
        worlds.hear_stripe(shop.stripe)
        look(shop)
        (payout,) = payouts(shop)
        shop.stripe.fail_payout(payout.payout_id)
        with tenant_context(shop.tenant):
            mirroring.on_stripe_event(
                account_id=shop.account_id,
                schema_name=shop.tenant.schema_name,
                object_id=payout.payout_id,
                now=payout.asked_at - timedelta(seconds=1),
            )
        assert payouts(shop)[0].status == PayoutStatus.PAID


def test_a_payout_that_failed_is_told_once_and_goes_out_again(shop: Shop) -> None:
    sell(shop)
    with later(shop.stripe, 4 * DAY):
        worlds.hear_stripe(shop.stripe)
        look(shop)
        (payout,) = payouts(shop)
        mail.outbox.clear()
        shop.stripe.fail_payout(payout.payout_id, "account_closed")
        worlds.hear_stripe(shop.stripe)
        look(shop)
        worlds.drain()
        (letter,) = mail.outbox
        assert "did not arrive at your bank" in letter.subject
        assert "the account is closed" in letter.body
        assert f"money/payouts/{payout.pk}/" in letter.body
        with tenant_context(shop.tenant):
            assert Event.objects.filter(kind="payout.failed").count() == 1
        shop.stripe.mend_bank_account(shop.account_id)
        with later(shop.stripe, 4 * DAY):
            worlds.hear_stripe(shop.stripe)
            look(shop)
            again = payouts(shop)[-1]
            with tenant_context(shop.tenant):
                (line,) = BalanceLine.objects.filter(payout=again).exclude(kind="payout")
        assert (again.amount_minor, line.kind) == (payout.amount_minor, "payout_failure")


# --- when it is looked at ----------------------------------------------------------------------------


def test_the_first_payment_starts_a_daily_look(shop: Shop) -> None:
    assert not Wakeup.objects.filter(kind="payouts").exists()
    sell(shop)
    assert Wakeup.objects.get(kind="payouts").due_at <= clock.now() + mirroring.SOON
    with later(shop.stripe, 700):
        worlds.sweep()
        assert [line.line_class for line in lines(shop)] == ["payment"]
        due = Wakeup.objects.get(kind="payouts").due_at
        assert clock.now() + timedelta(hours=23) < due <= clock.now() + mirroring.DAILY


def test_an_account_that_is_gone_is_left_alone_and_asked_about_again(shop: Shop) -> None:
    sell(shop)
    shop.stripe.disconnect(shop.account_id)
    look(shop)
    assert lines(shop) == []


# --- the balance -------------------------------------------------------------------------------------


def test_the_balance_is_the_sum_of_the_lines(shop: Shop) -> None:
    net = 4500 - 450 - 161
    sell(shop)
    look(shop)
    with tenant_context(shop.tenant):
        assert standing() == [Standing("eur", coming=[Part(net, date(2031, 6, 4))])]
    with later(shop.stripe, 2 * DAY + 3600):
        worlds.hear_stripe(shop.stripe)
        look(shop)
        with tenant_context(shop.tenant):
            assert standing() == [Standing("eur", on_its_way=[Part(net, date(2031, 6, 5))])]
        told = gateway.fetch_balance(account_id=shop.account_id)
        assert (told.available, told.pending) == ({"eur": 0}, {"eur": 0})
        with later(shop.stripe, 5 * DAY):
            worlds.hear_stripe(shop.stripe)
            look(shop)
            with tenant_context(shop.tenant):
                assert standing() == []


def standing() -> list[Standing]:
    return balance.standing(tz="Europe/Berlin", now=clock.now())


def test_another_coachs_payouts_are_not_seen(shop: Shop, ben: Tenant) -> None:
    sell(shop)
    look(shop)
    with tenant_context(ben):
        assert standing() == []
        assert not BalanceLine.objects.exists()
