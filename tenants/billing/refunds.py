"""After the capture: the processor's fee when it becomes known, and money that goes back.

Refunds are made by us or in Stripe's dashboard; either is noticed here, by event or by looking, and the
platform's fee follows in proportion.
"""

import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Sum

from connect import gateway
from fees import accounts as fee_accounts
from fees.models import FeeEntryKind
from fees.rules import fee_to_return, units_given_back
from kit.actors import STRIPE
from kit.database import current_schema
from kit.states import try_move
from tenants.activity import events
from tenants.billing import charges, order_fees
from tenants.billing.attempts import is_stale, locked, paid_for_nothing
from tenants.billing.captures import enter
from tenants.billing.fulfilment import fulfilment_of
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

# Refunds and disputes are possible for about this long.
WATCHED_FOR = timedelta(days=180)


def follow(*, attempt_id: uuid.UUID, intent: gateway.IntentView, asked_at: datetime, now: datetime) -> None:
    """Take over what Stripe says of a captured payment, then give back what is missing of our fee.

    Called with no transaction open; raises `gateway.GatewayUnavailable`, and can then be called again.
    """
    with transaction.atomic(durable=True):
        attempt = locked(attempt_id)
        if attempt.status != AttemptStatus.CAPTURED or is_stale(attempt, asked_at):
            return
        charge = attempt.charge
        _take_over_settlement(attempt, charge, intent, now)
        _take_over_refunds(attempt, charge, intent, now)
        _look_at_disputes(attempt, intent, now)
        attempt.asked_at = asked_at
        attempt.save()
    _return_fee(attempt, charge, now)


def _look_at_disputes(attempt: PaymentAttempt, intent: gateway.IntentView, now: datetime) -> None:
    """Stripe calls it disputed, and no event has told us. A dispute that is known is looked after already."""
    if intent.charge and intent.charge.disputed and not attempt.disputes.exists():
        wakeups.ask(kind="dispute", reference=attempt.pk, due_at=now, now=now)


def _take_over_settlement(
    attempt: PaymentAttempt, charge: Charge, intent: gateway.IntentView, now: datetime
) -> None:
    paid = intent.charge
    if paid is None or paid.processor_fee_minor is None or attempt.processor_fee_minor is not None:
        return
    attempt.processor_fee_minor = paid.processor_fee_minor
    attempt.settlement_currency = paid.settlement_currency or ""
    attempt.settlement_net_minor = paid.net_minor
    attempt.available_on = paid.available_on
    if paid.settlement_currency == attempt.currency:
        enter(attempt, charge, EntryKind.PROCESSOR_FEE, str(attempt.pk), -paid.processor_fee_minor, now)


def _take_over_refunds(
    attempt: PaymentAttempt, charge: Charge, intent: gateway.IntentView, now: datetime
) -> None:
    """One entry per refund that succeeded, and a correcting one for a refund that failed after all."""
    before = attempt.refunded_minor
    for refund in intent.charge.refunds if intent.charge else ():
        if refund.status in ("failed", "canceled"):
            _refuse_ours(refund, now)
        if refund.status == "succeeded":
            enter(attempt, charge, EntryKind.REFUND, refund.id, -refund.amount_minor, now)
        elif LedgerEntry.objects.filter(kind=EntryKind.REFUND, reference=refund.id).exists():
            enter(attempt, charge, EntryKind.REFUND, f"{refund.id}:{refund.status}", refund.amount_minor, now)
    attempt.refunded_minor = _refunded_minor(attempt)
    if attempt.refunded_minor != before:
        went_back(attempt, charge, attempt.refunded_minor - before, now)


def _refuse_ours(made: gateway.RefundView, now: datetime) -> None:
    for refund in Refund.objects.filter(refund_id=made.id, status=RefundStatus.SENT):
        refuse(refund=refund, code=f"refund_{made.status}", now=now)


def refuse(*, refund: Refund, code: str, now: datetime) -> None:
    """Step: a refund that we decided was not made, and nothing of it was; the coach is told why."""
    if not try_move(refund, RefundStatus.REFUSED, note=code[:120]):
        return
    charge = refund.attempt.charge
    events.record(
        kind="refund.refused",
        subject_id=charge.reference,
        client_id=charge.client_id,
        actor=STRIPE,
        now=now,
        data={
            "refund": str(refund.pk),
            "purpose": charge.purpose,
            "amount_minor": refund.amount_minor,
            "currency": refund.attempt.currency,
            "cause": refund.cause,
            "code": code,
        },
    )


def _refunded_minor(attempt: PaymentAttempt) -> int:
    refunded = attempt.entries.filter(kind=EntryKind.REFUND).aggregate(total=Sum("amount_minor"))
    return -(refunded["total"] or 0)


def went_back(
    attempt: PaymentAttempt, charge: Charge, more_minor: int, now: datetime, *, is_lost: bool = False
) -> None:
    """Step: so much more of a locked payment is back with its payer, refunded or lost in a dispute; below 0,
    a refund that failed after all. The caller saves the attempt. Of a dispute its own events tell."""
    counts = not paid_for_nothing(attempt)
    if counts:
        # What is sold is locked before the charge, as where a payment is opened.
        if more_minor > 0:
            _take_back(attempt, charge, more_minor, now)
        charges.apply(charge, now=now, actor=STRIPE, refunded_minor=more_minor, has_parts=False)
    if more_minor > 0:
        _return_free_units(attempt, charge, now)
    if more_minor > 0 and not is_lost:
        _tell(attempt, charge, now)


def lose(*, attempt: PaymentAttempt, charge: Charge, lost_minor: int, now: datetime) -> None:
    """Step: so much of a locked payment is lost in disputes in all; it has the effect of a refund.

    Our fee's share goes back with `return_fee`, after the commit.
    """
    more_minor = lost_minor - attempt.lost_minor
    if more_minor:
        attempt.lost_minor = lost_minor
        went_back(attempt, charge, more_minor, now, is_lost=True)
        attempt.save(update_fields=["lost_minor"])


def _take_back(attempt: PaymentAttempt, charge: Charge, more_minor: int, now: datetime) -> None:
    """Of all that was paid for it, so much is back."""
    fulfilment_of(charge.purpose).refunded(
        reference=charge.reference,
        captured_minor=charge.paid_minor,
        refunded_minor=charge.refunded_minor + more_minor,
        key=f"{attempt.pk}:{back_minor(attempt)}",
        now=now,
        actor=STRIPE,
    )


def back_minor(attempt: PaymentAttempt) -> int:
    """What of a payment is not the coach's any more."""
    return attempt.refunded_minor + attempt.lost_minor


def _tell(attempt: PaymentAttempt, charge: Charge, now: datetime) -> None:
    """The sum over all payments of the charge; a payment for nothing is told of by itself."""
    alone = paid_for_nothing(attempt)
    back = back_minor(attempt) if alone else charge.refunded_minor
    paid = attempt.captured_minor if alone else charge.paid_minor
    events.record(
        kind="payment.refunded",
        subject_id=charge.reference,
        client_id=charge.client_id,
        actor=STRIPE,
        now=now,
        data={
            "purpose": charge.purpose,
            "attempt": str(attempt.pk),
            "refunded_minor": back,
            "currency": attempt.currency,
            "whole": back >= paid,
        },
    )


def _return_free_units(attempt: PaymentAttempt, charge: Charge, now: datetime) -> None:
    """By the share of all card payments of the charge that is back; the first one has claimed the units."""
    paid = [attempt]
    if attempt.captured_minor < charge.paid_minor and not paid_for_nothing(attempt):
        paid += order_fees.counted(charge.pk).exclude(pk=attempt.pk)
    for claimer in paid:
        count = units_given_back(
            free_units=len(claimer.free_numbers),
            captured_minor=sum(each.captured_minor for each in paid),
            refunded_minor=sum(back_minor(each) for each in paid),
            already_given=0,
        )
        fee_accounts.return_units(
            schema_name=current_schema(),
            numbers=claimer.free_numbers[:count],
            reference=str(claimer.pk),
            now=now,
        )


# --- the platform's fee ----------------------------------------------------------------------------


def fee_target_minor(attempt: PaymentAttempt) -> int:
    """How much of the fee must be back with the coach: what was never due, and the refunded share."""
    never_due = max(attempt.application_fee_minor - (attempt.fee_minor or 0), 0)
    due = attempt.application_fee_minor - never_due
    return never_due + fee_to_return(
        fee_minor=due,
        captured_minor=attempt.captured_minor,
        refunded_minor=back_minor(attempt),
        already_returned_minor=0,
    )


def return_fee(*, attempt_id: uuid.UUID, now: datetime) -> None:
    """Give back what is missing of our fee. Called with no transaction open, under the payment's lease."""
    attempt = PaymentAttempt.objects.select_related("charge").get(pk=attempt_id)
    _return_fee(attempt, attempt.charge, now)


def _return_fee(attempt: PaymentAttempt, charge: Charge, now: datetime) -> None:
    """Return what is missing, by Stripe's own record of what went back already."""
    target_minor = fee_target_minor(attempt)
    if not attempt.application_fee_id or target_minor <= attempt.fee_returned_minor:
        return
    fee = gateway.fetch_application_fee(fee_id=attempt.application_fee_id)
    missing_minor = target_minor - fee.amount_refunded_minor
    if missing_minor > 0:
        gateway.return_fee(
            fee_id=fee.id,
            missing_minor=missing_minor,
            key=f"feeref-{attempt.stripe_charge_id}-{target_minor}",
        )
    with transaction.atomic(durable=True):
        _note_fee_returned(locked(attempt.pk), charge, target_minor, now)


def _note_fee_returned(attempt: PaymentAttempt, charge: Charge, target_minor: int, now: datetime) -> None:
    returned_minor = target_minor - attempt.fee_returned_minor
    if returned_minor <= 0:
        return
    reference = f"{attempt.pk}:{target_minor}"
    enter(attempt, charge, EntryKind.PLATFORM_FEE_RETURNED, reference, returned_minor, now)
    fee_accounts.note_amount(
        schema_name=current_schema(),
        kind=FeeEntryKind.RETURNED,
        reference=reference,
        amount_minor=returned_minor,
        currency=attempt.currency,
        now=now,
    )
    attempt.fee_returned_minor = target_minor
    attempt.save(update_fields=["fee_returned_minor"])


# --- money for something that is gone --------------------------------------------------------------


def return_unwanted(*, attempt_id: uuid.UUID, intent: gateway.IntentView, now: datetime) -> None:
    """Captured at Stripe for a time that is gone: all of it goes back. Asking twice returns it once.

    Stripe counts a refund from the moment it is asked for; here it counts when it has succeeded.
    """
    attempt = PaymentAttempt.objects.get(pk=attempt_id)
    under_way_minor = intent.charge.amount_refunded_minor if intent.charge else 0
    if attempt.status == AttemptStatus.CAPTURED and under_way_minor < attempt.captured_minor:
        key = f"refund-{attempt.pk}"
        gateway.refund(account_id=attempt.account_id, intent_id=attempt.intent_id, key=key)
        intent = gateway.fetch_intent(account_id=attempt.account_id, intent_id=attempt.intent_id)
        follow(attempt_id=attempt.pk, intent=intent, asked_at=now, now=now)


def next_look(attempt: PaymentAttempt, *, now: datetime) -> datetime | None:
    """When a captured payment is read again, should Stripe's events never come; None when it is settled."""
    age = now - (attempt.captured_at or now)
    if attempt.processor_fee_minor is None:
        return now + min(max(age, timedelta(seconds=10)), timedelta(days=1))
    if age >= WATCHED_FOR:
        return None
    return now + max(age / 2, timedelta(days=1))
