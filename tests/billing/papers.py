"""Charges, payments by hand and the papers about them, at one practice."""

from typing import Any

from django.db import transaction

from kit import clock
from kit.actors import Actor
from kit.ids import uuid7
from tenants.billing.documents import Paper, issue
from tenants.billing.models import Charge, Document, DocumentKind
from tenants.billing.paper_lines import Line
from tenants.clients.models import Client
from tenants.clients.records import find_or_add

COACH = Actor("coach", "7", "Anna")


def client(name: str = "Cleo Bright", email: str = "cleo@example.com") -> Client:
    with transaction.atomic():
        found = find_or_add(name=name, email=email, phone="", timezone="", now=clock.now())
    return Client.objects.get(pk=found.pk)


def charge(amount_minor: int = 4500, **fields: Any) -> Charge:
    """Something of no known kind that Cleo owes, in euros."""
    usual: dict[str, Any] = {
        "client": fields.pop("client", None) or client(),
        "purpose": "other",
        "reference": uuid7(),
        "description": "Racket repair",
        "amount_minor": amount_minor,
        "currency": "eur",
        "units": 0,
    }
    with transaction.atomic():
        return Charge.objects.create(**{**usual, **fields})


def receipt(of: Charge, reference: str = "", **fields: Any) -> Document:
    lines = [Line(of.description, of.amount_minor, of.tax_bp)]
    paper = Paper(DocumentKind.RECEIPT, reference or str(uuid7()), of, lines, **fields)
    with transaction.atomic():
        return issue(paper=paper, now=clock.now())


def all_papers() -> list[Document]:
    """In the order in which they were issued."""
    return list(Document.objects.select_related("charge__client", "corrects").order_by("issued_at", "pk"))


def said(document: Document) -> tuple[str, int, int]:
    """A paper in short: number, amount, tax."""
    return document.label, document.amount_minor, document.tax_minor


def year() -> int:
    return clock.now().year
