"""Requests at the coach's desk: what a yes brings, until when, and a no that says what it does."""

import pytest
from django_tenants.utils import tenant_context

from kit import clock
from tenants.offers.models import SessionType
from tenants.packs.models import Pack
from tenants.registry.models import Tenant
from tenants.scheduling import pack_bookings
from tenants.scheduling.models import Booking
from tests import worlds
from tests.dashboard.desk import Coach
from tests.scheduling import booked


@pytest.fixture
def asking(shop: worlds.Shop) -> SessionType:
    return worlds.session_type(shop.tenant, needs_approval=True, answer_within_hours=12)


@pytest.fixture
def asked(shop: worlds.Shop, asking: SessionType) -> Booking:
    return worlds.sell(shop, asking, at=worlds.hour(24))


def state(shop: worlds.Shop, booking: Booking) -> str:
    return str(worlds.reread(shop.tenant, booking).status)


def test_a_request_stands_on_top_of_today_with_its_two_buttons(shop: worlds.Shop, asked: Booking) -> None:
    coach = Coach(shop.tenant)
    page = coach.read()
    assert "Cleo asks for Lesson" in page
    assert "€45.00 is promised by the bank, and taken when you accept." in page
    assert "Answer by" in page
    assert f'action="{coach.base}booking/{asked.pk}/accept"' in page
    assert f'href="{coach.base}booking/{asked.pk}/decline/"' in page
    with clock.travel(300):
        assert "is being checked" not in coach.read()


def test_accepted_it_is_paid_and_confirmed(shop: worlds.Shop, asked: Booking) -> None:
    coach = Coach(shop.tenant)
    answer = coach.post(f"booking/{asked.pk}/accept", {"next": coach.base})
    assert (answer.status_code, answer["Location"]) == (303, coach.base)
    page = coach.read()
    assert "Accepted and confirmed." in page
    assert "asks for" not in page
    assert state(shop, asked) == "confirmed"
    assert worlds.attempt_for(shop.tenant, asked).captured_minor == 4500


def test_declining_first_says_what_becomes_of_the_money(shop: worlds.Shop, asked: Booking) -> None:
    coach, path = Coach(shop.tenant), f"booking/{asked.pk}/decline/"
    page = coach.read(path)
    assert "€45.00</span> was promised by the bank and never taken." in page
    assert "pending for up to 7 days" in page
    assert state(shop, asked) == "requested"
    assert coach.post(path).status_code == 303
    assert state(shop, asked) == "expired"
    assert worlds.attempt_for(shop.tenant, asked).status == "released"
    assert "The request was declined." in coach.read(f"booking/{asked.pk}/")


def test_a_second_answer_is_a_conflict(shop: worlds.Shop, asked: Booking) -> None:
    coach = Coach(shop.tenant)
    coach.post(f"booking/{asked.pk}/accept")
    for path in (f"booking/{asked.pk}/accept", f"booking/{asked.pk}/decline/"):
        answer = coach.post(path)
        assert answer.status_code == 409
        assert "has been answered" in answer.content.decode()
    assert state(shop, asked) == "confirmed"
    assert "Answered already" in coach.read(f"booking/{asked.pk}/decline/")


def test_a_yes_while_stripe_is_away_is_kept(shop: worlds.Shop, asked: Booking) -> None:
    shop.stripe.fail_next("POST .*/capture", "unreachable", count=9)
    coach = Coach(shop.tenant)
    assert coach.post(f"booking/{asked.pk}/accept").status_code == 303
    shop.stripe.clear_faults()
    assert "Your yes is kept" in coach.read(f"booking/{asked.pk}/")
    with clock.travel(120):
        worlds.sweep()
    assert state(shop, asked) == "confirmed"


def test_a_pack_that_is_used_up_is_told_and_the_request_waits(shop: worlds.Shop, asking: SessionType) -> None:
    pack = booked.pack(shop.tenant, asking, units=1)
    one = booked.with_unit(shop.tenant, asking, pack, at=worlds.hour(24), browser="1")
    other = booked.with_unit(shop.tenant, asking, pack, at=worlds.hour(26), browser="2")
    coach = Coach(shop.tenant)
    assert "1 session of the pack is used when you accept." in coach.read()
    coach.post(f"booking/{one.pk}/accept")
    answer = coach.post(f"booking/{other.pk}/accept")
    assert answer.status_code == 409
    assert "There is not enough left of this pack. The request still waits." in answer.content.decode()
    assert state(shop, other) == "requested"


def test_after_its_time_it_needs_nobody(shop: worlds.Shop, asked: Booking) -> None:
    coach = Coach(shop.tenant)
    with clock.travel(13 * 3600):
        assert "asks for" not in coach.read()
        assert coach.post(f"booking/{asked.pk}/accept").status_code == 409
        worlds.sweep()
        assert "Nobody answered the request in time." in coach.read(f"booking/{asked.pk}/")


def test_another_coach_answers_nothing(shop: worlds.Shop, asked: Booking, ben: Tenant) -> None:
    stranger = Coach(ben)
    assert "asks for" not in stranger.read()
    assert stranger.post(f"booking/{asked.pk}/accept").status_code == 404
    assert stranger.get(f"booking/{asked.pk}/decline/").status_code == 404
    assert stranger.post(f"booking/{asked.pk}/decline/").status_code == 404
    assert state(shop, asked) == "requested"


def test_a_pack_bought_with_the_request_is_the_amount_that_is_promised(
    shop: worlds.Shop, asking: SessionType
) -> None:
    held = worlds.held(shop.tenant, asking, at=worlds.hour(24))
    with tenant_context(shop.tenant):
        pack_bookings.book_and_buy(
            booking_id=held.pk,
            offer=worlds.pack_offer(shop.tenant, asking),
            accepted={},
            name="Cleo",
            email="cleo@example.com",
            phone="",
            message="",
            timezone="Europe/Berlin",
            links=lambda _attempt: worlds.RETURN_PAGES,
            now=clock.now(),
        )
        pack = Pack.objects.get(first_booking=held.pk)
    worlds.pay(shop, pack)
    worlds.hear_stripe(shop.stripe)
    coach = Coach(shop.tenant)
    assert "€450.00 is promised by the bank, and taken when you accept." in coach.read()
    assert "€450.00</span> was promised by the bank" in coach.read(f"booking/{held.pk}/decline/")
