"""A fee-free session that was claimed for a payment which never came is free again."""

from typing import Any

import pytest
from django_tenants.utils import tenant_context

from connect import gateway
from fees import accounts as fee_accounts
from kit import clock
from tenants.billing.decisions import settle
from tenants.billing.models import AttemptStatus, PaymentAttempt
from tenants.scheduling.models import BookingStatus
from tests import worlds
from tests.worlds import Shop


class Killed(BaseException):
    """The process is gone."""


def die(**_: Any) -> gateway.IntentView:
    raise Killed


def test_decided_then_killed_then_cancelled_in_stripes_dashboard(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking = worlds.ask_and_pay(shop, worlds.session_type(shop.tenant), at=worlds.hour(30))
    with monkeypatch.context() as killing:
        killing.setattr(gateway, "capture", die)
        with pytest.raises(Killed):
            settled(shop, booking)
    decided = worlds.attempt_for(shop.tenant, booking)
    assert (decided.status, taken(shop)) == (AttemptStatus.CAPTURING, {1})

    shop.stripe.dashboard_cancel(decided.intent_id)

    assert settled(shop, booking).status == AttemptStatus.CAPTURE_FAILED
    assert taken(shop) == set()
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.EXPIRED


def settled(shop: Shop, booking: worlds.Booking) -> PaymentAttempt:
    with tenant_context(shop.tenant):
        attempt = PaymentAttempt.objects.get(charge__reference=booking.pk)
        return settle(attempt_id=attempt.pk, now=clock.now())


def taken(shop: Shop) -> set[int]:
    with tenant_context(shop.tenant):
        return fee_accounts.numbers_taken(schema_name=shop.tenant.schema_name)
