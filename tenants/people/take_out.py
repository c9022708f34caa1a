"""What an archive of a practice holds for people to open: lists for a spreadsheet, and the papers as PDF."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from django.db.models import Sum

from kit.clock import zone
from kit.database import current_schema
from kit.money import to_decimal
from payouts.models import Payout
from tenants.billing.models import Document
from tenants.billing.paper_list import papers
from tenants.billing.paper_pdf import paper_as_pdf
from tenants.billing.paper_words import shown_now
from tenants.clients.models import Client
from tenants.earnings import figures, paper_export
from tenants.earnings.export import as_csv, harmless
from tenants.earnings.periods import Period
from tenants.offers.models import Practice
from tenants.offers.practice import practice, speaking
from tenants.packs.models import Pack
from tenants.paperwork import certificate
from tenants.paperwork.models import ClientPaper, ClientPaperStatus, PaperKind
from tenants.people.export import clients_csv
from tenants.people.stages import with_facts
from tenants.registry.archive.parts import Part
from tenants.registry.models import Tenant
from tenants.scheduling.models import Booking

# The mark at the beginning is what makes spreadsheets read a file as UTF-8.
UTF8: Final = "\ufeff"
BOOKINGS: Final = ("Starts", "Ends", "What", "Client", "State", "Currency", "Price", "Paid by", "Key")
PACKS: Final = (
    *("Client", "Paid by", "Pack", "Bought", "State", "Units", "Left", "Currency", "Price", "Ends", "Key"),
)
PAYOUTS: Final = ("Arrives", "State", "Currency", "Amount", "Bank account ends with", "Stripe's number")


def parts(*, now: datetime) -> Iterator[Part]:
    """Step of an export: each list whole, then each paper by its number."""
    here = practice()
    yield _csv("clients.csv", lambda: _clients(here, now), "Clients, what they have left and what they owe")
    yield _csv("bookings.csv", lambda: _bookings(here), "Every booking, whatever became of it")
    yield _csv("payments.csv", lambda: _payments(here), "Every payment with its fees and refunds")
    yield _csv("papers.csv", lambda: _papers(here, now), "Receipts, invoices and credit notes with their tax")
    yield _csv("packs.csv", lambda: _packs(here), "Packs, and what is left of each")
    yield _csv("payouts.csv", _payouts, "What Stripe paid out to the bank")
    yield from _documents(here, now)
    yield from _agreements(here)


def _csv(name: str, text: Callable[[], str], about: str) -> Part:
    return Part(name, lambda: [UTF8, text()], about)


def _table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(headings)
    writer.writerows(rows)
    return file.getvalue()


# --- lists --------------------------------------------------------------------------------------------


def _clients(here: Practice, now: datetime) -> str:
    rows = with_facts(Client.objects.order_by("name", "pk"), now=now)
    return clients_csv(rows, currency=_currency(), tz=here.timezone, now=now)


def _currency() -> str:
    return Tenant.objects.values_list("currency", flat=True).get(schema_name=current_schema())


def _bookings(here: Practice) -> str:
    rows = Booking.objects.select_related("session__session_type", "client")
    return _table(
        BOOKINGS, (_booking(row, here.timezone) for row in rows.order_by("session__starts_at", "pk"))
    )


def _booking(row: Booking, tz: str) -> Sequence[object]:
    return (
        _minute(row.session.starts_at, tz),
        _minute(row.session.ends_at, tz),
        harmless(str(row.agreed.get("name") or row.session.session_type.name)),
        harmless(row.client.name if row.client else ""),
        row.get_status_display(),
        row.currency.upper(),
        to_decimal(row.price_minor, row.currency),
        row.funding,
        row.pk,
    )


def _payments(here: Practice) -> str:
    with speaking(here):
        return as_csv(figures.lines(period=Period(here.timezone)), tz=here.timezone)


def _papers(here: Practice, now: datetime) -> str:
    return paper_export.as_csv(papers(today=now.astimezone(zone(here.timezone)).date()))


def _packs(here: Practice) -> str:
    rows = Pack.objects.select_related("offer", "client", "buyer").annotate(left=Sum("entries__units"))
    return _table(PACKS, (_pack(row, here.timezone) for row in rows.order_by("bought_at", "pk")))


def _pack(row: Pack, tz: str) -> Sequence[object]:
    return (
        harmless(row.client.name),
        harmless(row.buyer.name if row.buyer else row.client.name),
        harmless(row.offer.name),
        _minute(row.bought_at, tz),
        row.get_status_display(),
        row.units,
        row.left or 0,  # type: ignore[attr-defined]
        row.currency.upper(),
        to_decimal(row.price_minor, row.currency),
        _minute(row.expires_at, tz) if row.expires_at else "",
        row.pk,
    )


def _payouts() -> str:
    return _table(PAYOUTS, (_payout(row) for row in Payout.objects.order_by("arrives_on", "pk")))


def _payout(row: Payout) -> Sequence[object]:
    return (
        row.arrives_on.isoformat(),
        row.get_status_display(),
        row.currency.upper(),
        to_decimal(row.amount_minor, row.currency),
        row.bank_last4,
        row.payout_id,
    )


def _minute(moment: datetime, tz: str) -> str:
    return f"{moment.astimezone(zone(tz)):%Y-%m-%d %H:%M}"


# --- documents ----------------------------------------------------------------------------------------


def _documents(here: Practice, now: datetime) -> Iterator[Part]:
    for document in Document.objects.select_related("charge__client", "corrects").order_by("issued_at", "pk"):
        drawn = partial(_drawn, document, here, now)
        yield Part(f"papers/{_plain(document.label)}-{document.pk.hex[-6:]}.pdf", drawn)


def _drawn(document: Document, here: Practice, now: datetime) -> list[bytes]:
    with speaking(here):
        return [paper_as_pdf(shown_now(document, here, now), here)]


def _agreements(here: Practice) -> Iterator[Part]:
    """What was accepted, each with its certificate."""
    accepted = ClientPaper.objects.filter(paper__kind=PaperKind.AGREEMENT, status=ClientPaperStatus.DONE)
    coach = Tenant.objects.values_list("name", flat=True).get(schema_name=current_schema())
    for given in accepted.select_related("paper", "client", "acceptance").order_by("pk"):
        name = certificate.file_name(given).removesuffix(".pdf")
        yield Part(f"agreements/{name}-{given.pk.hex[-6:]}.pdf", partial(_certified, given, coach, here))


def _certified(given: ClientPaper, coach: str, here: Practice) -> list[bytes]:
    with speaking(here):
        return [certificate.as_document(given, coach=coach, here=here)]


def _plain(label: str) -> str:
    return "".join(each if each.isalnum() else "-" for each in label)
