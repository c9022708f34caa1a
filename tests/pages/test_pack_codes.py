"""A coupon's code on the page of a pack: looked at first, then bought with."""

from typing import Any

import pytest
from django_tenants.utils import tenant_context

from kit import clock
from tenants.offers import coupons
from tenants.offers.models import Coupon
from tenants.packs import ledger
from tenants.packs.models import Pack, PackOffer
from tests import worlds
from tests.pages.clients import browser
from tests.worlds import Shop

TYPED = {"name": "Cleo", "email": "cleo@example.com", "agreed": "on"}


@pytest.fixture
def ten(shop: Shop) -> PackOffer:
    return worlds.pack_offer(shop.tenant, worlds.session_type(shop.tenant))


def give_out(shop: Shop, **terms: Any) -> None:
    with tenant_context(shop.tenant):
        coupons.create(code="SPRING", now=clock.now(), **{"off_bp": 2000, **terms})


def send(shop: Shop, ten: PackOffer, **typed: str) -> tuple[int, str, str]:
    visitor = browser(shop.tenant)
    page = visitor.get(f"/packs/{ten.slug}/").content.decode()
    shown = page.partition('name="shown" value="')[2].partition('"')[0]
    answer = visitor.post(f"/packs/{ten.slug}/", {**TYPED, "shown": shown, **typed})
    return answer.status_code, answer.content.decode(), answer.headers.get("Location", "")


def bought(shop: Shop) -> Pack:
    with tenant_context(shop.tenant):
        return Pack.objects.select_related("offer").get()


def uses(shop: Shop) -> int:
    with tenant_context(shop.tenant):
        return Coupon.objects.get().uses


def test_a_code_is_looked_at_before_anything_is_ordered(shop: Shop, ten: PackOffer) -> None:
    give_out(shop)
    status, page, _ = send(shop, ten, coupon="spring", apply="1")
    assert status == 200
    for words in ("Pay €360.00", "instead of €450.00", 'value="Cleo"'):
        assert words in page
    assert uses(shop) == 0


def test_the_pack_costs_less_and_every_page_says_what_was_paid(shop: Shop, ten: PackOffer) -> None:
    give_out(shop)
    status, _, location = send(shop, ten, coupon="SPRING")
    assert status == 302
    assert "/c/pay/" in location
    worlds.pay(shop, bought(shop))
    worlds.hear_stripe(shop.stripe)
    pack = bought(shop)
    assert (pack.status, pack.price_minor) == ("active", 36000)
    assert worlds.attempt_for(shop.tenant, pack).captured_minor == 36000
    assert uses(shop) == 1


def test_a_pack_that_costs_nothing_any_more_is_there_at_once(shop: Shop, ten: PackOffer) -> None:
    give_out(shop, off_bp=10_000)
    _, page, _ = send(shop, ten, coupon="SPRING", apply="1")
    assert "Take it for free" in page
    _, _, location = send(shop, ten, coupon="SPRING")
    assert "/c/pay/" not in location
    pack = bought(shop)
    assert pack.status == "active"
    assert pack.paid_at is not None
    with tenant_context(shop.tenant):
        assert ledger.balance_of(pack.pk) == 10


def test_a_code_of_no_use_is_told_and_nothing_typed_is_lost(shop: Shop, ten: PackOffer) -> None:
    give_out(shop, applies_to=["something-else"])
    status, page, _ = send(shop, ten, coupon="SPRING")
    assert status == 422
    assert "something else" in page
    assert 'value="Cleo"' in page


def test_whoever_orders_again_without_it_pays_the_whole(shop: Shop, ten: PackOffer) -> None:
    give_out(shop)
    visitor = browser(shop.tenant)
    page = visitor.get(f"/packs/{ten.slug}/").content.decode()
    typed = {**TYPED, "shown": page.partition('name="shown" value="')[2].partition('"')[0]}
    visitor.post(f"/packs/{ten.slug}/", {**typed, "coupon": "SPRING"})
    visitor.post(f"/packs/{ten.slug}/", typed)
    pack = bought(shop)
    assert pack.price_minor == worlds.attempt_for(shop.tenant, pack).amount_minor == 45000
    assert uses(shop) == 0
