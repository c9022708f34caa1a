"""Packs from the purchase to a balance that explains itself, on the real stack."""

import re
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from connect.simulator.client import Simulator
from kit import clock
from kit.actors import Actor
from tenants.billing.models import Charge, ChargeStatus, PaymentAttempt
from tenants.packs import ledger, statements
from tenants.packs.models import Pack, PackOffer, PackStatus
from tenants.registry.models import Tenant
from tenants.scheduling import answers, bookings, cancelling, closing, links, moving, pack_bookings
from tenants.scheduling.models import Booking, BookingStatus, Cause, Funding
from tests import worlds
from tests.journeys.steps import later
from tests.worlds import RETURN_PAGES, Shop

CLEO = Actor("client")
ANNA = Actor("coach", "1", "Anna")
WEEK = timedelta(days=7)


@pytest.fixture
def kind(shop: Shop) -> worlds.SessionType:
    return worlds.session_type(shop.tenant)


@pytest.fixture
def offer(shop: Shop, kind: worlds.SessionType) -> PackOffer:
    return worlds.pack_offer(shop.tenant, kind, name="10-session summer pack")


def use(tenant: Tenant, pack: Pack, kind: worlds.SessionType, at: datetime, **more: Any) -> Booking:
    """The client of the pack books a session with a unit of it."""
    held = worlds.held(tenant, kind, at=at, browser=f"browser {at}")
    with tenant_context(tenant):
        pack_bookings.book_with_unit(
            booking_id=held.pk,
            client=Pack.objects.get(pk=pack.pk).client,
            pack_id=pack.pk,
            timezone="Europe/Berlin",
            links=lambda _attempt: RETURN_PAGES,
            now=clock.now(),
            **more,
        )
    return worlds.reread(tenant, held)


def buy_inside(
    tenant: Tenant, offer: PackOffer, kind: worlds.SessionType, at: datetime, **more: Any
) -> Booking:
    held = worlds.held(tenant, kind, at=at)
    with tenant_context(tenant):
        pack_bookings.book_and_buy(
            booking_id=held.pk,
            offer=offer,
            accepted={},
            name="Cleo",
            email="cleo@example.com",
            phone="",
            message="",
            timezone="Europe/Berlin",
            links=lambda _attempt: RETURN_PAGES,
            now=clock.now(),
            **more,
        )
    return worlds.reread(tenant, held)


def left(tenant: Tenant, pack: Pack) -> int:
    with tenant_context(tenant):
        return ledger.balance_of(pack.pk)


def cancel(tenant: Tenant, booking: Booking, cause: Cause, **more: Any) -> None:
    """Called off, and the minute to undo is over."""
    with tenant_context(tenant):
        cancelling.cancel(booking_id=booking.pk, cause=cause, now=clock.now(), actor=CLEO, **more)
    with clock.travel(61):
        worlds.drain()


@contextmanager
def at(moment: datetime, stripe: Simulator) -> Any:
    with later(stripe, (moment - clock.now()).total_seconds()):
        worlds.drain()
        yield


def text_of(shop: Shop, pack: Pack, **asked: Any) -> str:
    with tenant_context(shop.tenant):
        found = Pack.objects.select_related("offer", "client", "buyer").get(pk=pack.pk)
        return statements.statement_of(
            pack=found, tz="Europe/Berlin", now=clock.now(), reader_id=found.client_id, **asked
        ).balance.text()


# --- buying ------------------------------------------------------------------------------------------


def test_a_pack_bought_inside_a_booking_pays_for_it_with_its_first_unit(
    shop: Shop, kind: worlds.SessionType, offer: PackOffer
) -> None:
    worlds.set_free_units(shop.tenant, 6)
    booking = buy_inside(shop.tenant, offer, kind, worlds.hour(1))
    assert booking.status == BookingStatus.HELD
    with tenant_context(shop.tenant):
        pack = Pack.objects.get(first_booking=booking.pk)
    assert pack.status == PackStatus.PENDING
    assert left(shop.tenant, pack) == 0
    worlds.pay(shop, pack)
    worlds.hear_stripe(shop.stripe)
    booking = worlds.reread(shop.tenant, booking)
    assert (booking.status, booking.funding) == (BookingStatus.CONFIRMED, Funding.PACK)
    assert left(shop.tenant, pack) == 9
    # 6 of the 10 units were free: a tenth of the other four.
    assert worlds.attempt_for(shop.tenant, pack).application_fee_minor == 1800


def test_a_pack_left_unpaid_frees_the_time_and_is_void(
    shop: Shop, kind: worlds.SessionType, offer: PackOffer
) -> None:
    booking = buy_inside(shop.tenant, offer, kind, worlds.hour(1))
    with later(shop.stripe, 45 * 60):
        worlds.hear_stripe(shop.stripe)
        worlds.drain()
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.EXPIRED
    with tenant_context(shop.tenant):
        assert Pack.objects.get(first_booking=booking.pk).status == PackStatus.VOID


def test_whoever_pays_in_another_way_after_all_has_one_page_to_pay_on(
    shop: Shop, kind: worlds.SessionType, offer: PackOffer
) -> None:
    booking = buy_inside(shop.tenant, offer, kind, worlds.hour(1))
    worlds.book(shop.tenant, booking)
    with tenant_context(shop.tenant):
        found = PaymentAttempt.objects.values_list("charge__purpose", "status").order_by("created_at")
        assert list(found) == [("pack_and_booking", "expired"), ("booking", "open")]
    worlds.pay(shop, booking)
    worlds.hear_stripe(shop.stripe)
    booking = worlds.reread(shop.tenant, booking)
    assert (booking.status, booking.funding) == (BookingStatus.CONFIRMED, Funding.CARD)


# --- using -------------------------------------------------------------------------------------------


def test_extras_are_paid_beside_a_unit_and_bear_the_fee(
    shop: Shop, kind: worlds.SessionType, offer: PackOffer
) -> None:
    court = {"id": "c", "name": "Court", "price_minor": 1200, "required": True}
    with tenant_context(shop.tenant), transaction.atomic():
        type(kind).objects.filter(pk=kind.pk).update(extras=[court])
    pack = worlds.buy_pack(shop, offer)
    booking = use(shop.tenant, pack, kind, worlds.hour(1))
    assert (booking.status, left(shop.tenant, pack)) == (BookingStatus.HELD, 10)
    worlds.pay(shop, booking)
    worlds.hear_stripe(shop.stripe)
    booking = worlds.reread(shop.tenant, booking)
    assert (booking.status, booking.funding) == (BookingStatus.CONFIRMED, Funding.PACK)
    assert left(shop.tenant, pack) == 9
    attempt = worlds.attempt_for(shop.tenant, booking)
    assert (attempt.captured_minor, attempt.application_fee_minor) == (1200, 120)
    cancel(shop.tenant, booking, Cause.WEATHER)
    worlds.hear_stripe(shop.stripe)
    assert left(shop.tenant, pack) == 10
    assert worlds.attempt_for(shop.tenant, booking).refunded_minor == 1200


def test_extras_that_are_not_paid_take_no_unit(
    shop: Shop, kind: worlds.SessionType, offer: PackOffer
) -> None:
    court = {"id": "c", "name": "Court", "price_minor": 1200, "required": False}
    with tenant_context(shop.tenant), transaction.atomic():
        type(kind).objects.filter(pk=kind.pk).update(extras=[court])
    pack = worlds.buy_pack(shop, offer)
    use(shop.tenant, pack, kind, worlds.hour(1), extras=["c"])
    with later(shop.stripe, 45 * 60):
        worlds.hear_stripe(shop.stripe)
        worlds.drain()
    assert left(shop.tenant, pack) == 10


def test_a_request_takes_its_unit_when_the_coach_accepts(shop: Shop, offer: PackOffer) -> None:
    asked = worlds.session_type(shop.tenant, name="Asked", needs_approval=True)
    pack = worlds.buy_pack(shop, worlds.pack_offer(shop.tenant, asked, name="Another"))
    booking = use(shop.tenant, pack, asked, worlds.hour(30))
    assert (booking.status, left(shop.tenant, pack)) == (BookingStatus.REQUESTED, 10)
    with tenant_context(shop.tenant):
        answers.accept(booking_id=booking.pk, now=clock.now(), actor=ANNA)
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CONFIRMED
    assert left(shop.tenant, pack) == 9


def test_a_request_with_a_card_is_captured_when_it_is_accepted(shop: Shop) -> None:
    asked = worlds.session_type(shop.tenant, needs_approval=True)
    booking = worlds.sell(shop, asked, at=worlds.hour(30))
    assert booking.status == BookingStatus.REQUESTED
    attempt = worlds.attempt_for(shop.tenant, booking)
    assert (attempt.status, attempt.captured_minor) == ("open", 0)
    with tenant_context(shop.tenant):
        answers.accept(booking_id=booking.pk, now=clock.now(), actor=ANNA)
    worlds.hear_stripe(shop.stripe)
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CONFIRMED
    assert worlds.attempt_for(shop.tenant, booking).captured_minor == 4500


def test_a_request_captured_in_stripes_dashboard_is_accepted(shop: Shop) -> None:
    asked = worlds.session_type(shop.tenant, needs_approval=True)
    booking = worlds.sell(shop, asked, at=worlds.hour(30))
    shop.stripe.dashboard_capture(worlds.attempt_for(shop.tenant, booking).intent_id)
    worlds.hear_stripe(shop.stripe)
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CONFIRMED
    assert worlds.attempt_for(shop.tenant, booking).refunded_minor == 0


@pytest.mark.parametrize("answer", ["declined", "unanswered", "withdrawn"])
def test_a_request_that_is_not_accepted_takes_no_money(shop: Shop, answer: str) -> None:
    asked = worlds.session_type(shop.tenant, needs_approval=True)
    booking = worlds.sell(shop, asked, at=worlds.hour(80))
    with tenant_context(shop.tenant):
        if answer == "declined":
            answers.decline(booking_id=booking.pk, now=clock.now(), actor=ANNA)
        elif answer == "withdrawn":
            assert answers.withdraw(booking_id=booking.pk, now=clock.now(), actor=CLEO)
    with later(shop.stripe, 49 * 3600 if answer == "unanswered" else 0):
        worlds.drain()
        worlds.hear_stripe(shop.stripe)
    booking = worlds.reread(shop.tenant, booking)
    assert (booking.status, booking.ended_reason) == (BookingStatus.EXPIRED, f"request_{answer}")
    attempt = worlds.attempt_for(shop.tenant, booking)
    assert (attempt.status, attempt.captured_minor) == ("released", 0)


# --- calling off, and the balance that comes of it ---------------------------------------------------


def test_money_goes_back_by_the_rule_after_the_minute_to_undo(shop: Shop, kind: worlds.SessionType) -> None:
    booking = worlds.sell(shop, kind, at=worlds.hour(60))
    cancel(shop.tenant, booking, Cause.CLIENT, shown="returned")
    worlds.hear_stripe(shop.stripe)
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CANCELLED
    assert worlds.attempt_for(shop.tenant, booking).refunded_minor == 4500
    with tenant_context(shop.tenant):
        assert Charge.objects.get(reference=booking.pk).status == ChargeStatus.REFUNDED


def test_a_moved_session_keeps_its_unit_and_its_link(
    shop: Shop, kind: worlds.SessionType, offer: PackOffer
) -> None:
    pack = worlds.buy_pack(shop, offer)
    booking = use(shop.tenant, pack, kind, worlds.hour(60))
    with tenant_context(shop.tenant):
        token = links.token_of(booking)
        moving.move_by_client(
            booking_id=booking.pk,
            starts_at=worlds.hour(60) + timedelta(minutes=30),
            now=clock.now(),
            actor=CLEO,
        )
        assert links.booking_by(token).session.starts_at == worlds.hour(60) + timedelta(minutes=30)
    assert left(shop.tenant, pack) == 9


def test_the_balance_tells_what_was_done(shop: Shop, kind: worlds.SessionType, offer: PackOffer) -> None:
    """Bought; three used, one cancelled late, one lost to the weather and given back, one booked now."""
    pack = worlds.buy_pack(shop, offer)
    first = worlds.hour(17)
    weekly = [use(shop.tenant, pack, kind, first + each * WEEK) for each in range(5)]
    used, late, rained_off = weekly[:3], weekly[3], weekly[4]
    for booking in used:
        with at(booking.session.starts_at + timedelta(hours=1), shop.stripe), tenant_context(shop.tenant):
            bookings.record_attendance(booking_id=booking.pk, came=True, now=clock.now(), actor=ANNA)
    with at(late.session.starts_at - timedelta(hours=5), shop.stripe):
        cancel(shop.tenant, late, Cause.CLIENT, shown="used")
    with at(rained_off.session.starts_at - timedelta(hours=2), shop.stripe):
        with tenant_context(shop.tenant):
            since, until = closing.day(rained_off.session.starts_at.date())
            closing.close(
                since=since,
                until=until,
                shown=[rained_off.pk],
                note="court closed",
                extends_packs=False,
                now=clock.now(),
                actor=ANNA,
            )
        with clock.travel(61):
            worlds.drain()
    with at(first + 4 * WEEK + timedelta(days=1), shop.stripe):
        now_booked = use(shop.tenant, pack, kind, first + 5 * WEEK)
        told = text_of(
            shop,
            pack,
            this_booking=now_booked.pk,
            cancel_until=now_booked.session.starts_at - timedelta(hours=24),
        )
    assert told.startswith(
        "Balance after this booking: 5 of 10 sessions.\nYou bought 10-session summer pack on "
    )
    assert "(paid €450.00 by card)" in told
    assert "− 3 used: " in told
    # Five hours, less what the machine took to get there.
    assert re.search(r"\(cancelled (5 h|4 h 59 min) before; rule: 24 h\)", told)
    assert "(taken, then returned: court closed, weather)" in told
    assert "10 − 3 − 1 − 0 − 1 = 5." in told
    assert "Free to cancel until " in told
