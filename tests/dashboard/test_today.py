"""Today: the set-up while it lasts, what needs the coach, and how sessions went."""

from datetime import timedelta

import pytest
from django.db import transaction
from django_tenants.utils import schema_context, tenant_context

from accounts.models import User
from connect import accounts
from kit import clock
from kit.ids import uuid7
from tenants.messaging.models import Mail
from tenants.offers.models import SessionType
from tenants.offers.practice import practice
from tenants.registry.models import Tenant
from tenants.scheduling.models import Booking
from tests import worlds
from tests.dashboard.desk import Coach

SET_UP = "Ready for your first paid session"


def agree_to_everything(coach: Coach) -> None:
    for step in ("hours", "policy", "shared"):
        assert coach.post(f"setup/{step}").status_code == 303


def test_each_step_of_the_set_up_is_one_tap_and_the_list_goes_when_all_are_done(shop: worlds.Shop) -> None:
    coach = Coach(shop.tenant)
    assert "1 of 5 done" in coach.read()
    agree_to_everything(coach)
    assert "4 of 5 done" in coach.read()
    tapped = coach.post("offers/templates", {"start": "session", "price": "80"})
    assert tapped.status_code == 303
    assert SET_UP not in coach.read()
    with tenant_context(shop.tenant):
        assert SessionType.objects.get().price_minor == 8000
        told = practice()
    assert told.hours_agreed_at
    assert told.policy_agreed_at
    assert told.link_shared_at


def test_who_offers_free_sessions_only_needs_no_stripe(anna: Tenant) -> None:
    coach = Coach(anna)
    agree_to_everything(coach)
    assert "Connect Stripe" in coach.read()
    coach.post("offers/templates", {"start": "intro"})
    assert SET_UP not in coach.read()
    worlds.session_type(anna, price_minor=5000)
    assert SET_UP in coach.read()


def test_a_price_is_never_left_out_by_accident(anna: Tenant) -> None:
    answer = Coach(anna).post("offers/templates", {"start": "session", "price": ""})
    assert answer.status_code == 422
    assert "Type a price, or 0 to make it free." in answer.content.decode()
    with tenant_context(anna):
        assert not SessionType.objects.exists()


def test_how_long_the_set_up_takes_is_told_for_a_day(anna: Tenant) -> None:
    Tenant.objects.filter(pk=anna.pk).update(created_at=clock.now() - timedelta(minutes=4))
    coach = Coach(anna)
    assert "signed up 4 minutes ago" in coach.read()
    Tenant.objects.filter(pk=anna.pk).update(created_at=clock.now() - timedelta(days=2))
    assert "signed up" not in coach.read()


def test_the_strip_tells_net_and_free_sessions_left(shop: worlds.Shop) -> None:
    coach = Coach(shop.tenant)
    assert "10 of 10" in coach.read()
    worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(0))
    page = coach.read()
    assert "9 of 10" in page
    with tenant_context(shop.tenant):
        fee = shop_fee()
    assert f"€{(4500 - fee) / 100:.2f}" in page


def shop_fee() -> int:
    from tenants.billing.models import PaymentAttempt

    return PaymentAttempt.objects.get().processor_fee_minor or 0


# --- what needs the coach ---------------------------------------------------------------------------


def refresh(shop: worlds.Shop) -> None:
    with schema_context("public"):
        accounts.refresh_account(account_id=shop.account_id, now=clock.now())


def test_a_restricted_account_is_told_with_what_stripe_asks_for(shop: worlds.Shop) -> None:
    coach = Coach(shop.tenant)
    assert "Needs you" not in coach.read()
    shop.stripe.restrict(shop.account_id)
    refresh(shop)
    assert "Payments are stopped" in coach.read("settings/stripe/")
    assert "A photo of your identity document" in coach.read("settings/stripe/")
    assert "Stripe: payments are stopped" in coach.read()


def test_a_disconnected_account_is_told_and_can_be_connected_again(shop: worlds.Shop) -> None:
    worlds.session_type(shop.tenant)
    shop.stripe.disconnect(shop.account_id)
    refresh(shop)
    coach = Coach(shop.tenant)
    assert "Stripe: disconnected" in coach.read()
    assert "Connect Stripe again" in coach.read("settings/stripe/")


def test_a_mail_that_failed_is_told(anna: Tenant, ben: Tenant) -> None:
    with tenant_context(anna), transaction.atomic():
        Mail.objects.create(
            event_id=uuid7(),
            kind="booking_confirmed",
            audience="client",
            subject_id=uuid7(),
            status="failed",
            created_at=clock.now(),
        )
    assert "A mail to your client could not be delivered" in Coach(anna).read()
    assert "could not be delivered" not in Coach(ben).read()


def test_a_failed_mail_about_a_pack_leads_to_its_client(shop: worlds.Shop) -> None:
    kind = worlds.session_type(shop.tenant)
    pack = worlds.buy_pack(shop, worlds.pack_offer(shop.tenant, kind))
    worlds.drain()
    with tenant_context(shop.tenant), transaction.atomic():
        mails = Mail.objects.filter(kind="pack_bought", audience="client")
        assert mails.update(status="failed", sent_at=None, error="Mailbox full.") == 1
    assert f'/coach/anna/clients/{pack.client_id}/"' in Coach(shop.tenant).get().content.decode()


def test_why_a_mail_failed_stands_at_the_booking(shop: worlds.Shop) -> None:
    booking = worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(0))
    with tenant_context(shop.tenant), transaction.atomic():
        mails = Mail.objects.filter(subject_id=booking.pk, audience="client")
        assert mails.update(status="failed", sent_at=None, error="Mailbox full.")
    assert "It was for Cleo. Mailbox full." in Coach(shop.tenant).read(f"booking/{booking.pk}/")


def test_a_payment_that_hangs_is_told(shop: worlds.Shop) -> None:
    """Authorised, and then Stripe cannot be reached for the capture."""
    booking = worlds.ask_and_pay(shop, worlds.session_type(shop.tenant), at=worlds.hour(0))
    shop.stripe.fail_next("POST .*/capture", "unreachable", count=9)
    worlds.post(shop.stripe.pending_events())
    worlds.inbox.work_off()
    shop.stripe.clear_faults()
    assert worlds.reread(shop.tenant, booking).deciding
    coach = Coach(shop.tenant)
    assert "Payment by Cleo is being checked" not in coach.read()
    with clock.travel(300):
        assert "Payment by Cleo is being checked" in coach.read()
        assert "Payment being checked" in coach.read(f"booking/{booking.pk}/")


# --- how it went ------------------------------------------------------------------------------------


@pytest.fixture
def past(shop: worlds.Shop) -> Booking:
    return worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(0))


def state_of(shop: worlds.Shop, booking: Booking) -> str:
    return str(worlds.reread(shop.tenant, booking).status)


def test_attendance_is_recorded_after_the_start_and_can_be_corrected(
    shop: worlds.Shop, past: Booking
) -> None:
    coach, path = Coach(shop.tenant), f"booking/{past.pk}/attendance"
    begun = (past.session.starts_at - clock.now()).total_seconds() + 60
    with clock.travel(begun):
        assert ">Done<" in coach.read()
        answer = coach.post(path, {"came": "no", "next": coach.base})
        assert (answer.status_code, answer["Location"]) == (303, coach.base)
        assert state_of(shop, past) == "no_show"
        coach.post(path, {"came": "yes"})
    assert state_of(shop, past) == "completed"
    page = coach.read(f"booking/{past.pk}/")
    assert page.index("Marked as done.") < page.index("Marked as a no-show.")


def test_a_coach_without_a_name_and_with_a_long_address_can_mark_too(
    shop: worlds.Shop, past: Booking
) -> None:
    User.objects.filter(memberships__tenant=shop.tenant).update(name="", email=f"{'a' * 150}@example.com")
    begun = (past.session.starts_at - clock.now()).total_seconds() + 60
    with clock.travel(begun):
        Coach(shop.tenant).post(f"booking/{past.pk}/attendance", {"came": "yes"})
    assert state_of(shop, past) == "completed"


def test_before_the_start_nothing_can_be_marked(shop: worlds.Shop, past: Booking) -> None:
    coach = Coach(shop.tenant)
    answer = coach.post(f"booking/{past.pk}/attendance", {"came": "yes"})
    assert answer.status_code == 409
    assert "The session has not begun yet" in answer.content.decode()
    assert state_of(shop, past) == "confirmed"


def test_a_button_never_leads_to_a_foreign_page(shop: worlds.Shop, past: Booking) -> None:
    coach = Coach(shop.tenant)
    with clock.travel((past.session.starts_at - clock.now()).total_seconds() + 60):
        for elsewhere in ("https://evil.example/", "//evil.example/", "/accounts/logout/", "/coach/ben/"):
            answer = coach.post(f"booking/{past.pk}/attendance", {"came": "yes", "next": elsewhere})
            assert answer["Location"] == f"{coach.base}booking/{past.pk}/"
