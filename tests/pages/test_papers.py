"""A paper as its payer reads it: by a link of its own, on the page and in print, in whose name they want."""

import html

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from kit import clock
from kit.ids import uuid7
from tenants.billing import invoices, paper_links
from tenants.billing.models import Document
from tenants.billing.paper_lines import Line
from tenants.clients.models import Client
from tenants.offers import brand
from tenants.offers.models import Practice
from tenants.packs import links as pack_links
from tenants.packs.models import Pack
from tenants.registry.models import Tenant
from tenants.scheduling import links
from tenants.scheduling.models import Booking
from tests import worlds
from tests.billing import papers
from tests.billing.papers import COACH
from tests.dashboard.test_brand import drawn
from tests.pages.clients import browser, counted, words
from tests.pdf_text import text_of
from tests.worlds import Shop

MOST_QUERIES = 8
DETAILS = {"name": "Łukasz & Söhne <b>", "address": "1 Road\r\n\r\n Town ", "vat_number": "DE1"}


@pytest.fixture
def receipt(shop: Shop) -> Document:
    """For a lesson of 45.00 with 19 percent of tax in it, paid by card."""
    worlds.sell(shop, worlds.session_type(shop.tenant, tax_bp=1900), at=worlds.hour(30))
    with tenant_context(shop.tenant):
        return Document.objects.select_related("charge__client").get()


@pytest.fixture
def invoice(shop: Shop) -> Document:
    with tenant_context(shop.tenant):
        with transaction.atomic():
            Practice.objects.update(bank_details="IBAN DE89 3704", legal_name="Anna Schmidt e.K.")
        lines = [Line("Training plan", 20_000, 1900), Line("Balls", 600, 700, quantity=3)]
        due_on = clock.now().date()
        return invoices.send(
            key=uuid7(),
            client_id=papers.client().pk,
            lines=lines,
            due_on=due_on,
            now=clock.now(),
            actor=COACH,
        )


def link(tenant: Tenant, document: Document) -> str:
    with tenant_context(tenant):
        return f"/paper/{paper_links.token_of(document)}/"


def test_a_receipt_says_who_what_and_the_tax(shop: Shop, receipt: Document) -> None:
    page = words(browser(shop.tenant).get(link(shop.tenant, receipt)).text)
    for said in (
        f"Receipt {receipt.label}",
        "Lesson, ",
        "€45.00",
        "€37.82",
        "€7.18",
        "19%",
        "Visa ending in 4242",
    ):
        assert said in page, said
    assert "still to be paid" not in page


def test_an_invoice_says_what_is_owed_and_how_to_pay_it(shop: Shop, invoice: Document) -> None:
    page = words(browser(shop.tenant).get(link(shop.tenant, invoice)).text)
    for said in ("€206.00", "still to be paid", "IBAN DE89 3704", "3 × €2.00", "Anna Schmidt e.K.", "/pay/"):
        assert said in page, said


def test_the_logo_stands_on_the_document(shop: Shop, invoice: Document) -> None:
    address = f"{link(shop.tenant, invoice)}paper.pdf"
    assert b"/Subtype /Image" not in browser(shop.tenant).get(address).content
    with tenant_context(shop.tenant):
        brand.show_logo(name="logo.png", content=drawn((300, 100)), now=clock.now())
    assert b"/Subtype /Image" in browser(shop.tenant).get(address).content


def test_the_document_says_what_the_page_says(shop: Shop, invoice: Document) -> None:
    visitor, address = browser(shop.tenant), link(shop.tenant, invoice)
    answer = visitor.get(f"{address}paper.pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert f'filename="{invoice.label}.pdf"' in answer.headers["Content-Disposition"]
    printed, page = text_of(answer.content), html.unescape(visitor.get(address).text)
    said = [
        "Anna Schmidt e.K.",
        "Cleo Bright",
        "Training plan",
        "Balls",
        "€2.00",
        "€206.00",
        "€31.93",
        "€0.39",
    ]
    for each in [f"Invoice {invoice.label}", "To be paid", "IBAN DE89 3704", *said]:
        assert each in printed, each
        assert each in page, each


def test_without_tax_no_word_is_said_about_it(shop: Shop) -> None:
    worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(30))
    with tenant_context(shop.tenant):
        address = link(shop.tenant, Document.objects.select_related("charge__client").get())
    visitor = browser(shop.tenant)
    assert "Tax" not in words(visitor.get(address).text)
    assert "Tax" not in text_of(visitor.get(f"{address}paper.pdf").content)


def test_a_paper_stays_within_its_queries(shop: Shop, receipt: Document) -> None:
    visitor, address = browser(shop.tenant), link(shop.tenant, receipt)
    for path in ("", "paper.pdf"):
        with counted() as queries:
            assert visitor.get(f"{address}{path}").status_code == 200
        assert len(queries) <= MOST_QUERIES, queries


# --- who may read it ---------------------------------------------------------------------------------


def test_links_of_others_and_old_ones_open_nothing(shop: Shop, receipt: Document, ben: Tenant) -> None:
    address = link(shop.tenant, receipt)
    for path in ("", "paper.pdf"):
        assert browser(ben).get(f"{address}{path}").status_code == 404
    assert browser(shop.tenant).get(f"/paper/{'A' * 43}/").status_code == 404
    assert browser(shop.tenant).get(address).headers["X-Robots-Tag"] == "noindex"
    with tenant_context(shop.tenant), transaction.atomic():
        Client.objects.update(link_version=2)
    answer = browser(shop.tenant).get(address)
    assert answer.status_code == 404
    assert "This link does not work" in answer.text


def test_looking_changes_nothing(shop: Shop, receipt: Document) -> None:
    address = link(shop.tenant, receipt)
    for path in ("", "paper.pdf"):
        browser(shop.tenant).get(f"{address}{path}")
    assert browser(shop.tenant).get(f"{address}details").status_code == 405
    with tenant_context(shop.tenant):
        assert Document.objects.count() == 1


# --- in whose name -----------------------------------------------------------------------------------


def test_a_payer_has_it_issued_again_in_another_name(shop: Shop, receipt: Document) -> None:
    visitor, address = browser(shop.tenant), link(shop.tenant, receipt)
    answer = visitor.post(f"{address}details", DETAILS, follow=True)
    page = words(answer.text)
    assert "Łukasz & Söhne <b>" in page
    assert "Issued again as" in page
    with tenant_context(shop.tenant):
        old, note, new = papers.all_papers()
        assert (note.corrects_id, note.amount_minor) == (old.pk, -4500)
        assert new.payer == {"name": "Łukasz & Söhne <b>", "address": "1 Road\nTown", "vat_number": "DE1"}
        assert old.payer["name"] == "Cleo"
    printed = text_of(visitor.get(f"{link(shop.tenant, new)}paper.pdf").content)
    assert "Łukasz & Söhne <b>" in printed
    assert "Replaced" in words(visitor.get(address).text)


def test_the_same_details_issue_nothing(shop: Shop, receipt: Document) -> None:
    visitor, address = browser(shop.tenant), link(shop.tenant, receipt)
    for _ in range(2):
        answer = visitor.post(f"{address}details", {"name": "Cleo"}, follow=True)
        assert "This paper says so already." in answer.text
    with tenant_context(shop.tenant):
        assert Document.objects.count() == 1


def test_pressing_twice_issues_once(shop: Shop, receipt: Document) -> None:
    visitor, address = browser(shop.tenant), link(shop.tenant, receipt)
    for _ in range(2):
        visitor.post(f"{address}details", DETAILS)
    with tenant_context(shop.tenant):
        assert [each.kind for each in papers.all_papers()] == ["receipt", "credit_note", "receipt"]


def test_what_is_too_long_is_told_and_kept(shop: Shop, receipt: Document) -> None:
    answer = browser(shop.tenant).post(f"{link(shop.tenant, receipt)}details", {"name": "x" * 141})
    assert answer.status_code == 422
    assert "x" * 141 in answer.text
    with tenant_context(shop.tenant):
        assert Client.objects.get().billing == {}


# --- from the booking --------------------------------------------------------------------------------


def test_the_booking_leads_to_its_receipt(shop: Shop, receipt: Document) -> None:
    with tenant_context(shop.tenant):
        page = f"/b/{links.token_of(Booking.objects.get())}/receipt"
    answer = browser(shop.tenant).get(page)
    assert (answer.status_code, answer.headers["Location"]) == (302, link(shop.tenant, receipt))


@pytest.fixture
def bought(shop: Shop) -> Pack:
    return worlds.buy_pack(shop, worlds.pack_offer(shop.tenant, worlds.session_type(shop.tenant)))


def test_a_pack_leads_to_its_receipt(shop: Shop, bought: Pack) -> None:
    with tenant_context(shop.tenant):
        document = Document.objects.select_related("charge__client").get()
        page = f"/p/{pack_links.token_of(bought)}/receipt"
    answer = browser(shop.tenant).get(page)
    assert (answer.status_code, answer.headers["Location"]) == (302, link(shop.tenant, document))


def test_whoever_was_given_a_pack_sees_no_amount_by_its_link(shop: Shop, bought: Pack) -> None:
    with tenant_context(shop.tenant):
        with transaction.atomic():
            Pack.objects.update(buyer=papers.client("Mia Gold", "mia@example.com"))
        page = f"/p/{pack_links.token_of(bought)}/receipt"
    answer = browser(shop.tenant).get(page)
    assert answer.status_code == 404
    assert "450.00" not in answer.text
