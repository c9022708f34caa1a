"""Requests: the coach's yes or no, the client's change of mind, and silence."""

from datetime import timedelta

import pytest
from django_tenants.utils import tenant_context

from connect.gateway import GatewayUnavailable
from kit import clock
from tenants.activity.models import Event
from tenants.offers.models import SessionType
from tenants.packs import spending
from tenants.scheduling import answers
from tenants.scheduling.models import Booking
from tests import worlds
from tests.scheduling import booked
from tests.scheduling.booked import CLIENT, COACH

LATER = 13 * 3600


@pytest.fixture
def asking(shop: worlds.Shop) -> SessionType:
    """A lesson that the coach decides on within twelve hours."""
    return worlds.session_type(shop.tenant, needs_approval=True, answer_within_hours=12)


@pytest.fixture
def asked(shop: worlds.Shop, asking: SessionType) -> Booking:
    """45.00 is promised by the bank; two days ahead."""
    return worlds.sell(shop, asking, at=worlds.hour(24))


def accept(shop: worlds.Shop, booking: Booking) -> Booking:
    with tenant_context(shop.tenant):
        return answers.accept(booking_id=booking.pk, now=clock.now(), actor=COACH)


def decline(shop: worlds.Shop, booking: Booking) -> None:
    with tenant_context(shop.tenant):
        answers.decline(booking_id=booking.pk, now=clock.now(), actor=COACH)


def money(shop: worlds.Shop, booking: Booking) -> tuple[str, int]:
    attempt = worlds.attempt_for(shop.tenant, booking)
    return attempt.status, attempt.captured_minor


def state(shop: worlds.Shop, booking: Booking) -> str:
    return str(worlds.reread(shop.tenant, booking).status)


def test_nothing_is_taken_before_the_yes(shop: worlds.Shop, asked: Booking) -> None:
    assert asked.status == "requested"
    assert money(shop, asked) == ("open", 0)
    assert accept(shop, asked).status == "confirmed"
    assert money(shop, asked) == ("captured", 4500)


def test_the_time_is_kept_while_the_coach_thinks(
    shop: worlds.Shop, asking: SessionType, asked: Booking
) -> None:
    from tenants.scheduling.holds import SlotTaken

    with clock.travel(3600), pytest.raises(SlotTaken):
        worlds.held(shop.tenant, asking, at=asked.session.starts_at, browser="other")


def test_a_no_lets_money_and_time_go_at_once(shop: worlds.Shop, asking: SessionType, asked: Booking) -> None:
    decline(shop, asked)
    assert state(shop, asked) == "expired"
    assert money(shop, asked) == ("released", 0)
    assert worlds.held(shop.tenant, asking, at=asked.session.starts_at, browser="other")
    with tenant_context(shop.tenant):
        told = Event.objects.get(kind="booking.released", subject_id=asked.pk)
    assert (told.data["reason"], told.actor_kind) == ("request_declined", "coach")


@pytest.mark.parametrize("first", [accept, decline])
def test_it_is_answered_once(shop: worlds.Shop, asked: Booking, first: object) -> None:
    assert callable(first)
    first(shop, asked)
    before = state(shop, asked)
    for again in (accept, decline):
        with pytest.raises(answers.AlreadyAnswered):
            again(shop, asked)
    assert state(shop, asked) == before


def test_silence_is_a_no(shop: worlds.Shop, asked: Booking) -> None:
    assert asked.answer_by
    with clock.travel((asked.answer_by - clock.now()).total_seconds() - 5):
        worlds.sweep()
        assert state(shop, asked) == "requested"
    with clock.travel(LATER):
        worlds.sweep()
        with pytest.raises(answers.AlreadyAnswered):
            accept(shop, asked)
    assert state(shop, asked) == "expired"
    assert money(shop, asked) == ("released", 0)


def test_the_client_may_take_it_back_before_the_answer_only(shop: worlds.Shop, asked: Booking) -> None:
    with tenant_context(shop.tenant):
        assert answers.withdraw(booking_id=asked.pk, now=clock.now(), actor=CLIENT)
        assert not answers.withdraw(booking_id=asked.pk, now=clock.now(), actor=CLIENT)
    assert money(shop, asked) == ("released", 0)
    with pytest.raises(answers.AlreadyAnswered):
        accept(shop, asked)


def test_a_yes_stands_though_stripe_cannot_be_asked(shop: worlds.Shop, asked: Booking) -> None:
    shop.stripe.fail_next("POST .*/capture", "unreachable", count=9)
    with pytest.raises(GatewayUnavailable):
        accept(shop, asked)
    shop.stripe.clear_faults()
    assert worlds.reread(shop.tenant, asked).accepted_at
    with clock.travel(120):
        worlds.sweep()
    assert state(shop, asked) == "confirmed"
    assert money(shop, asked) == ("captured", 4500)


def test_a_unit_is_taken_with_the_yes(shop: worlds.Shop, asking: SessionType) -> None:
    pack = booked.pack(shop.tenant, asking)
    booking = booked.with_unit(shop.tenant, asking, pack, at=worlds.hour(24))
    assert (booking.status, booked.balance(shop.tenant, pack)) == ("requested", 10)
    accept(shop, booking)
    assert (state(shop, booking), booked.balance(shop.tenant, pack)) == ("confirmed", 9)


def test_a_pack_that_was_used_up_meanwhile_leaves_the_request_open(
    shop: worlds.Shop, asking: SessionType
) -> None:
    pack = booked.pack(shop.tenant, asking, units=1)
    one = booked.with_unit(shop.tenant, asking, pack, at=worlds.hour(24), browser="1")
    other = booked.with_unit(shop.tenant, asking, pack, at=worlds.hour(26), browser="2")
    accept(shop, one)
    with pytest.raises(spending.CannotSpend, match="not enough left"):
        accept(shop, other)
    still = worlds.reread(shop.tenant, other)
    assert (still.status, still.accepted_at) == ("requested", None)
    decline(shop, other)


def test_a_free_request_needs_only_the_yes(shop: worlds.Shop) -> None:
    kind = worlds.session_type(shop.tenant, price_minor=0, needs_approval=True)
    booking = worlds.held(shop.tenant, kind, at=worlds.hour(24))
    worlds.book(shop.tenant, booking)
    assert state(shop, booking) == "requested"
    assert accept(shop, booking).status == "confirmed"


def test_the_answer_is_due_before_the_notice_that_the_coach_wants(shop: worlds.Shop) -> None:
    kind = worlds.session_type(
        shop.tenant, needs_approval=True, answer_within_hours=48, minimum_notice_min=120
    )
    asked = worlds.sell(shop, kind, at=worlds.hour(10))
    assert asked.answer_by == asked.session.starts_at - timedelta(minutes=120)
