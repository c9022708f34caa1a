"""A button of the shop that is pressed many times at once."""

import uuid
from functools import partial

import pytest
from django_tenants.utils import tenant_context

from tenants.billing.models import Charge, PaymentAttempt
from tenants.packs.models import Pack
from tenants.shop.models import Order
from tests import worlds
from tests.crowd import at_once
from tests.journeys.steps import settled
from tests.shop import shelves
from tests.worlds import Shop


@pytest.mark.parametrize("price_minor", [0, 12000])
def test_pressed_many_times_at_once_it_is_bought_once(shop: Shop, price_minor: int) -> None:
    four = worlds.pack_offer(shop.tenant, worlds.session_type(shop.tenant), units=4)
    wanted = shelves.product(shop.tenant, price_minor=price_minor, pack_line=four.line)
    press = partial(shelves.bought, shop, wanted, order_id=uuid.uuid4())
    got = at_once([press] * 6)
    assert [each for each in got if isinstance(each, Exception)] == []
    assert len({each.order.pk for each in got if not isinstance(each, Exception)}) == 1
    with tenant_context(shop.tenant):
        assert Order.objects.count() == 1
        assert Charge.objects.count() == PaymentAttempt.objects.count() == (1 if price_minor else 0)
        assert Pack.objects.count() == (0 if price_minor else 1)


def test_settled_by_many_at_once_it_is_given_once(shop: Shop) -> None:
    four = worlds.pack_offer(shop.tenant, worlds.session_type(shop.tenant), units=4)
    order = shelves.ordered(shop, shelves.product(shop.tenant, pack_line=four.line))
    worlds.pay(shop, order)
    at_once([partial(settled, shop, order)] * 5)  # type: ignore[arg-type]
    worlds.hear_stripe(shop.stripe)
    with tenant_context(shop.tenant):
        assert Pack.objects.get().pk == shelves.reread(shop.tenant, order).pack_id
