"""Disputes: a cardholder calls a payment in question, and the bank takes the money until it has decided.

They are the coach's to answer, at Stripe. Here they are mirrored, by event or by looking; the effects follow
from all that Stripe says of a payment's disputes, so that it does not matter what came late, twice or never.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from connect import gateway
from connect.inbox import NotNow
from kit.actors import STRIPE
from tenants.activity import events
from tenants.billing import decisions, refunds
from tenants.billing.attempts import leased, locked, paid_for_nothing
from tenants.billing.captures import enter
from tenants.billing.fulfilment import fulfilment_of
from tenants.billing.models import (
    UNDECIDED_DISPUTES,
    AttemptStatus,
    Charge,
    Dispute,
    DisputeStatus,
    EntryKind,
    PaymentAttempt,
)
from tenants.registry import wakeups

SOON = timedelta(seconds=10)
# Stripe's events tell of every change; this is for those that never come.
LOOKED_AT_EVERY = timedelta(days=1)
WAITING = UNDECIDED_DISPUTES | {DisputeStatus.INQUIRY}
STATUSES = {
    "needs_response": DisputeStatus.OPEN,
    "under_review": DisputeStatus.UNDER_REVIEW,
    "won": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
    "warning_needs_response": DisputeStatus.INQUIRY,
    "warning_under_review": DisputeStatus.INQUIRY,
    "warning_closed": DisputeStatus.INQUIRY_CLOSED,
    # Stripe has settled it with the bank before it became a dispute that counts.
    "prevented": DisputeStatus.INQUIRY_CLOSED,
}


def on_stripe_event(*, account_id: str, schema_name: str, object_id: str, now: datetime) -> str:
    """Use case of the inbox: look at the payment whose dispute an event speaks of. Answers why there is none.

    Raises `connect.inbox.NotNow` while somebody else works on the payment.
    """
    try:
        attempt = _disputed_by(account_id, object_id)
    except gateway.GatewayDisconnected:
        return "of an account that was disconnected"
    if attempt is None:
        return "not made by Upfront"
    if not _look(attempt.pk, now):
        raise NotNow("the payment is being settled")
    return ""


def _disputed_by(account_id: str, object_id: str) -> PaymentAttempt | None:
    if known := Dispute.objects.select_related("attempt").filter(dispute_id=object_id).first():
        return known.attempt
    return decisions.payment_of(account_id=account_id, object_id=object_id)


def look_after(*, reference: uuid.UUID, now: datetime) -> datetime | None:
    """Use case of the sweeper: look at the disputes of a payment; again while any of them is undecided."""
    try:
        if not _look(reference, now):
            return now + SOON
    except gateway.GatewayDisconnected:
        return None
    waits = Dispute.objects.filter(attempt=reference, status__in=WAITING).exists()
    return now + LOOKED_AT_EVERY if waits else None


def _look(attempt_id: uuid.UUID, now: datetime) -> bool:
    """False when somebody else is at the payment. What was not captured here yet is settled first."""
    if PaymentAttempt.objects.values_list("status", flat=True).get(pk=attempt_id) != AttemptStatus.CAPTURED:
        decisions.settle(attempt_id=attempt_id, now=now)
    with leased(attempt_id, now) as mine:
        if mine:
            _mirror(PaymentAttempt.objects.get(pk=attempt_id), now)
    return mine


def _mirror(attempt: PaymentAttempt, now: datetime) -> None:
    if attempt.status != AttemptStatus.CAPTURED:
        return
    found = gateway.fetch_disputes(account_id=attempt.account_id, charge_id=attempt.stripe_charge_id)
    with transaction.atomic(durable=True):
        attempt = locked(attempt.pk)
        for view in sorted(found, key=lambda each: (each.created, each.id)):
            _take_over(attempt, view, now)
        _have_effect(attempt, attempt.charge, now)
    refunds.return_fee(attempt_id=attempt.pk, now=now)


def _take_over(attempt: PaymentAttempt, view: gateway.DisputeView, now: datetime) -> None:
    """Its row as Stripe has it now, unless a later answer stands there; and its lines, each once."""
    known = Dispute.objects.filter(dispute_id=view.id).first()
    if known is not None and known.asked_at > now:
        return
    before = known.status if known else None
    row = known or Dispute(attempt=attempt, dispute_id=view.id, opened_at=view.created)
    row.status = STATUSES.get(view.status, DisputeStatus.OPEN)
    row.reason, row.amount_minor, row.currency = view.reason[:60], view.amount_minor, view.currency
    row.evidence_due_by, row.asked_at = view.evidence_due_by, now
    row.closed_at = None if row.status in WAITING else row.closed_at or now
    row.save()
    _enter_lines(attempt, view, now)
    _tell(row, before, now)


def _enter_lines(attempt: PaymentAttempt, view: gateway.DisputeView, now: datetime) -> None:
    """What the bank took and gave back, and what Stripe takes for it, by Stripe's own lines.

    Where they are in another currency, the price's amount counts, and Stripe's fee stands with the payout.
    """
    charge = attempt.charge
    for line in view.lines:
        same = line.currency == attempt.currency
        moved_minor = line.amount_minor if same else _in_price(view, line)
        kind = EntryKind.DISPUTE if moved_minor < 0 else EntryKind.DISPUTE_WON
        enter(attempt, charge, kind, line.id, moved_minor, now)
        if same:
            enter(attempt, charge, EntryKind.DISPUTE_FEE, line.id, -line.fee_minor, now)


def _in_price(view: gateway.DisputeView, line: gateway.BalanceLineView) -> int:
    return -view.amount_minor if line.amount_minor < 0 else view.amount_minor


def _tell(row: Dispute, before: str | None, now: datetime) -> None:
    """Once when it begins to count, once when it is decided."""
    was_told = before in WAITING and (before != DisputeStatus.INQUIRY or row.status == DisputeStatus.INQUIRY)
    if row.status in WAITING and not was_told:
        _record("dispute.opened", row, now)
        wakeups.ask(kind="dispute", reference=row.attempt_id, due_at=now + LOOKED_AT_EVERY, now=now)
    if row.status not in WAITING and before != row.status:
        _record("dispute.closed", row, now)


def _record(kind: str, row: Dispute, now: datetime) -> None:
    events.record(
        kind=kind,
        subject_id=row.attempt_id,
        client_id=row.attempt.charge.client_id,
        actor=STRIPE,
        now=now,
        data={
            "dispute": str(row.pk),
            "status": str(row.status),
            "amount_minor": row.amount_minor,
            "currency": row.currency,
        },
    )


def _have_effect(attempt: PaymentAttempt, charge: Charge, now: datetime) -> None:
    """What is lost counts as refunded; while one is open, what was sold is frozen."""
    lost_minor = _sum(Dispute.objects.filter(attempt=attempt, status=DisputeStatus.LOST))
    # What was refunded before cannot be lost as well.
    lost_minor = min(lost_minor, attempt.captured_minor - attempt.refunded_minor)
    refunds.lose(attempt=attempt, charge=charge, lost_minor=lost_minor, now=now)
    is_open = Dispute.objects.filter(attempt__charge=charge, status__in=UNDECIDED_DISPUTES).exists()
    if is_open == (charge.disputed_at is not None):
        return
    if not paid_for_nothing(attempt):
        # What is sold is locked before the charge, as where a payment is opened.
        fulfilment_of(charge.purpose).disputed(
            reference=charge.reference, is_open=is_open, now=now, actor=STRIPE
        )
    charge.disputed_at = now if is_open else None
    charge.save(update_fields=["disputed_at"])


def _sum(rows: Iterable[Dispute]) -> int:
    return sum(each.amount_minor for each in rows)
