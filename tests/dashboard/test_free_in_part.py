"""What a coach's pages say of the fee of sessions that are free up to a cap only."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from re import sub

import pytest
from django.db import transaction
from django_tenants.utils import schema_context, tenant_context

from connect.simulator.client import Simulator
from fees.models import FeeAccount
from kit import clock
from kit.money import Money
from payouts import mirroring
from payouts.models import Payout
from tenants.packs.models import Pack
from tenants.registry.models import Tenant
from tenants.scheduling.models import Booking
from tests import worlds
from tests.dashboard.desk import Coach
from tests.journeys import steps
from tests.scheduling.test_deposits import let_pass
from tests.worlds import Shop

MONDAY = datetime(2031, 6, 2, 9, tzinfo=UTC)
DAY = 86_400
IN_PART = "free session 1 of 10, up to €20.00"
BEARS_IT = "10% of what is not free"


@pytest.fixture
def shop(anna: Tenant, stripe: Simulator) -> Iterator[Shop]:
    """Anna's practice on a Monday: each free session frees 20.00."""
    with clock.travel((MONDAY - clock.now()).total_seconds()):
        stripe.set_clock(MONDAY)
        worlds.cap_free_units(anna, Money(2000, "eur"))
        yield worlds.open_shop(anna, stripe)


def sold(shop: Shop, price_minor: int = 4500, **fields: int) -> Booking:
    kind = worlds.session_type(shop.tenant, price_minor=price_minor, **fields)
    return worlds.sell(shop, kind, at=worlds.hour(200))


def read(shop: Shop, path: str = "") -> str:
    return " ".join(unescape(sub(r"<[^>]+>", " ", Coach(shop.tenant).read(path))).split())


def payment_of(shop: Shop, what: Booking | Pack) -> str:
    return f"money/payments/{worlds.attempt_for(shop.tenant, what).pk}/"


def test_a_session_says_up_to_how_much_it_is_free(shop: Shop) -> None:
    booking = sold(shop)
    for path in (f"booking/{booking.pk}/", payment_of(shop, booking)):
        page = read(shop, path)
        assert f"Platform fee {IN_PART}, {BEARS_IT} −€2.50" in page, path
    assert f"−€2.50 {IN_PART}" in read(shop, "money/")


def test_below_the_cap_it_is_free_and_no_more_is_said(shop: Shop) -> None:
    booking = sold(shop, price_minor=2000)
    for path in (f"booking/{booking.pk}/", payment_of(shop, booking)):
        assert "Platform fee free session 1 of 10 €0.00" in read(shop, path), path
    assert "up to" not in read(shop, "money/")


def test_a_pack_says_it_of_each(shop: Shop) -> None:
    worlds.set_free_units(shop.tenant, 4)
    offer = worlds.pack_offer(shop.tenant, worlds.session_type(shop.tenant))
    pack = worlds.buy_pack(shop, offer)
    told = f"free session 1, 2, 3, 4 of 4, up to €20.00 each, {BEARS_IT} −€37.00"
    assert told in read(shop, payment_of(shop, pack))
    assert "4 of 10 sessions free, up to €20.00 each" in read(shop, "money/")


def test_the_rest_of_one_says_of_what_its_fee_is(shop: Shop) -> None:
    """20.00 of 60.00 at booking: the whole of it is free, and all of the rest bears the fee."""
    booking = sold(shop, price_minor=6000, deposit_minor=2000, rest_due_hours=24)
    let_pass(shop, booking, timedelta(hours=23))
    first, rest = (f"money/payments/{each.pk}/" for each in steps.attempts_of(shop, booking))
    assert f"Platform fee {IN_PART} €0.00" in read(shop, first)
    assert f"Platform fee {BEARS_IT} −€4.00" in read(shop, rest)
    page = read(shop, f"booking/{booking.pk}/")
    assert f"{IN_PART} €0.00" in page
    assert f"Platform fee {BEARS_IT} −€4.00" in page


def test_the_rest_of_a_free_session_names_no_rate(shop: Shop) -> None:
    worlds.cap_free_units(shop.tenant, None)
    booking = sold(shop, price_minor=6000, deposit_minor=2000, rest_due_hours=24)
    let_pass(shop, booking, timedelta(hours=23))
    assert "10%" not in read(shop, f"booking/{booking.pk}/")


def test_a_payment_names_the_rate_that_it_was_taken_at(shop: Shop) -> None:
    worlds.set_free_units(shop.tenant, 0)
    booking = sold(shop)
    with schema_context("public"), transaction.atomic():
        FeeAccount.objects.filter(schema_name=shop.tenant.schema_name).update(rate_bp=500)
    assert "Platform fee 10% −€4.50" in read(shop, f"booking/{booking.pk}/")


def test_a_payout_says_it_too(shop: Shop) -> None:
    sold(shop)
    with steps.later(shop.stripe, 4 * DAY):
        worlds.hear_stripe(shop.stripe)
        with tenant_context(shop.tenant):
            mirroring.follow(reference=shop.tenant.pk, now=clock.now())
            payout = Payout.objects.latest("amount_minor")
        assert "−€2.50 free session 1, up to €20.00" in read(shop, f"money/payouts/{payout.pk}/")


@pytest.mark.parametrize(
    ("cap", "said"),
    [
        (
            Money(2000, "eur"),
            "nothing of the first €20.00 of each, and 10% of what is above and of later ones.",
        ),
        (Money(2000, "usd"), "nothing of these, and 10% of later ones."),
        (None, "nothing of these, and 10% of later ones."),
    ],
)
def test_today_says_what_the_next_one_frees(shop: Shop, cap: Money | None, said: str) -> None:
    worlds.cap_free_units(shop.tenant, cap)
    sold(shop, price_minor=2000)
    assert f"Free sessions left: 9 of 10 . The platform takes {said}" in read(shop)
