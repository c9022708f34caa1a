"""The ledger and the fee ledger, entry sums of each payment, against Stripe."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import Sum as Total

from fees.models import FeeAccount, FeeEntry, FeeEntryKind
from fees.rules import fee_to_return, order_fee, units_given_back
from tenants.billing.attempts import UNWANTED
from tenants.billing.models import EntryKind, LedgerEntry, ManualPayment, PaymentAttempt
from tenants.earnings.books.at_stripe import Paid
from tenants.earnings.books.card_payments import Pair
from tenants.earnings.books.verdict import Asked, Sum, Verdict

Sums = dict[str, int]


def compare(verdict: Verdict, asked: Asked, pairs: Sequence[Pair]) -> None:
    ledger, fees = _ledger(), _fee_entries(asked.schema_name)
    for pair in (each for each in pairs if not each.is_fresh):
        _entries(verdict, pair, ledger[pair.attempt.pk])
        _fee_amounts(verdict, pair, fees)
    _entries_of_nothing(verdict, pairs)
    _by_hand(verdict)
    _free_numbers(verdict, asked.schema_name)
    for charge_id, of_order in _orders(pairs).items():
        _order(verdict, charge_id, of_order, fees)


# --- the ledger --------------------------------------------------------------------------------------


def _ledger() -> dict[uuid.UUID, Sums]:
    sums: dict[uuid.UUID, Sums] = defaultdict(lambda: defaultdict(int))
    rows = LedgerEntry.objects.filter(attempt__isnull=False).values_list("attempt_id", "kind")
    for attempt_id, kind, minor in rows.annotate(minor=Total("amount_minor")).order_by():
        assert attempt_id is not None
        sums[attempt_id][kind] = minor
    return sums


def should_stand(paid: Paid) -> Sums:
    """What the ledger should say of a payment, by kind, from Stripe alone; a fee that is taken in another
    currency is none of it."""
    moved = paid.disputed_minor
    ours = [line for line in paid.dispute_lines if line.currency == paid.charge.currency]
    processing = paid.charge.processor_fee_minor if paid.settles_here else 0
    return {
        EntryKind.CAPTURE: paid.captured_minor,
        EntryKind.PLATFORM_FEE: -paid.fee_minor,
        EntryKind.PLATFORM_FEE_RETURNED: paid.fee_returned_minor,
        EntryKind.PROCESSOR_FEE: -(processing or 0),
        EntryKind.REFUND: -paid.refunded_minor,
        EntryKind.DISPUTE: sum(minor for minor in moved if minor < 0),
        EntryKind.DISPUTE_WON: sum(minor for minor in moved if minor > 0),
        EntryKind.DISPUTE_FEE: -sum(line.fee_minor for line in ours),
    }


def _entries(verdict: Verdict, pair: Pair, found: Sums) -> None:
    for kind, expected in should_stand(pair.paid).items():
        verdict.same(f"ledger, {EntryKind(kind).label.lower()}", pair.row, expected, found.get(kind, 0))


def _entries_of_nothing(verdict: Verdict, pairs: Sequence[Pair]) -> None:
    """No money moves in the ledger for a payment that was not captured."""
    rows = LedgerEntry.objects.filter(attempt__captured_at__isnull=True, attempt__isnull=False)
    for attempt_id in sorted(set(rows.values_list("attempt_id", flat=True)), key=str):
        verdict.same("ledger of a payment that was not captured", f"payment {attempt_id}", None, "entries")
    verdict.compared["ledger of a payment that was not captured"] += len(pairs)


def _by_hand(verdict: Verdict) -> None:
    """Cash and transfers stand only here: the row against its entries."""
    for payment in ManualPayment.objects.annotate(entered=Total("entries__amount_minor")).order_by("pk"):
        expected = 0 if payment.taken_back_at else payment.amount_minor
        row = f"{payment.get_tender_display().lower()} {payment.pk}"
        verdict.same("ledger, cash or bank transfer", row, expected, payment.entered or 0)


def sums(pairs: Iterable[Pair]) -> list[Sum]:
    """The totals of each currency, for people: Stripe's beside the ledger's."""
    at_stripe: dict[tuple[str, str], int] = defaultdict(int)
    for pair in pairs:
        for kind, minor in should_stand(pair.paid).items():
            at_stripe[pair.paid.charge.currency, kind] += minor
    rows = LedgerEntry.objects.filter(attempt__isnull=False).values_list("currency", "kind")
    here = {(currency, kind): minor for currency, kind, minor in rows.annotate(minor=Total("amount_minor"))}
    keys = sorted({*here, *(key for key, minor in at_stripe.items() if minor)})
    return [
        Sum(EntryKind(kind).label, currency, at_stripe[currency, kind], here.get((currency, kind), 0))
        for currency, kind in keys
    ]


# --- the platform's fee ------------------------------------------------------------------------------


def _fee_entries(schema_name: str) -> list[FeeEntry]:
    return list(FeeEntry.objects.filter(schema_name=schema_name).order_by("pk"))


def _amount(fees: Iterable[FeeEntry], kind: FeeEntryKind, attempt: PaymentAttempt) -> int:
    """Returns name the payment and the state that they led to: `{attempt}:{target}`."""
    own = str(attempt.pk)
    return sum(
        fee.amount_minor for fee in fees if fee.kind == kind and fee.reference.partition(":")[0] == own
    )


def _fee_amounts(verdict: Verdict, pair: Pair, fees: Sequence[FeeEntry]) -> None:
    charged = _amount(fees, FeeEntryKind.CHARGED, pair.attempt)
    verdict.same("fee ledger, charged", pair.row, pair.paid.fee_minor, charged)
    returned = _amount(fees, FeeEntryKind.RETURNED, pair.attempt)
    verdict.same("fee ledger, returned", pair.row, pair.paid.fee_returned_minor, returned)


def _free_numbers(verdict: Verdict, schema_name: str) -> None:
    """Each number is out once at most, and none is above what was granted."""
    granted = FeeAccount.objects.values_list("free_units", flat=True).get(schema_name=schema_name)
    out: dict[int, int] = defaultdict(int)
    steps = {FeeEntryKind.UNIT_CLAIMED: 1, FeeEntryKind.UNIT_RETURNED: -1}
    entries = FeeEntry.objects.filter(schema_name=schema_name, kind__in=steps)
    for kind, number in entries.values_list("kind", "number"):
        out[number] += steps[FeeEntryKind(kind)]
    for number, count in sorted(out.items()):
        verdict.one_of("free session", f"number {number}", (0, 1), count)
    taken = sum(count > 0 for count in out.values())
    verdict.same("free sessions, at most those granted", f"{granted} granted", True, taken <= granted)


def _orders(pairs: Iterable[Pair]) -> dict[uuid.UUID, list[Pair]]:
    """The payments that count for each charge, in the order in which they were decided."""
    orders: dict[uuid.UUID, list[Pair]] = defaultdict(list)
    counted = [pair for pair in pairs if pair.attempt.reason != UNWANTED and pair.attempt.decided_at]
    for pair in sorted(counted, key=lambda each: (each.attempt.decided_at, each.attempt.pk)):
        orders[pair.attempt.charge_id].append(pair)
    return {key: each for key, each in orders.items() if not any(pair.is_fresh for pair in each)}


def _order(verdict: Verdict, charge_id: uuid.UUID, pairs: Sequence[Pair], fees: Sequence[FeeEntry]) -> None:
    """The fee of an order is the rule's, cumulatively over its payments; so is what came back of it."""
    charge, row = pairs[0].attempt.charge, f"charge {charge_id}"
    free = _free_units(verdict, row, pairs, fees)
    captured = due_so_far = 0
    for pair in pairs:
        due = order_fee(
            captured_so_far_minor=captured,
            fees_taken_minor=due_so_far,
            part_minor=pair.paid.captured_minor,
            rate_bp=charge.rate_bp or 0,
            units=charge.units,
            free_units_granted=min(free, charge.units),
            extras_minor=charge.extras_minor,
            cap_minor=charge.unit_cap_minor,
        )
        captured, due_so_far = captured + pair.paid.captured_minor, due_so_far + due
        verdict.same("fee by the rule", pair.row, due, pair.attempt.fee_minor)
        _taken(verdict, pair, due, fees)


def _free_units(verdict: Verdict, row: str, pairs: Sequence[Pair], fees: Sequence[FeeEntry]) -> int:
    """How many fee-free sessions the order was granted stands in three places: two of them are right."""
    own = {str(pair.attempt.pk) for pair in pairs}
    claimed = [f for f in fees if f.kind == FeeEntryKind.UNIT_CLAIMED and f.reference in own]
    counts = {
        "fee ledger, free sessions": len(claimed),
        "free sessions of the payment": sum(len(pair.attempt.free_numbers) for pair in pairs),
        "free sessions of the charge": pairs[0].attempt.charge.free_units or 0,
    }
    agreed = sorted(counts.values())[1]
    for what, found in counts.items():
        verdict.same(what, row, agreed, found)
    returned = [f for f in fees if f.kind == FeeEntryKind.UNIT_RETURNED and f.reference in own]
    least, most = _free_units_back(agreed, pairs)
    back = min(max(least, len(returned)), most)
    _at_least(verdict, "fee ledger, free sessions returned", row, back, len(returned), pairs)
    return agreed


def _free_units_back(free_units: int, pairs: Sequence[Pair]) -> tuple[int, int]:
    """How many of an order's come back: by all its payments at the least, at most by some of the first.

    A deposit that went back whole gave its session back, and the rest that is paid later does not take it
    again; heard of after the rest, it gave none.
    """
    counts = [
        units_given_back(
            free_units=free_units,
            captured_minor=sum(pair.paid.captured_minor for pair in pairs[:number]),
            refunded_minor=sum(pair.paid.back_minor for pair in pairs[:number]),
            already_given=0,
        )
        for number in range(1, len(pairs) + 1)
    ]
    return counts[-1], max(counts)


def _taken(verdict: Verdict, pair: Pair, due: int, fees: Sequence[FeeEntry]) -> None:
    """What Stripe took is what was due; more has gone back, and what is missing is on record."""
    stored = pair.attempt.fee_minor or 0
    missing = [max(each - pair.paid.fee_minor, 0) for each in (due, stored)]
    noted = _amount(fees, FeeEntryKind.UNCOLLECTED, pair.attempt)
    verdict.one_of("fee ledger, not collected", pair.row, missing, noted)
    never_due = max(pair.paid.fee_minor - due, 0)
    back = never_due + fee_to_return(
        fee_minor=pair.paid.fee_minor - never_due,
        captured_minor=pair.paid.captured_minor,
        refunded_minor=pair.paid.back_minor,
        already_returned_minor=0,
    )
    found = pair.paid.fee_returned_minor
    _at_least(verdict, "fee that must be back, at Stripe", pair.row, back, found, [pair])


def _at_least(
    verdict: Verdict, what: str, row: str, expected: int, found: int, pairs: Sequence[Pair]
) -> None:
    """Exactly so much; more where a refund has failed after what follows it was given."""
    is_more = found > expected and any(pair.paid.has_refund_undone for pair in pairs)
    verdict.same(what, row, found if is_more else expected, found)
