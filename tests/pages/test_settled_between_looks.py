"""A page reads what is sold first and its payment then; a worker may settle the payment in between."""

import pytest
from django_tenants.utils import tenant_context

from kit import clock
from public_pages.booking import stages as bookings
from public_pages.packs import stages as packs
from tests import worlds
from tests.worlds import Shop


@pytest.mark.parametrize("returned", [True, False])
def test_a_pack_that_was_just_paid_is_not_asked_for_again(shop: Shop, returned: bool) -> None:
    kind = worlds.session_type(shop.tenant)
    pack = worlds.ordered_pack(shop, worlds.pack_offer(shop.tenant, kind))
    read_before = worlds.reread_pack(shop.tenant, pack)
    worlds.pay(shop, pack)
    worlds.hear_stripe(shop.stripe)
    with tenant_context(shop.tenant):
        standing = packs.standing_of(read_before, clock.now(), returned=returned)
    assert standing.stage == packs.Stage.CONFIRMING


@pytest.mark.parametrize("returned", [True, False])
def test_a_session_that_was_just_paid_is_not_asked_for_again(shop: Shop, returned: bool) -> None:
    kind = worlds.session_type(shop.tenant)
    booking = worlds.held(shop.tenant, kind, at=worlds.hour(24))
    worlds.book(shop.tenant, booking)
    read_before = worlds.reread(shop.tenant, booking)
    worlds.pay(shop, booking)
    worlds.hear_stripe(shop.stripe)
    with tenant_context(shop.tenant):
        standing = bookings.standing_of(read_before, clock.now(), returned=returned)
    assert standing.stage == bookings.Stage.CONFIRMING
