"""What practices say of themselves to operators: right, soon, in few writes, and of figures only."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from kit import clock
from tenants.earnings import for_operators
from tenants.messaging.models import Mail
from tenants.registry.models import Books, Volume, Wakeup
from tenants.scheduling.models import Booking
from tests import worlds
from tests.billing.by_hand import charge_of, record, sold_pack
from tests.journeys.steps import later
from tests.worlds import Shop

MINUTES = for_operators.SOON.total_seconds() + 1


@pytest.fixture
def sold(shop: Shop) -> Booking:
    booking = worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(0))
    worlds.sweep()
    return booking


def said(shop: Shop) -> Books:
    return Books.objects.get(schema_name=shop.tenant.schema_name)


def volumes(shop: Shop) -> list[tuple[str, int, int, int, int]]:
    rows = Volume.objects.filter(schema_name=shop.tenant.schema_name).order_by("month")
    return [
        (row.currency, row.payments, row.paid_minor, row.refunded_minor, row.by_hand_minor) for row in rows
    ]


def state(shop: Shop) -> None:
    with tenant_context(shop.tenant):
        for_operators.state(reference=shop.tenant.pk, now=clock.now())


def test_a_first_booking_is_said_some_minutes_later(shop: Shop, sold: Booking) -> None:
    wanted = Wakeup.objects.get(kind="figures")
    assert timedelta() < wanted.due_at - clock.now() <= for_operators.SOON
    with later(shop.stripe, MINUTES):
        worlds.sweep()
    assert not Wakeup.objects.filter(kind="figures").exists()
    row = said(shop)
    assert (row.bookings, row.clients, row.tenth_session_at) == (1, 1, None)
    assert row.first_booking_at == worlds.reread(shop.tenant, sold).confirmed_at
    assert volumes(shop) == [(shop.tenant.currency, 1, 4500, 0, 0)]


def test_the_tenth_session_is_the_tenth_that_was_paid_for(shop: Shop, sold: Booking) -> None:
    state(shop)
    assert said(shop).tenth_session_at is None
    worlds.buy_pack(shop, worlds.pack_offer(shop.tenant, worlds.session_type(shop.tenant, name="Other")))
    state(shop)
    assert said(shop).tenth_session_at is not None
    assert volumes(shop) == [(shop.tenant.currency, 2, 49500, 0, 0)]


def test_money_in_hand_stands_apart_and_counts_for_no_tenth_session(shop: Shop) -> None:
    pack = sold_pack(shop.tenant)
    charge = charge_of(shop.tenant, pack.pk)
    record(shop.tenant, charge, charge.amount_minor)
    state(shop)
    assert said(shop).tenth_session_at is None
    assert volumes(shop) == [(charge.currency, 0, 0, 0, charge.amount_minor)]


def test_what_is_said_already_is_not_written_again(shop: Shop, sold: Booking) -> None:
    state(shop)
    stated = Volume.objects.get().stated_at
    with CaptureQueriesContext(connection) as captured:
        state(shop)
    assert Volume.objects.get().stated_at == stated
    assert not [each for each in captured if "registry_volume" in each["sql"] and "UPDATE" in each["sql"]]


def test_mails_that_did_not_arrive_are_counted_for_a_month(shop: Shop, sold: Booking) -> None:
    with tenant_context(shop.tenant), transaction.atomic():
        Mail.objects.update(bounced_at=clock.now(), created_at=clock.now())
        mails = Mail.objects.count()
    state(shop)
    assert said(shop).mails_failed == mails > 0
    with clock.travel((for_operators.MAILS_OF + timedelta(days=1)).total_seconds()):
        state(shop)
    assert said(shop).mails_failed == 0


def test_each_morning_says_them_too(shop: Shop, sold: Booking) -> None:
    with later(shop.stripe, MINUTES):
        worlds.sweep()
    due = Wakeup.objects.get(kind="statement").due_at
    with later(shop.stripe, (due - clock.now()).total_seconds() + 1):
        Wakeup.objects.filter(kind="figures").delete()
        worlds.sweep()
        assert said(shop).stated_at is not None
        assert Volume.objects.get().payments == 1
