"""Sessions that were used and refunded are owed, once, however that is settled."""

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from kit import clock
from tenants.billing import charges, checkout
from tenants.billing.models import Charge
from tenants.earnings import owed
from tenants.packs import removals
from tenants.packs.models import Pack
from tenants.registry.models import Tenant
from tests import worlds
from tests.billing import by_hand
from tests.packs import sold

EACH = 4500


@pytest.fixture
def used(berlin: Tenant) -> Pack:
    """Six of ten are used, and nothing is refunded yet."""
    pack = sold.bought()
    for _ in range(6):
        sold.spend(pack)
    return pack


def refund(pack: Pack, minor: int) -> None:
    with transaction.atomic():
        removals.remove_refunded(
            pack_id=pack.pk,
            captured_minor=45000,
            refunded_minor=minor,
            reference=f"refund:{minor}",
            now=clock.now(),
            actor=sold.COACH,
        )


def debt() -> Charge:
    return Charge.objects.get(purpose="pack_debt")


def told(pack: Pack) -> int:
    """What the pack says is owed, once all is announced."""
    worlds.sweep()
    return sold.reread(pack).owed_minor


def test_used_and_refunded_units_are_a_charge(used: Pack) -> None:
    refund(used, 4 * EACH)
    assert not Charge.objects.exists()
    refund(used, 6 * EACH)
    charge = debt()
    assert (charge.client_id, charge.amount_minor, charge.units) == (used.buyer_id, 2 * EACH, 0)
    assert told(used) == 2 * EACH
    [row] = owed.open_charges(now=clock.now(), tz="Europe/Berlin")
    assert (row.charge.pk, row.left_minor) == (charge.pk, 2 * EACH)


def test_what_is_paid_of_it_by_hand_is_owed_no_more(used: Pack, berlin: Tenant) -> None:
    refund(used, 6 * EACH)
    first = by_hand.record(berlin, debt(), EACH)
    assert told(used) == EACH
    by_hand.record(berlin, debt(), EACH)
    assert told(used) == 0
    by_hand.take_back(berlin, first)
    assert told(used) == EACH


def test_more_used_units_are_asked_for_beside_what_was_paid(used: Pack, berlin: Tenant) -> None:
    refund(used, 6 * EACH)
    by_hand.record(berlin, debt(), 2 * EACH)
    refund(used, 8 * EACH)
    assert told(used) == 2 * EACH
    assert debt().status == "partially_paid"


def test_units_that_come_back_lower_it(used: Pack) -> None:
    refund(used, 6 * EACH)
    entries = list(used.entries.filter(kind="spent"))
    sold.give_back(entries[0].booking_id)
    _reclaimed(used)
    assert told(used) == EACH
    sold.give_back(entries[1].booking_id)
    _reclaimed(used)
    assert (told(used), debt().status) == (0, "void")


def _reclaimed(pack: Pack) -> None:
    """Giving back takes the units at once, so the sum is what it says."""
    assert sold.reread(pack).owed_minor == charges.owed_minor(debt())


def test_what_the_coach_let_off_is_not_asked_for_again(used: Pack) -> None:
    refund(used, 6 * EACH)
    charges.waive(charge_id=debt().pk, because="a friend", now=clock.now(), actor=sold.COACH)
    assert told(used) == 0
    refund(used, 7 * EACH)
    assert told(used) == EACH
    assert debt().waived_minor == 2 * EACH


def test_it_is_paid_by_card_too(shop: worlds.Shop) -> None:
    """By the link that the coach sends; it bears the fee, and takes none of the free sessions."""
    worlds.set_free_units(shop.tenant, 0)
    with tenant_context(shop.tenant):
        pack = sold.bought()
        for _ in range(6):
            sold.spend(pack)
        refund(pack, 6 * EACH)
        with transaction.atomic():
            attempt = checkout.open_page(
                charge=charges.locked(debt().pk),
                parts=[],
                amount_minor=2 * EACH,
                email="cleo@example.com",
                links=lambda _attempt: worlds.RETURN_PAGES,
                now=clock.now(),
            )
        checkout.payment_page(attempt, now=clock.now())
        attempt.refresh_from_db()
    shop.stripe.pay(attempt.checkout_id)
    worlds.hear_stripe(shop.stripe)
    with tenant_context(shop.tenant):
        attempt.refresh_from_db()
        assert (debt().status, sold.reread(pack).owed_minor) == ("paid", 0)
        assert (attempt.captured_minor, attempt.application_fee_minor) == (2 * EACH, 900)
