"""Papers against payments: numbers without a gap, and amounts that come to what was paid."""

import uuid
from collections import defaultdict
from collections.abc import Sequence

from tenants.billing.models import Document, DocumentKind, DocumentSeries, LedgerEntry, PaymentAttempt
from tenants.earnings.books.card_payments import Pair
from tenants.earnings.books.verdict import Asked, Verdict

# Credit notes that only make room for another paper, or end an invoice, move no money.
NO_MONEY = ("again:", "cancel:")


def compare(verdict: Verdict, asked: Asked, pairs: Sequence[Pair]) -> None:
    """Receipts and credit notes of each charge come to what was paid for it less what went back."""
    _numbers(verdict)
    skipped = {pair.attempt.charge_id for pair in pairs if pair.is_fresh} | _young(asked) | _unseen(verdict)
    on_paper = _on_paper()
    moved = _moved(pairs)
    for charge_id in sorted({*on_paper, *moved} - skipped, key=str):
        row = f"charge {charge_id}"
        verdict.one_of("papers", row, moved.get(charge_id, [0]), on_paper.get(charge_id, 0))


def _numbers(verdict: Verdict) -> None:
    numbers: dict[str, list[int]] = defaultdict(list)
    for kind, number in Document.objects.order_by("kind", "number").values_list("kind", "number"):
        numbers[kind].append(number)
    for series in DocumentSeries.objects.order_by("kind"):
        used = numbers[series.kind]
        row = DocumentKind(series.kind).label.lower()
        verdict.same("numbers of papers", row, list(range(1, len(used) + 1)), used)
        verdict.same("next number", row, len(used) + 1, series.next_number)


def _on_paper() -> dict[uuid.UUID, int]:
    sums: dict[uuid.UUID, int] = defaultdict(int)
    rows = Document.objects.exclude(kind=DocumentKind.INVOICE).select_related("corrects")
    for paper in rows:
        of_invoice = paper.corrects is not None and paper.corrects.kind == DocumentKind.INVOICE
        if not (of_invoice and paper.reference.startswith(NO_MONEY)):
            sums[paper.charge_id] += paper.amount_minor
    return sums


def _moved(pairs: Sequence[Pair]) -> dict[uuid.UUID, list[int]]:
    """By charge; by hand what the rows say, or what the ledger does where that is another figure."""
    sums: dict[uuid.UUID, list[int]] = defaultdict(lambda: [0, 0])
    for pair in pairs:
        minor = pair.paid.captured_minor - pair.paid.back_minor
        sums[pair.attempt.charge_id] = [each + minor for each in sums[pair.attempt.charge_id]]
    rows = LedgerEntry.objects.filter(manual__isnull=False).select_related("manual")
    seen = set()
    for entry in rows:
        assert entry.manual is not None
        by_row, by_entry = sums[entry.manual.charge_id]
        if entry.manual_id not in seen and not entry.manual.taken_back_at:
            by_row += entry.manual.amount_minor
        seen.add(entry.manual_id)
        sums[entry.manual.charge_id] = [by_row, by_entry + entry.amount_minor]
    return sums


def _unseen(verdict: Verdict) -> set[uuid.UUID]:
    """Of an account that cannot be asked any more nobody knows what was paid."""
    rows = PaymentAttempt.objects.filter(account_id__in=verdict.not_asked, captured_at__isnull=False)
    return set(rows.values_list("charge_id", flat=True))


def _young(asked: Asked) -> set[uuid.UUID]:
    """Papers are written right after the payment, not with it."""
    rows = LedgerEntry.objects.filter(at__gt=asked.fresh_from)
    by_card = rows.filter(attempt__isnull=False).values_list("attempt__charge_id", flat=True)
    by_hand = rows.filter(manual__isnull=False).values_list("manual__charge_id", flat=True)
    return {charge_id for charge_id in [*by_card, *by_hand] if charge_id}
