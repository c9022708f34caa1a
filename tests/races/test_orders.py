"""A button of the shop that is pressed many times at once."""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from kit import clock
from tenants.activity import events
from tenants.billing.models import Charge, PaymentAttempt
from tenants.packs.models import Pack
from tenants.paperwork.models import Acceptance
from tenants.shop import fulfilment
from tenants.shop.models import Order
from tests import worlds
from tests.crowd import Meeting, at_once
from tests.journeys.steps import events_of, settled
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


def test_the_form_comes_again_while_the_buyer_gets_what_was_agreed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The announcement had locked the order and wanted its buyer, while the form had it the other way."""
    wanted = shelves.product(shop.tenant, price_minor=0, requires=[str(shelves.terms(shop.tenant).line)])
    press = partial(shelves.bought, shop, wanted, order_id=uuid.uuid4())
    press()
    meets = Meeting(monkeypatch)
    meets.after(fulfilment, "locked")
    calls: list[Callable[[], Any]] = [partial(announced, shop), meets.press(press)]
    got = at_once(calls)
    assert [each for each in got if isinstance(each, Exception)] == []
    with tenant_context(shop.tenant):
        assert Acceptance.objects.count() == Order.objects.count() == 1


def announced(shop: Shop) -> None:
    [paid] = events_of(shop.tenant, "order.paid")
    with tenant_context(shop.tenant):
        events.announce(reference=paid.pk, now=clock.now())
