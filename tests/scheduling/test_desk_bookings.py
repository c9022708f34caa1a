"""Sessions that a coach books at the desk: for money in hand, or as a gift."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django_tenants.utils import schema_context, tenant_context

from fees.models import FeeEntry
from kit import clock
from kit.actors import Actor
from kit.ids import uuid7
from tenants.activity.models import Event
from tenants.billing import by_hand
from tenants.billing.models import Charge, LedgerEntry, ManualPayment, Tender
from tenants.clients.models import Client
from tenants.clients.records import find_or_add
from tenants.offers.extras import Extra
from tenants.offers.models import SessionType
from tenants.registry.models import Tenant
from tenants.scheduling import bookings, cancelling, desk_bookings, holds
from tenants.scheduling.desk_bookings import CannotBook, Comp, InHand
from tenants.scheduling.models import Booking, Cause, Funding
from tests import worlds

ANNA = Actor("coach", "7", "Anna")


@pytest.fixture
def open_anna(anna: Tenant) -> Tenant:
    worlds.open_for_bookings(anna)
    return anna


@pytest.fixture
def kind(open_anna: Tenant) -> SessionType:
    return worlds.session_type(open_anna)


@pytest.fixture
def cleo(anna: Tenant) -> Client:
    with tenant_context(anna), transaction.atomic():
        return find_or_add(name="Cleo", email="cleo@example.com", phone="", timezone="", now=clock.now())


def cash(minor: int = 4500) -> InHand:
    return InHand(Tender.CASH, minor, received_on=clock.now().date())


def book(tenant: Tenant, kind: SessionType, client: Client, by: InHand | Comp, **said: Any) -> Booking:
    usual: dict[str, Any] = {"starts_at": worlds.hour(3), "key": uuid7()}
    with tenant_context(tenant):
        return desk_bookings.book(
            client_id=client.pk, slug=kind.slug, by=by, now=clock.now(), actor=ANNA, **{**usual, **said}
        )


def test_money_in_hand_confirms(anna: Tenant, kind: SessionType, cleo: Client) -> None:
    booking = book(anna, kind, cleo, cash())
    with tenant_context(anna):
        payment, charge = ManualPayment.objects.get(), Charge.objects.get()
        assert (booking.status, booking.funding, booking.funded_by) == ("confirmed", "received", payment.pk)
        assert (charge.reference, charge.status, charge.paid_minor) == (booking.pk, "paid", 4500)
        assert [entry.amount_minor for entry in LedgerEntry.objects.all()] == [4500]
        confirmed = Event.objects.get(kind="booking.confirmed")
        assert (confirmed.actor_name, confirmed.data) == ("Anna", {"funding": "received"})


def test_a_part_confirms_and_the_rest_is_owed(anna: Tenant, kind: SessionType, cleo: Client) -> None:
    booking = book(anna, kind, cleo, cash(2000))
    with tenant_context(anna):
        charge = Charge.objects.get()
        assert (booking.status, charge.status, charge.paid_minor) == ("confirmed", "partially_paid", 2000)


def test_a_gift_says_why_and_is_no_revenue(anna: Tenant, kind: SessionType, cleo: Client) -> None:
    booking = book(anna, kind, cleo, Comp("  thanks for helping out "))
    with tenant_context(anna):
        assert (booking.status, booking.funding) == ("confirmed", Funding.COMP)
        assert booking.comp_reason == "thanks for helping out"
        assert Event.objects.get(kind="booking.confirmed").actor_name == "Anna"
        assert not Charge.objects.exists()
        assert not LedgerEntry.objects.exists()


@pytest.mark.parametrize("by", [cash(), Comp("a friend")])
def test_neither_takes_a_free_session_or_bears_a_fee(
    anna: Tenant, kind: SessionType, cleo: Client, by: InHand | Comp
) -> None:
    book(anna, kind, cleo, by)
    with schema_context("public"):
        assert not FeeEntry.objects.filter(schema_name=anna.schema_name).exists()


def test_a_gift_without_a_reason_is_none(anna: Tenant, kind: SessionType, cleo: Client) -> None:
    with pytest.raises(CannotBook, match="say why"):
        book(anna, kind, cleo, Comp("  "))
    with tenant_context(anna):
        assert not Booking.objects.exists()


@pytest.mark.parametrize("minor", [0, -5, 4501])
def test_an_amount_that_cannot_be_books_nothing(
    anna: Tenant, kind: SessionType, cleo: Client, minor: int
) -> None:
    with pytest.raises(by_hand.CannotRecord):
        book(anna, kind, cleo, cash(minor))
    with tenant_context(anna):
        assert not Booking.objects.exists()
        assert not Charge.objects.exists()


def test_a_press_that_comes_twice_books_once(anna: Tenant, kind: SessionType, cleo: Client) -> None:
    key = uuid7()
    first, second = (book(anna, kind, cleo, cash(), key=key) for _ in range(2))
    assert first.pk == second.pk
    with tenant_context(anna):
        assert (Booking.objects.count(), ManualPayment.objects.count()) == (1, 1)


def test_a_time_that_is_taken_is_refused_with_those_close_to_it(
    anna: Tenant, kind: SessionType, cleo: Client
) -> None:
    book(anna, kind, cleo, cash())
    with pytest.raises(holds.SlotTaken) as taken:
        book(anna, kind, cleo, Comp("again"))
    assert len(taken.value.nearest) == 3
    with tenant_context(anna):
        assert Booking.objects.count() == 1


def test_somebody_elses_hold_is_respected_while_it_lives(
    anna: Tenant, kind: SessionType, cleo: Client
) -> None:
    worlds.held(anna, kind, at=worlds.hour(3))
    with pytest.raises(holds.SlotTaken):
        book(anna, kind, cleo, cash())
    with clock.travel(11 * 60):
        assert book(anna, kind, cleo, cash()).status == "confirmed"


def test_the_coach_books_sooner_than_clients_may(open_anna: Tenant, cleo: Client) -> None:
    kind = worlds.session_type(open_anna, minimum_notice_min=7 * 24 * 60, horizon_days=8)
    assert book(open_anna, kind, cleo, cash()).status == "confirmed"
    far = worlds.hour(3) + timedelta(days=60)
    assert book(open_anna, kind, cleo, cash(), starts_at=far).status == "confirmed"


def test_extras_that_always_come_with_it_are_part_of_the_price(open_anna: Tenant, cleo: Client) -> None:
    court = Extra(name="Court", price_minor=1000, required=True)
    kind = worlds.session_type(open_anna, extras=[court])
    booking = book(open_anna, kind, cleo, cash(5500))
    with tenant_context(open_anna):
        assert booking.extras_minor == 1000
        assert Charge.objects.get().status == "paid"


def test_what_is_free_needs_no_money(open_anna: Tenant, cleo: Client) -> None:
    kind = worlds.session_type(open_anna, price_minor=0)
    assert book(open_anna, kind, cleo, cash(1)).funding == Funding.FREE
    with tenant_context(open_anna):
        assert not ManualPayment.objects.exists()


def test_what_is_offered_once_to_each_client_is_given_once(open_anna: Tenant, cleo: Client) -> None:
    kind = worlds.session_type(open_anna, once_per_client=True)
    book(open_anna, kind, cleo, Comp("to try"))
    with pytest.raises(bookings.OncePerClient):
        book(open_anna, kind, cleo, Comp("to try"), starts_at=worlds.hour(9))


def test_the_payment_that_confirms_a_session_cannot_be_taken_from_under_it(
    anna: Tenant, kind: SessionType, cleo: Client
) -> None:
    booking = book(anna, kind, cleo, cash())
    with pytest.raises(by_hand.CannotTakeBack, match="Call the session off first"):
        take_back(anna, booking)
    with tenant_context(anna):
        assert ManualPayment.objects.get().taken_back_at is None
        cancelling.cancel(booking_id=booking.pk, cause=Cause.COACH, now=clock.now(), actor=ANNA)
    with clock.travel(61):
        worlds.drain()
        assert take_back(anna, booking).taken_back_at


def take_back(tenant: Tenant, booking: Booking) -> ManualPayment:
    assert booking.funded_by is not None
    with tenant_context(tenant):
        return by_hand.take_back(payment_id=booking.funded_by, because="a slip", now=clock.now(), actor=ANNA)
