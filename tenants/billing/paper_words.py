"""A paper as it is read, on a page and in print alike: its words, in the order in which they stand."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from kit.clock import zone
from kit.money import format_money
from kit.words import long_date
from tenants.billing.charges import owed_minor
from tenants.billing.codes import code_of
from tenants.billing.invoices import STILL_ASKS, Standing, standing_of
from tenants.billing.models import Document, DocumentKind
from tenants.billing.paper_lines import Line, read
from tenants.billing.tax import RateSum, by_rate, rate_in_words
from tenants.billing.tenders import tender_in_words
from tenants.offers.models import Practice

Amount = Callable[[int], str]
ISSUED, REPLACED, TAKEN_BACK = "Issued", "Replaced", "Taken back"
STANDING_IN_WORDS = {
    Standing.OPEN: ("To be paid", "attention"),
    Standing.OVERDUE: ("Overdue", "problem"),
    Standing.PARTIALLY_PAID: ("Partly paid", "attention"),
    Standing.PAID: ("Paid", "paid"),
    Standing.PARTIALLY_REFUNDED: ("Partly refunded", "neutral"),
    Standing.REFUNDED: ("Refunded", "neutral"),
    Standing.DISPUTED: ("Disputed", "problem"),
    Standing.CANCELLED: ("Cancelled", "neutral"),
    Standing.REPLACED: (REPLACED, "neutral"),
}


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    address: tuple[str, ...]
    vat_number: str


@dataclass(frozen=True, slots=True)
class ShownLine:
    text: str
    quantity: int
    each: str
    rate: str
    amount: str


@dataclass(frozen=True, slots=True)
class ShownRate:
    rate: str
    net: str
    tax: str
    gross: str


@dataclass(frozen=True, slots=True)
class ShownPaper:
    """Everything that stands on a paper. Amounts are written out, in the practice's own way.

    Without tax there are no `rates`. `asks_for` is what is still to be paid of an invoice.
    """

    kind: str
    label: str
    issued_on: str
    seller: Person
    payer: Person
    lines: tuple[ShownLine, ...]
    rates: tuple[ShownRate, ...]
    total: str
    state: str
    meaning: str
    facts: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    asks_for: str = ""
    how_to_pay: tuple[tuple[str, str], ...] = ()

    @property
    def title(self) -> str:
        return f"{self.kind} {self.label}"


def shown_now(
    document: Document, here: Practice, now: datetime, corrections: Sequence[Document] | None = None
) -> ShownPaper:
    """As `shown`, by what day it is there; asks what corrects the paper unless it is told."""
    known = list(document.corrections.order_by("number")) if corrections is None else corrections
    today = now.astimezone(zone(here.timezone)).date()
    return shown(document=document, corrections=known, here=here, today=today)


def shown(*, document: Document, corrections: Sequence[Document], here: Practice, today: date) -> ShownPaper:
    """The paper with what has become of it. `corrections` are the papers that correct it."""
    lines, locale = read(document.lines), here.locale
    standing = _standing(document, corrections, today)
    state, meaning = state_of(document, corrections, today)
    asks = standing in STILL_ASKS

    def money(minor: int) -> str:
        return format_money(minor, document.currency, locale)

    return ShownPaper(
        kind=DocumentKind(document.kind).label,
        label=document.label,
        issued_on=long_date(document.issued_on, locale),
        seller=_person(document.seller),
        payer=_person(document.payer),
        lines=tuple(_line(line, money, locale) for line in lines),
        rates=tuple(_rate(each, money, locale) for each in by_rate(lines)) if _is_taxed(lines) else (),
        total=money(document.amount_minor),
        state="" if state == ISSUED else state,
        meaning=meaning,
        facts=_facts(document, locale),
        notes=tuple(_notes(document, corrections, lines, money)),
        asks_for=money(owed_minor(document.charge)) if asks else "",
        how_to_pay=how_to_pay(document, here) if asks else (),
    )


def state_of(document: Document, corrections: Sequence[Document], today: date) -> tuple[str, str]:
    """In a word or two, and what that means: an invoice as its charge stands, others as they were issued."""
    if standing := _standing(document, corrections, today):
        return STANDING_IN_WORDS[standing]
    if any(note.reference.startswith("again:") for note in corrections):
        return REPLACED, "neutral"
    left = document.amount_minor + sum(note.amount_minor for note in corrections)
    return (TAKEN_BACK, "neutral") if corrections and not left else (ISSUED, "neutral")


def _standing(document: Document, corrections: Sequence[Document], today: date) -> Standing | None:
    if document.kind != DocumentKind.INVOICE:
        return None
    return standing_of(invoice=document, charge=document.charge, corrections=corrections, today=today)


def _person(said: Mapping[str, str]) -> Person:
    address = tuple(line.strip() for line in said.get("address", "").splitlines() if line.strip())
    return Person(said.get("name", ""), address, said.get("vat_number", ""))


def _is_taxed(lines: Sequence[Line]) -> bool:
    return any(line.tax_bp for line in lines)


def _line(line: Line, money: Amount, locale: str) -> ShownLine:
    each = money(line.each_minor) if line.quantity > 1 else ""
    rate = rate_in_words(line.tax_bp, locale)
    return ShownLine(line.text, line.quantity, each, rate, money(line.amount_minor))


def _rate(each: RateSum, money: Amount, locale: str) -> ShownRate:
    rate = rate_in_words(each.tax_bp, locale)
    return ShownRate(rate, money(each.net_minor), money(each.tax_minor), money(each.gross_minor))


def _facts(document: Document, locale: str) -> tuple[tuple[str, str], ...]:
    facts = (
        ("Date", long_date(document.issued_on, locale)),
        ("To be paid by", long_date(document.due_on, locale) if document.due_on else ""),
        ("Returned by" if document.amount_minor < 0 else "Paid by", tender_in_words(document.tender)),
    )
    return tuple((label, words) for label, words in facts if words)


def _notes(
    document: Document, corrections: Sequence[Document], lines: Sequence[Line], money: Amount
) -> Iterator[str]:
    if document.corrects:
        before = document.corrects
        yield f"This corrects {DocumentKind(before.kind).label.lower()} {before.label}."
    if settled := next((line.settles for line in lines if line.settles), ""):
        yield f"What it was for, and its tax, stand on invoice {settled}."
    for note in corrections:
        yield f"{note.label} corrects this by {money(note.amount_minor)}."


def how_to_pay(document: Document, here: Practice) -> tuple[tuple[str, str], ...]:
    """By transfer, where the coach has said to which account."""
    if not here.bank_details:
        return ()
    return (("Bank transfer to", here.bank_details), ("Write with it", code_of(document.charge_id)))
