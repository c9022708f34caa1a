"""Payouts on the pages: when the money comes, what each deposit is made of, and the same in the file."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django_tenants.utils import tenant_context

from connect.simulator.client import Simulator
from kit import clock
from payouts import mirroring
from payouts.models import Payout
from tenants.registry.models import Tenant
from tests import worlds
from tests.dashboard.desk import Coach
from tests.journeys.steps import later
from tests.worlds import Shop

MONDAY = datetime(2031, 6, 2, 9, tzinfo=UTC)
DAY = 86_400


@pytest.fixture
def shop(anna: Tenant, stripe: Simulator) -> Iterator[Shop]:
    """Anna's practice on a Monday: one fee-free session, two lessons and a pack sold, one part refund."""
    with clock.travel((MONDAY - clock.now()).total_seconds()):
        stripe.set_clock(MONDAY)
        shop = worlds.open_shop(anna, stripe)
        worlds.set_free_units(anna, 1)
        kind = worlds.session_type(anna)
        worlds.sell(shop, kind, at=worlds.hour(200))
        refunded = worlds.sell(shop, kind, at=worlds.hour(203), email="kim@example.com")
        worlds.buy_pack(shop, worlds.pack_offer(anna, kind), email="mo@example.com")
        stripe.dashboard_refund(worlds.attempt_for(anna, refunded).stripe_charge_id, 1000)
        stripe.charge_cost(shop.account_id, 200, description="Radar for fraud teams")
        stripe.sell_elsewhere(shop.account_id, 3000)
        worlds.hear_stripe(stripe)
        look(shop)
        yield shop


def look(shop: Shop) -> None:
    worlds.hear_stripe(shop.stripe)
    with tenant_context(shop.tenant):
        mirroring.follow(reference=shop.tenant.pk, now=clock.now())


def plain(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_money_says_what_comes_and_when(shop: Shop) -> None:
    coach = Coach(shop.tenant)
    page = plain(coach.read("money/"))
    assert "becomes available Wed 4 June." in page
    assert page.count("in your bank about Wed 4 June") == 3
    with later(shop.stripe, 2 * DAY):
        look(shop)
        page = plain(coach.read("money/"))
        assert "on its way, expected Thu 5 June" in page
        assert page.count("in your bank about Thu 5 June") == 3
        with later(shop.stripe, 2 * DAY):
            look(shop)
            assert plain(coach.read("money/")).count("in your bank since Thu 5 June") == 3


def the_payout(shop: Shop) -> Payout:
    with tenant_context(shop.tenant):
        return Payout.objects.latest("amount_minor")


def test_a_payout_is_explained_to_the_cent_on_the_page_and_in_the_file(shop: Shop) -> None:
    coach = Coach(shop.tenant)
    with later(shop.stripe, 4 * DAY):
        look(shop)
        payout = the_payout(shop)
        page = plain(coach.read(f"money/payouts/{payout.pk}/"))
        answer = coach.get(f"money/payouts/{payout.pk}/lines.csv")
        listed = plain(coach.read("money/payouts/"))
    for told in (
        "2 sessions",
        "1 pack",
        "1 refund",
        "Arrived at the account ending in 6789 on Thu 5 June",
        "Made outside Upfront",
        "10-session pack",
        "free session 1",
    ):
        assert told in page, told
    amount = f"€{payout.amount_minor / 100:.2f}"
    assert f"Deposit {amount}" in page
    assert "do not come to" not in page
    assert amount in listed
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert round(sum(float(row["Net"]) for row in rows) * 100) == payout.amount_minor
    for row in rows:
        parts = (float(row[name]) for name in ("Gross", "Platform fee", "Stripe's fee"))
        assert round(sum(parts) * 100) == round(float(row["Net"]) * 100), row


def test_one_that_was_started_by_hand_says_that_it_cannot_be_itemised(shop: Shop) -> None:
    shop.stripe.payout_schedule(shop.account_id, "manual")
    with later(shop.stripe, 3 * DAY):
        shop.stripe.pay_out(shop.account_id, 1000)
        look(shop)
        page = Coach(shop.tenant).read(f"money/payouts/{the_payout(shop).pk}/")
    assert "cannot be itemised" in page
    assert "lines.csv" not in page


def test_one_that_failed_says_why_and_where_the_money_is(shop: Shop) -> None:
    with later(shop.stripe, 4 * DAY):
        look(shop)
        payout = the_payout(shop)
        shop.stripe.fail_payout(payout.payout_id, "account_closed")
        look(shop)
        page = Coach(shop.tenant).read(f"money/payouts/{payout.pk}/")
    assert "Your bank did not take it" in page
    assert "The account is closed. The money is back" in page


def test_the_button_asks_stripe_now(shop: Shop) -> None:
    with later(shop.stripe, 4 * DAY):
        answer = Coach(shop.tenant).post("money/payouts/ask", follow=True)
        assert "what you see is what it says now" in answer.content.decode()
        assert the_payout(shop).itemised_at
        shop.stripe.fail_next("GET /v1/payouts", "unreachable", count=9)
        answer = Coach(shop.tenant).post("money/payouts/ask", follow=True)
        assert "Stripe does not answer. Nothing was changed" in answer.content.decode()


def test_the_share_of_each_offer_stands_with_its_numbers(shop: Shop) -> None:
    page = plain(Coach(shop.tenant).read("money/"))
    assert "By session type and offer" in page
    assert "10-session pack 83% €450.00" in page
    assert "Lesson 17% €90.00" in page
