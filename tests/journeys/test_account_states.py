"""A coach's Stripe account that is new, restricted, disconnected or closed: what can be booked, and paid."""

import pytest
from django.test import Client as Browser
from django_tenants.utils import schema_context

from connect import accounts
from connect.accounts import CannotCharge
from connect.models import AccountStatus, ConnectAccount
from connect.simulator.client import Simulator
from kit import clock
from tenants.billing.models import AttemptStatus
from tenants.registry.models import Tenant
from tenants.scheduling.models import BookingStatus
from tests import worlds
from tests.journeys import steps
from tests.journeys.steps import later
from tests.worlds import Shop


def account(shop: Shop) -> ConnectAccount:
    return ConnectAccount.objects.get(account_id=shop.account_id)


@pytest.fixture
def kind(shop: Shop) -> worlds.SessionType:
    return worlds.session_type(shop.tenant)


# --- before there is one -----------------------------------------------------------------------------


def test_without_an_account_prices_cannot_be_booked_and_free_sessions_can(anna: Tenant) -> None:
    worlds.open_for_bookings(anna)
    priced, free = worlds.session_type(anna), worlds.session_type(anna, price_minor=0)
    with pytest.raises(CannotCharge):
        worlds.book(anna, worlds.held(anna, priced, at=worlds.hour(1)))
    assert worlds.book(anna, worlds.held(anna, free, at=worlds.hour(3))) is None


def test_set_up_that_was_left_half_way_sells_nothing_yet(anna: Tenant, stripe: Simulator) -> None:
    worlds.open_for_bookings(anna)
    with schema_context("public"):
        for _ in range(2):
            accounts.start_onboarding(
                schema_name=anna.schema_name,
                email="anna@example.com",
                display_name="Anna",
                country="de",
                currency="eur",
                return_url="https://upfront.example/back",
                refresh_url="https://upfront.example/again",
                now=clock.now(),
            )
    row = ConnectAccount.objects.get()
    assert row.status == AccountStatus.ONBOARDING
    assert row.requirements
    with pytest.raises(CannotCharge):
        worlds.book(anna, worlds.held(anna, worlds.session_type(anna), at=worlds.hour(1)))
    stripe.activate(row.account_id or "")
    worlds.hear_stripe(stripe)
    assert ConnectAccount.objects.get().status == AccountStatus.ACTIVE
    assert worlds.book(anna, worlds.held(anna, worlds.session_type(anna), at=worlds.hour(5)))


# --- restricted --------------------------------------------------------------------------------------


def test_a_restricted_account_stops_selling_and_the_coach_is_told_once(
    shop: Shop, kind: worlds.SessionType
) -> None:
    shop.stripe.restrict(shop.account_id)
    worlds.hear_stripe(shop.stripe)
    assert account(shop).status == AccountStatus.RESTRICTED
    assert account(shop).requirements[0]["deadline"] == "past_due"
    booking = worlds.held(shop.tenant, kind, at=worlds.hour(1))
    with pytest.raises(CannotCharge):
        worlds.book(shop.tenant, booking)
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.HELD, "never free by accident"
    free = worlds.held(shop.tenant, worlds.session_type(shop.tenant, price_minor=0), at=worlds.hour(5))
    assert worlds.book(shop.tenant, free) is None
    assert len(steps.events_of(shop.tenant, "stripe.restricted")) == 1

    shop.stripe.activate(shop.account_id)
    worlds.hear_stripe(shop.stripe)
    assert worlds.book(shop.tenant, worlds.held(shop.tenant, kind, at=worlds.hour(9)))


def test_the_page_says_so_and_offers_no_priced_time(shop: Shop, kind: worlds.SessionType) -> None:
    visitor = Browser(HTTP_HOST=shop.host)
    free_times = 'name="starts_at"'
    assert free_times in visitor.get(f"/book/{kind.slug}/").text
    shop.stripe.restrict(shop.account_id)
    worlds.hear_stripe(shop.stripe)
    assert free_times not in visitor.get(f"/book/{kind.slug}/").text


def test_a_restriction_that_we_have_not_heard_of_refuses_the_card_page(
    shop: Shop, kind: worlds.SessionType
) -> None:
    """Stripe says it on the call itself: the time and the details are kept, nothing is confirmed."""
    from tenants.billing.checkout import PageUnavailable

    shop.stripe.restrict(shop.account_id)
    booking = worlds.held(shop.tenant, kind, at=worlds.hour(1))
    with pytest.raises(PageUnavailable):
        worlds.book(shop.tenant, booking)
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.HELD


def test_what_was_authorised_before_a_restriction_is_still_captured(
    shop: Shop, kind: worlds.SessionType
) -> None:
    booking = worlds.ask_and_pay(shop, kind, at=worlds.hour(30))
    shop.stripe.restrict(shop.account_id)
    worlds.hear_stripe(shop.stripe)
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CONFIRMED


# --- disconnected ------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["disconnect", "close_account"])
def test_a_disconnected_account_sells_nothing_and_the_coach_is_told_once(
    shop: Shop, kind: worlds.SessionType, how: str
) -> None:
    getattr(shop.stripe, how)(shop.account_id)
    worlds.hear_stripe(shop.stripe)
    assert account(shop).status == AccountStatus.DISCONNECTED
    with pytest.raises(CannotCharge):
        worlds.book(shop.tenant, worlds.held(shop.tenant, kind, at=worlds.hour(1)))
    assert len(steps.events_of(shop.tenant, "stripe.disconnected")) == 1


@pytest.mark.parametrize("news", ["by event", "by the sweeper"])
def test_an_authorisation_that_cannot_be_reached_any_more_ends_as_unreachable(
    shop: Shop, kind: worlds.SessionType, news: str
) -> None:
    booking = worlds.ask_and_pay(shop, kind, at=worlds.hour(30))
    events = shop.stripe.pending_events()
    shop.stripe.disconnect(shop.account_id)
    if news == "by event":
        worlds.post(events)
        worlds.hear_stripe(shop.stripe)
    else:
        with clock.travel(60):
            worlds.sweep()
    attempt = worlds.attempt_for(shop.tenant, booking)
    assert (attempt.status, attempt.captured_minor) == (AttemptStatus.UNREACHABLE, 0)
    freed = worlds.reread(shop.tenant, booking)
    assert (freed.status, freed.ended_reason) == (BookingStatus.EXPIRED, "payment_unreachable")
    assert [e.data["reason"] for e in steps.events_of(shop.tenant, "booking.released")] == [
        "payment_unreachable"
    ]
    assert steps.numbers_taken(shop) == set()


def test_disconnected_between_the_decision_and_the_capture_gives_the_free_session_back(
    shop: Shop, kind: worlds.SessionType
) -> None:
    booking = worlds.ask_and_pay(shop, kind, at=worlds.hour(30))
    shop.stripe.pending_events()
    shop.stripe.fail_next("POST .*/capture$", "unreachable", 3)
    with clock.travel(60):
        worlds.sweep()
    assert steps.numbers_taken(shop) == {1}
    shop.stripe.disconnect(shop.account_id)
    with clock.travel(600):
        worlds.sweep()
        worlds.sweep()
    assert worlds.attempt_for(shop.tenant, booking).status == AttemptStatus.UNREACHABLE
    assert steps.numbers_taken(shop) == set()


def test_disconnected_while_the_card_page_is_open_the_client_can_choose_another_time(
    shop: Shop, kind: worlds.SessionType
) -> None:
    booking = worlds.held(shop.tenant, kind, at=worlds.hour(30))
    worlds.book(shop.tenant, booking)
    shop.stripe.disconnect(shop.account_id)
    assert steps.give_up(shop, booking)
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.EXPIRED


@pytest.mark.parametrize("after_seconds", [60, 25 * 3600])
def test_a_coach_who_disconnected_can_connect_anew(shop: Shop, after_seconds: int) -> None:
    """At once too: not with the account that was taken away, by an answer that Stripe keeps for a day."""
    first = shop.account_id
    shop.stripe.disconnect(first)
    worlds.hear_stripe(shop.stripe)
    with later(shop.stripe, after_seconds):
        second = worlds.connect_stripe(shop.tenant, shop.stripe)
        worlds.hear_stripe(shop.stripe)
        assert second != first
        assert accounts.can_charge(schema_name=shop.tenant.schema_name)
        shop.account_id = second
        kind = worlds.session_type(shop.tenant)
        assert worlds.sell(shop, kind, at=worlds.hour(40)).status == BookingStatus.CONFIRMED
    assert ConnectAccount.objects.get(account_id=first).status == AccountStatus.DISCONNECTED


def test_what_was_sold_on_the_old_account_is_still_followed_there(
    shop: Shop, kind: worlds.SessionType
) -> None:
    booking = worlds.ask_and_pay(shop, kind, at=worlds.hour(30))
    attempt = steps.settled(shop, booking)
    assert attempt.account_id == shop.account_id
    shop.stripe.dashboard_refund(attempt.stripe_charge_id)
    worlds.hear_stripe(shop.stripe)
    assert worlds.attempt_for(shop.tenant, booking).refunded_minor == 4500
