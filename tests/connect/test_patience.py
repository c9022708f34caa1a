"""How long an event waits: for a Stripe that is away as long as it takes, but not for its own faults."""

from datetime import timedelta

import pytest

from connect import gateway, inbox
from connect.models import AccountStatus, ConnectAccount, StripeEvent, StripeEventStatus
from kit import clock
from tests import worlds
from tests.worlds import Shop

NIGHT = timedelta(hours=10)


def work_off_until(shop: Shop, until: timedelta) -> None:
    """Look every quarter of an hour, as seldom as a busy worker might."""
    passed = timedelta()
    while passed < until:
        with clock.travel(passed.total_seconds()):
            inbox.work_off()
        passed += timedelta(minutes=15)


def test_an_outage_of_a_night_parks_nothing(shop: Shop) -> None:
    shop.stripe.restrict(shop.account_id)
    worlds.post(shop.stripe.pending_events())
    shop.stripe.fail_next("/v", "500", 100_000)
    work_off_until(shop, NIGHT)
    assert ConnectAccount.objects.get().status == AccountStatus.ACTIVE, "nothing could be asked"
    shop.stripe.clear_faults()
    with clock.travel((NIGHT + timedelta(minutes=15)).total_seconds()):
        inbox.work_off()
    assert ConnectAccount.objects.get().status == AccountStatus.RESTRICTED
    assert not StripeEvent.objects.filter(status__in=["waiting", "parked"]).exists()


def test_a_fault_of_its_own_parks_an_event(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.stripe.restrict(shop.account_id)
    worlds.post(shop.stripe.pending_events())

    def broken(**_which: object) -> None:
        raise ValueError("not what was expected")

    monkeypatch.setattr(gateway, "fetch_account", broken)
    work_off_until(shop, NIGHT)
    assert set(StripeEvent.objects.filter(tries__gte=inbox.PATIENCE).values_list("status", flat=True)) == {
        StripeEventStatus.PARKED
    }
