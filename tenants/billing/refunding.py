"""Refunds that we decide: written down with the decision, asked of Stripe afterwards, then read from Stripe.

A refund can be made twice, unlike a capture. So each bears the name of its row at Stripe, and is looked for
there before it is asked for; and another idempotency key is taken only when Stripe has answered the last one.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Sum

from connect import gateway
from kit.database import insert_unless_there
from kit.states import try_move
from tenants.billing import refunds
from tenants.billing.attempts import UNWANTED, leased
from tenants.billing.models import (
    AttemptStatus,
    Charge,
    EntryKind,
    LedgerEntry,
    PaymentAttempt,
    Refund,
    RefundStatus,
)
from tenants.registry import wakeups

ALREADY_BACK = "already_returned"
SOON = timedelta(seconds=10)


@dataclass(frozen=True)
class Asked:
    """What one decision comes to: a refund of each card payment that gives some of it, the latest first, and
    what was paid in cash or by transfer, which only the coach can give back."""

    refunds: tuple[Refund, ...] = ()
    by_hand_minor: int = 0

    @property
    def by_card_minor(self) -> int:
        return sum(refund.amount_minor for refund in self.refunds)


def ask(
    *,
    charge_purpose: str,
    charge_reference: uuid.UUID,
    amount_minor: int,
    reference: uuid.UUID,
    cause: str,
    now: datetime,
) -> Asked:
    """Step: give back up to `amount_minor` of what was paid for a thing, right after the commit.

    Never more than was captured and is neither back nor on its way, over all payments, the latest first.
    `reference` is the decision that it follows: asked for twice it is done once.
    """
    # The lock of all who ask for this charge. Not the attempts': whoever decides has locked a booking.
    rows = Charge.objects.select_for_update(no_key=True)
    charge = rows.filter(purpose=charge_purpose, reference=charge_reference).first()
    if charge is None:
        return Asked()
    paid = _captured(charge)
    asked = _asked_already(reference, paid)
    if not asked:
        asked, amount_left = _spread(paid, amount_minor, reference, cause, now)
        return Asked(tuple(asked), min(amount_left, _by_hand_minor(charge, paid)))
    return Asked(tuple(asked), min(amount_minor - _sum(asked), _by_hand_minor(charge, paid)))


def _captured(charge: Charge) -> list[PaymentAttempt]:
    """The payments that stand for the charge, the latest first: others go back by themselves."""
    paid = PaymentAttempt.objects.filter(charge=charge, status=AttemptStatus.CAPTURED)
    return list(paid.exclude(reason=UNWANTED).order_by("-captured_at", "-pk"))


def references_of(decision: uuid.UUID, attempt_ids: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    """What the refunds of one decision may be called: of the first payment that gives, as the decision."""
    return [decision, *(uuid.uuid5(decision, str(attempt_id)) for attempt_id in attempt_ids)]


def _asked_already(reference: uuid.UUID, paid: list[PaymentAttempt]) -> list[Refund]:
    if not paid:
        return []
    names = references_of(reference, [attempt.pk for attempt in paid])
    return list(Refund.objects.filter(reference__in=names).order_by("-created_at", "pk"))


def _spread(
    paid: list[PaymentAttempt], amount_minor: int, reference: uuid.UUID, cause: str, now: datetime
) -> tuple[list[Refund], int]:
    """The refunds, and what no card payment was left for."""
    made: list[Refund] = []
    for attempt in paid:
        if amount_minor <= 0:
            break
        left_minor = attempt.captured_minor - attempt.refunded_minor - attempt.lost_minor
        part_minor = min(amount_minor, left_minor - _on_its_way(attempt))
        if part_minor > 0:
            name = uuid.uuid5(reference, str(attempt.pk)) if made else reference
            made.append(_decided(attempt, part_minor, name, cause, now))
            amount_minor -= made[-1].amount_minor
    return made, max(amount_minor, 0)


def _decided(
    attempt: PaymentAttempt, amount_minor: int, reference: uuid.UUID, cause: str, now: datetime
) -> Refund:
    refund = Refund(
        attempt=attempt, reference=reference, amount_minor=amount_minor, cause=cause, created_at=now
    )
    if not insert_unless_there(refund):
        return Refund.objects.get(reference=reference)
    wakeups.ask(kind="refund", reference=refund.pk, due_at=now, now=now)
    return refund


def _by_hand_minor(charge: Charge, paid: list[PaymentAttempt]) -> int:
    """What of the charge was paid by hand and was not given back."""
    by_hand = charge.paid_minor - sum(attempt.captured_minor for attempt in paid)
    back = charge.refunded_minor - sum(attempt.refunded_minor + attempt.lost_minor for attempt in paid)
    return max(by_hand - max(back, 0), 0)


def _sum(refunds: Iterable[Refund]) -> int:
    return sum(refund.amount_minor for refund in refunds)


def _on_its_way(attempt: PaymentAttempt) -> int:
    """What we decided to give back and Stripe has not called succeeded."""
    counted = LedgerEntry.objects.filter(attempt=attempt, kind=EntryKind.REFUND).values("reference")
    decided = attempt.refunds.exclude(status=RefundStatus.REFUSED).exclude(refund_id__in=counted)
    return decided.aggregate(minor=Sum("amount_minor"))["minor"] or 0


def send(*, reference: uuid.UUID, now: datetime) -> datetime | None:
    """Use case of the sweeper: bring one refund to Stripe, then read what it came to.

    Answers when to come back; None when Stripe has counted or refused it. Raises
    `gateway.GatewayUnavailable` when Stripe does not answer; then it is to be called again.
    """
    attempt_id = Refund.objects.values_list("attempt_id", flat=True).get(pk=reference)
    with leased(attempt_id, now) as mine:
        if not mine:
            return now + SOON
        refund = Refund.objects.select_related("attempt").get(pk=reference)
        if refund.status == RefundStatus.ASKED:
            _bring(refund, now)
        return _follow(refund, now) if refund.status == RefundStatus.SENT else None


def _bring(refund: Refund, now: datetime) -> None:
    try:
        intent = _fetched(refund.attempt)
        made = _made(refund, intent) or _make(refund, intent)
    except gateway.GatewayRefused as refusal:
        with transaction.atomic(durable=True):
            refunds.refuse(refund=refund, code=refusal.code, now=now)
        return
    with transaction.atomic(durable=True):
        if made is None:
            try_move(refund, RefundStatus.REFUSED, note=ALREADY_BACK)
        else:
            try_move(refund, RefundStatus.SENT, refund_id=made.id)


def _follow(refund: Refund, now: datetime) -> datetime | None:
    """It has its effect where every other refund has it. One that is under way is looked at again."""
    try:
        intent = _fetched(refund.attempt)
    except gateway.GatewayRefused:
        return None
    refunds.follow(attempt_id=refund.attempt_id, intent=intent, asked_at=now, now=now)
    refund.refresh_from_db()
    counted = LedgerEntry.objects.filter(kind=EntryKind.REFUND, reference=refund.refund_id).exists()
    done = counted or refund.status != RefundStatus.SENT
    return None if done else now + max(now - refund.created_at, SOON)


def _fetched(attempt: PaymentAttempt) -> gateway.IntentView:
    return gateway.fetch_intent(account_id=attempt.account_id, intent_id=attempt.intent_id)


def _made(refund: Refund, intent: gateway.IntentView) -> gateway.RefundView | None:
    """The refund at Stripe that bears this one's name: an answer of ours may have been lost."""
    found = intent.charge.refunds if intent.charge else ()
    return next((each for each in found if each.metadata.get("refund") == str(refund.pk)), None)


def _make(refund: Refund, intent: gateway.IntentView) -> gateway.RefundView | None:
    """None when there is nothing left to give back: the coach was faster, in Stripe's dashboard."""
    back_minor = intent.charge.amount_refunded_minor if intent.charge else 0
    left_minor = refund.attempt.captured_minor - back_minor
    if left_minor <= 0:
        return None
    if left_minor < refund.amount_minor:
        # The same key must always come with the same amount.
        _change(refund, amount_minor=left_minor, round=refund.round + 1)
    try:
        return gateway.refund(
            account_id=refund.attempt.account_id,
            intent_id=refund.attempt.intent_id,
            amount_minor=refund.amount_minor,
            metadata={"refund": str(refund.pk)},
            key=f"refund-{refund.pk}-{refund.round}",
        )
    except gateway.GatewayUnavailable as fault:
        # Stripe is done with a key that it answered with a fault, and will answer so for a day. One that
        # it has not answered may still be at work: with that one only the same key is safe.
        if fault.answered:
            _change(refund, round=refund.round + 1)
        raise


def _change(refund: Refund, **changes: int) -> None:
    with transaction.atomic(durable=True):
        Refund.objects.filter(pk=refund.pk, status=RefundStatus.ASKED).update(**changes)
    for name, value in changes.items():
        setattr(refund, name, value)
