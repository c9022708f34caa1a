"""Codes that make a session cheaper: what they take off, how often they count, when they are given back."""

from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django_tenants.utils import tenant_context
from hypothesis import given
from hypothesis import strategies as st

from kit import clock
from kit.actors import Actor
from kit.money import CURRENCIES, MINIMUM_CHARGE_MINOR
from tenants.offers import coupons
from tenants.offers.models import Coupon, SessionType
from tenants.packs.models import Pack
from tenants.scheduling import cancelling, paying
from tenants.scheduling.models import Booking, BookingStatus, Cause, Funding
from tests import worlds
from tests.crowd import at_once
from tests.scheduling import booked
from tests.worlds import Shop


@pytest.fixture
def half_off(shop: Shop) -> Coupon:
    return coupon(shop, off_bp=5000)


def coupon(shop: Shop, *, code: str = "SPRING", **terms: Any) -> Coupon:
    with tenant_context(shop.tenant):
        return coupons.create(code=code, now=clock.now(), **terms)


def held(shop: Shop, lesson: SessionType, *, hour: int = 48, browser: str = "browser") -> Booking:
    return worlds.held(shop.tenant, lesson, at=worlds.hour(hour), browser=browser)


def uses_of(shop: Shop, which: Coupon) -> int:
    with tenant_context(shop.tenant):
        return Coupon.objects.get(pk=which.pk).uses


def is_confirmed(shop: Shop, booking: Booking) -> bool:
    return worlds.reread(shop.tenant, booking).status == BookingStatus.CONFIRMED


# --- what it takes off --------------------------------------------------------------------------------


@given(
    full=st.integers(0, 99_999_999),
    currency=st.sampled_from(CURRENCIES),
    off=st.one_of(
        st.tuples(st.just("off_bp"), st.integers(1, 10_000)),
        st.tuples(st.just("off_minor"), st.integers(1, 99_999_999)),
    ),
)
def test_what_is_left_is_nothing_or_an_amount_that_cards_take(
    full: int, currency: str, off: tuple[str, int]
) -> None:
    found = coupons.discount(Coupon(currency=currency, **dict([off])), full, currency)
    assert found.off_minor + found.left_minor == full
    assert found.left_minor >= 0
    if full >= MINIMUM_CHARGE_MINOR[currency]:
        assert found.left_minor == 0 or found.left_minor >= MINIMUM_CHARGE_MINOR[currency]


@pytest.mark.parametrize("code", ["", "AB", "with space!", "x" * 25, "ÄÖÜ"])
def test_a_code_can_be_typed_from_a_card(shop: Shop, code: str) -> None:
    with pytest.raises(coupons.NotACode):
        coupon(shop, code=code, off_bp=1000)


@pytest.mark.parametrize("off", [{}, {"off_bp": 1000, "off_minor": 500}, {"off_bp": 10_001}])
def test_a_coupon_takes_a_share_or_an_amount_off(shop: Shop, off: dict[str, int]) -> None:
    with pytest.raises(coupons.NothingOff):
        coupon(shop, **off)


def test_a_code_is_given_once_however_it_is_typed(shop: Shop, half_off: Coupon) -> None:
    with pytest.raises(coupons.CodeTaken):
        coupon(shop, code=" spr ing", off_bp=1000)


# --- a booking with it --------------------------------------------------------------------------------


def test_a_session_costs_less_and_is_paid_by_card(shop: Shop, lesson: SessionType, half_off: Coupon) -> None:
    booking = held(shop, lesson)
    worlds.book(shop.tenant, booking, coupon=" spring ")
    worlds.pay(shop, booking)
    worlds.hear_stripe(shop.stripe)
    booking = worlds.reread(shop.tenant, booking)
    attempt = worlds.attempt_for(shop.tenant, booking)
    assert booking.funding == Funding.CARD
    assert (booking.price_minor, attempt.captured_minor) == (2250, 2250)
    assert booking.agreed["coupon"] == {"code": "SPRING", "full_minor": 4500, "off_minor": 2250}
    assert uses_of(shop, half_off) == 1


def test_a_session_that_costs_nothing_any_more_goes_the_free_way(shop: Shop, lesson: SessionType) -> None:
    whole = coupon(shop, off_bp=10_000)
    booking = held(shop, lesson)
    assert worlds.book(shop.tenant, booking, coupon="SPRING") is None
    booking = worlds.reread(shop.tenant, booking)
    assert (booking.status, booking.funding) == (BookingStatus.CONFIRMED, Funding.FREE)
    assert uses_of(shop, whole) == 1


def test_a_client_who_goes_on_without_it_pays_the_whole_price(
    shop: Shop, lesson: SessionType, half_off: Coupon
) -> None:
    booking = held(shop, lesson)
    worlds.book(shop.tenant, booking, coupon="SPRING")
    worlds.book(shop.tenant, booking)
    booking = worlds.reread(shop.tenant, booking)
    assert booking.price_minor == worlds.attempt_for(shop.tenant, booking).amount_minor == 4500
    assert "coupon" not in booking.agreed
    assert uses_of(shop, half_off) == 0


def test_a_code_that_is_typed_at_the_card_page_changes_what_the_page_asks_for(
    shop: Shop, lesson: SessionType, half_off: Coupon
) -> None:
    booking = held(shop, lesson)
    before = worlds.book(shop.tenant, booking)
    after = worlds.book(shop.tenant, booking, coupon="SPRING")
    assert before != after
    worlds.pay(shop, booking)
    worlds.hear_stripe(shop.stripe)
    assert is_confirmed(shop, booking)
    assert worlds.attempt_for(shop.tenant, booking).captured_minor == 2250


def test_a_client_who_takes_a_pack_instead_keeps_the_coupon(shop: Shop, lesson: SessionType) -> None:
    mine = coupon(shop, off_bp=5000)
    of: Pack = booked.pack(shop.tenant, lesson)
    booking = held(shop, lesson, browser="b")
    worlds.book(shop.tenant, booking, email=of.client.email, coupon="SPRING")
    booked.with_unit(shop.tenant, lesson, of, at=worlds.hour(48))
    booking = worlds.reread(shop.tenant, booking)
    assert (booking.funding, booking.price_minor) == (Funding.PACK, 4500)
    assert uses_of(shop, mine) == 0


# --- when it does not count ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({"valid_from": timedelta(days=1)}, "not count yet"),
        ({"valid_until": timedelta()}, "run out"),
        ({"applies_to": ["0190"]}, "something else"),
        ({"max_uses": 0}, "as often"),
        ({"is_active": False}, "not known"),
    ],
)
def test_a_code_that_does_not_count_says_why_and_the_time_stays(
    shop: Shop, lesson: SessionType, terms: dict[str, Any], says: str
) -> None:
    dates = {name: clock.now() + value for name, value in terms.items() if isinstance(value, timedelta)}
    coupon(shop, off_bp=5000, **{**terms, **dates})
    booking = held(shop, lesson)
    with pytest.raises(coupons.CouponRefused, match=says):
        worlds.book(shop.tenant, booking, coupon="SPRING")
    booking = worlds.reread(shop.tenant, booking)
    assert (booking.status, booking.price_minor) == (BookingStatus.HELD, 4500)


def test_an_unknown_code_is_refused(shop: Shop, lesson: SessionType) -> None:
    with pytest.raises(coupons.CouponRefused, match="not known"):
        worlds.book(shop.tenant, held(shop, lesson), coupon="NOBODYS")


def test_a_client_uses_it_once(shop: Shop, lesson: SessionType, half_off: Coupon) -> None:
    worlds.book(shop.tenant, held(shop, lesson), coupon="SPRING")
    with pytest.raises(coupons.CouponRefused, match="used this code before"):
        worlds.book(shop.tenant, held(shop, lesson, hour=60), coupon="SPRING")
    worlds.book(shop.tenant, held(shop, lesson, hour=70, browser="c"), email="d@example.com", coupon="SPRING")
    assert uses_of(shop, half_off) == 2


def test_the_last_use_is_given_once(shop: Shop, lesson: SessionType) -> None:
    """Twelve clients at once, three uses."""
    last = coupon(shop, off_bp=10_000, max_uses=3)
    times = [held(shop, lesson, hour=48 + 2 * n, browser=f"b{n}") for n in range(12)]

    def take(n: int) -> None:
        with suppress(coupons.CouponRefused):
            worlds.book(shop.tenant, times[n], email=f"c{n}@example.com", coupon="SPRING")

    at_once(partial(take, n) for n in range(12))
    assert sum(is_confirmed(shop, each) for each in times) == 3
    assert uses_of(shop, last) == 3


# --- when it is given back ----------------------------------------------------------------------------


def test_a_time_that_was_never_paid_gives_the_use_back(
    shop: Shop, lesson: SessionType, half_off: Coupon
) -> None:
    booking = held(shop, lesson)
    worlds.book(shop.tenant, booking, coupon="SPRING")
    with tenant_context(shop.tenant):
        assert paying.give_up(booking_id=booking.pk, now=clock.now())
    assert uses_of(shop, half_off) == 0


@pytest.mark.parametrize(("cause", "uses"), [(Cause.COACH, 0), (Cause.NO_SHOW, 1)])
def test_a_session_that_goes_back_gives_the_use_back(
    shop: Shop, lesson: SessionType, cause: Cause, uses: int
) -> None:
    whole = coupon(shop, off_bp=10_000)
    booking = held(shop, lesson)
    worlds.book(shop.tenant, booking, coupon="SPRING")
    with tenant_context(shop.tenant):
        now = clock.now()
        cancelling.cancel(booking_id=booking.pk, cause=cause, now=now, actor=Actor("coach", "1", "Anna"))
    with clock.travel(120):
        worlds.sweep()
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CANCELLED
    assert uses_of(shop, whole) == uses
