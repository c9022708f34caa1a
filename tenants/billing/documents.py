"""Papers: issued once, numbered, and never changed. What was wrong is put right by another paper."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Sum

from kit.actors import Actor
from kit.clock import zone
from kit.database import current_schema
from kit.ids import uuid7
from tenants.activity import events
from tenants.billing import numbering
from tenants.billing.models import Charge, Document, DocumentKind
from tenants.billing.paper_lines import Line, part_of, read, reversed_, written
from tenants.clients.models import Client
from tenants.clients.paper_details import keep
from tenants.offers.models import Practice
from tenants.offers.practice import practice
from tenants.registry.models import Tenant

AGAIN = ":again:"


class NothingLeft(Exception):
    """All of the paper was taken back before."""


class NothingChanged(Exception):
    """The details on the paper are those on file: another one would say the same."""


@dataclass(frozen=True, slots=True)
class Paper:
    """What is to be issued. `reference` is what for: the same reference gives one paper of a kind."""

    kind: DocumentKind
    reference: str
    charge: Charge
    lines: Sequence[Line]
    tender: str = ""
    corrects: Document | None = None
    due_on: date | None = None
    payer: Mapping[str, str] | None = None
    id: uuid.UUID | None = None


def issue(*, paper: Paper, now: datetime) -> Document:
    """Step: number the paper and write it down; the one that was issued for the same reference, if any."""
    series = numbering.reserve(kind=paper.kind)
    if there := Document.objects.filter(kind=paper.kind, reference=paper.reference).first():
        return there
    here = practice()
    issued_on = now.astimezone(zone(here.timezone)).date()
    number = numbering.take(series=series)
    return Document.objects.create(
        pk=paper.id or uuid7(),
        kind=paper.kind,
        number=number,
        label=numbering.label(
            kind=paper.kind, number=number, issued_on=issued_on, prefix=here.document_prefix
        ),
        reference=paper.reference,
        charge=paper.charge,
        client_id=paper.charge.client_id,
        corrects=paper.corrects,
        seller=seller_details(here),
        payer=dict(paper.payer or payer_details(paper.charge.client)),
        lines=written(paper.lines),
        amount_minor=sum(line.amount_minor for line in paper.lines),
        tax_minor=sum(line.tax_minor for line in paper.lines),
        currency=paper.charge.currency,
        tender=paper.tender[:40],
        due_on=paper.due_on,
        issued_on=issued_on,
        issued_at=now,
    )


def seller_details(here: Practice) -> dict[str, str]:
    """Who sells, as papers say it: the legal name, or else the name that clients know."""
    name = here.legal_name or Tenant.objects.values_list("name", flat=True).get(schema_name=current_schema())
    return {"name": name, "address": here.legal_address, "vat_number": here.vat_number}


def payer_details(client: Client) -> dict[str, str]:
    """Who pays, as papers say it: what was given for papers, or else the name on record."""
    said = client.billing
    return {
        "name": said.get("name") or client.name,
        "address": said.get("address", ""),
        "vat_number": said.get("vat_number", ""),
    }


def invoice_of(charge_id: uuid.UUID) -> Document | None:
    """The invoice that asks for a charge, unless it was cancelled or issued again."""
    ended = Q(reference__startswith="again:") | Q(reference__startswith="cancel:")
    ends = Document.objects.filter(ended, corrects=OuterRef("pk"))
    rows = Document.objects.filter(~Exists(ends), kind=DocumentKind.INVOICE, charge=charge_id)
    return rows.order_by("-number").first()


# --- putting right -----------------------------------------------------------------------------------


def left_minor(document: Document) -> int:
    """What the paper still stands for, after all that corrects it."""
    corrected = document.corrections.aggregate(minor=Sum("amount_minor"))["minor"] or 0
    return document.amount_minor + int(corrected)


def standing(*, kind: DocumentKind, root: str) -> Document | None:
    """The paper that stands for a reference now: the one issued for it, or the last one issued again."""
    rows = Document.objects.filter(Q(reference=root) | Q(reference__startswith=root + AGAIN), kind=kind)
    return rows.select_related("charge__client").order_by("-number").first()


def take_back(
    *,
    document: Document,
    reference: str,
    now: datetime,
    amount_minor: int | None = None,
    words: str = "{}",
    tender: str = "",
) -> Document:
    """Step: a credit note over what is left of a paper, or over `amount_minor` of it, with its own lines if
    that is all of it. `words` has a place `{}` for what the paper is for.

    Raises NothingLeft when the paper does not stand for so much any more.
    """
    numbering.reserve(kind=DocumentKind.CREDIT_NOTE)
    if there := Document.objects.filter(kind=DocumentKind.CREDIT_NOTE, reference=reference).first():
        return there
    left = left_minor(document)
    minor = left if amount_minor is None else amount_minor
    if not 0 < minor <= left:
        raise NothingLeft(document.label)
    lines = read(document.lines)
    paper = Paper(
        DocumentKind.CREDIT_NOTE,
        reference,
        document.charge,
        reversed_(lines, words) if minor == document.amount_minor else part_of(lines, -minor, words=words),
        tender=tender,
        corrects=document,
        payer=document.payer,
    )
    return issue(paper=paper, now=now)


def differs(document: Document) -> bool:
    """Whether a paper issued now would name payer or seller otherwise."""
    return document.payer != payer_details(document.charge.client) or document.seller != seller_details(
        practice()
    )


def issue_again(*, document_id: uuid.UUID, now: datetime, actor: Actor) -> Document:
    """Use case: take a paper back and issue it anew, with the details that are on file now.

    Both stay. Raises NothingChanged, and NothingLeft for what was taken back or issued again before.
    """
    with transaction.atomic(durable=True):
        return _again(document_id, now, actor)


def issue_with_details(
    *, document_id: uuid.UUID, details: Mapping[str, str], now: datetime, actor: Actor
) -> Document:
    """Use case of the payer: other details for papers from now on, and this one again with them.

    The paper itself where it says the same already, or does not stand any more. `details` are those of
    `tenants.clients.paper_details.keep`.
    """
    with transaction.atomic(durable=True):
        old = Document.objects.get(pk=document_id)
        keep(client_id=old.client_id, now=now, actor=actor, **details)
        try:
            return _again(document_id, now, actor)
        except (NothingChanged, NothingLeft):
            return old


def can_be_issued_again(document: Document, corrections: Sequence[Document]) -> bool:
    """Whether the paper still stands for something. A credit note stands as it is."""
    left = document.amount_minor + sum(note.amount_minor for note in corrections)
    return document.kind != DocumentKind.CREDIT_NOTE and left > 0


def _again(document_id: uuid.UUID, now: datetime, actor: Actor) -> Document:
    # Before what is left is read: of two who press at once, the second finds nothing left.
    numbering.reserve(kind=DocumentKind.CREDIT_NOTE)
    old = Document.objects.select_related("charge__client").get(pk=document_id)
    if not can_be_issued_again(old, list(old.corrections.all())):
        raise NothingLeft(old.label)
    if not differs(old):
        raise NothingChanged(old.label)
    left = left_minor(old)
    take_back(document=old, reference=f"again:{old.pk}", now=now)
    new = issue(paper=_anew(old, left), now=now)
    _tell(new, "document.issued_again", now, actor, before=str(old.pk))
    return new


def _anew(old: Document, left: int) -> Paper:
    root, _, count = old.reference.partition(AGAIN)
    lines = read(old.lines)
    return Paper(
        DocumentKind(old.kind),
        f"{root}{AGAIN}{int(count or 0) + 1}",
        old.charge,
        lines if left == old.amount_minor else part_of(lines, left, words="{}"),
        tender=old.tender,
        due_on=old.due_on,
    )


def _tell(document: Document, kind: str, now: datetime, actor: Actor, **data: Any) -> None:
    events.record(
        kind=kind,
        subject_id=document.pk,
        client_id=document.client_id,
        actor=actor,
        now=now,
        data={"charge": str(document.charge_id), **data},
    )
