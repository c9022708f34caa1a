"""A paper for each movement of money: with its tax, once, and never changed."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from django_tenants.utils import schema_context, tenant_context

from kit import clock
from kit.clock import zone
from kit.ledgers import AppendOnly
from tenants.activity import events
from tenants.activity.models import Event
from tenants.billing import documents
from tenants.billing.models import Charge, Document, Instalment, ManualPayment, PaymentAttempt
from tenants.billing.paper_lines import Line, of_charge
from tenants.billing.receipts import on_dispute_closed
from tenants.clients.models import Client
from tenants.offers.extras import Extra
from tenants.offers.models import Practice
from tenants.registry.models import Tenant
from tests import worlds
from tests.billing import papers
from tests.billing.papers import COACH, said
from tests.messaging import pack_room
from tests.worlds import Shop


@pytest.fixture
def year() -> int:
    return papers.year()


def issued(shop: Shop) -> list[Document]:
    with tenant_context(shop.tenant):
        return papers.all_papers()


def sold(shop: Shop, **fields: Any) -> PaymentAttempt:
    booking = worlds.sell(shop, worlds.session_type(shop.tenant, **fields), at=worlds.hour(30))
    return worlds.attempt_for(shop.tenant, booking)


def announce_all(tenant: Tenant) -> None:
    """As if every event were told of once more."""
    with tenant_context(tenant):
        for event_id in Event.objects.values_list("pk", flat=True):
            events.announce(reference=event_id, now=clock.now())


# --- by card -----------------------------------------------------------------------------------------


def test_a_payment_has_a_receipt_with_the_tax_that_its_price_contains(shop: Shop, year: int) -> None:
    sold(shop, tax_bp=1900)
    [paper] = issued(shop)
    assert said(paper) == (f"R-{year}-0001", 4500, 718)
    tomorrow = (worlds.hour(30)).astimezone(zone(worlds.practice(shop.tenant).timezone)).date()
    [line] = paper.lines
    assert line["text"].startswith("Lesson, ")
    assert line["text"].endswith(f"{tomorrow:%B} {tomorrow.year}")
    assert (line["amount_minor"], line["tax_bp"]) == (4500, 1900)
    assert paper.payer == {"name": "Cleo", "address": "", "vat_number": ""}
    assert paper.seller["name"] == shop.tenant.name
    assert (paper.kind, paper.tender, paper.currency) == ("receipt", "visa 4242", "eur")
    with tenant_context(shop.tenant):
        assert Charge.objects.get().amount_minor == 4500


def test_a_later_rate_changes_nothing_that_was_sold(shop: Shop) -> None:
    kind = worlds.session_type(shop.tenant, tax_bp=1900)
    booking = worlds.ask_and_pay(shop, kind, at=worlds.hour(30))
    with tenant_context(shop.tenant), transaction.atomic():
        type(kind).objects.update(tax_bp=700, name="Other")
    worlds.hear_stripe(shop.stripe)
    assert worlds.reread(shop.tenant, booking).status == "confirmed"
    [paper] = issued(shop)
    assert (paper.tax_minor, paper.lines[0]["text"][:6]) == (718, "Lesson")


def test_extras_stand_in_lines_of_their_own(shop: Shop) -> None:
    sold(shop, extras=[Extra("Court", 1000)], tax_bp=1900)
    [paper] = issued(shop)
    assert [(line["text"][:6], line["amount_minor"]) for line in paper.lines] == [
        ("Lesson", 4500),
        ("Court", 1000),
    ]
    assert (paper.amount_minor, paper.tax_minor) == (5500, 718 + 160)


def test_a_pack_has_the_tax_of_its_own_version(shop: Shop) -> None:
    offer = worlds.pack_offer(shop.tenant, worlds.session_type(shop.tenant), tax_bp=700)
    worlds.buy_pack(shop, offer)
    [paper] = issued(shop)
    assert [(line["text"], line["tax_bp"]) for line in paper.lines] == [("10-session pack", 700)]
    assert paper.tax_minor == 2944


def test_yen_have_no_decimals_on_paper_either(shop: Shop) -> None:
    with tenant_context(shop.tenant), transaction.atomic():
        Practice.objects.update(currency="jpy")
    sold(shop, price_minor=5000, tax_bp=1000)
    [paper] = issued(shop)
    assert (paper.amount_minor, paper.tax_minor, paper.currency) == (5000, 455, "jpy")


def test_refunds_have_credit_notes_for_what_went_back_each_time(shop: Shop, year: int) -> None:
    attempt = sold(shop, tax_bp=1900)
    for minor in (1000, None):
        shop.stripe.dashboard_refund(attempt.stripe_charge_id, minor)
        worlds.hear_stripe(shop.stripe)
    receipt, part, rest = issued(shop)
    assert [said(part), said(rest)] == [(f"C-{year}-0001", -1000, -160), (f"C-{year}-0002", -3500, -559)]
    assert {part.corrects_id, rest.corrects_id} == {receipt.pk}
    assert part.lines[0]["text"].startswith("Part refund: Lesson, ")


def test_two_refunds_that_are_heard_of_together_are_noted_together(shop: Shop) -> None:
    attempt = sold(shop)
    for minor in (1000, 500):
        shop.stripe.dashboard_refund(attempt.stripe_charge_id, minor)
    worlds.hear_stripe(shop.stripe)
    assert sum(paper.amount_minor for paper in issued(shop)) == 3000


def test_what_is_announced_again_is_issued_once(shop: Shop) -> None:
    attempt = sold(shop)
    shop.stripe.dashboard_refund(attempt.stripe_charge_id, 1000)
    worlds.hear_stripe(shop.stripe)
    before = [said(paper) for paper in issued(shop)]
    announce_all(shop.tenant)
    announce_all(shop.tenant)
    assert [said(paper) for paper in issued(shop)] == before
    assert len(before) == 2


def test_a_refund_that_was_not_made_after_all_is_put_right_by_a_receipt(shop: Shop) -> None:
    attempt = sold(shop, tax_bp=1900)
    shop.stripe.dashboard_refund(attempt.stripe_charge_id, 1000)
    worlds.hear_stripe(shop.stripe)
    with tenant_context(shop.tenant):
        with transaction.atomic():
            PaymentAttempt.objects.update(refunded_minor=0)
        announce_all(shop.tenant)
    *_, last = issued(shop)
    assert (last.kind, last.amount_minor, last.tax_minor) == ("receipt", 1000, 160)
    assert "Not refunded after all" in last.lines[0]["text"]
    assert sum(paper.amount_minor for paper in issued(shop)) == 4500


def closed(attempt: PaymentAttempt, lost_minor: int) -> None:
    """A dispute is decided, and told of."""
    with transaction.atomic():
        PaymentAttempt.objects.filter(pk=attempt.pk).update(lost_minor=lost_minor)
        events.record(kind="dispute.closed", subject_id=attempt.pk, actor=COACH, now=clock.now(), data={})
        event = Event.objects.filter(kind="dispute.closed").latest("at")
    with transaction.atomic():
        on_dispute_closed(event=event, now=clock.now())


def test_what_a_bank_took_back_for_good_has_a_credit_note(shop: Shop) -> None:
    attempt = sold(shop, tax_bp=1900)
    shop.stripe.dashboard_refund(attempt.stripe_charge_id, 1000)
    worlds.hear_stripe(shop.stripe)
    with tenant_context(shop.tenant):
        for lost in (0, 3500, 3500, 0):
            closed(attempt, lost)
        _, part, taken, given = papers.all_papers()
    assert [each.amount_minor for each in (part, taken, given)] == [-1000, -3500, 3500]
    assert taken.lines[0]["text"].startswith("Taken back by the card’s bank: Lesson")
    assert (taken.tax_minor, given.tax_minor) == (-559, 559)


# --- by hand -----------------------------------------------------------------------------------------


def received(charge: Charge, minor: int, **fields: Any) -> ManualPayment:
    """Written down by the coach, and told of."""
    with transaction.atomic():
        payment = ManualPayment.objects.create(
            charge=charge,
            tender="cash",
            amount_minor=minor,
            currency="eur",
            received_on=date(2031, 6, 2),
            actor_kind="coach",
            **fields,
        )
    tell("payment.received" if minor > 0 else "payment.given_back", payment)
    return payment


def tell(kind: str, payment: ManualPayment) -> None:
    with transaction.atomic():
        events.record(
            kind=kind,
            subject_id=payment.charge.reference,
            client_id=payment.charge.client_id,
            actor=COACH,
            now=clock.now(),
            data={
                "payment": str(payment.pk),
                "charge": str(payment.charge_id),
                "purpose": payment.charge.purpose,
                "reference": str(payment.charge.reference),
                "tender": payment.tender,
                "amount_minor": abs(payment.amount_minor),
                "left_minor": 0,
                "currency": payment.currency,
            },
        )
    worlds.sweep()
    with schema_context("public"):
        assert not worlds.failures()


def taken_back(payment: ManualPayment) -> None:
    with transaction.atomic():
        ManualPayment.objects.filter(pk=payment.pk).update(
            taken_back_at=clock.now(), taken_back_because="A slip."
        )
    tell("payment.taken_back", payment)


def test_cash_has_a_receipt_and_what_never_was_a_credit_note(
    anna: Tenant, in_tenant: Callable[..., Any], year: int
) -> None:
    with in_tenant(anna):
        payment = received(papers.charge(tax_bp=2000), 4500)
        taken_back(payment)
        taken_back(payment)
        receipt, note = papers.all_papers()
        assert said(receipt) == (f"R-{year}-0001", 4500, 750)
        assert said(note) == (f"C-{year}-0001", -4500, -750)
        assert (receipt.tender, note.corrects_id) == ("cash", receipt.pk)


def test_money_given_back_by_hand_has_a_credit_note_and_its_slip_a_receipt(
    anna: Tenant, in_tenant: Callable[..., Any]
) -> None:
    with in_tenant(anna):
        charge = papers.charge(tax_bp=2000)
        received(charge, 4500)
        taken_back(received(charge, -1500))
        _, note, receipt = papers.all_papers()
        assert (note.kind, note.amount_minor, note.tax_minor) == ("credit_note", -1500, -250)
        assert (receipt.kind, receipt.amount_minor, receipt.tax_minor) == ("receipt", 1500, 250)
        assert receipt.lines[0]["text"].startswith("Not given back after all")


def parts(charge: Charge, *kinds: tuple[str, int]) -> None:
    with transaction.atomic():
        for number, (kind, minor) in enumerate(kinds, start=1):
            Instalment.objects.create(
                charge=charge, number=number, kind=kind, amount_minor=minor, due_at=clock.now()
            )


@pytest.mark.parametrize(
    ("kinds", "paid", "words"),
    [
        ([("deposit", 1500), ("rest", 3000)], 1500, "Deposit for Racket repair"),
        ([("deposit", 1500), ("rest", 3000)], 3000, "Rest of Racket repair"),
        (
            [("instalment", 1500), ("instalment", 1600), ("instalment", 1400)],
            1600,
            "Instalment 2 of 3: Racket repair",
        ),
        ([("instalment", 1500)] * 3, 1500, "Part payment: Racket repair"),
        ([], 700, "Part payment: Racket repair"),
        ([], 4500, "Racket repair"),
    ],
)
def test_a_part_says_which_part_it_is(
    anna: Tenant,
    in_tenant: Callable[..., Any],
    kinds: list[tuple[str, int]],
    paid: int,
    words: str,
) -> None:
    with in_tenant(anna):
        charge = papers.charge()
        parts(charge, *kinds)
        received(charge, paid)
        [paper] = papers.all_papers()
        assert [(line["text"], line["amount_minor"]) for line in paper.lines] == [(words, paid)]


# --- who, and again ----------------------------------------------------------------------------------


def test_a_paper_keeps_who_was_named_and_the_next_one_names_anew(
    anna: Tenant, in_tenant: Callable[..., Any], year: int
) -> None:
    with in_tenant(anna):
        charge = papers.charge()
        first = papers.receipt(charge)
        with transaction.atomic():
            Practice.objects.update(legal_name="Anna Schmidt e.K.", document_prefix="AS")
            Client.objects.update(billing={"name": "Bright Ltd", "address": "1 Road", "vat_number": "GB1"})
        second = papers.receipt(Charge.objects.select_related("client").get())
        first.refresh_from_db()
        assert (first.payer["name"], first.seller["name"]) == ("Cleo Bright", anna.name)
        assert second.payer == {"name": "Bright Ltd", "address": "1 Road", "vat_number": "GB1"}
        assert (second.seller["name"], second.label) == ("Anna Schmidt e.K.", f"AS-R-{year}-0002")


def again(document: Document) -> Document:
    return documents.issue_again(document_id=document.pk, now=clock.now(), actor=COACH)


def test_again_takes_back_the_old_one_and_issues_what_is_left_of_it(shop: Shop, year: int) -> None:
    attempt = sold(shop, tax_bp=1900)
    shop.stripe.dashboard_refund(attempt.stripe_charge_id, 1000)
    worlds.hear_stripe(shop.stripe)
    old = issued(shop)[0]
    with tenant_context(shop.tenant):
        with transaction.atomic():
            Client.objects.update(billing={"name": "Bright Ltd"})
        new = again(old)
        assert (new.label, new.amount_minor, new.payer["name"]) == (f"R-{year}-0002", 3500, "Bright Ltd")
        with pytest.raises(documents.NothingLeft):
            again(old)
        with pytest.raises(documents.NothingChanged):
            again(new)
    shop.stripe.dashboard_refund(attempt.stripe_charge_id, None)
    worlds.hear_stripe(shop.stripe)
    *_, last = issued(shop)
    assert (last.kind, last.amount_minor, last.corrects_id) == ("credit_note", -3500, new.pk)
    assert last.payer["name"] == "Bright Ltd"
    assert sum(paper.amount_minor for paper in issued(shop)) == 0


def test_a_credit_note_is_not_issued_again(anna: Tenant, in_tenant: Callable[..., Any]) -> None:
    with in_tenant(anna):
        taken_back(received(papers.charge(), 4500))
        with transaction.atomic():
            Client.objects.update(billing={"name": "Bright Ltd"})
        _, note = papers.all_papers()
        with pytest.raises(documents.NothingLeft):
            again(note)


def test_a_paper_is_never_changed_nor_deleted(anna: Tenant, in_tenant: Callable[..., Any]) -> None:
    with in_tenant(anna):
        paper = papers.receipt(papers.charge())
        paper.amount_minor = 1
        with pytest.raises(AppendOnly):
            paper.save()
        with pytest.raises(AppendOnly):
            paper.delete()


def test_what_comes_to_another_sum_is_told_in_the_charges_own_words(shop: Shop) -> None:
    """Sold for 45.00, and changed since: the lines of what it is now would not be what was paid."""
    attempt = sold(shop, tax_bp=1900)
    with tenant_context(shop.tenant):
        charge = Charge.objects.get(pk=attempt.charge_id)
        assert [line.tax_bp for line in of_charge(charge)] == [1900]
        charge.amount_minor = 4000
        assert of_charge(charge) == [Line("Lesson", 4000, charge.tax_bp)]


def test_papers_count_on_from_year_to_year(anna: Tenant, in_tenant: Callable[..., Any], year: int) -> None:
    with in_tenant(anna):
        charge = papers.charge()
        papers.receipt(charge)
        with clock.travel(timedelta(days=370).total_seconds()):
            later = papers.receipt(charge)
        assert later.label == f"R-{later.issued_on.year}-0002"
        assert later.issued_on.year > year


def test_nobody_but_the_payer_is_named(shop: Shop) -> None:
    """A pack that was bought for somebody else."""
    kind = worlds.session_type(shop.tenant)
    given = pack_room.given(shop, worlds.pack_offer(shop.tenant, kind))
    [paper] = issued(shop)
    assert paper.payer["name"] == "Mia Gold"
    assert "Cleo" not in str(paper.lines)
    assert paper.client_id == given.buyer_id
