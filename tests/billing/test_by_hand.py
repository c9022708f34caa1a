"""Cash and transfers: recorded, given back and taken back, and never more than is owed."""

from datetime import timedelta

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit import clock
from kit.actors import SYSTEM
from kit.ids import uuid7
from tenants.activity.models import Event
from tenants.billing import by_hand, charges
from tenants.billing.models import AttemptStatus, Charge, LedgerEntry, ManualPayment, Tender
from tenants.packs import ledger, selling
from tenants.packs.models import Pack, PackOffer
from tenants.registry.models import Tenant
from tests import worlds
from tests.billing.by_hand import PACK_MINOR, books, charge_of, give_back, record, sold_pack, take_back
from tests.worlds import Shop


@pytest.fixture
def pack(anna: Tenant) -> Pack:
    return sold_pack(anna)


@pytest.fixture
def charge(anna: Tenant, pack: Pack) -> Charge:
    return charge_of(anna, pack.pk)


def is_paid(anna: Tenant, pack: Pack) -> bool:
    return worlds.reread_pack(anna, pack).paid_at is not None


def test_what_a_coach_sells_to_be_paid_later_is_owed_at_once(charge: Charge) -> None:
    assert (charges.owed_minor(charge), charge.status) == (PACK_MINOR, "open")


def test_the_whole_pays_the_pack(anna: Tenant, pack: Pack, charge: Charge) -> None:
    record(anna, charge, PACK_MINOR, tender=Tender.TRANSFER, reference="  R-2026-0007\n thanks")
    assert books(anna, charge) == (PACK_MINOR, 0, PACK_MINOR, "paid")
    assert is_paid(anna, pack)
    with tenant_context(anna):
        payment = ManualPayment.objects.get()
        entry = LedgerEntry.objects.get()
        assert (payment.reference, payment.actor_name) == ("R-2026-0007 thanks", "Anna")
        assert (entry.manual_id, entry.attempt_id) == (payment.pk, None)
        event = Event.objects.get(kind="payment.received")
        assert (event.data["amount_minor"], event.data["left_minor"]) == (PACK_MINOR, 0)


def test_parts_add_up(anna: Tenant, pack: Pack, charge: Charge) -> None:
    record(anna, charge, 10000)
    assert books(anna, charge) == (10000, 0, 10000, "partially_paid")
    assert not is_paid(anna, pack)
    record(anna, charge, 35000)
    assert books(anna, charge)[3] == "paid"
    assert is_paid(anna, pack)


def test_never_more_than_is_owed(anna: Tenant, charge: Charge) -> None:
    record(anna, charge, 44000)
    with pytest.raises(by_hand.TooMuch, match=r"only .*10\.00 is owed") as refusal:
        record(anna, charge, 1001)
    assert refusal.value.left_minor == 1000
    record(anna, charge, 1000)
    with pytest.raises(by_hand.TooMuch, match="nothing is owed"):
        record(anna, charge, 1)
    assert books(anna, charge)[0] == PACK_MINOR


def test_a_press_that_comes_twice_records_once(anna: Tenant, charge: Charge) -> None:
    key = uuid7()
    first, second = (record(anna, charge, 1000, key=key) for _ in range(2))
    assert first.pk == second.pk
    assert books(anna, charge)[:3] == (1000, 0, 1000)


@pytest.mark.parametrize("days", [1, -3700])
def test_a_day_that_cannot_be_is_refused(anna: Tenant, charge: Charge, days: int) -> None:
    with pytest.raises(by_hand.CannotRecord):
        record(anna, charge, 1000, received_on=(clock.now() + timedelta(days=days)).date())
    assert books(anna, charge)[0] == 0


def test_money_counts_on_the_day_on_which_it_came(anna: Tenant, charge: Charge) -> None:
    day = (clock.now() - timedelta(days=40)).date()
    payment = record(anna, charge, 1000, received_on=day)
    take_back(anna, payment)
    with tenant_context(anna):
        assert {entry.at.date() for entry in LedgerEntry.objects.all()} == {day}


# --- put right ----------------------------------------------------------------------------------------


def test_a_slip_is_taken_back_and_owed_again(anna: Tenant, pack: Pack, charge: Charge) -> None:
    payment = record(anna, charge, PACK_MINOR)
    take_back(anna, payment, "it was Dev's")
    assert books(anna, charge) == (0, 0, 0, "open")
    assert not is_paid(anna, pack)
    with tenant_context(anna):
        kept = ManualPayment.objects.get()
        assert (kept.taken_back_by, kept.taken_back_because) == ("Anna", "it was Dev's")
        assert LedgerEntry.objects.count() == 2
        assert Event.objects.filter(kind="payment.taken_back").count() == 1


def test_taken_back_twice_is_taken_back_once(anna: Tenant, charge: Charge) -> None:
    payment = record(anna, charge, 1000)
    take_back(anna, payment)
    take_back(anna, payment)
    assert books(anna, charge)[:3] == (0, 0, 0)


def test_it_takes_a_reason(anna: Tenant, charge: Charge) -> None:
    payment = record(anna, charge, 1000)
    with pytest.raises(by_hand.CannotTakeBack, match="say why"):
        take_back(anna, payment, "  ")
    assert books(anna, charge)[0] == 1000


def test_what_was_given_back_must_be_taken_back_first(anna: Tenant, charge: Charge) -> None:
    payment = record(anna, charge, 1000)
    back = give_back(anna, charge, 400)
    with pytest.raises(by_hand.CannotTakeBack, match="given back"):
        take_back(anna, payment)
    take_back(anna, back)
    take_back(anna, payment)
    assert books(anna, charge) == (0, 0, 0, "open")


def test_what_a_card_paid_besides_does_not_cover_what_was_given_back_by_hand(
    anna: Tenant, charge: Charge
) -> None:
    payment = record(anna, charge, 1000)
    give_back(anna, charge, 400)
    with tenant_context(anna), transaction.atomic():
        charges.apply(charges.locked(charge.pk), paid_minor=2000, now=clock.now(), actor=SYSTEM)
    with pytest.raises(by_hand.CannotTakeBack, match=r"€4\.00 of it is noted as given back"):
        take_back(anna, payment)


# --- given back ---------------------------------------------------------------------------------------


def test_what_goes_back_takes_the_units_that_it_paid_for(anna: Tenant, pack: Pack, charge: Charge) -> None:
    record(anna, charge, PACK_MINOR)
    give_back(anna, charge, 9000)
    assert books(anna, charge) == (PACK_MINOR, 9000, 36000, "partially_refunded")
    with tenant_context(anna):
        assert ledger.balance_of(pack.pk) == 8
        assert charges.owed_minor(Charge.objects.get()) == 0


def test_no_more_goes_back_by_hand_than_came_by_hand(anna: Tenant, charge: Charge) -> None:
    record(anna, charge, 1000)
    give_back(anna, charge, 600)
    with pytest.raises(by_hand.TooMuch) as refusal:
        give_back(anna, charge, 401)
    assert refusal.value.left_minor == 400


# --- beside a card ------------------------------------------------------------------------------------


def page_opened(shop: Shop, pack: Pack) -> None:
    with tenant_context(shop.tenant):
        selling.pay(pack_id=pack.pk, links=lambda _: lambda _attempt: worlds.RETURN_PAGES, now=clock.now())


def test_an_open_card_page_is_closed_first(shop: Shop) -> None:
    pack = sold_pack(shop.tenant)
    page_opened(shop, pack)
    record(shop.tenant, charge_of(shop.tenant, pack.pk), PACK_MINOR)
    attempt = worlds.attempt_for(shop.tenant, pack)
    assert (attempt.status, attempt.reason) == (AttemptStatus.EXPIRED, "paid_otherwise")
    with pytest.raises(Exception, match=r"expired|not open|no longer"):
        worlds.pay(shop, pack)
    worlds.hear_stripe(shop.stripe)
    assert books(shop.tenant, charge_of(shop.tenant, pack.pk))[0] == PACK_MINOR


def test_what_is_paid_by_card_just_now_is_not_recorded_too(shop: Shop) -> None:
    pack = sold_pack(shop.tenant)
    page_opened(shop, pack)
    worlds.pay(shop, pack)
    with pytest.raises(by_hand.BeingPaid):
        record(shop.tenant, charge_of(shop.tenant, pack.pk), PACK_MINOR)
    worlds.hear_stripe(shop.stripe)
    assert books(shop.tenant, charge_of(shop.tenant, pack.pk)) == (PACK_MINOR, 0, 0, "paid")


def test_the_rest_of_a_part_in_cash_is_paid_by_card(shop: Shop) -> None:
    pack = sold_pack(shop.tenant)
    charge = charge_of(shop.tenant, pack.pk)
    record(shop.tenant, charge, 10000)
    page_opened(shop, pack)
    assert worlds.attempt_for(shop.tenant, pack).amount_minor == 35000
    worlds.pay(shop, pack)
    worlds.hear_stripe(shop.stripe)
    assert books(shop.tenant, charge) == (PACK_MINOR, 0, 10000, "paid")
    assert is_paid(shop.tenant, pack)


# --- a law --------------------------------------------------------------------------------------------

STEPS = st.lists(st.tuples(st.sampled_from(["record", "give", "take"]), st.integers(1, 20000)), max_size=12)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_the_ledger_is_the_sum_of_what_stands(anna: Tenant, steps: list[tuple[str, int]]) -> None:
    offer = _offer(anna)
    charge = charge_of(anna, sold_pack(anna, offer).pk)
    for what, minor in steps:
        try:
            if what == "record":
                record(anna, charge, minor)
            elif what == "give":
                give_back(anna, charge, minor)
            else:
                with tenant_context(anna):
                    rows = list(ManualPayment.objects.filter(charge=charge).order_by("created_at", "pk"))
                if rows:
                    take_back(anna, rows[minor % len(rows)])
        except (by_hand.CannotRecord, by_hand.CannotTakeBack):
            pass
        _holds(anna, charge)


def _offer(anna: Tenant) -> PackOffer:
    with tenant_context(anna):
        return PackOffer.objects.first() or worlds.pack_offer(anna, worlds.session_type(anna))


def _holds(anna: Tenant, charge: Charge) -> None:
    paid, back, in_ledger, _status = books(anna, charge)
    with tenant_context(anna):
        standing = ManualPayment.objects.filter(charge=charge, taken_back_at=None)
        amounts = list(standing.values_list("amount_minor", flat=True))
        assert in_ledger == sum(amounts) == paid - back
        assert paid == sum(each for each in amounts if each > 0) <= charge.amount_minor
        assert charge.status == charges.standing(charge)
