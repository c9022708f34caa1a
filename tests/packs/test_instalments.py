"""Packs that are paid in monthly instalments: usable from the first, frozen while one is not paid."""

from datetime import timedelta

import pytest
from django_tenants.utils import tenant_context

from kit import clock
from tenants.billing.models import Charge, Instalment, Mandate, SavedCard
from tenants.offers.models import SessionType
from tenants.offers.prices import PriceTooSmall
from tenants.packs import spending
from tenants.packs.models import Pack, PackOffer
from tests import worlds
from tests.worlds import Shop


@pytest.fixture
def lesson(shop: Shop) -> SessionType:
    return worlds.session_type(shop.tenant)


@pytest.fixture
def in_three(shop: Shop, lesson: SessionType) -> PackOffer:
    """450.01, so that the first instalment is dearer by a cent."""
    return worlds.pack_offer(shop.tenant, lesson, price_minor=45001, instalments=3)


def parts_of(shop: Shop, pack: Pack) -> list[tuple[int, str]]:
    with tenant_context(shop.tenant):
        rows = Instalment.objects.filter(charge__reference=pack.pk).order_by("number")
        return [(each.amount_minor, each.status) for each in rows]


def let_pass(shop: Shop, days: float) -> None:
    with clock.travel(timedelta(days=days).total_seconds()):
        shop.stripe.set_clock(clock.now())
        worlds.sweep()
        worlds.hear_stripe(shop.stripe)


def reread(shop: Shop, pack: Pack) -> Pack:
    return worlds.reread_pack(shop.tenant, pack)


def test_the_first_instalment_gives_all_sessions(shop: Shop, in_three: PackOffer) -> None:
    pack = worlds.buy_pack(shop, in_three)
    assert parts_of(shop, pack) == [(15001, "paid"), (15000, "open"), (15000, "open")]
    assert (pack.status, pack.paid_at) == ("active", None)
    booking = worlds.held(shop.tenant, only_type(shop), at=worlds.hour(48), browser="b")
    with tenant_context(shop.tenant):
        assert [
            each.left
            for each in spending.usable(
                client_id=pack.client_id,
                session_type_id=booking.session.session_type_id,
                starts_at=booking.session.starts_at,
                now=clock.now(),
            )
        ] == [10]
        assert "3 instalments" in Mandate.objects.get().text


def only_type(shop: Shop) -> SessionType:
    with tenant_context(shop.tenant):
        return SessionType.objects.get()


def test_the_others_are_charged_month_by_month_and_the_fees_add_up(shop: Shop, in_three: PackOffer) -> None:
    worlds.set_free_units(shop.tenant, 6)
    pack = worlds.buy_pack(shop, in_three)
    for days in (32, 63):
        let_pass(shop, days)
    assert [status for _, status in parts_of(shop, pack)] == ["paid"] * 3
    assert reread(shop, pack).paid_at is not None
    with tenant_context(shop.tenant):
        charge = Charge.objects.get(reference=pack.pk)
        fees = [each.fee_minor for each in charge.attempts.order_by("created_at")]
    # Four of ten sessions bear the fee: 10 % of 4 x 45.00.
    assert sum(fee or 0 for fee in fees) == 1800
    assert charge.status == "paid"


def test_an_instalment_that_stays_unpaid_freezes_the_pack_until_it_is_paid(
    shop: Shop, in_three: PackOffer
) -> None:
    pack = worlds.buy_pack(shop, in_three)
    with tenant_context(shop.tenant):
        card = SavedCard.objects.get()
    shop.stripe.decline_from_now_on(card.method_id, "lost_card")
    for days in range(31, 42):
        let_pass(shop, days)
    assert parts_of(shop, pack)[1][1] == "failed"
    frozen = reread(shop, pack)
    assert frozen.frozen_at is not None
    assert frozen.frozen_because == "instalment"


def test_a_price_is_not_split_into_what_no_card_takes(shop: Shop, lesson: SessionType) -> None:
    with pytest.raises(PriceTooSmall, match="instalments at most"):
        worlds.pack_offer(shop.tenant, lesson, price_minor=500, units=1, instalments=12)
