"""Cash, transfers and cards at one debt at once: it is paid once, and the others are told."""

import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from kit import clock
from kit.ids import uuid7
from tenants.billing import bank_lines, by_hand, charges
from tenants.billing.bank_lines import Part
from tenants.billing.decisions import settle
from tenants.billing.models import BankLine, Charge, LedgerEntry, ManualPayment, Tender
from tenants.clients.records import find_or_add
from tenants.packs import selling
from tenants.packs.models import Pack
from tenants.registry.models import Tenant
from tenants.scheduling import desk_bookings, holds
from tenants.scheduling.desk_bookings import InHand
from tenants.scheduling.models import Booking
from tests import worlds
from tests.billing.by_hand import ANNA, PACK_MINOR, books, charge_of, record, sold_pack
from tests.crowd import at_once
from tests.worlds import Shop

ROUNDS = pytest.mark.parametrize("turn", range(3))


def inside(tenant: Tenant, use_case: Callable[..., Any], *args: Any, **asked: Any) -> Callable[[], Any]:
    def call() -> Any:
        with tenant_context(tenant):
            return use_case(*args, **asked)

    return call


def recording(tenant: Tenant, charge: Charge, minor: int, key: uuid.UUID | None = None) -> Callable[[], Any]:
    return inside(
        tenant,
        by_hand.record,
        charge_id=charge.pk,
        tender=Tender.CASH,
        amount_minor=minor,
        received_on=clock.now().date(),
        reference="",
        now=clock.now(),
        actor=ANNA,
        key=key or uuid7(),
    )


@ROUNDS
def test_two_who_record_the_same_debt_record_it_once(anna: Tenant, turn: int) -> None:
    charge = charge_of(anna, sold_pack(anna).pk)
    said = at_once([recording(anna, charge, PACK_MINOR) for _ in range(2)])
    assert Counter(type(each).__name__ for each in said) == {"ManualPayment": 1, "TooMuch": 1}
    assert books(anna, charge) == (PACK_MINOR, 0, PACK_MINOR, "paid")


@ROUNDS
def test_one_form_sent_many_times_records_once(anna: Tenant, turn: int) -> None:
    charge, key = charge_of(anna, sold_pack(anna).pk), uuid7()
    said = at_once([recording(anna, charge, 1000, key) for _ in range(4)])
    assert {type(each) for each in said} == {ManualPayment}, said
    assert books(anna, charge)[:3] == (1000, 0, 1000)


@ROUNDS
def test_parts_that_come_together_never_pay_more_than_is_owed(anna: Tenant, turn: int) -> None:
    charge = charge_of(anna, sold_pack(anna).pk)
    said = at_once([recording(anna, charge, 20000) for _ in range(4)])
    assert Counter(type(each).__name__ for each in said) == {"ManualPayment": 2, "TooMuch": 2}
    assert books(anna, charge)[0] == 40000


@ROUNDS
def test_a_slip_that_two_take_back_goes_back_once(anna: Tenant, turn: int) -> None:
    charge = charge_of(anna, sold_pack(anna).pk)
    payment = record(anna, charge, PACK_MINOR)
    undo = inside(anna, by_hand.take_back, payment_id=payment.pk, because="slip", now=clock.now(), actor=ANNA)
    assert {type(each) for each in at_once([undo, undo, undo])} == {ManualPayment}
    assert books(anna, charge) == (0, 0, 0, "open")


@ROUNDS
def test_a_line_that_two_accept_pays_once(anna: Tenant, turn: int) -> None:
    charge = charge_of(anna, sold_pack(anna).pk)
    with tenant_context(anna):
        data = b"Date;Name;Amount\n2026-06-10;Cleo;100,00\n"
        bank_lines.take_in(data=data, now=clock.now(), actor=ANNA)
        line = BankLine.objects.get()
    parts = [Part(charge.pk, 10000)]
    accept = inside(anna, bank_lines.accept, line_id=line.pk, parts=parts, now=clock.now(), actor=ANNA)
    said = at_once([accept, accept])
    assert all(isinstance(each, list) and len(each) == 1 for each in said), said
    assert books(anna, charge)[0] == 10000


@ROUNDS
def test_taking_a_line_back_in_two_ways_at_once_opens_it_once(anna: Tenant, turn: int) -> None:
    """By its payment and by its line: both begin with the line, so that neither waits for the other."""
    charge = charge_of(anna, sold_pack(anna).pk)
    with tenant_context(anna):
        data = b"Date;Name;Amount\n2026-06-10;Cleo;100,00\n"
        bank_lines.take_in(data=data, now=clock.now(), actor=ANNA)
        line = BankLine.objects.get()
        parts = [Part(charge.pk, 10000)]
        [payment] = bank_lines.accept(line_id=line.pk, parts=parts, now=clock.now(), actor=ANNA)
    asked: dict[str, Any] = {"because": "slip", "now": clock.now(), "actor": ANNA}
    said = at_once(
        [
            inside(anna, by_hand.take_back, payment_id=payment.pk, **asked),
            inside(anna, bank_lines.undo, line_id=line.pk, **asked),
        ]
    )
    assert not [each for each in said if isinstance(each, Exception)], said
    assert books(anna, charge) == (0, 0, 0, "open")
    with tenant_context(anna):
        assert BankLine.objects.get().status == "open"
        assert LedgerEntry.objects.count() == 2


# --- beside a card ------------------------------------------------------------------------------------


def page_opened(shop: Shop, pack: Pack) -> None:
    with tenant_context(shop.tenant):
        selling.pay(pack_id=pack.pk, links=lambda _: lambda _attempt: worlds.RETURN_PAGES, now=clock.now())


@ROUNDS
def test_cash_and_a_card_payment_at_the_same_moment_pay_once(shop: Shop, turn: int) -> None:
    """The card was authorised; while it is being decided the coach records the cash."""
    pack = sold_pack(shop.tenant)
    charge = charge_of(shop.tenant, pack.pk)
    page_opened(shop, pack)
    worlds.pay(shop, pack)
    attempt = worlds.attempt_for(shop.tenant, pack)
    at_once(
        [
            inside(shop.tenant, settle, attempt_id=attempt.pk, now=clock.now()),
            recording(shop.tenant, charge, PACK_MINOR),
        ]
    )
    worlds.hear_stripe(shop.stripe)
    paid, back, in_hand, status = books(shop.tenant, charge)
    assert (paid, back, status) == (PACK_MINOR, 0, "paid")
    captured = worlds.attempt_for(shop.tenant, pack).captured_minor
    assert captured + in_hand == PACK_MINOR


@ROUNDS
def test_a_page_that_is_opened_while_cash_is_recorded_takes_nothing(shop: Shop, turn: int) -> None:
    pack = sold_pack(shop.tenant)
    charge = charge_of(shop.tenant, pack.pk)
    said = at_once(
        [
            inside(
                shop.tenant,
                selling.pay,
                pack_id=pack.pk,
                links=lambda _: lambda _attempt: worlds.RETURN_PAGES,
                now=clock.now(),
            ),
            recording(shop.tenant, charge, PACK_MINOR),
        ]
    )
    recorded = [each for each in said if isinstance(each, ManualPayment)]
    with tenant_context(shop.tenant):
        live = charges.live_attempt(charge.pk)
    # One of the two has it: never a page that takes what is paid, never cash beside a page that lives.
    assert bool(recorded) != bool(live), said


def test_cash_that_is_recorded_while_stripe_does_not_answer_waits(shop: Shop) -> None:
    pack = sold_pack(shop.tenant)
    page_opened(shop, pack)
    shop.stripe.fail_next("POST .*/expire", "500", count=5)
    with pytest.raises(by_hand.CannotRecord, match="Press again"):
        record(shop.tenant, charge_of(shop.tenant, pack.pk), PACK_MINOR)
    shop.stripe.clear_faults()
    record(shop.tenant, charge_of(shop.tenant, pack.pk), PACK_MINOR)


# --- the desk -----------------------------------------------------------------------------------------


@ROUNDS
def test_one_form_of_the_desk_sent_many_times_books_once(anna: Tenant, turn: int) -> None:
    worlds.open_for_bookings(anna)
    kind = worlds.session_type(anna)
    with tenant_context(anna), transaction.atomic():
        cleo = find_or_add(name="Cleo", email="cleo@example.com", phone="", timezone="", now=clock.now())
    asked: dict[str, Any] = {
        "client_id": cleo.pk,
        "slug": kind.slug,
        "starts_at": worlds.hour(3),
        "by": InHand(Tender.CASH, 4500, received_on=clock.now().date()),
        "now": clock.now(),
        "actor": ANNA,
    }
    same = inside(anna, desk_bookings.book, key=uuid7(), **asked)
    said = at_once([same, same, same])
    assert {type(each) for each in said} == {Booking}, said
    other = at_once([inside(anna, desk_bookings.book, key=uuid7(), **asked) for _ in range(2)])
    assert {type(each) for each in other} == {holds.SlotTaken}
    with tenant_context(anna):
        assert (Booking.objects.count(), ManualPayment.objects.count()) == (1, 1)
