"""A paper in print: the same words as on its page."""

from itertools import chain
from typing import Any

from reportlab.platypus import Flowable, Spacer, Table

from tenants.billing.paper_words import Person, ShownPaper
from tenants.offers import brand
from tenants.offers.models import Practice
from ui.pdf import QUIET, as_pdf, beside, picture, table, words

GAP = 16


def paper_as_pdf(paper: ShownPaper, here: Practice) -> bytes:
    """One document under the practice's logo, on as many pages as its lines need."""
    story: list[Flowable] = [
        *_logo(here),
        words(paper.title, size=18, after=1),
        *([words(paper.state, color=QUIET)] if paper.state else []),
        Spacer(0, GAP),
        beside(_person("From", paper.seller), _person("To", paper.payer)),
        Spacer(0, GAP),
        *(words(f"{label}: {said}") for label, said in paper.facts),
        Spacer(0, GAP),
        _lines(paper),
        Spacer(0, GAP),
        *_sums(paper),
        *_to_pay(paper),
        *(words(note, color=QUIET, after=1) for note in paper.notes),
    ]
    return as_pdf(story, title=paper.title, author=paper.seller.name, locale=here.locale)


def _logo(here: Practice) -> list[Flowable]:
    shown = brand.logo(here)
    kept = brand.picture(picture_id=here.logo_id) if here.logo_id else None
    return [picture(bytes(kept.content), shown.width, shown.height), Spacer(0, GAP)] if shown and kept else []


def _person(heading: str, person: Person) -> list[Flowable]:
    vat = [f"VAT number {person.vat_number}"] if person.vat_number else []
    return [
        words(heading, color=QUIET),
        words(person.name, size=11),
        *(words(line) for line in chain(person.address, vat)),
    ]


def _lines(paper: ShownPaper) -> Table:
    taxed, counted = bool(paper.rates), any(line.quantity > 1 for line in paper.lines)
    heading = _row("For", "Quantity", "Each", "Tax", "Amount", taxed=taxed, counted=counted, color=QUIET)
    rows = [
        _row(
            line.text,
            str(line.quantity),
            line.each or line.amount,
            line.rate,
            line.amount,
            taxed=taxed,
            counted=counted,
        )
        for line in paper.lines
    ]
    return table([heading, *rows], [0, *([20, 28] if counted else []), *([18] if taxed else []), 30])


def _row(text: str, *numbers: str, taxed: bool, counted: bool, **look: Any) -> list[Flowable]:
    quantity, each, rate, amount = numbers
    said = [*([quantity, each] if counted else []), *([rate] if taxed else []), amount]
    return [words(text, **look), *(words(number, right=True, **look) for number in said)]


def _sums(paper: ShownPaper) -> list[Flowable]:
    """Net and tax of each rate, then the whole."""
    total = [words("Total", size=12), words(paper.total, size=12, right=True)]
    if not paper.rates:
        return [table([total], [0, 40], headed=False), Spacer(0, GAP)]
    heading = _rate("Tax rate", "Net", "Tax", "With tax", color=QUIET)
    rates = [_rate(each.rate, each.net, each.tax, each.gross) for each in paper.rates]
    return [
        table([heading, *rates], [0, 36, 36, 36]),
        Spacer(0, GAP),
        table([total], [0, 40], headed=False),
        Spacer(0, GAP),
    ]


def _rate(rate: str, *amounts: str, **look: Any) -> list[Flowable]:
    return [words(rate, **look), *(words(amount, right=True, **look) for amount in amounts)]


def _to_pay(paper: ShownPaper) -> list[Flowable]:
    if not paper.asks_for:
        return []
    how = [words(f"{label}: {said}") for label, said in paper.how_to_pay]
    return [words(f"To be paid: {paper.asks_for}", size=11, after=1), *how, Spacer(0, GAP)]
