"""Each card payment against Stripe's charge: what was captured, what it cost, what went back or was lost."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from connect import gateway
from connect.origins import Origin, origin_of
from tenants.billing.models import AttemptStatus, Dispute, DisputeStatus, PaymentAttempt, Refund, RefundStatus
from tenants.earnings.books.at_stripe import Account, Paid
from tenants.earnings.books.verdict import Asked, Verdict

Marks = Mapping[str, Origin]
# Stripe's word for a dispute -> ours.
DISPUTE_STATES = {
    "warning_needs_response": DisputeStatus.INQUIRY,
    "warning_under_review": DisputeStatus.INQUIRY,
    "warning_closed": DisputeStatus.INQUIRY_CLOSED,
    "needs_response": DisputeStatus.OPEN,
    "under_review": DisputeStatus.UNDER_REVIEW,
    "won": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
}


@dataclass(frozen=True, slots=True)
class Pair:
    """A payment here and at Stripe; `is_fresh` where Stripe may know more than we can know yet."""

    attempt: PaymentAttempt
    paid: Paid
    is_fresh: bool

    @property
    def row(self) -> str:
        return f"payment {self.attempt.pk} ({self.paid.charge.id})"


def strangers(accounts: Iterable[Account]) -> list[Paid]:
    """Captured charges whose payment no attempt names."""
    every = [paid for account in accounts for paid in account.paid]
    named = PaymentAttempt.objects.filter(intent_id__in=[paid.charge.intent_id or "" for paid in every])
    known = set(named.values_list("intent_id", flat=True))
    return [paid for paid in every if (paid.charge.intent_id or "") not in known]


def marks(strange: Iterable[Paid]) -> Marks:
    """Whose mark each bears, asked of Stripe; one that bears none of ours was made outside Upfront."""
    return {
        paid.charge.id: origin_of(account_id=paid.account_id, object_id=paid.charge.intent_id)
        for paid in strange
        if paid.charge.intent_id
    }


def compare(verdict: Verdict, asked: Asked, accounts: Iterable[Account], marks: Marks) -> list[Pair]:
    """Compare what the attempts say with Stripe; answers the payments that are on both sides."""
    by_intent = {paid.charge.intent_id: paid for account in accounts for paid in account.paid}
    asked_of = {account.account_id for account in accounts}
    pairs = []
    for attempt in PaymentAttempt.objects.select_related("charge").order_by("pk"):
        if attempt.account_id not in asked_of:
            continue
        paid = by_intent.get(attempt.intent_id) if attempt.intent_id else None
        pair = _pair(verdict, asked, attempt, paid)
        if pair:
            pairs.append(pair)
    _unrecorded(verdict, asked, by_intent.values(), marks)
    for pair in pairs:
        if pair.is_fresh:
            verdict.under_way += 1
        else:
            _columns(verdict, pair)
    _refund_rows(verdict, pairs)
    _dispute_rows(verdict, pairs)
    return pairs


def _pair(verdict: Verdict, asked: Asked, attempt: PaymentAttempt, paid: Paid | None) -> Pair | None:
    row = f"payment {attempt.pk}"
    if attempt.status == AttemptStatus.CAPTURED:
        if paid is None:
            verdict.same("captured payment", row, "a captured charge at Stripe", None)
            return None
        return Pair(attempt, paid, asked.is_fresh(paid.last_moved_at))
    if paid and (asked.is_fresh(paid.charge.created) or asked.is_fresh(attempt.decided_at)):
        verdict.under_way += 1
    else:
        verdict.same("captured payment", row, paid.captured_minor if paid else 0, 0)
    return None


def _unrecorded(verdict: Verdict, asked: Asked, every: Iterable[Paid], marks: Marks) -> None:
    """A captured charge that bears an attempt's mark and amount, though the attempt does not know it."""
    ids = [origin.attempt_id for origin in marks.values() if origin.attempt_id]
    ours = {attempt.pk: attempt for attempt in PaymentAttempt.objects.filter(pk__in=ids)}
    for paid in every:
        origin = marks.get(paid.charge.id)
        attempt = ours.get(origin.attempt_id) if origin and origin.attempt_id else None
        if attempt is None or origin is None or asked.is_fresh(paid.charge.created):
            continue
        if (origin.amount_minor, origin.currency) == (attempt.amount_minor, attempt.currency):
            verdict.same("captured payment", f"payment {attempt.pk}", paid.captured_minor, 0)


def _columns(verdict: Verdict, pair: Pair) -> None:
    attempt, paid, charge = pair.attempt, pair.paid, pair.paid.charge
    same = {
        "captured": (paid.captured_minor, attempt.captured_minor),
        "currency": (charge.currency, attempt.currency),
        "platform fee": (paid.fee_minor, attempt.application_fee_minor),
        "platform fee returned": (paid.fee_returned_minor, attempt.fee_returned_minor),
        "refunded": (paid.refunded_minor, attempt.refunded_minor),
        "lost in disputes": (paid.lost_minor, attempt.lost_minor),
    }
    if charge.processor_fee_minor is not None:
        same |= {
            "card processing": (charge.processor_fee_minor, attempt.processor_fee_minor),
            "settlement currency": (charge.settlement_currency, attempt.settlement_currency),
            "settled net": (charge.net_minor, attempt.settlement_net_minor),
            "available on": (charge.available_on, attempt.available_on),
        }
    for what, (expected, found) in same.items():
        verdict.same(what, pair.row, expected, found)


def _refund_rows(verdict: Verdict, pairs: list[Pair]) -> None:
    """What we decided to give back, and Stripe has made, is as much there."""
    made: dict[uuid.UUID, dict[str, gateway.RefundView]] = {
        pair.attempt.pk: {each.id: each for each in pair.paid.charge.refunds} for pair in pairs
    }
    for refund in Refund.objects.filter(status=RefundStatus.SENT, attempt__in=made):
        there = made[refund.attempt_id].get(refund.refund_id)
        expected = there.amount_minor if there else None
        verdict.same("refund that was sent", f"refund {refund.pk}", expected, refund.amount_minor)


def _dispute_rows(verdict: Verdict, pairs: list[Pair]) -> None:
    rows = {row.dispute_id: row for row in Dispute.objects.all()}
    for pair in (each for each in pairs if not each.is_fresh):
        for dispute in pair.paid.disputes:
            row, name = rows.get(dispute.id), f"dispute {dispute.id}"
            if not verdict.same("dispute", name, True, row is not None) or row is None:
                continue
            expected = (DISPUTE_STATES.get(dispute.status, dispute.status), dispute.amount_minor)
            verdict.same("state and amount", name, expected, (DisputeStatus(row.status), row.amount_minor))
