"""A receipt for each payment, and a credit note for each time that money goes back.

Steps that run when it is announced: never in the transaction of the payment itself, which has no time to
wait for a number. Whatever was missed or comes twice, the papers are those of the payments.
"""

from datetime import datetime

from django.db.models import Q, QuerySet, Sum

from tenants.activity.models import Event
from tenants.billing import numbering
from tenants.billing.documents import Paper, invoice_of, issue, left_minor, standing, take_back
from tenants.billing.models import (
    AttemptStatus,
    Charge,
    Document,
    DocumentKind,
    Instalment,
    InstalmentKind,
    ManualPayment,
    PaymentAttempt,
)
from tenants.billing.paper_lines import Line, of_charge, part_of, read, reversed_

RECEIPT, CREDIT_NOTE = DocumentKind.RECEIPT, DocumentKind.CREDIT_NOTE
REFUND, PART_REFUND = "Refund: {}", "Part refund: {}"
LOST = "Taken back by the card’s bank: {}"
GIVEN_BACK, NOT_GIVEN_BACK = "Given back: {}", "Not given back after all: {}"
NOT_REFUNDED = "Not refunded after all: {}"


def on_captured(*, event: Event, now: datetime) -> None:
    """Step: the receipt for a payment by card."""
    _receipt_of(_attempts().get(pk=event.subject_id), now)


def on_received(*, event: Event, now: datetime) -> None:
    """Step: the receipt for cash or a transfer."""
    _paper_of(_payment_of(event), now)


def on_given_back(*, event: Event, now: datetime) -> None:
    """Step: the credit note for what was given back by hand."""
    _paper_of(_payment_of(event), now)


def on_taken_back(*, event: Event, now: datetime) -> None:
    """Step: a payment by hand that never was: what its paper says is taken back."""
    payment = _payment_of(event)
    paper, reference = _paper_of(payment, now), f"{payment.pk}:taken_back"
    if paper.kind == CREDIT_NOTE:
        lines = reversed_(read(paper.lines), NOT_GIVEN_BACK)
        issue(paper=Paper(RECEIPT, reference, payment.charge, lines, payment.tender), now=now)
    elif left_minor(paper) > 0:
        take_back(document=paper, reference=reference, now=now, tender=payment.tender)


def on_refunded(*, event: Event, now: datetime) -> None:
    """Step: credit notes for what went back by card and has none; receipts for what came back after all."""
    purpose = event.data.get("purpose", "booking")
    charges = Charge.objects.filter(purpose=purpose, reference=event.subject_id)
    # Before what is noted is read: of two who look at once, the second sees what the first has written.
    numbering.reserve(kind=CREDIT_NOTE)
    paid = _attempts().filter(charge__in=charges, status=AttemptStatus.CAPTURED)
    for attempt in paid.order_by("captured_at", "pk"):
        _note_refunds(attempt, now)


def on_dispute_closed(*, event: Event, now: datetime) -> None:
    """Step: a credit note for what a bank took back for good; a receipt where it gave that back after all."""
    numbering.reserve(kind=CREDIT_NOTE)
    _note_refunds(_attempts().get(pk=event.subject_id), now, LOST, LOST)


# --- by card -----------------------------------------------------------------------------------------


def _attempts() -> QuerySet[PaymentAttempt]:
    return PaymentAttempt.objects.select_related("charge__client", "instalment")


def _receipt_of(attempt: PaymentAttempt, now: datetime) -> Document:
    if there := standing(kind=RECEIPT, root=str(attempt.pk)):
        return there
    lines = lines_of_payment(attempt.charge, attempt.captured_minor, attempt.instalment)
    return issue(paper=Paper(RECEIPT, str(attempt.pk), attempt.charge, lines, attempt.card), now=now)


def _note_refunds(
    attempt: PaymentAttempt, now: datetime, whole: str = REFUND, part: str = PART_REFUND
) -> None:
    """What is gone of a payment, less what its papers say is gone; in `whole` or `part` words."""
    gone_minor = attempt.refunded_minor + attempt.lost_minor
    missing = gone_minor - _noted_minor(attempt)
    if missing > 0:
        receipt = _receipt_of(attempt, now)
        words = whole if missing == receipt.amount_minor else part
        _credit(receipt, missing, f"{attempt.pk}:refund:{gone_minor}", words, attempt.card, now)
    elif missing < 0:
        _debit(attempt, -missing, f"{attempt.pk}:unmade:{gone_minor}", now)


def _noted_minor(attempt: PaymentAttempt) -> int:
    """What the papers say went back of a payment."""
    went_back = Q(reference__startswith=f"{attempt.pk}:refund:")
    after_all = Q(reference__startswith=f"{attempt.pk}:unmade:")
    noted = Document.objects.filter(went_back | after_all).aggregate(minor=Sum("amount_minor"))
    return -int(noted["minor"] or 0)


def _credit(receipt: Document, minor: int, reference: str, words: str, tender: str, now: datetime) -> None:
    """Against the invoice, where the payment was for one: there stands what was sold, with its tax."""
    for paper in (invoice_of(receipt.charge_id), receipt):
        if paper and left_minor(paper) >= minor:
            take_back(
                document=paper, reference=reference, now=now, amount_minor=minor, words=words, tender=tender
            )
            return
    lines = part_of(of_charge(receipt.charge), -minor, words=words)
    issue(paper=Paper(CREDIT_NOTE, reference, receipt.charge, lines, tender, receipt), now=now)


def _debit(attempt: PaymentAttempt, minor: int, reference: str, now: datetime) -> None:
    """A bank gave money back to the coach: the last credit note said too much."""
    noted = Document.objects.filter(kind=CREDIT_NOTE, reference__startswith=f"{attempt.pk}:refund:")
    last = noted.latest("number")
    lines = part_of(reversed_(read(last.lines)), minor, words=NOT_REFUNDED)
    issue(paper=Paper(RECEIPT, reference, attempt.charge, lines, attempt.card), now=now)


# --- by hand -----------------------------------------------------------------------------------------


def _payment_of(event: Event) -> ManualPayment:
    rows = ManualPayment.objects.select_related("charge__client")
    return rows.get(pk=event.data["payment"])


def _paper_of(payment: ManualPayment, now: datetime) -> Document:
    """The receipt for what was received, the credit note for what was given back."""
    reference, charge = str(payment.pk), payment.charge
    kind = RECEIPT if payment.amount_minor > 0 else CREDIT_NOTE
    if there := standing(kind=kind, root=reference):
        return there
    if kind == RECEIPT:
        lines = lines_of_payment(charge, payment.amount_minor, None)
        return issue(paper=Paper(kind, reference, charge, lines, payment.tender), now=now)
    if (invoice := invoice_of(charge.pk)) and left_minor(invoice) >= -payment.amount_minor:
        return take_back(
            document=invoice,
            reference=reference,
            now=now,
            amount_minor=-payment.amount_minor,
            words=GIVEN_BACK,
            tender=payment.tender,
        )
    lines = part_of(of_charge(charge), payment.amount_minor, words=GIVEN_BACK)
    return issue(paper=Paper(kind, reference, charge, lines, payment.tender), now=now)


# --- in words ----------------------------------------------------------------------------------------


def lines_of_payment(charge: Charge, amount_minor: int, instalment: Instalment | None) -> list[Line]:
    """What a payment was for: an invoice, all of a charge, or which part of it."""
    if invoice := invoice_of(charge.pk):
        return [Line(f"Payment of invoice {invoice.label}", amount_minor, settles=invoice.label)]
    lines = of_charge(charge)
    if amount_minor == charge.amount_minor:
        return lines
    parts = list(charge.instalments.order_by("number"))
    return part_of(lines, amount_minor, words=_words(instalment or _one_of(parts, amount_minor), parts))


def _one_of(parts: list[Instalment], amount_minor: int) -> Instalment | None:
    """The part that an amount was meant for, where only one part is as much."""
    same = [part for part in parts if part.amount_minor == amount_minor]
    return same[0] if len(same) == 1 else None


def _words(part: Instalment | None, parts: list[Instalment]) -> str:
    if part is None:
        return "Part payment: {}"
    if part.kind == InstalmentKind.INSTALMENT:
        return f"Instalment {part.number} of {len(parts)}: {{}}"
    return {InstalmentKind.DEPOSIT: "Deposit for {}", InstalmentKind.REST: "Rest of {}"}.get(
        InstalmentKind(part.kind), "Part payment: {}"
    )
