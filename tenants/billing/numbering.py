"""Numbers of papers: one after the other within each kind, none left out and none given twice."""

from datetime import date

from kit.database import insert_unless_there, require_transaction
from tenants.billing.models import DocumentKind, DocumentSeries

MARKS = {DocumentKind.RECEIPT: "R", DocumentKind.INVOICE: "I", DocumentKind.CREDIT_NOTE: "C"}


def reserve(*, kind: DocumentKind) -> DocumentSeries:
    """Step: nobody else can issue a paper of this kind before this transaction ends; whoever comes waits.

    So what is read after it is as it will be when the paper is there.
    """
    require_transaction()
    insert_unless_there(DocumentSeries(kind=kind))
    return _locked(kind)


def take(*, series: DocumentSeries) -> int:
    """Step: the next number of a series that is reserved, for the paper that this transaction inserts.

    A transaction that comes to nothing gives its number back with everything else.
    """
    number = series.next_number
    series.next_number = number + 1
    series.save(update_fields=["next_number"])
    return number


def _locked(kind: DocumentKind) -> DocumentSeries:
    return DocumentSeries.objects.select_for_update(no_key=True).get(kind=kind)


def label(*, kind: DocumentKind, number: int, issued_on: date, prefix: str) -> str:
    """The number as it is printed: "R-2026-0007", after the coach's prefix if there is one.

    The count goes on from year to year: the year only says when.
    """
    own = f"{prefix}-" if prefix else ""
    return f"{own}{MARKS[kind]}-{issued_on.year}-{number:04}"
