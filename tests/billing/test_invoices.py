"""Invoices: sent once, paid by any means, cancelled for what is not paid, and reminded of in time."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django_tenants.utils import schema_context, tenant_context

from kit import clock
from kit.clock import zone
from kit.ids import uuid7
from tenants.activity.models import Event
from tenants.billing import by_hand, charges, checkout, documents, invoices
from tenants.billing.invoices import Standing, standing_of
from tenants.billing.models import Charge, Document, PaymentAttempt, Tender
from tenants.billing.paper_lines import Line
from tenants.clients.models import Client
from tenants.offers.models import Practice
from tenants.offers.prices import PriceTooSmall
from tenants.packs import selling
from tenants.packs.models import Pack
from tenants.registry.models import Tenant
from tests import worlds
from tests.billing import papers
from tests.billing.papers import COACH, said
from tests.crowd import at_once
from tests.worlds import Shop

LINES = [Line("Training plan", 20_000, 1900), Line("Balls", 600, 700, quantity=3)]


@pytest.fixture
def here(shop: Shop) -> Iterator[Shop]:
    with tenant_context(shop.tenant):
        yield shop


def today() -> date:
    return clock.now().astimezone(zone(Practice.objects.get().timezone)).date()


def sent(lines: list[Line] = LINES, *, days: int = 14, **fields: Any) -> Document:
    values = {"key": uuid7(), "client_id": papers.client().pk, "now": clock.now(), "actor": COACH}
    return invoices.send(**{**values, "lines": lines, "due_on": today() + timedelta(days=days), **fields})


def stands(invoice: Document) -> Standing:
    invoice = Document.objects.select_related("charge").get(pk=invoice.pk)
    notes = list(invoice.corrections.all())
    return standing_of(invoice=invoice, charge=invoice.charge, corrections=notes, today=today())


def cash(invoice: Document, minor: int) -> None:
    by_hand.record(
        charge_id=invoice.charge_id,
        tender=Tender.CASH,
        amount_minor=minor,
        received_on=today(),
        reference="",
        now=clock.now(),
        actor=COACH,
        key=uuid7(),
    )
    worlds.sweep()


def page_of(charge_id: Any) -> PaymentAttempt:
    """The payment page of a charge, open."""
    with transaction.atomic():
        charge = Charge.objects.select_related("client").get(pk=charge_id)
        attempt = checkout.open_page(
            charge=charge,
            parts=[],
            amount_minor=charges.owed_minor(charge),
            email=charge.client.email,
            links=lambda _attempt: worlds.RETURN_PAGES,
            now=clock.now(),
        )
    checkout.payment_page(attempt, now=clock.now())
    attempt.refresh_from_db()
    return attempt


def paid_by_card(shop: Shop, invoice: Document) -> PaymentAttempt:
    attempt = page_of(invoice.charge_id)
    shop.stripe.pay(attempt.checkout_id)
    hear(shop)
    attempt.refresh_from_db()
    return attempt


def hear(shop: Shop) -> None:
    with schema_context("public"):
        worlds.hear_stripe(shop.stripe)


def cancelled(invoice: Document) -> Document:
    return invoices.cancel(document_id=invoice.pk, now=clock.now(), actor=COACH)


# --- sending -----------------------------------------------------------------------------------------


def test_an_invoice_is_numbered_owed_and_told_of(here: Shop) -> None:
    invoice = sent()
    assert said(invoice) == (f"I-{invoice.issued_on.year}-0001", 20_600, 3193 + 39)
    charge = Charge.objects.get()
    assert (charge.purpose, charge.reference, charge.amount_minor) == ("invoice", invoice.pk, 20_600)
    assert (charge.units, charge.description) == (0, "Training plan and 1 more")
    assert stands(invoice) == Standing.OPEN
    assert Event.objects.filter(kind="invoice.sent", subject_id=invoice.pk).count() == 1


def test_pressing_twice_sends_once_even_at_the_same_moment(anna: Tenant) -> None:
    with tenant_context(anna):
        client, key = papers.client(), uuid7()

    def press() -> Document:
        with tenant_context(anna):
            return sent(key=key, client_id=client.pk)

    got = at_once([press] * 6)
    assert {each.pk for each in got if isinstance(each, Document)} == {key}, got
    with tenant_context(anna):
        assert (Document.objects.count(), Charge.objects.count()) == (1, 1)
        assert Event.objects.filter(kind="invoice.sent").count() == 1


def test_what_no_card_can_pay_is_not_sent(here: Shop) -> None:
    with pytest.raises(PriceTooSmall):
        sent([Line("Sticker", 20)])
    assert not Document.objects.exists()


# --- paying ------------------------------------------------------------------------------------------


def test_paid_by_card_it_has_a_receipt_that_names_it_and_no_tax_twice(here: Shop) -> None:
    invoice = sent()
    paid_by_card(here, invoice)
    assert stands(invoice) == Standing.PAID
    _, receipt = papers.all_papers()
    assert (receipt.kind, receipt.amount_minor, receipt.tax_minor) == ("receipt", 20_600, 0)
    [line] = receipt.lines
    assert (line["text"], line["settles"]) == (f"Payment of invoice {invoice.label}", invoice.label)
    assert Event.objects.filter(kind="invoice.paid").count() == 1


def test_a_refund_corrects_the_invoice_with_its_tax(here: Shop) -> None:
    invoice = sent()
    attempt = paid_by_card(here, invoice)
    here.stripe.dashboard_refund(attempt.stripe_charge_id, 10_300)
    hear(here)
    note = papers.all_papers()[-1]
    assert (note.kind, note.amount_minor, note.corrects_id) == ("credit_note", -10_300, invoice.pk)
    assert note.tax_minor == -(1597 + 20)
    assert stands(invoice) == Standing.PARTIALLY_REFUNDED


def test_cash_pays_a_part_and_the_rest(here: Shop) -> None:
    invoice = sent()
    cash(invoice, 600)
    assert stands(invoice) == Standing.PARTIALLY_PAID
    cash(invoice, 20_000)
    assert stands(invoice) == Standing.PAID
    assert [each.amount_minor for each in papers.all_papers()] == [20_600, 600, 20_000]
    assert Event.objects.filter(kind="invoice.paid").count() == 1


def test_cash_that_never_was_leaves_the_invoice_asking(here: Shop) -> None:
    invoice = sent()
    cash(invoice, 20_600)
    payment = invoice.charge.manual_payments.get()
    by_hand.take_back(payment_id=payment.pk, because="A slip.", now=clock.now(), actor=COACH)
    worlds.sweep()
    assert stands(invoice) == Standing.OPEN
    note = papers.all_papers()[-1]
    assert (note.amount_minor, note.tax_minor) == (-20_600, 0)
    assert note.corrects_id != invoice.pk


def test_it_is_overdue_the_day_after(here: Shop) -> None:
    invoice = sent(days=0)
    assert stands(invoice) == Standing.OPEN
    with clock.travel(86_400):
        assert stands(invoice) == Standing.OVERDUE


# --- cancelling --------------------------------------------------------------------------------------


def test_cancelled_it_is_owed_by_nobody(here: Shop) -> None:
    invoice = sent()
    note = cancelled(invoice)
    assert (note.kind, note.amount_minor, note.tax_minor) == ("credit_note", -20_600, -invoice.tax_minor)
    assert stands(invoice) == Standing.CANCELLED
    assert Charge.objects.get().status == "void"
    with pytest.raises(documents.NothingLeft):
        cancelled(invoice)


def test_what_was_paid_of_a_cancelled_one_stays_paid(here: Shop) -> None:
    invoice = sent()
    cash(invoice, 600)
    note = cancelled(invoice)
    assert note.amount_minor == -20_000
    charge = Charge.objects.get()
    assert (charge.paid_minor, charge.waived_minor, charges.owed_minor(charge)) == (600, 20_000, 0)


def test_a_paid_one_is_not_cancelled(here: Shop) -> None:
    invoice = sent()
    cash(invoice, 20_600)
    with pytest.raises(documents.NothingLeft):
        cancelled(invoice)
    assert stands(invoice) == Standing.PAID


def test_who_is_on_the_card_page_of_a_cancelled_one_pays_nothing(here: Shop) -> None:
    invoice = sent()
    attempt = page_of(invoice.charge_id)
    here.stripe.pay(attempt.checkout_id)
    cancelled(invoice)
    hear(here)
    attempt.refresh_from_db()
    assert (attempt.status, attempt.captured_minor) == ("released", 0)
    assert [each.kind for each in papers.all_papers()] == ["invoice", "credit_note"]


def test_cancelling_and_capturing_at_once_never_do_both(here: Shop) -> None:
    invoice = sent()
    attempt = page_of(invoice.charge_id)
    with transaction.atomic():
        PaymentAttempt.objects.filter(pk=attempt.pk).update(status="capturing")
    with pytest.raises(invoices.BeingPaid):
        cancelled(invoice)
    assert stands(invoice) == Standing.OPEN


# --- for what is owed already ------------------------------------------------------------------------


@pytest.fixture
def unpaid(here: Shop) -> Pack:
    offer = worlds.pack_offer(here.tenant, worlds.session_type(here.tenant), tax_bp=1900)
    client = papers.client()
    return selling.sell(offer_id=offer.pk, client_id=client.pk, now=clock.now(), actor=COACH)


def asked(pack: Pack, **fields: Any) -> Document:
    charge_id = Charge.objects.get(reference=pack.pk).pk
    values = {"charge_id": charge_id, "key": uuid7(), "due_on": today(), "now": clock.now(), "actor": COACH}
    return invoices.send_for(**{**values, **fields})


def test_an_invoice_for_an_unpaid_pack_asks_for_the_packs_own_charge(here: Shop, unpaid: Pack) -> None:
    invoice = asked(unpaid)
    charge = Charge.objects.get()
    assert (charge.purpose, charge.reference, invoice.charge_id) == ("pack", unpaid.pk, charge.pk)
    assert [line["text"] for line in invoice.lines] == ["10-session pack"]
    assert invoice.tax_minor == 7185
    with pytest.raises(invoices.AlreadyInvoiced):
        asked(unpaid)
    cash(invoice, 45_000)
    assert stands(invoice) == Standing.PAID
    assert Pack.objects.get().paid_at is not None


def test_cancelling_it_leaves_the_pack_owed(here: Shop, unpaid: Pack) -> None:
    invoice = asked(unpaid)
    cancelled(invoice)
    assert charges.owed_minor(Charge.objects.get()) == 45_000
    again = asked(unpaid)
    assert (stands(invoice), stands(again)) == (Standing.CANCELLED, Standing.OPEN)


def test_what_was_paid_before_is_not_asked_for_again(here: Shop, unpaid: Pack) -> None:
    cancelled(asked(unpaid))
    cash(Document.objects.get(kind="invoice"), 15_000)
    rest = asked(unpaid)
    assert (rest.amount_minor, rest.lines[0]["text"]) == (30_000, "Rest of 10-session pack")
    assert stands(rest) == Standing.OPEN


def test_nothing_is_asked_for_what_is_paid(here: Shop, unpaid: Pack) -> None:
    cash(asked(unpaid), 45_000)
    with pytest.raises(invoices.NotOwed):
        asked(unpaid)


def test_nothing_is_asked_for_a_time_that_nobody_has_booked(here: Shop) -> None:
    """Its charge is open while somebody is at the card page, and nobody owes it."""
    kind = worlds.session_type(here.tenant)
    worlds.book(here.tenant, held := worlds.held(here.tenant, kind, at=worlds.hour(30)))
    charge = Charge.objects.get(reference=held.pk)
    with pytest.raises(invoices.NotOwed):
        invoices.send_for(key=uuid7(), charge_id=charge.pk, due_on=today(), now=clock.now(), actor=COACH)


def test_many_who_ask_for_the_same_at_once_send_one(here: Shop, unpaid: Pack) -> None:
    tenant = here.tenant

    def ask(_number: int) -> Document:
        with tenant_context(tenant):
            return asked(unpaid)

    got = at_once([partial(ask, number) for number in range(5)])
    assert [type(each) for each in got if isinstance(each, Exception)] == [invoices.AlreadyInvoiced] * 4
    assert Document.objects.count() == 1


# --- again, and reminders ----------------------------------------------------------------------------


def test_again_in_another_name_asks_for_the_same_money(here: Shop) -> None:
    invoice = sent()
    with transaction.atomic():
        Client.objects.update(billing={"name": "Bright Ltd"})
    new = documents.issue_again(document_id=invoice.pk, now=clock.now(), actor=COACH)
    assert (new.payer["name"], new.due_on, new.amount_minor) == ("Bright Ltd", invoice.due_on, 20_600)
    assert (stands(invoice), stands(new)) == (Standing.REPLACED, Standing.OPEN)
    cash(new, 20_600)
    assert stands(new) == Standing.PAID
    assert papers.all_papers()[-1].lines[0]["settles"] == new.label
    with pytest.raises(documents.NothingLeft):
        cancelled(invoice)


def reminders() -> list[int]:
    told = Event.objects.filter(kind="invoice.overdue").order_by("at", "pk")
    return [each.data["after_days"] for each in told]


def after(days: float) -> Any:
    return clock.travel(timedelta(days=days).total_seconds())


def test_it_is_reminded_of_twice_and_no_more(here: Shop) -> None:
    sent(days=0)
    for days, told in ((2, []), (4, [3]), (9, [3]), (11, [3, 10]), (30, [3, 10])):
        with after(days):
            worlds.sweep()
            worlds.sweep()
            assert reminders() == told, days


@pytest.mark.parametrize("ending", [lambda invoice: cash(invoice, 20_600), cancelled])
def test_what_is_paid_or_cancelled_is_not_reminded_of(
    here: Shop, ending: Callable[[Document], object]
) -> None:
    ending(sent(days=0))
    with after(11):
        worlds.sweep()
    assert reminders() == []


def test_who_was_away_is_reminded_once_and_not_of_both_days(here: Shop) -> None:
    sent(days=0)
    with after(20):
        worlds.sweep()
        worlds.sweep()
    assert reminders() == [10]
