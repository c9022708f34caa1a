"""A pack pays for a session: with a unit that is there, or with the first of a pack bought now."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from kit import clock
from tenants.billing import checkout
from tenants.billing.models import Charge, PaymentAttempt
from tenants.clients.models import Client
from tenants.offers import practice
from tenants.offers.extras import Extra
from tenants.offers.models import SessionType
from tenants.packs import removals
from tenants.packs.models import Pack, PackOffer, PackStatus
from tenants.packs.refusals import Refusal
from tenants.packs.spending import CannotSpend
from tenants.scheduling import answers, cancelling, pack_bookings
from tenants.scheduling.bookings import OncePerClient
from tenants.scheduling.holds import HoldLapsed
from tenants.scheduling.models import Booking, BookingStatus, Cause, Funding
from tests import worlds
from tests.journeys.steps import events_of, later
from tests.packs import sold
from tests.scheduling.booked import COACH, balance, books, pack, with_unit
from tests.worlds import Shop

COURT = Extra(id="court", name="Court", price_minor=1200, required=False)
BALLS = Extra(id="balls", name="Balls", price_minor=300, required=True)


@pytest.fixture
def offer(shop: Shop, lesson: SessionType) -> PackOffer:
    return worlds.pack_offer(shop.tenant, lesson)


def using(shop: Shop, of: Pack, held: Booking, **more: Any) -> str | None:
    asked: dict[str, Any] = {"client": of.client, "pack_id": of.pk, "timezone": "Europe/Berlin", **more}
    with tenant_context(shop.tenant):
        return pack_bookings.book_with_unit(
            booking_id=held.pk, links=lambda _attempt: worlds.RETURN_PAGES, now=clock.now(), **asked
        )


def buying(shop: Shop, offer: PackOffer, held: Booking, **more: Any) -> str | None:
    with tenant_context(shop.tenant):
        return pack_bookings.book_and_buy(
            booking_id=held.pk,
            offer=offer,
            accepted={"text": "Ten sessions."},
            name="Cleo",
            email="cleo@example.com",
            phone="",
            message="",
            timezone="Europe/Berlin",
            links=lambda _attempt: worlds.RETURN_PAGES,
            now=clock.now(),
            **more,
        )


def hold(shop: Shop, kind: SessionType, *, at: int = 30) -> Booking:
    return worlds.held(shop.tenant, kind, at=worlds.hour(at), browser=f"browser {at}")


def bought_with(shop: Shop, held: Booking) -> Pack:
    with tenant_context(shop.tenant):
        return Pack.objects.get(first_booking=held.pk)


# --- with a unit that is there -----------------------------------------------------------------------


def test_it_is_confirmed_at_once_by_the_entry_that_pays(shop: Shop, lesson: SessionType) -> None:
    of = pack(shop.tenant, lesson)
    booking = with_unit(shop.tenant, lesson, of, at=worlds.hour(30))
    assert (booking.status, booking.funding, booking.pack_units) == ("confirmed", Funding.PACK, 1)
    with tenant_context(shop.tenant):
        assert of.entries.get(kind="spent").pk == booking.funded_by
        assert not Charge.objects.exists()
    assert balance(shop.tenant, of) == 9


def test_a_session_takes_as_many_units_as_the_pack_says(shop: Shop, lesson: SessionType) -> None:
    of = pack(shop.tenant, lesson, units_each=3)
    assert with_unit(shop.tenant, lesson, of, at=worlds.hour(30)).pack_units == 3
    assert balance(shop.tenant, of) == 7


def test_it_is_cancelled_by_the_packs_rule_and_not_the_coachs(shop: Shop, lesson: SessionType) -> None:
    of = pack(shop.tenant, lesson, cancel_window_hours=48)
    assert with_unit(shop.tenant, lesson, of, at=worlds.hour(30)).agreed["cancel_window_hours"] == 48


def test_paid_singly_after_all_it_is_cancelled_by_the_coachs_rule_again(shop: Shop) -> None:
    kind = worlds.session_type(shop.tenant, extras=[COURT])
    week, month = (pack(shop.tenant, kind, cancel_window_hours=each, units_each=2) for each in (168, 336))
    held = hold(shop, kind)
    for of in (week, month):
        using(shop, of, held, extras=["court"])
    assert worlds.reread(shop.tenant, held).agreed["cancel_window_hours"] == 336
    with tenant_context(shop.tenant):
        practice.change_practice(now=clock.now(), cancel_window_hours=72)
    worlds.book(shop.tenant, held)
    booking = worlds.reread(shop.tenant, held)
    assert booking.agreed["cancel_window_hours"] == 24, "as it was when the time was held"
    assert (booking.pack, booking.pack_units) == (None, 1)


def test_without_a_pack_the_rule_of_a_pack_that_was_left_does_not_stay(
    shop: Shop, lesson: SessionType
) -> None:
    held = hold(shop, lesson)
    buying(shop, worlds.pack_offer(shop.tenant, lesson, cancel_window_hours=72), held)
    assert worlds.reread(shop.tenant, held).agreed["cancel_window_hours"] == 72
    worlds.book(shop.tenant, held)
    assert worlds.reread(shop.tenant, held).agreed["cancel_window_hours"] == 24


def test_a_pack_that_is_not_good_for_it_is_refused_and_the_time_is_kept(
    shop: Shop, lesson: SessionType
) -> None:
    other = worlds.session_type(shop.tenant, name="Another")
    of, held = pack(shop.tenant, other), hold(shop, lesson)
    with pytest.raises(pack_bookings.NotCovered):
        using(shop, of, held)
    assert worlds.reread(shop.tenant, held).status == BookingStatus.HELD


def test_nobody_books_with_somebody_elses_pack(shop: Shop, lesson: SessionType) -> None:
    of, held = pack(shop.tenant, lesson), hold(shop, lesson)
    with tenant_context(shop.tenant), transaction.atomic():
        omar = Client.objects.create(name="Omar", email="omar@example.com")
    with pytest.raises(CannotSpend):
        using(shop, of, held, client=omar)
    assert balance(shop.tenant, of) == 10
    assert worlds.reread(shop.tenant, held).client is None


def test_a_pack_that_is_used_up_is_refused_before_a_card_is_asked(shop: Shop) -> None:
    kind = worlds.session_type(shop.tenant, extras=[COURT])
    of, held = pack(shop.tenant, kind, units=1), hold(shop, kind)
    with tenant_context(shop.tenant):
        sold.spend(of, kind=kind.pk)
    with pytest.raises(CannotSpend) as refused:
        using(shop, of, held, extras=["court"])
    assert refused.value.reason == Refusal.USED_UP
    with tenant_context(shop.tenant):
        assert not PaymentAttempt.objects.exists()
    assert worlds.reread(shop.tenant, held).pack is None


def test_a_hold_that_ran_out_takes_no_unit(shop: Shop, lesson: SessionType) -> None:
    of, held = pack(shop.tenant, lesson), hold(shop, lesson)
    with clock.travel(601), pytest.raises(HoldLapsed):
        using(shop, of, held)
    assert balance(shop.tenant, of) == 10


def test_pressed_twice_it_takes_one_unit_and_is_told_once(shop: Shop, lesson: SessionType) -> None:
    of, held = pack(shop.tenant, lesson), hold(shop, lesson)
    using(shop, of, held)
    with pytest.raises(HoldLapsed):
        using(shop, of, held)
    assert balance(shop.tenant, of) == 9
    assert len(events_of(shop.tenant, "booking.confirmed")) == 1


def test_what_is_offered_once_is_offered_once_to_a_pack_too(shop: Shop) -> None:
    once = worlds.session_type(shop.tenant, once_per_client=True)
    of = pack(shop.tenant, once)
    with_unit(shop.tenant, once, of, at=worlds.hour(30))
    with pytest.raises(OncePerClient):
        using(shop, of, hold(shop, once, at=33))
    assert balance(shop.tenant, of) == 9


def test_a_request_takes_no_unit_until_it_is_accepted(shop: Shop) -> None:
    asking = worlds.session_type(shop.tenant, needs_approval=True)
    of = pack(shop.tenant, asking)
    assert with_unit(shop.tenant, asking, of, at=worlds.hour(30)).status == BookingStatus.REQUESTED
    assert books(shop.tenant, of) == [("bought", 10)]


# --- extras beside a unit ----------------------------------------------------------------------------


def test_required_and_chosen_extras_are_paid_and_take_the_unit_with_them(shop: Shop) -> None:
    kind = worlds.session_type(shop.tenant, extras=[COURT, BALLS])
    of, held = pack(shop.tenant, kind), hold(shop, kind)
    assert using(shop, of, held, extras=["court"])
    assert (worlds.attempt_for(shop.tenant, held).amount_minor, balance(shop.tenant, of)) == (1500, 10)
    worlds.pay(shop, held)
    worlds.hear_stripe(shop.stripe)
    booking = worlds.reread(shop.tenant, held)
    assert (booking.status, booking.funding) == (BookingStatus.CONFIRMED, Funding.PACK)
    assert booking.extras_paid_by == worlds.attempt_for(shop.tenant, held).pk
    assert balance(shop.tenant, of) == 9


@pytest.mark.parametrize("lost_by", ["correction", "dispute"])
def test_extras_are_not_captured_where_the_unit_is_gone_meanwhile(shop: Shop, lost_by: str) -> None:
    kind = worlds.session_type(shop.tenant, extras=[BALLS])
    of, held = pack(shop.tenant, kind, units=1), hold(shop, kind)
    using(shop, of, held)
    worlds.pay(shop, held)
    with tenant_context(shop.tenant):
        if lost_by == "correction":
            removals.correct(pack_id=of.pk, units=-1, note="Counted", now=clock.now(), actor=COACH)
        else:
            with transaction.atomic():
                removals.freeze(pack_id=of.pk, reference="dp", now=clock.now(), actor=COACH)
    worlds.hear_stripe(shop.stripe)
    attempt = worlds.attempt_for(shop.tenant, held)
    assert (attempt.status, attempt.captured_minor, attempt.refunded_minor) == ("released", 0, 0)
    assert worlds.reread(shop.tenant, held).status == BookingStatus.EXPIRED


def test_a_unit_whose_extras_cannot_be_captured_goes_back(shop: Shop) -> None:
    kind = worlds.session_type(shop.tenant, extras=[BALLS])
    of, held = pack(shop.tenant, kind), hold(shop, kind)
    using(shop, of, held)
    worlds.pay(shop, held)
    shop.stripe.fail_next(r"POST /v1/payment_intents/.*/capture", "refused", code="card_declined")
    worlds.hear_stripe(shop.stripe)
    assert worlds.reread(shop.tenant, held).status == BookingStatus.EXPIRED
    assert books(shop.tenant, of) == [("bought", 10), ("spent", -1), ("returned", 1)]


# --- bought inside the booking -----------------------------------------------------------------------


def test_pack_and_session_are_one_payment_and_one_moment(
    shop: Shop, lesson: SessionType, offer: PackOffer
) -> None:
    held = hold(shop, lesson)
    assert buying(shop, offer, held)
    of = bought_with(shop, held)
    assert (of.status, balance(shop.tenant, of)) == (PackStatus.PENDING, 0)
    assert of.accepted == {"text": "Ten sessions."}
    worlds.pay(shop, of)
    worlds.hear_stripe(shop.stripe)
    booking = worlds.reread(shop.tenant, held)
    assert (booking.status, booking.funding, booking.pack_id) == ("confirmed", Funding.PACK, of.pk)
    assert books(shop.tenant, of) == [("bought", 10), ("spent", -1)]
    with tenant_context(shop.tenant):
        assert Charge.objects.get().amount_minor == 45000


def test_extras_are_part_of_that_payment_and_go_back_alone(shop: Shop) -> None:
    kind = worlds.session_type(shop.tenant, extras=[COURT])
    offer, held = worlds.pack_offer(shop.tenant, kind), hold(shop, kind)
    buying(shop, offer, held, extras=["court"])
    of = bought_with(shop, held)
    worlds.pay(shop, of)
    worlds.hear_stripe(shop.stripe)
    with tenant_context(shop.tenant):
        cancelling.cancel(booking_id=held.pk, cause=Cause.COACH, now=clock.now(), actor=COACH)
    with later(shop.stripe, 61):
        worlds.drain()
        worlds.hear_stripe(shop.stripe)
    attempt = worlds.attempt_for(shop.tenant, of)
    assert (attempt.captured_minor, attempt.refunded_minor) == (46200, 1200)
    assert balance(shop.tenant, of) == 10


def test_pressed_again_it_is_the_same_order_and_page(
    shop: Shop, lesson: SessionType, offer: PackOffer
) -> None:
    held = hold(shop, lesson)
    assert buying(shop, offer, held) == buying(shop, offer, held)
    with tenant_context(shop.tenant):
        assert (Pack.objects.count(), PaymentAttempt.objects.count()) == (1, 1)


def test_a_declined_card_keeps_time_and_order_for_another_try(
    shop: Shop, lesson: SessionType, offer: PackOffer
) -> None:
    held = hold(shop, lesson)
    buying(shop, offer, held)
    of = bought_with(shop, held)
    worlds.pay(shop, of, card="4000000000000002")
    worlds.hear_stripe(shop.stripe)
    assert worlds.reread(shop.tenant, held).status == BookingStatus.HELD
    worlds.pay(shop, of)
    worlds.hear_stripe(shop.stripe)
    assert worlds.reread(shop.tenant, held).status == BookingStatus.CONFIRMED
    assert balance(shop.tenant, of) == 9


def test_whoever_buys_a_pack_after_all_does_not_pay_for_the_session_too(
    shop: Shop, lesson: SessionType, offer: PackOffer
) -> None:
    held = hold(shop, lesson)
    worlds.book(shop.tenant, held)
    buying(shop, offer, held)
    with tenant_context(shop.tenant):
        found = PaymentAttempt.objects.values_list("charge__purpose", "status").order_by("created_at")
        assert list(found) == [("booking", "expired"), ("pack_and_booking", "open")]


def test_who_has_paid_for_the_session_is_sold_no_pack_for_it(
    shop: Shop, lesson: SessionType, offer: PackOffer
) -> None:
    held = hold(shop, lesson)
    worlds.book(shop.tenant, held)
    worlds.pay(shop, held)
    with pytest.raises(checkout.AlreadyPaid):
        buying(shop, offer, held)
    worlds.hear_stripe(shop.stripe)
    assert worlds.reread(shop.tenant, held).funding == Funding.CARD
    with tenant_context(shop.tenant):
        assert not Pack.objects.exclude(status=PackStatus.VOID).filter(paid_at__isnull=False).exists()


def test_a_pack_that_does_not_cover_the_session_is_not_sold_for_it(shop: Shop, lesson: SessionType) -> None:
    other = worlds.pack_offer(shop.tenant, worlds.session_type(shop.tenant, name="Another"))
    held = hold(shop, lesson)
    with pytest.raises(pack_bookings.NotCovered):
        buying(shop, other, held)
    with tenant_context(shop.tenant):
        assert not Pack.objects.exists()
        assert not Charge.objects.exists()


def test_a_request_with_a_new_pack_buys_it_only_when_it_is_accepted(shop: Shop) -> None:
    asking = worlds.session_type(shop.tenant, needs_approval=True)
    offer, held = worlds.pack_offer(shop.tenant, asking), hold(shop, asking, at=60)
    buying(shop, offer, held)
    of = bought_with(shop, held)
    worlds.pay(shop, of)
    worlds.hear_stripe(shop.stripe)
    assert worlds.reread(shop.tenant, held).status == BookingStatus.REQUESTED
    assert (balance(shop.tenant, of), worlds.attempt_for(shop.tenant, of).captured_minor) == (0, 0)
    with tenant_context(shop.tenant):
        answers.accept(booking_id=held.pk, now=clock.now(), actor=COACH)
    worlds.hear_stripe(shop.stripe)
    assert worlds.reread(shop.tenant, held).status == BookingStatus.CONFIRMED
    assert (balance(shop.tenant, of), worlds.attempt_for(shop.tenant, of).captured_minor) == (9, 45000)


def test_a_declined_request_sells_no_pack(shop: Shop) -> None:
    asking = worlds.session_type(shop.tenant, needs_approval=True)
    offer, held = worlds.pack_offer(shop.tenant, asking), hold(shop, asking, at=60)
    buying(shop, offer, held)
    of = bought_with(shop, held)
    worlds.pay(shop, of)
    worlds.hear_stripe(shop.stripe)
    with tenant_context(shop.tenant):
        answers.decline(booking_id=held.pk, now=clock.now(), actor=COACH)
    worlds.hear_stripe(shop.stripe)
    attempt = worlds.attempt_for(shop.tenant, of)
    assert (attempt.status, attempt.captured_minor) == ("released", 0)
    assert worlds.reread_pack(shop.tenant, of).status == PackStatus.VOID
    assert books(shop.tenant, of) == []


def test_left_unpaid_neither_is_sold(shop: Shop, lesson: SessionType, offer: PackOffer) -> None:
    held = hold(shop, lesson)
    buying(shop, offer, held)
    with later(shop.stripe, timedelta(minutes=45).total_seconds()):
        worlds.hear_stripe(shop.stripe)
        worlds.drain()
    assert worlds.reread(shop.tenant, held).status == BookingStatus.EXPIRED
    assert worlds.reread_pack(shop.tenant, bought_with(shop, held)).status == PackStatus.VOID
