"""What packs bring in: each payment a line of its own, to the cent, and what is still to be given."""

import csv
import io
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import Actor
from tenants.earnings import figures
from tenants.earnings.export import as_csv
from tenants.earnings.figures import Line, Totals
from tenants.earnings.periods import Period
from tenants.earnings.prepaid import Prepaid, prepaid, worth
from tenants.offers.extras import Extra
from tenants.packs import removals, selling, transfers
from tenants.packs.models import Pack, PackOffer
from tenants.registry.models import Tenant
from tenants.scheduling import cancelling, pack_bookings
from tenants.scheduling.models import Booking, Cause
from tests import worlds
from tests.dashboard.desk import Coach
from tests.worlds import Shop

BERLIN = "Europe/Berlin"
ANNA = Actor("coach", "1", "Anna")


@pytest.fixture
def kind(shop: Shop) -> worlds.SessionType:
    return worlds.session_type(shop.tenant)


@pytest.fixture
def indoors(shop: Shop) -> worlds.SessionType:
    return worlds.session_type(shop.tenant, name="Indoor lesson", extras=[Extra("Court", 1800)])


@pytest.fixture
def offer(shop: Shop, kind: worlds.SessionType, indoors: worlds.SessionType) -> PackOffer:
    return worlds.pack_offer(shop.tenant, kind, indoors, name="10-session summer pack", transfer="anyone")


def lines(shop: Shop) -> list[Line]:
    """Everything so far, the oldest payment first."""
    with tenant_context(shop.tenant):
        return figures.lines(period=Period(BERLIN))[::-1]


def to_be_given(shop: Shop, **asked: Any) -> list[Prepaid]:
    with tenant_context(shop.tenant):
        return prepaid(**asked)


def use(shop: Shop, pack: Pack, kind: worlds.SessionType, at: datetime) -> Booking:
    held = worlds.held(shop.tenant, kind, at=at, browser=f"browser {at}")
    with tenant_context(shop.tenant):
        pack_bookings.book_with_unit(
            booking_id=held.pk,
            client=Pack.objects.get(pk=pack.pk).client,
            pack_id=pack.pk,
            timezone=BERLIN,
            links=lambda _attempt: worlds.RETURN_PAGES,
            now=clock.now(),
        )
    return held


def buy_with_a_session(shop: Shop, offer: PackOffer, kind: worlds.SessionType) -> Booking:
    held = worlds.held(shop.tenant, kind, at=worlds.hour(0))
    with tenant_context(shop.tenant):
        pack_bookings.book_and_buy(
            booking_id=held.pk,
            offer=offer,
            accepted={},
            name="Cleo",
            email="cleo@example.com",
            phone="",
            message="",
            timezone=BERLIN,
            links=lambda _attempt: worlds.RETURN_PAGES,
            now=clock.now(),
        )
        booking = Booking.objects.select_related("pack").get(pk=held.pk)
    assert booking.pack
    worlds.pay(shop, booking.pack)
    worlds.hear_stripe(shop.stripe)
    return booking


def processing(shop: Shop, pack: Pack) -> int:
    fee = worlds.attempt_for(shop.tenant, pack).processor_fee_minor
    assert fee
    return fee


def test_a_pack_is_a_line_of_its_own_to_the_cent(shop: Shop, offer: PackOffer) -> None:
    """Four lessons were paid before: six units of the pack are free, and the other four bear 10 %."""
    worlds.set_free_units(shop.tenant, 6)
    pack = worlds.buy_pack(shop, offer)
    (line,) = lines(shop)
    assert (line.description, line.client, line.units) == ("10-session summer pack", "Cleo", 10)
    assert (line.gross_minor, line.platform_fee_minor, line.free_of) == (
        45000,
        -1800,
        "6 of 10 sessions free",
    )
    assert line.processor_fee_minor == -processing(shop, pack)
    assert line.net_minor == 45000 - 1800 - processing(shop, pack)
    assert (line.pack_id, line.booking_id, line.session_at) == (pack.pk, None, None)


def test_a_session_that_a_pack_pays_for_earns_nothing_twice(
    shop: Shop, offer: PackOffer, kind: worlds.SessionType
) -> None:
    pack = worlds.buy_pack(shop, offer)
    before = lines(shop)
    use(shop, pack, kind, worlds.hour(0))
    assert lines(shop) == before
    assert to_be_given(shop) == [Prepaid("eur", 9, 40500)]


def test_an_extra_beside_a_unit_says_so_and_is_no_session(
    shop: Shop, offer: PackOffer, indoors: worlds.SessionType
) -> None:
    worlds.set_free_units(shop.tenant, 6)
    pack = worlds.buy_pack(shop, offer)
    booking = use(shop, pack, indoors, worlds.hour(0))
    worlds.pay(shop, booking)
    worlds.hear_stripe(shop.stripe)
    of_pack, court = lines(shop)
    assert court.description == "Court, beside a pack session"
    assert (court.gross_minor, court.platform_fee_minor, court.units) == (1800, -180, 0)
    assert (court.booking_id, court.pack_id, court.session_at) == (booking.pk, None, worlds.hour(0))
    assert of_pack.gross_minor == 45000


def test_an_extra_beside_a_paid_session_is_part_of_its_line(shop: Shop, indoors: worlds.SessionType) -> None:
    worlds.sell(shop, indoors, at=worlds.hour(0))
    (line,) = lines(shop)
    assert (line.description, line.gross_minor, line.units) == ("Indoor lesson, with Court", 6300, 1)


def test_a_pack_bought_inside_a_booking_is_one_line(
    shop: Shop, offer: PackOffer, indoors: worlds.SessionType
) -> None:
    worlds.set_free_units(shop.tenant, 6)
    booking = buy_with_a_session(shop, offer, indoors)
    (line,) = lines(shop)
    assert line.description == "10-session summer pack, with Court"
    assert (line.gross_minor, line.platform_fee_minor, line.units) == (46800, -1800, 10)
    assert (line.pack_id, line.booking_id, line.session_at) == (booking.pack_id, None, worlds.hour(0))
    assert to_be_given(shop) == [Prepaid("eur", 9, 40500)]


def test_half_a_pack_that_went_back_adds_up_to_the_cent(
    shop: Shop, offer: PackOffer, kind: worlds.SessionType
) -> None:
    """Of €450.00 half goes back: so does half of the fee of €18.00, and five of nine unused sessions."""
    worlds.set_free_units(shop.tenant, 6)
    pack = worlds.buy_pack(shop, offer)
    use(shop, pack, kind, worlds.hour(0))
    attempt = worlds.attempt_for(shop.tenant, pack)
    shop.stripe.dashboard_refund(attempt.stripe_charge_id, amount=22500)
    worlds.hear_stripe(shop.stripe)
    (line,) = lines(shop)
    assert (line.gross_minor, line.refunds_minor, line.platform_fee_minor) == (45000, -22500, -900)
    assert line.net_minor == 45000 - 22500 - 900 - processing(shop, pack)
    assert to_be_given(shop) == [Prepaid("eur", 4, 18000)]
    assert_it_adds_up(shop, [line])


def assert_it_adds_up(shop: Shop, every: list[Line]) -> None:
    """The page's totals, each client's and the strip on Today are one sum."""
    with tenant_context(shop.tenant):
        (strip,) = figures.sums_by_currency(period=Period(BERLIN))
    (total,) = figures.totals(every)
    clients = figures.by_client(every)
    assert amounts(total) == amounts(strip)
    assert total.net_minor == sum(each.totals.net_minor for each in clients)
    assert total.net_minor == sum(line.net_minor for line in every)


def amounts(sums: Totals) -> tuple[int, int, int, int]:
    return sums.gross_minor, sums.platform_fee_minor, sums.processor_fee_minor, sums.refunds_minor


def test_clients_and_periods_add_up_with_packs_extras_and_sessions(
    shop: Shop, offer: PackOffer, kind: worlds.SessionType, indoors: worlds.SessionType
) -> None:
    worlds.set_free_units(shop.tenant, 3)
    pack = worlds.buy_pack(shop, offer)
    worlds.sell(shop, kind, at=worlds.hour(2), email="maya@example.com")
    worlds.pay(shop, use(shop, pack, indoors, worlds.hour(4)))
    worlds.hear_stripe(shop.stripe)
    every = lines(shop)
    assert len(every) == 3
    assert_it_adds_up(shop, every)
    today = clock.now().date()
    with tenant_context(shop.tenant):
        before = figures.lines(period=Period("UTC", None, today - timedelta(days=1)))
        since = figures.lines(period=Period("UTC", today))
    assert before == []
    assert sum(line.net_minor for line in since) == sum(line.net_minor for line in every)


def test_the_file_tells_the_same(shop: Shop, offer: PackOffer) -> None:
    worlds.set_free_units(shop.tenant, 6)
    worlds.buy_pack(shop, offer)
    every = lines(shop)
    (row,) = csv.DictReader(io.StringIO(as_csv(every, tz=BERLIN)))
    assert (row["For"], row["Sessions"], row["Paid"], row["Platform fee"]) == (
        "10-session summer pack",
        "10",
        "450.00",
        "-18.00",
    )
    assert row["Fee-free sessions"] == "1 2 3 4 5 6"
    assert row["Net"] == f"{every[0].net_minor / 100:.2f}"


def test_the_page_names_the_pack_its_free_sessions_and_what_is_to_be_given(
    shop: Shop, offer: PackOffer
) -> None:
    worlds.set_free_units(shop.tenant, 6)
    pack = worlds.buy_pack(shop, offer)
    page = Coach(shop.tenant).read("money/")
    assert "6 of 10 sessions free" in page
    assert "Prepaid: 10 sessions, €450.00 still to be given." in re.sub(r"<[^>]+>", "", page)
    assert f"clients/packs/{pack.pk}/" in page


# --- what is still to be given -----------------------------------------------------------------------


@pytest.mark.parametrize("used", range(8))
def test_given_and_to_be_given_are_the_whole_price(used: int) -> None:
    """100.00 over 7: the cents that do not divide go with the first sessions."""
    given = worth(price_minor=10000, units=7, used=0, left=used)
    assert given + worth(price_minor=10000, units=7, used=used, left=7 - used) == 10000


def test_a_pack_that_is_not_paid_is_not_prepaid(shop: Shop, offer: PackOffer) -> None:
    worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(0))
    with tenant_context(shop.tenant):
        client = Booking.objects.get().client
        assert client
        selling.sell(offer_id=offer.pk, client_id=client.pk, now=clock.now(), actor=ANNA)
    assert to_be_given(shop) == []


def test_what_was_passed_on_is_still_to_be_given_once(shop: Shop, offer: PackOffer) -> None:
    pack = worlds.buy_pack(shop, offer)
    with tenant_context(shop.tenant):
        given = transfers.pass_on(
            pack_id=pack.pk, units=4, name="Mo", email="mo@example.com", now=clock.now(), actor=ANNA
        )
        transfers.pass_on(
            pack_id=given.pk, units=1, name="Kim", email="kim@example.com", now=clock.now(), actor=ANNA
        )
        mo = given.client_id
    assert to_be_given(shop) == [Prepaid("eur", 10, 45000)]
    assert to_be_given(shop, client_id=pack.client_id) == [Prepaid("eur", 10, 45000)]
    assert to_be_given(shop, client_id=mo) == []


def test_sessions_that_the_coach_added_are_worth_nothing(shop: Shop, offer: PackOffer) -> None:
    pack = worlds.buy_pack(shop, offer)
    with tenant_context(shop.tenant):
        removals.correct(pack_id=pack.pk, units=2, note="a gift", now=clock.now(), actor=ANNA)
    assert to_be_given(shop) == [Prepaid("eur", 12, 45000)]


def test_a_late_cancel_is_earned_and_an_early_one_is_to_be_given(
    shop: Shop, offer: PackOffer, kind: worlds.SessionType
) -> None:
    pack = worlds.buy_pack(shop, offer)
    for hours, left in ((48, 10), (-18, 9)):
        call_off(shop, use(shop, pack, kind, worlds.hour(hours)))
        assert to_be_given(shop) == [Prepaid("eur", left, left * 4500)]


def call_off(shop: Shop, booking: Booking) -> None:
    now = clock.now()
    with tenant_context(shop.tenant):
        asked = cancelling.cancel(booking_id=booking.pk, cause=Cause.CLIENT, now=now, actor=Actor("client"))
        cancelling.carry_out(reference=asked.pk, now=asked.takes_effect_at)


def test_another_coachs_packs_count_for_nothing(shop: Shop, offer: PackOffer, ben: Tenant) -> None:
    worlds.buy_pack(shop, offer)
    with tenant_context(ben):
        assert prepaid() == []


def test_what_is_to_be_given_is_one_question(
    shop: Shop, offer: PackOffer, django_assert_num_queries: Any
) -> None:
    worlds.buy_pack(shop, offer)
    with tenant_context(shop.tenant), transaction.atomic(), django_assert_num_queries(1):
        prepaid()
