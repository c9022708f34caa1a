"""Invoices of the coach: a paper that asks for money, and the charge that is owed by it.

The paper never changes. How it stands follows from its charge, and from the papers that correct it.
"""

import uuid
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from django.db import transaction

from kit.actors import SYSTEM, Actor
from kit.clock import at_wall, start_of_day, zone
from kit.database import insert_unless_there
from tenants.activity import events
from tenants.activity.models import Event
from tenants.billing import charges
from tenants.billing.documents import (
    NothingLeft,
    Paper,
    invoice_of,
    issue,
    left_minor,
    payer_details,
    seller_details,
    take_back,
)
from tenants.billing.fulfilment import fulfilment_of
from tenants.billing.models import AttemptStatus, Charge, ChargeStatus, Document, DocumentKind, PaymentAttempt
from tenants.billing.paper_lines import Line, of_charge, part_of, read, written
from tenants.clients.models import Client
from tenants.offers.models import Practice
from tenants.offers.practice import practice
from tenants.offers.prices import refuse_uncollectable
from tenants.registry import wakeups

PURPOSE = "invoice"
REMINDED_AFTER_DAYS = (3, 10)
REMINDED_AT = time(9)
MOST_LINES = 20


class NotOwed(Exception):
    """There is nothing to send an invoice for: it is paid, let off, or gone."""


class AlreadyInvoiced(Exception):
    """An invoice asks for it already; `invoice` is that one."""

    def __init__(self, invoice: Document) -> None:
        super().__init__(invoice.label)
        self.invoice = invoice


class BeingPaid(Exception):
    """A card payment of it is being captured at this moment."""


class Standing(StrEnum):
    OPEN = "open"
    OVERDUE = "overdue"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    CANCELLED = "cancelled"
    REPLACED = "replaced"


STILL_ASKS = frozenset({Standing.OPEN, Standing.OVERDUE, Standing.PARTIALLY_PAID})


def standing_of(
    *, invoice: Document, charge: Charge, corrections: Sequence[Document], today: date
) -> Standing:
    """How an invoice stands: pure. `corrections` are the papers that correct it."""
    ended = {note.reference.partition(":")[0] for note in corrections}
    if "again" in ended:
        return Standing.REPLACED
    if "cancel" in ended:
        return Standing.CANCELLED
    if charge.disputed_at:
        return Standing.DISPUTED
    if charge.status in (ChargeStatus.PARTIALLY_REFUNDED, ChargeStatus.REFUNDED):
        return Standing(charge.status)
    if not charges.owed_minor(charge):
        return Standing.PAID
    if invoice.due_on and invoice.due_on < today:
        return Standing.OVERDUE
    return Standing.PARTIALLY_PAID if charges.owed_minor(charge) < invoice.amount_minor else Standing.OPEN


# --- sending -----------------------------------------------------------------------------------------


def send(
    *,
    key: uuid.UUID,
    client_id: uuid.UUID,
    lines: Sequence[Line],
    due_on: date,
    now: datetime,
    actor: Actor,
) -> Document:
    """Use case of the coach: number it, and have it mailed. The same `key`, made by the form, sends once.

    Raises `tenants.offers.prices.PriceTooSmall` where a card could not be charged with its sum.
    """
    refuse_uncollectable(_total_minor(lines), practice().currency, may_be_free=False)
    with transaction.atomic(durable=True):
        client = Client.objects.get(pk=client_id)
        return issue_new(key=key, client=client, lines=lines, due_on=due_on, now=now, actor=actor)


def issue_new(
    *, key: uuid.UUID, client: Client, lines: Sequence[Line], due_on: date, now: datetime, actor: Actor
) -> Document:
    """Step: the charge that is owed by an invoice, and the invoice. The same `key` issues once."""
    charge = Charge(
        client=client,
        purpose=PURPOSE,
        reference=key,
        description=_description(lines),
        amount_minor=_total_minor(lines),
        currency=practice().currency,
        units=0,
        tax_bp=lines[0].tax_bp if len({line.tax_bp for line in lines}) == 1 else 0,
        created_at=now,
    )
    if not insert_unless_there(charge):
        return Document.objects.get(pk=key)
    return _issue(charge, key, lines, due_on, now, actor)


def _total_minor(lines: Sequence[Line]) -> int:
    return sum(line.amount_minor for line in lines)


def draft(*, client: Client, lines: Sequence[Line], due_on: date, here: Practice, now: datetime) -> Document:
    """The invoice as it would be: it has no number, and nothing is kept of it."""
    total_minor = _total_minor(lines)
    charge = Charge(client=client, amount_minor=total_minor, currency=here.currency)
    return Document(
        kind=DocumentKind.INVOICE,
        charge=charge,
        seller=seller_details(here),
        payer=payer_details(client),
        lines=written(lines),
        amount_minor=total_minor,
        currency=here.currency,
        due_on=due_on,
        issued_on=now.astimezone(zone(here.timezone)).date(),
    )


def lines_asked_for(charge: Charge) -> list[Line]:
    """What an invoice for a charge that there is would say. Empty when nothing of it is owed."""
    owed = charges.owed_minor(charge)
    if not owed:
        return []
    lines = of_charge(charge)
    return lines if owed == charge.amount_minor else part_of(lines, owed, words="Rest of {}")


def _description(lines: Sequence[Line]) -> str:
    more = f" and {len(lines) - 1} more" if len(lines) > 1 else ""
    return f"{lines[0].text[:180]}{more}"


def send_for(*, key: uuid.UUID, charge_id: uuid.UUID, due_on: date, now: datetime, actor: Actor) -> Document:
    """Use case of the coach: an invoice for what is owed already, as an unpaid pack. It refers to the charge
    that there is: none is made. The same `key` sends once.

    Raises NotOwed and AlreadyInvoiced.
    """
    with transaction.atomic(durable=True):
        charge = Charge.objects.get(pk=charge_id)
        # What is sold is locked before the charge, as everywhere.
        stands = fulfilment_of(charge.purpose).still_owed(reference=charge.reference, now=now)
        charge = charges.locked(charge_id)
        if there := Document.objects.filter(kind=DocumentKind.INVOICE, reference=str(key)).first():
            return there
        lines = lines_asked_for(charge) if stands else []
        if not lines:
            raise NotOwed(charge.description)
        if asks := invoice_of(charge_id):
            raise AlreadyInvoiced(asks)
        return _issue(charge, key, lines, due_on, now, actor)


def issue_for(
    *, purpose: str, reference: uuid.UUID, key: uuid.UUID, due_on: date, now: datetime, actor: Actor
) -> Document:
    """Step: the first invoice for a charge that was opened in this transaction, whole and unpaid."""
    charge = Charge.objects.get(purpose=purpose, reference=reference)
    return _issue(charge, key, of_charge(charge), due_on, now, actor)


def _issue(
    charge: Charge, key: uuid.UUID, lines: Sequence[Line], due_on: date, now: datetime, actor: Actor
) -> Document:
    paper = Paper(DocumentKind.INVOICE, str(key), charge, lines, due_on=due_on, id=key)
    invoice = issue(paper=paper, now=now)
    wakeups.ask(kind="invoice", reference=charge.pk, due_at=_reminders(invoice)[0], now=now, replace=True)
    _tell(invoice, "invoice.sent", now, actor)
    return invoice


def lines_of(*, reference: uuid.UUID) -> list[Line]:
    """Step: what an invoice asked for, by the key of the first one."""
    return read(Document.objects.get(pk=reference).lines)


# --- reminding ---------------------------------------------------------------------------------------


def remind(*, reference: uuid.UUID, now: datetime) -> datetime | None:
    """Use case of the wakeups: tell the payer, some days after it was due, that an invoice is not paid.

    `reference` is its charge. Answers when to come back; None when nothing is asked for any more.
    """
    with transaction.atomic(durable=True):
        charge = charges.locked(reference)
        invoice = invoice_of(charge.pk)
        if invoice is None or not charges.owed_minor(charge) or charge.disputed_at:
            return None
        moments = dict(zip(REMINDED_AFTER_DAYS, _reminders(invoice), strict=True))
        past = [days for days, moment in moments.items() if moment <= now]
        if past and not _was_reminded(invoice, past[-1]):
            _tell(invoice, "invoice.overdue", now, SYSTEM, after_days=past[-1])
        return next((moment for moment in moments.values() if moment > now), None)


def _reminders(invoice: Document) -> list[datetime]:
    """In the morning, on the coach's wall."""
    assert invoice.due_on is not None
    tz, days = practice().timezone, (invoice.due_on + timedelta(days=each) for each in REMINDED_AFTER_DAYS)
    return [at_wall(day, REMINDED_AT, tz) or start_of_day(day, tz) for day in days]


def _was_reminded(invoice: Document, after_days: int) -> bool:
    told = Event.objects.filter(kind="invoice.overdue", subject_id=invoice.pk)
    return told.filter(data__after_days=after_days).exists()


# --- cancelling --------------------------------------------------------------------------------------


def cancel(*, document_id: uuid.UUID, now: datetime, actor: Actor) -> Document:
    """Use case of the coach: a credit note over what is not paid of an invoice; that is what it answers.

    What only the invoice asked for is not owed any more. What was owed before there was an invoice, as an
    unpaid pack, stays owed. Raises `documents.NothingLeft` where all is paid, or it was cancelled before,
    and BeingPaid.
    """
    with transaction.atomic(durable=True):
        invoice = Document.objects.get(pk=document_id, kind=DocumentKind.INVOICE)
        charge = charges.locked(invoice.charge_id)
        unpaid = min(charges.owed_minor(charge), left_minor(invoice))
        asks = invoice_of(charge.pk)
        if asks is None or asks.pk != invoice.pk or unpaid <= 0:
            raise NothingLeft(invoice.label)
        if PaymentAttempt.objects.filter(charge=charge, status=AttemptStatus.CAPTURING).exists():
            raise BeingPaid(invoice.label)
        invoice.charge = charge
        note = take_back(
            document=invoice,
            reference=f"cancel:{invoice.pk}",
            now=now,
            amount_minor=unpaid,
            words="Cancelled: {}",
        )
        if charge.purpose == PURPOSE:
            charges.apply(charge, waived_minor=unpaid, now=now, actor=actor)
        _tell(invoice, "invoice.cancelled", now, actor, note=str(note.pk))
    return note


def _tell(invoice: Document, kind: str, now: datetime, actor: Actor, **data: object) -> None:
    events.record(
        kind=kind,
        subject_id=invoice.pk,
        client_id=invoice.client_id,
        actor=actor,
        now=now,
        data={"charge": str(invoice.charge_id), **data},
    )
