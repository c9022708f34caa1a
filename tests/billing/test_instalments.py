"""What is paid in parts: given at the first, the rest collected from the kept card, or asked for by link."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from fees.models import FeeEntryKind
from kit import clock
from kit.actors import Actor
from kit.ids import uuid7
from tenants.billing import cards, charges, collecting, decisions, refunding
from tenants.billing.models import AttemptStatus, Mandate, PaymentAttempt, SavedCard
from tenants.packs import ledger
from tenants.packs.models import Pack, PackStatus
from tenants.registry import patrols
from tenants.registry.models import Wakeup
from tenants.scheduling import cancelling
from tenants.scheduling.models import Booking, BookingStatus, Cause
from tests import worlds
from tests.billing import owing
from tests.billing.owing import COACH, Calendar
from tests.journeys import steps
from tests.worlds import Shop

DAY = timedelta(days=1)


@pytest.fixture
def calendar(shop: Shop) -> Iterator[Calendar]:
    worlds.set_free_units(shop.tenant, 0)
    calendar = Calendar(shop)
    with calendar.passed:
        yield calendar


def test_a_pack_in_three_instalments_is_there_at_the_first(shop: Shop, calendar: Calendar) -> None:
    pack = owing.pack_in_three(shop)
    assert (pack.status, pack.paid_at) == (PackStatus.ACTIVE, None)
    with tenant_context(shop.tenant):
        assert ledger.balance_of(pack.pk) == 3
        assert [mandate.purpose for mandate in Mandate.objects.all()] == ["instalment"]
    charge = owing.charge_of(shop, pack)
    assert (charge.status, charge.paid_minor, charges.owed_minor(charge)) == ("partially_paid", 3335, 6670)
    assert owing.paid_so_far(shop, pack) == [("paid", 3335), ("open", 0), ("open", 0)]
    card = owing.card_of(shop)
    assert (card.brand, card.last4, card.exp_year) == ("visa", "4242", 2034)


def test_the_kept_card_pays_the_others_when_they_are_due(shop: Shop, calendar: Calendar) -> None:
    pack = owing.pack_in_three(shop)
    _, second, third = owing.parts_of(shop, pack)
    calendar.go_to(second.due_at - 3 * DAY)
    assert [event.subject_id for event in steps.events_of(shop.tenant, "instalment.upcoming")] == [second.pk]
    assert owing.paid_so_far(shop, pack)[1] == ("open", 0)
    calendar.go_to(second.due_at)
    assert owing.paid_so_far(shop, pack) == [("paid", 3335), ("paid", 3335), ("open", 0)]
    assert worlds.reread_pack(shop.tenant, pack).paid_at is None
    calendar.go_to(third.due_at)
    assert owing.paid_so_far(shop, pack) == [("paid", 3335)] * 3
    assert worlds.reread_pack(shop.tenant, pack).paid_at
    charge = owing.charge_of(shop, pack)
    assert (charge.status, charge.paid_minor) == ("paid", 10005)
    assert [event.data["number"] for event in steps.events_of(shop.tenant, "instalment.paid")] == [2, 3]
    assert not worlds.failures()
    with tenant_context(shop.tenant):
        assert not Wakeup.objects.filter(kind="instalment").exists()


def test_the_fees_of_the_parts_are_the_fee_of_the_whole(shop: Shop, calendar: Calendar) -> None:
    pack = owing.pack_in_three(shop)
    for part in owing.parts_of(shop, pack)[1:]:
        calendar.go_to(part.due_at)
    payments = owing.payments_of(shop, pack)
    assert [payment.fee_minor for payment in payments] == [333, 334, 333]
    assert [payment.application_fee_minor for payment in payments] == [333, 334, 333]
    assert [payment.off_session for payment in payments] == [False, True, True]
    assert steps.fee_amounts(shop, FeeEntryKind.CHARGED) == [333, 334, 333]


def test_the_free_sessions_of_an_order_are_claimed_once_and_shared_by_its_parts(
    shop: Shop, calendar: Calendar
) -> None:
    worlds.set_free_units(shop.tenant, 2)
    pack = owing.pack_in_three(shop, price_minor=9000)
    for part in owing.parts_of(shop, pack)[1:]:
        calendar.go_to(part.due_at)
    assert steps.numbers_taken(shop) == {1, 2}
    payments = owing.payments_of(shop, pack)
    assert [payment.free_numbers for payment in payments] == [[1, 2], [], []]
    assert [payment.fee_minor for payment in payments] == [100, 100, 100]


def test_what_the_card_cannot_pay_is_tried_on_days_1_3_5_and_7_and_freezes_the_pack(
    shop: Shop, calendar: Calendar
) -> None:
    pack = owing.pack_in_three(shop)
    second = owing.parts_of(shop, pack)[1]
    shop.stripe.decline_from_now_on(owing.card_of(shop).method_id)
    for day in (0, 1, 3, 5):
        calendar.go_to(second.due_at + day * DAY + timedelta(minutes=1 + day))
        assert owing.parts_of(shop, pack)[1].tries == (0, 1, 3, 5).index(day) + 1
        assert worlds.reread_pack(shop.tenant, pack).frozen_at is None
    calendar.go_to(second.due_at + 7 * DAY + timedelta(minutes=8))
    assert owing.paid_so_far(shop, pack)[1] == ("failed", 0)
    assert owing.parts_of(shop, pack)[1].tries == 5
    frozen = worlds.reread_pack(shop.tenant, pack)
    assert (frozen.frozen_because, bool(frozen.frozen_at)) == ("instalment", True)
    assert len(steps.events_of(shop.tenant, "instalment.failed")) == 5
    assert len(steps.events_of(shop.tenant, "instalment.unpaid")) == 1
    assert [payment.status for payment in owing.payments_of(shop, pack)[1:]] == ["declined"] * 5
    assert owing.card_of(shop).tries_in_a_row == 5
    assert steps.fee_amounts(shop, FeeEntryKind.CHARGED) == [333]


def test_trying_again_pays_what_was_given_up_and_the_pack_goes_on(shop: Shop, calendar: Calendar) -> None:
    pack = owing.pack_in_three(shop)
    second = owing.parts_of(shop, pack)[1]
    method = owing.card_of(shop).method_id
    shop.stripe.decline_from_now_on(method)
    for day in (0, 1, 3, 5, 7):
        calendar.go_to(second.due_at + day * DAY + timedelta(minutes=1 + day))
    shop.stripe.accept_again(method)
    with tenant_context(shop.tenant):
        paid = collecting.try_now(instalment_id=second.pk, now=clock.now(), actor=COACH)
    assert paid.status == AttemptStatus.CAPTURED
    worlds.sweep()
    assert owing.paid_so_far(shop, pack)[1] == ("paid", 3335)
    pack = worlds.reread_pack(shop.tenant, pack)
    assert (pack.frozen_at, pack.frozen_because, pack.paid_at) == (None, "", None)
    assert owing.card_of(shop).tries_in_a_row == 0


def test_a_lost_card_is_not_tried_again_until_there_is_another(shop: Shop, calendar: Calendar) -> None:
    pack = owing.pack_in_three(shop)
    second = owing.parts_of(shop, pack)[1]
    shop.stripe.decline_from_now_on(owing.card_of(shop).method_id, "lost_card")
    calendar.go_to(second.due_at)
    for day in (1, 3, 5):
        calendar.go_to(second.due_at + day * DAY + timedelta(minutes=1 + day))
    assert owing.parts_of(shop, pack)[1].tries == 1
    assert owing.card_of(shop).refused == "lost_card"
    shop.stripe.replace_card(owing.card_of(shop).method_id, last4="0005")
    worlds.hear_stripe(shop.stripe)
    assert owing.paid_so_far(shop, pack)[1] == ("paid", 3335)
    assert (owing.card_of(shop).last4, owing.card_of(shop).refused) == ("0005", "")


def test_a_bank_that_asks_the_client_is_asked_once_and_the_client_is_told(
    shop: Shop, calendar: Calendar
) -> None:
    pack = owing.pack_in_three(shop)
    second = owing.parts_of(shop, pack)[1]
    shop.stripe.decline_from_now_on(owing.card_of(shop).method_id, "authentication_required")
    calendar.go_to(second.due_at)
    for day in (1, 3, 5):
        calendar.go_to(second.due_at + day * DAY + timedelta(minutes=1 + day))
    part = owing.parts_of(shop, pack)[1]
    assert (part.tries, part.asks_client, part.status) == (1, True, "open")
    assert len(steps.events_of(shop.tenant, "instalment.asks_client")) == 1
    assert owing.card_of(shop).refused == ""
    with tenant_context(shop.tenant), pytest.raises(collecting.CannotTry, match="confirm"):
        collecting.try_now(instalment_id=second.pk, now=clock.now(), actor=COACH)
    calendar.go_to(second.due_at + 7 * DAY + timedelta(minutes=8))
    assert owing.paid_so_far(shop, pack)[1] == ("failed", 0)


def test_while_the_account_is_lost_nothing_is_tried_or_counted(shop: Shop, calendar: Calendar) -> None:
    pack = owing.pack_in_three(shop)
    second = owing.parts_of(shop, pack)[1]
    shop.stripe.restrict(shop.account_id)
    worlds.hear_stripe(shop.stripe)
    calendar.go_to(second.due_at)
    for day in (1, 8, 9):
        calendar.go_to(second.due_at + day * DAY + timedelta(minutes=1 + day))
    part = owing.parts_of(shop, pack)[1]
    assert (part.status, part.tries, part.first_try_at) == ("open", 0, None)
    shop.stripe.activate(shop.account_id)
    worlds.hear_stripe(shop.stripe)
    calendar.go_on(DAY)
    assert owing.paid_so_far(shop, pack)[1] == ("paid", 3335)


def test_a_disconnection_in_mid_flight_is_no_try(shop: Shop, calendar: Calendar) -> None:
    pack = owing.pack_in_three(shop)
    second = owing.parts_of(shop, pack)[1]
    shop.stripe.disconnect(shop.account_id)  # Its news has not arrived.
    calendar.go_to(second.due_at)
    part = owing.parts_of(shop, pack)[1]
    assert (part.status, part.tries) == ("open", 0)
    assert not worlds.failures()


def test_without_a_card_the_client_is_sent_a_link_and_reminded_once(shop: Shop, calendar: Calendar) -> None:
    pack = owing.pack_in_three(shop)
    second = owing.parts_of(shop, pack)[1]
    with tenant_context(shop.tenant):
        cards.remove(card_id=owing.card_of(shop).pk, now=clock.now(), actor=Actor("client", "1"))
    calendar.go_to(second.due_at)
    calendar.go_to(second.due_at + DAY + timedelta(minutes=2))
    calendar.go_to(second.due_at + 2 * DAY)
    told = [event.data["reminds"] for event in steps.events_of(shop.tenant, "instalment.due")]
    assert told == [False, True]
    calendar.go_to(second.due_at + 7 * DAY + timedelta(minutes=8))
    assert owing.paid_so_far(shop, pack)[1] == ("failed", 0)
    assert owing.payments_of(shop, pack)[1:] == []


def test_after_one_that_was_given_up_the_next_is_not_charged_by_itself(
    shop: Shop, calendar: Calendar
) -> None:
    pack = owing.pack_in_three(shop)
    _, second, third = owing.parts_of(shop, pack)
    method = owing.card_of(shop).method_id
    shop.stripe.decline_from_now_on(method)
    for day in (0, 1, 3, 5, 7):
        calendar.go_to(second.due_at + day * DAY + timedelta(minutes=1 + day))
    shop.stripe.accept_again(method)
    calendar.go_to(third.due_at)
    assert owing.paid_so_far(shop, pack)[1:] == [("failed", 0), ("open", 0)]
    assert [event.subject_id for event in steps.events_of(shop.tenant, "instalment.due")] == [third.pk]


# --- a deposit and its rest ---------------------------------------------------------------------------


def test_a_deposit_confirms_and_the_rest_is_charged_a_day_before(shop: Shop, calendar: Calendar) -> None:
    booking = owing.session_with_deposit(shop)
    assert booking.status == BookingStatus.CONFIRMED
    assert owing.paid_so_far(shop, booking) == [("paid", 2500), ("open", 0)]
    rest = owing.parts_of(shop, booking)[1]
    calendar.go_to(rest.due_at)
    assert owing.paid_so_far(shop, booking) == [("paid", 2500), ("paid", 6500)]
    assert [payment.fee_minor for payment in owing.payments_of(shop, booking)] == [250, 650]


def test_a_rest_that_is_not_paid_is_owed_and_the_session_stays(shop: Shop, calendar: Calendar) -> None:
    booking = owing.session_with_deposit(shop)
    rest = owing.parts_of(shop, booking)[1]
    shop.stripe.decline_from_now_on(owing.card_of(shop).method_id)
    for day in (0, 1, 3, 5, 7):
        calendar.go_to(rest.due_at + day * DAY + timedelta(minutes=1 + day))
    assert owing.paid_so_far(shop, booking)[1] == ("failed", 0)
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CONFIRMED
    assert charges.owed_minor(owing.charge_of(shop, booking)) == 6500


def test_where_it_was_agreed_the_session_is_off_a_day_after_the_client_was_told(
    shop: Shop, calendar: Calendar
) -> None:
    booking = owing.session_with_deposit(shop, if_rest_fails="cancel", rest_due_hours=72)
    rest = owing.parts_of(shop, booking)[1]
    shop.stripe.decline_from_now_on(owing.card_of(shop).method_id, "lost_card")
    calendar.go_to(rest.due_at)
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CONFIRMED
    calendar.go_to(rest.due_at + DAY + timedelta(minutes=2))
    off = worlds.reread(shop.tenant, booking)
    assert (off.status, off.ended_reason) == (BookingStatus.CANCELLED, "rest_unpaid")
    charge = owing.charge_of(shop, booking)
    assert (charge.status, charge.paid_minor, charge.refunded_minor) == ("paid", 2500, 0)
    assert charges.owed_minor(charge) == 0
    assert owing.paid_so_far(shop, booking)[1] == ("void", 0)


def test_a_rest_by_link_is_asked_for_when_it_is_due_and_keeps_no_card(shop: Shop, calendar: Calendar) -> None:
    booking = owing.session_with_deposit(shop, rest_by_card=False, rest_due_hours=96)
    rest = owing.parts_of(shop, booking)[1]
    with tenant_context(shop.tenant):
        assert not Mandate.objects.exists()
    calendar.go_to(rest.due_at)
    calendar.go_to(rest.due_at + DAY + timedelta(minutes=2))
    told = [event.data["reminds"] for event in steps.events_of(shop.tenant, "instalment.due")]
    assert told == [False, True]
    assert steps.events_of(shop.tenant, "instalment.upcoming") == []


def test_the_rest_of_a_session_that_is_off_is_not_owed(shop: Shop, calendar: Calendar) -> None:
    booking = owing.session_with_deposit(shop)
    with tenant_context(shop.tenant):
        cancelling.cancel(booking_id=booking.pk, cause=Cause.CLIENT, now=clock.now(), actor=COACH)
    calendar.go_on(timedelta(minutes=2))
    worlds.sweep()
    charge = owing.charge_of(shop, booking)
    assert owing.paid_so_far(shop, booking)[1] == ("void", 0)
    assert (charge.status, charge.refunded_minor, charges.owed_minor(charge)) == ("refunded", 2500, 0)
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CANCELLED


def test_money_of_a_rest_that_lands_after_the_session_was_called_off_goes_back(
    shop: Shop, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Called off between the decision and the capture."""
    booking = owing.session_with_deposit(shop)
    rest = owing.parts_of(shop, booking)[1]
    capture = decisions.captures.record_capture

    def called_off_before(**what: Any) -> bool:
        with transaction.atomic():
            Booking.objects.filter(pk=booking.pk).update(status=BookingStatus.CANCELLED)
        return capture(**what)

    monkeypatch.setattr(decisions.captures, "record_capture", called_off_before)
    calendar.go_to(rest.due_at)
    monkeypatch.undo()
    paid = owing.payments_of(shop, booking)[1]
    assert (paid.status, paid.captured_minor, paid.refunded_minor) == ("captured", 6500, 6500)
    assert paid.application_fee_minor == paid.fee_returned_minor
    assert owing.charge_of(shop, booking).paid_minor == 2500


# --- refunds over several payments --------------------------------------------------------------------


def test_a_refund_is_spread_over_the_payments_the_latest_first(shop: Shop, calendar: Calendar) -> None:
    pack = owing.pack_in_three(shop)
    for part in owing.parts_of(shop, pack)[1:]:
        calendar.go_to(part.due_at)
    decision = uuid7()
    asked = refund(shop, pack, 5000, decision)
    assert [each.amount_minor for each in asked.refunds] == [3335, 1665]
    assert (asked.by_card_minor, asked.by_hand_minor) == (5000, 0)
    assert refund(shop, pack, 5000, decision).by_card_minor == 5000
    worlds.sweep()
    first, second, third = owing.payments_of(shop, pack)
    assert [each.refunded_minor for each in (first, second, third)] == [0, 1665, 3335]
    assert [each.fee_returned_minor for each in (first, second, third)] == [0, 334 * 1665 // 3335, 333]
    charge = owing.charge_of(shop, pack)
    assert (charge.status, charge.refunded_minor) == ("partially_refunded", 5000)
    assert refund(shop, pack, 9999, uuid7()).by_card_minor == 5005
    worlds.sweep()
    assert owing.charge_of(shop, pack).status == "refunded"
    assert sum(each.fee_returned_minor for each in owing.payments_of(shop, pack)) == 1000


def test_free_sessions_return_by_the_share_of_all_payments_that_is_back(
    shop: Shop, calendar: Calendar
) -> None:
    """3 of 3 sessions were free; of 90.00 in three parts 29.00 go back, then 32.00, then the rest."""
    worlds.set_free_units(shop.tenant, 3)
    pack = owing.pack_in_three(shop, price_minor=9000)
    for part in owing.parts_of(shop, pack)[1:]:
        calendar.go_to(part.due_at)
    for amount, left in ((2900, {1, 2, 3}), (100, {2, 3}), (3000, {3}), (3000, set())):
        refund(shop, pack, amount, uuid7())
        worlds.sweep()
        assert len(steps.numbers_taken(shop)) == len(left)


def refund(shop: Shop, pack: Pack, amount_minor: int, reference: UUID) -> refunding.Asked:
    with tenant_context(shop.tenant), transaction.atomic():
        return refunding.ask(
            charge_purpose="pack",
            charge_reference=pack.pk,
            amount_minor=amount_minor,
            reference=reference,
            cause="coach",
            now=clock.now(),
        )


# --- letting off, and what a patrol finds -------------------------------------------------------------


def test_what_is_let_off_is_asked_for_no_more_the_last_parts_first(shop: Shop, calendar: Calendar) -> None:
    pack = owing.pack_in_three(shop)
    charge = owing.charge_of(shop, pack)
    with tenant_context(shop.tenant):
        charges.waive(charge_id=charge.pk, because="A gift", amount_minor=4000, now=clock.now(), actor=COACH)
    assert [(each.status, each.amount_minor) for each in owing.parts_of(shop, pack)] == [
        ("paid", 3335),
        ("open", 2670),
        ("waived", 3335),
    ]
    with tenant_context(shop.tenant):
        charges.waive(charge_id=charge.pk, because="All of it", now=clock.now(), actor=COACH)
    assert [each.status for each in owing.parts_of(shop, pack)] == ["paid", "waived", "waived"]
    charge = owing.charge_of(shop, pack)
    assert (charge.status, charge.waived_minor) == ("paid", 6670)
    assert worlds.reread_pack(shop.tenant, pack).paid_at
    reasons = [event.data["because"] for event in steps.events_of(shop.tenant, "charge.waived")]
    assert reasons == ["A gift", "All of it"]


@pytest.mark.parametrize(
    ("amount", "because", "said"),
    [(0, " ", "say why"), (7000, "x", "up to that"), (6640, "x", "cannot take what would be left")],
)
def test_what_cannot_be_let_off(shop: Shop, calendar: Calendar, amount: int, because: str, said: str) -> None:
    pack = owing.pack_in_three(shop)
    charge = owing.charge_of(shop, pack)
    with tenant_context(shop.tenant), pytest.raises(charges.CannotWaive, match=said):
        charges.waive(charge_id=charge.pk, because=because, amount_minor=amount, now=clock.now(), actor=COACH)
    assert owing.charge_of(shop, pack).waived_minor == 0


def test_an_instalment_that_nobody_looks_after_is_found_and_mended(shop: Shop, calendar: Calendar) -> None:
    pack = owing.pack_in_three(shop)
    second = owing.parts_of(shop, pack)[1]
    with tenant_context(shop.tenant), transaction.atomic():
        Wakeup.objects.filter(kind="instalment", reference=second.pk).delete()
    calendar.go_to(second.due_at + timedelta(hours=2))
    assert owing.paid_so_far(shop, pack)[1] == ("open", 0)
    patrols.patrol_tenant(schema_name=shop.tenant.schema_name, now=clock.now())
    assert [each.kind for each in patrols.open_findings()] == ["forgotten_instalment"]
    worlds.sweep()
    assert owing.paid_so_far(shop, pack)[1] == ("paid", 3335)


def test_no_more_than_8_tries_in_30_days_over_all_debts_of_a_card(shop: Shop, calendar: Calendar) -> None:
    packs = [owing.pack_in_three(shop, price_minor=9000 + 300 * number) for number in range(3)]
    shop.stripe.decline_from_now_on(owing.card_of(shop).method_id)
    with tenant_context(shop.tenant), transaction.atomic():
        # All three were bought with the one card that is kept.
        kept = owing.card_of(shop)
        SavedCard.objects.exclude(pk=kept.pk).update(removed_at=clock.now())
    due_at = owing.parts_of(shop, packs[-1])[1].due_at
    for hours in range(0, 24 * 9, 12):
        calendar.go_to(due_at + timedelta(hours=hours, minutes=5))
    with tenant_context(shop.tenant):
        assert PaymentAttempt.objects.filter(off_session=True).count() == 8
    assert {owing.paid_so_far(shop, pack)[1][0] for pack in packs} == {"failed"}


def test_who_pays_in_one_go_costs_no_look_at_parts_cards_or_mandates(shop: Shop, calendar: Calendar) -> None:
    kind = worlds.session_type(shop.tenant)
    booking = worlds.held(shop.tenant, kind, at=worlds.hour(30))
    with CaptureQueriesContext(connection) as booked:
        worlds.book(shop.tenant, booking)
    worlds.pay(shop, booking)
    with CaptureQueriesContext(connection) as paid:
        assert steps.settled(shop, booking).status == AttemptStatus.CAPTURED
    asked = [query["sql"] for query in (*booked.captured_queries, *paid.captured_queries)]
    assert asked
    for table in ("billing_instalment", "billing_savedcard", "billing_mandate", "billing_stripecustomer"):
        assert not [sql for sql in asked if f'"{table}"' in sql]


def test_what_was_paid_by_hand_is_left_for_the_coach_to_give_back(shop: Shop, calendar: Calendar) -> None:
    """33.35 by card, 40.00 in cash: of 70.00 to go back 33.35 go to the card."""
    pack = owing.pack_in_three(shop)
    with tenant_context(shop.tenant), transaction.atomic():
        charges.apply(owing.charge_of(shop, pack), now=clock.now(), actor=COACH, paid_minor=4000)
    assert owing.paid_so_far(shop, pack) == [("paid", 3335), ("paid", 3335), ("open", 665)]
    decision = uuid7()
    asked = refund(shop, pack, 7000, decision)
    assert (asked.by_card_minor, asked.by_hand_minor) == (3335, 3665)
    again = refund(shop, pack, 7000, decision)
    assert (again.by_card_minor, again.by_hand_minor) == (3335, 3665)


def test_a_payment_that_is_taken_back_is_owed_again(shop: Shop, calendar: Calendar) -> None:
    pack = owing.pack_in_three(shop)
    for minor in (4000, -4000):
        with tenant_context(shop.tenant), transaction.atomic():
            charges.apply(owing.charge_of(shop, pack), now=clock.now(), actor=COACH, paid_minor=minor)
    assert owing.paid_so_far(shop, pack) == [("paid", 3335), ("open", 0), ("open", 0)]
    calendar.go_to(owing.parts_of(shop, pack)[1].due_at)
    assert owing.paid_so_far(shop, pack)[1] == ("paid", 3335)


def test_two_who_count_at_once_count_both(shop: Shop, calendar: Calendar) -> None:
    """The second has read the charge before the first has changed it."""
    pack = owing.pack_in_three(shop)
    first, second = owing.charge_of(shop, pack), owing.charge_of(shop, pack)
    for charge in (first, second):
        with tenant_context(shop.tenant), transaction.atomic():
            charges.apply(charge, now=clock.now(), actor=COACH, paid_minor=1000)
    assert (second.paid_minor, owing.charge_of(shop, pack).paid_minor) == (5335, 5335)


def test_a_first_payment_that_comes_to_nothing_leaves_the_terms_open(shop: Shop, calendar: Calendar) -> None:
    """The bank takes its yes back at the capture."""
    worlds.set_free_units(shop.tenant, 1)
    kind = worlds.session_type(shop.tenant, price_minor=9000, deposit_minor=2500)
    booking = worlds.held(shop.tenant, kind, at=worlds.hour(24 * 14))
    worlds.book(shop.tenant, booking)
    worlds.pay(shop, booking)
    shop.stripe.fail_next("POST .*/capture$", "refused", code="charge_expired_for_capture")
    assert steps.settled(shop, booking).status == AttemptStatus.CAPTURE_FAILED
    charge = owing.charge_of(shop, booking)
    assert (charge.rate_bp, charge.free_units) == (None, None)
    assert steps.numbers_taken(shop) == set()
