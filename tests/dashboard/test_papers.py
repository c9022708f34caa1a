"""The coach's papers: found, printed, handed to the accountant; invoices made, sent, cancelled."""

import csv
import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context, tenant_context

from kit import clock
from kit.ids import uuid7
from tenants.billing import by_hand
from tenants.billing.models import Charge, Document, Tender
from tenants.clients.models import Client
from tenants.dashboard.forms.tax import typed_rate
from tenants.offers.models import Practice, SessionType
from tenants.packs import selling
from tenants.packs.models import PackOffer
from tenants.registry.models import Tenant
from tests import worlds
from tests.billing import papers
from tests.billing.papers import COACH
from tests.dashboard import test_offers, test_pack_offers
from tests.dashboard.desk import Coach
from tests.pages.clients import words
from tests.pdf_text import text_of
from tests.worlds import Shop

MOST_QUERIES = 12


@pytest.fixture
def coach(shop: Shop) -> Coach:
    return Coach(shop.tenant)


@pytest.fixture
def client_id(shop: Shop) -> UUID:
    with tenant_context(shop.tenant):
        return papers.client().pk


def typed(client_id: object, **changes: Any) -> dict[str, Any]:
    """An invoice over €206.00, as a browser sends it."""
    due_on = (clock.now() + timedelta(days=14)).date().isoformat()
    lines = {
        "line-0-text": "Training plan",
        "line-0-quantity": "1",
        "line-0-each": "200",
        "line-0-rate": "19",
        "line-1-text": "Balls",
        "line-1-quantity": "3",
        "line-1-each": "2.00",
        "line-1-rate": "7",
        "line-2-text": "",
        "line-2-quantity": "1",
        "line-2-each": "",
        "line-2-rate": "",
    }
    return {"client": client_id, "due_on": due_on, "key": uuid7(), **lines, **changes}


def sent(coach: Coach, client_id: object, **changes: Any) -> str:
    """The page of an invoice that was sent."""
    answer = coach.post("money/invoices/new/", typed(client_id, **changes))
    assert answer.status_code == 303, answer.content.decode()
    return answer["Location"].removeprefix(coach.base)


def only(shop: Shop, **wanted: Any) -> Document:
    with tenant_context(shop.tenant):
        return Document.objects.select_related("charge__client").get(**wanted)


def work_off() -> None:
    with schema_context("public"):
        worlds.sweep()
        assert not worlds.failures()


# --- making invoices ---------------------------------------------------------------------------------


def test_an_invoice_is_read_first_and_sent_then(shop: Shop, coach: Coach, client_id: UUID) -> None:
    shown = coach.post("money/invoices/new/", typed(client_id, preview="1"))
    page = words(shown.content.decode())
    for said in ("So it will read", "€206.00", "3 × €2.00", "€31.93", "Cleo Bright", shop.tenant.name):
        assert said in page, said
    with tenant_context(shop.tenant):
        assert not Document.objects.exists()
        assert not Charge.objects.exists()
    page = coach.read(sent(coach, client_id))
    assert "€206.00 open" in page
    assert "To be paid" in page
    work_off()
    assert [message.to for message in mail.outbox] == [["cleo@example.com"]]


def test_pressing_send_twice_sends_one(shop: Shop, coach: Coach, client_id: UUID) -> None:
    key = uuid7()
    assert sent(coach, client_id, key=key) == sent(coach, client_id, key=key)
    assert only(shop).pk == key


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"client": ""}, "This field is required."),
        ({"due_on": "2020-01-01"}, "Choose a day from today on"),
        ({"line-0-each": "abc"}, "is not an amount"),
        ({"line-0-each": "0"}, "Type an amount above 0."),
        ({"line-0-rate": "99"}, "Type a rate from 0 to 50"),
        ({"line-0-quantity": "0"}, "greater than or equal to 1"),
        ({"line-0-text": ""}, "This field is required."),
        ({"line-0-text": "", "line-0-each": "", "line-1-text": "", "line-1-each": ""}, "at least one line"),
        ({"line-0-each": "0.10", "line-1-text": "", "line-1-each": ""}, "€0.50 or more"),
        ({"line-0-each": "900000", "line-0-quantity": "2"}, "The most that one payment can be"),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_is_kept(
    shop: Shop, coach: Coach, client_id: UUID, changes: dict[str, str], said: str
) -> None:
    answer = coach.post("money/invoices/new/", typed(client_id, **changes))
    page = words(answer.content.decode())
    assert answer.status_code == 422
    assert said in page
    assert 'value="3"' in page
    with tenant_context(shop.tenant):
        assert not Document.objects.exists()


def test_one_is_meant_where_no_quantity_is_typed(shop: Shop, coach: Coach, client_id: UUID) -> None:
    sent(coach, client_id, **{"line-1-quantity": ""})
    assert [line["amount_minor"] for line in only(shop).lines] == [20_000, 200]


def test_as_many_lines_as_are_filled_have_room_for_more(coach: Coach, client_id: UUID) -> None:
    many = {
        f"line-{n}-{name}": said
        for n in range(2, 8)
        for name, said in (("text", "Hour"), ("quantity", "1"), ("each", "10"))
    }
    page = coach.post("money/invoices/new/", typed(client_id, preview="1", **many)).content.decode()
    assert 'name="line-10-text"' in page
    assert 'name="line-11-text"' not in page


def test_without_clients_there_is_nobody_to_send_one_to(coach: Coach) -> None:
    assert "No clients yet" in coach.read("money/invoices/new/")


def test_it_can_begin_with_a_client(coach: Coach, client_id: UUID) -> None:
    assert f'<option value="{client_id}" selected>' in coach.read(f"money/invoices/new/?client={client_id}")


# --- for what is owed --------------------------------------------------------------------------------


@pytest.fixture
def owed(shop: Shop, client_id: UUID) -> Charge:
    offer = worlds.pack_offer(shop.tenant, worlds.session_type(shop.tenant), tax_bp=1900)
    with tenant_context(shop.tenant):
        selling.sell(offer_id=offer.pk, client_id=client_id, now=clock.now(), actor=COACH)
        return Charge.objects.get()


def test_what_is_owed_already_is_asked_for_by_invoice(shop: Shop, coach: Coach, owed: Charge) -> None:
    address = f"money/owed/{owed.pk}/invoice/"
    page = coach.read(address)
    assert "10-session pack" in page
    assert "€71.85" in page
    due_on = (clock.now() + timedelta(days=7)).date().isoformat()
    answer = coach.post(address, {"due_on": due_on, "key": uuid7()})
    assert answer.status_code == 303
    invoice = only(shop)
    assert (invoice.charge_id, invoice.amount_minor) == (owed.pk, 45_000)
    for again in (coach.get(address), coach.post(address, {"due_on": due_on, "key": uuid7()})):
        assert again["Location"] == f"{coach.base}money/papers/{invoice.pk}/"
    with tenant_context(shop.tenant):
        assert (Charge.objects.count(), Document.objects.count()) == (1, 1)


def test_what_is_paid_meanwhile_is_not_asked_for(shop: Shop, coach: Coach, owed: Charge) -> None:
    with tenant_context(shop.tenant):
        by_hand.record(
            charge_id=owed.pk, tender=Tender.CASH, amount_minor=45_000, received_on=clock.now().date(),
            reference="", now=clock.now(), actor=COACH, key=uuid7(),
        )  # fmt: skip
    due_on = (clock.now() + timedelta(days=7)).date().isoformat()
    answer = coach.post(f"money/owed/{owed.pk}/invoice/", {"due_on": due_on, "key": uuid7()})
    assert answer.status_code == 409
    assert "Nothing is owed for this" in answer.content.decode()


# --- one paper ---------------------------------------------------------------------------------------


def test_a_cancelled_invoice_says_so_and_cannot_be_cancelled_again(
    shop: Shop, coach: Coach, client_id: UUID
) -> None:
    page = sent(coach, client_id)
    assert coach.post(f"{page}cancel").status_code == 303
    read = coach.read(page)
    assert "Cancelled" in read
    assert "Cancel this invoice" not in read
    answer = coach.post(f"{page}cancel")
    assert answer.status_code == 409
    assert "nothing of it is open any more" in answer.content.decode()
    assert only(shop, kind="credit_note").amount_minor == -20_600


def test_a_receipt_is_no_invoice_to_cancel(shop: Shop, coach: Coach) -> None:
    worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(30))
    assert coach.post(f"money/papers/{only(shop).pk}/cancel").status_code == 404


def test_a_paper_in_another_name_is_a_credit_note_and_another_paper(
    shop: Shop, coach: Coach, client_id: UUID
) -> None:
    page = sent(coach, client_id)
    assert "Issue it again" not in coach.read(page)
    assert coach.post(f"{page}again").status_code == 409
    details = {"name": "Bright Ltd", "address": "1 Road", "vat_number": "GB1"}
    assert coach.post(f"clients/{client_id}/papers/", details).status_code == 303
    assert "Bright Ltd, GB1" in coach.read(f"clients/{client_id}/")
    assert "Issue it again" in coach.read(page)
    answer = coach.post(f"{page}again")
    new = answer["Location"].removeprefix(coach.base)
    assert "Bright Ltd" in coach.read(new)
    assert "Replaced" in coach.read(page)
    with tenant_context(shop.tenant):
        assert [each.amount_minor for each in papers.all_papers()] == [20_600, -20_600, 20_600]


def test_the_document_is_that_of_the_payer(shop: Shop, coach: Coach, client_id: UUID) -> None:
    answer = coach.get(f"{sent(coach, client_id)}paper.pdf")
    assert answer["Content-Type"] == "application/pdf"
    printed = text_of(answer.content)
    for said in ("Cleo Bright", "Training plan", "€206.00", "To be paid"):
        assert said in printed, said


# --- all of them -------------------------------------------------------------------------------------


@pytest.fixture
def several(shop: Shop, coach: Coach, client_id: UUID) -> Document:
    """A receipt, a part of it refunded, an invoice that is open and one that is cancelled."""
    booking = worlds.sell(shop, worlds.session_type(shop.tenant, tax_bp=1900), at=worlds.hour(30))
    shop.stripe.dashboard_refund(worlds.attempt_for(shop.tenant, booking).stripe_charge_id, 1000)
    worlds.hear_stripe(shop.stripe)
    cancelled, _open = sent(coach, client_id), sent(coach, client_id)
    coach.post(f"{cancelled}cancel")
    return only(shop, kind="receipt")


@pytest.mark.parametrize(
    ("asked", "labels"),
    [
        ("", ["C2", "I2", "I1", "C1", "R1"]),
        ("?kind=invoice", ["I2", "I1"]),
        ("?kind=credit_note", ["C2", "C1"]),
        ("?state=to_pay", ["I2"]),
        ("?state=overdue", []),
        ("?state=ended", ["I1"]),
        ("?period=last_month", []),
        ("?period=all&state=issued", ["C2", "C1", "R1"]),
        ("?since=2020-01-01&until=2020-12-31", []),
    ],
)
def test_papers_are_found_by_kind_state_and_time(
    several: Document, coach: Coach, asked: str, labels: list[str]
) -> None:
    page = coach.read(f"money/papers/{asked}")
    found = [row["Number"] for row in rows(coach, asked)]
    assert [f"{label[0]}{int(label[-4:])}" for label in found] == labels
    assert all(f">{label}<" in page for label in found)
    assert ("papers.csv" in page) == bool(labels)
    if not labels:
        assert "Nothing found" in page or "No papers in this time" in page


def rows(coach: Coach, asked: str = "") -> list[dict[str, str]]:
    answer = coach.get(f"money/papers.csv{asked}")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_accountants_file_has_every_paper_with_its_tax(several: Document, coach: Coach) -> None:
    found = {row["Number"]: row for row in rows(coach)}
    receipt = found[several.label]
    assert (receipt["Gross"], receipt["Net"], receipt["Tax"]) == ("45.00", "37.82", "7.18")
    assert (receipt["Net at 19%"], receipt["Tax at 19%"], receipt["Tax at 7%"]) == ("37.82", "7.18", "0.00")
    assert (receipt["Payer"], receipt["State"]) == ("Cleo Bright", "Issued")
    assert receipt["Paid by"] == "Visa ending in 4242"
    [part] = [row for row in found.values() if row["Gross"] == "-10.00"]
    assert (part["Kind"], part["Corrects"], part["Tax"]) == ("Credit note", several.label, "-1.60")
    states = sorted(row["State"] for row in found.values() if row["Kind"] == "Invoice")
    assert states == ["Cancelled", "To be paid"]
    for row in found.values():
        nets = sum(float(row[f"Net at {rate}"]) + float(row[f"Tax at {rate}"]) for rate in ("19%", "7%"))
        assert round(nets, 2) == float(row["Gross"])
        assert round(float(row["Net"]) + float(row["Tax"]), 2) == float(row["Gross"])


def test_a_payment_of_an_invoice_names_it_and_bears_no_tax_twice(
    shop: Shop, coach: Coach, client_id: UUID
) -> None:
    sent(coach, client_id)
    invoice = only(shop)
    with tenant_context(shop.tenant):
        by_hand.record(
            charge_id=invoice.charge_id, tender=Tender.CASH, amount_minor=20_600, reference="",
            received_on=clock.now().date(), now=clock.now(), actor=COACH, key=uuid7(),
        )  # fmt: skip
    work_off()
    receipt, asked = rows(coach)
    assert (receipt["Pays invoice"], receipt["Tax"], receipt["Paid by"]) == (invoice.label, "0.00", "Cash")
    assert (asked["State"], asked["Tax"]) == ("Paid", "32.32")


def test_what_a_payer_is_called_is_no_formula(shop: Shop, coach: Coach, client_id: UUID) -> None:
    with tenant_context(shop.tenant), transaction.atomic():
        Client.objects.update(billing={"name": "=1+1"})
    sent(coach, client_id)
    assert rows(coach)[0]["Payer"] == "'=1+1"


def test_nothing_issued_is_said_in_words(coach: Coach) -> None:
    assert "No papers in this time" in coach.read("money/papers/")
    assert rows(coach) == []


def test_a_period_that_makes_no_sense_is_told(coach: Coach) -> None:
    for page in ("money/papers/", "money/papers.csv"):
        answer = coach.get(f"{page}?since=2026-06-10&until=2026-06-01")
        assert answer.status_code == 422


def test_pages_of_papers_stay_within_their_queries(several: Document, coach: Coach) -> None:
    one = f"money/papers/{several.pk}/"
    for page in ("money/papers/", "money/papers.csv", one, f"{one}paper.pdf", "money/invoices/new/"):
        with CaptureQueriesContext(connection) as asked:
            assert coach.get(page).status_code == 200
        queries = [each["sql"] for each in asked if not each["sql"].startswith(("BEGIN", "COMMIT"))]
        assert len(queries) <= MOST_QUERIES, "\n".join([page, *queries])


def test_papers_of_others_are_unknown(several: Document, ben: Tenant) -> None:
    stranger = Coach(ben)
    for page in ("", "paper.pdf"):
        assert stranger.get(f"money/papers/{several.pk}/{page}").status_code == 404
    for button in ("cancel", "again"):
        assert stranger.post(f"money/papers/{several.pk}/{button}").status_code == 404


# --- what stands on them -----------------------------------------------------------------------------


def test_what_stands_on_papers_is_kept_for_the_next_ones(shop: Shop, coach: Coach, client_id: UUID) -> None:
    details = {
        "legal_name": "Anna Schmidt e.K.",
        "legal_address": "Hauptstr. 1\r\nBerlin",
        "vat_number": "DE1",
        "document_prefix": "as",
        "bank_details": "IBAN DE89 3704",
    }
    assert coach.post("settings/papers/", details).status_code == 303
    assert "Anna Schmidt e.K." in coach.read("settings/")
    page = coach.read(sent(coach, client_id))
    for said in ("Invoice AS-I-", "Anna Schmidt e.K.", "Berlin", "IBAN DE89 3704"):
        assert said in page, said
    with tenant_context(shop.tenant):
        assert Practice.objects.get().legal_address == "Hauptstr. 1\nBerlin"


def test_a_prefix_of_other_signs_is_told(coach: Coach) -> None:
    answer = coach.post("settings/papers/", {"document_prefix": "A/1"})
    assert answer.status_code == 422
    assert "Use letters, digits and dashes." in answer.content.decode()


@pytest.mark.parametrize(("rate", "tax_bp"), [("19", 1900), ("7,7", 770), ("6.25 %", 625), ("", 0)])
def test_a_session_type_and_a_pack_have_a_rate_of_tax(
    shop: Shop, coach: Coach, rate: str, tax_bp: int
) -> None:
    assert coach.post("offers/new/", test_offers.typed(tax=rate)).status_code == 303
    with tenant_context(shop.tenant):
        kind = SessionType.objects.get()
    assert coach.post("offers/packs/new/", test_pack_offers.typed(kind, tax=rate)).status_code == 303
    with tenant_context(shop.tenant):
        offer = PackOffer.objects.get()
    assert (kind.tax_bp, offer.tax_bp) == (tax_bp, tax_bp)
    shown = typed_rate(tax_bp)
    for page in (f"offers/{kind.pk}/", f"offers/packs/{offer.line}/"):
        assert (f'value="{shown}"' in coach.read(page).partition("tax")[2]) == bool(shown)


def test_another_rate_is_another_version_of_a_pack(shop: Shop, coach: Coach) -> None:
    kind = worlds.session_type(shop.tenant)
    for rate in ("19", "19", "7"):
        page = "offers/packs/new/"
        with tenant_context(shop.tenant):
            if there := PackOffer.objects.filter(is_current=True).first():
                page = f"offers/packs/{there.line}/"
        assert coach.post(page, test_pack_offers.typed(kind, tax=rate)).status_code == 303
    with tenant_context(shop.tenant):
        assert [each.tax_bp for each in PackOffer.objects.order_by("version")] == [1900, 700]


def test_a_rate_that_is_none_is_told(shop: Shop, coach: Coach) -> None:
    answer = coach.post("offers/new/", test_offers.typed(tax="fifty"))
    assert answer.status_code == 422
    assert "Type a rate from 0 to 50" in answer.content.decode()
